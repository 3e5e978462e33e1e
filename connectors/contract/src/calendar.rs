//! The calendar day in Japan, where the federation's residents live.

use jiff::{Timestamp, civil::Date, tz};

/// The calendar day in Japan (UTC+9, no daylight saving) at `now`.
pub fn today_in_japan(now: Timestamp) -> Date {
    tz::offset(9).to_datetime(now).date()
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
    }
}
