//! A person's own cards: which there are, when they end, and those that others issued, which the
//! person may add and take away.

mod ending;
mod page;
mod pin;
mod remove;

use jiff::SignedDuration;

pub(crate) use ending::{Ending, is_due, is_near, is_over};
pub(crate) use page::{add, show, title};
pub(crate) use pin::{ask_pin, choose_pin};
pub(crate) use remove::{confirm, remove};

use crate::assurance::Level;
use crate::centre::Centre;
use crate::store::{Session, StoreError};

/// The scheme of the cards that the card office issues.
pub(crate) const OWN_SCHEME: &str = "warifu";
/// For so long after a sign-in may cards be added: a browser left alone does not do.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// Whether whoever has this session may add a card: signed in a moment ago, with a card of the card
/// office, and not to work: what staff may do goes with the cards of the card office alone.
pub(crate) async fn may_change(centre: &Centre, session: &Session) -> Result<bool, StoreError> {
    let fresh = centre.now().duration_since(session.authenticated_at) <= FRESH;
    if session.level != Level::High || !fresh || session.profile.is_staff() {
        return Ok(false);
    }
    let card = centre.store.card(&session.card).await?;
    Ok(card.is_some_and(|card| card.scheme.is_none()))
}

#[cfg(test)]
pub(crate) mod tests;
