//! What an identity provider must be told before it can start.

mod card_host;
mod cards;
mod felica;
mod limits;
mod origin;
mod providers;
mod sections;
mod sessions;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_service::http::ListenConfig;
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::ClientConfig;
use warifu_service::words::CallCentre;

pub use card_host::{CardHostConfig, CardHostError};
pub use cards::{CardIssuerConfig, CardsConfig};
pub use felica::FelicaConfig;
pub use limits::LimitsConfig;
pub use origin::{Origin, OriginError};
pub use providers::{
    AggregateConfig, AggregateSource, AttributeName, EncryptionChoice, MetadataSource,
    NameIdChoice, ServiceProviderConfig, SigningChoice,
};
pub use sections::{
    AgentsConfig, CardOfficeConfig, ContactConfig, KeysConfig, RelayConfig, SigningKeyConfig,
};
pub use sessions::{GroupLimits, SessionsConfig};

/// The identity provider's configuration.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdpConfig {
    /// The origin at which browsers find it, e.g. `https://idp.example`: no path, no slash at the
    /// end. Card agents pin this very text, and the entity id is made from it.
    pub public_url: Origin,
    /// Where it listens.
    pub listen: ListenConfig,
    /// Where it keeps persons, cards and sessions.
    pub database: DatabaseConfig,
    /// Its keys.
    pub keys: KeysConfig,
    /// The relay to which tickets are addressed.
    pub relay: RelayConfig,
    /// The card office. Absent: nobody new becomes known here.
    #[serde(default)]
    pub card_office: Option<CardOfficeConfig>,
    /// The card software on the users' computers.
    #[serde(default)]
    pub agents: AgentsConfig,
    /// Which cards it believes.
    pub cards: CardsConfig,
    /// FeliCa cards as second cards. Absent: they are not offered.
    #[serde(default)]
    pub felica: Option<FelicaConfig>,
    /// The host that asks browsers for the certificate of a card. Absent: nobody signs in that way.
    #[serde(default)]
    pub card_host: Option<CardHostConfig>,
    /// How it calls the others (back-channel logout, security events, https addresses of revocation
    /// lists): whose server certificates it believes, and what it shows of its own.
    pub outgoing: ClientConfig,
    /// How long a login lasts.
    #[serde(default)]
    pub sessions: SessionsConfig,
    /// How much at most, and how long refusals are remembered.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// Whom people turn to; stands in the metadata.
    #[serde(default)]
    pub contact: ContactConfig,
    /// Whom people call, as every page says it. Absent: pages say where to turn without a number.
    #[serde(default)]
    pub call_centre: Option<CallCentre>,
    /// Whether service providers must sign their requests even where their metadata does not say
    /// that they do.
    #[serde(default)]
    pub signed_requests_only: bool,
    /// Who may ask for logins, besides those that are registered while it runs.
    #[serde(default)]
    pub service_providers: Vec<ServiceProviderConfig>,
    /// Documents in which the metadata of many service providers stand together.
    #[serde(default)]
    pub aggregates: Vec<AggregateConfig>,
}

impl IdpConfig {
    /// The name under which SAML peers know this identity provider.
    pub fn entity_id(&self) -> String {
        self.public_url.at("/saml/metadata")
    }

    /// Where service providers send their authentication requests.
    pub fn sso_url(&self) -> String {
        self.public_url.at("/saml/sso")
    }

    /// Where service providers send their logout messages.
    pub fn slo_url(&self) -> String {
        self.public_url.at("/saml/slo")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"
        public_url = "https://idp.example"
        [listen]
        address = "127.0.0.1:8444"
        [database]
        url = "sqlite:idp.db"
        [keys]
        columns = "columns.toml"
        pairwise = "pairwise"
        ticket = { file = "ticket.pem" }
        agent_request = { file = "agent-request.pem" }
        events = { file = "events.pem" }
        [keys.saml_p256]
        key = { file = "p256.pem" }
        certificate = "p256.crt"
        [keys.saml_rsa]
        key = { pkcs11 = { module = "hsm.so", token = "idp", key = "saml", pin_file = "pin" } }
        certificate = "rsa.crt"
        [relay]
        ticket_key = "relay-ticket.pub"
        [cards]
        root = "ca.pem"
        [[cards.issuers]]
        certificates = ["cards-ca.pem"]
        lists = "http://ca.example/crl/index.json"
        [outgoing]
        ca = "ca.pem"
        [[service_providers]]
        metadata = "portal.xml"
        client_certificate = "portal.pem"
        attributes = ["pairwise-id", "relay-ticket"]
    "#;

    fn parse(text: &str) -> Result<IdpConfig, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn the_smallest_file_gets_the_defaults() {
        let config = parse(SMALLEST).unwrap();
        assert_eq!(config.entity_id(), "https://idp.example/saml/metadata");
        assert_eq!(config.agents.addresses[0].as_str(), "http://127.0.0.1:8447");
        assert_eq!(config.relay.audience, "urn:warifu:relay");
        assert_eq!(config.sessions.idle_minutes.get(), 15);
        assert_eq!(config.cards.issuers[0].refresh_seconds, 2);
        assert!(config.card_office.is_none() && config.relay.events_url.is_none());
    }

    #[test]
    fn metadata_stands_in_a_file_at_an_address_or_in_an_aggregate() {
        let config = parse(SMALLEST).unwrap();
        let [portal] = &config.service_providers[..] else { panic!("one provider") };
        assert_eq!(portal.metadata, MetadataSource::File("portal.xml".into()));
        assert!(portal.enabled && portal.consent && !portal.idp_initiated);
        assert_eq!(portal.encryption, EncryptionChoice::Required);
        let with = |source: &str| parse(&SMALLEST.replace("\"portal.xml\"", source));
        let of = |source| with(source).unwrap().service_providers.remove(0).metadata;
        let url = of(r#"{ url = "https://sp.example/md", refresh_seconds = 60 }"#);
        let address = "https://sp.example/md".to_owned();
        assert_eq!(url, MetadataSource::Url { url: address, refresh_seconds: 60 });
        let entity = of(r#"{ entity = "https://sp.example" }"#);
        assert_eq!(entity, MetadataSource::Entity { entity: "https://sp.example".into() });
        assert!(with(r#"{ url = "https://sp.example/md", surprise = 1 }"#).is_err());
    }

    #[test]
    fn an_unknown_key_is_an_error_in_every_section() {
        for section in ["[listen]", "[database]", "[keys]", "[relay]", "[cards]", "[outgoing]"] {
            let text = SMALLEST.replace(section, &format!("{section}\nsurprise = 1"));
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains("surprise"), "{section}: {error}");
        }
    }

    #[test]
    fn every_key_is_documented_in_the_schema() {
        let schema = schemars::schema_for!(IdpConfig);
        let text = serde_json::to_value(&schema).unwrap();
        let mut undocumented = Vec::new();
        collect_undocumented(&text, "", &mut undocumented);
        assert_eq!(undocumented, Vec::<String>::new());
    }

    fn collect_undocumented(schema: &serde_json::Value, at: &str, found: &mut Vec<String>) {
        let Some(object) = schema.as_object() else { return };
        for (name, property) in
            object.get("properties").and_then(|p| p.as_object()).into_iter().flatten()
        {
            if property.get("description").is_none() {
                found.push(format!("{at}.{name}"));
            }
        }
        for (name, value) in object {
            collect_undocumented(value, &format!("{at}/{name}"), found);
        }
    }
}
