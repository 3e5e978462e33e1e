//! 保険証加入情報: coverages, and what lowers a bill beside them.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::coverage::{Coverage, Validity};

/// What the insurer holds about the person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InsuranceRecord {
    /// Coverages, newest first.
    pub coverages: Vec<Coverage>,
    /// 自己負担限度額, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<CostLimit>,
    /// 公費: public programmes that bear a part, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aids: Vec<PublicAid>,
    /// How long a change usually takes to reach the insurer's data, in days, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual_lag_days: Option<u16>,
}

impl From<Vec<Coverage>> for InsuranceRecord {
    /// Coverages alone.
    fn from(coverages: Vec<Coverage>) -> Self {
        Self { coverages, ..Self::default() }
    }
}

/// What is paid in a month at most (自己負担限度額), as the insurer states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CostLimit {
    /// 適用区分 as printed, e.g. `ウ`.
    pub class: String,
    /// Yen a month.
    pub base_yen: u64,
    /// Total cost in yen above which a hundredth of the rest is added; none adds nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hundredth_over_yen: Option<u64>,
    /// Yen a month for care without a stay, where there is such a limit (70 and older).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outpatient_yen: Option<u64>,
    /// The days on which it holds.
    pub validity: Validity,
}

/// A public programme that bears a part of the cost (公費負担医療・医療扶助).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicAid {
    /// What it is called, e.g. `自立支援医療（精神通院医療）`.
    pub programme: String,
    /// 公費負担者番号.
    pub payer_number: String,
    /// 受給者番号.
    pub recipient_number: String,
    /// 指定医療機関 at which it holds; empty means at every one.
    #[serde(default)]
    pub institutions: Vec<String>,
    /// 自己負担上限月額, yen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_limit_yen: Option<u64>,
    /// The person's own share in percent under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copay_percent: Option<u8>,
    /// The days on which it holds (有効期間; for 医療扶助 the month of the 券).
    pub validity: Validity,
}

impl PublicAid {
    /// Whether it holds on `day`.
    pub fn holds_on(&self, day: Date) -> bool {
        self.validity.holds_on(day)
    }
}
