//! A large log made at once, to measure how fast one person's history is read out of it.
//!
//! The events of others are as after their time: leaf, number and place, but no payload. No
//! erasure accounts for them, so no auditor would find such a log in order.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use tlog_tiles::record_hash;
use warifu_service::seal::KeyRing;
use warifu_service::{Database, Entropy, Surroundings};

use crate::action::Series;
use crate::body;
use crate::bulk;
use crate::checkpoint::Checkpoint;
use crate::error::{LogError, OpenError};
use crate::event::{Entry, Event, Place};
use crate::log::subject_key;
use crate::note::NoteSigner;
use crate::store::{Commit, EventRow, Store, column};
use crate::tree::Edge;

/// Rows written at once.
const GROUP: u64 = 5_000;
/// Events of each of the others.
const OF_EACH: u64 = 100;

/// How large, and whose history.
#[derive(Debug, Clone)]
pub struct Filling {
    /// Events in the log.
    pub events: u64,
    /// Of these, events of the person whose history is read, spread evenly.
    pub of_one: u64,
    /// What each event of that person says; its subject is the person.
    pub event: Event,
}

/// Fills a new log in `database`. `watch` is told how many events are there.
pub async fn fill(
    database: &Database,
    ring: &KeyRing,
    signer: &dyn NoteSigner,
    surroundings: &Surroundings,
    filling: &Filling,
    watch: impl Fn(u64),
) -> Result<(), OpenError> {
    database.migrate(crate::MIGRATIONS).await?;
    let store = Store(database.clone());
    let empty = Edge::empty();
    let head = Checkpoint::sign(empty.size(), empty.root(), signer).map_err(LogError::from)?;
    store.found(&head).await?;
    // Keys in no order make an index slow to grow, and fast to make at the end.
    bulk::drop_subject_index(database).await.map_err(LogError::from)?;
    let mut filler = Filler { edge: empty, of_one: 0, last: None, filling, ring, surroundings };
    while filler.edge.size() < filling.events {
        let from_size = filler.edge.size();
        let events = filler.group()?;
        let head = Checkpoint::sign(filler.edge.size(), filler.edge.root(), signer);
        let head = head.map_err(LogError::from)?;
        let tiles = filler.edge.open_tiles().map(|(id, tile)| (id, tile.to_vec())).collect();
        let (once, erased) = (Vec::new(), Vec::new());
        store.commit(&Commit { from_size, head, events, once, erased, tiles }).await?;
        filler.edge.settle();
        watch(filler.edge.size());
    }
    Ok(bulk::make_subject_index(database).await.map_err(LogError::from)?)
}

struct Filler<'a> {
    edge: Edge,
    of_one: u64,
    /// The leaf of the person's last event, in hex.
    last: Option<String>,
    filling: &'a Filling,
    ring: &'a KeyRing,
    surroundings: &'a Surroundings,
}

impl Filler<'_> {
    fn group(&mut self) -> Result<Vec<EventRow>, LogError> {
        let every = (self.filling.events / self.filling.of_one.max(1)).max(1);
        let end = (self.edge.size() + GROUP).min(self.filling.events);
        let mut rows = Vec::new();
        while self.edge.size() < end {
            let own = self.edge.size().is_multiple_of(every) && self.of_one < self.filling.of_one;
            rows.push(if own { self.own()? } else { self.other() });
        }
        Ok(rows)
    }

    /// The person's next event.
    fn own(&mut self) -> Result<EventRow, LogError> {
        let (entropy, event) = (self.surroundings.entropy.as_ref(), self.filling.event.clone());
        let subject = event.subject.clone().unwrap_or_default();
        let key = subject_key(self.ring, &subject, event.action.series());
        self.of_one += 1;
        let place = place(self.surroundings.now(), self.of_one, self.last.take(), entropy);
        let bytes = Entry::new(event, place).canonical().map_err(LogError::altered)?;
        let leaf = record_hash(&bytes);
        self.last = Some(HEXLOWER.encode(&leaf.0));
        let body = body::seal(self.ring, &leaf.0, &bytes, entropy);
        let idx = column(self.edge.size());
        self.edge.push(leaf);
        let (leaf, sequence) = (leaf.0.to_vec(), column(self.of_one));
        Ok(EventRow { idx, subject: key.to_vec(), sequence, leaf, reference: None, body })
    }

    /// Somebody else's event, without its words.
    fn other(&mut self) -> EventRow {
        let index = self.edge.size();
        let others = (self.filling.events / OF_EACH).max(1);
        let name = format!("other {}", index % others);
        let leaf = record_hash(&index.to_be_bytes());
        self.edge.push(leaf);
        EventRow {
            idx: column(index),
            subject: subject_key(self.ring, &name, Series::Disclosure).to_vec(),
            sequence: column(index / others + 1),
            leaf: leaf.0.to_vec(),
            reference: None,
            body: Vec::new(),
        }
    }
}

fn place(at: Timestamp, sequence: u64, previous: Option<String>, entropy: &dyn Entropy) -> Place {
    let mut salt = [0; 16];
    entropy.fill(&mut salt);
    Place { at, sequence, previous, salt: HEXLOWER.encode(&salt) }
}
