//! The revocation lists, and the index of them.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use warifu_service::{Problem, fetch_optional};

use super::certificates::no_file;
use super::tag::tagged;
use crate::publication::{Head, Heads, ListKey};
use crate::{Ca, CaError};

pub(super) const INDEX: &str = "/crl/index.json";
pub(super) const LIST: &str = "/crl/{file}";
const ROOT_LIST: &str = "root";
/// Seconds after which an authority that has no list yet may be asked again.
const PATIENCE: u32 = 5;

/// Every revocation list that is in force. Only a hint where to look: each list is signed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Index {
    lists: Vec<Listed>,
}

/// A revocation list that is in force.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listed {
    /// Base64url without padding of the SHA-256 of the issuer's certificate (`x5t#S256`).
    issuer: String,
    /// Where the list is; certificates name the same address.
    url: String,
    /// Grows with every list of this address.
    number: i64,
    /// When it was made.
    this_update: Timestamp,
    /// Until when it may be relied upon.
    next_update: Timestamp,
}

/// A revocation list, as `cards-1-3f.crl`, or the root's, as `root.crl`.
#[utoipa::path(
    get,
    path = LIST,
    params(("file" = String, Path,
            description = "Authority, generation and shard in hexadecimal, then `.crl`")),
    responses(
        (status = 200, description = "The list, DER (RFC 5280); ETag changes with its number",
         content_type = "application/pkix-crl"),
        (status = 304, description = "The list that If-None-Match names is still the latest"),
        (status = 404, description = "request.unknown-path: no list has this name"),
        (status = 503, description = "ca.no-list: the list was not published yet"),
    )
)]
pub(super) async fn list(
    State(ca): State<Ca>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let name = file.strip_suffix(".crl").ok_or_else(no_file)?;
    let heads = ca.heads().await.map_err(|error| Problem::internal(&error))?;
    let kind = [(header::CONTENT_TYPE, "application/pkix-crl")];
    if name == ROOT_LIST {
        let root = heads.root.as_ref().and_then(|root| Some((root.head?, root.der.clone())));
        let (head, der) = root.ok_or_else(no_list)?;
        return tagged(&headers, &tag(name, head), (kind, der));
    }
    let key: ListKey = name.parse().map_err(|_| no_file())?;
    let Some(head) = heads.of(key) else { return Err(missing(&ca, key)) };
    let list = ca.list(key, head.number).await.map_err(|error| Problem::internal(&error))?;
    tagged(&headers, &tag(name, head), (kind, list.ok_or_else(no_list)?))
}

/// All revocation lists in force. Whoever needs them asks here every second or two and fetches what
/// has changed.
#[utoipa::path(
    get,
    path = INDEX,
    responses(
        (status = 200, description = "The lists in force", body = Index),
        (status = 304, description = "Nothing has changed since the answer that had this ETag"),
    )
)]
pub(super) async fn index(State(ca): State<Ca>, headers: HeaderMap) -> Result<Response, Problem> {
    let heads = ca.heads().await.map_err(|error| Problem::internal(&error))?;
    let index = ca.index(&heads);
    let body = serde_json::to_vec(&index).map_err(|error| Problem::internal(&error))?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &body);
    let tag = data_encoding::BASE64URL_NOPAD.encode(digest.as_ref());
    tagged(&headers, &tag, ([(header::CONTENT_TYPE, "application/json")], body))
}

impl Ca {
    fn index(&self, heads: &Heads) -> Index {
        let (authorities, now) = (self.authorities(), self.now());
        let root = authorities.manifest.publication_of_root().lists.url(0);
        let root = root.zip(heads.root.as_ref().and_then(|list| list.head));
        let root = root.map(|(url, head)| Listed::new(self.root().thumbprint(), url, head));
        let issued = authorities.issuing.iter().flat_map(|issuing| {
            let issuer = issuing.authority.certificate().thumbprint();
            let lists = &issuing.authority.publication().lists;
            ListKey::of(issuing).filter_map(move |key| {
                Some(Listed::new(issuer.clone(), lists.url(key.shard)?, heads.of(key)?))
            })
        });
        Index {
            lists: root.into_iter().chain(issued).filter(|one| one.next_update > now).collect(),
        }
    }

    /// A list's bytes, DER, read from the database once.
    pub(crate) async fn list(&self, key: ListKey, number: i64) -> Result<Option<Bytes>, CaError> {
        if let Some(list) = self.inner.served.list(key, number) {
            return Ok(Some(list));
        }
        let (branch, generation, shard) = key.columns();
        let sql = "SELECT der FROM lists \
                   WHERE authority = $1 AND generation = $2 AND shard = $3 AND number = $4";
        let read = self.inner.database.read();
        let row = fetch_optional!(read, (Vec<u8>,), sql, branch, generation, shard, number)?;
        let list = row.map(|(der,)| Bytes::from(der));
        if let Some(list) = &list {
            self.inner.served.keep_list(key, number, list.clone());
        }
        Ok(list)
    }
}

impl Listed {
    fn new(issuer: String, url: String, head: Head) -> Self {
        let Head { number, this_update, next_update } = head;
        Self { issuer, url, number, this_update, next_update }
    }
}

fn tag(name: &str, head: Head) -> String {
    format!("{name}-{}", head.number)
}

/// A list that will be there soon, or one that will never be.
fn missing(ca: &Ca, key: ListKey) -> Problem {
    let authorities = ca.authorities();
    let issuing = key.authority(&authorities.issuing);
    let is_expected = issuing.is_some_and(|one| ListKey::of(one).any(|other| other == key));
    if is_expected { no_list() } else { no_file() }
}

fn no_list() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "ca.no-list").retry_after(PATIENCE)
}
