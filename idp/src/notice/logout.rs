//! Telling a service provider that a session is over (SAML profiles §4.4, SOAP binding): a signed
//! LogoutRequest from server to server.

use reqwest::header::CONTENT_TYPE;
use warifu_saml::{IssueError, LogoutResponse, MessageError, Status, gate, soap};

use crate::centre::Centre;
use crate::logout::message;
use crate::provider::Provider;
use crate::store::Party;

const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// Why a service provider was not told.
#[derive(Debug, thiserror::Error)]
pub(super) enum LogoutError {
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

impl LogoutError {
    /// Whether trying again could help.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::UnknownProvider | Self::NoAddress)
    }
}

/// Tells a provider, by the names under which it knows the session.
pub(super) async fn tell(centre: &Centre, party: &Party) -> Result<(), LogoutError> {
    let providers = centre.providers();
    let provider = providers.find(&party.provider).ok_or(LogoutError::UnknownProvider)?;
    let address = provider.logout_address().ok_or(LogoutError::NoAddress)?;
    let request = message::request(centre, party, address);
    let signed = request.to_signed_xml(centre.keys.saml(provider.signing))?;
    let answer = post(centre, address, soap::wrap(&signed)).await?;
    check(centre, provider, &request.id, &answer)
}

async fn post(centre: &Centre, address: &str, body: String) -> Result<Vec<u8>, LogoutError> {
    let request = centre.client.post(address).header(CONTENT_TYPE, "text/xml").body(body);
    let mut response = request
        .header("SOAPAction", "http://www.oasis-open.org/committees/security")
        .send()
        .await?;
    if !response.status().is_success() {
        return Err(LogoutError::HttpStatus(response.status()));
    }
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if answer.len() + chunk.len() > MOST_ANSWER_BYTES {
            return Err(LogoutError::TooLarge);
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
) -> Result<(), LogoutError> {
    let message = soap::unwrap(envelope)?;
    let answer = LogoutResponse::verify(message, &provider.entity_id, &provider.role.signing)?;
    answer.check(request, &centre.entity_id, centre.now())?;
    match answer.status {
        Status::Success => Ok(()),
        other => Err(LogoutError::Refused(other)),
    }
}
