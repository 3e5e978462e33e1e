//! 医療費記録: what care cost, month by month, as the insurer's notice (医療費通知) tells it.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Entries of one record at most; a bill a week for each of a family of six, six years long.
pub const LONGEST_EXPENSES: usize = 2_000;

/// What care cost the person; for an insured person also what it cost the dependants, as on the
/// insurer's notice. A dependant reads the own entries alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpensesRecord {
    /// First day of the last month whose bills have all come in and been checked; none before the
    /// first. Bills reach an insurer two to three months after the care.
    #[schema(value_type = Option<String>, format = Date)]
    pub complete_until: Option<Date>,
    /// Bills that have come in but are still being checked, and stand in no entry yet.
    pub pending: u32,
    /// The entries, newest month first; at most [`LONGEST_EXPENSES`].
    pub entries: Vec<Expense>,
}

/// One bill: one person, one institution, one month, one kind of care.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Expense {
    /// First day of the month of the care (療養を受けた年月).
    #[schema(value_type = String, format = Date)]
    pub month: Date,
    /// 療養を受けた者.
    pub patient: String,
    /// Whether that is the person who reads.
    pub own: bool,
    /// 被保険者等の氏名: whose insurance it was.
    pub insured: String,
    /// 保険者等の名称.
    pub insurer: String,
    /// 病院、診療所、薬局等の名称.
    pub institution: String,
    /// 区分.
    pub care: CareKind,
    /// 日数 of care in the month; for a pharmacy, how often medicine was handed out.
    pub days: u16,
    /// 医療費総額 (10割), yen, without meals.
    pub total_yen: u64,
    /// 食事・生活療養, for those who stayed in hospital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meals: Option<Meals>,
    /// Of the total, what public programmes bore (公費), yen.
    #[serde(default)]
    pub public_yen: u64,
    /// 被保険者等が支払った医療費の額, yen, with `meals`.
    pub paid_yen: u64,
    /// Of what was paid, what the insurer gave back or will give back (高額療養費など), yen: the tax
    /// office asks for it beside the amount paid.
    #[serde(default)]
    pub refund_yen: u64,
}

/// Meals in hospital.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Meals {
    /// 回数.
    pub count: u16,
    /// 標準負担額, yen: the person's own share.
    pub paid_yen: u64,
}

/// The kind of care (区分).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum CareKind {
    /// 入院.
    Inpatient,
    /// 外来.
    Outpatient,
    /// 歯科.
    Dental,
    /// 調剤.
    Pharmacy,
    /// 訪問看護.
    HomeNursing,
    /// 柔道整復, はり・きゅう, マッサージ.
    Manipulation,
    /// Anything else, e.g. 治療用装具.
    Other,
}

impl CareKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Inpatient,
        Self::Outpatient,
        Self::Dental,
        Self::Pharmacy,
        Self::HomeNursing,
        Self::Manipulation,
        Self::Other,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inpatient => "inpatient",
            Self::Outpatient => "outpatient",
            Self::Dental => "dental",
            Self::Pharmacy => "pharmacy",
            Self::HomeNursing => "home-nursing",
            Self::Manipulation => "manipulation",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_called_on_the_wire_what_it_is_called_here() {
        for kind in CareKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    #[test]
    fn what_was_not_said_is_nothing() {
        let entry: Expense = serde_json::from_str(
            r#"{"month":"2026-05-01","patient":"a","own":true,"insured":"a","insurer":"i",
                "institution":"c","care":"dental","days":1,"total_yen":5000,"paid_yen":1500}"#,
        )
        .unwrap();
        assert_eq!((entry.meals, entry.public_yen, entry.refund_yen), (None, 0, 0));
    }
}
