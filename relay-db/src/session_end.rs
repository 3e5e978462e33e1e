//! `POST /events`: an identity provider says that a person's sessions are over (RFC 8935, CAEP 1.0
//! section 3.1), and whatever was granted for sign-ins before then ends at once; or that a person
//! has no card that opens, has one again, or is gone (RISC 1.0), and the person's mandates follow.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use warifu_pki::jose::JoseError;
use warifu_pki::security_event::{Event, EventReceiver, SecurityEvent, refusal};
use warifu_service::Problem;
use warifu_service::tls::PeerCertificate;

use crate::proxies::Standing;
use crate::relay::Relay;
use crate::revocations::SignIn;
use crate::token::log_problem;
use crate::{events, proxies};

const MEDIA_TYPE: &str = "application/secevent+jwt";

/// An identity provider whose events are taken.
#[derive(Debug)]
pub(crate) struct Informant {
    /// The party that its certificate names.
    pub party: String,
    /// Believes its events.
    pub receiver: EventReceiver,
}

/// A refused event (RFC 8935 section 2.3).
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct EventError {
    /// One of RFC 8935 section 2.4, e.g. `invalid_key`.
    err: &'static str,
    /// One English sentence.
    description: &'static str,
}

/// Why an event was not taken.
pub(crate) enum Refusal {
    /// The sender's fault: trying again does not help.
    Event(EventError),
    /// A stranger, or a failure of ours.
    Problem(Problem),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Event(error) => (StatusCode::BAD_REQUEST, Json(error)).into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// Takes an event. The same again is taken again, and changes nothing.
#[utoipa::path(
    post,
    path = "/events",
    request_body(content = String, content_type = "application/secevent+jwt",
                 description = "A signed security event (RFC 8417): session-revoked, \
                                account-disabled, account-enabled, account-purged"),
    responses(
        (status = 202, description = "It has taken effect"),
        (status = 400, description = "RFC 8935 section 2.3", body = EventError),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
        (status = 503, description = "The log is busy", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn receive(
    State(relay): State<Relay>,
    peer: Option<Extension<PeerCertificate>>,
    headers: HeaderMap,
    token: String,
) -> Result<StatusCode, Refusal> {
    let known = informants_of(&relay, peer).map_err(Refusal::Problem)?;
    let told = open(&known, &headers, &token, &relay).map_err(Refusal::Event)?;
    let party = known.first().map_or("", |informant| informant.party.as_str());
    obey(&relay, party, &told).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn obey(relay: &Relay, party: &str, told: &SecurityEvent) -> Result<(), Refusal> {
    let standing = match told.event {
        Event::SessionRevoked { event_timestamp } => {
            // Sign-ins are told apart by the second; those of the very second count as later.
            let at = event_timestamp - 1;
            let ended = SignIn { issuer: &told.iss, subject: &told.subject, at };
            return end(relay, party, ended, &told.jti).await.map_err(Refusal::Problem);
        }
        Event::AccountDisabled => Standing::Opens(false),
        Event::AccountEnabled => Standing::Opens(true),
        Event::AccountPurged => Standing::Gone,
        _ => return Err(Refusal::Event(request("this event is not for the relay"))),
    };
    let at = Timestamp::from_second(told.iat).unwrap_or(Timestamp::MAX);
    proxies::apply(relay, party, &told.subject, standing, at).await.map_err(Refusal::Problem)
}

fn informants_of(
    relay: &Relay,
    peer: Option<Extension<PeerCertificate>>,
) -> Result<Vec<&Informant>, Problem> {
    let Some(Extension(peer)) = peer else {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "peer.none"));
    };
    let is_peer = |informant: &&Informant| Some(&informant.party) == peer.party.as_ref();
    let known: Vec<_> = relay.informants().iter().filter(is_peer).collect();
    if known.is_empty() {
        let named = peer.party.as_deref().unwrap_or("nobody");
        let refusal = Problem::new(StatusCode::FORBIDDEN, "peer.unknown");
        return Err(refusal.caused_by(&format_args!("the certificate names {named}")));
    }
    Ok(known)
}

/// Believes the event of any of these; of several refusals, gives the one by the provider whose key
/// it names.
fn open(
    known: &[&Informant],
    headers: &HeaderMap,
    token: &str,
    relay: &Relay,
) -> Result<SecurityEvent, EventError> {
    let kind = headers.get(header::CONTENT_TYPE).map(header::HeaderValue::as_bytes);
    if kind != Some(MEDIA_TYPE.as_bytes()) {
        return Err(request("the content type must be application/secevent+jwt"));
    }
    let mut refused = JoseError::WrongHeader;
    for informant in known {
        match informant.receiver.open(token, relay.surroundings().now()) {
            Err(JoseError::WrongHeader) => {}
            Err(error) => refused = error,
            Ok(event) => return Ok(event),
        }
    }
    tracing::warn!(%refused, "a security event was refused");
    Err(EventError { err: refusal(&refused), description: "the event is not believed" })
}

fn request(description: &'static str) -> EventError {
    EventError { err: "invalid_request", description }
}

/// The log first: no change without its entry. What is known already changes nothing.
async fn end(relay: &Relay, party: &str, ended: SignIn<'_>, jti: &str) -> Result<(), Problem> {
    let grants = relay.grants();
    if !grants.would_revoke(ended).await? {
        return Ok(());
    }
    let ground = format!("event {jti} of {}", ended.issuer);
    let entry = events::session_revoked(party, ended.subject, ground);
    relay.log().append(entry).await.map_err(|error| log_problem(&error))?;
    Ok(grants.revoke(ended).await?)
}
