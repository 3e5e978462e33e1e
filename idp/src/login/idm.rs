//! `POST /login/idm`: the number of a FeliCa card was read, which anybody can copy. It says who it
//! might be, to staff at a desk who ask for just that, and opens nothing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use warifu_card::felica::Idm;
use warifu_service::Problem;

use super::entrance::{Entrance, forbidden, go_on};
use super::felica::opens;
use super::method::{Method, methods};
use super::{admit, take_challenge};
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::store::Use;
use crate::view::Address;

const FORMAT: &str = "warifu-idm:1";
/// Of the eight bytes in base64.
const LENGTH: usize = 12;

/// What the page sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    tx: String,
    idm: IdmAnswer,
}

/// The card software's answer. Members that we do not know are ignored, as later minor versions have
/// them.
#[derive(Deserialize)]
struct IdmAnswer {
    format: String,
    idm: String,
}

impl IdmAnswer {
    /// The number, when form and size are right.
    fn read(&self) -> Option<Idm> {
        if self.format != FORMAT || self.idm.len() != LENGTH {
            return None;
        }
        STANDARD.decode(&self.idm).ok()?.try_into().ok()
    }
}

/// Takes the number.
pub(crate) async fn receive(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    address: Address,
    Json(answer): Json<Answer>,
) -> Result<Response, Problem> {
    let now = centre.now();
    admit(&centre, &address)?;
    let (login, _) = take_challenge(&centre, &browser, &answer.tx, now).await?;
    if !methods(&centre.config, login.task, login.level).contains(&Method::FelicaIdm) {
        return Err(forbidden("felica.off"));
    }
    let entrance = Entrance { centre: &centre, browser: &browser, login: &login, now };
    // Whoever tries numbers must be at a desk, and learns elsewhere not even which are known.
    entrance.require_desk().await?;
    let format = || refuse(StatusCode::BAD_REQUEST, "felica.format");
    let idm = answer.idm.read().ok_or_else(format)?;
    let card = centre.store.felica_card_by_idm(&idm).await?;
    let card = card.ok_or_else(|| forbidden("felica.unknown"))?;
    entrance.admit(&card.card.id)?;
    opens(&centre, &card)?;
    let used = Use { card: card.card.id, at: now, certificate: None };
    entrance.tap(&card.card.person, &used).await?;
    Ok(go_on(entrance.done()))
}

#[cfg(test)]
mod tests;
