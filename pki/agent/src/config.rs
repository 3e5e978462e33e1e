//! The agent's configuration: one TOML file, every key documented here, nothing unknown accepted.

use std::collections::HashSet;
use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::idp::{self, IdentityProvider};

const DEFAULT_PORT: u16 = 8447;
const MOST_ADDRESSES: usize = 8;
const MOST_PROVIDERS: usize = 16;
const PATIENCE_SECONDS: std::ops::RangeInclusive<u64> = 1..=600;
const MOST_CLOCK_TOLERANCE_SECONDS: u64 = 300;

/// What the agent must know before it can start.
///
/// ```toml
/// listen = ["127.0.0.1:8447", "[::1]:8447"]
/// prompt = "pinentry"
/// ca = "/etc/warifu/ca.pem"
///
/// [[identity_providers]]
/// origin = "https://idp.localhost:8444"
/// request_key_pem = """
/// -----BEGIN PUBLIC KEY-----
/// …
/// -----END PUBLIC KEY-----
/// """
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// Loopback addresses to listen on. Pages find the agent by its port, so keep the usual one.
    /// Default: `127.0.0.1:8447` and `[::1]:8447`.
    #[serde(default = "default_listen")]
    pub listen: Vec<SocketAddr>,
    /// The identity providers that may talk to this agent. At least one.
    pub identity_providers: Vec<TrustedIdp>,
    /// PEM file with the certificate authorities that vouch for the identity providers' servers.
    /// Default: those the operating system trusts.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// How the person is asked for the PIN. Default: `pinentry`.
    #[serde(default)]
    pub prompt: PromptKind,
    /// The pinentry program, a name looked up in `PATH` or a path. Default: `pinentry`.
    #[serde(default = "default_pinentry")]
    pub pinentry: PathBuf,
    /// How many seconds one sign-in may take, from the request to the answer, 1 to 600.
    /// Default: 180.
    #[serde(default = "default_patience")]
    pub patience_seconds: u64,
    /// How many seconds this computer's clock may differ from the identity provider's, 0 to 300.
    /// Default: 30.
    #[serde(default = "default_clock_tolerance")]
    pub clock_tolerance_seconds: u64,
}

/// An identity provider that this agent serves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedIdp {
    /// The origin of its login page, as a browser writes it: `https://idp.example` with the port
    /// when it is not 443, and nothing after.
    pub origin: String,
    /// The public key (P-256, PEM `PUBLIC KEY`) with which it signs its requests to agents.
    pub request_key_pem: String,
}

/// The ways to ask for a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PromptKind {
    /// A window of the desktop, drawn by a pinentry program.
    #[default]
    Pinentry,
    /// The terminal that the agent was started in.
    Terminal,
    /// A page of the agent's own, shown by the browser.
    Page,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML of the right shape.
    #[error("{path}: {source}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A value is not allowed.
    #[error("{key}: {reason}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
}

impl ConfigError {
    pub(crate) fn value(key: &'static str, reason: impl Display) -> Self {
        Self::Value { key, reason: reason.to_string() }
    }
}

