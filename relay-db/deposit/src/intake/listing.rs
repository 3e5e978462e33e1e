//! People by birth date, as they come out of a file. What is to be listed under one birth date goes
//! into a run together: of millions of people, some thousands of records are sorted and merged.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::runs::Buffer;
use crate::births::Entry;
use crate::key::{CardId, InsurerId, Keys};
use crate::person::Person;

/// Bytes of entries that make one record; few in tests, so that there are several.
const TOGETHER: usize = if cfg!(test) { 50 } else { 4_000 };

/// The lists of one insurer: as many as a file has birth dates, of which a calendar has few.
pub(super) struct Listing<'a> {
    keys: &'a Keys,
    insurer: InsurerId,
    lists: BTreeMap<Date, List>,
}

struct List {
    id: CardId,
    /// Entries that are in no run yet.
    entries: Vec<u8>,
}

impl<'a> Listing<'a> {
    pub fn new(keys: &'a Keys, insurer: InsurerId) -> Self {
        Self { keys, insurer, lists: BTreeMap::new() }
    }

    /// Lists a person's place on a card.
    pub fn add(&mut self, person: &Person, card: &CardId, buffer: &mut Buffer) {
        let (keys, insurer, born) = (self.keys, self.insurer, person.birth_date);
        let new = || List { id: keys.born(insurer, born), entries: Vec::new() };
        let list = self.lists.entry(born).or_insert_with(new);
        let person = keys.person(insurer, &person.name, born, person.sex);
        Entry::new(&person, card).write(&mut list.entries);
        if list.entries.len() >= TOGETHER {
            list.pass_on(buffer);
        }
    }

    /// Passes everything on: a run is about to end.
    pub fn pass_on(&mut self, buffer: &mut Buffer) {
        self.lists.values_mut().for_each(|list| list.pass_on(buffer));
    }
}

impl List {
    fn pass_on(&mut self, buffer: &mut Buffer) {
        if !self.entries.is_empty() {
            buffer.push(self.id, |out| out.append(&mut self.entries));
        }
    }
}
