//! The beginning of a logout: the sessions end, and whoever can be told from server to server is
//! told.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use warifu_service::Problem;

use super::{message, walk};
use crate::browser::{Browser, Cookie};
use crate::centre::Centre;
use crate::notice::deliver_now;
use crate::provider::Providers;
use crate::store::{LOGOUT_LASTS, LogoutAsker, NewLogout, SecretHash, Way, hash_of};

/// So long a person waits for those that are told from server to server. Who takes longer is visited
/// with the browser, or told all the same but has not confirmed.
const PATIENCE: Duration = Duration::from_secs(3);

/// What ends, and who wants it.
pub(crate) struct Begin<'a> {
    pub(crate) sessions: &'a [SecretHash],
    /// None: the person, here.
    pub(crate) asker: Option<LogoutAsker>,
}

/// Ends the sessions and tells those that can be told at once. Leads on to the rest, to the service
/// provider that asked, or to the page that says how it went. `None` when none of the sessions is
/// there any more.
pub(crate) async fn begin(
    centre: &Arc<Centre>,
    browser: &Browser,
    what: Begin<'_>,
) -> Result<Option<Response>, Problem> {
    let (id, secret) = (centre.reference(), browser.login_secret().map(str::to_owned));
    let secret = secret.unwrap_or_else(|| centre.surroundings.token());
    let Begin { sessions, asker } = what;
    let new = NewLogout { id: &id, browser: hash_of(&secret), asker: asker.as_ref(), sessions };
    let providers = centre.providers();
    let way = |entity_id: &str| way(&providers, entity_id);
    let Some(notices) = centre.store.begin_logout(&new, way, centre.now()).await? else {
        return Ok(None);
    };
    tracing::info!(sessions = sessions.len(), by_server = notices.len(), "signed out");
    centre.bell.notify_one();
    deliver_now(centre, notices, PATIENCE).await;
    visit_the_silent(centre, &id).await?;
    let mut response = lead_on(centre, &id).await?;
    let own = browser.session().is_some_and(|own| sessions.contains(&own));
    let cleared = own.then(|| Cookie::Session.clear()).flatten();
    for cookie in [Cookie::Login.set(&secret, Some(LOGOUT_LASTS)), cleared].into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(Some(response))
}

fn way(providers: &Providers, entity_id: &str) -> Way {
    providers.find(entity_id).map_or(Way::None, message::way)
}

/// Who does not answer from server to server is visited with the browser, where that can be done.
async fn visit_the_silent(centre: &Centre, id: &str) -> Result<(), Problem> {
    let Some(logout) = centre.store.logout(id, centre.now()).await? else { return Ok(()) };
    let providers = centre.providers();
    for step in logout.silent() {
        let provider = providers.find(&step.party.provider);
        if provider.and_then(message::request_address).is_some() {
            centre.store.visit_instead(id, step.place).await?;
        }
    }
    Ok(())
}

/// Where the browser has to go on from here, a page says so first: a person who is left at some dead
/// address comes back to it with one step.
async fn lead_on(centre: &Centre, id: &str) -> Result<Response, Problem> {
    let logout = centre.store.logout(id, centre.now()).await?;
    match logout {
        Some(logout) if logout.waiting().next().is_none() => walk::go_on(centre, &logout).await,
        _ => Ok(Redirect::to(walk::SERVICES).into_response()),
    }
}
