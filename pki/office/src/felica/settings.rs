//! Which master keys there are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_pki::KeySource;

/// FeliCa cards as second tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FelicaSettings {
    /// The master keys from which each card's own key is made. Cards are registered with the newest;
    /// an older one stays for as long as a card has a key made from it.
    pub masters: Vec<MasterSettings>,
}

/// A master key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MasterSettings {
    /// Its version, from 1 on, which is written onto each card; the highest is the newest.
    pub version: u16,
    /// Where the key is: a triple-DES key of 48 hexadecimal digits in a file, or a secret key in a
    /// token.
    pub key: KeySource,
}
