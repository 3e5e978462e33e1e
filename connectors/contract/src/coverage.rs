//! Coverage: what an insurer holds about an insured person (被保険者) and the dependants
//! (被扶養者).

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::numbers;
use crate::person::{Name, Sex};

/// The kind of insurer (保険者の種別); decides which fields a card shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InsurerKind {
    /// 国民健康保険 (municipal or association).
    National,
    /// 全国健康保険協会管掌 (until 2008: 政府管掌).
    Association,
    /// 健康保険組合.
    Society,
    /// 共済組合.
    MutualAid,
    /// 後期高齢者医療.
    LateElderly,
}

/// An insurer (保険者).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Insurer {
    /// 保険者番号: 8 digits, or 6 for municipal 国保, as printed (no padding).
    pub number: String,
    /// 保険者名.
    pub name: String,
    /// 保険者住所.
    pub address: String,
    /// The kind of insurer.
    pub kind: InsurerKind,
    /// A number made for trials: its check digit need not fit (仮想保険者).
    pub r#virtual: bool,
}

impl Insurer {
    /// Whether the number has the shape and the check digit of one, or need not.
    pub fn is_well_numbered(&self) -> bool {
        self.r#virtual || numbers::insurer(&self.number).is_ok()
    }
}

/// The workplace through which an employee is insured (事業所).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Workplace {
    /// 事業所名.
    pub name: String,
    /// 事業所住所.
    pub address: String,
}

/// Whether the person pays the contributions or is covered through somebody who does
/// (本人・家族).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// 本人.
    Insured,
    /// 家族 (被扶養者).
    Dependant,
}

/// The days on which a coverage holds, both ends included (有効期間).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// First day (資格取得日 or 認定日).
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day; none means that no end is set.
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
}

impl Validity {
    /// Whether `day` lies within.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// The days that lie within both; none when there are none.
    pub fn overlap(&self, other: &Self) -> Option<Self> {
        let from = self.from.max(other.from);
        let until = match (self.until, other.until) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        until.is_none_or(|until| from <= until).then_some(Self { from, until })
    }
}

/// A dependant as the insured person's card lists them (被扶養者).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependant {
    /// 被扶養者名.
    pub name: Name,
    /// 性別.
    pub sex: Sex,
    /// 生年月日.
    #[schema(value_type = String, format = Date)]
    pub birth_date: Date,
    /// 続柄, e.g. `妻`, `長女`.
    pub relationship: String,
    /// 枝番, where the insurer gives one.
    pub branch: Option<String>,
    /// The days on which the dependant is covered.
    pub validity: Validity,
}

/// One coverage of one person, as its insurer states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Who insures.
    pub insurer: Insurer,
    /// 記号, as the insurer writes it; empty where there is none.
    pub symbol: String,
    /// 番号.
    pub number: String,
    /// 枝番, two digits, where the insurer gives one.
    pub branch: Option<String>,
    /// Own insurance or through a family member.
    pub relation: Relation,
    /// 続柄 for a dependant, e.g. `妻`.
    pub relationship: Option<String>,
    /// Whom this coverage is for.
    pub name: Name,
    /// 性別.
    pub sex: Sex,
    /// 生年月日.
    #[schema(value_type = String, format = Date)]
    pub birth_date: Date,
    /// 被保険者名, when `relation` is a dependant.
    pub insured_name: Option<Name>,
    /// 有効期間.
    pub validity: Validity,
    /// 一部負担金の割合 in percent (10, 20, 30), where the insurer states it.
    pub copay_percent: Option<u8>,
    /// 事業所.
    pub workplace: Option<Workplace>,
    /// 被扶養者 covered on the day asked about; empty for a dependant's own coverage.
    pub dependants: Vec<Dependant>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn days(from: Date, until: Option<Date>) -> Validity {
        Validity { from, until }
    }

    #[test]
    fn both_ends_are_within() {
        let fiscal_year = days(date(2026, 4, 1), Some(date(2027, 3, 31)));
        assert!(!fiscal_year.holds_on(date(2026, 3, 31)));
        assert!(fiscal_year.holds_on(date(2026, 4, 1)));
        assert!(fiscal_year.holds_on(date(2027, 3, 31)));
        assert!(!fiscal_year.holds_on(date(2027, 4, 1)));
        assert!(days(date(2026, 4, 1), None).holds_on(Date::MAX));
    }

    #[test]
    fn only_a_virtual_insurers_number_need_not_fit() {
        let insurer = |number: &str, r#virtual| Insurer {
            number: number.to_owned(),
            name: String::new(),
            address: String::new(),
            kind: InsurerKind::Society,
            r#virtual,
        };
        assert!(insurer("06130488", false).is_well_numbered());
        assert!(!insurer("00000001", false).is_well_numbered());
        assert!(insurer("00000001", true).is_well_numbered());
    }

    #[test]
    fn an_overlap_is_what_both_share() {
        let card = days(date(2004, 4, 1), Some(date(2010, 3, 31)));
        let child = days(date(2005, 7, 1), None);
        assert_eq!(card.overlap(&child), Some(days(date(2005, 7, 1), Some(date(2010, 3, 31)))));
        assert_eq!(card.overlap(&child), child.overlap(&card));
        assert_eq!(card.overlap(&days(date(2010, 4, 1), None)), None);
        let last_day = days(date(2010, 3, 31), None);
        assert_eq!(card.overlap(&last_day).map(|both| both.from), Some(date(2010, 3, 31)));
    }
}
