//! What shows that the log was not altered, for whoever checks it: heads, proofs, the key.

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use warifu_service::Problem;

use crate::history::{IndexQuery, proof_problem};
use crate::relay::Relay;
use crate::token::log_problem;

const TEXT: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];

/// The newest signed head of the log.
#[utoipa::path(
    get,
    path = "/checkpoint",
    responses((status = 200, description = "C2SP tlog-checkpoint", body = String,
               content_type = "text/plain"))
)]
pub(crate) async fn checkpoint(State(relay): State<Relay>) -> Result<impl IntoResponse, Problem> {
    let head = relay.log().checkpoint().await.map_err(|error| log_problem(&error))?;
    Ok((TEXT, head.note))
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
