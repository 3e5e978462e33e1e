//! Logout messages to service providers: what they say, and the addresses they go to, which are
//! those in the metadata and no others.

use axum::http::HeaderValue;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::SignedDuration;
use warifu_saml::names::BINDING_REDIRECT;
use warifu_saml::{
    LogoutRequest, LogoutResponse, RedirectError, RedirectParameter, Status, random_id, redirect,
};
use warifu_service::Problem;

use crate::centre::Centre;
use crate::provider::Provider;
use crate::store::{LogoutAsker, Party, Way};

/// How long a request to end a session may be acted upon.
const REQUEST_LASTS: SignedDuration = SignedDuration::from_mins(5);

/// How a service provider takes logouts. From server to server is surer, but goes over TLS only.
pub(super) fn way(provider: &Provider) -> Way {
    if provider.logout_address().is_some_and(|address| address.starts_with("https://")) {
        Way::Server
    } else if request_address(provider).is_some() {
        Way::Browser
    } else {
        Way::None
    }
}

/// Where the browser takes a request to.
pub(super) fn request_address(provider: &Provider) -> Option<&str> {
    provider.role.slo_at(BINDING_REDIRECT).map(|endpoint| endpoint.location.as_str())
}

/// Where the browser takes an answer to.
pub(super) fn response_address(provider: &Provider) -> Option<&str> {
    provider.role.slo_at(BINDING_REDIRECT).map(warifu_saml::metadata::Endpoint::response_address)
}

/// The request to end the session that a service provider knows by these names, which are those of
/// the assertion.
pub(crate) fn request(centre: &Centre, party: &Party, address: &str) -> LogoutRequest {
    let now = centre.now();
    LogoutRequest {
        id: random_id(&mut centre.random()),
        issuer: centre.entity_id.clone(),
        issue_instant: now,
        destination: Some(address.to_owned()),
        not_on_or_after: Some(now + REQUEST_LASTS),
        name_id: party.name(&centre.entity_id),
        session_indexes: vec![party.session_index.clone()],
    }
}

/// Sends the browser on with that request.
pub(super) fn carry_request(
    centre: &Centre,
    provider: &Provider,
    request: &LogoutRequest,
) -> Result<Response, Problem> {
    let address = request.destination.as_deref().unwrap_or_default();
    let xml = request.to_xml().map_err(|cause| Problem::internal(&cause))?;
    let signer = centre.keys.saml(provider.signing);
    go(redirect::url(address, RedirectParameter::Request, &xml, None, Some(signer)))
}

/// Sends the browser back to the service provider that asked.
pub(super) fn carry_answer(
    centre: &Centre,
    provider: &Provider,
    asker: &LogoutAsker,
    status: Status,
) -> Result<Response, Problem> {
    let address = response_address(provider).unwrap_or_default();
    let answer = LogoutResponse {
        id: random_id(&mut centre.random()),
        issuer: centre.entity_id.clone(),
        issue_instant: centre.now(),
        destination: Some(address.to_owned()),
        in_response_to: asker.request.clone(),
        status,
    };
    tracing::info!(?status, provider = asker.provider, "answered a logout");
    let xml = answer.to_xml().map_err(|cause| Problem::internal(&cause))?;
    let (state, signer) = (asker.relay_state.as_deref(), centre.keys.saml(provider.signing));
    go(redirect::url(address, RedirectParameter::Response, &xml, state, Some(signer)))
}

/// An address out of metadata may be one that no header can carry.
fn go(address: Result<String, RedirectError>) -> Result<Response, Problem> {
    let address = address.map_err(|cause| Problem::internal(&cause))?;
    let address = HeaderValue::try_from(address).map_err(|cause| Problem::internal(&cause))?;
    let mut response = Redirect::to("/").into_response();
    response.headers_mut().insert(LOCATION, address);
    Ok(response)
}
