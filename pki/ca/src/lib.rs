//! The card office: issues the certificates of cards and parties, revokes cards, and publishes the
//! revocation list that everyone else must obey.
//!
//! It knows which certificates belong to which card and, sealed, to which holder reference. It never
//! sees a name or a record. Over HTTP it only publishes; issuing and revoking are calls on
//! [`CardOffice`], made on the office's own machine.

mod card;
mod ceremony;
mod config;
mod error;
mod folder;
mod http;
mod office;
mod publication;
mod store;

pub use card::{CardId, CardNumber, CardRecord, CardState, NotACard};
pub use ceremony::{Ceremony, init};
pub use config::{CaConfig, PublicationConfig, ValidityConfig};
pub use error::OfficeError;
pub use http::openapi;
pub use office::{CardOffice, IssuedCard, NewCard, PartyCertificate, Revocation};

#[cfg(test)]
mod testing;
