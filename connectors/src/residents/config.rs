//! Configuration of the register's gateway.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_service::http::ListenConfig;
use warifu_service::storage::DatabaseConfig;

/// The resident register's gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResidentsConfig {
    /// Where it listens. `tls.client_ca` is required: only the card office is let in.
    pub listen: ListenConfig,
    /// Its own database.
    pub database: DatabaseConfig,
    /// The card office's name in its client certificate.
    #[serde(default = "default_office")]
    pub office: String,
}

fn default_office() -> String {
    "office".to_owned()
}

/// Without client certificates anybody could ask who lives where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("residents.tls: listen.tls.client_ca is required")]
pub struct NotMutual;

impl ResidentsConfig {
    /// Checks what the types cannot.
    pub fn validate(&self) -> Result<(), NotMutual> {
        let client_ca = self.listen.tls.as_ref().and_then(|tls| tls.client_ca.as_ref());
        client_ca.map(drop).ok_or(NotMutual)
    }
}