impl AgentConfig {
    /// Reads and checks a configuration file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let config: Self = toml::from_str(&text).map_err(|source| ConfigError::Malformed {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        config.validate()?;
        Ok(config)
    }

    /// A configuration with the defaults, for these identity providers.
    pub fn serving(identity_providers: Vec<TrustedIdp>) -> Self {
        Self {
            listen: default_listen(),
            identity_providers,
            ca: None,
            prompt: PromptKind::default(),
            pinentry: default_pinentry(),
            patience_seconds: default_patience(),
            clock_tolerance_seconds: default_clock_tolerance(),
        }
    }

    /// Checks what the types alone cannot hold.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.check_listen()?;
        self.check_times()?;
        self.check_providers()
    }

    /// The identity providers with their keys parsed.
    pub(crate) fn providers(&self) -> Result<Vec<IdentityProvider>, ConfigError> {
        self.identity_providers.iter().map(idp::parse).collect()
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience_seconds)
    }

    fn check_listen(&self) -> Result<(), ConfigError> {
        if self.listen.is_empty() || self.listen.len() > MOST_ADDRESSES {
            return Err(ConfigError::value(
                "listen",
                format!("needs 1 to {MOST_ADDRESSES} addresses"),
            ));
        }
        match self.listen.iter().find(|address| !address.ip().is_loopback()) {
            Some(address) => {
                Err(ConfigError::value("listen", format!("{address} is not loopback")))
            }
            None => Ok(()),
        }
    }

    fn check_times(&self) -> Result<(), ConfigError> {
        if !PATIENCE_SECONDS.contains(&self.patience_seconds) {
            return Err(ConfigError::value("patience_seconds", "must be 1 to 600"));
        }
        if self.clock_tolerance_seconds > MOST_CLOCK_TOLERANCE_SECONDS {
            return Err(ConfigError::value("clock_tolerance_seconds", "must be 0 to 300"));
        }
        Ok(())
    }

    fn check_providers(&self) -> Result<(), ConfigError> {
        let count = self.identity_providers.len();
        if count == 0 || count > MOST_PROVIDERS {
            let reason = format!("needs 1 to {MOST_PROVIDERS} entries");
            return Err(ConfigError::value("identity_providers", reason));
        }
        let mut origins = HashSet::new();
        for provider in self.providers()? {
            if !origins.insert(provider.origin.clone()) {
                let reason = format!("{} stands twice", provider.origin);
                return Err(ConfigError::value("identity_providers", reason));
            }
        }
        Ok(())
    }
}

/// An origin as a browser would serialise it, https only (RFC 6454 §6.2).
pub(crate) fn checked_origin(text: &str) -> Result<Url, ConfigError> {
    let key = "identity_providers.origin";
    let url = Url::parse(text).map_err(|error| ConfigError::value(key, error))?;
    if url.scheme() != "https" {
        return Err(ConfigError::value(key, format!("{text} is not https")));
    }
    let canonical = url.origin().ascii_serialization();
    if canonical != text {
        return Err(ConfigError::value(key, format!("write {canonical} instead of {text}")));
    }
    Ok(url)
}

fn default_listen() -> Vec<SocketAddr> {
    vec![(Ipv4Addr::LOCALHOST, DEFAULT_PORT).into(), (Ipv6Addr::LOCALHOST, DEFAULT_PORT).into()]
}

fn default_pinentry() -> PathBuf {
    "pinentry".into()
}

fn default_patience() -> u64 {
    180
}

fn default_clock_tolerance() -> u64 {
    30
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idp::tests::public_key_pem;

    fn example(extra: &str) -> String {
        format!(
            "{extra}\n[[identity_providers]]\norigin = \"https://idp.example\"\n\
             request_key_pem = \"\"\"\n{}\"\"\"\n",
            public_key_pem()
        )
    }

    fn load(text: &str) -> Result<AgentConfig, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        AgentConfig::load(file.path())
    }

    #[test]
    fn the_smallest_file_gets_the_defaults() {
        let config = load(&example("")).unwrap();
        assert_eq!(config.listen, default_listen());
        assert_eq!(config.prompt, PromptKind::Pinentry);
        assert_eq!(config.patience_seconds, 180);
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let error = load(&example("listne = []")).unwrap_err();
        assert!(matches!(error, ConfigError::Malformed { .. }), "{error}");
    }

    #[test]
    fn addresses_other_than_loopback_are_refused() {
        let error = load(&example("listen = [\"0.0.0.0:8447\"]")).unwrap_err();
        assert!(error.to_string().contains("not loopback"), "{error}");
    }

    #[test]
    fn origins_must_be_what_a_browser_sends() {
        for wrong in [
            "http://idp.example",
            "https://idp.example/",
            "https://IDP.example",
            "https://idp.example:443",
            "null",
            "",
        ] {
            assert!(checked_origin(wrong).is_err(), "{wrong} was accepted");
        }
        assert!(checked_origin("https://idp.localhost:8444").is_ok());
    }

    #[test]
    fn the_same_origin_twice_is_refused() {
        let twice = example("") + &example("");
        assert!(load(&twice).unwrap_err().to_string().contains("stands twice"));
    }

    #[test]
    fn a_key_that_is_no_p256_key_is_refused() {
        let text = example("").replace("PUBLIC KEY", "RSA KEY");
        assert!(matches!(load(&text), Err(ConfigError::Value { .. })));
    }
}
