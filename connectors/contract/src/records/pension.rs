//! 年金情報: months, amounts and the whole history, in the shape of the yearly notice.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// 年金情報 in the shape of the yearly notice (ねんきん定期便).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PensionRecord {
    /// Data of virtual people, to be marked 見本.
    pub sample: bool,
    /// Date of birth, where the holder says it: gaps count from the 20th birthday to the 60th.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub birth_date: Option<Date>,
    /// 受給資格期間 in months.
    pub qualifying_months: u32,
    /// Months needed (120).
    pub needed_months: u32,
    /// Of `qualifying_months`, those that count without raising the amount (合算対象期間).
    #[serde(default)]
    pub counted_months: u32,
    /// Months by scheme, in the order of the notice.
    pub schemes: Vec<SchemeMonths>,
    /// 見込額 or 加入実績に応じた年金額, yen a year.
    pub yearly_amount_yen: u64,
    /// Whether `yearly_amount_yen` is an estimate for 65 (50 and older) or what has been earned.
    pub estimate: bool,
    /// 保険料納付額 (累計), yen, own share.
    pub paid_total_yen: u64,
    /// The last months, newest first.
    pub recent: Vec<PensionMonth>,
    /// The whole history (年金加入記録), oldest first; empty where the holder sends none.
    #[serde(default)]
    pub history: Vec<PensionPeriod>,
}

/// One stretch of the history: from 資格取得 to 資格喪失.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PensionPeriod {
    /// Which scheme.
    pub scheme: PensionScheme,
    /// お勤め先の名称, for employees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workplace: Option<String>,
    /// 資格を取得した日.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// 資格を失った日, the first day without it; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub lost_on: Option<Date>,
    /// Months that count.
    pub months: u32,
}

/// Months in one scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemeMonths {
    /// Which scheme.
    pub scheme: PensionScheme,
    /// Months.
    pub months: u32,
}

/// A pension scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PensionScheme {
    /// 国民年金 第1号.
    NationalFirst,
    /// 国民年金 第3号.
    NationalThird,
    /// 厚生年金 一般.
    Employees,
    /// 厚生年金 公務員.
    PublicServants,
    /// 厚生年金 私学.
    PrivateSchools,
}

/// One month of contributions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PensionMonth {
    /// First day of the month.
    #[schema(value_type = String, format = Date)]
    pub month: Date,
    /// Scheme of that month.
    pub scheme: PensionScheme,
    /// 標準報酬月額, yen, for employees.
    pub standard_monthly_yen: Option<u64>,
    /// 標準賞与額 of that month, yen, for employees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_bonus_yen: Option<u64>,
    /// 保険料, yen, own share; none when unpaid or exempt.
    pub paid_yen: Option<u64>,
}
