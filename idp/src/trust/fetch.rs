//! Where revocation lists and authorities come from: a file, or an address that the configuration
//! names.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use reqwest::{Client, Response, StatusCode};
use url::Url;
use warifu_service::tls::{self, ClientConfig, TlsError};

/// About 150,000 revoked cards in one list.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// A fetch that takes longer is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Why nothing could be fetched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The address does not answer as it should.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The address answers with something else.
    #[error("{url}: status {status}")]
    Status {
        /// The address.
        url: String,
        /// Its answer.
        status: StatusCode,
    },
    /// An index sends us to another host.
    #[error("{0}: an address that is not of the index's own host")]
    Elsewhere(String),
    /// More than anybody publishes.
    #[error("more than {MOST_BYTES} bytes")]
    TooLarge,
}

/// What came, and the tag under which the address knows it.
pub(crate) struct Fetched {
    pub(crate) bytes: Vec<u8>,
    tag: Option<HeaderValue>,
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
        /// That answer's ETag.
        tag: Mutex<Option<HeaderValue>>,
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
        Ok(Self::Address { url: place.to_owned(), client, tag: Mutex::new(None) })
    }

    /// What stands there; `None` when it is what was believed last.
    pub(crate) async fn fetch(&self) -> Result<Option<Fetched>, FetchError> {
        match self {
            Self::File(path) => read(path).await.map(|bytes| Some(Fetched { bytes, tag: None })),
            Self::Address { url, client, tag } => {
                let known = lock(tag).clone();
                get(url, client, known).await
            }
        }
    }

    /// That was believed: it need not be sent again.
    pub(crate) fn believed(&self, fetched: Fetched) {
        if let Self::Address { tag, .. } = self {
            *lock(tag) = fetched.tag;
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
    pub(crate) async fn fetch_named(&self, other: &str) -> Result<Vec<u8>, FetchError> {
        let refused = || FetchError::Elsewhere(other.to_owned());
        let Self::Address { client, .. } = self else { return Err(refused()) };
        if !self.may_name(other) {
            return Err(refused());
        }
        let fetched = get(other, client, None).await?;
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

async fn read(path: &PathBuf) -> Result<Vec<u8>, FetchError> {
    let failed = |source| FetchError::File { path: path.clone(), source };
    if tokio::fs::metadata(path).await.map_err(failed)?.len() > MOST_BYTES {
        return Err(FetchError::TooLarge);
    }
    tokio::fs::read(path).await.map_err(failed)
}

async fn get(
    url: &str,
    client: &Client,
    known: Option<HeaderValue>,
) -> Result<Option<Fetched>, FetchError> {
    let mut request = client.get(url).timeout(PATIENCE);
    if let Some(tag) = known {
        request = request.header(IF_NONE_MATCH, tag);
    }
    let response = request.send().await?;
    match response.status() {
        StatusCode::NOT_MODIFIED => return Ok(None),
        StatusCode::OK => {}
        status => return Err(FetchError::Status { url: url.to_owned(), status }),
    }
    let tag = response.headers().get(ETAG).cloned();
    Ok(Some(Fetched { bytes: bounded_body(response).await?, tag }))
}

async fn bounded_body(mut response: Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if (body.len() + chunk.len()) as u64 > MOST_BYTES {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn lock(tag: &Mutex<Option<HeaderValue>>) -> MutexGuard<'_, Option<HeaderValue>> {
    tag.lock().unwrap_or_else(PoisonError::into_inner)
}
