//! Why a service provider is not believed.

use std::path::PathBuf;

use jiff::Timestamp;
use warifu_saml::{KeyError, MetadataError};

use crate::fetch::FetchError;

/// Why a service provider is not believed, or what was read last is believed on although a newer
/// document is not.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    /// The metadata cannot be had.
    #[error("the metadata cannot be had: {0}")]
    Fetch(#[from] FetchError),
    /// It was not read yet.
    #[error("the metadata was not read yet")]
    Unread,
    /// The metadata is not believed.
    #[error("the metadata is not believed: {0}")]
    Metadata(#[from] MetadataError),
    /// The metadata stands at an address that is not safe enough.
    #[error("{0}: neither https, nor http with a signer")]
    Address(String),
    /// What was read before holds for longer: somebody shows an older document.
    #[error("the metadata holds until {fresh}, and what was read before until {known}")]
    Older {
        /// The end of what came.
        fresh: Timestamp,
        /// The end of what is believed.
        known: Timestamp,
    },
    /// The signer's certificate cannot be used.
    #[error("the signer's certificate: {0}")]
    Signer(KeyError),
    /// An aggregate from an address needs a signer.
    #[error("an aggregate from an address needs a signer")]
    NoSigner,
    /// A certificate's file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The client certificate cannot be used.
    #[error("the client certificate cannot be read")]
    ClientCertificate,
    /// The metadata does not describe exactly one service provider.
    #[error("not the metadata of one service provider")]
    NotOne,
    /// The metadata describes another service provider than the one that is registered.
    #[error("the metadata describes {0}")]
    Another(String),
    /// None of the aggregates describes it.
    #[error("in none of the aggregates that are believed")]
    NotInAggregates,
    /// Assertions are to be encrypted, and there is no key to encrypt to.
    #[error("no RSA certificate for encryption")]
    NoEncryptionKey,
    /// It is registered already.
    #[error("registered already")]
    Twice,
}

impl ProviderError {
    /// The stable code of this error.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Fetch(_) => "provider.unreachable",
            Self::Unread => "provider.unread",
            Self::Metadata(MetadataError::Expired) => "provider.expired",
            Self::Metadata(MetadataError::Endless | MetadataError::TooLong) => "provider.endless",
            Self::Metadata(MetadataError::Signature(_)) => "provider.signature",
            Self::Metadata(MetadataError::Duplicate) => "provider.described-twice",
            Self::Metadata(_) => "provider.unreadable",
            Self::Address(_) => "provider.address",
            Self::Older { .. } => "provider.older",
            Self::Signer(_) | Self::NoSigner => "provider.signer",
            Self::File { .. } | Self::ClientCertificate => "provider.certificate",
            Self::NotOne => "provider.not-one",
            Self::Another(_) => "provider.another",
            Self::NotInAggregates => "provider.not-in-aggregates",
            Self::NoEncryptionKey => "provider.no-encryption-key",
            Self::Twice => "provider.twice",
        }
    }

    /// The codes, for the catalogues' test.
    #[cfg(test)]
    pub(crate) const CODES: [&str; 16] = [
        "provider.unreachable",
        "provider.unread",
        "provider.expired",
        "provider.endless",
        "provider.signature",
        "provider.described-twice",
        "provider.unreadable",
        "provider.address",
        "provider.older",
        "provider.signer",
        "provider.certificate",
        "provider.not-one",
        "provider.another",
        "provider.not-in-aggregates",
        "provider.no-encryption-key",
        "provider.twice",
    ];
}
