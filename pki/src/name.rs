//! Distinguished names. Ours hold a common name and nothing else, so that no certificate tells more
//! about a person than a random reference.

use x509_cert::attr::{AttributeTypeAndValue, AttributeValue};
use x509_cert::der::asn1::{PrintableStringRef, SetOfVec, Utf8StringRef};
use x509_cert::der::oid::db::rfc4519;
use x509_cert::der::{self, Tag, Tagged};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

/// A name of the one attribute `CN`.
pub(crate) fn of_common_name(common_name: &str) -> der::Result<Name> {
    let value = AttributeValue::encode_from(&Utf8StringRef::new(common_name)?)?;
    let attribute = AttributeTypeAndValue { oid: rfc4519::COMMON_NAME, value };
    let only = RelativeDistinguishedName(SetOfVec::try_from(vec![attribute])?);
    Ok(RdnSequence(vec![only]))
}

/// The first common name found, whatever else the name holds.
pub(crate) fn common_name(name: &Name) -> Option<&str> {
    attributes(name).find(|found| found.oid == rfc4519::COMMON_NAME).and_then(text)
}

/// The common name of a name that holds nothing else.
pub(crate) fn sole_common_name(name: &Name) -> Option<&str> {
    let mut all = attributes(name);
    let only = all.next()?;
    let alone = all.next().is_none() && only.oid == rfc4519::COMMON_NAME;
    if alone { text(only) } else { None }
}

fn attributes(name: &Name) -> impl Iterator<Item = &AttributeTypeAndValue> {
    name.0.iter().flat_map(|part| part.0.iter())
}

fn text(attribute: &AttributeTypeAndValue) -> Option<&str> {
    match attribute.value.tag() {
        Tag::Utf8String => {
            attribute.value.decode_as::<Utf8StringRef<'_>>().ok().map(|text| text.as_str())
        }
        Tag::PrintableString => {
            attribute.value.decode_as::<PrintableStringRef<'_>>().ok().map(|text| text.as_str())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    fn a_common_name_comes_back() {
        let name = of_common_name("割符 root").unwrap();
        assert_eq!(common_name(&name), Some("割符 root"));
        assert_eq!(sole_common_name(&name), Some("割符 root"));
    }

    #[test]
    fn more_than_a_common_name_is_not_sole() {
        let name = Name::from_str("CN=abc,O=somebody").unwrap();
        assert_eq!(common_name(&name), Some("abc"));
        assert_eq!(sole_common_name(&name), None);
        assert_eq!(sole_common_name(&Name::default()), None);
    }
}
