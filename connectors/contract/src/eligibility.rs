//! Eligibility (資格): the question a clinic asks, and an answer that always says why.

mod advice;
mod codes;
mod reason;
mod verdict;

pub use advice::Advice;
pub use codes::{Codes, FhirOutcome};
pub use reason::{FieldHint, ReasonCheck, ReasonStep, Source, deciding};
pub use verdict::Verdict;

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::CheckNumber;
use crate::copay::CopayFinding;
use crate::coverage::Coverage;

/// Whom the clinic asks about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Subject {
    /// The person whose card was tapped: the access token's subject.
    Card,
    /// What the insurance card shows, typed or scanned.
    Number(TypedCard),
    /// The code of a slip, scanned.
    Slip {
        /// What the scanner read, at most [`LONGEST`](crate::slip::LONGEST) characters.
        text: String,
    },
}

/// The fields of an insurance card as typed at the desk; blanks around them do not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedCard {
    /// 保険者番号, at most 8 digits.
    pub insurer_number: String,
    /// 記号, at most 40 characters; may be empty.
    pub symbol: String,
    /// 番号, at most 40 characters.
    pub number: String,
    /// 枝番, two digits.
    pub branch: Option<String>,
    /// 生年月日 of the patient: the second factor of a check without a card.
    #[schema(value_type = String, format = Date)]
    pub birth_date: Date,
}

/// Clinic → relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EligibilityRequest {
    /// Whom the check is about.
    pub subject: Subject,
    /// 対象年月日: the day the answer is for; none means today in Japan.
    #[schema(value_type = Option<String>, format = Date)]
    pub target_date: Option<Date>,
    /// Chosen by the client, 16–64 characters `[A-Za-z0-9_-]`: the same key gives the same
    /// answer again and never a second check.
    pub idempotency_key: String,
}

/// What an insurer's connector decides, before the relay gives it a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The decision.
    pub verdict: Verdict,
    /// The checks made, in order; the first that did not hold decided.
    pub reasons: Vec<ReasonStep>,
    /// Which field to check again, where that can be said without giving anything away.
    pub hint: Option<FieldHint>,
    /// The coverage, for every verdict that [shows one](Verdict::shows_coverage).
    pub coverage: Option<Coverage>,
    /// What the rules say of the ratio stated, where a coverage is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copay: Option<CopayFinding>,
}

impl Decision {
    /// A decision that shows nothing of anybody.
    pub fn bare(verdict: Verdict, reasons: Vec<ReasonStep>) -> Self {
        Self { verdict, reasons, hint: None, coverage: None, copay: None }
    }

    /// What to do next.
    pub fn advice(&self) -> Advice {
        let is_over = |step: &ReasonStep| step.check == ReasonCheck::InsurerInForce && !step.holds;
        if self.verdict == Verdict::InsurerUnknown && self.reasons.iter().any(|s| s.any(is_over)) {
            return Advice::AskForNewInsurance;
        }
        Advice::of(self.verdict, self.hint)
    }
}

/// Relay → insurer's connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorEligibilityRequest {
    /// The typed card; none when the token's subject is meant.
    pub typed: Option<TypedCard>,
    /// The day the answer is for.
    #[schema(value_type = String, format = Date)]
    pub target_date: Date,
}

/// Insurer's connector → relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorEligibilityAnswer {
    /// The decision.
    pub decision: Decision,
    /// The connector's own pseudonym of the person found, so that the relay can enter the check
    /// in that person's history; the relay never passes it on.
    pub pseudonym: Option<String>,
    /// When the data behind the decision were last changed (更新日時).
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// How long a change usually takes to reach this source, in days.
    pub usual_lag_days: Option<u16>,
}

/// Relay → clinic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EligibilityAnswer {
    /// 認証番号.
    pub check_number: CheckNumber,
    /// 認証結果 in the words of 2005.
    pub message: String,
    /// The decision with its reasons.
    pub decision: Decision,
    /// What to do next.
    pub next: Advice,
    /// 対象年月日.
    #[schema(value_type = String, format = Date)]
    pub target_date: Date,
    /// Who answered, as people know them.
    pub source: Option<String>,
    /// When the source's data were last changed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
    /// How long a change usually takes to reach the source, in days.
    pub usual_lag_days: Option<u16>,
    /// When the relay answered.
    #[schema(value_type = String, format = DateTime)]
    pub answered_at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
}
