//! `POST /events`: what the identity provider tells the office (RFC 8935).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use warifu_pki::jose::JoseError;
use warifu_pki::security_event::{Event, SecurityEvent, refusal};
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::{OfficeApi, Provider, received};
use crate::OfficeError;

const TYPE: &str = "application/secevent+jwt";
/// Seconds after which an event that came at a bad moment may be sent again.
const PATIENCE: u32 = 1;

/// Why an event is not taken (RFC 8935 section 2.3).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventRefusal {
    /// `invalid_request`, `invalid_key`, `invalid_issuer` or `invalid_audience`.
    err: &'static str,
    /// One English sentence.
    description: String,
}

/// Takes a security event. For identity providers; an event that was taken before is taken again and
/// does nothing.
#[utoipa::path(
    post,
    path = "/events",
    request_body(content = String, content_type = TYPE,
                 description = "A signed security event token: card-activated, session-revoked"),
    responses(
        (status = 202, description = "Taken"),
        (status = 400, description = "RFC 8935 section 2.3", body = EventRefusal),
        (status = 403, description = "peer.unknown", body = ProblemDocument),
    )
)]
pub(super) async fn take(
    State(api): State<OfficeApi>,
    provider: Provider,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let now = api.office().now();
    let event = match open(&provider, &headers, body, now) {
        Ok(event) => event,
        Err(refusal) => return Ok(refusal.into_response()),
    };
    let known = received::is_known(&api, &event.jti).await;
    if !known.map_err(|error| Problem::internal(&error))? {
        if let Some(refusal) = obey(&api, &event).await? {
            return Ok(refusal.into_response());
        }
        // After obeying: what a crash between the two repeats, changes nothing.
        let noted = received::note(&api, &event.jti, now).await;
        noted.map_err(|error| Problem::internal(&error))?;
    }
    Ok(StatusCode::ACCEPTED.into_response())
}

fn open(
    provider: &Provider,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    now: Timestamp,
) -> Result<SecurityEvent, EventRefusal> {
    let is_event =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == TYPE.as_bytes());
    if !is_event {
        return Err(EventRefusal::request("the content type is not application/secevent+jwt"));
    }
    let body = body.map_err(|_| EventRefusal::request("the body is too long or cut off"))?;
    let token = std::str::from_utf8(&body).map_err(|_| EventRefusal::of(&JoseError::Malformed))?;
    provider.receiver.open(token, now).map_err(|error| EventRefusal::of(&error))
}

/// Does what the event says. An event that changes nothing any more is obeyed.
async fn obey(api: &OfficeApi, event: &SecurityEvent) -> Result<Option<EventRefusal>, Problem> {
    let obeyed = match event.event {
        Event::CardActivated => api.office().activated(&event.subject).await.map(drop),
        Event::SessionRevoked { event_timestamp } => {
            let at = Timestamp::from_second(event_timestamp).unwrap_or(Timestamp::MAX);
            api.0.tickets.end(&event.subject, at).await.map_err(OfficeError::from)
        }
        _ => return Ok(Some(EventRefusal::request("this event is not for the card office"))),
    };
    match obeyed {
        Ok(()) => Ok(None),
        Err(error @ (OfficeError::Refused(_) | OfficeError::UnknownCard)) => {
            // To send it again would not help: the card has gone on, or was never ours.
            let (event, jti) = (event.event.name(), event.jti.as_str());
            tracing::warn!(event, jti, %error, "an event changes nothing");
            Ok(None)
        }
        Err(error @ OfficeError::MovedOn { .. }) => {
            let busy = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "office.moved-on");
            Err(busy.retry_after(PATIENCE).caused_by(&error))
        }
        Err(error) => Err(Problem::internal(&error)),
    }
}

impl EventRefusal {
    fn of(error: &JoseError) -> Self {
        Self { err: refusal(error), description: error.to_string() }
    }

    fn request(description: &str) -> Self {
        Self { err: "invalid_request", description: description.to_owned() }
    }
}

impl IntoResponse for EventRefusal {
    fn into_response(self) -> Response {
        tracing::warn!(err = self.err, description = self.description, "an event was refused");
        (StatusCode::BAD_REQUEST, Json(self)).into_response()
    }
}
