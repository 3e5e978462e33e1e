//! Dates and times on screens, in Japan's time, in both languages.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{Timestamp, tz};
use warifu_service::words::Language;

use warifu_contract::era::EraYear;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// 2026年11月20日（令和8年）; 20 November 2026.
pub fn day(language: Language, date: Date) -> String {
    match language {
        Language::Ja => {
            let era = EraYear::of(date)
                .map_or_else(String::new, |year| format!("（{}）", year.in_japanese()));
            format!("{}{era}", plain_day(language, date))
        }
        Language::En => format!("{} {} {}", date.day(), month_name(date), date.year()),
    }
}

/// 2026年11月20日; 20 November 2026: where little room is left.
pub fn plain_day(language: Language, date: Date) -> String {
    match language {
        Language::Ja => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Language::En => day(language, date),
    }
}

/// As [`day`], with the day of the week.
pub fn day_of_week(language: Language, date: Date) -> String {
    let weekday = weekday(language, date);
    match language {
        Language::Ja => format!("{}{weekday}", day(language, date)),
        Language::En => format!("{weekday}, {}", day(language, date)),
    }
}

/// 昭和55年5月5日（1980-05-05）; 5 May 1980 (S55.5.5): what the desk compares with a paper.
pub fn day_in_both_eras(language: Language, date: Date) -> String {
    let Some(year) = EraYear::of(date) else { return date.to_string() };
    let (month, of_month) = (date.month(), date.day());
    match language {
        Language::Ja => format!("{}{month}月{of_month}日（{date}）", year.in_japanese()),
        Language::En => format!("{} ({}.{month}.{of_month})", day(language, date), year.short()),
    }
}

/// 昭和57年（1982）; 1982 (S57).
pub fn year_in_both_eras(language: Language, date: Date) -> String {
    let Some(year) = EraYear::of(date) else { return date.year().to_string() };
    match language {
        Language::Ja => format!("{}（{}）", year.in_japanese(), date.year()),
        Language::En => format!("{} ({})", date.year(), year.short()),
    }
}

/// 2026年10月; October 2026.
pub fn month(language: Language, date: Date) -> String {
    match language {
        Language::Ja => format!("{}年{}月", date.year(), date.month()),
        Language::En => format!("{} {}", month_name(date), date.year()),
    }
}

/// 2026年度（令和8年度）; fiscal year 2026: April to March.
pub fn fiscal_year(language: Language, date: Date) -> String {
    let year = fiscal_year_of(date);
    match language {
        Language::Ja => {
            let start = Date::new(year, 4, 1).ok().and_then(EraYear::of);
            let era = start.map_or_else(String::new, |era| format!("（{}度）", era.in_japanese()));
            format!("{year}年度{era}")
        }
        Language::En => format!("fiscal year {year}"),
    }
}

/// The year in whose April the fiscal year of `date` began.
pub fn fiscal_year_of(date: Date) -> i16 {
    if date.month() >= 4 { date.year() } else { date.year() - 1 }
}

/// 11月20日 10:15; 20 November, 10:15.
pub fn moment(language: Language, at: Timestamp) -> String {
    let local = in_japan(at);
    let (date, time) = (local.date(), clock(at));
    match language {
        Language::Ja => format!("{}月{}日 {time}", date.month(), date.day()),
        Language::En => format!("{} {}, {time}", date.day(), month_name(date)),
    }
}

/// 2026年11月20日 10:15; 20 November 2026, 10:15.
pub fn full_moment(language: Language, at: Timestamp) -> String {
    let year = in_japan(at).date().year();
    match language {
        Language::Ja => format!("{year}年{}", moment(language, at)),
        Language::En => {
            let date = in_japan(at).date();
            format!("{}, {}", day(language, date), clock(at))
        }
    }
}

/// 10:15.
pub fn clock(at: Timestamp) -> String {
    let local = in_japan(at);
    format!("{}:{:02}", local.hour(), local.minute())
}

/// 10:15:02.
pub fn clock_with_seconds(at: Timestamp) -> String {
    format!("{}:{:02}", clock(at), in_japan(at).second())
}

fn in_japan(at: Timestamp) -> DateTime {
    tz::offset(9).to_datetime(at)
}

fn month_name(date: Date) -> &'static str {
    let index = usize::try_from(date.month() - 1).unwrap_or_default();
    MONTHS.get(index).copied().unwrap_or_default()
}

fn weekday(language: Language, date: Date) -> &'static str {
    let (ja, en) = match date.weekday() {
        Weekday::Monday => ("月曜日", "Monday"),
        Weekday::Tuesday => ("火曜日", "Tuesday"),
        Weekday::Wednesday => ("水曜日", "Wednesday"),
        Weekday::Thursday => ("木曜日", "Thursday"),
        Weekday::Friday => ("金曜日", "Friday"),
        Weekday::Saturday => ("土曜日", "Saturday"),
        Weekday::Sunday => ("日曜日", "Sunday"),
    };
    match language {
        Language::Ja => ja,
        Language::En => en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_are_said_in_both_languages() {
        let born = date(1980, 5, 5);
        assert_eq!(day(Language::Ja, date(2026, 11, 20)), "2026年11月20日（令和8年）");
        assert_eq!(
            day_of_week(Language::Ja, date(2026, 11, 20)),
            "2026年11月20日（令和8年）金曜日"
        );
        assert_eq!(day(Language::En, born), "5 May 1980");
        assert_eq!(day_in_both_eras(Language::Ja, born), "昭和55年5月5日（1980-05-05）");
        assert_eq!(day_in_both_eras(Language::En, born), "5 May 1980 (S55.5.5)");
    }

    #[test]
    fn the_fiscal_year_begins_in_april() {
        assert_eq!(fiscal_year(Language::Ja, date(2027, 3, 31)), "2026年度（令和8年度）");
        assert_eq!(fiscal_year_of(date(2026, 4, 1)), 2026);
    }

    #[test]
    fn moments_are_in_japans_time() {
        let at: Timestamp = "2026-11-20T15:05:02Z".parse().unwrap();
        assert_eq!(full_moment(Language::Ja, at), "2026年11月21日 0:05");
        assert_eq!(full_moment(Language::En, at), "21 November 2026, 0:05");
        assert_eq!(clock_with_seconds(at), "0:05:02");
    }
}
