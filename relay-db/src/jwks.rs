//! `GET /jwks.json`: the keys that verify what the relay signs for others (RFC 7517).

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::json;

use crate::relay::Relay;

/// A key must be announced for longer than this before anything is signed with it.
const CACHE: &str = "public, max-age=300";

/// The key in use, then those that will be and those that were.
#[utoipa::path(
    get,
    path = "/jwks.json",
    responses((status = 200, description = "RFC 7517: the key in use first", body = serde_json::Value,
               content_type = "application/jwk-set+json"))
)]
pub(crate) async fn get(State(relay): State<Relay>) -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, CACHE)];
    (headers, Json(json!({ "keys": relay.token_keys() })))
}
