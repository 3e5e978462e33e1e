//! `POST /login/felica`: a FeliCa card's answer. The nonce is taken out of the sign-in first, then the
//! MAC is checked, and only then is the card looked up: whoever has not got the card learns nothing of
//! it and uses up none of its tries.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use warifu_card::felica::Identity;
use warifu_service::Problem;

use super::entrance::{Entrance, forbidden, go_on};
use super::method::{Method, methods};
use super::{admit, stale, take_challenge};
use crate::browser::Browser;
use crate::cards::is_over;
use crate::centre::{Centre, refuse};
use crate::felica::{FelicaAnswer, FelicaRefusal};
use crate::person::CardState;
use crate::store::{FelicaCard, Login, PinState, Proved, Use};
use crate::view::Address;

/// What the page sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    tx: String,
    felica: FelicaAnswer,
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
    let identity = verify(&centre, &login, &answer.felica, &nonce).await?;
    let entrance = Entrance { centre: &centre, browser: &browser, login: &login, now };
    let card = known(&entrance, &identity).await?;
    opens(&centre, &card)?;
    if !login.level.is_of_a_person() {
        let used = Use { card: card.card.id, at: now, certificate: None };
        entrance.tap(&card.card.person, &used).await?;
        return Ok(go_on(entrance.done()));
    }
    ask_pin(&entrance, card).await
}

/// The card, if the answer proves it.
async fn verify(
    centre: &Centre,
    login: &Login,
    answer: &FelicaAnswer,
    nonce: &str,
) -> Result<Identity, Problem> {
    let asked = methods(&centre.config, login.task, login.level).contains(&Method::Felica);
    let felica = centre.felica.as_ref().filter(|_| asked);
    let felica = felica.ok_or_else(|| forbidden("felica.off"))?;
    let origin = centre.config.public_url.as_str();
    felica.verify(answer, origin, nonce).await.map_err(|refusal| match refusal {
        FelicaRefusal::Format => refuse(StatusCode::BAD_REQUEST, "felica.format"),
        FelicaRefusal::WrongMac => forbidden("felica.wrong-mac"),
        FelicaRefusal::Internal(_) => Problem::internal(&refusal),
    })
}

/// What is known of a card that has proved itself. A card that was given a new key has forgotten the
/// old one: who still answers by that is a copy.
async fn known(entrance: &Entrance<'_>, identity: &Identity) -> Result<FelicaCard, Problem> {
    let store = &entrance.centre.store;
    let card = store.felica_card(&store.felica_id(&identity.id_block)).await?;
    let card = card.ok_or_else(|| forbidden("felica.unknown"))?;
    if identity.key_version < card.key_version {
        return Err(forbidden("felica.wrong-mac"));
    }
    entrance.admit(&card.card.id)?;
    Ok(card)
}

/// Whether the card opens anything now: in use, and beside a card in use whose certificate has not
/// ended. Without revocation lists in force nobody signs in.
pub(super) fn opens(centre: &Centre, card: &FelicaCard) -> Result<(), Problem> {
    let is_over = card.ends_at.is_some_and(|end| is_over(end, centre.now()));
    let refused = match (card.card.state, card.beside) {
        (CardState::Ended, _) => Some("felica.ended"),
        (CardState::Suspended | CardState::Issued, _) => Some("felica.stopped"),
        (CardState::Active, _) if is_over => Some("cert.expired"),
        (CardState::Active, CardState::Ended) => Some("card.revoked"),
        (CardState::Active, CardState::Suspended) => Some("card.suspended"),
        (CardState::Active, CardState::Issued) => Some("card.not-activated"),
        (CardState::Active, CardState::Active) => None,
    };
    if let Some(code) = refused {
        return Err(forbidden(code));
    }
    if centre.trust.is_in_force(centre.now()) {
        Ok(())
    } else {
        Err(refuse(StatusCode::SERVICE_UNAVAILABLE, "revocation.unavailable"))
    }
}

/// Leads to where its PIN is asked for. Whoever signs in to work does so with the card of the card
/// office, whose removal ends the session.
async fn ask_pin(entrance: &Entrance<'_>, card: FelicaCard) -> Result<Response, Problem> {
    let (centre, login) = (entrance.centre, entrance.login);
    if centre.person(&card.card.person).await?.is_staff() {
        return Err(forbidden("felica.staff"));
    }
    match card.pin {
        PinState::None => return Err(forbidden("felica.no-pin")),
        PinState::Blocked => return Err(forbidden("felica.pin-blocked")),
        PinState::Tries(_) => {}
    }
    let proved = Proved { card: card.card.id, at: entrance.now };
    if !centre.store.set_proved(&login.id, &proved).await? {
        return Err(stale());
    }
    Ok(go_on(format!("/login/pin?tx={}", login.id)))
}

#[cfg(test)]
mod tests;
