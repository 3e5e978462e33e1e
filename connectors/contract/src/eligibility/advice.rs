//! What to do next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FieldHint, Verdict};

/// What the desk does next; a stable code with its texts in the portal's catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Advice {
    /// Go on: the insurance can be used.
    Proceed,
    /// Go on, and check again before the claim is made.
    ProceedAndRecheck,
    /// Ask which insurance the patient has now.
    AskForNewInsurance,
    /// Ask for the new card: the newer coverage is registered.
    AskForNewCard,
    /// Ask for the insurance until the one found begins.
    AskForEarlierInsurance,
    /// Read 保険者番号 again.
    CheckInsurerNumber,
    /// Read 記号 again.
    CheckSymbol,
    /// Read 番号 again.
    CheckNumber,
    /// Read 枝番 again.
    CheckBranch,
    /// Ask for the birth date again.
    CheckBirthDate,
    /// Read 記号, 番号 and 枝番 again, and ask the insurer if they are right.
    CheckCard,
    /// Ask which insurance is to be used.
    AskWhichInsurance,
    /// Type what the insurance card shows.
    TypeTheCard,
    /// Wait and ask once more.
    AskAgain,
}

impl Advice {
    /// Every advice.
    pub const ALL: [Self; 14] = [
        Self::Proceed,
        Self::ProceedAndRecheck,
        Self::AskForNewInsurance,
        Self::AskForNewCard,
        Self::AskForEarlierInsurance,
        Self::CheckInsurerNumber,
        Self::CheckSymbol,
        Self::CheckNumber,
        Self::CheckBranch,
        Self::CheckBirthDate,
        Self::CheckCard,
        Self::AskWhichInsurance,
        Self::TypeTheCard,
        Self::AskAgain,
    ];

    /// What follows from a decision.
    pub fn of(verdict: Verdict, hint: Option<FieldHint>) -> Self {
        match (hint, verdict) {
            (Some(FieldHint::InsurerNumber), _) | (None, Verdict::InsurerUnknown) => {
                Self::CheckInsurerNumber
            }
            (Some(FieldHint::Symbol), _) => Self::CheckSymbol,
            (Some(FieldHint::Number), _) => Self::CheckNumber,
            (Some(FieldHint::Branch), _) => Self::CheckBranch,
            (Some(FieldHint::BirthDate), _) => Self::CheckBirthDate,
            (None, Verdict::Valid) => Self::Proceed,
            (None, Verdict::Provisional) => Self::ProceedAndRecheck,
            (None, Verdict::Expired) => Self::AskForNewInsurance,
            (None, Verdict::Superseded) => Self::AskForNewCard,
            (None, Verdict::NotYetStarted) => Self::AskForEarlierInsurance,
            (None, Verdict::NumberUnknown | Verdict::DependantUnknown) => Self::CheckCard,
            (None, Verdict::SeveralHits) => Self::AskWhichInsurance,
            (None, Verdict::NotLinked) => Self::TypeTheCard,
            (None, Verdict::InsurerSilent) => Self::AskAgain,
        }
    }

    /// The stable code, the key of its texts.
    pub fn code(self) -> &'static str {
        match self {
            Self::Proceed => "proceed",
            Self::ProceedAndRecheck => "proceed-and-recheck",
            Self::AskForNewInsurance => "ask-for-new-insurance",
            Self::AskForNewCard => "ask-for-new-card",
            Self::AskForEarlierInsurance => "ask-for-earlier-insurance",
            Self::CheckInsurerNumber => "check-insurer-number",
            Self::CheckSymbol => "check-symbol",
            Self::CheckNumber => "check-number",
            Self::CheckBranch => "check-branch",
            Self::CheckBirthDate => "check-birth-date",
            Self::CheckCard => "check-card",
            Self::AskWhichInsurance => "ask-which-insurance",
            Self::TypeTheCard => "type-the-card",
            Self::AskAgain => "ask-again",
        }
    }
}
