//! The client's key, under which something that may be repeated is done once.

use axum::http::{HeaderMap, StatusCode};
use warifu_service::Problem;

/// Characters of a key.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=64;

/// The key in the header `Idempotency-Key`, where it can be one.
pub(crate) fn key_in(headers: &HeaderMap) -> Result<&str, Problem> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    require_key(key).map(|()| key)
}

/// A client's key, without which nothing that may be repeated is done.
pub(crate) fn require_key(key: &str) -> Result<(), Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if LENGTHS.contains(&key.len()) && key.bytes().all(plain) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency.key"))
}
