//! The end of a sign-in: back to the service provider, with an answer or without, or on to our own
//! pages.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_saml::Status;
use warifu_service::Problem;

use super::{own_login, own_secret, stale};
use crate::answer::{Behind, Reply};
use crate::assurance::Level;
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::consent::{self, Standing};
use crate::store::{Login, Outcome, Session, Task};
use crate::view::View;

/// Names the sign-in.
#[derive(Deserialize)]
pub(crate) struct Which {
    tx: String,
}

/// `GET /login/done`: answers the service provider, which uses the sign-in up; or asks the person
/// first whether to.
pub(crate) async fn done(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let (secret, now) = (own_secret(&browser)?, centre.now());
    let (login, session) = match centre.store.signed_in(&which.tx, &secret, now).await? {
        Some((login, session)) => (login, Some(session)),
        None => (own_login(&centre, &browser, &which.tx).await?, None),
    };
    let outcome = login.outcome.as_ref().ok_or_else(stale)?;
    let Some(asker) = &login.asker else {
        take(&centre, &browser, &which.tx, true).await?;
        return Ok(after_own(&login));
    };
    let providers = centre.providers();
    let reply = Reply::to(&centre, asker, &providers)?;
    if outcome.session.is_none() {
        take(&centre, &browser, &which.tx, true).await?;
        return tapped(&reply, &login, outcome, &browser, &view).await;
    }
    let session = session.ok_or_else(stale)?;
    if !reply.is_about(&session).await? {
        take(&centre, &browser, &which.tx, true).await?;
        return reply.decline(Status::UnknownPrincipal, &view);
    }
    match consent::standing(&reply, &session).await? {
        Standing::Open(open) => consent::ask(&reply, &login.id, &open, &view),
        Standing::Agreed(agreed) => {
            let uses_up = Some((login.id.as_str(), secret));
            let behind = Behind { ends_at: outcome.ends_at, uses_up };
            reply.person(&session, agreed, behind, &view).await
        }
    }
}

/// Tells the desk whose card was tapped, if it is still the same desk.
async fn tapped(
    reply: &Reply<'_>,
    login: &Login,
    outcome: &Outcome,
    browser: &Browser,
    view: &View,
) -> Result<Response, Problem> {
    let session = reply.centre.session(browser).await?;
    let same = session.filter(|session| login.within.as_ref() == Some(&session.id));
    let signed_out = || refuse(StatusCode::FORBIDDEN, "desk.signed-out");
    let desk = same.filter(Session::may_tap).ok_or_else(signed_out)?;
    if login.level == Level::Identifier {
        return reply.candidate(&outcome.person, outcome.authenticated_at, view).await;
    }
    reply.presence(&desk, &outcome.person, outcome.authenticated_at, view).await
}

/// Nobody waits for an answer: on to the page that was asked for, or to the person's own cards.
fn after_own(login: &Login) -> Response {
    let page = match (&login.onward, login.task) {
        (_, Task::Activate) => "/cards?activated",
        (Some(page), _) => page.as_str(),
        (None, _) => "/cards",
    };
    Redirect::to(page).into_response()
}

/// `POST /login/cancel`: tells the service provider that nobody signed in.
pub(crate) async fn cancel(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Form(which): Form<Which>,
) -> Result<Response, Problem> {
    let login = take(&centre, &browser, &which.tx, false).await?;
    let Some(asker) = &login.asker else {
        let page = if login.task == Task::AddCard { "/cards" } else { "/" };
        return Ok(Redirect::to(page).into_response());
    };
    let providers = centre.providers();
    Reply::to(&centre, asker, &providers)?.decline(Status::AuthnFailed, &view)
}

/// Takes the sign-in out, with its outcome (`finished`) or before it has one: of several that try, one
/// gets it.
pub(crate) async fn take(
    centre: &Centre,
    browser: &Browser,
    tx: &str,
    finished: bool,
) -> Result<Login, Problem> {
    let secret = own_secret(browser)?;
    centre.store.take_login(tx, &secret, finished, centre.now()).await?.ok_or_else(stale)
}
