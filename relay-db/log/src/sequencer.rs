//! The one task that extends the tree: takes waiting events in groups, gives each its index and
//! its place among its subject's events, commits the group with a signed checkpoint, and only
//! then answers.
//!
//! Several servers may extend the same log: a commit goes through only if the tree still has
//! the size it started from; otherwise the task takes up the longer tree and tries again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tlog_tiles::record_hash;
use tokio::sync::{mpsc, oneshot};
use warifu_service::seal::KeyRing;
use warifu_service::storage::{in_time, micros};
use warifu_service::{Entropy, Surroundings};

use crate::checkpoint::Checkpoint;
use crate::error::LogError;
use crate::event::{Entry, Event, Place};
use crate::note::NoteSigner;
use crate::store::{Commit, Erased, EventRow, OnceRow, Store, column, number};
use crate::tree::Edge;

/// So many that wait are company enough: to wait for more would only cost them time.
const COMPANY: usize = 16;
/// Tries to commit before other servers' commits.
const ATTEMPTS: usize = 8;
/// Ends of series kept in memory; the others are read when needed.
const TIPS: usize = 65_536;

/// Events in a group at most; what is appended together may make it a little larger.
const LARGEST_GROUP: usize = 5_000;

/// How events are grouped.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long the first event of a group waits for company.
    pub linger: Duration,
    /// Events in a group: 1 to 5,000.
    pub group: usize,
    /// Events that may wait, at least 1; one more is refused with [`LogError::Busy`].
    pub queue: usize,
}

impl Pace {
    /// Within what the engines take in one statement, and never empty.
    pub(crate) fn bounded(self) -> Self {
        Self { group: self.group.clamp(1, LARGEST_GROUP), queue: self.queue.max(1), ..self }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self { linger: Duration::from_millis(1), group: 500, queue: 4096 }
    }
}

/// Where an event stands. Given out only when it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Position in the log, from 0.
    pub index: u64,
    /// Running number among the subject's events of the series, from 1; 0 without a subject.
    pub subject_sequence: u64,
}

/// An answer to keep under a key of the client's choice, in the same commit as its event.
#[derive(Debug, Clone)]
pub struct Once {
    /// Hash of who asked and the key.
    pub key: [u8; 32],
    /// The answer.
    pub answer: Vec<u8>,
}

/// Events on their way into the log: all of them get there, or none.
pub(crate) struct Job {
    pub leaves: Vec<Leaf>,
    pub at: Timestamp,
    pub once: Option<Once>,
    /// What the events take away from earlier ones, in the same commit.
    pub erased: Option<Erased>,
    pub reply: oneshot::Sender<Result<Vec<Receipt>, LogError>>,
}

/// An event, and under what it is found.
pub(crate) struct Leaf {
    pub event: Event,
    /// Keyed hash of subject and series.
    pub subject: Option<[u8; 32]>,
    /// Keyed hash of the check number.
    pub reference: Option<[u8; 32]>,
}

/// What the task is told.
pub(crate) enum Order {
    Append(Box<Job>),
    /// Take no more, finish, and say when.
    Close(oneshot::Sender<()>),
}

impl Order {
    /// Events that it brings.
    fn weight(&self) -> usize {
        match self {
            Self::Append(job) => job.leaves.len(),
            Self::Close(_) => 0,
        }
    }
}

/// The task's belongings.
pub(crate) struct Sequencer {
    pub store: Store,
    pub ring: Arc<KeyRing>,
    pub signer: Arc<dyn NoteSigner>,
    pub surroundings: Surroundings,
    pub pace: Pace,
    /// None after a commit that failed: what is stored must be read again.
    pub tree: Option<Tree>,
}

/// The tree as last committed, with the ends of the series last extended.
pub(crate) struct Tree {
    edge: Edge,
    tips: HashMap<[u8; 32], Tip>,
}

