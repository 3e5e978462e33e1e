//! Why the log cannot do what it is asked.

use std::sync::Arc;

use warifu_service::storage::StorageError;

use crate::note::NoteError;
use crate::tree::TileMissing;

/// Why an event is not in the log, or cannot be read from it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// The queue is full: the caller must slow down. Nothing was written.
    #[error("log.busy: too many events are waiting")]
    Busy,
    /// The log is closed. Nothing was written.
    #[error("log.closed: the log is closed")]
    Closed,
    /// The event's texts are too long together. Nothing was written.
    #[error("log.too-large: the event is too large")]
    TooLarge,
    /// The key, or the check number, is in the log already. Nothing was written.
    #[error("log.repeated: this has been written before")]
    Repeated,
    /// Other servers kept extending the same log. Nothing was written.
    #[error("log.contended: other servers were faster each time")]
    Contended,
    /// The disk under the log is full. Nothing was written, and nothing may be disclosed until there
    /// is room again.
    #[error("log.full: the disk under the log is full")]
    Full,
    /// The commit failed, or nobody knows whether it did: the event may be in the log, but what
    /// it would have allowed must not happen.
    #[error("log.storage: {0}")]
    Storage(#[from] Arc<sqlx::Error>),
    /// What is stored does not fit what was signed.
    #[error("log.altered: {0}")]
    Altered(String),
    /// The checkpoint could not be signed.
    #[error("log.signer: {0}")]
    Signer(String),
    /// The event's payload was erased; its leaf is still there.
    #[error("log.erased: the event was erased")]
    Erased,
    /// What shall be erased is not there, is erased already, or must stay.
    #[error("log.not-erasable: event {0} cannot be erased")]
    NotErasable(u64),
    /// No event has this index.
    #[error("log.no-such-event: the log has no event with this index")]
    NoSuchEvent,
}

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What is stored cannot be taken up.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl LogError {
    /// Whether the same call may do better a little later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Contended | Self::Full | Self::Storage(_))
    }

    pub(crate) fn altered(what: impl std::fmt::Display) -> Self {
        Self::Altered(what.to_string())
    }
}

impl From<sqlx::Error> for LogError {
    fn from(cause: sqlx::Error) -> Self {
        if warifu_service::storage::is_duplicate(&cause) {
            return Self::Repeated;
        }
        if warifu_service::storage::is_full(&cause) {
            return Self::Full;
        }
        Self::Storage(Arc::new(cause))
    }
}

impl From<TileMissing> for LogError {
    fn from(cause: TileMissing) -> Self {
        Self::altered(cause)
    }
}

impl From<NoteError> for LogError {
    fn from(cause: NoteError) -> Self {
        match cause {
            NoteError::Signer(why) => Self::Signer(why),
            other => Self::altered(other),
        }
    }
}
