//! The checks that an organisation made, and what was answered in an insurer's name: numbers, times
//! and results, no person.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::CheckNumber;
use crate::copay::CopayRule;
use crate::dispute::DisputeState;
use crate::eligibility::Verdict;
use crate::records::DisplayName;

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckEntry {
    /// 認証番号.
    pub check_number: CheckNumber,
    /// When it was answered.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The organisation that asked, as people know it.
    pub organization: String,
    /// Who asked there: the same eight characters for the same member of staff, and no name.
    pub member: String,
    /// Whether it was the caller.
    pub by_caller: bool,
    /// What was answered.
    pub verdict: Verdict,
    /// The insurer that answered, or should have; none when nobody was asked.
    pub source: Option<DisplayName>,
    /// Where a question about it stands.
    pub dispute: Option<DisputeState>,
}

/// Relay → portal: a page of checks, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecksPage {
    /// Newest first.
    pub checks: Vec<CheckEntry>,
    /// How many more the page had whose words were erased when their time was over.
    pub erased: u32,
    /// Give this as `before` to get the next page; none at the end.
    pub before: Option<u64>,
}

/// How many checks of a day came to one result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DayCount {
    /// The day in Japan.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// What was answered.
    pub verdict: Verdict,
    /// How often.
    pub count: u64,
}

/// Relay → portal: how many checks of each of the last days came to which result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckCounts {
    /// By day, newest first.
    pub counts: Vec<DayCount>,
}

/// A check in which the insurer stated a ratio that no rule allows (負担割合).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImpossibleRatio {
    /// 認証番号.
    pub check_number: CheckNumber,
    /// When it was answered.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The rule that the person falls under.
    pub rule: CopayRule,
    /// Percent as stated.
    pub stated: Option<u8>,
    /// Percents that the rule allows.
    pub possible: Vec<u8>,
}

/// How often a rule was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatioCount {
    /// The rule.
    pub rule: CopayRule,
    /// In how many checks.
    pub count: u64,
}

/// Relay → portal: what an insurer should look at about the ratios it states, of three months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImpossibleRatios {
    /// By rule.
    pub counts: Vec<RatioCount>,
    /// The newest, some of each file.
    pub checks: Vec<ImpossibleRatio>,
}
