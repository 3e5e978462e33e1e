//! The sign-in with a card: the page, the request to the card software, the card's answer, and
//! the way back to the service provider.

mod challenge;
mod finish;
mod page;
pub(crate) mod screen;
mod token;

pub(crate) use challenge::refresh;
pub(crate) use finish::{cancel, done};
pub(crate) use page::show;
pub(crate) use token::receive;

use axum::http::StatusCode;
use warifu_service::Problem;

use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::store::{Login, SecretHash};

/// A sign-in that is over, never was, or is another browser's: they look the same.
pub(crate) fn stale() -> Problem {
    refuse(StatusCode::GONE, "login.stale")
}

/// The sign-in `tx`, if this browser began it.
async fn own_login(centre: &Centre, browser: &Browser, tx: &str) -> Result<Login, Problem> {
    let secret = own_secret(browser)?;
    centre.store.login(tx, &secret, centre.now()).await?.ok_or_else(stale)
}

fn own_secret(browser: &Browser) -> Result<SecretHash, Problem> {
    browser.login().ok_or_else(stale)
}

#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod tests;
