//! The keys that verify what the relay signs for others (RFC 7517): tokens at `GET /jwks.json`,
//! receipts of consents at `GET /receipts/jwks.json`.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::relay::Relay;

/// A key that was dropped must not live on in a cache.
const NOW: &str = "no-cache";
/// Receipts are read years later; a new key is known soon enough.
const FIVE_MINUTES: &str = "public, max-age=300";

/// The keys by which tokens are taken now: the one in use, then those that are announced.
#[utoipa::path(
    get,
    path = "/jwks.json",
    responses((status = 200, description = "RFC 7517: the key in use first", body = serde_json::Value,
               content_type = "application/jwk-set+json"))
)]
pub(crate) async fn tokens(State(relay): State<Relay>) -> impl IntoResponse {
    set(&relay.mint().keys.present().tokens, NOW)
}

/// The keys that receipts were ever signed with.
#[utoipa::path(
    get,
    path = "/receipts/jwks.json",
    responses((status = 200, description = "RFC 7517: the key in use first", body = serde_json::Value,
               content_type = "application/jwk-set+json"))
)]
pub(crate) async fn receipts(State(relay): State<Relay>) -> impl IntoResponse {
    set(&relay.mint().keys.present().receipts, FIVE_MINUTES)
}

fn set(keys: &[Value], cache: &'static str) -> Response {
    let kind = (header::CONTENT_TYPE, "application/jwk-set+json");
    ([kind, (header::CACHE_CONTROL, cache)], Json(json!({ "keys": keys }))).into_response()
}
