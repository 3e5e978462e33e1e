//! The elements of a document that passed the gate, to be read strictly.

mod cursor;

pub(crate) use cursor::Cursor;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};
use quick_xml::reader::NsReader;

use crate::gate::Admitted;
use crate::namespace::Namespace;

/// A document is well-formed but not what its kind must look like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// The text could not be taken apart; the gate would have stopped it.
    #[error("the document cannot be taken apart")]
    Unreadable,
    /// An element or attribute is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// An element or attribute has a value that it may not have.
    #[error("{0} has a value that it may not have")]
    Value(&'static str),
    /// Something stands inside this element that is not understood.
    #[error("{0} holds something that is not understood")]
    Unexpected(&'static str),
}

/// An element with all that is in it.
#[derive(Debug, Default)]
pub(crate) struct Element {
    name: String,
    namespace: Option<Namespace>,
    /// Attributes without a namespace, and `xml:lang`.
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    /// Whether it has this name.
    pub fn is(&self, namespace: Namespace, name: &str) -> bool {
        self.namespace == Some(namespace) && self.name == name
    }

    /// An attribute without a namespace, or `xml:lang`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|known| known.0 == name).map(|known| known.1.as_str())
    }

    /// An attribute that must be there.
    pub fn required(&self, name: &'static str) -> Result<&str, ShapeError> {
        self.attribute(name).ok_or(ShapeError::Missing(name))
    }

    /// All elements in it.
    pub fn children(&self) -> &[Element] {
        &self.children
    }

    /// Takes out the last element in it.
    pub fn take_last(&mut self) -> Option<Element> {
        self.children.pop()
    }

    /// All elements of this name in it.
    pub fn all(&self, namespace: Namespace, name: &str) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.is(namespace, name))
    }

    /// The first element of this name in it.
    pub fn find(&self, namespace: Namespace, name: &str) -> Option<&Element> {
        self.all(namespace, name).next()
    }

    /// Its text, if there is nothing else in it; `what` names it in the error.
    pub fn text(&self, what: &'static str) -> Result<&str, ShapeError> {
        if self.children.is_empty() {
            Ok(self.text.trim_matches([' ', '\t', '\n', '\r']))
        } else {
            Err(ShapeError::Unexpected(what))
        }
    }

    /// Its text, which must not be empty.
    pub fn some_text(&self, what: &'static str) -> Result<&str, ShapeError> {
        let text = self.text(what)?;
        if text.is_empty() { Err(ShapeError::Missing(what)) } else { Ok(text) }
    }

    /// Reads what is in it, in order.
    pub fn cursor(&self, what: &'static str) -> Cursor<'_> {
        Cursor::new(self, what)
    }
}

/// Takes a document apart.
pub(crate) fn parse(document: &Admitted<'_>) -> Result<Element, ShapeError> {
    let mut reader = NsReader::from_str(document.text());
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|_| ShapeError::Unreadable)?;
        match event {
            Event::Start(start) => open.push(element(&start, reader.resolver())?),
            Event::End(_) => close(&mut open)?,
            Event::Text(text) => add_text(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) => add_text(&mut open, &resolve(&reference)?)?,
            Event::Eof => return root(open),
            _ => {}
        }
    }
}

fn element(start: &BytesStart<'_>, resolver: &NamespaceResolver) -> Result<Element, ShapeError> {
    let (namespace, local) = resolver.resolve_element(start.name());
    let namespace = match namespace {
        ResolveResult::Bound(uri) => Namespace::from_uri(uri.into_inner()),
        _ => Namespace::None,
    };
    let mut element = Element {
        name: local.into_inner().to_owned(),
        namespace: Some(namespace),
        ..Element::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| ShapeError::Unreadable)?;
        let name = attribute.key.into_inner();
        if name == "xml:lang" || !(name == "xmlns" || name.contains(':')) {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|_| ShapeError::Unreadable)?;
            element.attributes.push((name.to_owned(), value.into_owned()));
        }
    }
    Ok(element)
}

fn close(open: &mut Vec<Element>) -> Result<(), ShapeError> {
    let closed = open.pop().ok_or(ShapeError::Unreadable)?;
    open.last_mut().ok_or(ShapeError::Unreadable)?.children.push(closed);
    Ok(())
}

fn add_text(open: &mut [Element], text: &str) -> Result<(), ShapeError> {
    open.last_mut().ok_or(ShapeError::Unreadable)?.text.push_str(text);
    Ok(())
}

fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, ShapeError> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let entity = quick_xml::escape::resolve_predefined_entity(reference);
    entity.map(str::to_owned).ok_or(ShapeError::Unreadable)
}

fn root(mut open: Vec<Element>) -> Result<Element, ShapeError> {
    let mut document = open.pop().filter(|_| open.is_empty()).ok_or(ShapeError::Unreadable)?;
    document.children.pop().ok_or(ShapeError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{Kind, admit};

    const REQUEST: &str = "<p:AuthnRequest xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' ID='_a' \
        Note='1 &lt; 2&#10;'><Issuer xmlns='urn:oasis:names:tc:SAML:2.0:assertion'> a&amp;b&#x3042; \
        </Issuer><p:Scoping/></p:AuthnRequest>";

    #[test]
    fn values_come_out_unescaped() {
        let admitted = admit(Kind::AuthnRequest, REQUEST.as_bytes()).unwrap();
        let root = parse(&admitted).unwrap();
        assert!(root.is(Namespace::Protocol, "AuthnRequest"));
        assert_eq!(root.attribute("Note"), Some("1 < 2\n"));
        let issuer = root.find(Namespace::Assertion, "Issuer").unwrap();
        assert_eq!(issuer.some_text("Issuer").unwrap(), "a&bあ");
        assert_eq!(root.children().len(), 2);
        assert_eq!(root.required("Missing"), Err(ShapeError::Missing("Missing")));
    }

    #[test]
    fn a_cursor_reads_in_order_and_knows_when_something_is_left() {
        let admitted = admit(Kind::AuthnRequest, REQUEST.as_bytes()).unwrap();
        let root = parse(&admitted).unwrap();
        let mut cursor = root.cursor("AuthnRequest");
        assert!(cursor.optional(Namespace::Protocol, "Scoping").is_none());
        assert!(cursor.required(Namespace::Assertion, "Issuer").is_ok());
        assert_eq!(cursor.clone().finish(), Err(ShapeError::Unexpected("AuthnRequest")));
        assert!(cursor.optional(Namespace::Protocol, "Scoping").is_some());
        assert_eq!(cursor.finish(), Ok(()));
    }
}
