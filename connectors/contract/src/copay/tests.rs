//! Every boundary, on both sides.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;

fn case(birth_date: Date, day: Date) -> CopayCase {
    CopayCase { birth_date, kind: InsurerKind::National, income: None, day }
}

fn possible(case: &CopayCase) -> (CopayRule, Vec<u8>) {
    let found = compare(None, case).unwrap();
    assert_eq!(found.fit, CopayFit::NotStated);
    (found.rule, found.possible)
}

#[test]
fn both_sides_of_every_birthday_that_counts() {
    use CopayRule::{Elderly, General, Infant, LateElderly, Preschool};
    for (what, birth, day, rule, percents) in [
        ("last day before school", date(2018, 5, 5), date(2025, 3, 31), Preschool, &[20][..]),
        ("first day of school", date(2018, 5, 5), date(2025, 4, 1), General, &[30]),
        (
            "born on 1 April: a school year earlier",
            date(2018, 4, 1),
            date(2024, 3, 31),
            Preschool,
            &[20],
        ),
        ("born on 1 April: at school", date(2018, 4, 1), date(2024, 4, 1), General, &[30]),
        (
            "born on 2 April: a school year later",
            date(2018, 4, 2),
            date(2025, 3, 31),
            Preschool,
            &[20],
        ),
        ("born on 2 April: at school", date(2018, 4, 2), date(2025, 4, 1), General, &[30]),
        ("the day of birth", date(2026, 11, 20), date(2026, 11, 20), Preschool, &[20]),
        ("the month of the 70th birthday", date(1956, 5, 5), date(2026, 5, 31), General, &[30]),
        ("the month after", date(1956, 5, 5), date(2026, 6, 1), Elderly, &[20, 30]),
        ("born on the first: the day before", date(1956, 5, 1), date(2026, 4, 30), General, &[30]),
        ("born on the first: that month", date(1956, 5, 1), date(2026, 5, 1), Elderly, &[20, 30]),
        ("born on the second: that month", date(1956, 5, 2), date(2026, 5, 31), General, &[30]),
        ("born on the second: the next", date(1956, 5, 2), date(2026, 6, 1), Elderly, &[20, 30]),
        ("born on 29 February", date(1956, 2, 29), date(2026, 2, 28), General, &[30]),
        (
            "born on 29 February: the next month",
            date(1956, 2, 29),
            date(2026, 3, 1),
            Elderly,
            &[20, 30],
        ),
        (
            "the day before the 75th birthday",
            date(1951, 5, 5),
            date(2026, 5, 4),
            Elderly,
            &[20, 30],
        ),
        ("the 75th birthday", date(1951, 5, 5), date(2026, 5, 5), LateElderly, &[10, 20, 30]),
        ("the last to keep a tenth", date(1944, 4, 1), date(2014, 4, 1), Elderly, &[10, 30]),
        (
            "the last to keep a tenth, to the end",
            date(1944, 4, 1),
            date(2019, 3, 31),
            Elderly,
            &[10, 30],
        ),
        ("the first without", date(1944, 4, 2), date(2014, 5, 1), Elderly, &[20, 30]),
        (
            "the late elderly before 2 割",
            date(1940, 1, 1),
            date(2022, 9, 30),
            LateElderly,
            &[10, 30],
        ),
        ("the late elderly since", date(1940, 1, 1), date(2022, 10, 1), LateElderly, &[10, 20, 30]),
        ("a worker's income in 2005", date(1934, 1, 1), date(2006, 9, 30), Elderly, &[10, 20]),
        ("a worker's income since", date(1934, 1, 1), date(2006, 10, 1), Elderly, &[10, 30]),
        ("an infant before 2008", date(2005, 5, 5), date(2008, 3, 31), Infant, &[20]),
        ("three years old before 2008", date(2005, 2, 28), date(2008, 3, 1), General, &[30]),
        ("three years old since", date(2005, 2, 28), date(2008, 4, 1), Preschool, &[20]),
        ("in between", date(1990, 1, 1), date(2026, 1, 1), General, &[30]),
    ] {
        assert_eq!(possible(&case(birth, day)), (rule, percents.to_vec()), "{what}");
    }
}

