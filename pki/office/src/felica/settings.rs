//! Which master keys there are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_pki::MasterSettings;

/// FeliCa cards as second tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FelicaSettings {
    /// The master keys from which each card's own key is made. Cards are registered with the newest;
    /// an older one stays for as long as a card has a key made from it.
    pub masters: Vec<MasterSettings>,
}