/// The end of one subject's series.
#[derive(Debug, Clone, Copy)]
struct Tip {
    sequence: u64,
    leaf: [u8; 32],
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
        Ok(Self { edge, tips: HashMap::new() })
    }

    /// Brings into memory the ends of the series that `jobs` extend.
    async fn recall(&mut self, store: &Store, jobs: &[Job]) -> Result<(), LogError> {
        if self.tips.len() > TIPS {
            self.tips.clear();
        }
        let keys = leaves_of(jobs).filter_map(|leaf| leaf.subject);
        let unknown: HashSet<_> = keys.filter(|key| !self.tips.contains_key(key)).collect();
        for row in store.tips(&unknown.into_iter().collect::<Vec<_>>()).await? {
            let wrong = || LogError::altered("a leaf of the wrong length");
            let leaf = row.leaf.try_into().map_err(|_| wrong())?;
            let key = row.subject.try_into().map_err(|_| wrong())?;
            self.tips.insert(key, Tip { sequence: number(row.sequence), leaf });
        }
        Ok(())
    }

    /// Adds one leaf, and gives the row to store.
    fn extend(
        &mut self,
        (one, at): (&Leaf, Timestamp),
        ring: &KeyRing,
        entropy: &dyn Entropy,
    ) -> Result<EventRow, LogError> {
        let tip = one.subject.and_then(|key| self.tips.get(&key).copied());
        let sequence = match one.subject {
            Some(_) => tip.map_or(0, |tip| tip.sequence) + 1,
            None => 0,
        };
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        let place =
            Place { at, sequence, previous: tip.map(|tip| hex(&tip.leaf)), salt: hex(&salt) };
        let bytes = Entry::bytes_of(&one.event, &place).map_err(LogError::altered)?;
        let leaf = record_hash(&bytes);
        let index = self.edge.size();
        self.edge.push(leaf);
        if let Some(key) = one.subject {
            self.tips.insert(key, Tip { sequence, leaf: leaf.0 });
        }
        Ok(EventRow {
            idx: column(index),
            subject: one.subject.map_or_else(Vec::new, |key| key.to_vec()),
            sequence: column(sequence),
            leaf: leaf.0.to_vec(),
            reference: one.reference.map(|key| key.to_vec()),
            body: ring.seal(&body_context(&leaf.0), &bytes, entropy),
        })
    }
}

