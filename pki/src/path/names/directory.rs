//! Distinguished names, compared part by part as people read them (RFC 5280 §7.1).

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{
    Any, Ia5StringRef, ObjectIdentifier, PrintableStringRef, Utf8StringRef,
};
use x509_cert::der::{Tag, Tagged};
use x509_cert::name::{Name, RelativeDistinguishedName};

type Part = BTreeSet<(ObjectIdentifier, String)>;

/// A distinguished name; `None` for a part that cannot be compared.
pub(super) struct Directory(Vec<Option<Part>>);

impl Directory {
    pub(super) fn of(name: &Name) -> Self {
        Self(name.0.iter().map(part).collect())
    }

    /// Whether the name begins with all parts of this one; `None` if nobody can say.
    pub(super) fn holds(&self, name: &Self) -> Option<bool> {
        if name.0.len() < self.0.len() {
            return Some(false);
        }
        let mut pairs = self.0.iter().zip(&name.0);
        pairs
            .try_fold(true, |so_far, (base, part)| Some(so_far && base.as_ref()? == part.as_ref()?))
    }
}

/// Whether no value that is text holds a control character.
pub(super) fn is_printable(name: &Name) -> bool {
    let values = name.0.iter().flat_map(|part| part.0.iter()).map(|one| &one.value);
    values.into_iter().all(|value| match value.tag() {
        Tag::BmpString => !value.value().chunks(2).any(|unit| matches!(unit, [0, 0..=0x1f])),
        _ => !value.value().iter().any(u8::is_ascii_control),
    })
}

fn part(part: &RelativeDistinguishedName) -> Option<Part> {
    let value = |one: &AttributeTypeAndValue| Some((one.oid, folded(text(&one.value)?)));
    part.0.iter().map(value).collect()
}

/// Letters of either case, of either width and any number of spaces are the same.
fn folded(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let words: Vec<_> = folded.split_whitespace().collect();
    words.join(" ")
}

fn text(value: &Any) -> Option<&str> {
    match value.tag() {
        Tag::Utf8String => value.decode_as::<Utf8StringRef<'_>>().ok().map(|text| text.as_str()),
        Tag::PrintableString => {
            value.decode_as::<PrintableStringRef<'_>>().ok().map(|text| text.as_str())
        }
        Tag::Ia5String => value.decode_as::<Ia5StringRef<'_>>().ok().map(|text| text.as_str()),
        _ => None,
    }
}
