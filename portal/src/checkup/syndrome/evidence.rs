//! What a check-up says about each part of the rules: met, not met, or not known.

use jiff::civil::Date;
use warifu_contract::person::Sex;
use warifu_contract::records::{Checkup, CheckupItem, CheckupRecord, CheckupValue};

use super::rules::{Rules, rules_of};
use crate::checkup::limits::Side;
use crate::dates::words::fiscal_year_of;

/// A measurement that a part rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured<'c> {
    /// What was measured.
    pub item: &'c CheckupItem,
    /// The limit that it is held against.
    pub limit: f64,
    /// On which side of the limit it counts.
    pub side: Side,
    /// Whether it counts.
    pub met: bool,
}

/// One of the three risks: blood sugar, lipids, blood pressure.
#[derive(Debug, Clone, PartialEq)]
pub struct Risk<'c> {
    /// The measurements that count, at most two.
    pub measured: Vec<Measured<'c>>,
    /// Whether medicine is taken for it; none when that was not answered.
    pub drug: Option<bool>,
    /// Whether the values reach a limit; none when that cannot be known.
    pub met: Option<bool>,
}

/// What is known for the rules of the check-up's year.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence<'c> {
    /// The rules of that year.
    pub rules: &'static Rules,
    /// Girth of the waist, or the area of visceral fat in its place.
    pub waist: Option<Measured<'c>>,
    /// BMI against 25.
    pub bmi: Option<Measured<'c>>,
    /// Blood sugar against the syndrome's limits.
    pub sugar: Risk<'c>,
    /// Blood sugar against the limits of guidance.
    pub sugar_for_guidance: Risk<'c>,
    /// Lipids.
    pub fat: Risk<'c>,
    /// Blood pressure.
    pub pressure: Risk<'c>,
    /// Whether the person smokes; none when that was not answered.
    pub smokes: Option<bool>,
    /// The age reached within the fiscal year.
    pub age: i16,
}

impl Risk<'_> {
    /// Whether it counts for the syndrome: medicine is as good as a limit reached.
    pub fn counts(&self) -> Option<bool> {
        match (self.met, self.drug) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }
    }
}

const VISCERAL_FAT: &[&str] = &["9N021000000000001"];
const BMI: &[&str] = &["9N011000000000001"];
const WAIST: &[&str] = &["9N016160100000001", "9N016160200000001"];
const WAIST_BY_OWN_WORD: &[&str] = &["9N016160300000001"];
const SYSTOLIC: &[&str] = &["9A755000000000001", "9A752000000000001", "9A751000000000001"];
const DIASTOLIC: &[&str] = &["9A765000000000001", "9A762000000000001", "9A761000000000001"];
const FASTING_FAT: &[&str] = &["3F015000002327101", "3F015000002327201", "3F015000002399901"];
const CASUAL_FAT: &[&str] = &["3F015129902327101", "3F015129902327201", "3F015129902399901"];
const HDL: &[&str] = &["3F070000002327101", "3F070000002327201", "3F070000002399901"];
const FASTING_SUGAR: &[&str] =
    &["3D010000001926101", "3D010000002227101", "3D010000001927201", "3D010000001999901"];
const CASUAL_SUGAR: &[&str] =
    &["3D010129901926101", "3D010129902227101", "3D010129901927201", "3D010129901999901"];
const DRUG_PRESSURE: &str = "9N701000000000011";
const DRUG_SUGAR: &str = "9N706000000000011";
const DRUG_FAT: &str = "9N711000000000011";
const SMOKING: &str = "9N736000000000011";
const AFTER_MEAL: &str = "9N141000000000011";

/// A waist told by the person counts below this BMI.
const BMI_FOR_OWN_WORD: f64 = 22.0;

/// What `checkup` of the person in `record` says; none before there were any rules.
pub fn evidence<'c>(record: &CheckupRecord, checkup: &'c Checkup) -> Option<Evidence<'c>> {
    let rules = rules_of(checkup.taken_on)?;
    let taken = Taken(checkup);
    Some(Evidence {
        rules,
        waist: taken.waist(record.sex),
        bmi: taken.high(BMI, 25.0),
        sugar: taken.sugar_for_syndrome(rules),
        sugar_for_guidance: taken.sugar_for_guidance(rules),
        fat: taken.fat(rules),
        pressure: taken.pressure(),
        smokes: taken.answer(SMOKING),
        age: age_reached(record.birth_date, checkup.taken_on),
    })
}

/// 特定健診 counts the age that is reached by 31 March of the fiscal year.
fn age_reached(birth: Date, taken_on: Date) -> i16 {
    fiscal_year_of(taken_on) - fiscal_year_of(birth)
}

struct Taken<'c>(&'c Checkup);

