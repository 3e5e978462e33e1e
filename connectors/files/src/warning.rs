//! What is taken as it is, but worth a look by whoever made the file.

use warifu_contract::dates;

use crate::layout::{Kind, Layout};
use crate::row::Row;

/// Something odd about a field that does not make it wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Warning {
    /// Blanks around the field, which were left out.
    Blanks,
    /// A form of a character that not every system can show (髙, 﨑, a variation sequence).
    Variant,
    /// A character of a private table (外字), which others see as something else.
    Private,
    /// A year that its era does not have, e.g. 昭和70年: read as if the era had gone on.
    EraOver,
}

impl Warning {
    /// Every warning.
    pub const ALL: [Self; 4] = [Self::Blanks, Self::Variant, Self::Private, Self::EraOver];

    /// The code as programs know it; it never changes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blanks => "file.blanks",
            Self::Variant => "file.variant",
            Self::Private => "file.private",
            Self::EraOver => "file.era-over",
        }
    }

    /// Tells `told` of everything that is odd about `row`: the column's name, and what.
    pub fn of(row: &Row, layout: &'static Layout, mut told: impl FnMut(&'static str, Self)) {
        for (number, column) in layout.columns.iter().enumerate() {
            let field = row.field(number);
            if field.is_empty() {
                continue;
            }
            if row.was_trimmed(number) {
                told(column.name, Self::Blanks);
            }
            if matches!(column.kind, Kind::Date) {
                if is_over(field) {
                    told(column.name, Self::EraOver);
                }
            } else if !field.is_ascii() {
                characters(field, |warning| told(column.name, warning));
            }
        }
    }
}

fn characters(field: &str, mut told: impl FnMut(Warning)) {
    if field.contains(is_variant) {
        told(Warning::Variant);
    }
    if field.contains(|c| matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')) {
        told(Warning::Private);
    }
}

/// 髙 and 﨑 stand for the many that JIS X 0208 lacks: beside them the compatibility ideographs, and
/// the selectors that follow a character.
fn is_variant(c: char) -> bool {
    matches!(c, '髙' | '\u{f900}'..='\u{faff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{2f800}'..='\u{2fa1f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Days of programs have no era, and most are such.
fn is_over(field: &str) -> bool {
    let plain = field.len() >= 8 && field.starts_with(|c: char| c.is_ascii_digit());
    !plain && dates::read(field).is_ok_and(|written| written.overflow().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::COVERAGE;
    use proptest::prelude::*;

    fn told(fields: &[(&str, &str)]) -> Vec<(&'static str, Warning)> {
        let fields = fields.iter().map(|(name, field)| (COVERAGE.find(name).unwrap(), *field));
        let row = Row::of(&COVERAGE, 2, fields).unwrap();
        let mut all = Vec::new();
        Warning::of(&row, &COVERAGE, |column, warning| all.push((column, warning)));
        all
    }

    #[test]
    fn what_is_odd_is_told_with_its_column() {
        assert_eq!(told(&[("氏名", " 上野 太郎　")]), [("氏名", Warning::Blanks)]);
        assert_eq!(told(&[("氏名", "髙野 太郎")]), [("氏名", Warning::Variant)]);
        assert_eq!(told(&[("氏名", "葛\u{e0100}城")]), [("氏名", Warning::Variant)]);
        assert_eq!(told(&[("記号", "\u{e001}")]), [("記号", Warning::Private)]);
        assert_eq!(told(&[("生年月日", "昭和70年1月2日")]), [("生年月日", Warning::EraOver)]);
        assert!(
            told(&[("氏名", "上野 太郎"), ("生年月日", "S55.5.5"), ("番号", "１２")]).is_empty()
        );
        assert!(told(&[("生年月日", "19800505"), ("資格取得日", "平成16年4月1日")]).is_empty());
    }

    proptest! {
        #[test]
        fn any_field_is_looked_at(name in "\\PC{0,40}", day in "\\PC{0,12}") {
            let fields = [(6, name.as_str()), (9, day.as_str())];
            if let Ok(row) = Row::of(&COVERAGE, 1, fields) {
                Warning::of(&row, &COVERAGE, |_, _| ());
            }
        }
    }
}
