//! Days and hours as people in Japan count them, wherever the server stands.

use jiff::civil::Date;
use jiff::tz::{self, TimeZone};
use jiff::{Timestamp, Zoned};
use warifu_service::words::Voice;

/// The day.
pub(crate) fn day(at: Timestamp) -> Date {
    zoned(at).date()
}

/// The day, in words.
pub(crate) fn date(at: Timestamp, voice: Voice<'_>) -> String {
    let day = day(at);
    let month = voice.say(&format!("month-{}", day.month()));
    let gaps = [
        ("year", day.year().to_string().into()),
        ("month", month.into()),
        ("day", day.day().to_string().into()),
    ];
    voice.tell("own-date", &gaps)
}

/// Day and minute, in words.
pub(crate) fn moment(at: Timestamp, voice: Voice<'_>) -> String {
    let time = zoned(at).time();
    let gaps = [
        ("date", date(at, voice).into()),
        ("hour", time.hour().to_string().into()),
        ("minute", format!("{:02}", time.minute()).into()),
    ];
    voice.tell("sessions-moment", &gaps)
}

/// Day and minute in digits, the same in both languages: for lists.
pub(crate) fn minute(at: Timestamp) -> String {
    zoned(at).strftime("%Y-%m-%d %H:%M").to_string()
}

fn zoned(at: Timestamp) -> Zoned {
    at.to_zoned(TimeZone::fixed(tz::offset(9)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;
    use warifu_service::words::Language;

    #[test]
    fn a_day_begins_with_midnight_in_japan() {
        let words = words().unwrap();
        let late: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        assert_eq!(date(late, words.in_(Language::Ja)), "2026年11月21日");
        assert_eq!(date(late, words.in_(Language::En)), "21 November 2026");
        assert_eq!(minute(late), "2026-11-21 00:00");
        assert!(moment(late, words.in_(Language::En)).contains("0:00"));
    }
}
