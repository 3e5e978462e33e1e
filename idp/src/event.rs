//! What the card office says at once: `POST /events` takes its security events (RFC 8935), and they
//! are obeyed before they are acknowledged.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use warifu_pki::jose::JoseError;
use warifu_pki::security_event::{SecurityEvent, refusal};
use warifu_service::Problem;

use crate::centre::Centre;
use crate::store::{ApplyError, Told};

const MEDIA_TYPE: &str = "application/secevent+jwt";
/// Seconds after which what came too early may be told again.
const AGAIN_AFTER: u32 = 2;

/// Obeys an event that is believed. The same again changes nothing.
pub(crate) async fn apply(centre: &Centre, event: &SecurityEvent) -> Result<(), ApplyError> {
    let name = event.event.name();
    match centre.store.apply(event, centre.now()).await? {
        Told::Now { ended } => tracing::info!(name, ended, "an event of the card office counts"),
        Told::Before => tracing::debug!(name, "an event of the card office came again"),
    }
    centre.bell.notify_one();
    Ok(())
}

/// A refused event (RFC 8935 §2.3).
#[derive(Debug, Clone, Copy, Serialize)]
struct EventError {
    /// One of RFC 8935 §2.4.
    err: &'static str,
    /// One English sentence.
    description: &'static str,
}

/// Why an event is not acknowledged.
pub(crate) enum Refusal {
    /// Trying again does not help.
    Event(&'static str, &'static str),
    /// A failure of ours, or too early.
    Problem(Problem),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Event(err, description) => {
                (StatusCode::BAD_REQUEST, Json(EventError { err, description })).into_response()
            }
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// Takes an event.
pub(crate) async fn receive(
    State(centre): State<Arc<Centre>>,
    headers: HeaderMap,
    token: String,
) -> Result<StatusCode, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).map(header::HeaderValue::as_bytes);
    if kind != Some(MEDIA_TYPE.as_bytes()) {
        return Err(invalid("the content type must be application/secevent+jwt"));
    }
    let event = open(&centre, &token).map_err(|error| refuse_token(&error))?;
    apply(&centre, &event).await.map_err(refuse)?;
    Ok(StatusCode::ACCEPTED)
}

fn open(centre: &Centre, token: &str) -> Result<SecurityEvent, JoseError> {
    let office = centre.keys.office.as_ref().ok_or(JoseError::WrongIssuer)?;
    office.events.open(token, centre.now())
}

fn refuse_token(error: &JoseError) -> Refusal {
    tracing::warn!(%error, "a security event was not believed");
    Refusal::Event(refusal(error), "the event is not believed")
}

fn refuse(error: ApplyError) -> Refusal {
    match error {
        ApplyError::Early => {
            let early = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "event.early");
            Refusal::Problem(early.retry_after(AGAIN_AFTER))
        }
        ApplyError::CardTaken => invalid("the card belongs to somebody else"),
        ApplyError::Meaningless => invalid("not an event that counts here"),
        ApplyError::Store(cause) => Refusal::Problem(cause.into()),
    }
}

fn invalid(description: &'static str) -> Refusal {
    tracing::warn!(description, "a security event was refused");
    Refusal::Event("invalid_request", description)
}

#[cfg(test)]
mod tests;
