//! Issuing: the response of an identity provider, signed, with its assertion encrypted where the
//! service provider can decrypt it.

mod assertion;
mod response;

pub use assertion::Assertion;
#[cfg(any(test, fuzzing))]
pub(crate) use response::Envelope;
pub use response::{ErrorResponse, Issued, Protection, error_response, response};

use crate::canonical::WriteError;
use crate::encryption::EncryptError;
use crate::sign::SignError;

/// Why nothing was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A value cannot be written in XML.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The key did not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The assertion could not be encrypted.
    #[error("the assertion could not be encrypted")]
    Encrypt(#[source] openssl::error::ErrorStack),
}

impl IssueError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Write(cause) => cause.code(),
            Self::Sign(cause) => cause.code(),
            Self::Encrypt(_) => "saml.encrypt.failed",
        }
    }
}

impl From<EncryptError> for IssueError {
    fn from(error: EncryptError) -> Self {
        match error {
            EncryptError::Crypto(cause) => Self::Encrypt(cause),
            EncryptError::Write(cause) => Self::Write(cause),
        }
    }
}
