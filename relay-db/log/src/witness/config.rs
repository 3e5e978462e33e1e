//! A witness' configuration file.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_service::http::ListenConfig;
use warifu_service::storage::DatabaseConfig;

/// A witness of other parties' logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Where it listens. Requests prove themselves by the log's signature, so that no client
    /// certificate is needed.
    pub listen: ListenConfig,
    /// The heads last cosigned. Losing it means cosigning a log anew from whatever it shows then.
    pub database: DatabaseConfig,
    /// The witness' name in its cosignatures, e.g. `witness.example.jp/w1`: no blank, no plus sign.
    pub name: String,
    /// PEM file with the private key (Ed25519), used for nothing else.
    pub key: PathBuf,
    /// The verifier keys of the logs that are witnessed, as `warifu log key` prints them.
    pub logs: Vec<String>,
}
