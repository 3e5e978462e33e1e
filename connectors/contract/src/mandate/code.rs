//! The code of an invitation: twelve digits that people read out, write down and type.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::check_number::luhn_digit;

/// Digits, the last of which checks the others.
const DIGITS: usize = 12;
/// Codes there are: eleven digits.
const CODES: u64 = 100_000_000_000;
/// Digits in a group.
const GROUP: usize = 4;
/// Characters that are read at most.
const LONGEST: usize = 40;

/// A code: digits only, because they are on every telephone and are not mistaken for one another
/// in two scripts. Shows nothing of itself in logs.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String)]
pub struct InviteCode(String);

/// Not a code: another number of digits, or a slip of the finger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("proxy.code")]
pub struct CodeError;

impl InviteCode {
    /// The code that `random` stands for.
    pub fn new(random: [u8; 16]) -> Self {
        // 128 bits: what is left over by the division tells nothing.
        let number = u128::from_be_bytes(random) % u128::from(CODES);
        let digits = format!("{number:011}");
        let check = luhn_digit(&digits);
        Self(format!("{digits}{check}"))
    }

    /// Reads what was typed: blanks, hyphens and full-width digits are taken as they are meant.
    pub fn parse(typed: &str) -> Result<Self, CodeError> {
        let mut digits = String::new();
        for c in typed.chars().take(LONGEST + 1) {
            match c {
                '0'..='9' => digits.push(c),
                '０'..='９' => {
                    digits.extend(char::from_digit(u32::from(c) - u32::from('０'), 10));
                }
                ' ' | '\u{3000}' | '-' | '‐' | '−' | 'ー' | '－' => {}
                _ => return Err(CodeError),
            }
        }
        let (body, check) = digits.split_at_checked(DIGITS - 1).ok_or(CodeError)?;
        let is_right = digits.len() == DIGITS && check == luhn_digit(body).to_string();
        if is_right && typed.chars().count() <= LONGEST { Ok(Self(digits)) } else { Err(CodeError) }
    }

    /// Its digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// In groups of four, as people read it.
    pub fn grouped(&self) -> String {
        let digits = self.0.as_bytes().chunks(GROUP);
        let groups: Vec<_> = digits.map(String::from_utf8_lossy).collect();
        groups.join(" ")
    }
}

impl fmt::Debug for InviteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteCode(…)")
    }
}

impl TryFrom<String> for InviteCode {
    type Error = CodeError;

    fn try_from(text: String) -> Result<Self, CodeError> {
        Self::parse(&text)
    }
}

impl From<InviteCode> for String {
    fn from(code: InviteCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_read_as_people_write_it() {
        let code = InviteCode::new([7; 16]);
        let grouped = code.grouped();
        assert_eq!(grouped.len(), 14);
        let wide: String = code
            .digits()
            .bytes()
            .map(|digit| char::from_u32(u32::from('０') + u32::from(digit - b'0')).unwrap())
            .collect();
        for typed in [grouped.replace(' ', "-"), grouped.replace(' ', "　"), wide, grouped] {
            assert_eq!(InviteCode::parse(&typed), Ok(code.clone()), "{typed}");
        }
        assert_eq!(format!("{code:?}"), "InviteCode(…)");
    }

    proptest! {
        #[test]
        fn anything_typed_is_a_code_or_refused(typed in "\\PC{0,60}|[0-9 -]{10,16}") {
            if let Ok(code) = InviteCode::parse(&typed) {
                prop_assert_eq!(code.digits().len(), DIGITS);
                prop_assert_eq!(InviteCode::parse(code.digits()), Ok(code));
            }
        }

        #[test]
        fn one_wrong_digit_or_two_changed_places_are_noticed(
            random in any::<[u8; 16]>(), place in 0..DIGITS, other in 1..10_u8,
        ) {
            let code = InviteCode::new(random);
            let mut wrong = code.digits().as_bytes().to_vec();
            wrong[place] = b'0' + (wrong[place] - b'0' + other) % 10;
            prop_assert!(InviteCode::parse(std::str::from_utf8(&wrong).unwrap()).is_err());
            let mut swapped = code.digits().as_bytes().to_vec();
            let next = (place + 1) % DIGITS;
            let (left, right) = (swapped[place], swapped[next]);
            swapped.swap(place, next);
            // Luhn's one blind spot: 09 and 90.
            let is_blind = matches!((left, right), (b'0', b'9') | (b'9', b'0'));
            let is_seen = next > 0 && left != right && !is_blind;
            let read = InviteCode::parse(std::str::from_utf8(&swapped).unwrap());
            prop_assert!(!is_seen || read.is_err());
        }
    }
}
