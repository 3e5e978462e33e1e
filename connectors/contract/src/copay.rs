//! 一部負担金の割合: which share of the cost a person pays, by age, school year, income and day.
//!
//! The insurer states a ratio; the rules say which are possible. They never replace what is
//! stated: one that cannot be is flagged, to the clinic and to the insurer.

mod age;
mod rules;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::coverage::InsurerKind;

pub use age::reached_on;

/// The class of income that decides the ratio of the elderly (所得区分).
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
pub enum Income {
    /// 一般 and below.
    Standard,
    /// 一定以上所得者, known among the late elderly since October 2022.
    Upper,
    /// 現役並み所得者.
    Active,
}

/// The rule a ratio falls under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CopayRule {
    /// 3歳未満, until March 2008.
    Infant,
    /// 義務教育就学前, since April 2008: until 31 March after the sixth birthday.
    Preschool,
    /// Everybody else.
    General,
    /// 高齢受給者: from the month after the 70th birthday until the 75th.
    Elderly,
    /// 後期高齢者: from the 75th birthday, or earlier by a recognised disability.
    LateElderly,
}

impl CopayRule {
    /// Every rule.
    pub const ALL: [Self; 5] =
        [Self::Infant, Self::Preschool, Self::General, Self::Elderly, Self::LateElderly];

    /// The stable code, the key of its texts.
    pub fn code(self) -> &'static str {
        match self {
            Self::Infant => "infant",
            Self::Preschool => "preschool",
            Self::General => "general",
            Self::Elderly => "elderly",
            Self::LateElderly => "late-elderly",
        }
    }
}

/// Whether the ratio stated can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CopayFit {
    /// It is one of the possible ones.
    Fits,
    /// It is none of them: one of age, income and ratio is wrong.
    Impossible,
    /// The insurer states none.
    NotStated,
}

/// What the rules say of the ratio that an insurer states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CopayFinding {
    /// The rule that the person falls under on the day.
    pub rule: CopayRule,
    /// Percent as the insurer states it.
    pub stated: Option<u8>,
    /// Percents that the rule allows, rising: one where it is settled, more where it hangs on an
    /// income that is not known.
    pub possible: Vec<u8>,
    /// How both compare.
    pub fit: CopayFit,
}

/// What decides a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopayCase {
    /// 生年月日.
    pub birth_date: Date,
    /// Who insures: the late elderly have their own scheme.
    pub kind: InsurerKind,
    /// 所得区分, where the insurer says it.
    pub income: Option<Income>,
    /// The day of the treatment.
    pub day: Date,
}

/// Compares the ratio stated with the rules; none for a day before they begin (April 2003).
pub fn compare(stated: Option<u8>, case: &CopayCase) -> Option<CopayFinding> {
    let found = rules::rule_for(case)?;
    let possible = found.percents(case.income);
    let fit = match stated {
        None => CopayFit::NotStated,
        Some(percent) if possible.contains(&percent) => CopayFit::Fits,
        Some(_) => CopayFit::Impossible,
    };
    Some(CopayFinding { rule: found.rule, stated, possible, fit })
}

#[cfg(test)]
mod tests;
