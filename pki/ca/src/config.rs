//! What the certification authority is told: where it listens and keeps its records and keys.

use std::path::PathBuf;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_service::http::ListenConfig;
use warifu_service::storage::DatabaseConfig;

/// The configuration of the certification authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaConfig {
    /// Where revocation lists, the authorities' certificates and OCSP are served. What is served is
    /// public and signed, so plain HTTP will do (RFC 5280 section 8).
    pub listen: ListenConfig,
    /// Where the authority keeps its records.
    pub database: DatabaseConfig,
    /// The folder that `warifu ca init` filled: the authorities' certificates, where their keys are,
    /// and under which address they publish.
    pub folder: PathBuf,
    /// How it publishes.
    #[serde(default)]
    pub publication: PublicationConfig,
    /// How long certificates live.
    #[serde(default)]
    pub validity: ValidityConfig,
}

/// How revocation is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PublicationConfig {
    /// Minutes for which a revocation list may be relied upon. A new one is made when half of that
    /// is over, and at once when a card is suspended, released or revoked.
    pub list_minutes: u32,
}

impl Default for PublicationConfig {
    fn default() -> Self {
        Self { list_minutes: 24 * 60 }
    }
}

impl PublicationConfig {
    /// How long a list may be relied upon.
    pub(crate) fn list_lifetime(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.list_minutes.max(1)))
    }
}

/// How long certificates live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ValidityConfig {
    /// Days for which a party's certificate is valid, at most 398.
    pub party_days: u32,
}

impl Default for ValidityConfig {
    fn default() -> Self {
        Self { party_days: 397 }
    }
}

impl ValidityConfig {
    pub(crate) fn of_party(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.party_days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"
        folder = "ca"
        [listen]
        address = "127.0.0.1:8446"
        [database]
        url = "sqlite:ca/ca.db"
    "#;

    #[test]
    fn the_smallest_configuration_has_sound_defaults() {
        let config: CaConfig = toml::from_str(SMALLEST).unwrap();
        assert_eq!(config.publication.list_lifetime(), SignedDuration::from_hours(24));
        assert_eq!(config.validity.of_party(), SignedDuration::from_hours(24 * 397));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let text = SMALLEST.replace("[listen]", "list_hours = 1\n[listen]");
        assert!(toml::from_str::<CaConfig>(&text).is_err());
    }

    #[test]
    fn every_key_is_documented() {
        for schema in [schemars::schema_for!(CaConfig), schemars::schema_for!(crate::Ceremony)] {
            assert_documented(schema.as_value());
        }
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
