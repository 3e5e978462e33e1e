//! The readers as the agent's tasks see them: blocking card work is done on threads made for it.

use std::sync::Arc;
use std::time::Duration;

use warifu_card::CardError;
use warifu_card::{ReaderError, ReaderState, Readers, Transaction};

/// How long one blocking wait lasts at most; a task that is dropped leaves its thread that long.
const WAIT: Duration = Duration::from_millis(500);

/// One card in one reader, from going in to coming out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) reader: String,
    event: u64,
}

impl Place {
    /// Where the card of this reader is, if there is one.
    pub(crate) fn of(state: &ReaderState) -> Option<Self> {
        state.card_present.then(|| Self { reader: state.name.clone(), event: state.event })
    }

    /// Whether the card is still where it was, and has been all the time.
    pub(crate) fn is_in(&self, states: &[ReaderState]) -> bool {
        states.iter().any(|state| Self::of(state).as_ref() == Some(self))
    }
}

/// The readers of this computer.
#[derive(Clone)]
pub(crate) struct Desk {
    readers: Arc<dyn Readers>,
}

impl Desk {
    pub(crate) fn new(readers: Arc<dyn Readers>) -> Self {
        Self { readers }
    }

    /// The readers now. A smart-card service that does not run has none.
    pub(crate) async fn look(&self) -> Vec<ReaderState> {
        let readers = Arc::clone(&self.readers);
        blocking(move || states(readers.as_ref())).await.unwrap_or_default()
    }

    /// Waits until the readers differ from `known`, and says how they are then.
    pub(crate) async fn change(&self, known: &[ReaderState]) -> Vec<ReaderState> {
        loop {
            let now = self.wait(known.to_vec()).await;
            if now != known {
                return now;
            }
        }
    }

    /// Waits until this card is no longer where it was.
    pub(crate) async fn gone(&self, place: &Place) {
        let mut states = self.look().await;
        while place.is_in(&states) {
            states = self.change(&states).await;
        }
    }

    /// Does `work` in one transaction with the card in `reader`, on a thread of its own. `hold` is
    /// kept until the card is free again, even if the task that waits for the result is dropped.
    pub(crate) async fn transact<T: Send + 'static, E: From<CardError> + Send + 'static>(
        &self,
        reader: &str,
        hold: impl Send + 'static,
        work: impl FnOnce(&mut dyn Transaction) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let readers = Arc::clone(&self.readers);
        let reader = reader.to_owned();
        let done = blocking(move || {
            let result = readers
                .begin(&reader)
                .map_err(|error| E::from(error.into()))
                .and_then(|mut transaction| work(transaction.as_mut()));
            drop(hold);
            result
        });
        let stopped = || Err(E::from(ReaderError::Failed("stopped".into()).into()));
        done.await.unwrap_or_else(stopped)
    }

    async fn wait(&self, known: Vec<ReaderState>) -> Vec<ReaderState> {
        let readers = Arc::clone(&self.readers);
        let waited = blocking(move || {
            let result = readers.wait_for_change(&known, WAIT);
            if let Err(error) = &result {
                tracing::debug!(code = error.code(), "no readers");
            }
            (result.is_err(), states(readers.as_ref()))
        });
        let (failed, now) = waited.await.unwrap_or((true, Vec::new()));
        if failed {
            // Without the service there is nothing to wait on; look again a little later.
            tokio::time::sleep(WAIT).await;
        }
        now
    }
}

fn states(readers: &dyn Readers) -> Vec<ReaderState> {
    readers.list().unwrap_or_default()
}

/// Runs blocking work on a thread of its own; `None` only when the program is ending.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}
