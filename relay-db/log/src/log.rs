//! The log as its owner uses it.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use warifu_service::seal::KeyRing;
use warifu_service::storage::micros;
use warifu_service::{Database, Surroundings};

use crate::action::{Action, Series};
use crate::body;
use crate::checkpoint::Checkpoint;
use crate::erasure::{self, Runs};
use crate::error::{LogError, OpenError};
use crate::event::{Entry, Event};
use crate::growth::Tree;
use crate::note::{NoteSigner, NoteVerifier};
use crate::sequencer::{Job, Leaf, Once, Order, Pace, Receipt, Sequencer, once_context};
use crate::store::{Erased, EventRow, Store, number};
use crate::tree::Edge;

/// Bytes of an event's texts together.
const MAX_EVENT: usize = 8 * 1024;
/// Events appended together.
pub const MOST_TOGETHER: usize = 5_000;
/// Entries given at once.
pub(crate) const MAX_PAGE: u32 = 500;

/// An append-only log of events with a signed Merkle tree over it. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    pub(crate) store: Store,
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) verifier: NoteVerifier,
    surroundings: Surroundings,
    orders: mpsc::Sender<Order>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// An event as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Position in the log, from 0.
    pub index: u64,
    /// Running number among the subject's events of the series, from 1; 0 without a subject.
    pub sequence: u64,
    /// The leaf of the tree.
    pub leaf: [u8; 32],
    /// What was recorded; none once it is erased.
    pub entry: Option<Entry>,
}

/// What is waited for after an order.
type Answer = oneshot::Receiver<Result<Vec<Receipt>, LogError>>;

impl Log {
    /// Brings the schema up to date, checks that the stored tree is the one last signed, and
    /// starts the task that extends it. `ring` seals what events name; `signer` signs the tree
    /// heads, and its name is the log's origin.
    pub async fn open(
        database: Database,
        ring: Arc<KeyRing>,
        signer: Arc<dyn NoteSigner>,
        surroundings: Surroundings,
        pace: Pace,
    ) -> Result<Self, OpenError> {
        database.migrate(crate::MIGRATIONS).await?;
        let store = Store(database);
        let empty = Edge::empty();
        let first = Checkpoint::sign(empty.size(), empty.root(), signer.as_ref());
        store.found(&first.map_err(LogError::from)?).await?;
        let tree = Some(Tree::load(&store, signer.as_ref()).await?);
        let verifier = signer.verifier().clone();
        let pace = pace.bounded();
        let (orders, waiting) = mpsc::channel(pace.queue);
        let sequencer = Sequencer {
            store: store.clone(),
            ring: Arc::clone(&ring),
            signer,
            surroundings: surroundings.clone(),
            pace,
            tree,
        };
        tokio::spawn(sequencer.run(waiting));
        Ok(Self { store, ring, verifier, surroundings, orders })
    }

    /// Records `event`. Returns when it is durable; until then, what it would allow must not
    /// happen.
    pub async fn append(&self, event: Event) -> Result<Receipt, LogError> {
        self.submit(event, None, None).await
    }

    /// As [`append`](Self::append), and keeps `once.answer` under `once.key` in the same commit.
    /// [`LogError::Repeated`] when the key has been used: [`answer`](Self::answer) gives what it
    /// gave then.
    pub async fn append_once(&self, event: Event, once: Once) -> Result<Receipt, LogError> {
        self.submit(event, Some(once), None).await
    }

    /// Records all of `events`, at most [`MOST_TOGETHER`], in one commit, or none of them: as
    /// [`LogError::Repeated`] when the check number of one of them is in the log. Waits for its
    /// turn where [`append`](Self::append) would be refused as one too many.
    pub async fn append_all(&self, events: Vec<Event>) -> Result<Vec<Receipt>, LogError> {
        if events.len() > MOST_TOGETHER {
            return Err(LogError::TooLarge);
        }
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let turn = self.orders.reserve().await.map_err(|_| LogError::Closed)?;
        let (job, receipts) = self.job(events, None, None)?;
        turn.send(Order::Append(Box::new(job)));
        receipts.await.map_err(|_| LogError::Closed)?
    }

