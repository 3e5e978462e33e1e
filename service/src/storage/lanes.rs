//! Many small writes of different requests share one transaction and one commit.
//!
//! A durable commit costs what the disk costs, however little it writes. So a request begins no
//! transaction of its own: it queues its write at the [`Entrance`] for writes of that kind, and
//! waits. A lane takes whatever waits, does it in one transaction, commits, and only then answers.
//! Nobody waits for company: what comes while one commit is on its way makes up the next one.
//!
//! SQLite has one writer, and so one lane. PostgreSQL has several, chosen by the write's subject, so
//! that writes about the same subject follow one another.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::lane::{Kind, Lane, Pending};
use super::{Database, PATIENCE, Transaction};

/// Writes of one kind, which can be done for several requests at once.
pub trait Write: Send + Sync + Sized + 'static {
    /// What whoever asked is told. A refusal is an answer too.
    type Answer: Send + 'static;
    /// Why nothing was written.
    type Error: From<sqlx::Error> + From<Undone> + Send + 'static;

    /// Whom it is about: writes about the same subject go through the same lane.
    fn subject(&self) -> &[u8];

    /// Does all of them in `tx`, and gives their answers in the same order.
    ///
    /// Where it fails for several, all that it did is rolled back, and it is asked again for each of
    /// them alone: so one that fails leaves the others whole, and nothing but `tx` may be changed.
    fn write(
        these: &[Self],
        tx: &mut Transaction,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, Self::Error>> + Send;
}

/// Why a write was not done, or not for certain, without a fault of its own.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Undone {
    /// Too many wait already.
    #[error("storage.busy: too many writes wait")]
    Busy,
    /// The transaction that it was part of could not be begun or committed.
    #[error("storage.commit: {0}")]
    Commit(Arc<sqlx::Error>),
    /// The code that writes panicked, or gave fewer answers than it was asked for.
    #[error("storage.broken: the write broke off")]
    Broken,
    /// Nobody writes any more.
    #[error("storage.closed: nobody writes any more")]
    Closed,
}

/// How writes are grouped.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Transactions side by side, at least 1. More than 1 would only wait for each other on SQLite.
    pub lanes: usize,
    /// Writes of one kind in a transaction, at least 1.
    pub group: usize,
    /// Writes of one kind that may wait for a lane, at least 1.
    pub queue: usize,
}

impl Pace {
    /// What suits that engine. PostgreSQL keeps half of its connections for everything else.
    pub fn of(database: &Database) -> Self {
        let lanes = match database {
            Database::Sqlite { .. } => 1,
            Database::Postgres(pool) => pool.options().get_max_connections() as usize / 2,
        };
        Self { lanes, group: 64, queue: 1024 }
    }
}

/// Lanes in the making: every kind of write gets its entrance, then they start.
pub struct Lanes {
    database: Database,
    pace: Pace,
    unstarted: Vec<Unstarted>,
}

struct Unstarted {
    kinds: Vec<Box<dyn Kind>>,
    ring: mpsc::Sender<()>,
    bell: mpsc::Receiver<()>,
}

impl Lanes {
    /// No lane writes yet.
    pub fn new(database: &Database, pace: Pace) -> Self {
        let one = |_| {
            let (ring, bell) = mpsc::channel(1);
            Unstarted { kinds: Vec::new(), ring, bell }
        };
        let unstarted = (0..pace.lanes.max(1)).map(one).collect();
        Self { database: database.clone(), pace, unstarted }
    }

    /// Where writes of that kind enter.
    pub fn entrance<W: Write>(&mut self) -> Entrance<W> {
        let queue = self.pace.queue.max(1);
        let door = |lane: &mut Unstarted| {
            let (send, waiting) = mpsc::channel(queue);
            lane.kinds.push(Box::new(Pending::<W>::new(waiting)));
            Door { queue: send, ring: lane.ring.clone() }
        };
        Entrance { doors: self.unstarted.iter_mut().map(door).collect() }
    }

    /// Writes from now on, until every entrance is gone and nothing waits.
    pub fn start(self) {
        for Unstarted { kinds, bell, .. } in self.unstarted {
            let (database, group) = (self.database.clone(), self.pace.group.max(1));
            tokio::spawn(Lane { database, kinds, bell, group }.run());
        }
    }
}

/// Where writes of one kind enter the lanes; cheap to clone.
pub struct Entrance<W: Write> {
    doors: Arc<[Door<W>]>,
}

/// The way into one lane.
struct Door<W: Write> {
    queue: mpsc::Sender<Waiting<W>>,
    /// Holds one ring at most: a lane that has been called looks at everything that waits.
    ring: mpsc::Sender<()>,
}

/// A write, and who waits for it.
pub(super) struct Waiting<W: Write> {
    pub(super) write: W,
    pub(super) reply: Reply<W>,
}

pub(super) type Reply<W> = oneshot::Sender<Outcome<W>>;
pub(super) type Outcome<W> = Result<<W as Write>::Answer, <W as Write>::Error>;

impl<W: Write> Clone for Entrance<W> {
    fn clone(&self) -> Self {
        Self { doors: self.doors.clone() }
    }
}

impl<W: Write> Entrance<W> {
    /// Writes, and gives the answer once it is durable. Whoever stops waiting before the lane has
    /// taken the write up has asked for nothing; after that it is written all the same.
    pub async fn write(&self, write: W) -> Outcome<W> {
        let door = self.door(write.subject()).ok_or(Undone::Closed)?;
        let (reply, answer) = oneshot::channel();
        let queued = door.queue.send(Waiting { write, reply });
        let queued = tokio::time::timeout(PATIENCE, queued).await.map_err(|_| Undone::Busy)?;
        queued.map_err(|_| Undone::Closed)?;
        // When it rings already, the lane will see this write too.
        let _ = door.ring.try_send(());
        answer.await.unwrap_or_else(|_| Err(Undone::Closed.into()))
    }

    fn door(&self, subject: &[u8]) -> Option<&Door<W>> {
        let mut hasher = DefaultHasher::new();
        subject.hash(&mut hasher);
        let lanes = u64::try_from(self.doors.len()).unwrap_or(u64::MAX);
        let lane = hasher.finish().checked_rem(lanes)?;
        self.doors.get(usize::try_from(lane).ok()?)
    }
}

#[cfg(test)]
mod tests;
