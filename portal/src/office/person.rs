//! What is typed about a person: 基本4情報 and a telephone number, read field by field.

use jiff::civil::Date;
use warifu_contract::identity::FourItems;
use warifu_contract::person::{Sex, age_on};

use crate::dates::input::{DateInputError, parse};
use crate::form::{FieldProblem, Gathered, Shape, Typed};

const LONGEST_NAME: usize = 100;
const LONGEST_ADDRESS: usize = 200;
const LONGEST_PHONE: usize = 20;
/// Digits of the shortest telephone number: an extension at the town hall.
const SHORTEST_PHONE: usize = 4;
/// Nobody has lived longer.
const OLDEST: i16 = 125;

/// The fields of the four items.
pub const ITEMS: [Shape; 5] = [
    Shape { hint: Some("person-name-hint"), ..Shape::line("name", "person-name", LONGEST_NAME) },
    Shape { hint: Some("person-kana-hint"), ..Shape::line("kana", "person-kana", LONGEST_NAME) },
    Shape {
        width: "date",
        hint: Some("person-birth-hint"),
        ..Shape::line("birth", "person-birth", 32)
    },
    Shape::one_of("sex", "person-sex", &[("male", "sex-male"), ("female", "sex-female")]),
    Shape {
        width: "broad",
        hint: Some("person-address-hint"),
        ..Shape::line("address", "person-address", LONGEST_ADDRESS)
    },
];

/// The field of the telephone number.
pub const PHONE: Shape = Shape {
    digits: true,
    hint: Some("person-phone-hint"),
    ..Shape::line("phone", "person-phone", LONGEST_PHONE)
};

/// Reads the four items on `today`.
pub fn items(typed: &Typed, today: Date, problems: &mut Gathered) -> Option<FourItems> {
    let name = problems.take(needed(typed, "name", LONGEST_NAME, "person-need-name"));
    let kana = problems.take(kana(typed));
    let birth_date = problems.take(birth(typed, today));
    let sex = problems.take(sex(typed));
    let address = problems.take(needed(typed, "address", LONGEST_ADDRESS, "person-need-address"));
    Some(FourItems {
        name: name?,
        kana: kana?,
        address: address?,
        birth_date: birth_date?,
        sex: sex?,
    })
}

/// A line that must not be empty, runs of blanks made one.
pub fn needed(
    typed: &Typed,
    field: &'static str,
    longest: usize,
    missing: &'static str,
) -> Result<String, FieldProblem> {
    let text = line(typed.at(field));
    if text.is_empty() {
        return Err(FieldProblem { field, key: missing });
    }
    within(text, field, longest)
}

/// `text`, unless it is longer than `longest` characters.
pub fn within(text: String, field: &'static str, longest: usize) -> Result<String, FieldProblem> {
    if text.chars().count() > longest {
        return Err(FieldProblem { field, key: "person-long" });
    }
    Ok(text)
}

/// One line, its words parted by one blank each.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Katakana; hiragana becomes katakana (its twin stands 0x60 above).
fn kana(typed: &Typed) -> Result<Option<String>, FieldProblem> {
    let field = "kana";
    let text = within(line(typed.at(field)), field, LONGEST_NAME)?;
    if text.is_empty() {
        return Ok(None);
    }
    let katakana = |c| match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60),
        'ァ'..='ヺ' | 'ー' | '・' | ' ' => Some(c),
        _ => None,
    };
    let folded: Option<String> = text.chars().map(katakana).collect();
    folded.map(Some).ok_or(FieldProblem { field, key: "person-bad-kana" })
}

/// A day of birth, in either way of counting years.
pub fn birth(typed: &Typed, today: Date) -> Result<Date, FieldProblem> {
    let field = "birth";
    let key = match parse(typed.at(field)) {
        Ok(date) if date > today => "person-future-birth",
        Ok(date) if age_on(date, today) > OLDEST => "person-old-birth",
        Ok(date) => return Ok(date),
        Err(DateInputError::Empty) => "desk-need-birth",
        Err(DateInputError::Shape) => "desk-bad-birth",
        Err(DateInputError::NoSuchDay) => "desk-no-such-birth",
    };
    Err(FieldProblem { field, key })
}

