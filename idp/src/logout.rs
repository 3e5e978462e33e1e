//! The end of sessions: at the person's wish, at a service provider's (SAML profiles §4.4), or
//! because the card was pulled at a desk. The session here ends at once. The other service providers
//! are told from server to server where they listen there, else through the browser, one after the
//! other; and what is said at the end is only what they have confirmed.

mod arrival;
mod begin;
pub(crate) mod message;
mod page;
mod removal;
mod services;
mod slo;
mod walk;

pub(crate) use begin::{Begin, begin};
pub(crate) use page::{show, submit};
pub(crate) use removal::card_removed;
pub(crate) use services::services;
pub(crate) use slo::take_message;
pub(crate) use walk::next;

#[cfg(test)]
mod bed;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod slo_tests;
#[cfg(test)]
mod tests;
