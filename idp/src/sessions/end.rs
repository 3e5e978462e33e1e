//! `/sessions/end`: a session that was left open elsewhere, or all of them, ended after one
//! question.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use warifu_service::Problem;
use warifu_service::web::Page;

use super::page::{SessionView, own_sessions};
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::logout::{Begin, begin};
use crate::store::{SecretHash, Session};
use crate::view::View;

/// Names a session, by the hash of its secret; without one, all but the browser's own.
#[derive(Deserialize)]
pub(crate) struct Which {
    session: Option<String>,
}

#[derive(Template)]
#[template(path = "sessions_end.html")]
struct EndPage<'a> {
    page: Page<'a>,
    sessions: Vec<SessionView>,
    /// The one that is meant; none: all of them.
    reference: Option<&'a str>,
}

/// Asks whether it is meant.
pub(crate) async fn confirm(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let (session, _) = meant(&centre, &browser, &which).await?;
    let mut sessions = own_sessions(&centre, &session, &view).await?;
    let is_meant = |reference: &str| which.session.as_deref().is_none_or(|one| one == reference);
    sessions.retain(|session| session.reference.as_deref().is_some_and(is_meant));
    let page =
        EndPage { page: view.page(&centre.words), sessions, reference: which.session.as_deref() };
    view.render(&page, "form-action 'self'")
}

/// Ends it, and leads to what became of its services.
pub(crate) async fn end(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Form(which): Form<Which>,
) -> Result<Response, Problem> {
    let (_, sessions) = meant(&centre, &browser, &which).await?;
    let what = Begin { sessions: &sessions, asker: None };
    let begun = begin(&centre, &browser, what).await?;
    Ok(begun.unwrap_or_else(|| Redirect::to("/sessions").into_response()))
}

/// The session of the browser, and those that are to end: own ones, and never that.
async fn meant(
    centre: &Centre,
    browser: &Browser,
    which: &Which,
) -> Result<(Session, Vec<SecretHash>), Problem> {
    let session = centre.signed_in(browser).await?;
    let own = centre.store.own_sessions(&session.person, centre.now()).await?;
    let wanted = which.session.as_ref().map(|text| BASE64URL_NOPAD.decode(text.as_bytes()));
    let wanted = wanted.transpose().map_err(|_| none_such())?;
    let others = own.into_iter().map(|own| own.id).filter(|id| *id != session.id);
    let meant: Vec<_> =
        others.filter(|id| wanted.as_ref().is_none_or(|wanted| wanted == id)).collect();
    if meant.is_empty() { Err(none_such()) } else { Ok((session, meant)) }
}

fn none_such() -> Problem {
    refuse(StatusCode::NOT_FOUND, "session.none-such")
}
