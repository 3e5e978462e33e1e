//! The tree in memory, ahead of what is stored by at most the groups that are on their way: where the
//! next group is given its places and made ready to be written.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use tlog_tiles::record_hash;
use warifu_service::Entropy;
use warifu_service::seal::KeyRing;
use warifu_service::storage::micros;

use crate::body;
use crate::checkpoint::Checkpoint;
use crate::error::LogError;
use crate::event::{Entry, Place};
use crate::note::NoteSigner;
use crate::sequencer::{Job, Leaf, Receipt, once_context};
use crate::store::{Commit, EventRow, OnceRow, Store, column, number};
use crate::tree::Edge;

/// Ends of series in one generation.
const TIPS: usize = 32_768;

/// The tree, with the ends of the series last extended.
pub(crate) struct Tree {
    edge: Edge,
    tips: Tips,
}

/// What a group is given its places with.
#[derive(Clone, Copy)]
pub(crate) struct Tools<'a> {
    pub store: &'a Store,
    pub ring: &'a KeyRing,
    pub signer: &'a dyn NoteSigner,
    pub entropy: &'a dyn Entropy,
}

/// A group that can be written.
pub(crate) struct Ready {
    pub commit: Commit,
    /// One for each event, in their order; to be given out once it is written.
    pub receipts: Vec<Receipt>,
}

/// The end of one subject's series.
#[derive(Debug, Clone, Copy)]
struct Tip {
    sequence: u64,
    leaf: [u8; 32],
}

/// The ends of series in memory, in two generations: those of a group that is on its way are not in
/// the database yet and must not be forgotten, so only what was old before is dropped.
#[derive(Default)]
struct Tips {
    recent: HashMap<[u8; 32], Tip>,
    older: HashMap<[u8; 32], Tip>,
}

impl Tips {
    fn get(&self, key: &[u8; 32]) -> Option<Tip> {
        self.recent.get(key).or_else(|| self.older.get(key)).copied()
    }

    fn put(&mut self, key: [u8; 32], tip: Tip) {
        self.recent.insert(key, tip);
    }

    /// Between groups.
    fn age(&mut self) {
        if self.recent.len() > TIPS {
            self.older = std::mem::take(&mut self.recent);
        }
    }
}

impl Tree {
    /// Takes up the stored tree, which must be the one that was signed.
    pub async fn load(store: &Store, signer: &dyn NoteSigner) -> Result<Self, LogError> {
        let row = store.head().await?.ok_or_else(|| LogError::altered("the head is missing"))?;
        let head = Checkpoint::open(&row.checkpoint, signer.verifier())?;
        if number(row.size) != head.size {
            return Err(LogError::altered("the head is not of the signed size"));
        }
        let tiles = store.tiles(Edge::tiles_of(head.size)).await?;
        let edge = Edge::from_tiles(head.size, tiles)?;
        if edge.root() != head.root {
            return Err(LogError::altered("the tree does not have the signed root"));
        }
        Ok(Self { edge, tips: Tips::default() })
    }

    /// Gives the events of `jobs` their places, after all that were given before. If this fails, or
    /// what is made ready is not written, the tree is not the stored one any more.
    pub async fn extend(&mut self, tools: Tools<'_>, jobs: &[Job]) -> Result<Ready, LogError> {
        self.recall(tools.store, jobs).await?;
        let from_size = self.edge.size();
        let dated = jobs.iter().flat_map(|job| job.leaves.iter().map(|leaf| (leaf, job.at)));
        let events = dated.map(|leaf| self.grow(leaf, tools)).collect::<Result<Vec<_>, _>>()?;
        let receipts = events.iter().map(receipt).collect();
        let commit = Commit {
            from_size,
            head: Checkpoint::sign(self.edge.size(), self.edge.root(), tools.signer)?,
            events,
            once: jobs.iter().filter_map(|job| once(job, tools)).collect(),
            erased: jobs.iter().filter_map(|job| job.erased.clone()).collect(),
            tiles: self.edge.open_tiles().map(|(id, tile)| (id, tile.to_vec())).collect(),
        };
        self.edge.settle();
        Ok(Ready { commit, receipts })
    }

