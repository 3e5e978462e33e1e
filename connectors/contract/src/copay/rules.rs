//! The ratios as data: for each rule the days it holds for and what each income pays.
//!
//! Sources: 健康保険法 art. 74 and 110, 国民健康保険法 art. 42, 高齢者の医療の確保に関する法律 art. 67, with
//! the reforms as the ministry and insurers announced them:
//! - October 2002: from 70 a tenth, with high income two; below 3 years two. Who was 70 by 30
//!   September 2002 came under 老人保健, whose age rose to 75 over five years, at the same ratios: so
//!   the ratio does not hang on which of both it was.
//! - April 2003: employees three tenths as everybody else, in place of two.
//! - October 2006: from 70 with an active income three tenths in place of two.
//! - April 2008: two tenths until school begins; from 75 the scheme of the late elderly. From 70 the
//!   law says two tenths, but a tenth stayed by a special measure (特例措置).
//! - April 2014: that measure ends for whoever is born on 2 April 1944 or later.
//! - October 2022: late elderly of some income (一定以上所得) two tenths.
//!
//! A coming reform is a row with its first day, and the last day in the row that it ends.

use jiff::civil::{Date, date};

use super::{CopayCase, CopayRule, Income, age};
use crate::coverage::InsurerKind;

/// One rule for one stretch of time.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) rule: CopayRule,
    /// First day.
    from: Date,
    /// Last day; none while it is not known.
    until: Option<Date>,
    /// Only those born on this day or before.
    born_until: Option<Date>,
    /// Percent by income; a rule that asks for no income has one entry.
    ratios: &'static [(Income, u8)],
}

const EVERYBODY_20: &[(Income, u8)] = &[(Income::Standard, 20)];
const EVERYBODY_30: &[(Income, u8)] = &[(Income::Standard, 30)];
const TENTH_OR_20: &[(Income, u8)] = &[(Income::Standard, 10), (Income::Active, 20)];
const TENTH_OR_30: &[(Income, u8)] = &[(Income::Standard, 10), (Income::Active, 30)];
const FIFTH_OR_30: &[(Income, u8)] = &[(Income::Standard, 20), (Income::Active, 30)];
const BY_THREE: &[(Income, u8)] =
    &[(Income::Standard, 10), (Income::Upper, 20), (Income::Active, 30)];

const OCTOBER_2002: Date = date(2002, 10, 1);
const APRIL_2003: Date = date(2003, 4, 1);
const OCTOBER_2006: Date = date(2006, 10, 1);
const APRIL_2008: Date = date(2008, 4, 1);
const APRIL_2014: Date = date(2014, 4, 1);
const OCTOBER_2022: Date = date(2022, 10, 1);

/// The first row that fits holds. The last to keep a tenth from 70 to 74 were born on 1 April
/// 1944, who completed their 70th year before April 2014.
const ROWS: &[Row] = &[
    row(CopayRule::Infant, OCTOBER_2002, Some(date(2008, 3, 31)), EVERYBODY_20),
    row(CopayRule::Preschool, APRIL_2008, None, EVERYBODY_20),
    row(CopayRule::General, APRIL_2003, None, EVERYBODY_30),
    row(CopayRule::Elderly, OCTOBER_2002, Some(date(2006, 9, 30)), TENTH_OR_20),
    Row {
        born_until: Some(date(1944, 4, 1)),
        ..row(CopayRule::Elderly, OCTOBER_2006, None, TENTH_OR_30)
    },
    row(CopayRule::Elderly, APRIL_2014, None, FIFTH_OR_30),
    row(CopayRule::LateElderly, OCTOBER_2002, Some(date(2006, 9, 30)), TENTH_OR_20),
    row(CopayRule::LateElderly, OCTOBER_2006, Some(date(2022, 9, 30)), TENTH_OR_30),
    row(CopayRule::LateElderly, OCTOBER_2022, None, BY_THREE),
];

const fn row(
    rule: CopayRule,
    from: Date,
    until: Option<Date>,
    ratios: &'static [(Income, u8)],
) -> Row {
    Row { rule, from, until, born_until: None, ratios }
}

/// The row that decides a case; none for a day before the rules begin.
pub(super) fn rule_for(case: &CopayCase) -> Option<&'static Row> {
    let rule = stage(case);
    ROWS.iter().find(|row| row.rule == rule && row.holds_for(case))
}

/// The rule that the person's age falls under on the day.
fn stage(case: &CopayCase) -> CopayRule {
    let CopayCase { birth_date, kind, day, .. } = *case;
    if kind == InsurerKind::LateElderly || day >= age::birthday(birth_date, 75) {
        CopayRule::LateElderly
    } else if day >= age::month_after(birth_date, 70) {
        CopayRule::Elderly
    } else if day < APRIL_2008 && day < age::month_after(birth_date, 3) {
        CopayRule::Infant
    } else if day >= APRIL_2008 && day <= age::last_day_before_school(birth_date) {
        CopayRule::Preschool
    } else {
        CopayRule::General
    }
}

impl Row {
    fn holds_for(&self, case: &CopayCase) -> bool {
        self.from <= case.day
            && self.until.is_none_or(|until| case.day <= until)
            && self.born_until.is_none_or(|until| case.birth_date <= until)
    }

    /// What may be paid, rising. An income that the rule does not tell apart pays as the next
    /// lower one.
    pub(super) fn percents(&self, income: Option<Income>) -> Vec<u8> {
        match income {
            None => self.ratios.iter().map(|(_, percent)| *percent).collect(),
            Some(income) => {
                let below = self.ratios.iter().rev().find(|(class, _)| *class <= income);
                below.map(|(_, percent)| *percent).into_iter().collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_rule_follow_each_other_without_a_gap() {
        for rule in CopayRule::ALL {
            let rows: Vec<&Row> = ROWS.iter().filter(|row| row.rule == rule).collect();
            for pair in rows.windows(2) {
                if let Some(until) = pair[0].until {
                    assert_eq!(until.tomorrow().unwrap(), pair[1].from, "{rule:?}");
                } else {
                    assert!(pair[0].born_until.is_some(), "{rule:?}: the next is never reached");
                }
            }
            assert!(
                rows.last().is_some_and(|last| last.until.is_none() == (rule != CopayRule::Infant))
            );
        }
    }

    #[test]
    fn ratios_rise_with_income() {
        for row in ROWS {
            assert!(row.ratios.windows(2).all(|pair| pair[0] < pair[1]), "{row:?}");
        }
    }
}
