//! The revocation lists, as everybody else gets them.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use jiff::Timestamp;
use serde::Deserialize;
use tower::ServiceExt as _;
use url::Url;
use warifu_ca::Ca;
use warifu_pki::{Certificate, Crl, Revoked};

use crate::OfficeError;

const INDEX: &str = "/crl/index.json";
/// A list of a hundred thousand entries is below 4 MiB.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// All lists in force.
pub(super) struct Lists(Vec<Crl>);

#[derive(Deserialize)]
struct Index {
    lists: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    issuer: String,
    url: String,
}

impl Lists {
    /// Fetches every list that the authority publishes, and believes those that are signed.
    pub(super) async fn fetch(ca: &Ca, now: Timestamp) -> Result<Self, OfficeError> {
        let router = ca.router().map_err(|error| unpublished(&error))?;
        let index = get(&router, INDEX).await?;
        let index: Index = serde_json::from_slice(&index).map_err(|error| unpublished(&error))?;
        let issuers = ca.issuers();
        let mut lists = Vec::with_capacity(index.lists.len());
        for Entry { issuer, url } in index.lists {
            // The root's own list is about authorities, not about cards.
            if let Some(issuer) = issuers.iter().find(|known| known.thumbprint() == issuer) {
                lists.push(list(&router, issuer, &url, now).await?);
            }
        }
        Ok(Self(lists))
    }

    /// What they say of a serial number; `None` if nothing.
    pub(super) fn state_of(&self, serial: &[u8]) -> Option<Revoked> {
        self.0.iter().find_map(|list| list.state_of(serial))
    }
}

async fn list(
    router: &Router,
    issuer: &Certificate,
    url: &str,
    now: Timestamp,
) -> Result<Crl, OfficeError> {
    let path = Url::parse(url).map_err(|error| unpublished(&error))?;
    let der = get(router, path.path()).await?;
    Crl::verify(&der, issuer, now).map_err(|error| unpublished(&error))
}

async fn get(router: &Router, path: &str) -> Result<Vec<u8>, OfficeError> {
    let request = Request::get(path).body(Body::empty()).map_err(|error| unpublished(&error))?;
    let answer = router.clone().oneshot(request).await.map_err(|error| unpublished(&error))?;
    if !answer.status().is_success() {
        return Err(unpublished(&format!("{path}: {}", answer.status())));
    }
    let body = to_bytes(answer.into_body(), MOST_BYTES).await;
    Ok(body.map_err(|error| unpublished(&error))?.to_vec())
}

fn unpublished(cause: &(impl std::fmt::Display + ?Sized)) -> OfficeError {
    OfficeError::Unpublished(cause.to_string())
}
