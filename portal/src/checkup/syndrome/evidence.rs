//! What a check-up says about each part of the rules: met, not met, or not known.

use jiff::civil::Date;
use warifu_contract::person::Sex;
use warifu_contract::records::{Checkup, CheckupItem, CheckupRecord, CheckupValue};

use super::rules::{Rules, rules_of};
use crate::checkup::limits::{
    BMI, CASUAL_FAT, CASUAL_SUGAR, DIASTOLIC, FASTING_FAT, FASTING_SUGAR, HDL, Limits, SYSTOLIC,
    Side, VISCERAL_FAT, WAIST, WAIST_BY_OWN_WORD, limits_for,
};
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
    let taken = Taken { checkup, sex: record.sex };
    Some(Evidence {
        rules,
        waist: taken.waist(),
        bmi: taken.against(BMI, Limits::of_guidance),
        sugar: taken.sugar_for_syndrome(rules),
        sugar_for_guidance: taken.sugar_for_guidance(rules),
        fat: taken.fat(),
        pressure: taken.pressure(),
        smokes: taken.answer(SMOKING),
        age: age_reached(record.birth_date, checkup.taken_on),
    })
}

/// 特定健診 counts the age that is reached by 31 March of the fiscal year.
fn age_reached(birth: Date, taken_on: Date) -> i16 {
    fiscal_year_of(taken_on) - fiscal_year_of(birth)
}

struct Taken<'c> {
    checkup: &'c Checkup,
    sex: Sex,
}

type LimitOf = fn(&Limits) -> f64;

impl<'c> Taken<'c> {
    fn waist(&self) -> Option<Measured<'c>> {
        let girth = self.against(WAIST, Limits::of_syndrome).filter(|girth| {
            girth.item.code != WAIST_BY_OWN_WORD
                || self.number(BMI).is_some_and(|(_, bmi)| bmi < BMI_FOR_OWN_WORD)
        });
        let area = self.against(VISCERAL_FAT, Limits::of_syndrome);
        area.filter(|area| area.met || girth.is_none()).or(girth)
    }

    /// HbA1c counts only where no glucose was taken.
    fn sugar_for_syndrome(&self, rules: &Rules) -> Risk<'c> {
        let fasting = self.against(FASTING_SUGAR, Limits::of_syndrome);
        let glucose = fasting.or_else(|| self.casual_sugar(rules, Limits::of_syndrome));
        let hba1c = || self.hba1c(rules, rules.hba1c_syndrome?);
        self.sugar(glucose.or_else(hba1c))
    }

    /// Fasting glucose before HbA1c before glucose taken at any time.
    fn sugar_for_guidance(&self, rules: &Rules) -> Risk<'c> {
        let fasting = self.against(FASTING_SUGAR, Limits::of_guidance);
        let hba1c = || self.hba1c(rules, rules.hba1c_guidance);
        let casual = || self.casual_sugar(rules, Limits::of_guidance);
        self.sugar(fasting.or_else(hba1c).or_else(casual))
    }

    fn sugar(&self, measured: Option<Measured<'c>>) -> Risk<'c> {
        let met = measured.map(|measured| measured.met);
        Risk { measured: measured.into_iter().collect(), drug: self.answer(DRUG_SUGAR), met }
    }

    fn casual_sugar(&self, rules: &Rules, limit: LimitOf) -> Option<Measured<'c>> {
        let counts = rules.casual_sugar && !self.right_after_a_meal();
        counts.then(|| self.against(CASUAL_SUGAR, limit))?
    }

    fn fat(&self) -> Risk<'c> {
        let limit = Limits::of_syndrome;
        let fasting = self.against(FASTING_FAT, limit);
        let casual = || (!self.right_after_a_meal()).then(|| self.against(CASUAL_FAT, limit))?;
        self.either(fasting.or_else(casual), self.against(HDL, limit), DRUG_FAT)
    }

    fn pressure(&self) -> Risk<'c> {
        let limit = Limits::of_syndrome;
        self.either(self.against(SYSTOLIC, limit), self.against(DIASTOLIC, limit), DRUG_PRESSURE)
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

    /// HbA1c has other codes and limits before it was told in NGSP.
    fn hba1c(&self, rules: &Rules, limit: f64) -> Option<Measured<'c>> {
        let (item, value) = self.number(rules.hba1c)?;
        Some(Measured { item, limit, side: Side::High, met: Side::High.reaches(value, limit) })
    }

    /// None where nothing was measured, or where there is no limit for this person.
    fn against(&self, codes: &[&str], limit: LimitOf) -> Option<Measured<'c>> {
        let (item, value) = self.number(codes)?;
        let limits = limits_for(&item.code, self.sex, self.checkup.taken_on)?;
        let (limit, side) = (limit(limits), limits.side);
        Some(Measured { item, limit, side, met: side.reaches(value, limit) })
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
        self.checkup.items.iter().find(|item| item.code == code)
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
