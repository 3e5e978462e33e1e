//! Limits of the specific health check-up (特定健診), as data.
//!
//! 保健指導判定値 and 受診勧奨判定値 of 標準的な健診・保健指導プログラム (令和6年度版 for fiscal
//! years from 2024, before that 平成30年度版), and the limits of the metabolic syndrome
//! (メタボリックシンドロームの診断基準) where they differ from the former.

use jiff::civil::Date;
use warifu_contract::person::Sex;

use crate::dates::words::fiscal_year_of;

/// On which side of a limit a value calls for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// At or above the limit.
    High,
    /// Below the limit.
    Low,
    /// At or below the limit.
    LowOrEqual,
}

impl Side {
    /// Whether `value` calls for attention by `limit`.
    pub fn reaches(self, value: f64, limit: f64) -> bool {
        match self {
            Self::High => value >= limit,
            Self::Low => value < limit,
            Self::LowOrEqual => value <= limit,
        }
    }
}

/// The limits of one item for one sex and a range of fiscal years.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// JLAC10 codes that measure the same quantity; where several were measured, the first of
    /// them counts (for blood pressure その他, which is the mean, before 2回目 before 1回目).
    pub codes: &'static [&'static str],
    /// Key of the quantity's name among the words.
    pub quantity: &'static str,
    /// The sex they are for; none for both.
    pub sex: Option<Sex>,
    /// First and last fiscal year.
    pub years: (i16, i16),
    /// On which side attention begins.
    pub side: Side,
    /// 保健指導判定値: attention begins here.
    pub guidance: f64,
    /// The metabolic-syndrome limit, where it lies further out than `guidance`.
    pub syndrome: Option<f64>,
    /// 受診勧奨判定値: see a doctor.
    pub consult: Option<f64>,
}

impl Limits {
    /// 保健指導判定値.
    pub(super) fn of_guidance(&self) -> f64 {
        self.guidance
    }

    /// The metabolic-syndrome limit.
    pub(super) fn of_syndrome(&self) -> f64 {
        self.syndrome.unwrap_or(self.guidance)
    }
}

const ALWAYS: (i16, i16) = (2008, i16::MAX);
const UNTIL_2023: (i16, i16) = (2008, 2023);
const FROM_2024: (i16, i16) = (2024, i16::MAX);

pub const BMI: &[&str] = &["9N011000000000001"];
pub const VISCERAL_FAT: &[&str] = &["9N021000000000001"];
pub const WAIST: &[&str] = &["9N016160100000001", "9N016160200000001", WAIST_BY_OWN_WORD];
/// 腹囲(自己申告).
pub const WAIST_BY_OWN_WORD: &str = "9N016160300000001";
pub const SYSTOLIC: &[&str] = &["9A755000000000001", "9A752000000000001", "9A751000000000001"];
pub const DIASTOLIC: &[&str] = &["9A765000000000001", "9A762000000000001", "9A761000000000001"];
pub const FASTING_FAT: &[&str] = &["3F015000002327101", "3F015000002327201", "3F015000002399901"];
pub const CASUAL_FAT: &[&str] = &["3F015129902327101", "3F015129902327201", "3F015129902399901"];
pub const HDL: &[&str] = &["3F070000002327101", "3F070000002327201", "3F070000002399901"];
const LDL: &[&str] =
    &["3F077000002327101", "3F077000002327201", "3F077000002399901", "3F077000002391901"];
const AST: &[&str] = &["3B035000002327201", "3B035000002399901"];
const ALT: &[&str] = &["3B045000002327201", "3B045000002399901"];
const GAMMA_GT: &[&str] = &["3B090000002327101", "3B090000002399901"];
pub const FASTING_SUGAR: &[&str] =
    &["3D010000001926101", "3D010000002227101", "3D010000001927201", "3D010000001999901"];
