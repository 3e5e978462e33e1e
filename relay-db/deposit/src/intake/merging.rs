//! The runs of a deposit as one: cards in order, each with all of its records.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::apply::Record;
use super::outcome::IntakeError;
use super::runs::{RunReader, Runs};
use crate::births::{Births, Entry};
use crate::key::CardId;

/// What a deposit says about one card.
#[derive(Debug)]
pub(super) struct Group {
    pub card: CardId,
    /// In the order of the file.
    pub records: Vec<Record>,
    /// Of a list of cards by birth date: what is to be listed.
    pub births: Births,
}

impl Group {
    fn add(&mut self, bytes: &[u8]) {
        if self.card.is_list() {
            if let Some(entry) = Entry::read(&mut &*bytes) {
                self.births.add(entry);
            }
        } else {
            self.records.extend(Record::read(bytes));
        }
    }
}

/// Runs read side by side.
pub(super) struct Merge {
    readers: Vec<RunReader>,
    /// The next record of each run; of one card, those of earlier runs come first.
    heap: BinaryHeap<Reverse<(CardId, usize, Vec<u8>)>>,
}

impl Merge {
    /// Opens the first `count` runs, and passes over the cards up to `after`.
    pub fn open(runs: &Runs, count: i64, after: Option<CardId>) -> Result<Self, IntakeError> {
        let readers: Result<Vec<_>, _> = (0..count).map(|run| runs.open(run)).collect();
        let mut merge = Self { readers: readers?, heap: BinaryHeap::new() };
        for run in 0..merge.readers.len() {
            merge.advance(run, after)?;
        }
        Ok(merge)
    }

    /// The next card.
    pub fn next(&mut self) -> Result<Option<Group>, IntakeError> {
        let Some(Reverse((card, _, _))) = self.heap.peek() else { return Ok(None) };
        let mut group = Group { card: *card, records: Vec::new(), births: Births::default() };
        while let Some(Reverse((card, _, _))) = self.heap.peek() {
            if *card != group.card {
                break;
            }
            let Some(Reverse((_, run, bytes))) = self.heap.pop() else { break };
            group.add(&bytes);
            self.advance(run, None)?;
        }
        Ok(Some(group))
    }

    fn advance(&mut self, run: usize, after: Option<CardId>) -> Result<(), IntakeError> {
        let Some(reader) = self.readers.get_mut(run) else { return Ok(()) };
        while let Some((card, bytes)) = reader.next()? {
            if after.is_none_or(|after| card > after) {
                self.heap.push(Reverse((card, run, bytes)));
                return Ok(());
            }
        }
        Ok(())
    }
}
