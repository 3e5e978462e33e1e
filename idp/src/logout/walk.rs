//! The way of a logout through the browser: from one service provider to the next, and at the end
//! to the one that asked.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use warifu_saml::Status;
use warifu_service::Problem;

use super::message;
use crate::browser::Browser;
use crate::centre::Centre;
use crate::store::{Logout, Step};

/// The page that says how far it has come.
pub(super) const SERVICES: &str = "/logout/services";

/// `GET /logout/next`: goes on with the logout of this browser.
pub(crate) async fn next(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
) -> Result<Response, Problem> {
    match current(&centre, &browser).await? {
        Some(logout) => go_on(&centre, &logout).await,
        None => Ok(Redirect::to("/logout").into_response()),
    }
}

/// The logout that this browser is on.
pub(super) async fn current(centre: &Centre, browser: &Browser) -> Result<Option<Logout>, Problem> {
    let Some(secret) = browser.login() else { return Ok(None) };
    Ok(centre.store.logout_in(&secret, centre.now()).await?)
}

/// To the next service provider that waits to be told; to the one that asked; or to the page that
/// says how it went.
pub(super) async fn go_on(centre: &Centre, logout: &Logout) -> Result<Response, Problem> {
    for step in logout.waiting() {
        if let Some(response) = ask(centre, logout, step).await? {
            return Ok(response);
        }
    }
    if let Some(response) = answer(centre, &logout.id).await? {
        return Ok(response);
    }
    Ok(Redirect::to(SERVICES).into_response())
}

/// Sends the browser to a service provider; `None` when it cannot be told, or was sent there before.
async fn ask(centre: &Centre, logout: &Logout, step: &Step) -> Result<Option<Response>, Problem> {
    let (providers, place) = (centre.providers(), step.place);
    let provider = providers.find(&step.party.provider);
    let Some((provider, address)) =
        provider.and_then(|one| Some((one, message::request_address(one)?)))
    else {
        centre.store.settle_step(&logout.id, place, false).await?;
        return Ok(None);
    };
    let request = message::request(centre, &step.party, address);
    if !centre.store.ask_step(&logout.id, place, &request.id).await? {
        return Ok(None);
    }
    if let Ok(response) = message::carry_request(centre, provider, &request) {
        return Ok(Some(response));
    }
    centre.store.settle_step(&logout.id, place, false).await?;
    Ok(None)
}

/// The answer to the service provider that asked, once; it says no more than what is confirmed by
/// now.
async fn answer(centre: &Centre, id: &str) -> Result<Option<Response>, Problem> {
    let Some(logout) = centre.store.logout(id, centre.now()).await? else { return Ok(None) };
    let (providers, confirmed) = (centre.providers(), logout.is_confirmed());
    let Some(asker) = logout.asker.filter(|_| !logout.answered) else { return Ok(None) };
    let Some(provider) = providers.find(&asker.provider) else { return Ok(None) };
    if !centre.store.answer_logout(id, centre.now()).await? {
        return Ok(None);
    }
    let status = if confirmed { Status::Success } else { Status::PartialLogout };
    message::carry_answer(centre, provider, &asker, status).map(Some)
}