pub const CASUAL_SUGAR: &[&str] =
    &["3D010129901926101", "3D010129902227101", "3D010129901927201", "3D010129901999901"];
pub const HBA1C: &[&str] =
    &["3D046000001906202", "3D046000001920402", "3D046000001927102", "3D046000001999902"];
const HAEMOGLOBIN: &[&str] = &["2A030000001930101"];

/// A row with the common shape; the table below changes what differs.
const fn high(codes: &'static [&'static str], quantity: &'static str, guidance: f64) -> Limits {
    let (sex, years, side) = (None, ALWAYS, Side::High);
    Limits { codes, quantity, sex, years, side, guidance, syndrome: None, consult: None }
}

/// Every limit, in the order of the official table.
pub const TABLE: &[Limits] = &[
    high(BMI, "item-bmi", 25.0),
    high(VISCERAL_FAT, "item-visceral-fat", 100.0),
    Limits { sex: Some(Sex::Male), ..high(WAIST, "item-waist", 85.0) },
    Limits { sex: Some(Sex::Female), ..high(WAIST, "item-waist", 90.0) },
    Limits { consult: Some(140.0), ..high(SYSTOLIC, "item-systolic", 130.0) },
    Limits { consult: Some(90.0), ..high(DIASTOLIC, "item-diastolic", 85.0) },
    Limits { consult: Some(300.0), ..high(FASTING_FAT, "item-fat", 150.0) },
    Limits {
        years: UNTIL_2023,
        consult: Some(300.0),
        ..high(CASUAL_FAT, "item-fat-casual", 150.0)
    },
    Limits { years: FROM_2024, consult: Some(300.0), ..high(CASUAL_FAT, "item-fat-casual", 175.0) },
    Limits {
        side: Side::Low,
        years: UNTIL_2023,
        consult: Some(35.0),
        ..high(HDL, "item-hdl", 40.0)
    },
    Limits { side: Side::Low, years: FROM_2024, ..high(HDL, "item-hdl", 40.0) },
    Limits { consult: Some(140.0), ..high(LDL, "item-ldl", 120.0) },
    Limits { consult: Some(51.0), ..high(AST, "item-ast", 31.0) },
    Limits { consult: Some(51.0), ..high(ALT, "item-alt", 31.0) },
    Limits { consult: Some(101.0), ..high(GAMMA_GT, "item-ggt", 51.0) },
    Limits {
        syndrome: Some(110.0),
        consult: Some(126.0),
        ..high(FASTING_SUGAR, "item-sugar", 100.0)
    },
    Limits {
        syndrome: Some(110.0),
        consult: Some(126.0),
        ..high(CASUAL_SUGAR, "item-sugar-casual", 100.0)
    },
    Limits { syndrome: Some(6.0), consult: Some(6.5), ..high(HBA1C, "item-hba1c", 5.6) },
    Limits {
        side: Side::LowOrEqual,
        sex: Some(Sex::Male),
        consult: Some(12.0),
        ..high(HAEMOGLOBIN, "item-haemoglobin", 13.0)
    },
    Limits {
        side: Side::LowOrEqual,
        sex: Some(Sex::Female),
        consult: Some(11.0),
        ..high(HAEMOGLOBIN, "item-haemoglobin", 12.0)
    },
];

