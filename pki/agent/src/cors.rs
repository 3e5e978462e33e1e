//! Cross-origin answers: for the pages of the trusted identity providers, and nobody else.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::idp::IdentityProvider;

/// Every answer of the protocol depends on who asks.
pub(crate) const VARY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");

const PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("600");

/// Lets the provider's page read this answer.
pub(crate) fn allow(mut response: Response, provider: &IdentityProvider) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::VARY, VARY_ORIGIN);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(origin) = HeaderValue::from_str(&provider.origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

/// The answer to a preflight (Fetch §4.8) for a route with this one method.
pub(crate) fn preflight(provider: &IdentityProvider, method: &'static str) -> Response {
    let mut response = allow(StatusCode::NO_CONTENT.into_response(), provider);
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(method));
    let content_type = HeaderValue::from_static("content-type");
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, content_type);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    headers.insert(PRIVATE_NETWORK, HeaderValue::from_static("true"));
    response
}
