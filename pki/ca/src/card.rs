//! What a card is to the office: a number, a state, its certificates.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use warifu_pki::Reason;
use warifu_service::clock::Entropy;

const DIGITS: usize = 16;
/// 20 octets in hexadecimal.
const MAX_SERIAL_DIGITS: usize = 40;

/// The number printed on a card: 15 random digits and a check digit (Luhn, ISO/IEC 7812-1).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CardNumber(String);

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

/// The text is neither a card number nor a serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("card.number: neither a card number of 16 digits nor a serial number; check for a slip")]
pub struct NotACard;

impl FromStr for CardNumber {
    type Err = NotACard;

    /// Spaces and hyphens between the digits are ignored; the check digit must fit.
    fn from_str(text: &str) -> Result<Self, NotACard> {
        let number = bare(text);
        let (body, check) = number.split_at_checked(DIGITS - 1).ok_or(NotACard)?;
        let is_number = number.len() == DIGITS && number.bytes().all(|b| b.is_ascii_digit());
        if is_number && check.starts_with(check_digit(body)) {
            return Ok(Self(number));
        }
        Err(NotACard)
    }
}

/// What a card is asked for by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardId {
    /// The number printed on it.
    Number(CardNumber),
    /// The serial number of one of its certificates, lower-case hexadecimal.
    Serial(String),
}

impl FromStr for CardId {
    type Err = NotACard;

    /// Sixteen digits are a card number, longer hexadecimal is a serial number.
    fn from_str(text: &str) -> Result<Self, NotACard> {
        let serial = text.trim().replace(':', "").to_ascii_lowercase();
        let is_hexadecimal = serial.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hexadecimal && (DIGITS + 1..=MAX_SERIAL_DIGITS).contains(&serial.len()) {
            return Ok(Self::Serial(serial));
        }
        text.parse().map(Self::Number)
    }
}

/// Where a card stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardState {
    /// In use.
    Issued,
    /// Never to be used again.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
}

/// A card as the office knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRecord {
    /// The number printed on it.
    pub number: CardNumber,
    /// Whom it stands for.
    pub holder_reference: String,
    /// Where it stands.
    pub state: CardState,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The serial numbers of its certificates, lower-case hexadecimal.
    pub serials: Vec<String>,
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '-')).take(DIGITS + 1).collect()
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
    }

    #[test]
    fn a_number_is_printed_in_fours_and_read_back() {
        let number = CardNumber::random(&SeededEntropy::new(1));
        let printed = number.to_string();
        assert_eq!(printed.len(), 19);
        assert_eq!(printed.parse::<CardNumber>().unwrap(), number);
        assert_eq!(printed.replace(' ', "-").parse::<CardId>().unwrap(), CardId::Number(number));
    }

    #[test]
    fn a_serial_number_is_told_from_a_card_number() {
        let serial = "4A:0b".repeat(8);
        let id = serial.parse::<CardId>().unwrap();
        assert_eq!(id, CardId::Serial("4a0b".repeat(8)));
        for text in ["", "1", "4111111111111112", "１２３４", "zz".repeat(16).as_str()] {
            assert_eq!(text.parse::<CardId>(), Err(NotACard), "{text}");
        }
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
            if let Ok(CardId::Number(number)) = text.parse() {
                prop_assert_eq!(number.as_str().len(), DIGITS);
            }
        }
    }
}
