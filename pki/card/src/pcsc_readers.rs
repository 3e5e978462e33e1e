//! The card readers of this machine, through PC/SC (pcscd on Linux).

mod error;
mod session;
mod status;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pcsc::{Context, Scope};

use self::{session::Session, status::Look};
use crate::reader::{ReaderError, ReaderState, Readers, Transaction};

/// How long one wait on PC/SC lasts at most, before the list of readers is read afresh. It bounds
/// how late a change is seen that fell between reading the list and waiting.
const SLICE: Duration = Duration::from_secs(1);

/// How many transactions may be open or on their way at once: each has a thread, and one that
/// waits for a card that another program keeps cannot be called back.
const MAX_SESSIONS: usize = 8;

/// The readers pcscd knows. Holds no connection: each use makes its own, so that a pcscd that was
/// restarted is simply there again, and no two threads wait for each other.
#[derive(Debug, Default)]
pub struct PcscReaders {
    /// Each session has a share, so that the shares count the sessions.
    sessions: Arc<()>,
}

impl PcscReaders {
    /// Touches nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Readers for PcscReaders {
    fn list(&self) -> Result<Vec<ReaderState>, ReaderError> {
        Ok(Look::at(&context()?)?.readers())
    }

    fn wait_for_change(
        &self,
        known: &[ReaderState],
        timeout: Duration,
    ) -> Result<bool, ReaderError> {
        let context = context()?;
        let started = Instant::now();
        loop {
            let look = Look::at(&context)?;
            if look.readers() != known {
                return Ok(true);
            }
            let left = timeout.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Ok(false);
            }
            look.wait(&context, left.min(SLICE))?;
        }
    }

    fn begin(&self, reader: &str) -> Result<Box<dyn Transaction>, ReaderError> {
        if Arc::strong_count(&self.sessions) > MAX_SESSIONS {
            return Err(ReaderError::Busy);
        }
        Ok(Box::new(Session::begin(reader, Arc::clone(&self.sessions))?))
    }
}

fn context() -> Result<Context, ReaderError> {
    Context::establish(Scope::User).map_err(error::translate)
}
