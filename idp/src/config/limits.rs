//! How much at most.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one address, card or service provider may ask for, each in a minute and on each node; and
/// how long refusals are remembered.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Attempts to sign in from one address; each sign-in makes two. Count everybody behind the same
    /// address: a hospital is one.
    pub attempts_per_address: u32,
    /// Sign-ins with one card, and taps of it.
    pub sign_ins_per_card: u32,
    /// Authentication requests in the name of one service provider.
    pub requests_per_provider: u32,
    /// Days for which refused attempts (不正アクセスログ) are kept.
    pub refusals_kept_days: u16,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            attempts_per_address: 600,
            sign_ins_per_card: 30,
            requests_per_provider: 600_000,
            refusals_kept_days: 180,
        }
    }
}
