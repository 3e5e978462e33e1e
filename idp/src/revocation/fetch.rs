//! Where a revocation list comes from: a file, or an address that the configuration names.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use reqwest::{Client, Response, StatusCode};

/// About 150,000 revoked cards.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// A fetch that takes longer is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Why no list could be fetched.
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
    /// More than a list has.
    #[error("a revocation list of more than {MOST_BYTES} bytes")]
    TooLarge,
}

/// A list as it came, and the tag under which the address knows it.
pub(crate) struct Fetched {
    pub(crate) der: Vec<u8>,
    tag: Option<HeaderValue>,
}

/// Where a list comes from.
pub(crate) enum Source {
    /// A file on this machine.
    File(PathBuf),
    /// An address, asked with the tag of the last list that was believed.
    Address {
        /// The address.
        url: String,
        /// Asks it.
        client: Client,
        /// That list's ETag.
        tag: Mutex<Option<HeaderValue>>,
    },
}

impl Source {
    pub(crate) fn address(url: String, client: Client) -> Self {
        Self::Address { url, client, tag: Mutex::new(None) }
    }

    /// The list as it stands there; `None` when it is the one believed last.
    pub(crate) async fn fetch(&self) -> Result<Option<Fetched>, FetchError> {
        match self {
            Self::File(path) => read(path).await.map(|der| Some(Fetched { der, tag: None })),
            Self::Address { url, client, tag } => {
                let known = lock(tag).clone();
                get(url, client, known).await
            }
        }
    }

    /// That list was believed: it need not be sent again.
    pub(crate) fn believed(&self, fetched: Fetched) {
        if let Self::Address { tag, .. } = self {
            *lock(tag) = fetched.tag;
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
    Ok(Some(Fetched { der: bounded_body(response).await?, tag }))
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