    /// The answer kept under `key`.
    pub async fn answer(&self, key: &[u8; 32]) -> Result<Option<Vec<u8>>, LogError> {
        let Some(sealed) = self.store.answer(key).await? else {
            return Ok(None);
        };
        self.ring.open(&once_context(key), &sealed).map(Some).map_err(LogError::altered)
    }

    /// Drops the answers kept before `at`: their keys could be used again. Events stay.
    pub async fn forget_answers(&self, at: jiff::Timestamp) -> Result<u64, LogError> {
        self.store.forget_answers(micros(at)).await
    }

    /// Entries of `subject`'s `series` below index `before` (none: the newest), newest first, at
    /// most `limit` (and at most 500).
    pub async fn history(
        &self,
        subject: &str,
        series: Series,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Logged>, LogError> {
        let key = subject_key(&self.ring, subject, series);
        let before = before.unwrap_or(u64::MAX);
        let rows = self.store.of_subject(&key, before, limit.min(MAX_PAGE)).await?;
        rows.iter().map(|row| self.logged(row)).collect()
    }

    /// The entry of the eligibility check with this 認証番号.
    pub async fn by_check_number(&self, number: &str) -> Result<Option<Logged>, LogError> {
        let row = self.store.by_reference(&reference_keys(&self.ring, number)).await?;
        row.as_ref().map(|row| self.logged(row)).transpose()
    }

    /// Events from index `from` on, in order, at most `limit` (and at most 500).
    pub async fn since(&self, from: u64, limit: u32) -> Result<Vec<Logged>, LogError> {
        let rows = self.store.since(from, limit.min(MAX_PAGE)).await?;
        rows.iter().map(|row| self.logged(row)).collect()
    }

    /// The event at `index`.
    pub async fn at(&self, index: u64) -> Result<Option<Logged>, LogError> {
        self.store.at(index).await?.as_ref().map(|row| self.logged(row)).transpose()
    }

    /// The events at `indices`, at most 500, in order; left out where there is none.
    pub async fn all_at(&self, indices: &[u64]) -> Result<Vec<Logged>, LogError> {
        let most = usize::try_from(MAX_PAGE).unwrap_or(usize::MAX);
        let mut rows = self.store.all_at(indices.get(..most).unwrap_or(indices)).await?;
        rows.sort_unstable_by_key(|row| row.idx);
        rows.iter().map(|row| self.logged(row)).collect()
    }

    /// Erases the payloads of the events at `indices`, at most 400, on this `ground` (`retention`,
    /// or a reference to who ordered it), as `by`. The erasure is an event itself, and is durable
    /// together with it. An erasure cannot be erased.
    pub async fn erase(
        &self,
        indices: Vec<u64>,
        by: &str,
        ground: &str,
    ) -> Result<Receipt, LogError> {
        if indices.is_empty() || indices.len() > erasure::MOST {
            return Err(LogError::TooLarge);
        }
        for index in indices.iter().copied() {
            let row = self.store.at(index).await?.ok_or(LogError::NoSuchEvent)?;
            let entry = self.logged(&row)?.entry;
            if entry.is_none_or(|entry| entry.action == Action::EventsErased) {
                return Err(LogError::NotErasable(index));
            }
        }
        let erased = Erased { runs: Runs::of(indices), looked_through: None };
        self.submit_erasure(erased, None, by, ground).await
    }

    /// `once`: of two that bear the same key only the first is taken, the other is `Repeated`.
    pub(crate) async fn submit_erasure(
        &self,
        erased: Erased,
        once: Option<Once>,
        by: &str,
        ground: &str,
    ) -> Result<Receipt, LogError> {
        let event = erasure::event(&erased.runs, by, ground);
        self.submit(event, once, Some(erased)).await
    }

    /// What verifies the heads: to be given to whoever shall check the log.
    pub fn verifier(&self) -> &NoteVerifier {
        &self.verifier
    }

    /// Takes no more events, and returns when the waiting ones are committed.
    pub async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.orders.send(Order::Close(closed)).await.is_ok() {
            // The task answers or has ended; either way nothing is left to write.
            let _ = done.await;
        }
    }

    /// The database under the log.
    pub fn database(&self) -> &Database {
        &self.store.0
    }

