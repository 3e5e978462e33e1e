//! The sections of the configuration; each doc comment is the reference text of its key.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_pki::KeySource;

use super::Origin;

/// The identity provider's keys. Each private key that signs is in a file that only the server may
/// read, `{ file = "x.key" }`, or in a PKCS#11 token, `{ pkcs11 = { … } }`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// The keys that seal database columns (TOML key ring).
    pub columns: PathBuf,
    /// The secret from which pairwise identifiers are made: 64 hexadecimal digits.
    pub pairwise: PathBuf,
    /// P-256 key that signs the tickets to the relay and to the card office.
    pub ticket: KeySource,
    /// P-256 key that signs requests to card agents; they pin its public half.
    pub agent_request: KeySource,
    /// P-256 key that signs the security events to the relay and to the card office.
    pub events: KeySource,
    /// Signs SAML for the service providers that take ECDSA.
    pub saml_p256: SigningKeyConfig,
    /// Signs SAML for the others: RSA, 3072 bits.
    pub saml_rsa: SigningKeyConfig,
    /// Signs the metadata and nothing else, so that peers who know it by its certificate do not care
    /// when the keys above are exchanged. Absent: `saml_p256` signs the metadata.
    #[serde(default)]
    pub metadata: Option<SigningKeyConfig>,
}

/// A SAML signing key and the certificate that carries its public half in the metadata.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningKeyConfig {
    /// The private key.
    pub key: KeySource,
    /// The certificate (PEM); self-signed will do, peers trust it through the metadata.
    pub certificate: PathBuf,
    /// Certificates (PEM) that only stand in the metadata beside it: of the next key before it signs,
    /// and of the last one after it signed.
    #[serde(default)]
    pub announced: Vec<PathBuf>,
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
    /// Where the relay takes security events, e.g. `https://relay.example/events`. Absent: it is
    /// not told when a session ends. Needs `outgoing.certificate`.
    #[serde(default)]
    pub events_url: Option<String>,
    /// The party name that the relay's server certificate must bear.
    #[serde(default = "default_relay_party")]
    pub party: String,
}

/// The card office, which says who there is and which cards they have.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardOfficeConfig {
    /// The card office's public key (PEM, P-256) that its security events are signed with.
    pub events_key: PathBuf,
    /// The card office's public key (PEM, P-256) to which tickets are encrypted.
    pub ticket_key: PathBuf,
    /// The name by which it signs events, and under which it is a ticket's and an event's audience.
    #[serde(default = "default_office_issuer")]
    pub issuer: String,
    /// Where it takes security events, e.g. `https://cards.example/events`. Needs
    /// `outgoing.certificate`.
    pub events_url: String,
    /// The party name that its server certificate must bear.
    #[serde(default = "default_office_party")]
    pub party: String,
}

fn default_office_issuer() -> String {
    crate::pairwise::CARD_OFFICE.to_owned()
}

fn default_office_party() -> String {
    "office".to_owned()
}

fn default_relay_party() -> String {
    "relay".to_owned()
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

/// Whom people turn to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContactConfig {
    /// Mail address of the technical contact.
    pub email: Option<String>,
}
