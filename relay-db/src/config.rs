//! The relay's configuration file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;
use warifu_contract::card_key::InsurerKey;
use warifu_contract::records::{DisplayName, Service};
use warifu_deposit::{DepositConfig, DepositConfigError, DepositedInsurer};
use warifu_service::http::ListenConfig;
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::ClientConfig;

use crate::batch::config::{BatchesConfig, SystemConfig};
use crate::limits::ConnectorLimits;

/// The longest life of an access token for a resident's own records, in minutes.
const LONGEST_SESSION: u32 = 30;
/// Node numbers have two digits in a 認証番号.
const NODES: u8 = 100;
/// The longest that one connector may be waited for, in milliseconds.
const LONGEST_DEADLINE: u64 = 20_000;
/// The longest that the code of a slip is taken, in hours: a month.
const LONGEST_SLIP: u16 = 744;

/// The relay: links, tokens, routing, eligibility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelayConfig {
    /// Where the relay listens. `tls` with `client_ca` is required: every caller shows a
    /// certificate.
    pub listen: ListenConfig,
    /// Parties that may call, by the name in their certificates (`urn:warifu:party:<name>`).
    pub clients: Vec<String>,
    /// Those of `clients` at which people read their own records only after they consented to it,
    /// e.g. a personal health record beside the portal.
    #[serde(default)]
    pub consent_clients: Vec<String>,
    /// Links and tokens.
    pub database: DatabaseConfig,
    /// Key file (TOML) with which columns are sealed.
    pub column_keys: PathBuf,
    /// The access log.
    pub log: LogConfig,
    /// PEM file with the private key (P-256) to which identity providers seal their tickets.
    pub ticket_key: PathBuf,
    /// The audience that tickets must name.
    #[serde(default = "default_audience")]
    pub audience: String,
    /// Identity providers whose tickets are taken.
    pub identity_providers: Vec<IdentityProviderConfig>,
    /// PEM file with the private key (P-256) that signs the tokens for connectors and the receipts
    /// of consents. Looked at every second, as are the two folders.
    pub token_key: PathBuf,
    /// Folder of PEM files (`.pub`, `.pem`) with the public keys (P-256) that connectors take
    /// tokens by beside it: the one that comes next, the one that was just exchanged.
    #[serde(default)]
    pub announced_token_keys: Option<PathBuf>,
    /// Folder of PEM files with the public keys that only verify receipts: those that were.
    #[serde(default)]
    pub past_token_keys: Option<PathBuf>,
    /// The certificate that the relay shows to connectors, and the CA that theirs must lead to.
    pub client: ClientConfig,
    /// How long an access token for a resident's own records lives, in minutes, at most 30.
    #[serde(default = "default_session")]
    pub session_minutes: u32,
    /// This server's number, 0 to 99, different for each server of the relay: part of every
    /// 認証番号.
    #[serde(default)]
    pub node: u8,
    /// Holders of records.
    pub connectors: Vec<ConnectorConfig>,
    /// The card office, which vouches for persons when they are to be linked. Without it nobody is
    /// linked by a ceremony.
    #[serde(default)]
    pub office: Option<OfficeConfig>,
    /// Files of eligibility checks.
    #[serde(default)]
    pub batches: BatchesConfig,
    /// Systems of organisations that ask for checks by themselves, by agreement.
    #[serde(default)]
    pub systems: Vec<SystemConfig>,
    /// Coverage that insurers deposit here (事前蓄積型), so that the relay answers for them itself.
    #[serde(default)]
    pub deposit: Option<DepositConfig>,
    /// The codes on the slips that clinics print.
    #[serde(default)]
    pub slips: SlipsConfig,
}

/// The codes on the slips that clinics print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SlipsConfig {
    /// QRコード停止中: no code is made or taken.
    pub stopped: bool,
    /// How long a code is taken, in hours, 1 to 744.
    pub hours: u16,
}

impl Default for SlipsConfig {
    fn default() -> Self {
        Self { stopped: false, hours: 96 }
    }
}

/// The card office, as the relay reaches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfficeConfig {
    /// Its address: `https://host[:port]`, without a path.
    pub url: String,
    /// The party name that its server certificate must bear.
    #[serde(default = "default_office_party")]
    pub party: String,
}