    async fn submit(
        &self,
        event: Event,
        once: Option<Once>,
        erased: Option<Erased>,
    ) -> Result<Receipt, LogError> {
        let (job, receipts) = self.job(vec![event], once, erased)?;
        self.orders.try_send(Order::Append(Box::new(job))).map_err(|refusal| match refusal {
            mpsc::error::TrySendError::Full(_) => LogError::Busy,
            mpsc::error::TrySendError::Closed(_) => LogError::Closed,
        })?;
        let receipts = receipts.await.map_err(|_| LogError::Closed)??;
        receipts.first().copied().ok_or(LogError::NoSuchEvent)
    }

    fn job(
        &self,
        events: Vec<Event>,
        once: Option<Once>,
        erased: Option<Erased>,
    ) -> Result<(Job, Answer), LogError> {
        if events.iter().any(|event| event.weight() > MAX_EVENT) {
            return Err(LogError::TooLarge);
        }
        let leaves = events.into_iter().map(|event| self.leaf(event)).collect();
        let (reply, receipts) = oneshot::channel();
        let at = self.surroundings.now();
        Ok((Job { leaves, at, once, erased, reply }, receipts))
    }

    fn leaf(&self, event: Event) -> Leaf {
        let series = event.action.series();
        let subject = event.subject.as_deref().map(|s| subject_key(&self.ring, s, series));
        let reference = event.check_number.as_deref().map(|n| reference_key(&self.ring, n));
        Leaf { event, subject, reference }
    }

    pub(crate) fn logged(&self, row: &EventRow) -> Result<Logged, LogError> {
        let body = self.body(row)?;
        let entry = body.map(|body| Entry::parse(&body)).transpose().map_err(LogError::altered)?;
        let leaf = row.leaf.as_slice().try_into();
        let leaf = leaf.map_err(|_| LogError::altered("a leaf of the wrong length"))?;
        Ok(Logged { index: number(row.idx), sequence: number(row.sequence), leaf, entry })
    }

    /// The canonical entry; none once it is erased.
    pub(crate) fn body(&self, row: &EventRow) -> Result<Option<Vec<u8>>, LogError> {
        if row.is_erased() {
            return Ok(None);
        }
        body::open(&self.ring, &row.leaf, &row.body).map(Some)
    }
}

/// The keyed hash under which a subject's series is found.
pub(crate) fn subject_key(ring: &KeyRing, subject: &str, series: Series) -> [u8; 32] {
    let context = match series {
        Series::Disclosure => "log_event.subject/disclosure",
        Series::Administration => "log_event.subject/administration",
    };
    ring.lookup(context, subject.as_bytes())
}

/// The key under which the batch of `action`'s events from index `from` on is erased once, however
/// many servers look through the log.
pub(crate) fn batch_key(ring: &KeyRing, action: Action, from: u64) -> [u8; 32] {
    ring.lookup("log_once.retention", format!("{}\n{from}", action.name()).as_bytes())
}

/// Characters by which check numbers are put side by side: a tenth of a second of 認証番号.
const TOGETHER: usize = 10;
/// As many as they were by earlier: ten seconds.
const TOGETHER_BEFORE: usize = 8;
/// Bytes of a reference that those side by side share.
const SHARED: usize = 8;

/// Keyed hash of a check number, by which its event is found. Numbers that begin alike lie side by
/// side in the index, so that those of one commit touch few of its pages.
pub(crate) fn reference_key(ring: &KeyRing, check_number: &str) -> [u8; 32] {
    reference_beside(ring, check_number, TOGETHER)
}

/// That keyed hash, and the one by which an earlier event may be found.
pub(crate) fn reference_keys(ring: &KeyRing, check_number: &str) -> [[u8; 32]; 2] {
    [TOGETHER, TOGETHER_BEFORE].map(|characters| reference_beside(ring, check_number, characters))
}

fn reference_beside(ring: &KeyRing, check_number: &str, characters: usize) -> [u8; 32] {
    let beginning = check_number.get(..characters).unwrap_or(check_number);
    let together = ring.lookup("log_event.reference.together", beginning.as_bytes());
    let mut key = ring.lookup("log_event.reference", check_number.as_bytes());
    for (byte, shared) in key.iter_mut().zip(together).take(SHARED) {
        *byte = shared;
    }
    key
}
