//! The sections of the configuration; each doc comment is the reference text of its key.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Origin;

/// The identity provider's keys. Every private key has a file that only the server may read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// The keys that seal database columns (TOML key ring).
    pub columns: PathBuf,
    /// The secret from which pairwise identifiers are made: 64 hexadecimal digits.
    pub pairwise: PathBuf,
    /// P-256 key (PEM, PKCS#8) that signs relay tickets.
    pub ticket: PathBuf,
    /// P-256 key (PEM, PKCS#8) that signs requests to card agents; they pin its public half.
    pub agent_request: PathBuf,
    /// Signs SAML for the service providers that take ECDSA.
    pub saml_p256: SigningKeyConfig,
    /// Signs SAML for the others: RSA, 3072 bits.
    pub saml_rsa: SigningKeyConfig,
}

/// A SAML signing key and the certificate that carries its public half in the metadata.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningKeyConfig {
    /// The private key (PEM, PKCS#8).
    pub key: PathBuf,
    /// The certificate (PEM); self-signed will do, peers trust it through the metadata.
    pub certificate: PathBuf,
}

/// The relay.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelayConfig {
    /// The relay's public key (PEM, P-256) to which tickets are encrypted.
    pub ticket_key: PathBuf,
    /// The name by which the relay knows itself as a ticket's audience.
    #[serde(default = "default_relay_audience")]
    pub audience: String,
}

fn default_relay_audience() -> String {
    crate::pairwise::RELAY.to_owned()
}

/// The card software on the users' computers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AgentsConfig {
    /// Where the login page looks for it, in this order; loopback addresses only.
    pub addresses: Vec<Origin>,
    /// Where people get it from; shown when none answers.
    pub download: Option<String>,
}

impl Default for AgentsConfig {
    fn default() -> Self {
        let usual = Origin::of("http://127.0.0.1:8447");
        Self { addresses: usual.into_iter().collect(), download: None }
    }
}

/// Which cards are believed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardsConfig {
    /// The root certificate (PEM).
    pub root: PathBuf,
    /// The authorities that issue card certificates. A card of any other is refused, whatever
    /// the root may have signed.
    pub issuers: Vec<CardIssuerConfig>,
}

/// An authority that issues card certificates.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardIssuerConfig {
    /// Its certificate (PEM), signed by the root.
    pub certificate: PathBuf,
    /// Its revocation list (DER): an `http://` or `https://` address, or a file. The address that
    /// a card's certificate names is never fetched.
    pub crl: String,
    /// Seconds between two looks for a newer list, at least 1: so late may a revocation take
    /// effect.
    #[serde(default = "default_refresh")]
    pub refresh_seconds: u32,
}

fn default_refresh() -> u32 {
    60
}

/// Whom people turn to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContactConfig {
    /// Mail address of the technical contact.
    pub email: Option<String>,
}

/// A service provider of the federation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceProviderConfig {
    /// Its SAML metadata (XML file with one entity).
    pub metadata: PathBuf,
    /// The certificate (PEM) that must have signed the metadata. Absent: the file is believed as
    /// it stands, so only put there what came by a safe way.
    #[serde(default)]
    pub metadata_signer: Option<PathBuf>,
    /// Its client certificate (PEM) towards the relay. Tickets are bound to it, so there are none
    /// without it.
    #[serde(default)]
    pub client_certificate: Option<PathBuf>,
    /// What it is told about a person.
    #[serde(default)]
    pub attributes: Vec<AttributeName>,
    /// Which key signs for it, when its metadata does not say which algorithms it takes.
    #[serde(default)]
    pub signing: SigningChoice,
}

/// Something that a service provider may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttributeName {
    /// The person's name at this provider alone.
    PairwiseId,
    /// The name to show.
    DisplayName,
    /// The roles (eduPersonEntitlement).
    Roles,
    /// For whom a member of staff acts.
    Organization,
    /// A ticket that only the relay can open, with which the provider gets records.
    RelayTicket,
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