impl<'c> Taken<'c> {
    fn waist(&self, sex: Sex) -> Option<Measured<'c>> {
        let limit = match sex {
            Sex::Male => Some(85.0),
            Sex::Female => Some(90.0),
            Sex::Unknown => None,
        };
        let girth = limit
            .and_then(|limit| self.high(WAIST, limit).or_else(|| self.waist_by_own_word(limit)));
        let area = self.high(VISCERAL_FAT, 100.0);
        area.filter(|area| area.met || girth.is_none()).or(girth)
    }

    fn waist_by_own_word(&self, limit: f64) -> Option<Measured<'c>> {
        let (_, bmi) = self.number(BMI)?;
        (bmi < BMI_FOR_OWN_WORD).then(|| self.high(WAIST_BY_OWN_WORD, limit))?
    }

    /// HbA1c counts only where no glucose was taken.
    fn sugar_for_syndrome(&self, rules: &Rules) -> Risk<'c> {
        let glucose = self.high(FASTING_SUGAR, 110.0).or_else(|| self.casual_sugar(rules, 110.0));
        let hba1c = || self.high(rules.hba1c, rules.hba1c_syndrome?);
        self.sugar(glucose.or_else(hba1c))
    }

    /// Fasting glucose before HbA1c before glucose taken at any time.
    fn sugar_for_guidance(&self, rules: &Rules) -> Risk<'c> {
        let fasting = self.high(FASTING_SUGAR, 100.0);
        let hba1c = || self.high(rules.hba1c, rules.hba1c_guidance);
        self.sugar(fasting.or_else(hba1c).or_else(|| self.casual_sugar(rules, 100.0)))
    }

    fn sugar(&self, measured: Option<Measured<'c>>) -> Risk<'c> {
        let met = measured.map(|measured| measured.met);
        Risk { measured: measured.into_iter().collect(), drug: self.answer(DRUG_SUGAR), met }
    }

    fn casual_sugar(&self, rules: &Rules, limit: f64) -> Option<Measured<'c>> {
        let counts = rules.casual_sugar && !self.right_after_a_meal();
        counts.then(|| self.high(CASUAL_SUGAR, limit))?
    }

    fn fat(&self, rules: &Rules) -> Risk<'c> {
        let fasting = self.high(FASTING_FAT, 150.0);
        let casual =
            || (!self.right_after_a_meal()).then(|| self.high(CASUAL_FAT, rules.casual_fat))?;
        self.either(fasting.or_else(casual), self.low(HDL, 40.0), DRUG_FAT)
    }

    fn pressure(&self) -> Risk<'c> {
        self.either(self.high(SYSTOLIC, 130.0), self.high(DIASTOLIC, 85.0), DRUG_PRESSURE)
    }

    /// One limit reached is enough; none is reached only when both values are known.
    fn either(&self, one: Option<Measured<'c>>, two: Option<Measured<'c>>, drug: &str) -> Risk<'c> {
        let met = match (one.map(|one| one.met), two.map(|two| two.met)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        };
        Risk { measured: one.into_iter().chain(two).collect(), drug: self.answer(drug), met }
    }

    fn high(&self, codes: &[&str], limit: f64) -> Option<Measured<'c>> {
        let (item, value) = self.number(codes)?;
        Some(Measured { item, limit, side: Side::High, met: value >= limit })
    }

    fn low(&self, codes: &[&str], limit: f64) -> Option<Measured<'c>> {
        let (item, value) = self.number(codes)?;
        Some(Measured { item, limit, side: Side::Low, met: value < limit })
    }

    /// The first of `codes` that has a number; one that is no number at all was not measured.
    fn number(&self, codes: &[&str]) -> Option<(&'c CheckupItem, f64)> {
        codes.iter().find_map(|code| match self.item(code)? {
            item @ CheckupItem { value: CheckupValue::Quantity { value, .. }, .. }
                if value.is_finite() =>
            {
                Some((item, *value))
            }
            _ => None,
        })
    }

    fn item(&self, code: &str) -> Option<&'c CheckupItem> {
        self.0.items.iter().find(|item| item.code == code)
    }

    fn text(&self, code: &str) -> Option<&'c str> {
        match &self.item(code)?.value {
            CheckupValue::Text { text } => Some(text.trim()),
            _ => None,
        }
    }

    /// Yes or no, as a code of the official table or in words. 以前は吸っていたが… (from fiscal
    /// year 2024, code 2) is no: smoking is asked about for the last month.
    fn answer(&self, code: &str) -> Option<bool> {
        match self.text(code)? {
            "1" | "はい" | "あり" => Some(true),
            "2" | "3" | "いいえ" | "なし" => Some(false),
            text if text.starts_with("以前は吸っていた") => Some(false),
            _ => None,
        }
    }

    /// Less than three and a half hours after the meal began: such values count for nothing.
    fn right_after_a_meal(&self) -> bool {
        self.text(AFTER_MEAL).is_some_and(|text| text.contains("3.5時間未満"))
    }
}
