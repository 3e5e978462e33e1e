//! `/cards/pin`: the holder of a FeliCa card chooses its PIN, signed in a moment ago with the card that
//! it stands beside, or another of the card office's.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_card::Pin;
use warifu_service::Problem;
use warifu_service::web::Page;

use super::may_change;
use super::remove::{Which, is_felica, none_such, own_card};
use crate::browser::Browser;
use crate::centre::Centre;
use crate::login::{admit, refuse_pin};
use crate::pin::Typed;
use crate::signed_in::Guest;
use crate::store::{Card, Session};
use crate::view::{Address, View};

/// The new PIN, typed twice.
#[derive(Deserialize)]
pub(crate) struct Chosen {
    card: String,
    pin: Typed,
    again: Typed,
}

#[derive(Template)]
#[template(path = "choose-pin.html")]
struct ChoosePage<'a> {
    page: Page<'a>,
    reference: &'a str,
    fault: Option<&'static str>,
}

/// Why a PIN is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Unreadable,
    Different,
    Trivial,
}

impl Fault {
    const ALL: [Self; 3] = [Self::Unreadable, Self::Different, Self::Trivial];

    /// The word in the address.
    fn word(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Different => "different",
            Self::Trivial => "trivial",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Unreadable => "felica-pin-unreadable",
            Self::Different => "choose-pin-different",
            Self::Trivial => "choose-pin-trivial",
        }
    }
}

/// Asks for the new PIN; who is not freshly signed in signs in first.
pub(crate) async fn ask_pin(
    State(centre): State<Arc<Centre>>,
    guest: Guest,
    view: View,
    Query(which): Query<Which>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    if holder(&centre, &guest.browser, &which).await?.is_none() {
        return guest.sign_in(&centre).await;
    }
    let page = ChoosePage {
        page: view.page(&centre.words),
        reference: &which.card,
        fault: fault(query.as_deref().unwrap_or_default()),
    };
    view.render(&page, "form-action 'self'")
}

/// Takes the new PIN, with which the card is in use again if it was stopped or blocked.
pub(crate) async fn choose_pin(
    State(centre): State<Arc<Centre>>,
    guest: Guest,
    address: Address,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Problem> {
    let which = Which { card: chosen.card.clone() };
    let Some((session, card)) = holder(&centre, &guest.browser, &which).await? else {
        return guest.sign_in(&centre).await;
    };
    let pin = match judge(&chosen) {
        Ok(pin) => pin,
        Err(fault) => {
            let back = format!("/cards/pin?card={}&{}", which.card, fault.word());
            return Ok(Redirect::to(&back).into_response());
        }
    };
    admit(&centre, &address)?;
    let peppered = centre.store.peppered(&card.id, pin.digits());
    let turn = centre.pins.turn().await.map_err(refuse_pin)?;
    let hash = turn.hash(peppered, centre.surroundings.bytes()).await.map_err(refuse_pin)?;
    if !centre.store.choose_pin(&session.person, &card.id, &hash).await? {
        return Err(none_such());
    }
    tracing::info!("the PIN of a FeliCa card was chosen");
    Ok(Redirect::to("/cards?pin").into_response())
}

/// Whoever may choose the PIN of that card, and the card.
async fn holder(
    centre: &Centre,
    browser: &Browser,
    which: &Which,
) -> Result<Option<(Session, Card)>, Problem> {
    let Some(session) = centre.session(browser).await? else { return Ok(None) };
    if !may_change(centre, &session).await? {
        return Ok(None);
    }
    let (session, card) = own_card(centre, browser, which).await?;
    if is_felica(&card) { Ok(Some((session, card))) } else { Err(none_such()) }
}

fn judge(chosen: &Chosen) -> Result<Pin, Fault> {
    let pin = Pin::new(chosen.pin.as_str()).map_err(|_| Fault::Unreadable)?;
    if !Pin::new(chosen.again.as_str()).is_ok_and(|again| pin.is(&again)) {
        return Err(Fault::Different);
    }
    pin.is_hard_to_guess().map_err(|_| Fault::Trivial)?;
    Ok(pin)
}

/// What was wrong with the last choice, as the address says.
fn fault(query: &str) -> Option<&'static str> {
    let said = |fault: &Fault| query.split('&').any(|part| part == fault.word());
    Fault::ALL.into_iter().find(said).map(Fault::key)
}

#[cfg(test)]
mod tests;
