//! Fetching what others publish: bounded in size and time, and not again what is here already.

use std::path::{Path, PathBuf};

use reqwest::header::{
    ETAG, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use reqwest::{Client, Response, StatusCode};

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
    #[error("{}", in_full(.0))]
    Http(#[from] reqwest::Error),
    /// The address answers with something else.
    #[error("{url}: status {status}")]
    Status {
        /// The address.
        url: String,
        /// Its answer.
        status: StatusCode,
    },
    /// More than anybody publishes.
    #[error("more than {0} bytes")]
    TooLarge(u64),
}

/// What the client says, and why: its own words leave the cause out.
fn in_full(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// By what an address knows the answer that it gave last (RFC 9110 §8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Validators {
    pub(crate) tag: Option<HeaderValue>,
    pub(crate) modified: Option<HeaderValue>,
}

/// What came, and by what the address knows it.
pub(crate) struct Fetched {
    pub(crate) bytes: Vec<u8>,
    pub(crate) validators: Validators,
}

/// Reads a file of at most `most` bytes.
pub(crate) async fn read(path: &Path, most: u64) -> Result<Vec<u8>, FetchError> {
    let failed = |source| FetchError::File { path: path.to_owned(), source };
    if tokio::fs::metadata(path).await.map_err(failed)?.len() > most {
        return Err(FetchError::TooLarge(most));
    }
    tokio::fs::read(path).await.map_err(failed)
}

/// What stands at an address, at most `most` bytes; `None` when it is what was known.
pub(crate) async fn get(
    url: &str,
    client: &Client,
    known: &Validators,
    most: u64,
) -> Result<Option<Fetched>, FetchError> {
    let mut request = client.get(url);
    let conditions = [(IF_NONE_MATCH, &known.tag), (IF_MODIFIED_SINCE, &known.modified)];
    for (name, value) in conditions {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    let response = request.send().await?;
    match response.status() {
        StatusCode::NOT_MODIFIED => return Ok(None),
        StatusCode::OK => {}
        status => return Err(FetchError::Status { url: url.to_owned(), status }),
    }
    let header = |name: HeaderName| response.headers().get(name).cloned();
    let validators = Validators { tag: header(ETAG), modified: header(LAST_MODIFIED) };
    Ok(Some(Fetched { bytes: bounded_body(response, most).await?, validators }))
}

async fn bounded_body(mut response: Response, most: u64) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if (body.len() + chunk.len()) as u64 > most {
            return Err(FetchError::TooLarge(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
