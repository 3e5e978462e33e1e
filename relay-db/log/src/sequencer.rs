//! The one task that extends the tree: takes waiting events in groups, gives each its index and
//! its place among its subject's events, commits the group with a signed checkpoint, and only
//! then answers.
//!
//! While a group is being written, a full one behind it is made ready. If the first is not written,
//! the second has the wrong places: it is made ready again.
//!
//! Several servers may extend the same log: a commit goes through only if the tree still has
//! the size it started from; otherwise the task takes up the longer tree and tries again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use warifu_service::Surroundings;
use warifu_service::seal::KeyRing;
use warifu_service::storage::in_time;

use crate::error::LogError;
use crate::event::Event;
use crate::growth::{Ready, Tools, Tree};
use crate::line::Line;
use crate::note::NoteSigner;
use crate::store::{Erased, Store};

/// Tries to commit before other servers' commits.
const ATTEMPTS: usize = 8;

/// Events in a group at most; what is appended together may make it a little larger.
const LARGEST_GROUP: usize = 5_000;

/// How events are grouped.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long the first event of a group waits for company, when another group left just before.
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

/// What is written in one commit.
struct Group {
    firsts: Vec<Job>,
    /// Jobs that bear the key of one before them.
    repeats: Vec<Job>,
}

/// A group that is being written.
struct Flight {
    group: Group,
    receipts: Vec<Receipt>,
    landing: JoinHandle<Result<bool, LogError>>,
}

impl Flight {
    /// Whether it was written; not when another server was faster. To be asked once.
    async fn landed(&mut self) -> Result<bool, LogError> {
        let crashed = |_| Err(sqlx::Error::WorkerCrashed.into());
        (&mut self.landing).await.unwrap_or_else(crashed)
    }
}

impl Sequencer {
    /// Works until the log is closed or dropped.
    pub async fn run(mut self, orders: mpsc::Receiver<Order>) {
        let mut line = Line::new(orders, self.pace);
        while let Some(jobs) = line.group().await {
            let mut flight = self.set_off(Group::of(jobs), None).await;
            while let Some(mut ahead) = flight.take() {
                tokio::select! {
                    biased;
                    landed = ahead.landed() => {
                        self.land(ahead, landed).await;
                    }
                    jobs = line.full_group() => {
                        flight = self.set_off(Group::of(jobs), Some(ahead)).await;
                    }
                }
            }
        }
        line.bid_farewell();
    }

    /// Makes `group` ready, while the one `ahead` is being written, and sends it off after that.
    async fn set_off(&mut self, group: Group, ahead: Option<Flight>) -> Option<Flight> {
        let mut ready = in_time(self.ready(&group.firsts)).await;
        if let Some(mut ahead) = ahead {
            let landed = ahead.landed().await;
            if !self.land(ahead, landed).await {
                ready = in_time(self.ready(&group.firsts)).await;
            }
        }
        match ready {
            Ok(Ready { commit, receipts }) => {
                let store = self.store.clone();
                let landing = tokio::spawn(async move { in_time(store.commit(&commit)).await });
                Some(Flight { group, receipts, landing })
            }
            Err(error) => {
                group.refuse(&error);
                None
            }
        }
    }

    /// Answers the jobs of a group. Whether it was written as it was made ready; if not, the tree is
    /// not the one that others were made ready on.
    async fn land(&mut self, flight: Flight, landed: Result<bool, LogError>) -> bool {
        let Flight { group, receipts, .. } = flight;
        if matches!(landed, Ok(true)) {
            group.acknowledge(receipts);
            return true;
        }
        self.tree = None;
        match landed {
            Err(LogError::Repeated) if group.firsts.len() > 1 => self.write_each(group).await,
            Err(error) => group.refuse(&error),
            Ok(_) => match self.write(&group.firsts).await {
                Ok(receipts) => group.acknowledge(receipts),
                Err(LogError::Repeated) if group.firsts.len() > 1 => self.write_each(group).await,
                Err(error) => group.refuse(&error),
            },
        }
        false
    }

    /// One of `group` repeats what is in the log: each is committed by itself, so that only that one
    /// is refused.
    async fn write_each(&mut self, group: Group) {
        for job in group.firsts {
            let alone = self.write(std::slice::from_ref(&job)).await;
            answer(job, alone);
        }
        for job in group.repeats {
            answer(job, Err(LogError::Repeated));
        }
    }

    /// Commits `jobs` and waits for it. If that takes too long it is given up, and may still come to
    /// be: the tree is then read again, behind the lock that the commit holds until it is decided.
    async fn write(&mut self, jobs: &[Job]) -> Result<Vec<Receipt>, LogError> {
        let written = in_time(self.attempt(jobs)).await;
        if written.is_err() {
            self.tree = None;
        }
        written
    }

    async fn attempt(&mut self, jobs: &[Job]) -> Result<Vec<Receipt>, LogError> {
        for _ in 0..ATTEMPTS {
            let Ready { commit, receipts } = self.ready(jobs).await?;
            if self.store.commit(&commit).await? {
                return Ok(receipts);
            }
            self.tree = None;
        }
        Err(LogError::Contended)
    }

    /// Gives `jobs` their places. If that fails, the tree is read again the next time.
    async fn ready(&mut self, jobs: &[Job]) -> Result<Ready, LogError> {
        let mut tree = match self.tree.take() {
            Some(tree) => tree,
            None => Tree::load(&self.store, self.signer.as_ref()).await?,
        };
        let (store, ring, signer) = (&self.store, &*self.ring, self.signer.as_ref());
        let entropy = self.surroundings.entropy.as_ref();
        let ready = tree.extend(Tools { store, ring, signer, entropy }, jobs).await?;
        self.tree = Some(tree);
        Ok(ready)
    }
}

impl Group {
    fn of(jobs: Vec<Job>) -> Self {
        let mut keys = HashSet::new();
        let is_first = |job: &Job| job.once.as_ref().is_none_or(|once| keys.insert(once.key));
        let (firsts, repeats) = jobs.into_iter().partition(is_first);
        Self { firsts, repeats }
    }

    /// All is durable: each job gets its own of `receipts`.
    fn acknowledge(self, receipts: Vec<Receipt>) {
        let mut receipts = receipts.into_iter();
        for job in self.firsts {
            let own = receipts.by_ref().take(job.leaves.len()).collect();
            answer(job, Ok(own));
        }
        for job in self.repeats {
            answer(job, Err(LogError::Repeated));
        }
    }

    fn refuse(self, error: &LogError) {
        tracing::warn!(%error, jobs = self.firsts.len(), "events could not be committed");
        for job in self.firsts.into_iter().chain(self.repeats) {
            answer(job, Err(error.clone()));
        }
    }
}

/// The place for which a kept answer is sealed.
pub(crate) fn once_context(key: &[u8]) -> Vec<u8> {
    [b"log_once/", key].concat()
}

fn answer(job: Job, result: Result<Vec<Receipt>, LogError>) {
    // A caller that has gone away does not need its receipt; the event is in the log.
    let _ = job.reply.send(result);
}
