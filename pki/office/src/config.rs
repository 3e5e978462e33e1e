//! The configuration file of the card office and the certification authority beneath it.

mod linking;
mod paper;

use std::collections::BTreeSet;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;
use warifu_ca::CaConfig;
use warifu_pki::KeySource;
use warifu_service::http::ListenConfig;
use warifu_service::tls::ClientConfig;

pub use linking::{LinkedConnector, LinkingConfig};
pub use paper::{FontConfig, LetterConfig};

use crate::OfficeSettings;

/// The card office, with the certification authority whose database it shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfficeConfig {
    /// The certification authority: where it listens (plain HTTP) for those who fetch revocation
    /// lists and ask for certificates' states, its database, its folder.
    pub authority: CaConfig,
    /// How the office works: its secrets, the resident register, how long cards live.
    pub office: OfficeSettings,
    /// Where the office's own interface is, and who may use it.
    pub api: ApiConfig,
    /// How the identity provider is told of cards.
    pub notify: NotifyConfig,
    /// For whom the office vouches for persons, so that records are linked to cards. Absent: it
    /// vouches for nobody.
    #[serde(default)]
    pub linking: Option<LinkingConfig>,
    /// Who writes to the residents.
    pub letter: LetterConfig,
    /// The fonts of cards and letters.
    #[serde(default)]
    pub font: FontConfig,
}

/// Where the office's own interface is, and who may use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiConfig {
    /// Where the office listens for portals and identity providers. `tls` with `client_ca` is
    /// required: every caller shows a certificate.
    pub listen: ListenConfig,
    /// Portals that staff may come through, by the name in their certificates
    /// (`urn:warifu:party:<name>`).
    #[serde(default = "portal")]
    pub portals: Vec<String>,
    /// PEM file with the private key (P-256) to which identity providers seal tickets of the
    /// office's staff.
    pub ticket_key: PathBuf,
    /// Identity providers that are believed.
    pub identity_providers: Vec<IdentityProviderConfig>,
}

/// An identity provider that is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityProviderConfig {
    /// The issuer that its tickets and events name, e.g. `https://idp.example.jp`.
    pub issuer: String,
    /// The name in the certificate with which it sends events.
    #[serde(default = "idp")]
    pub party: String,
    /// PEM file with the public key (P-256) that its tickets are signed with.
    pub ticket_key: PathBuf,
    /// PEM file with the public key (P-256) that its security events are signed with.
    pub events_key: PathBuf,
}

/// How the identity provider is told of cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotifyConfig {
    /// Where it takes security events, e.g. `https://idp.example.jp/events`.
    pub url: String,
    /// The CA that its certificate must lead to, and the office's own certificate, if it asks for
    /// one.
    pub client: ClientConfig,
    /// The private key (P-256) that signs the office's events.
    pub events_key: KeySource,
}

fn portal() -> Vec<String> {
    vec!["portal".to_owned()]
}

fn idp() -> String {
    "idp".to_owned()
}

/// Why the office cannot be configured so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfficeConfigError {
    /// Without client certificates anybody could call.
    #[error("office.tls: api.listen.tls.client_ca is required")]
    NotMutual,
    /// Events are sent over TLS.
    #[error("office.url: notify.url must be an https address")]
    Url,
    /// Nobody, or more than the relay asks, to vouch to.
    #[error("office.connectors: linking.connectors must name 1 to 64 connectors")]
    Connectors,
    /// Two identity providers with one issuer, or a party that is two: a portal that is an identity
    /// provider too could put cards into use.
    #[error("office.twice: {0} stands there twice")]
    Twice(String),
}

impl OfficeConfig {
    /// Checks what the types cannot.
    pub fn validate(&self) -> Result<(), OfficeConfigError> {
        if self.api.listen.tls.as_ref().and_then(|tls| tls.client_ca.as_ref()).is_none() {
            return Err(OfficeConfigError::NotMutual);
        }
        self.notify.address()?;
        let providers = &self.api.identity_providers;
        each_once(providers.iter().map(|provider| &provider.issuer))?;
        let relay = self.linking.iter().map(|linking| &linking.relay);
        let parties = providers.iter().map(|provider| &provider.party).chain(&self.api.portals);
        each_once(parties.chain(relay))?;
        self.linking.as_ref().map_or(Ok(()), LinkingConfig::validate)
    }
}

impl NotifyConfig {
    /// Where events go.
    pub fn address(&self) -> Result<Url, OfficeConfigError> {
        let url = Url::parse(&self.url).ok().filter(|url| url.scheme() == "https");
        url.ok_or(OfficeConfigError::Url)
    }
}

