//! `GET /session`: who is signed in, as a page or as JSON.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use warifu_service::Problem;
use warifu_service::words::Voice;

use super::entrance::own_site;
use crate::access::{Level, Role, SignedIn, Visitor};
use crate::dates::words;
use crate::look::{Look, show};
use crate::shared::App;
use crate::view::Fact;
use crate::view::screens::SessionScreen;
use crate::view::site::Site;

/// Who is signed in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionDocument {
    /// Whether anybody is.
    pub signed_in: bool,
    /// The person behind the session.
    #[serde(flatten)]
    pub person: Option<SessionPerson>,
}

/// The person behind a session.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionPerson {
    /// The identifier of the person for this portal only.
    pub subject: String,
    /// The identity provider's entity id.
    pub issuer: String,
    /// How sure the sign-in was.
    pub level: Level,
    /// When the person signed in.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// Whether records can be had now.
    pub records: bool,
}

/// Who is signed in: a page for browsers, JSON on request.
#[utoipa::path(
    get,
    path = "/session",
    responses((status = 200, description = "Who is signed in", body = SessionDocument))
)]
pub async fn session(
    State(app): State<App>,
    visitor: Option<Visitor>,
    headers: HeaderMap,
    look: Look,
) -> Result<Response, Problem> {
    let me = visitor.map(|Visitor(me)| me);
    let now = app.surroundings.now();
    if wants_json(&headers) {
        let person = me.map(|me| person(&me, now));
        let document = SessionDocument { signed_in: person.is_some(), person };
        return Ok(Json(document).into_response());
    }
    let facts = me.as_ref().map(|me| facts(look.voice(&app), me, now)).unwrap_or_default();
    let site = me.map_or_else(Site::outside, |me| own_site(&app, &look, &me));
    show(&SessionScreen { page: look.page(&app), site, facts })
}

fn person(me: &SignedIn, now: Timestamp) -> SessionPerson {
    SessionPerson {
        subject: me.subject.clone(),
        issuer: me.issuer.clone(),
        level: me.level,
        since: me.since,
        roles: me.roles.clone(),
        records: me.access(now).is_ok(),
    }
}

fn facts(voice: Voice<'_>, me: &SignedIn, now: Timestamp) -> Vec<Fact> {
    let records = match me.access(now) {
        Ok(_) => "session-records-yes",
        Err(_) => "session-records-no",
    };
    [
        ("session-name", me.header_name(voice)),
        ("session-level", voice.say(me.level.key())),
        ("session-since", words::full_moment(voice.language, me.since)),
        ("session-records", voice.say(records)),
        ("session-subject", me.subject.clone()),
    ]
    .map(|(key, value)| Fact { label: voice.say(key), value })
    .into()
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept
        .is_some_and(|accept| accept.contains("application/json") && !accept.contains("text/html"))
}
