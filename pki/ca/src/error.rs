//! What can go wrong in the certification authority, each with a stable code.

use std::path::{Path, PathBuf};

use warifu_pki::ocsp::ResponderError;
use warifu_pki::{CertificateError, CrlError, IssueError, KeyError, RequestError, TrustError};
use warifu_service::storage::StorageError;

use crate::Branch;

/// Why the authority could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// There is an authority already; it is never overwritten.
    #[error("ca.exists: {} exists already; an authority is never overwritten", .0.display())]
    Exists(PathBuf),
    /// The ceremony cannot be held as it is written down.
    #[error("ca.ceremony: {0}")]
    Ceremony(&'static str),
    /// A file of the authority cannot be read or written.
    #[error("ca.file: {}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The description of the folder cannot be read.
    #[error("ca.manifest: {}: {cause}", path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// A file is not the certificate it should be.
    #[error("ca.certificate: {}: {cause}", path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: CertificateError,
    },
    /// A file is not the root's revocation list.
    #[error("ca.root-list: {}: {cause}", path.display())]
    RootList {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: CrlError,
    },
    /// The authorities in the folder do not form a chain.
    #[error("ca.chain: {0}")]
    Chain(#[from] TrustError),
    /// A key cannot be used.
    #[error("ca.key: {0}")]
    Key(#[from] KeyError),
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
    /// No authority issues certificates of this profile.
    #[error("ca.profile: nobody issues certificates of the profile {0}")]
    Profile(&'static str),
    /// No authority of the branch is in use now.
    #[error("ca.no-authority: no authority for {0} is in use now")]
    NoAuthority(Branch),
    /// There is no such generation.
    #[error("ca.no-generation: there is no authority {0}-{1}")]
    NoGeneration(Branch, u32),
    /// The asker did not prove possession of the key.
    #[error("card.possession: {0}")]
    Possession(#[from] RequestError),
    /// The key is in another card, or in another slot of this one.
    #[error("card.key-in-use: every slot of every card has a key of its own")]
    KeyInUse,
    /// Nothing was issued to this card or party.
    #[error("ca.no-certificate: nothing was issued to this card or party")]
    NoCertificate,
    /// What is revoked stays revoked.
    #[error("card.revoked: a revoked card is never released")]
    Revoked,
    /// Certificates are not revoked for this reason.
    #[error("card.reason: a certificate is not revoked for this reason")]
    Reason,
    /// A task of the authority was broken off.
    #[error("ca.task: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// OCSP answers cannot be made.
    #[error("ca.ocsp: {0}")]
    Ocsp(#[from] ResponderError),
    /// Others were faster, again and again.
    #[error("ca.contention: the lists could not be published; try again")]
    Contention,
}

impl CaError {
    pub(crate) fn file(path: &Path, cause: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), cause }
    }
}

impl From<warifu_service::sqlx::Error> for CaError {
    fn from(cause: warifu_service::sqlx::Error) -> Self {
        Self::Storage(cause.into())
    }
}
