//! Fields as values.

use jiff::civil::Date;
use warifu_contract::dates;

use crate::code::Code;
use crate::error::RowError;
use crate::layout::{Kind, Layout, Word};
use crate::row::Row;

/// The fields of a row while they become values; what is wrong is noted.
pub(crate) struct Fields<'r, 'e> {
    row: &'r Row,
    layout: &'static Layout,
    errors: &'e mut Vec<RowError>,
    before: usize,
}

impl<'r, 'e> Fields<'r, 'e> {
    pub(crate) fn new(
        row: &'r Row,
        layout: &'static Layout,
        errors: &'e mut Vec<RowError>,
    ) -> Self {
        let before = errors.len();
        Self { row, layout, errors, before }
    }

    /// Whether nothing was wrong.
    pub(crate) fn are_right(&self) -> bool {
        self.errors.len() == self.before
    }

    pub(crate) fn wrong(&mut self, code: Code, column: usize) {
        self.errors.push(self.row.error(code, self.layout, column));
    }

    /// The text of a column; a blank one that must not be is noted.
    pub(crate) fn text(&mut self, column: usize) -> &'r str {
        let text = self.row.field(column);
        if text.is_empty() && self.layout.columns.get(column).is_some_and(|c| c.required) {
            self.wrong(Code::Required, column);
        }
        text
    }

    /// 記号, 番号: anything but a 個人番号.
    pub(crate) fn card_text(&mut self, column: usize) -> &'r str {
        let text = self.text(column);
        if is_my_number(text) {
            self.wrong(Code::MyNumber, column);
        }
        text
    }

    /// 保険者番号 as it is written: up to 8 digits, half or full width.
    pub(crate) fn insurer_number(&mut self, column: usize) -> &'r str {
        let text = self.text(column);
        if !text.is_empty() && digits(text, 8).is_none() {
            self.wrong(Code::Number, column);
        }
        text
    }

    /// 枝番.
    pub(crate) fn branch(&mut self, column: usize) -> Option<u8> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let branch = digits(text, 2).and_then(|number| u8::try_from(number).ok());
        if branch.is_none() {
            self.wrong(Code::Number, column);
        }
        branch
    }

    /// A day.
    pub(crate) fn date(&mut self, column: usize) -> Option<Date> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let date = date(text);
        if date.is_none() {
            self.wrong(Code::Date, column);
        }
        date
    }

    /// A last day; none also for the ways of writing that there is none.
    pub(crate) fn last_date(&mut self, column: usize) -> Option<Date> {
        if matches!(self.row.field(column), "00000000" | "99999999" | "0" | "9999999") {
            return None;
        }
        self.date(column).filter(|date| date.year() < 9999)
    }

    /// A share in percent.
    pub(crate) fn percent(&mut self, column: usize) -> Option<u8> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let percent = percent(text);
        if percent.is_none() {
            self.wrong(Code::Code, column);
        }
        percent
    }

    /// Which of the column's words it is, by their order.
    pub(crate) fn word(&mut self, column: usize) -> Option<usize> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let kind = self.layout.columns.get(column).map(|column| column.kind);
        let words: &[Word] = if let Some(Kind::Word(words)) = kind { words } else { &[] };
        let found = words.iter().position(|word| word.is(text));
        if found.is_none() {
            self.wrong(Code::Code, column);
        }
        found
    }
}

/// A day in any of the known forms; the two of programs need no further look.
fn date(text: &str) -> Option<Date> {
    match text.as_bytes() {
        [y1, y2, y3, y4, m1, m2, d1, d2]
        | [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]
        | [y1, y2, y3, y4, b'/', m1, m2, b'/', d1, d2] => {
            plain_date(&[*y1, *y2, *y3, *y4], [*m1, *m2], [*d1, *d2])
                .or_else(|| dates::parse(text).ok())
        }
        _ => dates::parse(text).ok(),
    }
}

