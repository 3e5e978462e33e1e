//! Keys, certificates, revocation lists and tickets of Warifu.
//!
//! Everything that signs goes through one seam, [`Signer`]; everything that arrives from outside is
//! bounded before it is parsed and believed only after its signature. No clock, no network: the time
//! is an argument and fetching is the caller's work.

mod algorithm;
mod authority;
mod certificate;
pub mod crl;
mod extension;
pub mod jose;
mod key;
mod name;
mod path;
mod policy;
mod profile;
mod public_key;
mod request;
mod revocation;
mod signed;
mod ticket;
mod validity;

pub use algorithm::KeyAlgorithm;
pub use authority::{Authority, IssueError, Publication};
pub use certificate::{Certificate, CertificateError};
pub use crl::{Crl, CrlError, Reason, Revoked, RevokedEntry, UnknownReason};
pub use key::{FileKey, KeyError, SignError, Signer};
pub use path::{CardPurpose, CardTrust, PathError, TrustError, VerifiedCard};
pub use policy::{CARD_AUTHENTICATION_POLICY, CARD_PRESENCE_POLICY, PolicyId};
pub use profile::{AlternativeName, Profile, Subject, SubjectError};
pub use public_key::PublicKey;
pub use request::{PossessionProof, RequestError, possession_message};
pub use revocation::{RevocationError, RevocationList};
pub use ticket::{
    Actor, Confirmation, Organization, Purpose, RelayTicket, TicketError, TicketIssuer,
    TicketOpener,
};
pub use validity::Validity;

#[cfg(test)]
mod testing;
