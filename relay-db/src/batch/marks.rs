//! What is remembered of a line for the next file: the keyed hash of its card and of its answer.
//!
//! Neither card nor answer can be read out of them, and no two organisations' marks of the same
//! card are alike.

use warifu_contract::card_key::CardQuery;
use warifu_contract::eligibility::Verdict;
use warifu_service::seal::KeyRing;

use super::row::Answered;
use super::store::{BatchStoreError, Batches};

/// Bytes of a card's hash.
const CARD: usize = 16;
/// Bytes of an answer's hash.
const ANSWER: usize = 8;
/// Bytes of a mark.
pub(crate) const MARK: usize = CARD + ANSWER;

/// A card and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    card: [u8; CARD],
    answer: [u8; ANSWER],
}

impl Mark {
    /// Of what was answered about a card, for one organisation.
    pub fn new(ring: &KeyRing, organization: &[u8], card: &CardQuery, came: &Answered) -> Self {
        let branch = card.branch.as_deref().unwrap_or_default();
        let (symbol, number) = (card.card.symbol(), card.card.number());
        let insurer = card.insurer.as_str();
        let text = format!("{insurer}\n{symbol}\n{number}\n{branch}\n{}", card.birth_date);
        let card = keyed(ring, "relay_batch.card", organization, text.as_bytes());
        let answer = keyed(ring, "relay_batch.answer", &card, what_counts(came).as_bytes());
        Self { card: first(card), answer: first(answer) }
    }

    fn to_bytes(self) -> [u8; MARK] {
        let mut bytes = [0; MARK];
        let all = self.card.iter().chain(&self.answer);
        for (to, from) in bytes.iter_mut().zip(all) {
            *to = *from;
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (card, answer) = bytes.split_first_chunk::<CARD>()?;
        Some(Self { card: *card, answer: answer.try_into().ok()? })
    }
}

/// What makes two answers differ for a clinic.
fn what_counts(came: &Answered) -> String {
    // 確認中 is no answer: it differs from any.
    let silent = if came.verdict == Verdict::InsurerSilent { came.number.as_str() } else { "" };
    let told = came.told.as_ref().map(|told| {
        let (from, until, percent) = (told.from, told.until, told.copay_percent);
        format!("{}\n{from}\n{until:?}\n{percent:?}\n{:?}", told.insurer, told.relation)
    });
    format!("{:?}\n{silent}\n{}", came.verdict, told.unwrap_or_default())
}

fn keyed(ring: &KeyRing, context: &str, scope: &[u8], value: &[u8]) -> [u8; 32] {
    ring.lookup(context, &[scope, value].concat())
}

fn first<const N: usize>(hash: [u8; 32]) -> [u8; N] {
    hash.first_chunk().copied().unwrap_or([0; N])
}

/// Marks as they are kept.
pub(crate) fn write(marks: &[Mark]) -> Vec<u8> {
    marks.iter().flat_map(|mark| mark.to_bytes()).collect()
}

/// The marks of an earlier file, in order: 24 bytes of memory each.
#[derive(Debug, Default)]
pub(crate) struct Earlier(Vec<Mark>);

impl Earlier {
    /// Those of the job `id`.
    pub async fn of(batches: &Batches, id: &str) -> Result<Self, BatchStoreError> {
        let (mut marks, mut number) = (Vec::new(), 0);
        while let Some(bytes) = batches.marks(id, number).await? {
            marks.extend(bytes.chunks(MARK).filter_map(Mark::from_bytes));
            number += 1;
        }
        marks.sort_unstable();
        Ok(Self(marks))
    }

    /// Whether the same card had another answer, or was not there.
    pub fn differs(&self, mark: &Mark) -> bool {
        self.0.binary_search(mark).is_err()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_marks_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let marks: Vec<_> = bytes.chunks(MARK).filter_map(Mark::from_bytes).collect();
            prop_assert_eq!(marks.len(), bytes.len() / MARK);
            prop_assert_eq!(write(&marks), bytes[..marks.len() * MARK].to_vec());
        }

        #[test]
        fn what_was_there_does_not_differ(cards in prop::collection::vec(any::<[u8; CARD]>(), 0..50)) {
            let mark = |card| Mark { card, answer: [1; ANSWER] };
            let mut all: Vec<_> = cards.iter().copied().map(mark).collect();
            all.sort_unstable();
            let earlier = Earlier(all.clone());
            for one in all {
                prop_assert!(!earlier.differs(&one));
                let other = Mark { answer: [2; ANSWER], ..one };
                prop_assert!(earlier.differs(&other));
            }
        }
    }
}
