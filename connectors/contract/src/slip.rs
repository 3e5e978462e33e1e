//! Slips: an answer on paper with a signed code, which a desk scans instead of typing.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest text of a slip's code.
pub const LONGEST: usize = 1_000;

/// Clinic → relay: the answer that was given under a key within the hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// The key that the check was made with.
    pub idempotency_key: String,
}

/// Relay → clinic: the code of a slip.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Slip {
    /// What the code says: a compact JWS whose content only the relay can read.
    pub text: String,
    /// Until when it is taken.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

/// Shows no code.
impl std::fmt::Debug for Slip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slip").field("until", &self.until).finish_non_exhaustive()
    }
}
