//! Staff stop a guardian's mandate, at once and by one member; what then becomes of it, another
//! member says. Staff find it by the insurance card of whom it is about, as on the day of the papers.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::guardian::Papers;
use crate::eligibility::TypedCard;
use crate::linking::MaskedTarget;

/// Why staff stop a mandate on papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// Parental authority or guardianship is over, or somebody else's now (親権・後見の変更).
    Changed,
    /// The other can act again.
    CanAct,
    /// Somebody asked to keep the guardian away (DV, 虐待).
    KeptAway,
    /// It should not have been registered.
    Mistaken,
}

impl StopReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Changed, Self::CanAct, Self::KeptAway, Self::Mistaken];

    /// As JSON and the access log have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::CanAct => "can-act",
            Self::KeptAway => "kept-away",
            Self::Mistaken => "mistaken",
        }
    }
}

/// A mandate opens nothing since then, because staff stopped it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why.
    pub reason: StopReason,
}

/// Staff → relay: who reads on papers for the person on this insurance card?
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldRequest {
    /// The card. It is asked about once, and not kept.
    pub ward: TypedCard,
}

/// Shows no card.
impl std::fmt::Debug for HeldRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeldRequest(…)")
    }
}

/// A mandate on papers, as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Guardianship {
    /// Names it: 32 hexadecimal digits.
    pub id: String,
    /// The guardian, as on the papers.
    pub guardian: String,
    /// What the guardian calls the other.
    pub name: String,
    /// On which papers.
    pub papers: Papers,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    /// Whom it is about, masked.
    pub target: MaskedTarget,
    /// Since when and why it is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stop>,
    /// Whether whoever asks stopped it, and so cannot say what becomes of it.
    pub by_you: bool,
}

/// Relay → portal: who reads for the person on the card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardianshipList {
    /// Those that are open, newest first.
    pub guardianships: Vec<Guardianship>,
}

/// Staff → relay: it stops now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopRequest {
    /// Why.
    pub reason: StopReason,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_written_as_it_is_read() {
        for reason in StopReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
