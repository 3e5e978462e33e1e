//! What a card that has answered well opens, whatever its kind: a session, or mere presence at a desk.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Serialize;
use warifu_service::Problem;

use super::stale;
use crate::assurance::Level;
use crate::browser::{Browser, Cookie};
use crate::cards::is_due;
use crate::centre::{Centre, refuse};
use crate::person::{Person, PersonId};
use crate::refusals;
use crate::store::{Card, CardId, Login, NewSession, SecretHash, Session, Use, hash_of};

/// A question that a card has answered.
#[derive(Clone, Copy)]
pub(super) struct Entrance<'a> {
    pub(super) centre: &'a Centre,
    pub(super) browser: &'a Browser,
    pub(super) login: &'a Login,
    pub(super) now: Timestamp,
}

/// A session that was opened, and the secret by which its browser keeps it.
pub(super) struct Opened {
    pub(super) session: SecretHash,
    secret: String,
}

impl Opened {
    /// Gives the browser the secret.
    pub(super) fn into(self, mut response: Response) -> Response {
        if let Some(cookie) = Cookie::Session.set(&self.secret, None) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

/// Where the page goes next.
#[derive(Serialize)]
struct Next {
    next: String,
}

impl Entrance<'_> {
    /// Lets one more attempt with a card in that has proved itself, or not.
    pub(super) fn admit(&self, card: &CardId) -> Result<(), Problem> {
        refusals::about_card(card);
        if self.centre.throttle.admits_card(card, self.now) {
            return Ok(());
        }
        Err(refuse(StatusCode::TOO_MANY_REQUESTS, "card.throttled").retry_after(60))
    }

    /// Refuses whoever does not ask as the staff whose session still stands.
    pub(super) async fn require_desk(&self) -> Result<(), Problem> {
        let session = self.centre.session(self.browser).await?;
        let same = session.filter(|session| self.login.within.as_ref() == Some(&session.id));
        let desk = same.filter(Session::may_tap);
        desk.map(drop).ok_or_else(|| forbidden("desk.signed-out"))
    }

    /// Notes whose card was tapped, at a desk.
    pub(super) async fn tap(&self, person: &PersonId, used: &Use) -> Result<(), Problem> {
        self.require_desk().await?;
        if !self.centre.store.set_presence(&self.login.id, person, used).await? {
            return Err(stale());
        }
        tracing::info!("a card was tapped at a desk");
        Ok(())
    }

    /// Opens a session under a new secret, in place of the one that the browser had. `card_ends` is
    /// the end of the card's certificate, or of the card that a FeliCa card stands beside; it is told
    /// on the way when it is near.
    pub(super) async fn open(
        &self,
        (card, profile): (&Card, &Person),
        used: Use,
        level: Level,
        card_ends: Option<Timestamp>,
    ) -> Result<Opened, Problem> {
        let old = self.centre.session(self.browser).await?;
        self.require_same(old.as_ref(), &card.person)?;
        let secret = self.centre.surroundings.token();
        let ends = self.centre.config.sessions.of(profile);
        let session = NewSession {
            id: hash_of(&secret),
            person: card.person.clone(),
            used,
            level,
            expires_at: self.now + ends.absolute,
            idle: ends.idle,
            // At a desk the card stays in the reader, and its removal ends the session; at home
            // the card may go back into the purse.
            watch: self.login.watch.clone().filter(|_| profile.is_staff()),
            card_ends,
        };
        let store = &self.centre.store;
        let told = card_ends.filter(|end| is_due(*end, card.used_at, self.now));
        if !store.open_session(&session, old.as_ref(), &self.login.id, told).await? {
            return Err(stale());
        }
        self.centre.bell.notify_one();
        let provider = self.login.asker.as_ref().map(|asker| asker.provider.as_str());
        tracing::info!(provider, "signed in with a card");
        Ok(Opened { session: session.id, secret })
    }

    /// Who proves more than before does so as the person that is signed in: somebody else would not
    /// notice that they took over the other's services.
    fn require_same(&self, old: Option<&Session>, person: &PersonId) -> Result<(), Problem> {
        let proves_more =
            |old: &&Session| self.login.within.as_ref().is_some_and(|within| *within == old.id);
        match old.filter(proves_more) {
            Some(old) if old.person != *person => Err(forbidden("login.other-person")),
            _ => Ok(()),
        }
    }

    /// Where the outcome is shown.
    pub(super) fn done(&self) -> String {
        format!("/login/done?tx={}", self.login.id)
    }
}

/// Tells the page where it goes next.
pub(super) fn go_on(next: String) -> Response {
    Json(Next { next }).into_response()
}

pub(super) fn forbidden(code: &'static str) -> Problem {
    refuse(StatusCode::FORBIDDEN, code)
}
