//! The runs of a deposit as one: cards in order, each with all of its records.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

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
    fn add(&mut self, mut bytes: &[u8]) {
        if self.card.is_list() {
            while let Some(entry) = Entry::read(&mut bytes) {
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
        for (run, reader) in merge.readers.iter_mut().enumerate() {
            while let Some((card, bytes)) = reader.next()? {
                if after.is_none_or(|after| card > after) {
                    merge.heap.push(Reverse((card, run, bytes)));
                    break;
                }
            }
        }
        Ok(merge)
    }

    /// The next card.
    pub fn next(&mut self) -> Result<Option<Group>, IntakeError> {
        let Some(Reverse((card, _, _))) = self.heap.peek() else { return Ok(None) };
        let mut group = Group { card: *card, records: Vec::new(), births: Births::default() };
        while let Some(mut first) = self.heap.peek_mut() {
            let Reverse((card, run, bytes)) = &mut *first;
            if *card != group.card {
                break;
            }
            group.add(bytes);
            let reader = self.readers.get_mut(*run);
            // The run's next one takes its place: the heap is put in order once.
            match reader.map(RunReader::next).transpose()?.flatten() {
                Some(next) => (*card, *bytes) = next,
                None => drop(PeekMut::pop(first)),
            }
        }
        Ok(Some(group))
    }
}
