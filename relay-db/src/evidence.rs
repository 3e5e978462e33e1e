//! What shows that the log was not altered, for whoever checks it: heads, proofs, the key.

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;
use warifu_log::TilePath;
use warifu_service::Problem;

use crate::history::{IndexQuery, proof_problem};
use crate::relay::Relay;
use crate::token::log_problem;

const TEXT: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];

/// What never changes may be kept by whoever fetched it.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Heads change with every commit.
const BRIEFLY: &str = "public, max-age=1";

/// The newest signed head of the log.
#[utoipa::path(
    get,
    path = "/log/checkpoint",
    responses((status = 200, description = "C2SP tlog-checkpoint", body = String,
               content_type = "text/plain"))
)]
pub(crate) async fn checkpoint(State(relay): State<Relay>) -> Result<impl IntoResponse, Problem> {
    let head = relay.log().checkpoint().await.map_err(|error| log_problem(&error))?;
    Ok((TEXT, [(header::CACHE_CONTROL, BRIEFLY)], head.note))
}

/// The newest head that enough witnesses cosigned.
#[utoipa::path(
    get,
    path = "/log/cosigned",
    responses(
        (status = 200, description = "C2SP tlog-checkpoint with the witnesses' cosignatures",
         body = String, content_type = "text/plain"),
        (status = 404, body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn cosigned(State(relay): State<Relay>) -> Result<impl IntoResponse, Problem> {
    let head = relay.log().cosigned().await.map_err(|error| log_problem(&error))?;
    let none = || Problem::new(StatusCode::NOT_FOUND, "log.not-cosigned");
    let (head, _) = head.ok_or_else(none)?;
    Ok((TEXT, [(header::CACHE_CONTROL, BRIEFLY)], head.note))
}

/// From which size.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct OldQuery {
    /// Leaves of the older tree.
    old: u64,
}

/// A proof that the log only grew from a size to its newest head.
#[utoipa::path(
    get,
    path = "/log/consistency",
    params(OldQuery),
    responses(
        (status = 200, description = "As C2SP tlog-witness sends it: the old size, hashes, a head",
         body = String, content_type = "text/plain"),
        (status = 404, body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn consistency(
    State(relay): State<Relay>,
    Query(query): Query<OldQuery>,
) -> Result<impl IntoResponse, Problem> {
    let log = relay.log();
    let head = log.checkpoint().await.map_err(|error| log_problem(&error))?;
    let proof = log.consistency_proof(&head, query.old).await;
    Ok((TEXT, proof.map_err(|error| proof_problem(&error))?.to_string()))
}

/// Hashes of the tree. The entries' own tiles are not published: they hold persons.
#[utoipa::path(
    get,
    path = "/log/tile/{tile}",
    params(("tile" = String, Path, description = "C2SP tlog-tiles: `<L>/<N>[.p/<W>]`")),
    responses(
        (status = 200, description = "Hashes of 32 bytes each", body = Vec<u8>,
         content_type = "application/octet-stream"),
        (status = 404, body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn tile(
    State(relay): State<Relay>,
    Path(path): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let none = || Problem::new(StatusCode::NOT_FOUND, "log.no-such-tile");
    let path = TilePath::parse(&path).ok_or_else(none)?;
    let hashes = relay.log().tile(&path).await.map_err(|error| log_problem(&error))?;
    let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
    // A partial tile is as immutable, but of no use once it is full.
    let keep = if path.is_full() { FOREVER } else { "public, max-age=3600" };
    Ok((kind, [(header::CACHE_CONTROL, keep)], hashes.ok_or_else(none)?))
}

/// The key that verifies heads. It should be compared with one that came another way.
#[utoipa::path(
    get,
    path = "/log/key",
    responses((status = 200, description = "C2SP signed-note verifier key", body = String,
               content_type = "text/plain"))
)]
pub(crate) async fn key(State(relay): State<Relay>) -> impl IntoResponse {
    (TEXT, format!("{}\n", relay.log().verifier()))
}

/// A proof that the log has an event at this index. It does not say what the event is.
#[utoipa::path(
    get,
    path = "/log/proof",
    params(IndexQuery),
    responses(
        (status = 200, description = "C2SP tlog-proof", body = String,
         content_type = "text/plain"),
        (status = 404, body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn proof(
    State(relay): State<Relay>,
    Query(query): Query<IndexQuery>,
) -> Result<impl IntoResponse, Problem> {
    let proof = relay.log().inclusion_proof(query.index).await;
    let proof = proof.map_err(|error| proof_problem(&error))?;
    Ok((TEXT, proof.to_string()))
}
