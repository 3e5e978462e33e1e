//! Slips in a birth date.

use jiff::civil::Date;

use super::slips::is_same_length_slip;
use crate::era::{Era, EraYear};

/// Whether one date is the other with the wrong era, month and day exchanged, or one digit wrong
/// or two neighbours swapped, as written in either calendar.
pub(super) fn is_slip(typed: Date, held: Date) -> bool {
    typed != held
        && (is_other_era(typed, held)
            || is_other_era(held, typed)
            || is_exchanged(typed, held)
            || is_same_length_slip(&digits(typed), &digits(held))
            || is_era_slip(typed, held))
}

/// The same year number, month and day in another era (昭和5年 for 平成5年).
fn is_other_era(typed: Date, held: Date) -> bool {
    let Some(year) = EraYear::of(held) else { return false };
    let said = |era: &Era| era.day(year.year, held.month(), held.day()) == Some(typed);
    Era::ALL.iter().any(said)
}

fn is_exchanged(typed: Date, held: Date) -> bool {
    (typed.year(), typed.month(), typed.day()) == (held.year(), held.day(), held.month())
}

fn is_era_slip(typed: Date, held: Date) -> bool {
    match (EraYear::of(typed), EraYear::of(held)) {
        (Some(one), Some(two)) if one.era == two.era => {
            is_same_length_slip(&era_digits(one, typed), &era_digits(two, held))
        }
        _ => false,
    }
}

fn digits(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

fn era_digits(year: EraYear, day: Date) -> String {
    format!("{:02}{:02}{:02}", year.year, day.month(), day.day())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slips_and_other_dates() {
        for (typed, held) in [
            (date(1955, 5, 6), date(1955, 5, 5)),
            (date(1930, 5, 5), date(1993, 5, 5)),
            (date(1955, 5, 12), date(1955, 12, 5)),
            (date(1955, 1, 12), date(1955, 1, 21)),
            (date(2000, 5, 5), date(2009, 5, 5)),
            (date(1937, 5, 5), date(1946, 5, 5)),
        ] {
            assert!(is_slip(typed, held), "{typed} {held}");
        }
        for (typed, held) in [
            (date(1955, 5, 5), date(1955, 5, 5)),
            (date(1960, 10, 10), date(1955, 5, 5)),
            (date(1970, 1, 1), date(1955, 5, 5)),
            (date(1999, 12, 31), date(2000, 1, 1)),
        ] {
            assert!(!is_slip(typed, held), "{typed} {held}");
        }
    }

    proptest! {
        #[test]
        fn a_slip_goes_both_ways(one in 0i32..60_000, two in 0i32..60_000) {
            let day = |n| date(1880, 1, 1).saturating_add(jiff::Span::new().days(n));
            prop_assert_eq!(is_slip(day(one), day(two)), is_slip(day(two), day(one)));
        }
    }
}