fn each_once<'a>(all: impl Iterator<Item = &'a String>) -> Result<(), OfficeConfigError> {
    let mut seen = BTreeSet::new();
    for one in all {
        if !seen.insert(one) {
            return Err(OfficeConfigError::Twice(one.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
        [authority]
        folder = "ca"
        listen = { address = "127.0.0.1:8446" }
        database = { url = "sqlite:ca/ca.db" }
        [office]
        folder = "office"
        [api]
        ticket_key = "keys/ticket.pem"
        [api.listen]
        address = "127.0.0.1:8452"
        tls = { certificate = "a.pem", key = "a.key", client_ca = "ca.pem" }
        [[api.identity_providers]]
        issuer = "https://idp.localhost:8444"
        ticket_key = "keys/idp-ticket.pem"
        events_key = "keys/idp-events.pem"
        [notify]
        url = "https://idp.localhost:8444/events"
        client = { ca = "ca.pem" }
        events_key = { file = "keys/events.pem" }
        [letter]
        consortium = "讃岐広域連携協議会"
        department = "カード事務局"
        address = "香川県高松市番町0丁目0番0号"
        phone = "087-000-0000"
        hours = "平日 9時〜17時"
        lost_phone = "0120-000-000"
        portal = "https://portal.example.jp"
    "#;

    fn sample() -> OfficeConfig {
        toml::from_str(SAMPLE).unwrap()
    }

    fn with(change: impl FnOnce(&mut OfficeConfig)) -> Result<(), OfficeConfigError> {
        let mut config = sample();
        change(&mut config);
        config.validate()
    }

    #[test]
    fn a_sample_is_read_with_its_defaults() {
        let config = sample();
        assert_eq!(config.validate(), Ok(()));
        assert_eq!(config.api.portals, ["portal"]);
        assert_eq!(config.api.identity_providers[0].party, "idp");
        assert_eq!(config.font, FontConfig::default());
    }

    #[test]
    fn an_unknown_key_is_refused() {
        for (section, key) in [("[api]", "portal"), ("[letter]", "fax"), ("[notify]", "udp")] {
            let text = SAMPLE.replace(section, &format!("{section}\n{key} = 1"));
            let error = toml::from_str::<OfficeConfig>(&text).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn an_office_open_to_everybody_is_refused() {
        let refused = with(|config| config.api.listen.tls = None);
        assert_eq!(refused, Err(OfficeConfigError::NotMutual));
        let refused = with(|config| config.notify.url = "http://idp.example/events".into());
        assert_eq!(refused, Err(OfficeConfigError::Url));
    }

    const LINKING: &str = r#"
        [linking]
        key = { file = "keys/voucher.pem" }
        [[linking.connectors]]
        id = "insurer"
        key = "keys/insurer.pub"
    "#;

    #[test]
    fn whom_it_vouches_to_is_somebody_else_each_time() {
        let config: OfficeConfig = toml::from_str(&format!("{SAMPLE}{LINKING}")).unwrap();
        assert_eq!(config.validate(), Ok(()));
        let linking = config.linking.unwrap();
        assert_eq!(linking.relay, "relay");
        let refused = |change: fn(&mut LinkingConfig)| {
            let mut linking = linking.clone();
            change(&mut linking);
            with(|config| config.linking = Some(linking)).unwrap_err()
        };
        let twice = refused(|linking| linking.connectors.push(linking.connectors[0].clone()));
        assert_eq!(twice, OfficeConfigError::Twice("insurer".into()));
        let portal = refused(|linking| linking.relay = "portal".into());
        assert_eq!(portal, OfficeConfigError::Twice("portal".into()));
        assert_eq!(refused(|linking| linking.connectors.clear()), OfficeConfigError::Connectors);
    }

    #[test]
    fn nobody_is_two() {
        let refused = with(|config| config.api.portals.push("idp".into()));
        assert_eq!(refused, Err(OfficeConfigError::Twice("idp".into())));
        let refused = with(|config| {
            let again = config.api.identity_providers[0].clone();
            config
                .api
                .identity_providers
                .push(IdentityProviderConfig { party: "other".into(), ..again });
        });
        assert_eq!(refused, Err(OfficeConfigError::Twice("https://idp.localhost:8444".into())));
    }

    #[test]
    fn every_key_is_documented() {
        let schema = schemars::schema_for!(OfficeConfig);
        let sections = schema.as_value()["$defs"].as_object().unwrap().values();
        for section in sections.chain([schema.as_value()]) {
            for (name, property) in section["properties"].as_object().into_iter().flatten() {
                assert!(property["description"].is_string(), "{name}");
            }
        }
    }
}