/// Names of items without limits, and of the repeated measurements of one quantity.
const NAMES: &[(&str, &str)] = &[
    ("9N001000000000001", "item-height"),
    ("9N006000000000001", "item-weight"),
    ("9A751000000000001", "item-systolic-1"),
    ("9A752000000000001", "item-systolic-2"),
    ("9A761000000000001", "item-diastolic-1"),
    ("9A762000000000001", "item-diastolic-2"),
    ("1A020000000190111", "item-urine-sugar"),
    ("1A020000000191111", "item-urine-sugar"),
    ("1A010000000190111", "item-urine-protein"),
    ("1A010000000191111", "item-urine-protein"),
    ("2A020000001930101", "item-red-cells"),
    ("2A040000001930102", "item-haematocrit"),
    ("9A110160700000011", "item-ecg"),
    ("9E100166000000011", "item-eye-ground"),
    ("9N056000000000011", "item-history"),
    ("9N061000000000011", "item-subjective"),
    ("9N066000000000011", "item-objective"),
    ("9N141000000000011", "item-after-meal"),
    (SYNDROME, "item-syndrome"),
    (GUIDANCE_LEVEL, "item-guidance-level"),
    ("9N511000000000049", "item-doctor-judgement"),
    ("9N516000000000049", "item-doctor-name"),
    ("9N701000000000011", "item-drug-pressure"),
    ("9N706000000000011", "item-drug-sugar"),
    ("9N711000000000011", "item-drug-fat"),
    ("9N716000000000011", "item-history-stroke"),
    ("9N721000000000011", "item-history-heart"),
    ("9N726000000000011", "item-history-kidney"),
    ("9N731000000000011", "item-anaemia"),
    ("9N736000000000011", "item-smoking"),
    ("9N806000000000011", "item-guidance-wish"),
];

/// メタボリックシンドローム判定.
pub const SYNDROME: &str = "9N501000000000011";
/// 保健指導レベル.
pub const GUIDANCE_LEVEL: &str = "9N506000000000011";

/// The limits in force for `sex` on `day`, one row for each quantity.
pub fn in_force(sex: Sex, day: Date) -> impl Iterator<Item = &'static Limits> {
    let year = fiscal_year_of(day);
    TABLE.iter().filter(move |row| {
        row.sex.is_none_or(|only| only == sex) && (row.years.0..=row.years.1).contains(&year)
    })
}

/// The limits for an item at a check-up taken on `day`; none where there are none.
pub fn limits_for(code: &str, sex: Sex, day: Date) -> Option<&'static Limits> {
    in_force(sex, day).find(|row| row.codes.contains(&code))
}

/// The key of an item's name; none for a code that this table does not know.
pub fn name_key(code: &str) -> Option<&'static str> {
    let named = NAMES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name);
    named.or_else(|| TABLE.iter().find(|row| row.codes.contains(&code)).map(|row| row.quantity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn limits_depend_on_sex() {
        let waist =
            |sex| limits_for("9N016160100000001", sex, date(2026, 10, 8)).map(|l| l.guidance);
        assert_eq!(waist(Sex::Male), Some(85.0));
        assert_eq!(waist(Sex::Female), Some(90.0));
        assert_eq!(waist(Sex::Unknown), None);
    }

    #[test]
    fn limits_depend_on_the_fiscal_year() {
        let casual = |day| limits_for("3F015129902327101", Sex::Male, day).map(|l| l.guidance);
        assert_eq!(casual(date(2024, 3, 31)), Some(150.0));
        assert_eq!(casual(date(2024, 4, 1)), Some(175.0));
    }

    #[test]
    fn further_limits_lie_further_out() {
        for row in TABLE {
            let outer = |limit: f64| match row.side {
                Side::High => limit > row.guidance,
                Side::Low | Side::LowOrEqual => limit < row.guidance,
            };
            assert!(row.syndrome.is_none_or(outer), "{}", row.quantity);
            assert!(row.consult.is_none_or(outer), "{}", row.quantity);
        }
    }

    #[test]
    fn no_item_has_two_rows_at_once() {
        for row in TABLE {
            for code in row.codes {
                assert_eq!(code.len(), 17, "{code}");
                for (sex, year) in [(Sex::Male, 2020), (Sex::Female, 2026)] {
                    let hits = TABLE.iter().filter(|other| {
                        other.codes.contains(code)
                            && other.sex.is_none_or(|only| only == sex)
                            && (other.years.0..=other.years.1).contains(&year)
                    });
                    assert!(hits.count() <= 1, "{code}");
                }
            }
        }
    }
}