/// The access log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// A database of its own: evidence is kept apart from links.
    pub database: DatabaseConfig,
    /// PEM file with the private key (Ed25519) that signs the heads of the log.
    pub key: PathBuf,
    /// The log's name in every signed head, e.g. `relay.example.jp/log`: no blank, no plus sign.
    pub origin: String,
    /// Other parties that cosign the heads, so that no two versions of the log can be shown.
    #[serde(default)]
    pub witnesses: Vec<WitnessConfig>,
    /// How many of the witnesses must cosign a head before it is given out as cosigned; all of
    /// them when absent.
    #[serde(default)]
    pub cosignatures: Option<usize>,
    /// For how many years, 1 to 100, the words of each action's events are kept, e.g.
    /// `record-read = 5`; those of actions that are not named, for ever.
    #[serde(default)]
    pub retention: BTreeMap<String, u16>,
}

/// A witness of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Its verifier key, as `warifu log key` prints it: `name+id+key`.
    pub key: String,
    /// Where it takes heads: `https://host[:port][/path]`; `add-checkpoint` is added.
    pub url: String,
    /// The CA that its server certificate must lead to, and the certificate shown to it if it
    /// asks for one.
    pub client: ClientConfig,
}

/// An identity provider whose tickets are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityProviderConfig {
    /// The issuer that its tickets name, e.g. `https://idp.example.jp`.
    pub issuer: String,
    /// PEM file with the public key (P-256) that its tickets are signed with.
    pub ticket_key: PathBuf,
    /// PEM file with the public key (P-256) that its security events are signed with. Without it
    /// no events are taken from it, and what a token grants ends only by itself.
    #[serde(default)]
    pub events_key: Option<PathBuf>,
    /// The party name in the certificate with which it delivers its events.
    #[serde(default = "default_provider_party")]
    pub party: String,
}

/// A holder of records, reached through its connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorConfig {
    /// The connector's id within the federation, e.g. `insurer`.
    pub id: String,
    /// Its address: `https://host[:port]`, without a path.
    pub url: String,
    /// The party name that its server certificate must bear, e.g. `connector-insurer`: the host
    /// name alone would let connectors on one host stand in for each other.
    pub party: String,
    /// Which records it holds.
    pub services: Vec<Service>,
    /// 保険者番号 whose eligibility it answers for, as printed.
    #[serde(default)]
    pub insurer_numbers: Vec<String>,
    /// The organisation as people know it.
    pub name: DisplayName,
    /// How long the relay waits for its answer, in milliseconds, at most 20,000.
    #[serde(default = "default_deadline")]
    pub deadline_ms: u64,
    /// The code of the organisation whose staff decide doubts about links to this holder, and
    /// applications to it.
    #[serde(default)]
    pub organization: Option<String>,
    /// PEM files with the public keys (P-256) that sign its manifest of services. Empty: it
    /// declares none.
    #[serde(default)]
    pub manifest_keys: Vec<PathBuf>,
    /// What is borne with it when it is slow or does not answer.
    #[serde(default)]
    pub limits: ConnectorLimits,
}

fn default_audience() -> String {
    "urn:warifu:relay".to_owned()
}

fn default_provider_party() -> String {
    "idp".to_owned()
}

fn default_office_party() -> String {
    "office".to_owned()
}

fn default_session() -> u32 {
    LONGEST_SESSION
}

fn default_deadline() -> u64 {
    3_000
}

