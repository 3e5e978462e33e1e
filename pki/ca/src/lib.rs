//! The certification authority: made in a ceremony, it issues certificates, holds, releases and
//! revokes them, and publishes the revocation lists that everyone else must obey.
//!
//! It knows which certificates belong to which card and party, and no person: a card's subject is a
//! random reference. Over HTTP it only publishes; issuing and revoking are calls on [`Ca`], made by
//! the card office or on the authority's own machine.

mod authority;
mod branch;
mod ceremony;
mod certificate;
mod config;
mod error;
mod folder;
mod http;
mod manifest;
mod ocsp;
mod publication;
mod root;
mod store;

pub use authority::Ca;
pub use branch::{Branch, NoBranch};
pub use ceremony::{AuthorityPlan, Ceremony, CeremonyReport, RootPlan, init};
pub use certificate::{
    CertificateOrder, CertificateRecord, CertificateState, Owner, PartyCertificate,
};
pub use config::{CaConfig, PublicationConfig, ValidityConfig};
pub use error::CaError;
pub use http::openapi;
pub use ocsp::{LastingAnswer, OcspAnswer};
pub use root::{Rollover, revoke_authority, rollover, root_crl};

#[cfg(test)]
mod testing;
