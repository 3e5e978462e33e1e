//! One lane: takes what waits, writes it in one transaction, commits, answers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt as _;
use tokio::sync::mpsc;

use super::lanes::{Outcome, Reply, Undone, Waiting, Write};
use super::server::in_time;
use super::{Database, Transaction};

/// The task of one lane.
pub(super) struct Lane {
    pub(super) database: Database,
    pub(super) kinds: Vec<Box<dyn Kind>>,
    /// Rings when something waits; closed when nothing can come any more.
    pub(super) bell: mpsc::Receiver<()>,
    /// Writes of one kind in a transaction.
    pub(super) group: usize,
}

/// How the writes of a round are done.
#[derive(Clone, Copy)]
enum Way {
    /// All of a kind at once, as nearly always.
    Together,
    /// Each so that its failure is its own.
    Apart,
}

impl Lane {
    /// Works until every entrance is gone and nothing waits.
    pub(super) async fn run(mut self) {
        while self.bell.recv().await.is_some() {
            // Whoever is about to queue a write does so before this goes on: company for nothing.
            tokio::task::yield_now().await;
            while self.round().await {
                tokio::task::yield_now().await;
            }
        }
        while self.round().await {}
    }

    /// Takes up what waits, of each kind its share, so that none keeps the others out. Whether there
    /// was anything.
    async fn round(&mut self) -> bool {
        let group = self.group;
        let taken: usize = self.kinds.iter_mut().map(|kind| kind.take(group)).sum();
        if taken == 0 {
            return false;
        }
        let committed = match in_time(self.commit(Way::Together)).await {
            Ok(false) => in_time(self.commit(Way::Apart)).await,
            done => done,
        };
        let cause = match committed {
            Ok(true) => None,
            Ok(false) => Some(Undone::Broken),
            Err(cause) => Some(Undone::Commit(Arc::new(cause))),
        };
        if let Some(cause) = &cause {
            tracing::warn!(%cause, writes = taken, "writes could not be committed");
        }
        for kind in &mut self.kinds {
            kind.answer(cause.as_ref());
        }
        true
    }

    /// `false`, and nothing written, when one of the writes failed.
    async fn commit(&mut self, way: Way) -> Result<bool, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        for kind in &mut self.kinds {
            let done = match way {
                Way::Together => kind.write(&mut tx).await,
                Way::Apart => kind.write_apart(&mut tx).await?,
            };
            if !done {
                tx.rollback().await?;
                return Ok(false);
            }
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// The writes of one kind in a lane, those that wait and those that are being done.
#[async_trait]
pub(super) trait Kind: Send {
    /// Takes up at most so many that are still waited for. How many.
    fn take(&mut self, most: usize) -> usize;

    /// Does all of them at once. Whether that went well.
    async fn write(&mut self, tx: &mut Transaction) -> bool;

    /// Does one after the other, and undoes each that fails. An error is the transaction's own.
    async fn write_apart(&mut self, tx: &mut Transaction) -> Result<bool, sqlx::Error>;

    /// Tells each what came of it, or all of them why nothing did.
    fn answer(&mut self, undone: Option<&Undone>);
}

/// See [`Kind`].
pub(super) struct Pending<W: Write> {
    queue: mpsc::Receiver<Waiting<W>>,
    writes: Vec<W>,
    replies: Vec<Reply<W>>,
    outcomes: Vec<Outcome<W>>,
}

impl<W: Write> Pending<W> {
    pub(super) fn new(queue: mpsc::Receiver<Waiting<W>>) -> Self {
        Self { queue, writes: Vec::new(), replies: Vec::new(), outcomes: Vec::new() }
    }
}

#[async_trait]
impl<W: Write> Kind for Pending<W> {
    fn take(&mut self, most: usize) -> usize {
        while self.writes.len() < most
            && let Ok(waiting) = self.queue.try_recv()
        {
            if !waiting.reply.is_closed() {
                self.writes.push(waiting.write);
                self.replies.push(waiting.reply);
            }
        }
        self.writes.len()
    }

    async fn write(&mut self, tx: &mut Transaction) -> bool {
        if self.writes.is_empty() {
            return true;
        }
        let Ok(answers) = attempt(&self.writes, tx).await else { return false };
        self.outcomes = answers.into_iter().map(Ok).collect();
        true
    }

    async fn write_apart(&mut self, tx: &mut Transaction) -> Result<bool, sqlx::Error> {
        self.outcomes.clear();
        for write in &self.writes {
            crate::execute!(tx.on(), "SAVEPOINT one_write")?;
            let outcome = attempt(std::slice::from_ref(write), tx).await;
            if outcome.is_err() {
                crate::execute!(tx.on(), "ROLLBACK TO SAVEPOINT one_write")?;
            }
            crate::execute!(tx.on(), "RELEASE SAVEPOINT one_write")?;
            let one = |mut answers: Vec<_>| answers.pop().ok_or_else(|| Undone::Broken.into());
            self.outcomes.push(outcome.and_then(one));
        }
        Ok(true)
    }

    fn answer(&mut self, undone: Option<&Undone>) {
        let outcomes = self.outcomes.drain(..).map(Some).chain(std::iter::repeat_with(|| None));
        for (reply, outcome) in self.replies.drain(..).zip(outcomes) {
            let outcome = match (undone, outcome) {
                (None, Some(outcome)) => outcome,
                (Some(cause), _) => Err(cause.clone().into()),
                (None, None) => Err(Undone::Broken.into()),
            };
            // Whoever has stopped waiting does not need the answer.
            let _ = reply.send(outcome);
        }
        self.writes.clear();
    }
}

/// Writes, and has as many answers as writes. A panic is an error like others.
async fn attempt<W: Write>(writes: &[W], tx: &mut Transaction) -> Result<Vec<W::Answer>, W::Error> {
    let written = AssertUnwindSafe(W::write(writes, tx)).catch_unwind().await;
    let answers = written.map_err(|_| Undone::Broken)??;
    if answers.len() == writes.len() { Ok(answers) } else { Err(Undone::Broken.into()) }
}
