//! What the card office is told: where it listens, keeps its data and keys, and publishes.

use std::path::PathBuf;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_pki::Publication;
use warifu_service::http::ListenConfig;
use warifu_service::storage::DatabaseConfig;

/// The configuration of the card office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaConfig {
    /// Where the revocation list and the authorities' certificates are served. What is served is
    /// public and signed, so plain HTTP will do (RFC 5280 section 8).
    pub listen: ListenConfig,
    /// Where the office keeps its records.
    pub database: DatabaseConfig,
    /// The folder that `warifu ca init` filled: certificates and keys of the authorities, and the
    /// keys that seal the records.
    pub folder: PathBuf,
    /// Under which address others find what is published.
    pub publication: PublicationConfig,
    /// How long certificates live.
    #[serde(default)]
    pub validity: ValidityConfig,
}

/// Under which address others find what the office publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicationConfig {
    /// The start of the addresses written into certificates, e.g. `http://localhost:8446`. Must not
    /// change while certificates that name it are in use.
    pub base_url: String,
    /// Minutes for which a revocation list may be relied upon. A new one is made when half of that
    /// is over, and at once when a card is revoked.
    #[serde(default = "a_day")]
    pub list_minutes: u32,
}

/// How long certificates live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ValidityConfig {
    /// Days for which a card's certificates are valid, at most 1830.
    pub card_days: u32,
    /// Days for which a party's certificate is valid, at most 398.
    pub party_days: u32,
}

impl Default for ValidityConfig {
    fn default() -> Self {
        Self { card_days: 1826, party_days: 397 }
    }
}

const fn a_day() -> u32 {
    24 * 60
}

pub(crate) const LIST_PATH: &str = "/crl/cards.crl";
pub(crate) const CARDS_CERTIFICATE_PATH: &str = "/cards-ca.cer";
pub(crate) const SERVICES_CERTIFICATE_PATH: &str = "/services-ca.cer";

impl PublicationConfig {
    /// What is written into card certificates.
    pub(crate) fn of_cards(&self) -> Publication {
        Publication {
            crl_url: Some(self.url(LIST_PATH)),
            certificate_url: Some(self.url(CARDS_CERTIFICATE_PATH)),
        }
    }

    /// What is written into the parties' certificates. They have no revocation list yet: they live
    /// shortly, and peers name each other.
    pub(crate) fn of_services(&self) -> Publication {
        Publication { crl_url: None, certificate_url: Some(self.url(SERVICES_CERTIFICATE_PATH)) }
    }

    /// How long a list may be relied upon.
    pub(crate) fn list_lifetime(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.list_minutes.max(1)))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.trim_end_matches('/'))
    }
}

impl ValidityConfig {
    pub(crate) fn of_card(&self) -> SignedDuration {
        days(self.card_days)
    }

    pub(crate) fn of_party(&self) -> SignedDuration {
        days(self.party_days)
    }
}

fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"
        folder = "ca"
        [listen]
        address = "127.0.0.1:8446"
        [database]
        url = "sqlite:ca/office.db"
        [publication]
        base_url = "http://localhost:8446/"
    "#;

    #[test]
    fn the_smallest_configuration_has_sound_defaults() {
        let config: CaConfig = toml::from_str(SMALLEST).unwrap();
        assert_eq!(config.publication.list_lifetime(), SignedDuration::from_hours(24));
        assert_eq!(config.validity.of_party(), SignedDuration::from_hours(24 * 397));
        let url = config.publication.of_cards().crl_url.unwrap();
        assert_eq!(url, "http://localhost:8446/crl/cards.crl");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<CaConfig>(&format!("{SMALLEST}\nlist_hours = 1")).is_err());
    }

    #[test]
    fn every_key_is_documented() {
        let schema = schemars::schema_for!(CaConfig);
        assert_documented(schema.as_value());
    }

    fn assert_documented(schema: &serde_json::Value) {
        if let Some(properties) = schema["properties"].as_object() {
            for (name, property) in properties {
                assert!(property["description"].is_string(), "{name}");
            }
        }
        for child in schema["$defs"].as_object().into_iter().flatten() {
            assert_documented(child.1);
        }
    }
}