    /// Brings into memory the ends of the series that `jobs` extend.
    async fn recall(&mut self, store: &Store, jobs: &[Job]) -> Result<(), LogError> {
        self.tips.age();
        let keys = jobs.iter().flat_map(|job| &job.leaves).filter_map(|leaf| leaf.subject);
        let unknown: HashSet<_> = keys.filter(|key| self.tips.get(key).is_none()).collect();
        for row in store.tips(&unknown.into_iter().collect::<Vec<_>>()).await? {
            let wrong = || LogError::altered("a leaf of the wrong length");
            let leaf = row.leaf.try_into().map_err(|_| wrong())?;
            let key = row.subject.try_into().map_err(|_| wrong())?;
            self.tips.put(key, Tip { sequence: number(row.sequence), leaf });
        }
        Ok(())
    }

    /// Adds one leaf, and gives the row to store.
    fn grow(
        &mut self,
        (one, at): (&Leaf, Timestamp),
        tools: Tools<'_>,
    ) -> Result<EventRow, LogError> {
        let tip = one.subject.and_then(|key| self.tips.get(&key));
        let sequence = match one.subject {
            Some(_) => tip.map_or(0, |tip| tip.sequence) + 1,
            None => 0,
        };
        let mut salt = [0; 16];
        tools.entropy.fill(&mut salt);
        let place =
            Place { at, sequence, previous: tip.map(|tip| hex(&tip.leaf)), salt: hex(&salt) };
        let bytes = Entry::bytes_of(&one.event, &place).map_err(LogError::altered)?;
        let leaf = record_hash(&bytes);
        let index = self.edge.size();
        self.edge.push(leaf);
        if let Some(key) = one.subject {
            self.tips.put(key, Tip { sequence, leaf: leaf.0 });
        }
        Ok(EventRow {
            idx: column(index),
            subject: one.subject.map_or_else(Vec::new, |key| key.to_vec()),
            sequence: column(sequence),
            leaf: leaf.0.to_vec(),
            reference: one.reference.map(|key| key.to_vec()),
            body: body::seal(tools.ring, &leaf.0, &bytes, tools.entropy),
        })
    }
}

fn once(job: &Job, tools: Tools<'_>) -> Option<OnceRow> {
    let once = job.once.as_ref()?;
    let answer = tools.ring.seal(&once_context(&once.key), &once.answer, tools.entropy);
    Some(OnceRow { id: once.key.to_vec(), at: micros(job.at), answer })
}

fn receipt(row: &EventRow) -> Receipt {
    Receipt { index: number(row.idx), subject_sequence: number(row.sequence) }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> [u8; 32] {
        record_hash(&number.to_be_bytes()).0
    }

    #[test]
    fn ends_of_the_last_group_are_never_forgotten() {
        let mut tips = Tips::default();
        for sequence in 1..=200_u64 {
            let group = usize::try_from(sequence).unwrap() * 1_000;
            tips.age();
            for number in group..group + 1_000 {
                tips.put(key(number), Tip { sequence, leaf: key(0) });
            }
            tips.age();
            let kept = (group..group + 1_000).filter_map(|number| tips.get(&key(number)));
            assert!(kept.filter(|tip| tip.sequence == sequence).count() == 1_000);
            assert!(tips.recent.len() + tips.older.len() <= 2 * (TIPS + 1_000), "bounded");
        }
    }

    #[test]
    fn the_newest_end_counts() {
        let mut tips = Tips::default();
        tips.older.insert(key(1), Tip { sequence: 1, leaf: key(1) });
        tips.put(key(1), Tip { sequence: 2, leaf: key(2) });
        assert_eq!(tips.get(&key(1)).map(|tip| tip.sequence), Some(2));
    }
}
