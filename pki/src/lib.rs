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
pub mod holder;
pub mod jose;
mod key;
mod linking;
pub mod lint;
mod name;
pub mod ocsp;
mod path;
mod pkcs11;
mod policy;
mod profile;
mod public_key;
mod publication;
mod request;
mod revocation;
mod scheme;
pub mod security_event;
mod signed;
mod subject;
mod ticket;
mod validity;
pub mod voucher;

pub use algorithm::KeyAlgorithm;
pub use authority::{Authority, IssueError};
pub use certificate::{Certificate, CertificateError};
pub use crl::{Crl, CrlError, Reason, Revoked, RevokedEntry, UnknownReason};
pub use holder::{CardHolder, HolderError, HolderIssuer, HolderOpener};
pub use key::{
    DiversificationKey, FileKey, KeyError, KeySource, MasterKeys, MasterKeysError, MasterSettings,
    SignError, Signer, TokenKey,
};
pub use linking::{LinkingConfig, LinkingKeyError};
pub use path::{
    CardLevel, CardPurpose, CardTrust, Listed, PathError, PathRequirements, PathValidator,
    TrustError, TrustedScheme, ValidPath, VerifiedAuthority, VerifiedCard, require_certified,
};
pub use pkcs11::{Pkcs11Key, TokenError};
pub use policy::{NotAnArc, PolicyArc, PolicyKind};
pub use profile::{Profile, ProfileDescription, PurposeDescription};
pub use public_key::PublicKey;
pub use publication::{Lists, Publication};
pub use request::{PossessionProof, RequestError, possession_message};
pub use revocation::{Accepted, RevocationError, RevocationLists};
pub use scheme::{
    CardApplication, CardScheme, CertificateRequirement, DottedId, HolderRule, NotAnId, SchemeError,
};
pub use subject::{AlternativeName, Subject, SubjectError, SubjectKind};
pub use ticket::{
    Actor, Confirmation, Organization, Purpose, Ticket, TicketError, TicketIssuer, TicketOpener,
};
pub use validity::Validity;
pub use voucher::{Voucher, VoucherError, VoucherIssuer, VoucherOpener};

#[cfg(test)]
mod testing;
