//! The auditor's pass over a whole log: is everything there, unaltered, in its order?
//!
//! Memory stays flat: one walk in the order of the log rebuilds the tree, one in the order of
//! subjects follows each series. A head that somebody else kept shows a log rewritten as a whole
//! by its own keeper.

use tlog_tiles::{HASH_SIZE, Hash, record_hash};
use warifu_service::Database;
use warifu_service::seal::KeyRing;

use crate::action::Action;
use crate::body;
use crate::checkpoint::Checkpoint;
use crate::erasure::{Ledger, Runs};
use crate::error::LogError;
use crate::event::Entry;
use crate::log::{reference_keys, subject_key};
use crate::note::NoteVerifier;
use crate::store::{EventRow, Store, number};
use crate::tree::{Edge, TILE_HEIGHT};

/// Rows read at once.
const PAGE: u32 = 1_000;

/// What was found to be in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Events checked.
    pub events: u64,
    /// Of these, events whose payload was erased; an erasure accounts for each.
    pub erased: u64,
    /// Subjects' series followed to their ends.
    pub series: u64,
    /// The root over all events.
    pub root: Hash,
}

/// The first thing found wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The head is missing, or not signed by the log's key.
    #[error("log.fault-head: {0}")]
    Head(String),
    /// There is no event at this index.
    #[error("log.fault-missing: event {0} is missing")]
    Missing(u64),
    /// The stored event is not what its leaf was made of.
    #[error("log.fault-altered: event {0} is altered")]
    Altered(u64),
    /// The payload of this event is gone, and no erasure accounts for it.
    #[error("log.fault-erased: the payload of event {0} is gone without an erasure")]
    Erased(u64),
    /// The stored tree has another leaf at this index: altered, or put in another order.
    #[error("log.fault-moved: event {0} is not the one in the tree")]
    Moved(u64),
    /// The stored tree has another hash at this place of a level above the leaves.
    #[error("log.fault-tile: hash {1} of tile level {0} is altered")]
    Tile(u8, u64),
    /// There are more events than the head says.
    #[error("log.fault-surplus: event {0} is beyond the signed head")]
    Surplus(u64),
    /// All events together do not give the signed root.
    #[error("log.fault-root: the events do not give the signed root")]
    Root,
    /// The kept head is not of this log.
    #[error("log.fault-rewritten: the log is not the one whose head was kept at size {0}")]
    Rewritten(u64),
    /// A subject's event is missing before this one.
    #[error("log.fault-gap: an event of the same subject is missing before event {0}")]
    Gap(u64),
}

/// Why a log is not found in order.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It has been tampered with.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A log to be checked.
#[derive(Clone, Copy)]
pub struct Auditor<'a> {
    /// Where it is.
    pub database: &'a Database,
    /// What opens its events.
    pub ring: &'a KeyRing,
    /// What verifies its heads.
    pub verifier: &'a NoteVerifier,
    /// Heads that others kept, or cosigned.
    pub kept: &'a [Checkpoint],
    /// Told how many steps are done, of how many.
    pub watch: &'a (dyn Fn(u64, u64) + Sync),
}

/// Checks the whole log in `database`, up to its newest head, and against a head that was `kept`
/// elsewhere, if there is one.
pub async fn verify(
    database: &Database,
    ring: &KeyRing,
    verifier: &NoteVerifier,
    kept: Option<&Checkpoint>,
) -> Result<Report, VerifyError> {
    let kept: Vec<_> = kept.into_iter().cloned().collect();
    Auditor { database, ring, verifier, kept: &kept, watch: &|_, _| {} }.verify().await
}

