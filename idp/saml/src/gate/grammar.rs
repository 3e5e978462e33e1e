//! How it is written down what may stand where, and how that is looked up.

use crate::gate::place::Place;
use crate::namespace::Namespace::{
    self, Assertion, Encryption, Metadata, Protocol, Signature, Soap,
};

/// One element that may stand somewhere.
pub(super) struct Item {
    namespace: Namespace,
    name: &'static str,
    place: Place,
    required: bool,
}

/// The content of a place: a sequence, then any of `rest` as often as it likes, and, if `open`,
/// anything harmless.
pub(super) struct Content {
    pub(super) sequence: &'static [Item],
    pub(super) rest: &'static [Item],
    pub(super) open: bool,
}

/// It must stand here.
pub(super) const fn must(namespace: Namespace, name: &'static str, place: Place) -> Item {
    Item { namespace, name, place, required: true }
}

/// It may stand here.
pub(super) const fn may(namespace: Namespace, name: &'static str, place: Place) -> Item {
    Item { namespace, name, place, required: false }
}

/// These in this order, and nothing else.
pub(super) const fn sequence(sequence: &'static [Item]) -> Content {
    Content { sequence, rest: &[], open: false }
}

/// Any of these, and nothing else.
pub(super) const fn choice(rest: &'static [Item]) -> Content {
    Content { sequence: &[], rest, open: false }
}

impl Content {
    /// The same, and then any of `rest` and anything harmless.
    pub(super) const fn or(self, rest: &'static [Item]) -> Self {
        Self { sequence: self.sequence, rest, open: true }
    }

    /// The place of an element that comes when the sequence has got as far as `next`; moves it on.
    pub(super) fn place_of(
        &self,
        next: &mut usize,
        namespace: Namespace,
        name: &str,
    ) -> Option<Place> {
        let is_it = |item: &Item| item.namespace == namespace && item.name == name;
        let ahead = self.sequence.get(*next..).unwrap_or_default();
        let skipped = ahead.iter().take_while(|item| !item.required && !is_it(item)).count();
        match ahead.get(skipped) {
            Some(item) if is_it(item) => {
                *next += skipped + 1;
                return Some(item.place);
            }
            Some(_) => return None,
            None => *next = self.sequence.len(),
        }
        if let Some(item) = self.rest.iter().find(|item| is_it(item)) {
            return Some(item.place);
        }
        (self.open && is_harmless(namespace, name)).then_some(Place::Open)
    }

    /// Whether the sequence is complete when it has got as far as `next`.
    pub(super) fn is_complete(&self, next: usize) -> bool {
        self.sequence.get(next..).unwrap_or_default().iter().all(|item| !item.required)
    }
}

/// Whether an element may stand in an open place: not if it could sign, encrypt, assert or ask.
fn is_harmless(namespace: Namespace, name: &str) -> bool {
    match namespace {
        Signature | Encryption | Soap => false,
        Assertion => !is_assertion(name) && !matches!(name, "EncryptedID" | "EncryptedAttribute"),
        Protocol => !is_message(name),
        Metadata => !matches!(name, "EntityDescriptor" | "EntitiesDescriptor" | "KeyDescriptor"),
        _ => true,
    }
}

pub(super) fn is_assertion(name: &str) -> bool {
    matches!(name, "Assertion" | "EncryptedAssertion")
}

/// Whether a protocol element is a message of its own (SAML core 3).
pub(super) fn is_message(name: &str) -> bool {
    ["Request", "Response", "Query", "Resolve"].iter().any(|end| name.ends_with(end))
}
