//! The gate: everything a request must show before the agent so much as looks at a card.
//!
//! The checks, in this order: the peer is this computer; `Host` is one of our own names (against
//! DNS rebinding); exactly one `Origin`, byte-equal to a configured one; fetch metadata of a
//! script's request; JSON; a small body; a request signed by that origin's pinned key, fresh, for
//! this route and never seen before; no other sign-in under way; not too many of them. Each refusal is the same
//! empty answer, so that a stranger learns nothing about the computer, its readers or its cards.

mod admission;
mod claims;
mod headers;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(crate) use admission::{Admission, Turn};
pub(crate) use claims::CardRequest;
#[cfg(fuzzing)]
pub(crate) use claims::verify;
#[cfg(feature = "drawer")]
pub(crate) use headers::is_json;
pub(crate) use headers::{Connection, is_own_origin, knows_host, may_be_own_page};

use crate::cors;
use crate::idp::IdentityProvider;
use crate::purpose::Purpose;
use crate::surroundings::Surroundings;
use crate::web::body;

const MOST_BODY: usize = 8 * 1024;

/// Why a request was turned away. Known to the log only; the asker sees an empty answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("peer")]
    Peer,
    #[error("host")]
    Host,
    #[error("origin")]
    Origin,
    #[error("fetch-metadata")]
    FetchMetadata,
    #[error("content-type")]
    ContentType,
    #[error("body")]
    Body,
    #[error("malformed")]
    Malformed,
    #[error("signature")]
    Signature,
    #[error("issuer")]
    Issuer,
    #[error("audience")]
    Audience,
    #[error("not-yet-valid")]
    NotYetValid,
    #[error("stale")]
    Stale,
    #[error("lifetime")]
    Lifetime,
    #[error("purpose")]
    Purpose,
    #[error("replayed")]
    Replayed,
    #[error("rate")]
    Rate,
    #[error("unknown-route")]
    Route,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        tracing::info!(reason = %self, "request refused");
        let mut response = StatusCode::FORBIDDEN.into_response();
        response.headers_mut().insert(header::VARY, cors::VARY_ORIGIN);
        response
    }
}

/// A request that did not get through the gate.
#[derive(Debug)]
pub(crate) enum Denied {
    /// It has no business here.
    Refused(Refusal),
    /// It is genuine, but another sign-in is under way.
    Busy(Arc<IdentityProvider>),
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::Busy(provider) => cors::allow(StatusCode::CONFLICT.into_response(), &provider),
        }
    }
}

/// A request that may have a card.
pub(crate) struct Admitted {
    pub(crate) request: CardRequest,
    pub(crate) turn: Turn,
}

/// The gate and its memory.
pub(crate) struct Gate {
    providers: Vec<Arc<IdentityProvider>>,
    admission: Admission,
    tolerance: jiff::SignedDuration,
    surroundings: Surroundings,
}

impl Gate {
    pub(crate) fn new(
        providers: Vec<IdentityProvider>,
        tolerance_seconds: u64,
        surroundings: Surroundings,
    ) -> Self {
        let tolerance =
            jiff::SignedDuration::from_secs(i64::try_from(tolerance_seconds).unwrap_or(0));
        let providers = providers.into_iter().map(Arc::new).collect();
        Self { providers, admission: Admission::default(), tolerance, surroundings }
    }

    /// The identity provider whose page sent a request with these headers.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Result<Arc<IdentityProvider>, Refusal> {
        let provider = headers::trusted_origin(headers, &self.providers)?;
        headers::check_fetch_metadata(headers)?;
        Ok(provider)
    }

    /// Lets a request for a card in, or says why not. Peer and `Host` were checked at the door;
    /// `purpose` is that of the route.
    pub(crate) async fn admit(
        &self,
        request: Request<Body>,
        purpose: Purpose,
    ) -> Result<Admitted, Denied> {
        let (parts, body) = request.into_parts();
        let provider = self.caller(&parts.headers)?;
        headers::check_json(&parts.headers)?;
        let body = body::read(body, MOST_BODY).await.map_err(|_| Refusal::Body)?;
        let now = self.surroundings.now();
        let request = claims::verify(&body, &provider, purpose, now, self.tolerance)?;
        let turn = self.admission.take(&request, now)?;
        Ok(Admitted { request, turn })
    }
}
