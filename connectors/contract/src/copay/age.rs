//! The days on which ages begin to count, by the law on counting ages (年齢計算ニ関スル法律).

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};

/// The day at whose end somebody born on `birth` completes `years` years: the day before the
/// birthday, for those born on 29 February the 28th. The last day of the calendar when it lies
/// beyond.
pub fn reached_on(birth: Date, years: i16) -> Date {
    birthday(birth, years).yesterday().unwrap_or(Date::MIN)
}

/// The day of the `years`th birthday; 1 March in a year without the 29 February of `birth`.
pub(super) fn birthday(birth: Date, years: i16) -> Date {
    let Some(year) = birth.year().checked_add(years) else { return Date::MAX };
    let same = Date::new(year, birth.month(), birth.day());
    same.or_else(|_| Date::new(year, 3, 1)).unwrap_or(Date::MAX)
}

/// The first day of the month after the age is reached: who is born on the first of a month
/// reaches it on the last of the month before.
pub(super) fn month_after(birth: Date, years: i16) -> Date {
    let next_month = reached_on(birth, years).first_of_month().checked_add(1.month());
    next_month.unwrap_or(Date::MAX)
}

/// The last day before compulsory school: the first 31 March on or after the day the sixth year
/// is completed. Who is born on 1 April goes to school with those born before.
pub(super) fn last_day_before_school(birth: Date) -> Date {
    let reached = reached_on(birth, 6);
    let march = date(reached.year(), 3, 31);
    if reached <= march { march } else { march.saturating_add(Span::new().years(1)) }
}