#[test]
fn income_settles_the_ratio() {
    for (birth, day, income, percent) in [
        (date(1954, 1, 1), date(2026, 1, 1), Income::Standard, 20),
        (date(1954, 1, 1), date(2026, 1, 1), Income::Upper, 20),
        (date(1954, 1, 1), date(2026, 1, 1), Income::Active, 30),
        (date(1940, 1, 1), date(2026, 1, 1), Income::Standard, 10),
        (date(1940, 1, 1), date(2026, 1, 1), Income::Upper, 20),
        (date(1940, 1, 1), date(2026, 1, 1), Income::Active, 30),
        (date(1940, 1, 1), date(2022, 9, 30), Income::Upper, 10),
        (date(1990, 1, 1), date(2026, 1, 1), Income::Active, 30),
    ] {
        let case = CopayCase { income: Some(income), ..case(birth, day) };
        assert_eq!(possible(&case).1, [percent], "{birth} {day} {income:?}");
    }
}

#[test]
fn a_disability_brings_the_late_elderlys_rules_before_75() {
    let early =
        CopayCase { kind: InsurerKind::LateElderly, ..case(date(1958, 1, 1), date(2026, 1, 1)) };
    assert_eq!(possible(&early), (CopayRule::LateElderly, vec![10, 20, 30]));
}

#[test]
fn what_cannot_be_is_flagged_and_not_replaced() {
    for (birth, stated, fit) in [
        (date(2006, 1, 1), 20, CopayFit::Impossible),
        (date(2006, 1, 1), 10, CopayFit::Impossible),
        (date(2006, 1, 1), 30, CopayFit::Fits),
        (date(2022, 1, 1), 30, CopayFit::Impossible),
        (date(1954, 1, 1), 10, CopayFit::Impossible),
        (date(1954, 1, 1), 20, CopayFit::Fits),
    ] {
        let found = compare(Some(stated), &case(birth, date(2026, 1, 1))).unwrap();
        assert_eq!((found.stated, found.fit), (Some(stated), fit), "{birth} {stated}");
    }
}

#[test]
fn before_the_rules_nothing_is_said() {
    assert_eq!(compare(Some(20), &case(date(1970, 1, 1), date(2003, 3, 31))), None);
    assert!(compare(Some(30), &case(date(1970, 1, 1), date(2003, 4, 1))).is_some());
}

#[test]
fn a_year_is_complete_on_the_day_before_the_birthday() {
    for (birth, years, day) in [
        (date(1956, 5, 5), 70, date(2026, 5, 4)),
        (date(1956, 5, 1), 70, date(2026, 4, 30)),
        (date(1956, 1, 1), 70, date(2025, 12, 31)),
        (date(1956, 2, 29), 70, date(2026, 2, 28)),
        (date(1956, 2, 29), 72, date(2028, 2, 28)),
        (date(1956, 3, 1), 72, date(2028, 2, 29)),
    ] {
        assert_eq!(reached_on(birth, years), day, "{birth} {years}");
    }
    assert_eq!(reached_on(Date::MAX, 70), Date::MAX.yesterday().unwrap());
}

proptest! {
    #[test]
    fn every_day_since_the_rules_began_has_a_ratio(
        birth_days in 0i32..60_000, day_days in 0i32..20_000,
        income in prop_oneof![
            Just(None), Just(Some(Income::Standard)), Just(Some(Income::Upper)),
            Just(Some(Income::Active)),
        ],
    ) {
        let after = |day: Date, days: i32| day.saturating_add(jiff::Span::new().days(days));
        let birth_date = after(date(1900, 1, 1), birth_days);
        let day = after(date(2003, 4, 1), day_days);
        let case = CopayCase { birth_date, kind: InsurerKind::Society, income, day };
        let found = compare(Some(30), &case).unwrap();
        prop_assert!(!found.possible.is_empty());
        prop_assert!(found.possible.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(income.is_none() || found.possible.len() == 1);
    }
}
