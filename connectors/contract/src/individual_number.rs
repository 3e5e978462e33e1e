//! 個人番号: recognised where it does not belong, so that it is refused and never kept.

/// The code under which a field is refused that holds a 個人番号 where none was declared.
pub const CODE: &str = "field.individual-number";

/// Digits of a 個人番号.
const DIGITS: usize = 12;

/// Whether `field` is one: twelve digits, blanks and hyphens not counted, of which the last is the
/// check digit. One in ten numbers of twelve digits is one by chance.
pub fn is_one(field: &str) -> bool {
    is_in(field) && field.chars().all(|one| !matches!(folded(one), Folded::Other))
}

/// Whether `text` holds twelve digits in a row, blanks and hyphens between them not counted, whose
/// last is the check digit of a 個人番号. Longer runs of digits, such as a 認証番号, are none.
pub fn is_in(text: &str) -> bool {
    let mut run = Vec::new();
    for one in text.chars().map(Some).chain([None]) {
        match one.map(folded) {
            Some(Folded::Digit(digit)) => run.push(digit),
            Some(Folded::Joint) => {}
            _ => {
                if is_number(&run) {
                    return true;
                }
                run.clear();
            }
        }
    }
    false
}

enum Folded {
    Digit(u32),
    Joint,
    Other,
}

fn folded(one: char) -> Folded {
    let half = match one {
        '０'..='９' => char::from_u32(u32::from(one) - 0xFEE0).unwrap_or(one),
        other => other,
    };
    match half.to_digit(10) {
        Some(digit) => Folded::Digit(digit),
        None if half.is_whitespace() || "-‐－ー−".contains(half) => Folded::Joint,
        None => Folded::Other,
    }
}

/// 行政手続における特定の個人を識別するための番号の利用等に関する法律施行令, the rule of its check
/// digit: 11 − (Σ digit·weight mod 11), counted from the right, where a remainder of 0 or 1 gives 0.
fn is_number(digits: &[u32]) -> bool {
    let Some((check, body)) = digits.split_last().filter(|_| digits.len() == DIGITS) else {
        return false;
    };
    let weights = (2..=7).chain(2..=6);
    let sum: u32 = body.iter().rev().zip(weights).map(|(digit, weight)| digit * weight).sum();
    let expected = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    *check == expected
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By hand: the weights of eleven ones sum up to 47, which leaves 3 of 11, so 8.
    const NUMBER: &str = "111111111118";

    #[test]
    fn a_number_is_found_however_it_is_written() {
        for text in
            [NUMBER, "番号は1111-1111-1118です", "１１１１ １１１１ １１１８", "a111111111118b"]
        {
            assert!(is_in(text), "{text}");
        }
    }

    #[test]
    fn a_field_is_one_or_only_holds_one() {
        assert!(is_one("1111-1111-1118"));
        assert!(!is_one("番号 111111111118") && !is_one("111111111117"));
    }

    #[test]
    fn other_digits_are_none() {
        for text in ["111111111117", "11111111118", "0120-000-000", "21681234567807000019", ""] {
            assert!(!is_in(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_through(text in "\\PC{0,200}") {
            let _ = is_in(&text);
        }

        #[test]
        fn one_of_ten_last_digits_fits(body in "[0-9]{11}") {
            let fitting = (0..10).filter(|last| is_in(&format!("{body}{last}"))).count();
            prop_assert_eq!(fitting, 1);
        }
    }
}