fn sex(typed: &Typed) -> Result<Sex, FieldProblem> {
    match typed.at("sex") {
        "male" => Ok(Sex::Male),
        "female" => Ok(Sex::Female),
        _ => Err(FieldProblem { field: "sex", key: "person-need-sex" }),
    }
}

/// A telephone number, if one was given: digits and hyphens, `+` before them.
pub fn phone(typed: &Typed) -> Result<Option<String>, FieldProblem> {
    let text: String = typed.at("phone").chars().filter_map(dialled).collect();
    if text.is_empty() && typed.at("phone").is_empty() {
        return Ok(None);
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '-' || c == '+');
    if !plain || digits < SHORTEST_PHONE || text.len() > LONGEST_PHONE {
        return Err(FieldProblem { field: "phone", key: "person-bad-phone" });
    }
    Ok(Some(text))
}

/// One character of a telephone number in its plain form; none for what is only written.
pub fn dialled(c: char) -> Option<char> {
    match c {
        '０'..='９' | '＋' => char::from_u32(u32::from(c) - 0xFEE0),
        '－' | '‐' | '‑' | '–' | '−' | 'ー' | '(' | ')' | '（' | '）' => Some('-'),
        c if c.is_whitespace() => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 11, 20);

    fn typed() -> Typed {
        Typed::default()
            .with("name", " 上野　　太郎 ")
            .with("kana", "うえの タロウ")
            .with("birth", "昭和55年5月5日")
            .with("sex", "male")
            .with("address", "香川県高松市見本町1-2-3")
    }

    fn problems(typed: &Typed) -> Vec<&'static str> {
        let mut gathered = Gathered::default();
        items(typed, TODAY, &mut gathered);
        gathered.0.iter().map(|problem| problem.key).collect()
    }

    #[test]
    fn what_a_clerk_types_becomes_the_four_items() {
        let read = items(&typed(), TODAY, &mut Gathered::default()).unwrap();
        assert_eq!(read.name, "上野 太郎");
        assert_eq!(read.kana.as_deref(), Some("ウエノ タロウ"));
        assert_eq!(read.birth_date, date(1980, 5, 5));
        assert_eq!(read.sex, Sex::Male);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let all = ["person-need-name", "desk-need-birth", "person-need-sex", "person-need-address"];
        assert_eq!(problems(&Typed::default()), all);
        assert_eq!(problems(&typed().with("kana", "Ueno")), ["person-bad-kana"]);
        assert_eq!(problems(&typed().with("birth", "2026-11-21")), ["person-future-birth"]);
        assert_eq!(problems(&typed().with("birth", "M33.1.1")), ["person-old-birth"]);
        assert_eq!(problems(&typed().with("address", &"あ".repeat(201))), ["person-long"]);
    }

    #[test]
    fn telephone_numbers_are_made_plain() {
        let read = |text: &str| phone(&Typed::default().with("phone", text));
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("０８７ー８３９－２０１１"), Ok(Some("087-839-2011".into())));
        assert_eq!(read("+81 87 839 2011"), Ok(Some("+81878392011".into())));
        for bad in ["abc", "12", "0120-000-000-000-000-000"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_form_is_read_or_refused(
            name in "\\PC{0,120}", kana in "\\PC{0,120}", birth in "\\PC{0,40}", phone_ in "\\PC{0,40}"
        ) {
            let typed =
                typed().with("name", &name).with("kana", &kana).with("birth", &birth).with("phone", &phone_);
            if let Some(read) = items(&typed, TODAY, &mut Gathered::default()) {
                prop_assert!(read.name.chars().count() <= LONGEST_NAME);
            }
            if let Ok(Some(read)) = phone(&typed) {
                prop_assert!(read.len() <= LONGEST_PHONE);
            }
        }
    }
}
