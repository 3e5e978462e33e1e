//! The number printed on a card: the only thing on it that a person reads out.

use std::fmt;
use std::str::FromStr;

use warifu_service::clock::Entropy;

const DIGITS: usize = 16;
/// The digits that a list shows.
const SHOWN: usize = 4;

/// 15 random digits and a check digit (Luhn, ISO/IEC 7812-1).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CardNumber(String);

/// The text is no card number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("office.number: a card number has 16 digits; check for a slip")]
pub struct NotANumber;

impl CardNumber {
    pub(crate) fn random(entropy: &dyn Entropy) -> Self {
        let mut number: String = (1..DIGITS).map(|_| random_digit(entropy)).collect();
        number.push(check_digit(&number));
        Self(number)
    }

    /// The 16 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four digits, which a list may show and a caller may be asked for.
    pub fn tail(&self) -> &str {
        self.0.get(DIGITS - SHOWN..).unwrap_or_default()
    }

    /// In fours, the last four shown and the others not.
    pub fn masked(&self) -> String {
        format!("**** **** **** {}", self.tail())
    }
}

/// In fours, as it is printed.
impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, digit) in self.0.chars().enumerate() {
            let gap = if index > 0 && index % 4 == 0 { " " } else { "" };
            write!(f, "{gap}{digit}")?;
        }
        Ok(())
    }
}

/// A card number tells who holds the card to whoever can ask; it stays out of debug output.
impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardNumber(…)")
    }
}

impl FromStr for CardNumber {
    type Err = NotANumber;

    /// Spaces and hyphens between the digits are ignored; the check digit must fit.
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let number: String =
            text.chars().filter(|c| !matches!(c, ' ' | '-')).take(DIGITS + 1).collect();
        let (body, check) = number.split_at_checked(DIGITS - 1).ok_or(NotANumber)?;
        let is_number = number.len() == DIGITS && number.bytes().all(|b| b.is_ascii_digit());
        if is_number && check.starts_with(check_digit(body)) {
            return Ok(Self(number));
        }
        Err(NotANumber)
    }
}

fn check_digit(body: &str) -> char {
    let digits = body.bytes().rev().map(|byte| u32::from(byte.wrapping_sub(b'0')));
    let sum: u32 = digits.enumerate().map(|(index, digit)| weighted(index, digit)).sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

fn weighted(index_from_right: usize, digit: u32) -> u32 {
    let value = if index_from_right.is_multiple_of(2) { 2 * digit } else { digit };
    value / 10 + value % 10
}

/// Without bias: bytes of 250 and more are thrown again.
fn random_digit(entropy: &dyn Entropy) -> char {
    loop {
        let mut byte = [0_u8];
        entropy.fill(&mut byte);
        let [byte] = byte;
        if byte < 250 {
            return char::from(b'0' + byte % 10);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use warifu_service::clock::SeededEntropy;

    use super::*;

    #[test]
    fn the_check_digit_is_the_one_of_the_standard() {
        assert_eq!(check_digit("7992739871"), '3');
        assert!("4111 1111 1111 1111".parse::<CardNumber>().is_ok());
        assert_eq!("4111111111111112".parse::<CardNumber>(), Err(NotANumber));
    }

    #[test]
    fn a_number_is_printed_in_fours_and_read_back() {
        let number = CardNumber::random(&SeededEntropy::new(1));
        let printed = number.to_string();
        assert_eq!(printed.len(), 19);
        assert_eq!(printed.parse::<CardNumber>().unwrap(), number);
        assert_eq!(printed.replace(' ', "-").parse::<CardNumber>().unwrap(), number);
        assert!(number.masked().ends_with(number.tail()));
        assert_eq!(number.masked().matches('*').count(), 12);
    }

    #[test]
    fn debug_output_holds_no_number() {
        let number = CardNumber::random(&SeededEntropy::new(1));
        assert!(!format!("{number:?}").contains(&number.as_str()[..4]));
    }

    proptest! {
        #[test]
        fn every_single_wrong_digit_is_noticed(seed: u64, at in 0_usize..16, other in 0_u32..10) {
            let number = CardNumber::random(&SeededEntropy::new(seed));
            let mut digits: Vec<char> = number.as_str().chars().collect();
            let digit = char::from_digit(other, 10).unwrap();
            let is_wrong = digits[at] != digit;
            digits[at] = digit;
            let slip: String = digits.into_iter().collect();
            prop_assert_eq!(slip.parse::<CardNumber>().is_err(), is_wrong);
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,60}") {
            if let Ok(number) = text.parse::<CardNumber>() {
                prop_assert_eq!(number.as_str().len(), DIGITS);
            }
        }
    }
}
