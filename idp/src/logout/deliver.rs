//! Telling the service providers (SAML profiles §4.4, SOAP binding): a signed LogoutRequest from
//! server to server, tried a few times, and the log says truly how it went.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::CONTENT_TYPE;
use warifu_saml::names::NAMEID_TRANSIENT;
use warifu_saml::{
    IssueError, LogoutRequest, LogoutResponse, MessageError, NameId, Status, gate, random_id, soap,
};

use crate::centre::Centre;
use crate::provider::Provider;
use crate::store::{Logout, StoreError};

/// Attempts for one provider; the last one comes a minute and a half after the first.
const MOST_ATTEMPTS: i64 = 6;
/// A call that takes longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How often to look for what other nodes left over.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// Why a service provider was not told.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error("not in the federation any more")]
    UnknownProvider,
    #[error("its metadata has no SOAP address for logouts")]
    NoAddress,
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("it answered with status {0}")]
    HttpStatus(reqwest::StatusCode),
    #[error("its answer is too large")]
    TooLarge,
    #[error("its answer is not an envelope: {0}")]
    Envelope(#[from] gate::GateError),
    #[error("its answer is not believed: {0}")]
    Answer(#[from] MessageError),
    #[error("it did not end the session: {0:?}")]
    Refused(Status),
}

impl DeliveryError {
    /// Whether trying again could help.
    fn is_final(&self) -> bool {
        matches!(self, Self::UnknownProvider | Self::NoAddress)
    }
}

/// Delivers what is due, for ever: at once when the bell rings, and every few seconds.
pub(crate) async fn deliver(centre: &Centre) {
    loop {
        if let Err(error) = deliver_due(centre).await {
            tracing::error!(%error, "logouts could not be read");
        }
        let _ = tokio::time::timeout(LOOK_EVERY, centre.logout_bell.notified()).await;
    }
}

/// Delivers what is due now, to several providers side by side.
pub(super) async fn deliver_due(centre: &Centre) -> Result<(), StoreError> {
    let due = centre.store.due_logouts(centre.now()).await?;
    let attempts = due.iter().map(|logout| attempt(centre, logout));
    futures::future::join_all(attempts).await.into_iter().collect()
}

async fn attempt(centre: &Centre, logout: &Logout) -> Result<(), StoreError> {
    if !centre.store.claim_logout(logout, next_due(centre.now(), logout)).await? {
        return Ok(());
    }
    let (provider, attempt) = (&logout.provider, logout.attempts + 1);
    match tell(centre, logout).await {
        Ok(()) => tracing::info!(provider, attempt, "a service provider ended its session"),
        Err(error) if error.is_final() || attempt >= MOST_ATTEMPTS => {
            tracing::error!(provider, attempt, %error, "a logout was given up: the session may go on");
        }
        Err(error) => {
            tracing::warn!(provider, attempt, %error, "a service provider was not told yet");
            return Ok(());
        }
    }
    centre.store.forget_logout(logout).await
}

/// 2, 4, 8 … seconds after this attempt, and never while it may still be under way.
fn next_due(now: Timestamp, logout: &Logout) -> Timestamp {
    let doublings = u32::try_from(logout.attempts.clamp(0, MOST_ATTEMPTS)).unwrap_or(0);
    let pause = SignedDuration::from_secs(2_i64.pow(doublings + 1));
    now + pause + SignedDuration::from_secs(5)
}

async fn tell(centre: &Centre, logout: &Logout) -> Result<(), DeliveryError> {
    let providers = centre.providers();
    let provider = providers.find(&logout.provider).ok_or(DeliveryError::UnknownProvider)?;
    let address = provider.logout_address().ok_or(DeliveryError::NoAddress)?;
    let request = request(centre, logout, address);
    let signed = request.to_signed_xml(centre.keys.saml(provider.signing))?;
    let answer = post(centre, address, soap::wrap(&signed)).await?;
    check(centre, provider, &request.id, &answer)
}

fn request(centre: &Centre, logout: &Logout, address: &str) -> LogoutRequest {
    let now = centre.now();
    LogoutRequest {
        id: random_id(&mut centre.random()),
        issuer: centre.entity_id.clone(),
        issue_instant: now,
        destination: Some(address.to_owned()),
        not_on_or_after: Some(now + SignedDuration::from_mins(5)),
        name_id: NameId {
            value: logout.name_id.clone(),
            format: Some(NAMEID_TRANSIENT.to_owned()),
            name_qualifier: None,
            sp_name_qualifier: None,
        },
        session_indexes: vec![logout.session_index.clone()],
    }
}

async fn post(centre: &Centre, address: &str, body: String) -> Result<Vec<u8>, DeliveryError> {
    let request = centre.client.post(address).header(CONTENT_TYPE, "text/xml").body(body);
    let mut response = request
        .header("SOAPAction", "http://www.oasis-open.org/committees/security")
        .send()
        .await?;
    if !response.status().is_success() {
        return Err(DeliveryError::HttpStatus(response.status()));
    }
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if answer.len() + chunk.len() > MOST_ANSWER_BYTES {
            return Err(DeliveryError::TooLarge);
        }
        answer.extend_from_slice(&chunk);
    }
    Ok(answer)
}

/// Believes the answer only when the provider signed it and says that the session is over.
fn check(
    centre: &Centre,
    provider: &Provider,
    request: &str,
    envelope: &[u8],
) -> Result<(), DeliveryError> {
    let message = soap::unwrap(envelope)?;
    let answer = LogoutResponse::verify(message, &provider.entity_id, &provider.role.signing)?;
    answer.check(request, &centre.entity_id, centre.now())?;
    match answer.status {
        Status::Success => Ok(()),
        other => Err(DeliveryError::Refused(other)),
    }
}
