//! `POST /login/token`: the card's answer. The nonce is taken out of the sign-in before anything
//! is looked at, so that every answer counts once, whatever comes of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use warifu_pki::VerifiedCard;
use warifu_service::Problem;

use super::{own_secret, stale};
use crate::assurance::Level;
use crate::browser::{Browser, Cookie};
use crate::centre::{Centre, refuse};
use crate::person::{CardState, PersonId, Role};
use crate::store::{Login, NewSession, Taken, hash_of};
use crate::view::Address;
use crate::web_eid::{AuthToken, Challenge, TokenError};

/// What the page sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    tx: String,
    token: AuthToken,
}

/// Where the page goes next.
#[derive(Serialize)]
struct Next {
    next: String,
}

/// Takes the card's answer.
pub(crate) async fn receive(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    Address(address): Address,
    Json(answer): Json<Answer>,
) -> Result<Response, Problem> {
    let now = centre.now();
    if !centre.throttle.admits(address, now) {
        return Err(refuse(StatusCode::TOO_MANY_REQUESTS, "login.throttled").retry_after(60));
    }
    let (login, nonce) = take(&centre, &browser, &answer.tx, now).await?;
    let card = verify(&centre, &login, &answer.token, &nonce, now)?;
    let person = person_of(&centre, &card).await?;
    let attempt = Attempt { centre: &centre, browser: &browser, login: &login, now };
    match login.level {
        Level::High => attempt.open_session(person).await,
        Level::Presence => attempt.note_presence(&person).await,
    }
}

async fn take(
    centre: &Centre,
    browser: &Browser,
    tx: &str,
    now: Timestamp,
) -> Result<(Login, String), Problem> {
    match centre.store.take_challenge(tx, &own_secret(browser)?, now).await? {
        Taken::Nonce(login, nonce) => Ok((*login, nonce)),
        Taken::Used => Err(refuse(StatusCode::CONFLICT, "login.replayed")),
        Taken::Late | Taken::Unknown => Err(stale()),
    }
}

fn verify(
    centre: &Centre,
    login: &Login,
    token: &AuthToken,
    nonce: &str,
    now: Timestamp,
) -> Result<VerifiedCard, Problem> {
    let challenge = Challenge {
        origin: centre.config.public_url.as_str(),
        nonce,
        purpose: login.level.purpose(),
    };
    centre.verifier.verify(token, &challenge, now).map_err(refuse_token)
}

fn refuse_token(error: TokenError) -> Problem {
    let status = match error {
        TokenError::Format => StatusCode::BAD_REQUEST,
        TokenError::RevocationUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::FORBIDDEN,
    };
    refuse(status, error.code())
}

/// Whose card it is, if it opens anything here.
async fn person_of(centre: &Centre, card: &VerifiedCard) -> Result<PersonId, Problem> {
    let Some(known) = centre.store.card(&card.holder_reference).await? else {
        return Err(refuse(StatusCode::FORBIDDEN, "card.unknown"));
    };
    match known.state {
        CardState::Active => Ok(known.person),
        CardState::Suspended => Err(refuse(StatusCode::FORBIDDEN, TokenError::Suspended.code())),
        CardState::Ended => Err(refuse(StatusCode::FORBIDDEN, TokenError::Revoked.code())),
    }
}

/// A sign-in whose card has answered well.
struct Attempt<'a> {
    centre: &'a Centre,
    browser: &'a Browser,
    login: &'a Login,
    now: Timestamp,
}

impl Attempt<'_> {
    /// Opens a session under a new secret, in place of the one that the browser had.
    async fn open_session(&self, person: PersonId) -> Result<Response, Problem> {
        let secret = self.centre.surroundings.token();
        let staff = self.centre.person(&person).await?.is(Role::ClinicDesk);
        let session = NewSession {
            id: hash_of(&secret),
            person,
            authenticated_at: self.now,
            expires_at: self.now + self.centre.longest_session(),
            // At a desk the card stays in the reader, and its removal ends the session; at home
            // the card may go back into the purse.
            watch: self.login.watch.clone().filter(|_| staff),
        };
        let old = self.centre.session(self.browser).await?;
        if !self.centre.store.open_session(&session, old.as_ref(), &self.login.id).await? {
            return Err(stale());
        }
        self.centre.logout_bell.notify_one();
        tracing::info!(provider = self.login.provider, "signed in with a card");
        let mut response = self.go_on();
        if let Some(cookie) = Cookie::Session.set(&secret, None) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// Notes whose card was tapped, while the staff's session still stands.
    async fn note_presence(&self, patient: &PersonId) -> Result<Response, Problem> {
        let session = self.centre.session(self.browser).await?;
        let same = session.filter(|session| self.login.desk.as_ref() == Some(&session.id));
        if self.centre.desk(same).await?.is_none() {
            return Err(refuse(StatusCode::FORBIDDEN, "desk.signed-out"));
        }
        if !self.centre.store.set_presence(&self.login.id, patient, self.now).await? {
            return Err(stale());
        }
        tracing::info!(provider = self.login.provider, "a card was tapped at a desk");
        Ok(self.go_on())
    }

    fn go_on(&self) -> Response {
        Json(Next { next: format!("/login/done?tx={}", self.login.id) }).into_response()
    }
}
