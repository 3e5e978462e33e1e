//! Who may ask for logins: the service providers of the configuration file, and the aggregates in
//! which the metadata of many stand together.

use std::num::NonZeroU32;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A service provider of the federation. More can be registered while the server runs; those of
/// the file are changed in the file alone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file")]
pub struct ServiceProviderConfig {
    /// Its SAML metadata: a file (`"sp.xml"`), an address that is read again and again
    /// (`{ url = "https://…", refresh_seconds = 3600 }`), or its entity id in one of the
    /// `aggregates` (`{ entity = "https://…" }`).
    pub metadata: MetadataSource,
    /// The certificate (PEM) that must have signed the metadata. Absent: a file is believed as it
    /// stands, so only put there what came by a safe way; an address must be `https`.
    #[serde(default)]
    pub metadata_signer: Option<PathBuf>,
    /// Its client certificate (PEM) towards relay and card office. Tickets are bound to it, so there
    /// are none without it.
    #[serde(default)]
    pub client_certificate: Option<PathBuf>,
    /// What it is told about a person.
    #[serde(default)]
    pub attributes: Vec<AttributeName>,
    /// Which key signs for it, when its metadata does not say which algorithms it takes.
    #[serde(default)]
    pub signing: SigningChoice,
    /// Whether what it is told is encrypted to it.
    #[serde(default)]
    pub encryption: EncryptionChoice,
    /// Whether people are asked before it is told something about them.
    #[serde(default = "yes")]
    pub consent: bool,
    /// Whether it takes answers that it did not ask for.
    #[serde(default)]
    pub idp_initiated: bool,
    /// By what kind of name it may know a person. One that lasts is given where this allows it and
    /// neither the request nor the metadata asks for one that does not.
    #[serde(default)]
    pub name_id: NameIdChoice,
    /// Whether it may ask who it might be whose FeliCa card's number was read at a desk. Needs
    /// `felica.identification` besides.
    #[serde(default)]
    pub identification: bool,
    /// Minutes since the card was last asked after which it is asked again, and until which the
    /// service's own session may last; no longer than `sessions` allows. Absent: as those say.
    #[serde(default)]
    pub session_absolute_minutes: Option<NonZeroU32>,
    /// Minutes without a use after which the card is asked again. Absent: as `sessions` say.
    #[serde(default)]
    pub session_idle_minutes: Option<NonZeroU32>,
    /// Whether it may ask at all.
    #[serde(default = "yes")]
    pub enabled: bool,
}

impl ServiceProviderConfig {
    /// A service provider on the usual terms: it is told nothing.
    pub fn of(metadata: MetadataSource) -> Self {
        Self {
            metadata,
            metadata_signer: None,
            client_certificate: None,
            attributes: Vec::new(),
            signing: SigningChoice::default(),
            encryption: EncryptionChoice::default(),
            consent: true,
            idp_initiated: false,
            name_id: NameIdChoice::default(),
            identification: false,
            session_absolute_minutes: None,
            session_idle_minutes: None,
            enabled: true,
        }
    }
}

fn yes() -> bool {
    true
}

/// Where the metadata of one service provider stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum MetadataSource {
    /// A file with one entity.
    File(PathBuf),
    /// An address that answers with one entity.
    Url {
        /// `https://…`, or `http://…` where a signer is configured.
        url: String,
        /// Seconds until it is read again, at most: metadata that names a shorter `cacheDuration`
        /// is read again after that.
        #[serde(default = "hourly")]
        refresh_seconds: u32,
    },
    /// One of many in an aggregate.
    Entity {
        /// Its entity id.
        entity: String,
    },
}

/// Many entities in one document, which the operator of a federation signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AggregateConfig {
    /// A file (`"federation.xml"`), or an address that is read again and again
    /// (`{ url = "https://…", refresh_seconds = 3600 }`).
    pub metadata: AggregateSource,
    /// The certificate (PEM) that must have signed it. Only a file may do without.
    #[serde(default)]
    pub signer: Option<PathBuf>,
}

/// Where an aggregate stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum AggregateSource {
    /// A file.
    File(PathBuf),
    /// An address.
    Url {
        /// `https://…` or `http://…`; a signer is needed either way.
        url: String,
        /// Seconds until it is read again, at most.
        #[serde(default = "hourly")]
        refresh_seconds: u32,
    },
}

fn hourly() -> u32 {
    3600
}

/// Something that a service provider may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttributeName {
    /// The person's name at this provider alone.
    PairwiseId,
    /// The person's name at every provider that has it, which the provider's metadata must ask for
    /// besides. Think twice: whoever has it can join what they know about a person with all others
    /// who have it, which is what pairwise names are there to prevent. None by default, and there is
    /// no going back: what was joined stays joined.
    SubjectId,
    /// The name to show.
    DisplayName,
    /// The roles (eduPersonEntitlement).
    Roles,
    /// For whom a member of staff acts.
    Organization,
    /// A ticket that only the relay can open, with which the provider gets records.
    RelayTicket,
    /// A ticket that only the card office can open, with which the provider's pages of the office
    /// work; for members of its staff alone.
    OfficeTicket,
    /// The last day of the card that somebody signed in with, from ninety days before: so that the
    /// provider can tell its holder in time.
    CardUntil,
}

impl AttributeName {
    /// All of them, in the order in which pages show them.
    pub const ALL: [Self; 8] = [
        Self::PairwiseId,
        Self::SubjectId,
        Self::DisplayName,
        Self::Roles,
        Self::Organization,
        Self::RelayTicket,
        Self::OfficeTicket,
        Self::CardUntil,
    ];

    /// Its word in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PairwiseId => "pairwise-id",
            Self::SubjectId => "subject-id",
            Self::DisplayName => "display-name",
            Self::Roles => "roles",
            Self::Organization => "organization",
            Self::RelayTicket => "relay-ticket",
            Self::OfficeTicket => "office-ticket",
            Self::CardUntil => "card-until",
        }
    }
}

/// Which key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SigningChoice {
    /// RSA, which every peer takes.
    #[default]
    Rsa,
    /// P-256, many times faster.
    P256,
}

/// Whether assertions are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EncryptionChoice {
    /// Always; a provider without a key for it is not believed.
    #[default]
    Required,
    /// Where its metadata has a key for it.
    IfPossible,
    /// Never: what it is told is signed, and the browser could read it.
    Never,
}

/// By what kind of name a service provider knows a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NameIdChoice {
    /// A new one for every session.
    #[default]
    Transient,
    /// The same one at every sign-in, and another one at every provider.
    Persistent,
}
