//! Dates as people and files write them: `S55.5.5`, `昭和55年5月5日`, `1980-05-05`, `19800505`, the
//! 7 digits of claim files `3550505`; full-width characters and other separators alike.

use jiff::civil::Date;

use crate::era::{Era, EraYear};

/// Longer input is not a date.
const LONGEST: usize = 32;

/// Why a text is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateInputError {
    /// Nothing was typed.
    #[error("no date was typed")]
    Empty,
    /// Not one of the forms.
    #[error("not a date in a known form")]
    Shape,
    /// A known form, but no such day in the calendar or the era.
    #[error("there is no such day")]
    NoSuchDay,
}

/// A day as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenDay {
    /// The day.
    pub day: Date,
    /// The era and year it was written in; none for the common era.
    pub era: Option<EraYear>,
}

impl WrittenDay {
    /// What the year is called today, where it was counted on past the end of its era (昭和64年5月,
    /// 平成32年): worth a warning, never a refusal.
    pub fn overflow(self) -> Option<EraYear> {
        self.era.and_then(|written| written.overflowing(self.day))
    }
}

/// Reads one day.
pub fn parse(text: &str) -> Result<Date, DateInputError> {
    read(text).map(|written| written.day)
}

/// Reads one day and keeps how it was written.
pub fn read(text: &str) -> Result<WrittenDay, DateInputError> {
    let folded = fold(text)?;
    match Era::ALL.into_iter().find(|era| folded.starts_with(era.letter())) {
        Some(era) => era_day(era, folded.get(1..).unwrap_or_default()),
        None => common_day(&folded),
    }
}

/// `55.5.5` or `550505` after the era's letter.
fn era_day(era: Era, rest: &str) -> Result<WrittenDay, DateInputError> {
    let [year, month, day] = three_parts(rest, &[2, 2, 2])?;
    let day = era.day(year, narrow(month)?, narrow(day)?).ok_or(DateInputError::NoSuchDay)?;
    Ok(WrittenDay { day, era: Some(EraYear { era, year }) })
}

/// `1980.5.5`, `19800505`, or `3550505` with the era as a digit.
fn common_day(text: &str) -> Result<WrittenDay, DateInputError> {
    if text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit()) {
        let era = Era::ALL.into_iter().find(|era| text.starts_with(era.claim_digit()));
        return era_day(era.ok_or(DateInputError::Shape)?, text.get(1..).unwrap_or_default());
    }
    let [year, month, day] = three_parts(text, &[4, 2, 2])?;
    if year < 1000 {
        return Err(DateInputError::Shape);
    }
    let day = Date::new(year, narrow(month)?, narrow(day)?);
    Ok(WrittenDay { day: day.map_err(|_| DateInputError::NoSuchDay)?, era: None })
}

/// Three numbers parted by dots, or run together with exactly these widths.
fn three_parts(text: &str, widths: &[usize; 3]) -> Result<[i16; 3], DateInputError> {
    let parts: Vec<&str> = if text.contains('.') {
        text.split('.').collect()
    } else {
        run_together(text, widths).ok_or(DateInputError::Shape)?
    };
    let numbers: Vec<i16> = parts.into_iter().map(number).collect::<Result<_, _>>()?;
    numbers.try_into().map_err(|_| DateInputError::Shape)
}

fn run_together<'a>(text: &'a str, widths: &[usize; 3]) -> Option<Vec<&'a str>> {
    let [first, second, third] = *widths;
    let (month_at, day_at) = (first, first + second);
    (text.len() == day_at + third)
        .then(|| {
            Some(vec![text.get(..month_at)?, text.get(month_at..day_at)?, text.get(day_at..)?])
        })
        .flatten()
}

fn number(text: &str) -> Result<i16, DateInputError> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits {
        text.parse().map_err(|_| DateInputError::Shape)
    } else {
        Err(DateInputError::Shape)
    }
}

fn narrow(number: i16) -> Result<i8, DateInputError> {
    i8::try_from(number).map_err(|_| DateInputError::NoSuchDay)
}

