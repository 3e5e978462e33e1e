//! Configuration of a gateway.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_contract::records::{DisplayName, Service};
use warifu_pki::LinkingConfig;
use warifu_service::http::ListenConfig;
use warifu_service::storage::DatabaseConfig;

use crate::source::{SourceConfig, SourceConfigError};

use crate::relay_keys::RelayJwksConfig;
use crate::services::ServicesConfig;

/// A connector's gateway: one organisation, one kind of holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// The connector's id within the federation: 1 to 32 of `a-z`, `0-9` and `-`. Tokens must
    /// name `urn:warifu:connector:<id>` as their audience.
    pub id: String,
    /// What it answers for.
    pub kind: ConnectorKind,
    /// The organisation as people know it, in Japanese and English.
    pub name: DisplayName,
    /// Where it listens. `tls.client_ca` is required: only the relay is let in.
    pub listen: ListenConfig,
    /// Its own database.
    pub database: DatabaseConfig,
    /// The insurer's existing database, from which eligibility is answered instead of the own one.
    #[serde(default)]
    pub source: Option<SourceConfig>,
    /// Where the relay publishes the keys with which its tokens are checked.
    pub relay_jwks: RelayJwksConfig,
    /// The services that it declares, beside the record of its kind or alone.
    #[serde(default)]
    pub services: Option<ServicesConfig>,
    /// How cards are linked to members here. Without it no card is.
    #[serde(default)]
    pub linking: Option<LinkingConfig>,
}

/// What a connector answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectorKind {
    /// Eligibility checks, 保険証加入情報 and 医療費記録情報.
    Insurer,
    /// 健診結果情報.
    Checkup,
    /// 年金情報.
    Pension,
    /// Only what its manifest of services declares.
    Services,
}

impl ConnectorKind {
    /// Every kind with a record of its own.
    pub const ALL: [Self; 3] = [Self::Insurer, Self::Checkup, Self::Pension];

    /// The records that a connector of this kind gives out.
    pub fn services(self) -> &'static [Service] {
        match self {
            Self::Insurer => &[Service::Insurance, Service::Expenses],
            Self::Checkup => &[Service::Checkup],
            Self::Pension => &[Service::Pension],
            Self::Services => &[],
        }
    }
}

/// Why a gateway cannot be configured so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GatewayConfigError {
    /// The id has other characters, or is too long.
    #[error("connector.id: an id is 1 to 32 of a-z, 0-9 and -")]
    Id,
    /// It would answer for nothing.
    #[error("connector.services: a connector of kind services needs [services]")]
    Services,
    /// Without client certificates anybody could ask.
    #[error("connector.tls: listen.tls.client_ca is required")]
    NotMutual,
    /// The source is of another kind of connector.
    #[error(transparent)]
    Source(#[from] SourceConfigError),
    /// The relay's keys would come unprotected, or too seldom.
    #[error("connector.relay-jwks: url begins with https://, refresh_seconds is 1 to 60")]
    RelayJwks,
}

impl GatewayConfig {
    /// Checks what the types cannot.
    pub fn validate(&self) -> Result<(), GatewayConfigError> {
        let is_id = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if !(1..=32).contains(&self.id.len()) || !self.id.bytes().all(is_id) {
            return Err(GatewayConfigError::Id);
        }
        if self.kind == ConnectorKind::Services && self.services.is_none() {
            return Err(GatewayConfigError::Services);
        }
        if self.source.is_some() && self.kind != ConnectorKind::Insurer {
            return Err(SourceConfigError::Kind.into());
        }
        if self.linking.is_some() && self.source.as_ref().is_some_and(|source| !source.can_link()) {
            return Err(SourceConfigError::Linking.into());
        }
        let client_ca = self.listen.tls.as_ref().and_then(|tls| tls.client_ca.as_ref());
        if client_ca.is_none() {
            return Err(GatewayConfigError::NotMutual);
        }
        if self.relay_jwks.is_sound() { Ok(()) } else { Err(GatewayConfigError::RelayJwks) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
        id = "insurer"
        kind = "insurer"
        name = { ja = "仮想保険者", en = "Sample insurer" }
        [listen]
        address = "127.0.0.1:8448"
        tls = { certificate = "a.pem", key = "a.key", client_ca = "ca.pem" }
        [database]
        url = "sqlite:insurer.db"
        [relay_jwks]
        url = "https://relay.example/jwks.json"
        tls = { ca = "ca.pem", certificate = "a.pem", key = "a.key" }
    "#;

    fn sample() -> GatewayConfig {
        toml::from_str(SAMPLE).unwrap()
    }

    #[test]
    fn a_sample_is_read() {
        let config = sample();
        assert_eq!(config.kind.services(), [Service::Insurance, Service::Expenses]);
        assert_eq!(config.validate(), Ok(()));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let text = format!("relay_key = \"x\"\n{SAMPLE}");
        let error = toml::from_str::<GatewayConfig>(&text).unwrap_err().to_string();
        assert!(error.contains("relay_key"), "{error}");
    }

    #[test]
    fn a_gateway_open_to_everybody_is_refused() {
        let mut config = sample();
        config.listen.tls.as_mut().unwrap().client_ca = None;
        assert_eq!(config.validate(), Err(GatewayConfigError::NotMutual));
        config.listen.tls = None;
        assert_eq!(config.validate(), Err(GatewayConfigError::NotMutual));
    }

    #[test]
    fn the_relays_keys_come_protected_and_often() {
        let mut config = sample();
        assert_eq!(
            (config.relay_jwks.party.as_str(), config.relay_jwks.refresh_seconds),
            ("relay", 2)
        );
        config.relay_jwks.refresh_seconds = 61;
        assert_eq!(config.validate(), Err(GatewayConfigError::RelayJwks));
        let mut config = sample();
        config.relay_jwks.url = "http://relay.example/jwks.json".to_owned();
        assert_eq!(config.validate(), Err(GatewayConfigError::RelayJwks));
    }

    #[test]
    fn ids_are_short_and_plain() {
        for id in ["", "Insurer", "in surer", "a:b", &"a".repeat(33)] {
            let config = GatewayConfig { id: id.to_owned(), ..sample() };
            assert_eq!(config.validate(), Err(GatewayConfigError::Id), "{id}");
        }
    }
}
