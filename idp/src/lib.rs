//! The identity provider: login with a card, sessions, SAML assertions, tickets to the relay.
//!
//! It knows which person holds which card and which service providers that person visits. It
//! never sees a record or a PIN. [`Idp`] is the whole of it; [`IdpConfig`] says what it needs.

mod answer;
mod assurance;
mod browser;
mod card_host;
mod cards;
mod centre;
pub mod config;
mod consent;
mod enforce;
mod event;
mod felica;
mod fetch;
#[cfg(fuzzing)]
pub mod fuzzing;
mod idp;
mod japan;
mod keys;
mod login;
mod logout;
mod notice;
mod onward;
mod pairwise;
mod person;
mod pin;
mod provider;
mod published;
mod refusals;
mod registry;
mod router;
mod sessions;
mod signed_in;
mod sso;
mod store;
mod tasks;
mod throttle;
mod trust;
mod view;
mod web_eid;
mod words;

#[cfg(test)]
mod testing;

pub use assurance::Level;
pub use config::IdpConfig;
pub use idp::{Idp, OpenError};
pub use keys::KeysError;
pub use pairwise::{PairwiseKey, PairwiseKeyError};
pub use person::{PersonId, Role};
pub use provider::Terms;
pub use published::{DescribeError, metadata_xml};
pub use registry::{
    AddressReport, EntityReport, KeyReport, MetadataOrder, Offer, Order, ProviderReport, Registrar,
    RegistrarError, State, Warning,
};
pub use store::{ApplyError, Change, Deed, MIGRATIONS, StoreError};
pub use trust::CardsError;
pub use warifu_pki::Organization;