/// One spelling for all: ASCII digits, era letters in upper case, dots between the numbers.
fn fold(text: &str) -> Result<String, DateInputError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(DateInputError::Empty);
    }
    if text.chars().count() > LONGEST {
        return Err(DateInputError::Shape);
    }
    let mut folded: String = text.chars().filter_map(plain).collect();
    for era in Era::ALL {
        folded = folded.replace(era.kanji(), &era.letter().to_string());
    }
    let folded: String = folded.chars().map(single_kanji).collect();
    Ok(folded.trim_end_matches('.').replace("..", "."))
}

/// One character in its plain form; none for what carries nothing.
fn plain(c: char) -> Option<char> {
    let c = narrow_form(c);
    match c {
        '年' | '月' | '/' | '-' | '‐' | '‑' | '–' | '−' | 'ー' | '・' | '、' | '。' | ',' => {
            Some('.')
        }
        '日' | '生' => None,
        c if c.is_whitespace() => None,
        c => Some(c.to_ascii_uppercase()),
    }
}

/// Full-width ASCII (U+FF01–U+FF5E) has its twin 0xFEE0 below.
fn narrow_form(c: char) -> char {
    match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// Eras by one character, and 元 for the first year.
fn single_kanji(c: char) -> char {
    match c {
        '明' | '㍾' => 'M',
        '大' | '㍽' => 'T',
        '昭' | '㍼' => 'S',
        '平' | '㍻' => 'H',
        '令' | '㋿' => 'R',
        '元' => '1',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::era::EraYear;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn the_forms_of_the_desk_mean_the_same_day() {
        for text in [
            "S55.5.5",
            "s55.05.05",
            "S550505",
            "昭和55年5月5日",
            "昭和５５年５月５日",
            "昭55.5.5",
            "㍼55/5/5",
            "Ｓ５５．５．５",
            "1980-05-05",
            "1980/5/5",
            "19800505",
            "１９８００５０５",
            "1980年5月5日",
            "1980年5月5日生",
            " 1980・5・5 ",
            "3550505",
            "1980ー05ー05",
        ] {
            assert_eq!(parse(text), Ok(date(1980, 5, 5)), "{text}");
        }
    }

    #[test]
    fn the_first_year_is_written_gannen() {
        assert_eq!(parse("令和元年5月1日"), Ok(date(2019, 5, 1)));
        assert_eq!(parse("平成1年1月8日"), Ok(date(1989, 1, 8)));
    }

    #[test]
    fn what_is_not_a_day_is_told_apart() {
        assert_eq!(parse("  "), Err(DateInputError::Empty));
        assert_eq!(parse("1980-02-30"), Err(DateInputError::NoSuchDay));
        assert_eq!(parse("平成1年1月7日"), Err(DateInputError::NoSuchDay));
        for text in ["80-5-5", "S55", "5月5日", "X55.5.5", "198005", "あした", "1980-5", "9550505"]
        {
            assert_eq!(parse(text), Err(DateInputError::Shape), "{text}");
        }
    }

    #[test]
    fn a_year_past_its_era_is_read_with_a_warning() {
        for (text, proper) in [
            ("昭和64年5月1日", Some("平成元年")),
            ("H32.4.1", Some("令和2年")),
            ("昭和64年1月7日", None),
            ("令和元年5月1日", None),
            ("2020-04-01", None),
        ] {
            let told = read(text).unwrap().overflow().map(EraYear::in_japanese);
            assert_eq!(told.as_deref(), proper, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_day_or_refused(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_date_like_text_is_a_day_or_refused(text in "[MTSHR昭平元０-９0-9年月日./ー-]{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn every_way_of_writing_reads_back(days in 0i64..60_000) {
            let day = date(1873, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let era = EraYear::of(day).unwrap();
            let (month, of_month) = (day.month(), day.day());
            prop_assert_eq!(parse(&day.to_string()), Ok(day));
            prop_assert_eq!(parse(&day.to_string().replace('-', "")), Ok(day));
            prop_assert_eq!(parse(&format!("{}.{month}.{of_month}", era.short())), Ok(day));
            prop_assert_eq!(parse(&format!("{}{month}月{of_month}日", era.in_japanese())), Ok(day));
        }
    }
}
