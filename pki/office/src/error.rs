//! What can go wrong in the card office, each with a stable code.

use std::path::PathBuf;

use warifu_ca::CaError;
use warifu_card::personalise::PersonaliseError;
use warifu_card::{ReaderError, WeakRandomness};
use warifu_pki::RequestError;
use warifu_service::seal::SealError;
use warifu_service::storage::StorageError;
use warifu_service::tls::TlsError;

use crate::life::Refusal;

/// Why the office did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// Only whoever holds a resident's card in use is vouched for.
    #[error("voucher.card: the card is not a resident's card in use")]
    NotInUse,
    /// The person was vouched for too often today.
    #[error("voucher.too-many: the person was vouched for too often today")]
    TooManyVouchers,
    /// The card's life does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such card.
    #[error("office.none: there is no such card")]
    UnknownCard,
    /// There is no such batch.
    #[error("office.no-batch: there is no such batch")]
    UnknownBatch,
    /// Somebody was faster.
    #[error("office.moved-on: the card has changed; it is at version {version} now")]
    MovedOn {
        /// The card's version now.
        version: u32,
    },
    /// A part of what was sent is missing, too long, or not what it should be.
    #[error("office.invalid: {0} is missing, too long, or not what it should be")]
    Invalid(&'static str),
    /// The same idempotency key came with something else.
    #[error("office.repeat: this idempotency key was used for another application")]
    Repeat,
    /// The caller has not answered the identity questions, or too long ago.
    #[error("office.not-identified: first ask the caller the identity questions")]
    NotIdentified,
    /// Too many wrong answers by this caller or to this member of staff.
    #[error("office.too-many-calls: too many wrong answers; wait")]
    TooManyCalls,
    /// The resident register does not answer, or not in a way that can be understood.
    #[error("office.register-silent: the resident register does not answer: {0}")]
    RegisterSilent(String),
    /// No resident register is configured.
    #[error("office.no-register: no resident register is configured")]
    NoRegister,
    /// The register's answer names no person.
    #[error("office.no-person: the register has not named one person")]
    NoPerson,
    /// What is in the reader is neither blank nor of this order.
    #[error("office.card-not-blank: the card in the reader belongs to another order")]
    NotBlank,
    /// A staff card has no key without a PIN, and a resident's card has one.
    #[error("office.slots: these are not the keys that this kind of card has")]
    Slots,
    /// The card cannot be made.
    #[error(transparent)]
    Card(#[from] PersonaliseError),
    /// The reader cannot be used.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The source of randomness is broken.
    #[error("office.randomness: the source of randomness is broken")]
    Randomness,
    /// The key's possession is not proved.
    #[error("office.possession: {0}")]
    Possession(#[from] RequestError),
    /// The certification authority failed.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// The database cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A sealed column or a key file cannot be used.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// TLS towards the register cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A file of the office cannot be read or written.
    #[error("office.file: {}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A row does not hold what it should.
    #[error("office.record: the row {key} of {table} does not hold what it should")]
    Record {
        /// Which table.
        table: &'static str,
        /// The row's key.
        key: String,
    },
    /// What the authority publishes cannot be fetched or believed.
    #[error("office.unpublished: what the authority publishes cannot be believed: {0}")]
    Unpublished(String),
    /// A background task was stopped.
    #[error("office.stopped: the work was stopped")]
    Stopped,
}

impl OfficeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::NotInUse => "voucher.card",
            Self::TooManyVouchers => "voucher.too-many",
            Self::UnknownCard => "office.none",
            Self::UnknownBatch => "office.no-batch",
            Self::MovedOn { .. } => "office.moved-on",
            Self::Invalid(_) => "office.invalid",
            Self::Repeat => "office.repeat",
            Self::NotIdentified => "office.not-identified",
            Self::TooManyCalls => "office.too-many-calls",
            Self::RegisterSilent(_) => "office.register-silent",
            Self::NoRegister => "office.no-register",
            Self::NoPerson => "office.no-person",
            Self::NotBlank => "office.card-not-blank",
            Self::Slots => "office.slots",
            Self::Card(error) => error.code(),
            Self::Reader(error) => error.code(),
            Self::Possession(_) => "office.possession",
            Self::Ca(CaError::KeyInUse) => "card.key-in-use",
            _ => "internal",
        }
    }

    pub(crate) fn record(table: &'static str, key: &str) -> Self {
        Self::Record { table, key: key.to_owned() }
    }
}

impl From<WeakRandomness> for OfficeError {
    fn from(_: WeakRandomness) -> Self {
        Self::Randomness
    }
}

impl From<sqlx::Error> for OfficeError {
    fn from(cause: sqlx::Error) -> Self {
        Self::Storage(cause.into())
    }
}

impl From<tokio::task::JoinError> for OfficeError {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::Stopped
    }
}
