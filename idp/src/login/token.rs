//! `POST /login/token`: the card's answer. The nonce is taken out of the sign-in before anything
//! is looked at, so that every answer counts once, whatever comes of it.

mod add_card;
pub(super) mod attempt;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use warifu_service::Problem;

use super::entrance::{Entrance, go_on};
use super::{admit, take_challenge};
use crate::assurance::Level;
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::store::{Login, Task};
use crate::view::Address;
use crate::web_eid::{self, AuthToken, Challenge, Proof, TokenError};

use attempt::Attempt;

/// What the page sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    tx: String,
    token: AuthToken,
}

/// Takes the card's answer.
pub(crate) async fn receive(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    address: Address,
    Json(answer): Json<Answer>,
) -> Result<Response, Problem> {
    let now = centre.now();
    admit(&centre, &address)?;
    let (login, nonce) = take_challenge(&centre, &browser, &answer.tx, now).await?;
    let proof = verify(&centre, &login, &answer.token, &nonce, now)?;
    let entrance = Entrance { centre: &centre, browser: &browser, login: &login, now };
    let attempt = Attempt { entrance, proof: &proof };
    let opened = match (login.task, login.level) {
        (Task::SignIn, Level::Presence) => return attempt.tap().await,
        (Task::SignIn, Level::Identifier) => return Err(refuse_token(TokenError::WrongPurpose)),
        (Task::AddCard, _) => return attempt.add_card().await,
        (Task::SignIn, _) => attempt.sign_in().await?,
        (Task::Activate, _) => attempt.activate().await?,
    };
    Ok(opened.into(go_on(entrance.done())))
}

fn verify(
    centre: &Centre,
    login: &Login,
    token: &AuthToken,
    nonce: &str,
    now: Timestamp,
) -> Result<Proof, Problem> {
    let challenge = Challenge {
        origin: centre.config.public_url.as_str(),
        nonce,
        purpose: login.level.purpose(),
    };
    web_eid::verify(&centre.trust.believed(), token, &challenge, now).map_err(refuse_token)
}

pub(super) fn refuse_token(error: TokenError) -> Problem {
    let status = match error {
        TokenError::Format => StatusCode::BAD_REQUEST,
        TokenError::RevocationUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::FORBIDDEN,
    };
    refuse(status, error.code())
}