impl Sequencer {
    /// Works until the log is closed or dropped.
    pub async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut farewells = Vec::new();
        while let Some(first) = orders.recv().await {
            // Whoever is about to append does so before this goes on.
            tokio::task::yield_now().await;
            if first.weight() < self.pace.group && orders.len() < COMPANY {
                tokio::time::sleep(self.pace.linger).await;
            }
            let (mut jobs, mut events) = (Vec::new(), 0);
            let mut next = Some(first);
            while let Some(order) = next {
                match order {
                    Order::Append(job) => {
                        events += job.leaves.len();
                        jobs.push(*job);
                    }
                    Order::Close(farewell) => {
                        orders.close();
                        farewells.push(farewell);
                    }
                }
                let full = events >= self.pace.group;
                next = if full { None } else { orders.try_recv().ok() };
            }
            self.write(jobs).await;
        }
        for farewell in farewells {
            // Whoever asked may have stopped waiting: nothing is left to tell.
            let _ = farewell.send(());
        }
    }

    /// Commits `jobs` and answers each. Of those that bear the same key only the first counts.
    async fn write(&mut self, jobs: Vec<Job>) {
        let (jobs, repeats) = first_of_each_key(jobs);
        let refusal = if jobs.is_empty() { None } else { self.write_firsts(jobs).await };
        for job in repeats {
            answer(job, Err(refusal.clone().unwrap_or(LogError::Repeated)));
        }
    }

    /// If one of `jobs` repeats what is in the log, each is committed by itself, so that only
    /// that one is refused. Gives the error that refused all of them.
    async fn write_firsts(&mut self, jobs: Vec<Job>) -> Option<LogError> {
        match self.commit(&jobs).await {
            Ok(receipts) => {
                let mut receipts = receipts.into_iter();
                for job in jobs {
                    let own = receipts.by_ref().take(job.leaves.len()).collect();
                    answer(job, Ok(own));
                }
                None
            }
            Err(LogError::Repeated) if jobs.len() > 1 => {
                for job in jobs {
                    let alone = self.commit(std::slice::from_ref(&job)).await;
                    answer(job, alone);
                }
                None
            }
            Err(error) => {
                tracing::warn!(%error, events = jobs.len(), "events could not be committed");
                for job in jobs {
                    answer(job, Err(error.clone()));
                }
                Some(error)
            }
        }
    }

    /// One that takes too long is given up, and may still come to be: the tree is then read again,
    /// behind the lock that the commit holds until it is decided.
    async fn commit(&mut self, jobs: &[Job]) -> Result<Vec<Receipt>, LogError> {
        in_time(self.attempt(jobs)).await
    }

    async fn attempt(&mut self, jobs: &[Job]) -> Result<Vec<Receipt>, LogError> {
        for _ in 0..ATTEMPTS {
            let mut tree = match self.tree.take() {
                Some(tree) => tree,
                None => Tree::load(&self.store, self.signer.as_ref()).await?,
            };
            tree.recall(&self.store, jobs).await?;
            if let Some(receipts) = self.try_commit(&mut tree, jobs).await? {
                tree.edge.settle();
                self.tree = Some(tree);
                return Ok(receipts);
            }
        }
        Err(LogError::Contended)
    }

    /// None when another server was faster.
    async fn try_commit(
        &self,
        tree: &mut Tree,
        jobs: &[Job],
    ) -> Result<Option<Vec<Receipt>>, LogError> {
        let from_size = tree.edge.size();
        let entropy = self.surroundings.entropy.as_ref();
        let dated = jobs.iter().flat_map(|job| job.leaves.iter().map(|leaf| (leaf, job.at)));
        let events = dated
            .map(|leaf| tree.extend(leaf, &self.ring, entropy))
            .collect::<Result<Vec<_>, _>>()?;
        let once = jobs.iter().filter_map(|job| self.once(job)).collect();
        let head = Checkpoint::sign(tree.edge.size(), tree.edge.root(), self.signer.as_ref())?;
        let receipts = events.iter().map(receipt).collect();
        let tiles = tree.edge.open_tiles().collect();
        let erased = jobs.iter().filter_map(|job| job.erased.as_ref()).collect();
        let commit = Commit { from_size, head: &head, events, once, erased, tiles };
        Ok(self.store.commit(commit).await?.then_some(receipts))
    }

    fn once(&self, job: &Job) -> Option<OnceRow> {
        let once = job.once.as_ref()?;
        let entropy = self.surroundings.entropy.as_ref();
        let answer = self.ring.seal(&once_context(&once.key), &once.answer, entropy);
        Some(OnceRow { id: once.key.to_vec(), at: micros(job.at), answer })
    }
}

/// Jobs whose key is not borne by one before them, and the others.
fn first_of_each_key(jobs: Vec<Job>) -> (Vec<Job>, Vec<Job>) {
    let mut keys = HashSet::new();
    jobs.into_iter().partition(|job| job.once.as_ref().is_none_or(|once| keys.insert(once.key)))
}

/// The place for which an entry is sealed.
pub(crate) fn body_context(leaf: &[u8]) -> Vec<u8> {
    [b"log_event/", leaf].concat()
}

/// The place for which a kept answer is sealed.
pub(crate) fn once_context(key: &[u8]) -> Vec<u8> {
    [b"log_once/", key].concat()
}

fn receipt(row: &EventRow) -> Receipt {
    Receipt { index: number(row.idx), subject_sequence: number(row.sequence) }
}

fn leaves_of(jobs: &[Job]) -> impl Iterator<Item = &Leaf> {
    jobs.iter().flat_map(|job| job.leaves.iter())
}

fn answer(job: Job, result: Result<Vec<Receipt>, LogError>) {
    // A caller that has gone away does not need its receipt; the event is in the log.
    let _ = job.reply.send(result);
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
