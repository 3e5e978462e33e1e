//! Metadata: what SAML entities tell each other about their keys and addresses (SAML metadata).

mod choose;
mod describe;
mod entity_attribute;
mod parse;
mod role;
mod ui;

pub use describe::{About, Contact, IdpDescription, SpDescription};
pub use parse::{Aggregate, parse, parse_aggregate};

use jiff::{SignedDuration, Timestamp};

use crate::algorithm::SignatureAlgorithm;
use crate::certificate::Certificate;
use crate::gate::GateError;
use crate::tree::ShapeError;
use crate::verify::SignatureError;

/// A SAML entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Its identifier.
    pub entity_id: String,
    /// Until when this description holds.
    pub valid_until: Option<Timestamp>,
    /// For how long a copy may be used before the source is asked again.
    pub cache_duration: Option<SignedDuration>,
    /// It as an identity provider.
    pub idp: Option<IdpRole>,
    /// It as a service provider.
    pub sp: Option<SpRole>,
}

/// An identity provider.
#[derive(Debug, Clone, PartialEq)]
pub struct IdpRole {
    /// Names for people.
    pub display_names: Vec<LocalizedText>,
    /// The keys that it signs with; never empty.
    pub signing: Vec<Certificate>,
    /// The keys to encrypt to it with.
    pub encryption: Vec<Certificate>,
    /// Where it takes requests for logins.
    pub sso: Vec<Endpoint>,
    /// Where it takes logout messages.
    pub slo: Vec<Endpoint>,
    /// Whether it answers signed requests only.
    pub want_authn_requests_signed: bool,
    /// The scopes that its scoped attributes may carry.
    pub scopes: Vec<String>,
    /// Where to send people whose login went wrong.
    pub error_url: Option<String>,
}

/// A service provider.
#[derive(Debug, Clone, PartialEq)]
pub struct SpRole {
    /// Names for people.
    pub display_names: Vec<LocalizedText>,
    /// The keys that it signs with.
    pub signing: Vec<Certificate>,
    /// The keys to encrypt to it with.
    pub encryption: Vec<Certificate>,
    /// Where it takes answers, in the order given.
    pub acs: Vec<AcsEndpoint>,
    /// Where it takes logout messages.
    pub slo: Vec<Endpoint>,
    /// Whether it signs its requests, so that an unsigned one is not its.
    pub authn_requests_signed: bool,
    /// Whether it wants assertions signed besides the responses around them.
    pub want_assertions_signed: bool,
    /// The signature algorithms that it can verify, in order of preference; empty if it does not
    /// say.
    pub signing_methods: Vec<SignatureAlgorithm>,
    /// The formats of `NameID` that it takes, in order of preference; empty if it does not say.
    pub name_id_formats: Vec<String>,
    /// Which subject identifier it needs.
    pub subject_id_requirement: SubjectIdRequirement,
    /// What it is for, for people.
    pub descriptions: Vec<LocalizedText>,
    /// Pages about it; `https:` or `http:`.
    pub information_urls: Vec<LocalizedText>,
    /// Pages about what it does with what it is told; `https:` or `http:`.
    pub privacy_urls: Vec<LocalizedText>,
    /// Its logo.
    pub logo: Option<Logo>,
}

/// Which of the two subject identifiers a service provider needs (SAML subject identifier
/// attributes profile 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubjectIdRequirement {
    /// Neither, or it does not say.
    #[default]
    None,
    /// `pairwise-id`.
    PairwiseId,
    /// `subject-id`.
    SubjectId,
    /// Either of them; `pairwise-id` is the one to prefer.
    Any,
}

/// A picture that stands for an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// Where it is: `https:`, or `data:image/` with the picture itself; at most 64 KiB.
    pub url: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// A text in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalizedText {
    /// The language, as `xml:lang` names it.
    pub language: String,
    /// The text.
    pub text: String,
}

/// An address and how to speak to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The URI of the binding.
    pub binding: String,
    /// Where requests go.
    pub location: String,
    /// Where answers go, if not to the same address.
    pub response_location: Option<String>,
}

/// An address that takes answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcsEndpoint {
    /// The URI of the binding.
    pub binding: String,
    /// The address.
    pub location: String,
    /// Its number.
    pub index: u16,
    /// Whether it is said to be the default, or said not to be.
    pub is_default: Option<bool>,
}

/// What metadata must bring along to be believed.
#[derive(Debug, Clone, Copy)]
pub struct MetadataPolicy<'a> {
    /// If not empty, the document must be signed with one of these.
    pub trusted: &'a [Certificate],
    /// Whether it must say until when it holds.
    pub require_valid_until: bool,
    /// The longest it may say to hold.
    pub longest_validity: SignedDuration,
}

/// Why metadata is not believed.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// The gate stopped it.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// It is not what metadata must look like.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Its signature is missing or does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Its time is over.
    #[error("the metadata has expired")]
    Expired,
    /// It does not say until when it holds.
    #[error("the metadata has no end of validity")]
    Endless,
    /// It says that it holds for longer than is believed.
    #[error("the metadata claims to hold for too long")]
    TooLong,
    /// An entity stands in it twice.
    #[error("an entity is described twice")]
    Duplicate,
    /// An identity provider without a key: nothing of it could be verified.
    #[error("an identity provider has no signing key")]
    NoSigningKey,
    /// More keys than are tried.
    #[error("an entity has too many keys")]
    TooManyKeys,
    /// A certificate that cannot be read.
    #[error("a certificate cannot be read")]
    Certificate,
}

impl MetadataError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gate(cause) => cause.code(),
            Self::Shape(_) => "saml.metadata.shape",
            Self::Signature(cause) => cause.code(),
            Self::Expired => "saml.metadata.expired",
            Self::Endless => "saml.metadata.endless",
            Self::TooLong => "saml.metadata.too-long",
            Self::Duplicate => "saml.metadata.twice",
            Self::NoSigningKey => "saml.metadata.no-signing-key",
            Self::TooManyKeys => "saml.metadata.too-many-keys",
            Self::Certificate => "saml.metadata.certificate",
        }
    }
}

#[cfg(test)]
mod tests;
