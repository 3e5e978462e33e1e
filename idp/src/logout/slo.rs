//! `GET /saml/slo`: single logout through the browser (SAML profiles §4.4, HTTP-Redirect).
//!
//! What ends is the session that the service provider names. Whose browser brings the message says
//! nothing: another session of this browser goes on.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use warifu_saml::Status;
use warifu_service::Problem;

use super::arrival::{self, Answer, Arrival, Request, SloError};
use super::{Begin, begin, message, walk};
use crate::browser::Browser;
use crate::centre::Centre;
use crate::store::{Asked, LogoutAsker};

/// Takes a LogoutRequest or a LogoutResponse.
pub(crate) async fn take_message(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (providers, here) = (centre.providers(), centre.config.slo_url());
    match arrival::read(&query.unwrap_or_default(), &providers, &here, centre.now())? {
        Arrival::Request(request) => obey(&centre, &browser, request).await,
        Arrival::Response(answer) => note(&centre, &browser, &answer).await,
    }
}

/// Ends what a service provider names.
async fn obey(
    centre: &Arc<Centre>,
    browser: &Browser,
    request: Request<'_>,
) -> Result<Response, Problem> {
    let Request { provider, message, relay_state } = request;
    let (store, entity_id) = (&centre.store, &provider.entity_id);
    let claimed = Asked { id: message.id.clone(), at: message.issue_instant };
    if !store.claim_request(entity_id, &claimed).await? {
        return Err(SloError::Replayed.into());
    }
    let (name, indexes) = (&message.name_id.value, &message.session_indexes);
    let sessions = store.sessions_named(entity_id, name, indexes).await?;
    if browser.session().is_some_and(|own| !sessions.contains(&own)) {
        tracing::info!("a service provider named another session than that of this browser");
    }
    let asker =
        LogoutAsker { provider: entity_id.clone(), request: message.id.clone(), relay_state };
    let what = Begin { sessions: &sessions, asker: Some(asker.clone()) };
    match begin(centre, browser, what).await? {
        Some(response) => Ok(response),
        None => message::carry_answer(centre, provider, &asker, Status::UnknownPrincipal),
    }
}

/// Notes how it went at a service provider that was asked through this browser, and goes on.
async fn note(
    centre: &Centre,
    browser: &Browser,
    answer: &Answer<'_>,
) -> Result<Response, Problem> {
    let (store, now) = (&centre.store, centre.now());
    let (entity_id, request) = (&answer.provider.entity_id, &answer.message.in_response_to);
    let asked = store.logout_asking(entity_id, request, now).await?;
    let (logout, place) = asked.ok_or(SloError::Unasked)?;
    if browser.login().as_ref() != Some(&logout.browser) {
        return Err(SloError::OtherBrowser.into());
    }
    let status = answer.message.status;
    tracing::info!(?status, provider = entity_id, "a service provider answered a logout");
    if !store.settle_step(&logout.id, place, status == Status::Success).await? {
        return Err(SloError::Unasked.into());
    }
    walk::go_on(centre, &logout).await
}
