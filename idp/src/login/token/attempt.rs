//! What a card that has answered opens: a session, also for a card that its holder puts into use
//! now, or mere presence at a desk.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use warifu_service::Problem;

use super::super::admission::{opens, waits};
use super::super::stale;
use super::{Next, refuse_token};
use crate::assurance::Level;
use crate::browser::{Browser, Cookie};
use crate::cards::{OWN_SCHEME, is_due};
use crate::centre::{Centre, refuse};
use crate::person::CardState;
use crate::refusals;
use crate::store::{Card, CardId, Login, NewSession, Session, Use, hash_of};
use crate::web_eid::Proof;

/// A question that a card has answered well.
pub(super) struct Attempt<'a> {
    pub(super) centre: &'a Centre,
    pub(super) browser: &'a Browser,
    pub(super) login: &'a Login,
    pub(super) proof: &'a Proof,
    pub(super) now: Timestamp,
}

impl Attempt<'_> {
    /// Signs the holder in.
    pub(super) async fn sign_in(&self) -> Result<Response, Problem> {
        let card = self.known().await?;
        opens(&card, self.proof.standing, self.now).map_err(refuse_token)?;
        if Level::from(self.proof.card.level) < self.login.level {
            return Err(forbidden("card.level"));
        }
        self.open_session(&card).await
    }

    /// Puts the card into use, and signs the holder in with it. A card that is in use already has
    /// only got a new PIN.
    pub(super) async fn activate(&self) -> Result<Response, Problem> {
        if !self.is_own() {
            return Err(forbidden("card.foreign"));
        }
        let mut card = self.known().await?;
        if card.state == CardState::Issued {
            waits(self.proof.standing).map_err(refuse_token)?;
            let (store, holder) = (&self.centre.store, &self.proof.card.holder);
            if store.activate(&card.id, holder, self.now).await? {
                tracing::info!("a card was put into use");
            }
            card = self.known().await?;
        }
        opens(&card, self.proof.standing, self.now).map_err(refuse_token)?;
        self.open_session(&card).await
    }

    /// Notes whose card was tapped, while the staff's session still stands.
    pub(super) async fn tap(&self) -> Result<Response, Problem> {
        let card = self.known().await?;
        opens(&card, self.proof.standing, self.now).map_err(refuse_token)?;
        let session = self.centre.session(self.browser).await?;
        let same = session.filter(|session| self.login.within.as_ref() == Some(&session.id));
        if self.centre.desk(same).await?.is_none() {
            return Err(forbidden("desk.signed-out"));
        }
        let used = self.use_of(card.id.clone());
        if !self.centre.store.set_presence(&self.login.id, &card.person, &used).await? {
            return Err(stale());
        }
        tracing::info!("a card was tapped at a desk");
        Ok(self.done())
    }

    /// Opens a session under a new secret, in place of the one that the browser had.
    async fn open_session(&self, card: &Card) -> Result<Response, Problem> {
        let old = self.centre.session(self.browser).await?;
        self.require_same_person(old.as_ref(), card)?;
        let secret = self.centre.surroundings.token();
        let staff = self.centre.person(&card.person).await?.is_staff();
        let session = NewSession {
            id: hash_of(&secret),
            person: card.person.clone(),
            used: self.use_of(card.id.clone()),
            level: self.proof.card.level.into(),
            expires_at: self.now + self.centre.longest_session(),
            // At a desk the card stays in the reader, and its removal ends the session; at home
            // the card may go back into the purse.
            watch: self.login.watch.clone().filter(|_| staff),
        };
        let end = self.proof.card.not_after;
        let ends_at = is_due(end, card.used_at, self.now).then_some(end);
        let store = &self.centre.store;
        if !store.open_session(&session, old.as_ref(), &self.login.id, ends_at).await? {
            return Err(stale());
        }
        self.require_still(card, &session).await?;
        self.centre.bell.notify_one();
        let provider = self.login.asker.as_ref().map(|asker| asker.provider.as_str());
        tracing::info!(provider, "signed in with a card");
        let mut response = self.done();
        if let Some(cookie) = Cookie::Session.set(&secret, None) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// Who proves more than before does so as the person that is signed in: somebody else would not
    /// notice that they took over the other's services.
    fn require_same_person(&self, old: Option<&Session>, card: &Card) -> Result<(), Problem> {
        let proves_more =
            |old: &&Session| self.login.within.as_ref().is_some_and(|within| *within == old.id);
        match old.filter(proves_more) {
            Some(old) if old.person != card.person => Err(forbidden("login.other-person")),
            _ => Ok(()),
        }
    }

    /// A list that came into force while the session was being opened did not find it there: so it
    /// is asked once more.
    async fn require_still(&self, card: &Card, session: &NewSession) -> Result<(), Problem> {
        let standing = self.centre.trust.believed().standing(&self.proof.card, self.now);
        let Err(error) = opens(card, standing, self.now) else { return Ok(()) };
        self.centre.store.end_session(&session.id, self.now).await?;
        Err(refuse_token(error))
    }

    /// What is known of the card.
    async fn known(&self) -> Result<Card, Problem> {
        let store = &self.centre.store;
        let known = store.card(&store.card_id(&self.proof.card.holder)).await?;
        let unknown = if self.is_own() { "card.unknown" } else { "card.not-enrolled" };
        let card = known.ok_or_else(|| forbidden(unknown))?;
        refusals::about_card(&card.id);
        if !self.centre.throttle.admits_card(&card.id, self.now) {
            return Err(refuse(StatusCode::TOO_MANY_REQUESTS, "card.throttled").retry_after(60));
        }
        Ok(card)
    }

    /// Whether the card office issued it.
    pub(super) fn is_own(&self) -> bool {
        self.proof.card.scheme == OWN_SCHEME
    }

    /// This answer, as one of that card.
    pub(super) fn use_of(&self, card: CardId) -> Use {
        let proven = &self.proof.card;
        Use {
            card,
            at: self.now,
            issuer: proven.issuer_thumbprint.clone(),
            serial: proven.serial_hex.clone(),
            expires_at: proven.not_after,
        }
    }

    fn done(&self) -> Response {
        go_on(format!("/login/done?tx={}", self.login.id))
    }
}

/// Where the page goes next.
pub(super) fn go_on(next: String) -> Response {
    Json(Next { next }).into_response()
}

pub(super) fn forbidden(code: &'static str) -> Problem {
    refuse(StatusCode::FORBIDDEN, code)
}
