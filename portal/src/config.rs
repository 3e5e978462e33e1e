//! The portal's configuration.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;
use warifu_service::http::ListenConfig;
use warifu_service::session::SessionLimits;
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::ClientConfig;
use warifu_service::words::CallCentre;

use crate::desk::label::Numbers;

/// The portal's configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PortalConfig {
    /// Where browsers reach the portal: scheme, host and port, e.g.
    /// `https://portal.localhost:8443`. The SAML entity id is this and `/saml/metadata`.
    pub public_url: String,
    /// Where the portal listens.
    pub listen: ListenConfig,
    /// The portal's own database; no record is ever stored in it.
    pub database: DatabaseConfig,
    /// TOML file of the keys that seal columns and look them up.
    pub column_keys: PathBuf,
    /// How people sign in.
    pub saml: SamlConfig,
    /// Where records come from.
    pub relay: RelayConfig,
    /// The card office. Without it the portal has no pages for the office's staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_office: Option<CardOfficeConfig>,
    /// The clinics' desks.
    #[serde(default)]
    pub desk: DeskConfig,
    /// How long a session lives.
    #[serde(default)]
    pub session: SessionLimits,
    /// Whom people call, as every page says it. Absent: pages say where to turn without a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_centre: Option<CallCentre>,
}

/// The clinics' desks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeskConfig {
    /// QRコード停止中: the field for scanning is not there, and what is scanned all the same is
    /// refused.
    pub scans_stopped: bool,
    /// 記号 and 番号 on labels: `masked` or `full`.
    pub label_numbers: Numbers,
}

/// The service provider's side of SAML 2.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SamlConfig {
    /// PEM file: the private key that signs requests and metadata (P-256, or RSA of 3072 bits).
    pub signing_key: PathBuf,
    /// PEM file: its certificate, as the metadata shows it.
    pub signing_certificate: PathBuf,
    /// PEM file: the RSA private key (3072 bits) that assertions are encrypted to.
    pub decryption_key: PathBuf,
    /// PEM file: its certificate, as the metadata shows it.
    pub decryption_certificate: PathBuf,
    /// SAML metadata files of the identity providers that are trusted; read again every few
    /// minutes.
    pub identity_providers: Vec<PathBuf>,
    /// PEM files: certificates that must have signed those metadata. Empty: the files are trusted
    /// as they lie on the disk.
    #[serde(default)]
    pub metadata_signers: Vec<PathBuf>,
}

/// The relay and how the portal shows itself to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelayConfig {
    /// The relay's address, e.g. `https://localhost:8445`.
    pub url: String,
    /// The CA it is trusted by, and the portal's own client certificate.
    pub tls: ClientConfig,
}

/// The card office and how the portal shows itself to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardOfficeConfig {
    /// The address of its interface for programs, e.g. `https://localhost:8449`.
    pub url: String,
    /// Its name in the URI `urn:warifu:party:…` of its certificate; nobody else is believed.
    pub party: String,
    /// The CA it is trusted by, and the portal's own client certificate.
    pub tls: ClientConfig,
}

/// An address in the configuration that cannot be one.
#[derive(Debug, thiserror::Error)]
#[error("config.address: {key} = \"{value}\" must be https://host or https://host:port")]
pub struct AddressError {
    /// Which key.
    key: &'static str,
    /// What stands there.
    value: String,
}

impl PortalConfig {
    /// Checks what the types do not: all addresses are plain origins over TLS.
    pub fn check(&self) -> Result<(), AddressError> {
        let office = self.card_office.iter().map(|office| ("card_office.url", &office.url));
        let always = [("public_url", &self.public_url), ("relay.url", &self.relay.url)];
        for (key, value) in always.into_iter().chain(office) {
            if !is_origin(value) {
                return Err(AddressError { key, value: value.clone() });
            }
        }
        Ok(())
    }

    /// The public address without a slash at its end.
    pub fn origin(&self) -> String {
        self.public_url.trim_end_matches('/').to_owned()
    }

    /// The SAML entity id.
    pub fn entity_id(&self) -> String {
        format!("{}/saml/metadata", self.origin())
    }

    /// Where assertions are posted.
    pub fn acs_url(&self) -> String {
        format!("{}/saml/acs", self.origin())
    }

    /// Where identity providers end sessions, over SOAP.
    pub fn slo_url(&self) -> String {
        format!("{}/saml/slo", self.origin())
    }
}

/// `https://host[:port]` with at most a slash behind it.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        url.scheme() == "https"
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"
        public_url = "https://portal.localhost:8443"
        column_keys = "portal/keys.toml"
        [listen]
        address = "127.0.0.1:8443"
        [database]
        url = "sqlite:portal.db"
        [saml]
        signing_key = "saml.key"
        signing_certificate = "saml.pem"
        decryption_key = "decryption.key"
        decryption_certificate = "decryption.pem"
        identity_providers = ["idp.xml"]
        [relay]
        url = "https://localhost:8445"
        [relay.tls]
        ca = "ca.pem"
        certificate = "portal.pem"
        key = "portal.key"
    "#;

    fn load(text: &str) -> Result<PortalConfig, warifu_service::config::ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portal.toml");
        std::fs::write(&path, text).unwrap();
        warifu_service::config::load(&path)
    }

    #[test]
    fn the_smallest_configuration_is_complete() {
        let config = load(SMALLEST).unwrap();
        config.check().unwrap();
        assert_eq!(config.entity_id(), "https://portal.localhost:8443/saml/metadata");
        assert_eq!(config.acs_url(), "https://portal.localhost:8443/saml/acs");
        assert_eq!(config.session, SessionLimits::default());
        assert_eq!(config.card_office, None);
    }

    #[test]
    fn the_card_office_is_one_party_at_one_address() {
        let office = r#"
            [card_office]
            url = "https://localhost:8449"
            party = "office"
            [card_office.tls]
            ca = "ca.pem"
            certificate = "portal.pem"
            key = "portal.key"
        "#;
        let config = load(&format!("{SMALLEST}{office}")).unwrap();
        config.check().unwrap();
        assert_eq!(config.card_office.unwrap().party, "office");
        let bad = office.replace("https://localhost:8449", "https://localhost:8449/api");
        let error = load(&format!("{SMALLEST}{bad}")).unwrap().check().unwrap_err();
        assert!(error.to_string().contains("card_office.url"), "{error}");
    }

    #[test]
    fn unknown_keys_and_bad_addresses_are_named() {
        let error = load(&SMALLEST.replace("signing_key", "singing_key")).unwrap_err().to_string();
        assert!(error.contains("singing_key"), "{error}");
        for bad in ["http://portal.localhost", "https://portal.localhost/x", "portal.localhost"] {
            let config = load(&SMALLEST.replace("https://portal.localhost:8443", bad)).unwrap();
            assert!(config.check().unwrap_err().to_string().contains("public_url"), "{bad}");
        }
    }

    #[test]
    fn every_key_is_described() {
        let schema = serde_json::to_value(schemars::schema_for!(PortalConfig)).unwrap();
        let described = |shape: &serde_json::Value| {
            let keys = shape["properties"].as_object().unwrap();
            keys.values().all(|key| key["description"].is_string())
        };
        assert!(described(&schema));
        for part in ["SamlConfig", "RelayConfig", "CardOfficeConfig", "DeskConfig", "CallCentre"] {
            assert!(described(&schema["$defs"][part]), "{part}");
        }
    }
}
