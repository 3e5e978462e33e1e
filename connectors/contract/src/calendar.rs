//! The calendar day in Japan, where the federation's residents live.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp, tz};

/// The calendar day in Japan (UTC+9, no daylight saving) at `now`.
pub fn today_in_japan(now: Timestamp) -> Date {
    tz::offset(9).to_datetime(now).date()
}

/// The instant at which `day` is over in Japan.
pub fn end_of_day_in_japan(day: Date) -> Timestamp {
    let midnight = tz::offset(9).to_timestamp(DateTime::from(day)).unwrap_or(Timestamp::MAX);
    midnight.checked_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_day_turns_at_fifteen_hours_utc() {
        let evening: Timestamp = "2026-11-20T14:59:59Z".parse().unwrap();
        let night: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        assert_eq!(today_in_japan(evening), date(2026, 11, 20));
        assert_eq!(today_in_japan(night), date(2026, 11, 21));
        assert_eq!(end_of_day_in_japan(date(2026, 11, 20)), night);
        assert_eq!(end_of_day_in_japan(Date::MAX), Timestamp::MAX);
    }
}
