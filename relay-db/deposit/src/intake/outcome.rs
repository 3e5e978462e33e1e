//! What can go wrong with an intake.

use std::path::{Path, PathBuf};

use crate::deposits::DepositError;
use crate::intake::file::FileError;
use crate::intake::status::State;

/// Why a deposit is not taken, or not on.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The database refuses, or holds what it cannot.
    #[error(transparent)]
    Deposit(#[from] DepositError),
    /// The sorted runs cannot be written or read.
    #[error("deposit.run: {}: {cause}", path.display())]
    Run {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A run is not what was written.
    #[error("deposit.run-broken: {}: put the file again after cancelling", .0.display())]
    RunBroken(PathBuf),
    /// Not an insurer who deposits here.
    #[error("deposit.no-insurer: the insurer {0} does not deposit here")]
    NoSuchInsurer(String),
    /// No deposit has this number.
    #[error("deposit.no-deposit: there is no deposit {0}")]
    NoSuchDeposit(i64),
    /// Another file of the insurer is on its way.
    #[error("deposit.busy: deposit {0} of this insurer is {word}; let it go live or cancel it", word = .1.word())]
    Busy(i64, State),
    /// That cannot be done with a deposit in this state.
    #[error("deposit.state: deposit {0} is {word}", word = .1.word())]
    State(i64, State),
    /// So many cards would go that somebody has to confirm it.
    #[error("deposit.confirm: {ended} of {held} cards would end; is the file whole?")]
    Confirm {
        /// Cards that would end, or be gone.
        ended: i64,
        /// Cards that are there.
        held: i64,
    },
    /// A piece of a file does not follow what is here.
    #[error("deposit.offset: {0} bytes are here")]
    Offset(i64),
    /// A file is larger than is taken.
    #[error("deposit.too-large: a file has {0} bytes at most")]
    TooLarge(i64),
    /// The file is not kept here, or not any more.
    #[error("deposit.file-gone: the file of deposit {0} is not kept")]
    FileGone(i64),
    /// A file that was sent cannot be begun with.
    #[error(transparent)]
    File(#[from] FileError),
    /// The work was stopped from outside.
    #[error("deposit.stopped: the work was stopped")]
    Stopped,
}

impl From<sqlx::Error> for IntakeError {
    fn from(cause: sqlx::Error) -> Self {
        Self::Deposit(cause.into())
    }
}

impl IntakeError {
    pub(super) fn run(path: &Path) -> impl Fn(std::io::Error) -> Self {
        move |cause| Self::Run { path: path.to_owned(), cause }
    }
}

/// Runs what would hold up others on a thread of its own.
pub(super) async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IntakeError> + Send + 'static,
) -> Result<T, IntakeError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| IntakeError::Stopped)?
}
