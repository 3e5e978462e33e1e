//! Whom the office vouches to, and through which relay.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_pki::KeySource;

use super::{OfficeConfigError, each_once};

/// The relay asks about no more holders of records for one person.
const MOST_CONNECTORS: usize = 64;

/// For whom the office vouches for persons, so that records are linked to cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkingConfig {
    /// The relay, which alone may ask, by the name in its certificate.
    #[serde(default = "relay")]
    pub relay: String,
    /// The private key (P-256) that signs the office's vouchers.
    pub key: KeySource,
    /// Every connector of the federation: each gets a voucher every time, so that the office does
    /// not learn where somebody is linked.
    pub connectors: Vec<LinkedConnector>,
}

/// A connector that vouchers are sealed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkedConnector {
    /// The connector's id at the relay.
    pub id: String,
    /// PEM file with the public key (P-256) that its vouchers are sealed to.
    pub key: PathBuf,
}

impl LinkingConfig {
    pub(super) fn validate(&self) -> Result<(), OfficeConfigError> {
        if !(1..=MOST_CONNECTORS).contains(&self.connectors.len()) {
            return Err(OfficeConfigError::Connectors);
        }
        each_once(self.connectors.iter().map(|connector| &connector.id))
    }
}

fn relay() -> String {
    "relay".to_owned()
}
