//! Sign-in with the certificate of a card that the browser itself reaches, without card software of
//! ours. It goes over a host of its own, which asks for the certificate, and comes back:
//!
//! 1. `POST /login/certificate` here: a ticket leads to the card's host.
//! 2. `GET /certificate` there ([`card_host`](crate::card_host)): the handshake has proven the key,
//!    the card is judged as any other, and a code leads back.
//! 3. `GET /login/certificate` here: the code, in the browser that began, opens the session.
//!
//! Whoever lures a person to 2 with a ticket of theirs gets no code; whoever steals a code lacks the
//! cookie. That host shows nothing itself: each connection to it costs the card a signature, and a
//! page would need several. What it refuses is said here, by [`help`].

mod arrive;
mod help;
mod leave;
mod visit;

pub(crate) use arrive::arrive;
pub(crate) use help::{address_of_help, help};
pub(crate) use leave::leave;
pub(crate) use visit::visit;

use warifu_service::Problem;

use super::entrance::forbidden;
use super::token::attempt::Attempt;
use crate::centre::Centre;
use crate::config::CardHostConfig;
use crate::store::{KnownCard, Login, Task};

/// The host for this question, where it may be answered there.
pub(super) fn host_for<'a>(centre: &'a Centre, login: &Login) -> Option<&'a CardHostConfig> {
    let may = login.task == Task::SignIn && login.level.is_of_a_person();
    centre.config.card_host.as_ref().filter(|_| may)
}

/// Whether the card signs its holder in from here.
fn require_fit(
    host: &CardHostConfig,
    attempt: &Attempt<'_>,
    known: &KnownCard,
) -> Result<(), Problem> {
    attempt.require_fit(&known.card)?;
    if known.holder.is_staff() && !host.staff {
        return Err(forbidden("certificate.staff"));
    }
    Ok(())
}

fn off() -> Problem {
    forbidden("certificate.off")
}

#[cfg(test)]
mod tests;