impl Auditor<'_> {
    /// Walks the whole log, twice.
    pub async fn verify(&self) -> Result<Report, VerifyError> {
        let store = Store(self.database.clone());
        let head = signed_head(&store, self.verifier).await?;
        let ledger = self.walk_tree(&store, &head).await?;
        let series = self.walk_series(&store, &head).await?;
        Ok(Report { events: head.size, erased: ledger.count(), series, root: head.root })
    }

    /// Rebuilds the tree from the events, in the order of the log.
    async fn walk_tree(&self, store: &Store, head: &Checkpoint) -> Result<Ledger, VerifyError> {
        let (mut edge, mut ledger) = (Edge::empty(), Ledger::default());
        self.compare_kept(&edge)?;
        while edge.size() < head.size {
            let rows = store.since(edge.size(), PAGE).await?;
            if rows.is_empty() {
                return Err(Fault::Missing(edge.size()).into());
            }
            for row in rows.iter().filter(|row| number(row.idx) < head.size) {
                self.account(row, edge.size(), &mut ledger)?;
                edge.push(leaf_of(row).ok_or(Fault::Altered(edge.size()))?);
                self.compare_kept(&edge)?;
                compare_tiles(store, &mut edge, head).await?;
            }
            (self.watch)(edge.size(), 2 * head.size);
        }
        if edge.root() != head.root {
            return Err(Fault::Root.into());
        }
        nothing_beyond(store, head).await?;
        if let Some(longer) = self.kept.iter().find(|kept| kept.size > head.size) {
            return Err(Fault::Rewritten(longer.size).into());
        }
        ledger.first_unaccounted().map_or(Ok(ledger), |index| Err(Fault::Erased(index).into()))
    }

    /// Checks the event at `index`, and enters erased ones and erasures.
    fn account(&self, row: &EventRow, index: u64, ledger: &mut Ledger) -> Result<(), VerifyError> {
        if number(row.idx) != index {
            return Err(Fault::Missing(index).into());
        }
        if row.is_erased() {
            return Ok(ledger.erased(index)?);
        }
        let entry = sound_entry(row, self.ring).ok_or(Fault::Altered(index))?;
        if entry.action == Action::EventsErased {
            ledger.account(&Runs::named(&entry.asked));
        }
        Ok(())
    }

    /// Compares with the kept heads once the tree has reached their size.
    fn compare_kept(&self, edge: &Edge) -> Result<(), Fault> {
        let other = |kept: &&Checkpoint| kept.size == edge.size() && kept.root != edge.root();
        self.kept.iter().find(other).map_or(Ok(()), |kept| Err(Fault::Rewritten(kept.size)))
    }

    /// Follows every subject's series: numbers without gaps, each naming the leaf before it.
    async fn walk_series(&self, store: &Store, head: &Checkpoint) -> Result<u64, VerifyError> {
        let mut last: Option<EventRow> = None;
        let (mut series, mut walked) = (0, 0);
        // Events without a subject stand first, under the empty key, and have no series.
        let mut after = (Vec::new(), i64::MAX);
        loop {
            let rows = store.after_subject(&after.0, after.1, PAGE).await?;
            let Some(end) = rows.last() else {
                return Ok(series);
            };
            after = (end.subject.clone(), end.idx);
            for row in rows.into_iter().filter(|row| number(row.idx) < head.size) {
                let before = last.as_ref().filter(|before| before.subject == row.subject);
                series += u64::from(before.is_none());
                follows(&row, before, self.ring)?;
                walked += 1;
                last = Some(row);
            }
            (self.watch)(head.size + walked, 2 * head.size);
        }
    }
}

/// The newest cosigned head in `database`, if there is one: the witnesses hold it too.
pub async fn cosigned(
    database: &Database,
    verifier: &NoteVerifier,
) -> Result<Option<Checkpoint>, VerifyError> {
    let row = Store(database.clone()).cosigned().await?;
    let head = row.map(|row| Checkpoint::open(&row.checkpoint, verifier)).transpose();
    Ok(head.map_err(|error| Fault::Head(error.to_string()))?)
}

async fn signed_head(store: &Store, verifier: &NoteVerifier) -> Result<Checkpoint, VerifyError> {
    let row = store.head().await?.ok_or_else(|| Fault::Head("there is none".into()))?;
    let head = Checkpoint::open(&row.checkpoint, verifier);
    let head = head.map_err(|error| Fault::Head(error.to_string()))?;
    if number(row.size) != head.size {
        return Err(Fault::Head("its size is not the signed one".into()).into());
    }
    Ok(head)
}

