//! Telling relay and card office by security events (RFC 8417), pushed as RFC 8935 says. The same
//! notice is the same event however often it is tried.

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use warifu_pki::jose::JoseError;
use warifu_pki::security_event::{Event, SecurityEvent};
use warifu_service::tls::{self, ClientConfig, TlsError};

use super::PATIENCE;
use crate::centre::Centre;
use crate::pairwise::{CARD_OFFICE, RELAY};
use crate::store::{Message, Notice, Standing, StoreError, receiver};

/// Somebody who takes security events.
pub(crate) struct Listener {
    url: String,
    audience: String,
    client: reqwest::Client,
}

impl Listener {
    /// The one at `url` whose server certificate bears the name of `party`.
    pub(crate) fn new(
        url: &str,
        audience: &str,
        party: &str,
        outgoing: &ClientConfig,
    ) -> Result<Self, TlsError> {
        let client = tls::client_to(party, outgoing, PATIENCE)?;
        Ok(Self { url: url.to_owned(), audience: audience.to_owned(), client })
    }
}

/// Why somebody was not told.
#[derive(Debug, thiserror::Error)]
pub(super) enum EventError {
    #[error("nobody of this name takes events")]
    UnknownReceiver,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the event could not be signed: {0}")]
    Sign(#[from] JoseError),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("it answered with status {0}")]
    Status(StatusCode),
}

impl EventError {
    /// Whether trying again could help. What the receiver refuses for good it answers with 400
    /// (RFC 8935 §2.3); all else may be put right there.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::UnknownReceiver | Self::Status(StatusCode::BAD_REQUEST))
    }
}

/// Tells whoever the notice is for, if it concerns them.
pub(super) async fn tell(centre: &Centre, notice: &Notice) -> Result<(), EventError> {
    let listener = match notice.receiver.as_str() {
        receiver::RELAY => centre.relay.as_ref(),
        receiver::CARD_OFFICE => centre.card_office.as_ref(),
        _ => None,
    };
    let listener = listener.ok_or(EventError::UnknownReceiver)?;
    let Some((subject, event)) = content(centre, notice).await? else { return Ok(()) };
    let event = SecurityEvent {
        iss: centre.config.public_url.as_str().to_owned(),
        aud: listener.audience.clone(),
        jti: notice.id.clone(),
        iat: notice.made_at.as_second(),
        subject,
        event,
    };
    push(listener, centre.keys.events.issue(&event)?).await
}

/// Whom the receiver is told of, by the receiver's own name for them, and what.
async fn content(centre: &Centre, notice: &Notice) -> Result<Option<(String, Event)>, EventError> {
    Ok(match &notice.message {
        Message::CardActivated { holder_reference } => {
            Some((holder_reference.clone(), Event::CardActivated))
        }
        Message::SessionRevoked { person, before } => {
            let of_office = notice.receiver == receiver::CARD_OFFICE;
            // The card office knows its own staff; when anybody else comes and goes is nothing to it.
            if of_office && !centre.person(person).await?.is_of_card_office() {
                return Ok(None);
            }
            let sector = if of_office { CARD_OFFICE } else { RELAY };
            let subject = centre.keys.pairwise.subject(sector, person);
            Some((subject, Event::SessionRevoked { event_timestamp: *before }))
        }
        Message::Standing { person, standing } => {
            let event = match standing {
                Standing::Open => Event::AccountEnabled,
                Standing::Closed => Event::AccountDisabled,
                Standing::Gone => Event::AccountPurged,
            };
            Some((centre.keys.pairwise.subject(RELAY, person), event))
        }
        Message::Logout { .. } => None,
    })
}

async fn push(listener: &Listener, token: String) -> Result<(), EventError> {
    let request = listener.client.post(&listener.url).body(token);
    let request = request.header(CONTENT_TYPE, "application/secevent+jwt");
    let status = request.header("accept", "application/json").send().await?.status();
    if status.is_success() { Ok(()) } else { Err(EventError::Status(status)) }
}
