//! What is asked about cards: a search, and the identity questions of the call centre.

use jiff::civil::Date;
use warifu_contract::card_office::{CallerAnswers, CardSearch};

use super::person;
use crate::dates::input::{DateInputError, parse};
use crate::form::{FieldProblem, Gathered, Shape, Typed};

/// A serial number has at most 40 hexadecimal digits, in pairs with colons between.
const LONGEST_NUMBER: usize = 64;
const LONGEST_ID: usize = 16;
const LONGEST_NAME: usize = 100;
const LONGEST_SECOND: usize = 20;

/// One of the first two, or the last two together.
pub const SEARCH: [Shape; 4] = [
    Shape { hint: Some("search-id-hint"), ..Shape::line("id", "search-id", LONGEST_ID) },
    Shape {
        hint: Some("search-number-hint"),
        ..Shape::line("number", "search-number", LONGEST_NUMBER)
    },
    Shape::line("name", "search-name", LONGEST_NAME),
    Shape {
        width: "date",
        hint: Some("person-birth-hint"),
        ..Shape::line("birth", "person-birth", 32)
    },
];

/// What the caller is asked besides the four items.
pub const SECOND: Shape = Shape {
    hint: Some("call-second-hint"),
    digits: true,
    ..Shape::line("second", "call-second", LONGEST_SECOND)
};

/// Reads a search.
pub fn search(typed: &Typed) -> Result<CardSearch, Vec<FieldProblem>> {
    let (id, number, name) = (typed.at("id"), typed.at("number"), typed.at("name"));
    if !id.is_empty() {
        return one(id, "id", LONGEST_ID)
            .map(|id| CardSearch { id: Some(id), ..CardSearch::default() });
    }
    if !number.is_empty() {
        let number = one(number, "number", LONGEST_NUMBER)?;
        return Ok(CardSearch { number: Some(number), ..CardSearch::default() });
    }
    if name.is_empty() && typed.at("birth").is_empty() {
        return Err(vec![FieldProblem { field: "id", key: "search-need" }]);
    }
    let mut problems = Gathered::default();
    let name = problems.take(person::needed(typed, "name", LONGEST_NAME, "search-need-name"));
    let birth_date = problems.take(birth(typed));
    if problems.0.is_empty() {
        Ok(CardSearch { name, birth_date, ..CardSearch::default() })
    } else {
        Err(problems.0)
    }
}

/// Letters, digits and what stands between them, in their plain form.
fn one(text: &str, field: &'static str, longest: usize) -> Result<String, Vec<FieldProblem>> {
    let plain: String = text.chars().filter_map(narrow).collect();
    let known = plain.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if known && (1..=longest).contains(&plain.len()) {
        Ok(plain)
    } else {
        Err(vec![FieldProblem { field, key: "search-bad-number" }])
    }
}

fn narrow(c: char) -> Option<char> {
    match c {
        'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(u32::from(c) - 0xFEE0),
        ':' | '：' => None,
        c => person::dialled(c),
    }
}

fn birth(typed: &Typed) -> Result<Date, FieldProblem> {
    parse(typed.at("birth")).map_err(|problem| FieldProblem {
        field: "birth",
        key: match problem {
            DateInputError::Empty => "search-need-birth",
            DateInputError::Shape => "desk-bad-birth",
            DateInputError::NoSuchDay => "desk-no-such-birth",
        },
    })
}

/// Reads what the caller answered; every question is asked.
pub fn answers(typed: &Typed, today: Date) -> Result<CallerAnswers, Vec<FieldProblem>> {
    let mut problems = Gathered::default();
    let items = person::items(typed, today, &mut problems);
    let second = problems.take(second(typed));
    match (items, second) {
        (Some(items), Some(second)) if problems.0.is_empty() => Ok(CallerAnswers { items, second }),
        _ => Err(problems.0),
    }
}

fn second(typed: &Typed) -> Result<String, FieldProblem> {
    let text: String = typed.at("second").chars().filter_map(person::dialled).collect();
    let known = text.chars().all(|c| c.is_ascii_digit() || c == '-' || c == '+');
    if known && (4..=LONGEST_SECOND).contains(&text.len()) {
        Ok(text)
    } else {
        Err(FieldProblem { field: "second", key: "call-need-second" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn typed(fields: &[(&str, &str)]) -> Typed {
        fields.iter().fold(Typed::default(), |typed, (name, value)| typed.with(name, value))
    }

    fn problem(fields: &[(&str, &str)]) -> &'static str {
        search(&typed(fields)).unwrap_err()[0].key
    }

    #[test]
    fn a_number_is_enough_and_written_in_any_way() {
        let found = search(&typed(&[("id", " a7k2ー9qxm "), ("name", "上野")])).unwrap();
        assert_eq!((found.id.as_deref(), found.name), (Some("a7k2-9qxm"), None));
        let found = search(&typed(&[("number", "１２３４ 5678 9012")])).unwrap();
        assert_eq!(found.number.as_deref(), Some("123456789012"));
        let found = search(&typed(&[("number", "1F:02:aa")])).unwrap();
        assert_eq!(found.number.as_deref(), Some("1F02aa"));
    }

    #[test]
    fn a_name_alone_finds_nobody() {
        assert_eq!(problem(&[]), "search-need");
        assert_eq!(problem(&[("name", "上野 太郎")]), "search-need-birth");
        assert_eq!(problem(&[("birth", "S55.5.5")]), "search-need-name");
        assert_eq!(problem(&[("number", "上野")]), "search-bad-number");
        let found = search(&typed(&[("name", "上野　太郎"), ("birth", "S55.5.5")])).unwrap();
        assert_eq!(found.name.as_deref(), Some("上野 太郎"));
        assert_eq!(found.birth_date, Some(date(1980, 5, 5)));
    }

    #[test]
    fn every_question_is_answered() {
        let typed = typed(&[("name", "上野 太郎"), ("second", "12x4")]);
        let keys: Vec<_> =
            answers(&typed, date(2026, 11, 20)).unwrap_err().iter().map(|one| one.key).collect();
        let wanted =
            ["desk-need-birth", "person-need-sex", "person-need-address", "call-need-second"];
        assert_eq!(keys, wanted);
    }

    proptest! {
        #[test]
        fn any_search_is_bounded(id in "\\PC{0,80}", number in "\\PC{0,80}", name in "\\PC{0,120}") {
            let typed = typed(&[("id", &id), ("number", &number), ("name", &name), ("birth", "S55.5.5")]);
            if let Ok(found) = search(&typed) {
                prop_assert!(found.number.is_none_or(|number| number.len() <= LONGEST_NUMBER));
            }
        }
    }
}
