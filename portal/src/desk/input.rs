//! What the desk typed: read field by field, every problem named at once.

use jiff::civil::Date;
use serde::Deserialize;
use warifu_contract::eligibility::TypedCard;

use crate::dates::input::{DateInputError, parse};
use crate::form::FieldProblem;

/// Longest 記号 and 番号.
const LONGEST_TEXT: usize = 40;
/// Longest 保険者番号.
const LONGEST_INSURER: usize = 8;

/// The form as it came; a field left out counts as empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RawCheck {
    /// 保険者番号.
    pub insurer: String,
    /// 記号.
    pub symbol: String,
    /// 番号.
    pub number: String,
    /// 枝番.
    pub branch: String,
    /// 生年月日.
    pub birth: String,
    /// 対象年月日; empty means today.
    pub target: String,
    /// Made with the form: sending the same form twice is one check.
    pub key: String,
}

/// A check that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The card's fields.
    pub card: TypedCard,
    /// The day asked about.
    pub target: Date,
}

/// Reads the form on `today`; all that is wrong comes back together, in the order of the row.
pub fn read(raw: &RawCheck, today: Date) -> Result<Check, Vec<FieldProblem>> {
    let insurer = insurer_number(&raw.insurer);
    let symbol = text(&raw.symbol, "symbol");
    let number = number(&raw.number);
    let branch = branch(&raw.branch);
    let target = target_date(&raw.target, today);
    let birth = birth_date(&raw.birth, target.unwrap_or(today));
    match (insurer, symbol, number, branch, birth, target) {
        (Ok(insurer_number), Ok(symbol), Ok(number), Ok(branch), Ok(birth_date), Ok(target)) => {
            let card = TypedCard { insurer_number, symbol, number, branch, birth_date };
            Ok(Check { card, target })
        }
        (insurer, symbol, number, branch, birth, target) => Err([
            insurer.err(),
            symbol.err(),
            number.err(),
            branch.err(),
            birth.err(),
            target.err(),
        ]
        .into_iter()
        .flatten()
        .collect()),
    }
}

/// Today when empty: the tap button carries the row's day along.
pub fn target_date(text: &str, today: Date) -> Result<Date, FieldProblem> {
    let key = match parse(text) {
        Ok(date) => return Ok(date),
        Err(DateInputError::Empty) => return Ok(today),
        Err(DateInputError::Shape) => "desk-bad-target",
        Err(DateInputError::NoSuchDay) => "desk-no-such-target",
    };
    Err(FieldProblem { field: "target", key })
}

fn insurer_number(text: &str) -> Result<String, FieldProblem> {
    let problem = |key| Err(FieldProblem { field: "insurer", key });
    match digits(text) {
        Some(digits) if digits.is_empty() => problem("desk-need-insurer-number"),
        Some(digits) if digits.len() <= LONGEST_INSURER => Ok(digits),
        _ => problem("desk-bad-insurer-number"),
    }
}

fn number(text_: &str) -> Result<String, FieldProblem> {
    let number = text(text_, "number")?;
    if number.is_empty() {
        return Err(FieldProblem { field: "number", key: "desk-need-number" });
    }
    Ok(number)
}

fn text(text: &str, field: &'static str) -> Result<String, FieldProblem> {
    let trimmed = text.trim();
    if trimmed.chars().count() > LONGEST_TEXT {
        return Err(FieldProblem { field, key: "desk-long" });
    }
    Ok(trimmed.to_owned())
}

/// Two digits; one digit is the second of two.
fn branch(text: &str) -> Result<Option<String>, FieldProblem> {
    match digits(text) {
        Some(digits) if digits.is_empty() => Ok(None),
        Some(digits) if digits.len() <= 2 => Ok(Some(format!("{digits:0>2}"))),
        _ => Err(FieldProblem { field: "branch", key: "desk-bad-branch" }),
    }
}

fn birth_date(text: &str, target: Date) -> Result<Date, FieldProblem> {
    let key = match parse(text) {
        Ok(date) if date <= target => return Ok(date),
        Ok(_) => "desk-future-birth",
        Err(DateInputError::Empty) => "desk-need-birth",
        Err(DateInputError::Shape) => "desk-bad-birth",
        Err(DateInputError::NoSuchDay) => "desk-no-such-birth",
    };
    Err(FieldProblem { field: "birth", key })
}

/// The digits, full-width folded and blanks dropped; none when anything else is there.
fn digits(text: &str) -> Option<String> {
    let kept = text.chars().filter(|c| !c.is_whitespace()).take(LONGEST_TEXT);
    kept.map(|c| match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0),
        _ => None,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 20);

    fn raw() -> RawCheck {
        RawCheck {
            insurer: " ００００００01".into(),
            symbol: "東京".into(),
            number: " 001 ".into(),
            branch: "1".into(),
            birth: "S55.5.5".into(),
            target: String::new(),
            key: "k".into(),
        }
    }

    #[test]
    fn what_a_desk_types_becomes_a_check() {
        let check = read(&raw(), TODAY).unwrap();
        assert_eq!(check.card.insurer_number, "00000001");
        assert_eq!(check.card.number, "001");
        assert_eq!(check.card.branch.as_deref(), Some("01"));
        assert_eq!(check.card.birth_date, date(1980, 5, 5));
        assert_eq!(check.target, TODAY);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let raw = RawCheck { target: "昨日".into(), ..RawCheck::default() };
        let keys: Vec<_> =
            read(&raw, TODAY).unwrap_err().iter().map(|problem| problem.key).collect();
        assert_eq!(
            keys,
            ["desk-need-insurer-number", "desk-need-number", "desk-need-birth", "desk-bad-target"]
        );
    }

    #[test]
    fn nobody_is_born_after_the_day_asked_about() {
        let raw = RawCheck { birth: "2026-11-20".into(), target: "2026-11-19".into(), ..raw() };
        assert_eq!(
            read(&raw, TODAY).unwrap_err(),
            [FieldProblem { field: "birth", key: "desk-future-birth" }]
        );
    }

    #[test]
    fn what_is_too_long_or_not_a_digit_is_refused() {
        let raw = RawCheck {
            insurer: "123456789".into(),
            symbol: "あ".repeat(41),
            branch: "1a".into(),
            ..raw()
        };
        let fields: Vec<_> = read(&raw, TODAY).unwrap_err().iter().map(|one| one.field).collect();
        assert_eq!(fields, ["insurer", "symbol", "branch"]);
    }

    proptest! {
        #[test]
        fn any_form_is_a_check_or_problems(
            insurer in "\\PC{0,20}", number in "\\PC{0,50}", branch in "\\PC{0,6}", birth in "\\PC{0,40}"
        ) {
            let raw = RawCheck { insurer, number, branch, birth, ..RawCheck::default() };
            match read(&raw, TODAY) {
                Ok(check) => prop_assert!(check.card.insurer_number.len() <= 8),
                Err(problems) => prop_assert!(!problems.is_empty()),
            }
        }
    }
}
