//! Stretches of time and what lies between them: insurance and pension histories have gaps that
//! people should know of.

use jiff::ToSpan as _;
use jiff::civil::Date;
use warifu_contract::coverage::Validity;
use warifu_contract::records::PensionPeriod;

/// Ages between which everybody belongs to a pension scheme.
const PENSION_FROM: i32 = 20;
const PENSION_UNTIL: i32 = 60;

/// A gap; without a last day it still lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Option<Date>,
}

/// Days without insurance between covers, and since the last if it has ended; oldest first.
pub fn insurance_gaps(covers: &[Validity], today: Date) -> Vec<Gap> {
    let mut covers: Vec<Validity> = covers.to_vec();
    covers.sort_by_key(|cover| cover.from);
    let mut gaps = Vec::new();
    let mut covered: Option<Date> = None;
    for cover in &covers {
        if let Some(gap) = covered.and_then(|until| between(until, cover.from)) {
            gaps.push(gap);
        }
        let until = cover.until.unwrap_or(Date::MAX);
        covered = Some(covered.map_or(until, |covered| covered.max(until)));
    }
    let ended = covered.filter(|until| *until < today);
    gaps.extend(ended.and_then(|until| Some(Gap { from: until.tomorrow().ok()?, until: None })));
    gaps
}

fn between(until: Date, next: Date) -> Option<Gap> {
    let from = until.tomorrow().ok()?;
    (from < next).then(|| Gap { from, until: next.yesterday().ok() })
}

/// Whole months without a pension scheme between the 20th and the 60th birthday, oldest first,
/// each from the first day of its first month to the first day of its last.
pub fn pension_gaps(birth: Date, periods: &[PensionPeriod], today: Date) -> Vec<(Date, Date)> {
    let birthday = |age: i32| birth.checked_add(age.years()).unwrap_or(Date::MAX);
    let end = birthday(PENSION_UNTIL).min(today).first_of_month();
    let mut open = birthday(PENSION_FROM).first_of_month();
    let mut gaps = Vec::new();
    let mut ordered: Vec<&PensionPeriod> = periods.iter().collect();
    ordered.sort_by_key(|period| period.from);
    for period in ordered {
        gaps.extend(months(open, period.from.first_of_month().min(end)));
        let lost = period.lost_on.unwrap_or(Date::MAX).first_of_month();
        open = open.max(lost);
    }
    gaps.extend(months(open, end));
    gaps
}

fn months(open: Date, next: Date) -> Option<(Date, Date)> {
    (open < next).then(|| Some((open, next.checked_sub(1.month()).ok()?)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;
    use warifu_contract::records::PensionScheme;

    fn cover(from: Date, until: Option<Date>) -> Validity {
        Validity { from, until }
    }

    #[test]
    fn days_between_covers_are_a_gap_overlaps_are_none() {
        let today = date(2026, 11, 20);
        let covers = [
            cover(date(2022, 4, 1), None),
            cover(date(2010, 4, 1), Some(date(2015, 3, 31))),
            cover(date(2004, 4, 1), Some(date(2010, 3, 31))),
            cover(date(2015, 1, 1), Some(date(2021, 12, 31))),
        ];
        let gap = Gap { from: date(2022, 1, 1), until: Some(date(2022, 3, 31)) };
        assert_eq!(insurance_gaps(&covers, today), [gap]);
        let ended = [cover(date(2010, 4, 1), Some(date(2026, 8, 31)))];
        let lasting = Gap { from: date(2026, 9, 1), until: None };
        assert_eq!(insurance_gaps(&ended, today), [lasting]);
        assert_eq!(insurance_gaps(&[], today), []);
    }

    fn period(from: Date, lost_on: Option<Date>) -> PensionPeriod {
        PensionPeriod {
            scheme: PensionScheme::Employees,
            workplace: None,
            from,
            lost_on,
            months: 1,
        }
    }

    #[test]
    fn months_without_a_scheme_are_gaps_from_20_to_60() {
        let birth = date(1955, 5, 5);
        let periods = [
            period(date(1975, 5, 5), Some(date(1978, 4, 1))),
            period(date(1978, 4, 1), Some(date(2003, 5, 1))),
            period(date(2003, 11, 1), Some(date(2015, 5, 5))),
            period(date(2021, 10, 1), Some(date(2025, 5, 5))),
        ];
        let gaps = pension_gaps(birth, &periods, date(2026, 11, 20));
        assert_eq!(gaps, [(date(2003, 5, 1), date(2003, 10, 1))]);
        let young = date(2003, 2, 6);
        let open = pension_gaps(young, &[], date(2026, 11, 20));
        assert_eq!(open, [(date(2023, 2, 1), date(2026, 10, 1))]);
        let child = pension_gaps(date(2015, 6, 1), &[], date(2026, 11, 20));
        assert_eq!(child, []);
    }

    proptest! {
        #[test]
        fn gaps_never_overlap_a_cover(starts in prop::collection::vec((0_i32..9000, 0_i32..900), 0..8)) {
            let base = date(2000, 1, 1);
            let covers: Vec<Validity> = starts
                .iter()
                .map(|(at, long)| {
                    let from = base.checked_add(at.days()).unwrap();
                    cover(from, Some(from.checked_add(long.days()).unwrap()))
                })
                .collect();
            for gap in insurance_gaps(&covers, date(2026, 11, 20)) {
                for cover in &covers {
                    prop_assert!(!cover.holds_on(gap.from));
                }
            }
        }
    }
}
