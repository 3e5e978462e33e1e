//! The last step of a sign-in, in the browser that began it: a new session.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;
use warifu_service::Problem;

use super::arrivals::{self, Arrival, NoArrival, Person};
use super::browser::Browser;
use super::{left, sessions};
use crate::access::{Level, OfficeTicket, Records, SignedIn};
use crate::office::kept;
use crate::shared::{App, Shared};

/// The handle that the assertion consumer gave out.
#[derive(Debug, Deserialize)]
pub struct Handle {
    /// 43 characters.
    pub h: String,
}

/// `GET /login/finish`.
pub async fn finish(
    State(app): State<App>,
    Query(handle): Query<Handle>,
    headers: HeaderMap,
    session: Session,
) -> Result<Response, Problem> {
    let Arrival::Person(person) = arrive(&app, &handle, &headers).await? else {
        return Err(gone());
    };
    let me = signed_in(&app, &person).await;
    let form = kept::for_person(&app, &session, &me).await?;
    // Never the session that was there before: whoever planted it would share it.
    if session.id().is_some() {
        session.flush().await.map_err(|cause| Problem::internal(&cause))?;
    }
    me.enter(&session).await?;
    kept::put(&session, form).await?;
    session.save().await.map_err(|cause| Problem::internal(&cause))?;
    sessions::index(&app, &person, &session).await?;
    let next = if person.onward.is_empty() { me.home() } else { &person.onward };
    Ok(([(header::SET_COOKIE, left::CLEAR)], Redirect::to(next)).into_response())
}

/// Whoever holds the handle, if this is the browser that began.
pub async fn arrive(
    app: &Shared,
    handle: &Handle,
    headers: &HeaderMap,
) -> Result<Arrival, Problem> {
    let browser = Browser::of(headers);
    arrivals::take(app, &handle.h, browser.as_ref()).await.map_err(|why| match why {
        NoArrival::Gone => gone(),
        NoArrival::OtherBrowser => Problem::new(StatusCode::FORBIDDEN, "login.other-browser"),
        NoArrival::Failed(problem) => problem,
    })
}

async fn signed_in(app: &Shared, person: &Person) -> SignedIn {
    let now = app.surroundings.now();
    SignedIn {
        records: records(app, person.ticket.as_deref()).await,
        issuer: person.issuer.clone(),
        subject: person.subject.clone(),
        names: person.names.clone(),
        name: person.name.clone(),
        organization: person.organization.clone(),
        roles: person.roles.clone(),
        level: Level::of_class(&person.context_class),
        since: person.authenticated_at,
        until: person.until,
        office: person.office_ticket.clone().map(|token| OfficeTicket::new(token, now)),
        card_until: person.card_until,
        acting: None,
    }
}

/// A sign-in holds without the relay; its pages then say what is missing.
async fn records(app: &Shared, ticket: Option<&str>) -> Records {
    let Some(ticket) = ticket else { return Records::NoTicket };
    match app.relay.exchange(ticket, app.surroundings.now()).await {
        Ok(access) => Records::Open(access),
        Err(cause) => {
            tracing::warn!(%cause, "no access to the relay for this sign-in");
            Records::NoRelay
        }
    }
}

fn gone() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "login.handle")
}
