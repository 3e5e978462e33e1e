//! Questions to a card: the page that leads through them, the request to the card software, the
//! card's answer, and where it goes from there. A person signs in, puts a new card into use, or adds
//! a card that others issued; staff tap a patient's card.

mod admission;
mod begin;
mod certificate;
mod challenge;
mod entrance;
mod felica;
mod finish;
mod idm;
mod method;
mod page;
mod pin;
mod scene;
pub(crate) mod screen;
mod token;

pub(crate) use begin::{Begin, begin};
pub(crate) use certificate::{
    address_of_help, arrive as arrive_certified, help as help_with_certificate,
    leave as leave_for_certificate, visit as show_certificate,
};
pub(crate) use challenge::refresh;
pub(crate) use felica::receive as receive_felica;
pub(crate) use finish::{cancel, done, take};
pub(crate) use idm::receive as receive_idm;
pub(crate) use page::{activate, add_card, show};
pub(crate) use pin::{check as check_pin, refuse_pin, show as show_pin};
pub(crate) use token::receive;

use axum::http::StatusCode;
use jiff::Timestamp;
use warifu_service::Problem;
use warifu_service::words::Language;

use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::store::{Login, SecretHash, Taken};
use crate::view::Address;

/// A sign-in that is over, never was, or is another browser's: they look the same.
pub(crate) fn stale() -> Problem {
    refuse(StatusCode::GONE, "login.stale")
}

/// The sign-in `tx`, if this browser began it.
pub(crate) async fn own_login(
    centre: &Centre,
    browser: &Browser,
    tx: &str,
) -> Result<Login, Problem> {
    let secret = own_secret(browser)?;
    centre.store.login(tx, &secret, centre.now()).await?.ok_or_else(stale)
}

/// Lets one more attempt from that address in, or not.
pub(crate) fn admit(centre: &Centre, address: &Address) -> Result<(), Problem> {
    if centre.throttle.admits(address.0, centre.now()) {
        return Ok(());
    }
    Err(refuse(StatusCode::TOO_MANY_REQUESTS, "login.throttled").retry_after(60))
}

/// Takes the nonce out of the sign-in `tx`, so that every answer counts once.
async fn take_challenge(
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

/// Where a sign-in leads: the service provider's name, or our own pages'.
fn destination(centre: &Centre, login: &Login, language: Language) -> Result<String, Problem> {
    let Some(asker) = &login.asker else {
        return Ok(centre.words.in_(language).say("own-pages"));
    };
    let providers = centre.providers();
    Ok(providers.find(&asker.provider).ok_or_else(stale)?.name(language))
}

fn own_secret(browser: &Browser) -> Result<SecretHash, Problem> {
    browser.login().ok_or_else(stale)
}

#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod tests;
