//! Lists of cards by birth date: how a person is found of whom no card is known. They lie among the
//! cards, sealed as these are, and go live with them.
//!
//! A list says on which cards somebody with the birth date is or once was. It only grows, so that
//! a deposit that leaves a card as it was leaves it findable; what is no longer so shows on the
//! card itself.

use std::collections::BTreeSet;

use crate::key::{CardId, InsurerId, PersonId, WITHIN};
use crate::person::take;

/// How the bytes are to be read.
const VERSION: u8 = 1;
/// Entries of one list; more people are born on one day in a country of a thousand millions. A list
/// that is full says so, and nobody is found in it beyond doubt.
pub(crate) const MOST: usize = 2_000;
/// Bytes of one entry.
const ENTRY: usize = 4 + WITHIN;

/// One person's place on one card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Of the person's key.
    tag: [u8; 4],
    card: [u8; WITHIN],
}

/// The cards on which somebody with one birth date is or was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Births(BTreeSet<Entry>);

impl Entry {
    pub fn new(person: &PersonId, card: &CardId) -> Self {
        Self { tag: person.tag(), card: card.within_insurer() }
    }

    /// Adds the entry's bytes to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.tag);
        out.extend(self.card);
    }

    /// Reads an entry from the front of `bytes`.
    pub fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self { tag: take(bytes)?, card: take(bytes)? })
    }
}

impl Births {
    /// Adds an entry, if there is room.
    pub fn add(&mut self, entry: Entry) {
        if !self.is_full() {
            self.0.insert(entry);
        }
    }

    /// Whether there may be more than are listed.
    pub fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    /// The cards of `insurer`: all, or those that bear the person's tag.
    pub fn cards(&self, insurer: InsurerId, of: Option<&PersonId>) -> BTreeSet<CardId> {
        let tag = of.map(PersonId::tag);
        let meant = self.0.iter().filter(|entry| tag.is_none_or(|tag| tag == entry.tag));
        meant.map(|entry| CardId::of_insurer(insurer, &entry.card)).collect()
    }

    /// This list with those of `more` that there is room for.
    pub fn with(mut self, more: Self) -> Self {
        more.0.into_iter().for_each(|entry| self.add(entry));
        self
    }

    /// The list's bytes: equal for equal lists.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 + self.0.len() * ENTRY);
        out.push(VERSION);
        self.0.iter().for_each(|entry| entry.write(&mut out));
        out
    }

    /// Reads a list; none when the bytes are not one.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        if take::<1>(&mut bytes)? != [VERSION] || !bytes.len().is_multiple_of(ENTRY) {
            return None;
        }
        let mut all = Self::default();
        while !bytes.is_empty() {
            all.add(Entry::read(&mut bytes)?);
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(number: u16) -> Entry {
        let mut card = [0; WITHIN];
        card[..2].copy_from_slice(&number.to_be_bytes());
        Entry { tag: [0, 0, 0, u8::from(number == 7)], card }
    }

    #[test]
    fn a_list_comes_back_and_is_in_one_order() {
        let mut list = Births::default();
        for number in [9, 7, 8, 7] {
            list.add(entry(number));
        }
        let other = Births::default().with(list.clone());
        assert_eq!(Births::read(&list.bytes()), Some(other));
        assert_eq!(list.bytes().len(), 1 + 3 * ENTRY);
    }

    #[test]
    fn a_list_ends_somewhere() {
        let mut list = Births::default();
        for number in 0..3_000 {
            list.add(entry(number));
        }
        assert!(list.is_full());
        assert_eq!(list.0.len(), MOST);
        assert_eq!(list.clone().with(list.clone()), list);
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Births::read(&bytes);
        }
    }
}
