//! `GET /sessions`: a person's own sessions.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use crate::assurance::Level;
use crate::cards::title;
use crate::centre::Centre;
use crate::japan::moment;
use crate::provider::Providers;
use crate::signed_in::SignedIn;
use crate::store::{Card, OwnSession, Session};
use crate::view::View;

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage<'a> {
    page: Page<'a>,
    /// The one of this browser first.
    sessions: Vec<SessionView>,
    has_others: bool,
}

/// A session with its words.
pub(super) struct SessionView {
    /// Names it in a form; none: the one of this browser.
    pub(super) reference: Option<String>,
    pub(super) since: String,
    pub(super) used: String,
    pub(super) until: String,
    pub(super) level: String,
    pub(super) card: String,
    pub(super) services: Vec<String>,
}

/// Shows the sessions of whoever is signed in; who is not signs in first.
pub(crate) async fn show(
    State(centre): State<Arc<Centre>>,
    SignedIn(session): SignedIn,
    view: View,
) -> Result<Response, Problem> {
    let mut sessions = own_sessions(&centre, &session, &view).await?;
    sessions.sort_by_key(|session| session.reference.is_some());
    let page = SessionsPage {
        page: view.page(&centre.words),
        has_others: sessions.iter().any(|session| session.reference.is_some()),
        sessions,
    };
    view.render(&page, "form-action 'self'")
}

/// The sessions of the person of `current`, the newest first.
pub(super) async fn own_sessions(
    centre: &Centre,
    current: &Session,
    view: &View,
) -> Result<Vec<SessionView>, Problem> {
    let (store, person) = (&centre.store, &current.person);
    let own = store.own_sessions(person, centre.now()).await?;
    let look = Look {
        cards: &store.cards_of(person).await?,
        providers: &centre.providers(),
        voice: view.voice(&centre.words),
    };
    Ok(own.iter().map(|session| look.at(session, current)).collect())
}

/// How sessions are looked at.
struct Look<'a> {
    cards: &'a [Card],
    providers: &'a Providers,
    voice: Voice<'a>,
}

impl Look<'_> {
    fn at(&self, session: &OwnSession, current: &Session) -> SessionView {
        let card = self.cards.iter().find(|card| card.id == session.card);
        let level = match session.level {
            Level::High => "sessions-level-high",
            _ => "sessions-level-substantial",
        };
        let elsewhere = session.id != current.id;
        SessionView {
            reference: elsewhere.then(|| BASE64URL_NOPAD.encode(&session.id)),
            since: moment(session.authenticated_at, self.voice),
            used: moment(session.used_at, self.voice),
            until: self.until(session),
            level: self.voice.say(level),
            card: card.map_or_else(String::new, |card| title(card, self.voice)),
            services: session.providers.iter().map(|one| self.service(one)).collect(),
        }
    }

    /// When it ends by itself, used or not.
    fn until(&self, session: &OwnSession) -> String {
        let idle = session.idle.as_mins();
        let gaps = [("moment", moment(session.expires_at, self.voice).into()), ("n", idle.into())];
        self.voice.tell("sessions-until-moment", &gaps)
    }

    fn service(&self, entity_id: &str) -> String {
        let provider = self.providers.find(entity_id);
        provider.map_or_else(|| entity_id.to_owned(), |one| one.name(self.voice.language))
    }
}