/// Why the relay cannot be configured so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelayConfigError {
    /// Without client certificates anybody could call.
    #[error("relay.tls: listen.tls.client_ca is required")]
    NotMutual,
    /// The relay shows a certificate to connectors.
    #[error("relay.client: client.certificate and client.key are required")]
    NoClientCertificate,
    /// Out of 1–30.
    #[error("relay.session-minutes: {0} is not between 1 and {LONGEST_SESSION}")]
    Session(u32),
    /// Out of 0–99.
    #[error("relay.node: {0} is not between 0 and 99")]
    Node(u8),
    /// Out of 1–744.
    #[error("relay.slips: {0} hours is not between 1 and {LONGEST_SLIP}")]
    Slips(u16),
    /// Out of 1–20,000.
    #[error("relay.deadline: connector {0}: not between 1 and {LONGEST_DEADLINE} ms")]
    Deadline(String),
    /// A limit of a connector out of its bounds.
    #[error("relay.limits: connector {0}: {1} is out of its bounds")]
    Limits(String, &'static str),
    /// Twice in the list.
    #[error("relay.twice: {0} stands there twice")]
    Twice(String),
    /// A connector without TLS, or with a path in its address.
    #[error("relay.url: connector {0}: the address must be https://host[:port]")]
    Url(String),
    /// The card office without TLS, or with a path in its address.
    #[error("relay.office-url: the card office's address must be https://host[:port]")]
    OfficeUrl,
    /// How files of checks are treated, out of its bounds.
    #[error("relay.batches: {0} is out of its bounds")]
    Batches(&'static str),
    /// Not a 保険者番号.
    #[error("relay.insurer-number: connector {0}: {1} is not an insurer number")]
    InsurerNumber(String, String),
    /// Deposits that cannot be.
    #[error(transparent)]
    Deposit(#[from] DepositConfigError),
}

impl RelayConfig {
    /// Checks what the types cannot.
    pub fn validate(&self) -> Result<(), RelayConfigError> {
        if self.listen.tls.as_ref().and_then(|tls| tls.client_ca.as_ref()).is_none() {
            return Err(RelayConfigError::NotMutual);
        }
        if self.client.certificate.is_none() || self.client.key.is_none() {
            return Err(RelayConfigError::NoClientCertificate);
        }
        if !(1..=LONGEST_SESSION).contains(&self.session_minutes) {
            return Err(RelayConfigError::Session(self.session_minutes));
        }
        if self.node >= NODES {
            return Err(RelayConfigError::Node(self.node));
        }
        if !(1..=LONGEST_SLIP).contains(&self.slips.hours) {
            return Err(RelayConfigError::Slips(self.slips.hours));
        }
        self.connectors.iter().try_for_each(ConnectorConfig::validate)?;
        self.office.as_ref().map(OfficeConfig::address).transpose()?;
        if let Some(key) = self.batches.out_of_bounds() {
            return Err(RelayConfigError::Batches(key));
        }
        let depositing = self.deposit.iter().flat_map(|deposit| &deposit.insurers);
        let depositing = depositing.flat_map(|insurer| &insurer.systems);
        let depositing: BTreeSet<_> = depositing.map(|system| system.party.clone()).collect();
        let systems = self.systems.iter().map(|system| system.party.clone()).chain(depositing);
        each_once(self.clients.iter().cloned().chain(systems))?;
        self.deposit.as_ref().map_or(Ok(()), DepositConfig::validate)?;
        let depositors = || self.deposit.iter().flat_map(|deposit| &deposit.insurers);
        let ids = self.connectors.iter().map(|connector| connector.id.clone());
        let ids = ids.chain(depositors().map(|insurer| insurer.id.clone()));
        let numbers = self.connectors.iter().flat_map(ConnectorConfig::insurer_keys);
        let numbers = numbers.chain(depositors().filter_map(depositor_key));
        let issuers = self.identity_providers.iter().map(|provider| provider.issuer.clone());
        each_once(ids)?;
        each_once(numbers)?;
        each_once(issuers)
    }
}

impl OfficeConfig {
    /// Where the office is.
    pub fn address(&self) -> Result<Url, RelayConfigError> {
        bare_address(&self.url).ok_or(RelayConfigError::OfficeUrl)
    }
}

fn bare_address(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let is_bare = url.path() == "/" && url.query().is_none();
    (url.scheme() == "https" && is_bare).then_some(url)
}

impl ConnectorConfig {
    /// Where the connector is.
    pub fn address(&self) -> Result<Url, RelayConfigError> {
        bare_address(&self.url).ok_or_else(|| RelayConfigError::Url(self.id.clone()))
    }

    fn validate(&self) -> Result<(), RelayConfigError> {
        self.address()?;
        if !(1..=LONGEST_DEADLINE).contains(&self.deadline_ms) {
            return Err(RelayConfigError::Deadline(self.id.clone()));
        }
        if let Some(key) = self.limits.out_of_bounds() {
            return Err(RelayConfigError::Limits(self.id.clone(), key));
        }
        let refused = self.insurer_numbers.iter().find(|number| insurer_key(number).is_none());
        refused.map_or(Ok(()), |number| {
            Err(RelayConfigError::InsurerNumber(self.id.clone(), number.clone()))
        })
    }

    fn insurer_keys(&self) -> impl Iterator<Item = String> + '_ {
        let keys = self.insurer_numbers.iter().filter_map(|number| insurer_key(number));
        keys.map(|key| key.as_str().to_owned())
    }
}

fn depositor_key(insurer: &DepositedInsurer) -> Option<String> {
    insurer.key().ok().map(|key| key.as_str().to_owned())
}

/// A 保険者番号 made comparable: eight digits, or six that are padded to eight.
pub(crate) fn insurer_key(text: &str) -> Option<InsurerKey> {
    InsurerKey::parse(text).filter(|key| {
        key.as_str().len() == 8 && key.as_str().bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn each_once(all: impl Iterator<Item = String>) -> Result<(), RelayConfigError> {
    let mut seen = BTreeSet::new();
    for one in all {
        if !seen.insert(one.clone()) {
            return Err(RelayConfigError::Twice(one));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
        clients = ["portal"]
        column_keys = "keys/columns.toml"
        ticket_key = "keys/ticket.pem"
        token_key = "keys/token.pem"
        node = 7
        [listen]
        address = "127.0.0.1:8445"
        tls = { certificate = "a.pem", key = "a.key", client_ca = "ca.pem" }
        [database]
        url = "sqlite:relay.db"
        [log]
        key = "keys/log.pem"
        origin = "relay.example.jp/log"
        database = { url = "sqlite:log.db" }
        [client]
        ca = "ca.pem"
        certificate = "a.pem"
        key = "a.key"
        [[identity_providers]]
        issuer = "https://idp.localhost:8444"
        ticket_key = "keys/idp.pem"
        [[connectors]]
        id = "insurer"
        url = "https://localhost:8448"
        party = "connector-insurer"
        services = ["insurance"]
        insurer_numbers = ["00000001", "330019"]
        name = { ja = "仮想保険者", en = "Sample insurer" }
    "#;

    fn sample() -> RelayConfig {
        toml::from_str(SAMPLE).unwrap()
    }

    fn with(change: impl FnOnce(&mut RelayConfig)) -> Result<(), RelayConfigError> {
        let mut config = sample();
        change(&mut config);
        config.validate()
    }

    #[test]
    fn a_sample_is_read_with_its_defaults() {
        let config = sample();
        assert_eq!(config.validate(), Ok(()));
        assert_eq!(config.session_minutes, 30);
        assert_eq!(config.connectors[0].deadline_ms, 3_000);
        assert_eq!(config.connectors[0].limits, ConnectorLimits::default());
        assert_eq!(config.audience, "urn:warifu:relay");
        assert_eq!(config.identity_providers[0].party, "idp");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let text = format!("nodes = 1\n{SAMPLE}");
        let error = toml::from_str::<RelayConfig>(&text).unwrap_err().to_string();
        assert!(error.contains("nodes"), "{error}");
    }

    #[test]
    fn a_relay_open_to_everybody_is_refused() {
        assert_eq!(with(|config| config.listen.tls = None), Err(RelayConfigError::NotMutual));
        let refused = with(|config| config.client.key = None);
        assert_eq!(refused, Err(RelayConfigError::NoClientCertificate));
    }

    #[test]
    fn numbers_out_of_bounds_are_refused() {
        let refused = with(|config| config.session_minutes = 31);
        assert_eq!(refused, Err(RelayConfigError::Session(31)));
        assert_eq!(with(|config| config.node = 100), Err(RelayConfigError::Node(100)));
        let refused = with(|config| config.slips.hours = 745);
        assert_eq!(refused, Err(RelayConfigError::Slips(745)));
        let refused = with(|config| config.connectors[0].deadline_ms = 0);
        assert_eq!(refused, Err(RelayConfigError::Deadline("insurer".into())));
        let refused = with(|config| config.connectors[0].limits.calls = 0);
        assert_eq!(refused, Err(RelayConfigError::Limits("insurer".into(), "calls")));
    }

    #[test]
    fn a_number_or_id_stands_once() {
        let refused = with(|config| config.connectors.push(config.connectors[0].clone()));
        assert_eq!(refused, Err(RelayConfigError::Twice("insurer".into())));
        let refused = with(|config| {
            let mut other = config.connectors[0].clone();
            other.id = "other".into();
            other.insurer_numbers = vec!["00330019".into()];
            config.connectors.push(other);
        });
        assert_eq!(refused, Err(RelayConfigError::Twice("00330019".into())));
    }

    #[test]
    fn addresses_and_insurer_numbers_are_checked() {
        let refused = with(|config| config.connectors[0].url = "http://x".into());
        assert_eq!(refused, Err(RelayConfigError::Url("insurer".into())));
        let office = |url: &str| OfficeConfig { url: url.into(), party: "office".into() };
        assert_eq!(with(|config| config.office = Some(office("https://o:1"))), Ok(()));
        let refused = with(|config| config.office = Some(office("https://o:1/path")));
        assert_eq!(refused, Err(RelayConfigError::OfficeUrl));
        let refused = with(|config| config.connectors[0].insurer_numbers = vec!["12".into()]);
        let expected = RelayConfigError::InsurerNumber("insurer".into(), "12".into());
        assert_eq!(refused, Err(expected));
    }
}
