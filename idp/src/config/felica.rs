//! FeliCa cards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_pki::MasterSettings;

/// FeliCa Lite-S cards that stand beside a card of the card office: with a PIN that is checked here
/// they sign in at the level `substantial`, without one they are there at a desk.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FelicaConfig {
    /// The master keys from which each card's own key is made, the same as the card office's. An
    /// older one stays for as long as a card has a key made from it.
    pub masters: Vec<MasterSettings>,
    /// Whether the number that every reader sees of a FeliCa card (`IDm`) may tell a clinic's desk who
    /// it might be, at service providers that are registered for it. It proves nothing: who copies
    /// the number is taken for its owner. Absent: no.
    #[serde(default)]
    pub identification: bool,
}
