//! Where a connector learns the relay's keys.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_service::tls::ClientConfig;

/// Where the relay publishes its keys, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelayJwksConfig {
    /// The address, e.g. `https://relay.example.jp/jwks.json`.
    pub url: String,
    /// The party name that the relay's server certificate must bear.
    #[serde(default = "default_party")]
    pub party: String,
    /// The certificate that is shown to the relay, and the CA that the relay's must lead to.
    pub tls: ClientConfig,
    /// How often the relay is asked, in seconds, 1 to 60: so long a key that it dropped is believed
    /// at most, and a second more.
    #[serde(default = "default_refresh")]
    pub refresh_seconds: u32,
}

impl RelayJwksConfig {
    /// Whether the address and the time can be used.
    pub fn is_sound(&self) -> bool {
        self.url.starts_with("https://") && (1..=60).contains(&self.refresh_seconds)
    }
}

fn default_party() -> String {
    "relay".to_owned()
}

fn default_refresh() -> u32 {
    2
}