fn plain_date(year: &[u8], month: [u8; 2], day: [u8; 2]) -> Option<Date> {
    let small = |digits: [u8; 2]| i8::try_from(number(&digits)?).ok();
    let year = i16::try_from(number(year)?).ok().filter(|year| *year >= 1000)?;
    Date::new(year, small(month)?, small(day)?).ok()
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        Some(number * 10 + u32::from(digit))
    })
}

/// The number of up to `most` digits (at most 9), half or full width.
fn digits(text: &str, most: usize) -> Option<u32> {
    if text.is_ascii() {
        return if text.len() <= most { number(text.as_bytes()) } else { None };
    }
    let narrow = text.chars().map(narrow_digit).collect::<Option<Vec<u8>>>()?;
    if narrow.len() <= most { number(&narrow) } else { None }
}

fn narrow_digit(c: char) -> Option<u8> {
    let code = u32::from(c);
    let ascii = code.checked_sub(0xfee0).filter(|code| *code < 0x80).unwrap_or(code);
    u8::try_from(ascii).ok().filter(u8::is_ascii_digit)
}

/// `030` as in claims, `30`, `30%` and `3割` are 30; a single digit would be either.
fn percent(text: &str) -> Option<u8> {
    let tenths = text.strip_suffix('割');
    let text = tenths.unwrap_or_else(|| text.trim_end_matches(['%', '％'])).trim_end();
    let number = digits(text, 3)?;
    let percent = match (tenths, text.chars().count()) {
        (Some(_), 1 | 2) => number * 10,
        (None, 2 | 3) => number,
        (None, _) if number == 0 => 0,
        _ => return None,
    };
    u8::try_from(percent).ok().filter(|percent| *percent <= 100)
}

/// Whether this is a 個人番号: 12 digits of which the last one checks the others (行政手続に
/// おける特定の個人を識別するための番号の利用等に関する法律施行規則, 11 minus the weighted sum
/// modulo 11).
fn is_my_number(text: &str) -> bool {
    if text.len() < 12 {
        return false;
    }
    let Some(digits) = text.chars().map(narrow_digit).collect::<Option<Vec<u8>>>() else {
        return false;
    };
    let Some((check, body)) = digits.split_last().filter(|(_, body)| body.len() == 11) else {
        return false;
    };
    let weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    let sum: u32 = body.iter().zip(weights).map(|(d, weight)| u32::from(d - b'0') * weight).sum();
    let expected = if sum % 11 <= 1 { 0 } else { 11 - sum % 11 };
    u32::from(check - b'0') == expected
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as day;

    #[test]
    fn days_are_read_in_every_form() {
        for text in [
            "20040401",
            "2004-04-01",
            "2004/04/01",
            "2004/4/1",
            "平成16年4月1日",
            "H16.4.1",
            "4160401",
        ] {
            assert_eq!(date(text), Some(day(2004, 4, 1)), "{text}");
        }
        for text in ["20040431", "2004-13-01", "abc", "2004040", "00000000", "あ年"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn shares_are_percent() {
        for (text, share) in [
            ("030", 30),
            ("30", 30),
            ("30%", 30),
            ("3割", 30),
            ("３割", 30),
            ("000", 0),
            ("10割", 100),
        ] {
            assert_eq!(percent(text), Some(share), "{text}");
        }
        for text in ["3", "300", "割", "三割", "-30", "30 %%x"] {
            assert_eq!(percent(text), None, "{text}");
        }
    }

    #[test]
    fn individual_numbers_are_told_from_others() {
        assert!(is_my_number("123456789018"));
        assert!(is_my_number("１２３４５６７８９０１８"));
        assert!(!is_my_number("123456789012"));
        assert!(!is_my_number("12345678901"));
        assert!(!is_my_number("ウエノ タロウ"));
    }

    #[test]
    fn digits_may_be_wide() {
        assert_eq!(digits("０６１３", 8), Some(613));
        assert_eq!(digits("123456789", 8), None);
        assert_eq!(digits("12a", 8), None);
    }
}
