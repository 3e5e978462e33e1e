//! What the agent's own pages share: their headers, files and language.

pub(crate) mod assets;
pub(crate) mod body;

use std::convert::Infallible;

use askama::Template;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use url::form_urlencoded;

use crate::gate::{Refusal, may_be_own_page};
use crate::words::Language;

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Turns away what another site embeds or fetches, and gives every answer its headers.
pub(crate) async fn own_page(request: Request, next: Next) -> Result<Response, Refusal> {
    may_be_own_page(request.method(), request.headers())?;
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not `no-referrer`: it would make the browser send `Origin: null` with our own forms.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        headers.insert(name, HeaderValue::from_static("same-origin"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A page out of a template.
pub(crate) fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The language a request asks for: by `?lang=`, and otherwise by `Accept-Language`.
pub(crate) struct Asked {
    pub(crate) explicit: Option<Language>,
    pub(crate) accepted: Language,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let explicit = form_urlencoded::parse(query)
            .find(|(name, _)| name == "lang")
            .and_then(|(_, tag)| Language::from_tag(&tag));
        let accepted = parts
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| Language::accepted(value.to_str().ok()?))
            .unwrap_or_default();
        Ok(Self { explicit, accepted })
    }
}
