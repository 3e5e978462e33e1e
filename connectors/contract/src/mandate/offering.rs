//! How an offer goes over: the code that the principal hands on, what it opens to be looked at, and
//! the proxy's yes.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::terms::is_name;
use super::{InviteCode, Mandate, MandateError, MandateRequest};

/// Relay → portal: a mandate, and the code that its principal hands over. It is told only here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// The mandate, not yet accepted.
    pub mandate: Mandate,
    /// The code.
    pub code: InviteCode,
}

/// Portal → relay: what does this code offer?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferRequest {
    /// As it was handed over.
    pub code: InviteCode,
}

/// Relay → portal: what the code offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// The terms.
    pub terms: MandateRequest,
    /// Until when it can be accepted.
    #[schema(value_type = String, format = DateTime)]
    pub code_until: Timestamp,
}

/// Portal → relay: yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptRequest {
    /// As it was handed over.
    pub code: InviteCode,
    /// What the principal calls the proxy: 1 to [`LONGEST_NAME`](super::LONGEST_NAME) characters.
    pub name: String,
}

impl AcceptRequest {
    /// Checks what the types cannot.
    pub fn validate(&self) -> Result<(), MandateError> {
        if is_name(&self.name) { Ok(()) } else { Err(MandateError::Name) }
    }
}
