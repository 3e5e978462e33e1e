//! Mandates: one person lets another, with a card of their own, read records.
//!
//! The two meet over a code that one hands to the other, outside of the federation; nobody else
//! learns who they are, least of all the identity provider. As with consents nothing is kept in
//! memory: what was ended anywhere holds nowhere.

mod receipt;
mod routes;
mod standing;
mod steps;
mod store;

pub(crate) use routes::{
    __path_accept, __path_confirm, __path_end, __path_invite, __path_list, __path_offer,
    __path_receipt, accept, confirm, end, invite, list, offer, receipt,
};
pub(crate) use standing::{Standing, apply};
pub(crate) use store::{Kept, Proxies};
