//! 認証番号: the 20-digit number by which clinic, relay and insurer trace one eligibility check.
//!
//! Shape: 12 digits of milliseconds since 2020-01-01 UTC, 2 digits of the relay node, 5 digits
//! of a counter within the node, 1 check digit. Time-ordered, so that it needs no sequence in
//! the database, and unique across nodes and restarts as long as a node makes fewer than
//! 100,000 in a millisecond; the relay's unique index is the second guard.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Milliseconds between the Unix epoch and 2020-01-01T00:00:00Z.
const EPOCH_MILLIS: i64 = 1_577_836_800_000;
const DIGITS: usize = 20;

/// A checked 認証番号.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, ToSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct CheckNumber(String);

/// Why a text is not a 認証番号.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckNumberError {
    /// Not 20 ASCII digits (spaces allowed between them).
    #[error("a check number has 20 digits")]
    Shape,
    /// The last digit does not fit the others: mistyped.
    #[error("the check digit does not fit")]
    CheckDigit,
}

impl CheckNumber {
    /// Makes the number of the check at `at` on `node` (0–99) with the node's running `count`.
    pub fn new(at: Timestamp, node: u8, count: u32) -> Self {
        let millis = at.as_millisecond().saturating_sub(EPOCH_MILLIS).clamp(0, 999_999_999_999);
        let body = format!("{millis:012}{:02}{:05}", node % 100, count % 100_000);
        let check = luhn_digit(&body);
        Self(format!("{body}{check}"))
    }

    /// The 20 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits in five groups of four, as people read them aloud.
    pub fn grouped(&self) -> String {
        let mut out = String::with_capacity(DIGITS + 4);
        for (index, digit) in self.0.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                out.push(' ');
            }
            out.push(digit);
        }
        out
    }
}

impl FromStr for CheckNumber {
    type Err = CheckNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > 2 * DIGITS {
            return Err(CheckNumberError::Shape);
        }
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() != DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CheckNumberError::Shape);
        }
        let (body, check) = digits.split_at(DIGITS - 1);
        if check != luhn_digit(body).to_string() {
            return Err(CheckNumberError::CheckDigit);
        }
        Ok(Self(digits))
    }
}

impl TryFrom<String> for CheckNumber {
    type Error = CheckNumberError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CheckNumber> for String {
    fn from(number: CheckNumber) -> Self {
        number.0
    }
}

impl fmt::Display for CheckNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The check digit for ASCII `digits`: weights 2, 1, 2, … from the right, two-digit products
/// summed by digit, complement to ten (ISO/IEC 7812-1 annex B). Japanese insurer numbers
/// (保険者番号の検証番号) use the same rule. Anything that is not a digit counts as zero.
pub fn luhn_digit(digits: &str) -> u32 {
    let sum: u32 = digits
        .chars()
        .rev()
        .enumerate()
        .map(|(index, c)| {
            let digit = c.to_digit(10).unwrap_or(0);
            let product = if index % 2 == 0 { digit * 2 } else { digit };
            product / 10 + product % 10
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn known_insurer_numbers_fit_the_rule() {
        for (body, check) in [("0613048", 8), ("3312001", 5), ("0113001", 2), ("0000000", 0)] {
            assert_eq!(luhn_digit(body), check, "{body}");
        }
    }

    #[test]
    fn a_number_is_twenty_digits_and_reads_back() {
        let number = CheckNumber::new(at(1_795_190_400_123), 7, 123_456);
        assert_eq!(number.as_str().len(), 20);
        assert_eq!(number.grouped().parse::<CheckNumber>(), Ok(number));
    }

    #[test]
    fn a_mistyped_digit_is_noticed() {
        let number = CheckNumber::new(at(1_795_190_400_123), 7, 1).to_string();
        let last = number.chars().next_back().unwrap();
        let wrong = if last == '9' { '0' } else { '9' };
        let mistyped = format!("{}{wrong}", &number[..19]);
        assert_eq!(mistyped.parse::<CheckNumber>(), Err(CheckNumberError::CheckDigit));
    }

    #[test]
    fn later_numbers_sort_later() {
        assert!(
            CheckNumber::new(at(1_795_190_400_123), 99, 99_999)
                < CheckNumber::new(at(1_795_190_400_124), 0, 0)
        );
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_normal(text in ".{0,60}") {
            if let Ok(number) = text.parse::<CheckNumber>() {
                prop_assert_eq!(number.as_str().len(), 20);
            }
        }

        #[test]
        fn one_wrong_digit_never_passes(count in 0u32..100_000, place in 0usize..20, add in 1u8..10) {
            let number = CheckNumber::new(at(1_795_190_400_123), 1, count).to_string();
            let mut bytes = number.into_bytes();
            bytes[place] = b'0' + (bytes[place] - b'0' + add) % 10;
            let text = String::from_utf8(bytes).unwrap();
            prop_assert!(text.parse::<CheckNumber>().is_err());
        }
    }
}
