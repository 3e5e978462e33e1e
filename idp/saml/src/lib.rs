//! SAML 2.0 for both sides of a login: an identity provider that issues, a service provider that
//! verifies, and the metadata and logout messages between them.
//!
//! It knows neither HTTP nor storage; time and randomness are passed in. Documents from outside
//! pass the [`gate`] before anything else reads them. Documents to the outside are written so that
//! they are their own canonical form, and are signed through [`XmlSigner`].

mod algorithm;
mod attribute;
mod base64;
pub mod bench;
mod canonical;
mod certificate;
mod consume;
mod encryption;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod gate;
mod id;
mod instant;
pub mod issue;
mod logout;
mod message;
pub mod metadata;
pub mod names;
mod namespace;
pub mod redirect;
mod request;
mod sign;
pub mod soap;
mod status;
mod tree;
mod verify;

#[cfg(test)]
mod crosscheck;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod testing;

pub use algorithm::{DigestAlgorithm, SignatureAlgorithm};
pub use attribute::{Attribute, NameId};
pub use canonical::WriteError;
pub use certificate::{Certificate, KeyError, KeyKind};
pub use consume::{
    Claimed, Expectation, Login, Policy, Refusal, ServiceProvider, claimed, decode_post,
};
pub use encryption::{DecryptionError, DecryptionKey, EncryptionKey};
pub use id::{Random, random_id};
pub use issue::{Assertion, ErrorResponse, IssueError, Issued, Protection};
pub use logout::{LogoutRequest, LogoutResponse};
pub use message::MessageError;
pub use metadata::{Entity, IdpRole, MetadataError, MetadataPolicy, SpRole, SubjectIdRequirement};
pub use redirect::{RedirectError, RedirectParameter};
pub use request::{
    AcsChoice, AuthnRequest, Comparison, NameIdPolicy, RequestedContext, RequestedSubject,
};
pub use sign::{KeySigner, SignError, XmlSigner};
pub use status::Status;
pub use tree::ShapeError;
pub use verify::SignatureError;
