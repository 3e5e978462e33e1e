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

use super::{own_secret, stale};
use crate::answer::Reply;
use crate::assurance::Level;
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::provider::Providers;
use crate::store::{Asker, Login, Outcome, Task};
use crate::view::View;

/// Names the sign-in.
#[derive(Deserialize)]
pub(crate) struct Which {
    tx: String,
}

/// `GET /login/done`: answers the service provider. The sign-in is used up.
pub(crate) async fn done(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let login = take(&centre, &browser, &which.tx, true).await?;
    let outcome = login.outcome.clone().ok_or_else(stale)?;
    let Some(asker) = &login.asker else { return Ok(after_own(&login)) };
    let providers = centre.providers();
    let reply = reply(&centre, asker, login.level, &providers)?;
    match outcome {
        Outcome { session: Some(id), ends_at, .. } => {
            let session = centre.store.session(&id, centre.idle(), centre.now()).await?;
            reply.person(&session.ok_or_else(stale)?, ends_at, &view).await
        }
        Outcome { person, authenticated_at, .. } => {
            let session = centre.session(&browser).await?;
            let same = session.filter(|session| login.within.as_ref() == Some(&session.id));
            let signed_out = || refuse(StatusCode::FORBIDDEN, "desk.signed-out");
            let (desk, staff) = centre.desk(same).await?.ok_or_else(signed_out)?;
            reply.presence((&desk, &staff), &person, authenticated_at, &view).await
        }
    }
}

/// Nobody waits for an answer: on to the person's own cards.
fn after_own(login: &Login) -> Response {
    let page = if login.task == Task::Activate { "/cards?activated" } else { "/cards" };
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
    reply(&centre, asker, login.level, &providers)?.decline(Status::AuthnFailed, &view)
}

async fn take(
    centre: &Centre,
    browser: &Browser,
    tx: &str,
    finished: bool,
) -> Result<Login, Problem> {
    let secret = own_secret(browser)?;
    centre.store.take_login(tx, &secret, finished, centre.now()).await?.ok_or_else(stale)
}

fn reply<'a>(
    centre: &'a Centre,
    asker: &'a Asker,
    level: Level,
    providers: &'a Providers,
) -> Result<Reply<'a>, Problem> {
    Ok(Reply {
        centre,
        provider: providers.find(&asker.provider).ok_or_else(stale)?,
        acs: &asker.acs,
        request: &asker.request,
        relay_state: asker.relay_state.as_deref(),
        level,
    })
}
