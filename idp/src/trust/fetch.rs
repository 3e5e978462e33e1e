//! Where revocation lists and authorities come from: a file, or an address that the configuration
//! names.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Client;
use url::Url;
use warifu_service::tls::{self, ClientConfig, TlsError};

use crate::fetch::{FetchError, Fetched, Validators, get, read};

/// About 150,000 revoked cards in one list.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// A fetch that takes longer is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Why a list could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// An index sends us to another host.
    #[error("{0}: an address that is not of the index's own host")]
    Elsewhere(String),
}

/// Where something comes from.
pub(crate) enum Source {
    /// A file on this machine.
    File(PathBuf),
    /// An address, asked with the tag of what was believed last.
    Address {
        /// The address.
        url: String,
        /// Asks it.
        client: Client,
        /// By what it knows that.
        known: Mutex<Validators>,
    },
}

impl Source {
    /// `place` is an `https://` address, reached as `outgoing` says, an `http://` address, or a
    /// file.
    pub(crate) fn of(place: &str, outgoing: &ClientConfig) -> Result<Self, TlsError> {
        let client = if place.starts_with("https://") {
            tls::client(outgoing, PATIENCE)?
        } else if place.starts_with("http://") {
            tls::plain_client(PATIENCE)?
        } else {
            return Ok(Self::File(place.into()));
        };
        Ok(Self::Address { url: place.to_owned(), client, known: Mutex::default() })
    }

    /// What stands there; `None` when it is what was believed last.
    pub(crate) async fn fetch(&self) -> Result<Option<Fetched>, FetchError> {
        match self {
            Self::File(path) => {
                let bytes = read(path, MOST_BYTES).await?;
                Ok(Some(Fetched { bytes, validators: Validators::default() }))
            }
            Self::Address { url, client, known } => {
                let known = lock(known).clone();
                get(url, client, &known, MOST_BYTES).await
            }
        }
    }

    /// That was believed: it need not be sent again.
    pub(crate) fn believed(&self, fetched: Fetched) {
        if let Self::Address { known, .. } = self {
            *lock(known) = fetched.validators;
        }
    }

    /// Whether what stands there may send us on to that address: its own host, never another.
    pub(crate) fn may_name(&self, other: &str) -> bool {
        let Self::Address { url, .. } = self else { return false };
        match (Url::parse(url), Url::parse(other)) {
            (Ok(own), Ok(other)) => own.origin() == other.origin(),
            _ => false,
        }
    }

    /// What stands at an address that was named here.
    pub(crate) async fn fetch_named(&self, other: &str) -> Result<Vec<u8>, ListError> {
        let refused = || ListError::Elsewhere(other.to_owned());
        let Self::Address { client, .. } = self else { return Err(refused()) };
        if !self.may_name(other) {
            return Err(refused());
        }
        let fetched = get(other, client, &Validators::default(), MOST_BYTES).await?;
        Ok(fetched.map(|fetched| fetched.bytes).unwrap_or_default())
    }
}

/// Where it is, for the log.
impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Address { url, .. } => f.write_str(url),
        }
    }
}

fn lock(known: &Mutex<Validators>) -> MutexGuard<'_, Validators> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
