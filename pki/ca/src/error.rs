//! What can go wrong in the office, each with a stable code.

use std::path::{Path, PathBuf};

use warifu_pki::{CertificateError, IssueError, KeyError, RequestError, TrustError};
use warifu_service::seal::SealError;
use warifu_service::storage::StorageError;

/// Why the office could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// There is an authority already; it is never overwritten.
    #[error("ca.exists: {} exists already; an authority is never overwritten", .0.display())]
    Exists(PathBuf),
    /// A file of the office cannot be read or written.
    #[error("ca.file: {}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A file is not the certificate it should be.
    #[error("ca.certificate: {}: {cause}", path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: CertificateError,
    },
    /// The authorities in the folder do not form a chain.
    #[error("ca.chain: {0}")]
    Chain(#[from] TrustError),
    /// A key cannot be used.
    #[error("ca.key: {0}")]
    Key(#[from] KeyError),
    /// The records cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A row does not hold what it should.
    #[error("ca.record: the row {key} of {table} does not hold what it should")]
    Record {
        /// Which table.
        table: &'static str,
        /// The row's key.
        key: String,
    },
    /// The authority refuses to issue.
    #[error("ca.issue: {0}")]
    Issue(#[from] IssueError),
    /// The asker did not prove possession of the key.
    #[error("card.possession: {0}")]
    Possession(#[from] RequestError),
    /// Not 32 lower-case hexadecimal digits.
    #[error("card.holder: a holder reference has 32 lower-case hexadecimal digits")]
    HolderReference,
    /// The key is in another card, or in both slots of this one.
    #[error("card.key-in-use: every slot of every card has a key of its own")]
    KeyInUse,
    /// There is no such card.
    #[error("card.none: there is no such card")]
    UnknownCard,
    /// Cards are not revoked for this reason.
    #[error("card.reason: a card is not revoked for this reason")]
    Reason,
    /// Other offices were faster, again and again.
    #[error("ca.contention: the list could not be published; try again")]
    Contention,
}

impl OfficeError {
    pub(crate) fn file(path: &Path, cause: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), cause }
    }
}

impl From<warifu_service::sqlx::Error> for OfficeError {
    fn from(cause: warifu_service::sqlx::Error) -> Self {
        Self::Storage(cause.into())
    }
}
