//! What one check-up found: for each quantity with a limit, the one measurement that counts.

use warifu_contract::person::Sex;
use warifu_contract::records::{Checkup, CheckupItem, CheckupValue};

use super::judgement::{Judgement, judge};
use super::limits::{Limits, in_force};

/// One measured quantity and what it means.
#[derive(Debug, Clone, Copy)]
pub struct Finding<'c> {
    /// The measurement that counts.
    pub item: &'c CheckupItem,
    /// Its limits.
    pub limits: &'static Limits,
    /// What it means.
    pub judgement: Judgement,
}

/// The findings of a check-up, in the order of the table of limits.
pub fn findings(checkup: &Checkup, sex: Sex) -> Vec<Finding<'_>> {
    in_force(sex, checkup.taken_on)
        .filter_map(|limits| {
            let item = limits.codes.iter().find_map(|code| measured(checkup, code))?;
            let judgement = judge(item, sex, checkup.taken_on);
            Some(Finding { item, limits, judgement })
        })
        .collect()
}

fn measured<'c>(checkup: &'c Checkup, code: &str) -> Option<&'c CheckupItem> {
    let is_number = |value: &CheckupValue| matches!(value, CheckupValue::Quantity { .. });
    checkup.items.iter().find(|item| item.code == code && is_number(&item.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn checkup(values: &[(&str, Option<f64>)]) -> Checkup {
        let item = |(code, value): &(&str, Option<f64>)| CheckupItem {
            code: (*code).to_owned(),
            name: "項目".into(),
            value: value.map_or(CheckupValue::NotTaken, |value| CheckupValue::Quantity {
                value,
                unit: "mmHg".into(),
            }),
        };
        Checkup {
            taken_on: date(2026, 10, 8),
            place: "見本".into(),
            items: values.iter().map(item).collect(),
        }
    }

    #[test]
    fn three_measurements_of_one_pressure_are_one_finding() {
        let (first, second, mean) = ("9A751000000000001", "9A752000000000001", "9A755000000000001");
        let taken = checkup(&[(first, Some(150.0)), (second, Some(126.0)), (mean, Some(138.0))]);
        let found = findings(&taken, Sex::Male);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].item.code, mean);
        let twice = checkup(&[(first, Some(150.0)), (second, Some(126.0)), (mean, None)]);
        assert_eq!(findings(&twice, Sex::Male)[0].item.code, second);
    }

    #[test]
    fn what_was_not_taken_or_has_no_limit_for_this_sex_is_no_finding() {
        let taken = checkup(&[("9N016160100000001", Some(99.0)), ("9A755000000000001", None)]);
        assert!(findings(&taken, Sex::Unknown).is_empty());
        assert_eq!(findings(&taken, Sex::Female).len(), 1);
    }
}
