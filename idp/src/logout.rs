//! The end of sessions: at the person's wish, or because the card was pulled at a desk. The
//! service providers are told from server to server.

mod page;
mod removal;

pub(crate) use page::{show, submit};
pub(crate) use removal::card_removed;

#[cfg(test)]
mod tests;
