//! `GET /saml/slo`: single logout through the browser (SAML profiles §4.4, HTTP-Redirect). An
//! identity provider ends sessions here, or says how the logout went that began here.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::SignedDuration;
use url::form_urlencoded;
use warifu_saml::metadata::Endpoint;
use warifu_saml::names::BINDING_REDIRECT;
use warifu_saml::redirect::{self, Received};
use warifu_saml::{
    LogoutRequest, LogoutResponse, MessageError, RedirectError, RedirectParameter, Status,
    random_id,
};
use warifu_service::Problem;

use super::browser::Browser;
use super::names::Names;
use super::providers::Provider;
use super::requests::{self, Purpose};
use super::sessions;
use crate::access::SignedIn;
use crate::shared::{App, Shared};

/// How long a request to end a session may be acted upon.
const REQUEST_LASTS: SignedDuration = SignedDuration::from_mins(5);
/// For longer than a request could come again: it is stale after a few minutes.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(30);

/// Why a message is not acted upon.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("neither a request nor an answer, or both")]
    Neither,
    #[error("{}", .0.code())]
    Query(#[from] RedirectError),
    #[error("{}", .0.code())]
    Message(#[from] MessageError),
    #[error("saml.identity-provider")]
    UnknownProvider,
    #[error("it names no destination, as signed messages must")]
    NoDestination,
    #[error("the metadata has no address that an answer could go to")]
    NoAddress,
    #[error("saml.replayed")]
    Replayed,
    #[error("saml.request-unknown")]
    Unasked,
}

impl From<Refusal> for Problem {
    fn from(cause: Refusal) -> Self {
        Self::new(StatusCode::FORBIDDEN, "logout.refused").caused_by(&cause)
    }
}

/// Takes a LogoutRequest or a LogoutResponse.
pub async fn slo(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    match (carries(&query, "SAMLRequest"), carries(&query, "SAMLResponse")) {
        (true, false) => obey(&app, &query).await,
        (false, true) => conclude(&app, &headers, &query).await,
        _ => Err(Refusal::Neither.into()),
    }
}

/// The request to the identity provider of `me` to end the session there; `None` where it takes
/// none through the browser, or gave no name to tell back.
pub async fn ask(
    app: &Shared,
    headers: &HeaderMap,
    me: &SignedIn,
    onward: &str,
) -> Result<Option<Response>, Problem> {
    let provider = app.saml.providers.find(&me.issuer, app.surroundings.now());
    let Some((provider, names)) = provider.zip(me.names.as_ref()) else { return Ok(None) };
    let Some(endpoint) = provider.role.slo_at(BINDING_REDIRECT) else { return Ok(None) };
    let request = request(app, names, &endpoint.location);
    let browser = Browser::of(headers).unwrap_or_else(|| Browser::new(app));
    let idp = &provider.entity_id;
    requests::remember(app, &request.id, &browser, idp, Purpose::Logout, onward).await?;
    let xml = request.to_xml().map_err(|cause| Problem::internal(&cause))?;
    let mut response = carry(app, &endpoint.location, RedirectParameter::Request, &xml, None)?;
    let cookie = browser.cookie().ok_or_else(|| Problem::internal(&"no cookie"))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(Some(response))
}

fn request(app: &Shared, names: &Names, address: &str) -> LogoutRequest {
    let (now, mut random) = (app.surroundings.now(), random(app));
    LogoutRequest {
        id: random_id(&mut random),
        issuer: app.saml.own.provider.entity_id.clone(),
        issue_instant: now,
        destination: Some(address.to_owned()),
        not_on_or_after: Some(now + REQUEST_LASTS),
        name_id: names.name_id(),
        session_indexes: names.session_index().map(str::to_owned).into_iter().collect(),
    }
}

/// Ends what an identity provider names, and sends the browser back to it.
async fn obey(app: &App, query: &str) -> Result<Response, Problem> {
    let (provider, request, relay_state) = read_request(app, query)?;
    let (idp, until) = (&provider.entity_id, app.surroundings.now() + REMEMBERED);
    if !requests::first_use(app, idp, &request.id, until).await? {
        return Err(Refusal::Replayed.into());
    }
    let name = &request.name_id.value;
    let ended = sessions::end(app, idp, name, &request.session_indexes).await?;
    tracing::info!(ended, "sessions were ended by their identity provider, through the browser");
    let endpoint = provider.role.slo_at(BINDING_REDIRECT).ok_or(Refusal::NoAddress)?;
    let address = endpoint.response_address();
    // Whatever was named is over now, and it does not matter whether it was over before.
    let answer = LogoutResponse {
        id: random_id(&mut random(app)),
        issuer: app.saml.own.provider.entity_id.clone(),
        in_response_to: request.id,
        issue_instant: app.surroundings.now(),
        destination: Some(address.to_owned()),
        status: Status::Success,
    };
    let xml = answer.to_xml().map_err(|cause| Problem::internal(&cause))?;
    carry(app, address, RedirectParameter::Response, &xml, relay_state.as_deref())
}

fn read_request(
    app: &Shared,
    query: &str,
) -> Result<(Arc<Provider>, LogoutRequest, Option<String>), Refusal> {
    let received = redirect::receive(query, RedirectParameter::Request)?;
    let request = LogoutRequest::parse(&received.xml)?;
    let provider = issuer(app, &request.issuer, &received)?;
    request.destination.as_ref().ok_or(Refusal::NoDestination)?;
    request.check(&app.saml.own.slo_url, app.surroundings.now())?;
    let endpoint: Option<&Endpoint> = provider.role.slo_at(BINDING_REDIRECT);
    endpoint.ok_or(Refusal::NoAddress)?;
    Ok((provider, request, received.relay_state))
}

/// Says truly how the logout went that began here, in this browser.
async fn conclude(app: &Shared, headers: &HeaderMap, query: &str) -> Result<Response, Problem> {
    let (provider, answer) = read_answer(app, query)?;
    let asked = &answer.in_response_to;
    let pending = requests::find(app, asked).await?.ok_or(Refusal::Unasked)?;
    let here = Browser::of(headers).is_some_and(|browser| browser.key(app) == pending.browser);
    let fits = pending.purpose == Purpose::Logout
        && pending.identity_provider == provider.entity_id
        && here;
    if !fits || !requests::take(app, asked).await? {
        return Err(Refusal::Unasked.into());
    }
    tracing::info!(status = ?answer.status, "the identity provider answered a logout");
    // Where it knows of no session, none goes on.
    let over = matches!(answer.status, Status::Success | Status::UnknownPrincipal);
    let page = super::logout::page_after(&pending.onward);
    let query = if over { "" } else { "?partly" };
    Ok(Redirect::to(&format!("{page}{query}")).into_response())
}

fn read_answer(app: &Shared, query: &str) -> Result<(Arc<Provider>, LogoutResponse), Refusal> {
    let received = redirect::receive(query, RedirectParameter::Response)?;
    let answer = LogoutResponse::parse(&received.xml)?;
    let provider = issuer(app, &answer.issuer, &received)?;
    answer.destination.as_ref().ok_or(Refusal::NoDestination)?;
    answer.check(&answer.in_response_to, &app.saml.own.slo_url, app.surroundings.now())?;
    Ok((provider, answer))
}

/// The trusted identity provider that made the message; its signature over the query must be there
/// and hold.
fn issuer(app: &Shared, issuer: &str, received: &Received) -> Result<Arc<Provider>, Refusal> {
    let provider = app.saml.providers.find(issuer, app.surroundings.now());
    let provider = provider.ok_or(Refusal::UnknownProvider)?;
    received.verify(&provider.role.signing)?;
    Ok(provider)
}

fn carries(query: &str, name: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(found, _)| found == name)
}

/// Sends the browser on with a message. An address out of metadata may be one that no header can
/// carry.
fn carry(
    app: &Shared,
    address: &str,
    parameter: RedirectParameter,
    xml: &str,
    relay_state: Option<&str>,
) -> Result<Response, Problem> {
    let signer = &app.saml.own.signer;
    let url = redirect::url(address, parameter, xml, relay_state, Some(signer))
        .map_err(|cause| Problem::internal(&cause))?;
    let url = HeaderValue::try_from(url).map_err(|cause| Problem::internal(&cause))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response())
}

fn random(app: &Shared) -> impl FnMut(&mut [u8]) {
    |bytes| app.surroundings.entropy.fill(bytes)
}
