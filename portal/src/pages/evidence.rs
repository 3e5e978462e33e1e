//! `GET /history/proof`, `/history/export`, `/history/key`: what a person takes home to check the
//! access history with, offline.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use warifu_service::Problem;

use crate::access::{Resident, SignedIn};
use crate::relay::{Access, RelayError};
use crate::shared::App;

/// Which entry.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// Its position in the log.
    index: u64,
}

/// The proof of one entry (C2SP tlog-proof), with the entry in it.
pub async fn proof(
    State(app): State<App>,
    Resident(me): Resident,
    Query(entry): Query<Entry>,
) -> Result<Response, Problem> {
    let proof = app.relay.proof(open(&app, &me)?, entry.index).await;
    let proof = proof.map_err(|cause| missing(&cause))?;
    Ok(saved(&format!("warifu-{}.tlog-proof", entry.index), "text/plain", proof))
}

/// The whole history with its proofs, as it comes.
pub async fn export(State(app): State<App>, Resident(me): Resident) -> Result<Response, Problem> {
    let lines = app.relay.export(open(&app, &me)?).await.map_err(|cause| missing(&cause))?;
    Ok(saved("warifu-history.jsonl", "application/x-ndjson", Body::from_stream(lines)))
}

/// The key that all of it is checked with.
pub async fn key(State(app): State<App>, Resident(_): Resident) -> Result<Response, Problem> {
    let key = app.relay.log_key().await.map_err(|cause| missing(&cause))?;
    Ok(saved("warifu-log.vkey", "text/plain", key))
}

pub(super) fn open<'me>(app: &App, me: &'me SignedIn) -> Result<&'me Access, Problem> {
    let ended = |_| Problem::new(StatusCode::FORBIDDEN, "history.no-access");
    me.access(app.surroundings.now()).map_err(ended)
}

fn missing(cause: &RelayError) -> Problem {
    let gone = [StatusCode::NOT_FOUND, StatusCode::GONE];
    let (status, code) = match cause {
        RelayError::Failed(status) if gone.contains(status) => {
            (StatusCode::NOT_FOUND, "history.no-entry")
        }
        RelayError::Refused | RelayError::Forbidden => (StatusCode::FORBIDDEN, "history.no-access"),
        _ => (StatusCode::BAD_GATEWAY, "history.no-relay"),
    };
    cause.page(status, code)
}

/// As a file to be saved.
pub(super) fn saved(name: &str, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = ([(header::CONTENT_TYPE, kind)], body.into()).into_response();
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    response
}
