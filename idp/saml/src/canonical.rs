//! Writes XML that already is its own exclusive canonical form (W3C exc-c14n): a namespace is
//! declared where it is first visibly used, attributes are sorted, no element is written empty,
//! and text is escaped as canonicalization escapes it. The digest of a document is then the digest
//! of its string.

use std::borrow::Cow;

use data_encoding::BASE64;

use crate::namespace::Namespace;

/// Why a document cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A value holds a character that XML cannot carry.
    #[error("a value holds a character that XML cannot carry")]
    Character,
}

impl WriteError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        "saml.write.character"
    }
}

/// A document being written.
pub(crate) struct Writer {
    text: String,
    open: Vec<(Namespace, &'static str)>,
    /// Which namespaces are declared, outermost element first; one per open element.
    declared: Vec<Option<Namespace>>,
    unwritable: bool,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            text: String::with_capacity(4096),
            open: Vec::with_capacity(16),
            declared: Vec::with_capacity(16),
            unwritable: false,
        }
    }

    /// Opens an element. Attributes may come in any order; they have no namespace, or are
    /// `xml:lang`.
    pub(crate) fn open(
        &mut self,
        namespace: Namespace,
        name: &'static str,
        attributes: &[(&'static str, &str)],
    ) {
        self.start_tag(namespace, name);
        self.attributes(attributes);
        self.text.push('>');
        self.open.push((namespace, name));
    }

    fn start_tag(&mut self, namespace: Namespace, name: &str) {
        let prefix = namespace.prefix();
        self.push(&["<", prefix, ":", name]);
        let is_new = !self.declared.contains(&Some(namespace));
        if is_new {
            self.push(&[" xmlns:", prefix, "=\"", namespace.uri(), "\""]);
        }
        self.declared.push(is_new.then_some(namespace));
    }

    /// Writes the attributes by ascending name: what has a prefix sorts behind what has none.
    fn attributes(&mut self, attributes: &[(&'static str, &str)]) {
        let rank = |attribute: &(&'static str, &str)| (attribute.0.contains(':'), attribute.0);
        let mut sorted = Cow::Borrowed(attributes);
        if !attributes.is_sorted_by_key(rank) {
            sorted.to_mut().sort_unstable_by_key(rank);
        }
        for (name, value) in sorted.iter() {
            self.push(&[" ", name, "=\""]);
            self.escape(value, escape_in_attribute);
            self.text.push('"');
        }
    }

    /// Writes text inside the open element.
    pub(crate) fn text(&mut self, text: &str) {
        self.escape(text, escape_in_text);
    }

    /// Closes the element opened last.
    pub(crate) fn close(&mut self) {
        self.declared.pop();
        if let Some((namespace, name)) = self.open.pop() {
            self.push(&["</", namespace.prefix(), ":", name, ">"]);
        }
    }

    /// An element that holds only text.
    pub(crate) fn leaf(
        &mut self,
        namespace: Namespace,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        text: &str,
    ) {
        self.open(namespace, name, attributes);
        self.text(text);
        self.close();
    }

    /// An element that holds bytes in base64.
    pub(crate) fn base64(&mut self, namespace: Namespace, name: &'static str, bytes: &[u8]) {
        self.open(namespace, name, &[]);
        BASE64.encode_append(bytes, &mut self.text);
        self.close();
    }

    /// Puts in what already is canonical here: another writer's document, or base64.
    pub(crate) fn raw(&mut self, canonical: &str) {
        self.text.push_str(canonical);
    }

    /// How many bytes are written so far.
    pub(crate) fn position(&self) -> usize {
        self.text.len()
    }

    /// The finished document.
    pub(crate) fn finish(self) -> Result<String, WriteError> {
        if self.unwritable { Err(WriteError::Character) } else { Ok(self.text) }
    }

    fn push(&mut self, parts: &[&str]) {
        for part in parts {
            self.text.push_str(part);
        }
    }

    fn escape(&mut self, value: &str, escape: impl Fn(u8) -> Option<&'static str>) {
        if is_plain(value) {
            return self.text.push_str(value);
        }
        self.unwritable |= !is_xml(value);
        let mut rest = value;
        while let Some((at, replacement)) = first_special(rest, &escape) {
            let (plain, tail) = rest.split_at(at);
            self.push(&[plain, replacement]);
            rest = tail.get(1..).unwrap_or_default();
        }
        self.text.push_str(rest);
    }
}

fn first_special(
    text: &str,
    escape: impl Fn(u8) -> Option<&'static str>,
) -> Option<(usize, &'static str)> {
    text.bytes().enumerate().find_map(|(at, byte)| escape(byte).map(|escaped| (at, escaped)))
}

/// Canonical XML 1.1, 2.3: text nodes.
fn escape_in_text(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    }
}

/// Canonical XML 1.1, 2.3: attribute nodes.
fn escape_in_attribute(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    }
}

/// Whether every character is one that XML 1.0 allows (production 2).
pub(crate) fn is_xml(text: &str) -> bool {
    // Most texts hold no byte that makes a closer look worthwhile.
    !text.bytes().any(|byte| byte < 0x20 || byte == HIGH) || text.chars().all(is_xml_character)
}

/// The first byte of U+F000 to U+FFFF in UTF-8.
const HIGH: u8 = 0xef;

/// Whether a text can be written as it is, wherever; most can.
fn is_plain(text: &str) -> bool {
    let special = |byte: u8| byte < 0x20 || matches!(byte, b'&' | b'<' | b'>' | b'"' | HIGH);
    // No way out in the middle of a chunk, so that its bytes are looked at side by side.
    let found = |chunk: &[u8]| chunk.iter().fold(false, |found, byte| found | special(*byte));
    !text.as_bytes().chunks(64).any(found)
}

fn is_xml_character(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => character >= ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declares_a_namespace_where_it_is_first_used() {
        let mut writer = Writer::new();
        writer.open(Namespace::Protocol, "Response", &[("Version", "2.0"), ("ID", "a")]);
        writer.leaf(Namespace::Assertion, "Issuer", &[], "x");
        writer.leaf(Namespace::Assertion, "Issuer", &[], "y");
        writer.open(Namespace::Protocol, "Status", &[]);
        writer.close();
        writer.close();
        assert_eq!(
            writer.finish().unwrap(),
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"a\" \
             Version=\"2.0\"><saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">x\
             </saml:Issuer><saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">y\
             </saml:Issuer><samlp:Status></samlp:Status></samlp:Response>"
        );
    }

    #[test]
    fn escapes_as_canonicalization_does() {
        let mut writer = Writer::new();
        writer.leaf(Namespace::Ui, "DisplayName", &[("xml:lang", "\t\"<&'>\n")], "\t\"<&'>\r日本");
        let text = writer.finish().unwrap();
        assert!(text.contains("xml:lang=\"&#x9;&quot;&lt;&amp;'>&#xA;\""), "{text}");
        assert!(text.contains(">\t\"&lt;&amp;'&gt;&#xD;日本<"), "{text}");
    }

    #[test]
    fn xml_lang_sorts_behind_plain_attributes() {
        let mut writer = Writer::new();
        writer.leaf(
            Namespace::Ui,
            "Logo",
            &[("xml:lang", "ja"), ("zeta", "1"), ("alpha", "2")],
            "",
        );
        assert!(writer.finish().unwrap().contains("alpha=\"2\" zeta=\"1\" xml:lang=\"ja\""));
    }

    #[test]
    fn a_closer_look_lets_through_what_only_begins_like_it() {
        for text in ["上野　（太郎）", "\u{fffd}", "\u{f000}", "a\tb\r\n"] {
            assert!(is_xml(text), "{text}");
        }
        for text in ["（\u{fffe}", "\u{1f}", "日本\u{ffff}"] {
            assert!(!is_xml(text), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_xml_cannot_carry() {
        for value in ["\0", "a\u{b}", "\u{ffff}"] {
            let mut writer = Writer::new();
            writer.leaf(Namespace::Ui, "DisplayName", &[], value);
            assert!(matches!(writer.finish(), Err(WriteError::Character)));
        }
    }
}
