//! Versions of a card as entity tags (RFC 9110 section 8.8.3): who acts says on which version, and
//! whoever was slower learns the present one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use warifu_service::Problem;

/// The version that `If-Match` names. Without one nothing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IfMatch(pub u32);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let needed = || Problem::new(StatusCode::PRECONDITION_REQUIRED, "office.version-needed");
        let value = parts.headers.get(header::IF_MATCH).ok_or_else(needed)?;
        value.to_str().ok().and_then(version).map(Self).ok_or_else(needed)
    }
}

/// The version in `"7"`.
fn version(tag: &str) -> Option<u32> {
    let digits = tag.trim().strip_prefix('"')?.strip_suffix('"')?;
    let plain = digits.len() <= 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok())?
}

/// `ETag: "7"`.
pub(super) fn tag(version: u32) -> [(header::HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("\"{version}\""));
    [(header::ETAG, value.unwrap_or(HeaderValue::from_static("\"0\"")))]
}

/// Where a handler leaves the version that a refusal must name.
#[derive(Debug, Clone, Default)]
pub(super) struct Fresh(Arc<AtomicU32>);

impl Fresh {
    pub fn is(&self, version: u32) {
        self.0.store(version, Ordering::Relaxed);
    }
}

impl<S: Sync> FromRequestParts<S> for Fresh {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// Puts the present version into the answer to whoever was slower. Outermost: a problem gets its
/// shape, and loses all headers, further in.
pub(super) async fn tell_fresh(mut request: Request, next: Next) -> Response {
    let fresh = Fresh::default();
    request.extensions_mut().insert(fresh.clone());
    let mut response = next.run(request).await;
    let version = fresh.0.load(Ordering::Relaxed);
    if version > 0 {
        response.headers_mut().extend(tag(version));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_version_is_a_number_in_quotes() {
        assert_eq!(version("\"7\""), Some(7));
        assert_eq!(version(" \"4294967295\" "), Some(u32::MAX));
        for wrong in ["7", "*", "\"\"", "W/\"7\"", "\"-1\"", "\"4294967296\"", "\"1\", \"2\""] {
            assert_eq!(version(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_version_comes_back(number: u32, text in ".{0,20}") {
            let [(_, value)] = tag(number);
            prop_assert_eq!(version(value.to_str().unwrap()), Some(number));
            let _ = version(&text);
        }
    }
}