fn leaf_of(row: &EventRow) -> Option<Hash> {
    row.leaf.as_slice().try_into().map(Hash).ok()
}

/// The entry, if it opens, has the stored leaf, and the row's columns say the same.
fn sound_entry(row: &EventRow, ring: &KeyRing) -> Option<Entry> {
    let bytes = body::open(ring, &row.leaf, &row.body).ok()?;
    let entry = Entry::parse(&bytes).ok()?;
    let series = entry.action.series();
    let subject = entry.subject.as_deref().map(|s| subject_key(ring, s, series).to_vec());
    let references = entry.check_number.as_deref().map(|n| reference_keys(ring, n));
    let sound = record_hash(&bytes).0.as_slice() == row.leaf
        && subject.unwrap_or_default() == row.subject
        && is_one_of(references, row.reference.as_deref())
        && entry.sequence == number(row.sequence);
    sound.then_some(entry)
}

fn is_one_of(references: Option<[[u8; 32]; 2]>, stored: Option<&[u8]>) -> bool {
    match (references, stored) {
        (Some(references), Some(stored)) => references.iter().any(|one| one == stored),
        (None, None) => true,
        _ => false,
    }
}

/// Compares the stored tiles with ours whenever one of leaves is complete, and at the end, so
/// that a fault is found where it is.
async fn compare_tiles(
    store: &Store,
    edge: &mut Edge,
    head: &Checkpoint,
) -> Result<(), VerifyError> {
    let at_end = edge.size() == head.size;
    if !edge.size().is_multiple_of(1 << TILE_HEIGHT) && !at_end {
        return Ok(());
    }
    let complete = HASH_SIZE << TILE_HEIGHT;
    for (id, ours) in edge.open_tiles().filter(|(_, tile)| at_end || tile.len() == complete) {
        let stored = store.tiles([id]).await?.remove(&id).unwrap_or_default();
        if let Some(place) = first_difference(ours, &stored) {
            let place = (id.number << TILE_HEIGHT) + place;
            let fault =
                if id.level == 0 { Fault::Moved(place) } else { Fault::Tile(id.level, place) };
            return Err(fault.into());
        }
    }
    edge.settle();
    Ok(())
}

/// The first of `ours` that is not `stored` at the same place.
fn first_difference(ours: &[u8], stored: &[u8]) -> Option<u64> {
    let mut stored = stored.chunks(HASH_SIZE);
    let place = ours.chunks(HASH_SIZE).position(|hash| stored.next() != Some(hash))?;
    u64::try_from(place).ok()
}

/// An event beyond the head is in order only if a newer head covers it.
async fn nothing_beyond(store: &Store, head: &Checkpoint) -> Result<(), VerifyError> {
    let Some(row) = store.since(head.size, 1).await?.pop() else {
        return Ok(());
    };
    let newest = store.head().await?.map_or(0, |row| number(row.size));
    if number(row.idx) < newest { Ok(()) } else { Err(Fault::Surplus(number(row.idx)).into()) }
}

/// Of an erased event only the number is left; the next one still names its leaf.
fn follows(row: &EventRow, before: Option<&EventRow>, ring: &KeyRing) -> Result<(), Fault> {
    let index = number(row.idx);
    let expected = before.map_or(1, |before| number(before.sequence) + 1);
    if row.is_erased() {
        return if number(row.sequence) == expected { Ok(()) } else { Err(Fault::Gap(index)) };
    }
    let entry = sound_entry(row, ring).ok_or(Fault::Altered(index))?;
    let previous = before.map(|before| data_encoding::HEXLOWER.encode(&before.leaf));
    if entry.sequence == expected && entry.previous == previous {
        Ok(())
    } else {
        Err(Fault::Gap(index))
    }
}
