//! One start tag: its name and attributes, resolved and checked.

use std::borrow::Cow;

use quick_xml::events::BytesStart;
use quick_xml::events::attributes::{AttrError, Attribute};
use quick_xml::name::{NamespaceResolver, PrefixDeclaration, QName, ResolveResult};

use crate::canonical::is_xml;
use crate::gate::{ATTRIBUTE_SIZE_LIMIT, GateError, Kind};
use crate::id::is_ncname;
use crate::namespace::Namespace;

/// The namespace of `xml:lang`; always bound to the prefix `xml`.
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// A start tag whose name and attributes are well-formed.
pub(super) struct Tag<'a> {
    pub namespace: Namespace,
    pub name: &'a str,
    /// The identifier attribute, `ID` or `Id`, and its value.
    pub id: Option<(&'a str, Cow<'a, str>)>,
    /// Attributes without a namespace, the identifier included; the values as they stand.
    pub plain: Vec<(&'a str, Cow<'a, str>)>,
    /// Whether there are attributes with a namespace.
    pub has_qualified: bool,
}

/// Reads a start tag.
pub(super) fn read<'a>(
    start: &'a BytesStart<'_>,
    resolver: &NamespaceResolver,
    kind: Kind,
) -> Result<Tag<'a>, GateError> {
    let (namespace, name) = element_name(start.name(), resolver)?;
    let mut tag = Tag { namespace, name, id: None, plain: Vec::new(), has_qualified: false };
    let mut qualified = Vec::new();
    for (count, attribute) in start.attributes().enumerate() {
        if count == kind.attribute_limit() {
            return Err(GateError::Attributes);
        }
        let attribute = attribute.map_err(|error| attribute_fault(&error))?;
        check_value(&attribute.value)?;
        tag.take(attribute, resolver, &mut qualified)?;
    }
    tag.has_qualified = !qualified.is_empty();
    Ok(tag)
}

impl<'a> Tag<'a> {
    fn take(
        &mut self,
        attribute: Attribute<'a>,
        resolver: &NamespaceResolver,
        qualified: &mut Vec<(String, &'a str)>,
    ) -> Result<(), GateError> {
        if let Some(declaration) = attribute.key.as_namespace_binding() {
            return check_declaration(&declaration, &attribute.value);
        }
        let (uri, local) = attribute_name(attribute.key, resolver)?;
        match uri {
            None if matches!(local, "ID" | "Id") => {
                if self.id.replace((local, attribute.value.clone())).is_some() {
                    return Err(GateError::ForeignId);
                }
                self.plain.push((local, attribute.value));
            }
            _ if local.eq_ignore_ascii_case("id") => return Err(GateError::ForeignId),
            None => self.plain.push((local, attribute.value)),
            Some(uri) if uri == XML_NAMESPACE && local != "lang" => {
                return Err(GateError::Attribute);
            }
            Some(uri) if qualified.iter().any(|known| known.0 == uri && known.1 == local) => {
                return Err(GateError::DuplicateAttribute);
            }
            Some(uri) => qualified.push((uri.to_owned(), local)),
        }
        Ok(())
    }

    /// The value of an attribute without a namespace.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.plain.iter().find(|known| known.0 == name).map(|known| known.1.as_ref())
    }
}

fn element_name<'a>(
    name: QName<'a>,
    resolver: &NamespaceResolver,
) -> Result<(Namespace, &'a str), GateError> {
    let (namespace, local) = resolver.resolve_element(name);
    let local = plain_name(name, local.into_inner())?;
    match namespace {
        ResolveResult::Bound(uri) => Ok((Namespace::from_uri(uri.into_inner()), local)),
        ResolveResult::Unbound => Ok((Namespace::None, local)),
        ResolveResult::Unknown(_) => Err(GateError::Namespace),
    }
}

fn attribute_name<'r, 'a>(
    name: QName<'a>,
    resolver: &'r NamespaceResolver,
) -> Result<(Option<&'r str>, &'a str), GateError> {
    let (namespace, local) = resolver.resolve_attribute(name);
    let local = plain_name(name, local.into_inner())?;
    match namespace {
        ResolveResult::Bound(uri) => Ok((Some(uri.into_inner()), local)),
        ResolveResult::Unbound => Ok((None, local)),
        ResolveResult::Unknown(_) => Err(GateError::Namespace),
    }
}

fn plain_name<'a>(name: QName<'a>, local: &'a str) -> Result<&'a str, GateError> {
    let prefix_is_plain = name.prefix().is_none_or(|prefix| is_ncname(prefix.into_inner()));
    if prefix_is_plain && is_ncname(local) { Ok(local) } else { Err(GateError::Name) }
}

/// Prefixes are names, and what they stand for is written plainly and not taken back.
fn check_declaration(declaration: &PrefixDeclaration<'_>, uri: &str) -> Result<(), GateError> {
    let well_named = match declaration {
        PrefixDeclaration::Default => true,
        PrefixDeclaration::Named(prefix) => is_ncname(prefix) && !prefix.starts_with("xml"),
    };
    let plain = uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'&');
    if well_named && plain && !uri.is_empty() { Ok(()) } else { Err(GateError::Namespace) }
}

/// Values hold no markup, and no reference but to a predefined entity or an allowed character.
fn check_value(value: &str) -> Result<(), GateError> {
    if value.len() > ATTRIBUTE_SIZE_LIMIT {
        return Err(GateError::AttributeSize);
    }
    if value.contains('<') {
        return Err(GateError::Syntax);
    }
    value.split('&').skip(1).try_for_each(|tail| match tail.split_once(';') {
        Some((reference, _)) => check_reference(reference),
        None => Err(GateError::Syntax),
    })
}

/// A reference by its name, without `&` and `;`.
pub(super) fn check_reference(reference: &str) -> Result<(), GateError> {
    let Some(number) = reference.strip_prefix('#') else {
        let predefined = matches!(reference, "amp" | "lt" | "gt" | "quot" | "apos");
        return if predefined { Ok(()) } else { Err(GateError::Entity) };
    };
    let code = match number.strip_prefix('x') {
        Some(digits) if is_number(digits, 16) => u32::from_str_radix(digits, 16).ok(),
        None if is_number(number, 10) => number.parse().ok(),
        _ => None,
    };
    let character = code.and_then(char::from_u32).ok_or(GateError::Character)?;
    if is_xml(character.encode_utf8(&mut [0; 4])) { Ok(()) } else { Err(GateError::Character) }
}

fn is_number(digits: &str, radix: u32) -> bool {
    (1..=8).contains(&digits.len()) && digits.chars().all(|digit| digit.is_digit(radix))
}

fn attribute_fault(error: &AttrError) -> GateError {
    match error {
        AttrError::Duplicated(..) => GateError::DuplicateAttribute,
        _ => GateError::Syntax,
    }
}
