//! What a card is asked for by: the number of its application, the number printed on it, or the
//! serial number of a certificate on it.

use std::fmt;
use std::str::FromStr;

use warifu_service::clock::Entropy;

use crate::CardNumber;

/// Digits and letters that nobody takes for one another (after Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHARACTERS: usize = 8;
/// No certificate of ours has a serial number shorter than 128 bits less a few leading zeros, and
/// none longer than 20 octets (RFC 5280 §4.1.2.2).
const SERIAL_DIGITS: std::ops::RangeInclusive<usize> = 17..=40;

/// 受付番号: seven random characters and one that checks them (Luhn's scheme over 32 characters),
/// shown in fours, e.g. `A7K2-9QXF`. It names the application and all that follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CardId(String);

/// What a card is asked for by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardKey {
    /// 受付番号.
    Id(CardId),
    /// The number printed on it.
    Number(CardNumber),
    /// The serial number of one of its certificates, lower-case hexadecimal.
    Serial(String),
}

/// The text is none of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("office.key: neither 受付番号, card number nor serial number; check for a slip")]
pub struct NotAKey;

impl CardId {
    pub(crate) fn random(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; CHARACTERS - 1];
        entropy.fill(&mut bytes);
        // 256 is a multiple of 32: no character is likelier than another.
        let mut text: String = bytes.iter().map(|byte| character(u32::from(*byte) % 32)).collect();
        text.push(check_character(&text));
        Self(text)
    }

    /// The eight characters, without the hyphen.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// In fours.
impl fmt::Display for CardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at_checked(CHARACTERS / 2).unwrap_or((&self.0, ""));
        write!(f, "{first}-{second}")
    }
}

impl FromStr for CardId {
    type Err = NotAKey;

    /// Small letters, spaces and hyphens are as good; O is read as 0, I and L as 1.
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let typed = text.chars().filter(|c| !matches!(c, ' ' | '-')).take(CHARACTERS + 1);
        let id = typed.map(read).collect::<Option<String>>().ok_or(NotAKey)?;
        let (body, check) = id.split_at_checked(CHARACTERS - 1).ok_or(NotAKey)?;
        if id.len() == CHARACTERS && check.starts_with(check_character(body)) {
            return Ok(Self(id));
        }
        Err(NotAKey)
    }
}

impl FromStr for CardKey {
    type Err = NotAKey;

    /// Eight characters are 受付番号, sixteen digits a card number, longer hexadecimal a serial
    /// number.
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        let longest = 2 * SERIAL_DIGITS.end();
        let serial: String =
            text.trim().chars().filter(|c| *c != ':').take(longest).collect::<String>();
        let is_hexadecimal = serial.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hexadecimal && SERIAL_DIGITS.contains(&serial.len()) {
            return Ok(Self::Serial(serial.to_ascii_lowercase()));
        }
        Err(NotAKey)
    }
}

impl From<CardId> for CardKey {
    fn from(id: CardId) -> Self {
        Self::Id(id)
    }
}

fn read(typed: char) -> Option<char> {
    let typed = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    value(typed).map(|_| typed)
}

fn value(c: char) -> Option<u32> {
    let position = ALPHABET.iter().position(|known| char::from(*known) == c)?;
    u32::try_from(position).ok()
}

fn character(value: u32) -> char {
    let index = usize::try_from(value).unwrap_or_default();
    char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
}

/// Luhn's scheme over an alphabet of 32: every single slip is noticed, and nearly every swap.
fn check_character(body: &str) -> char {
    let values = body.chars().rev().filter_map(value);
    let sum: u32 = values.enumerate().map(|(index, value)| weighted(index, value)).sum();
    character((32 - sum % 32) % 32)
}

fn weighted(index_from_right: usize, value: u32) -> u32 {
    let value = if index_from_right.is_multiple_of(2) { 2 * value } else { value };
    value / 32 + value % 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use warifu_service::clock::SeededEntropy;

    use super::*;

    #[test]
    fn an_id_is_shown_in_fours_and_read_as_people_type_it() {
        let id = CardId::random(&SeededEntropy::new(7));
        let shown = id.to_string();
        assert_eq!(shown.len(), 9);
        let typed = shown.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(typed.parse::<CardId>().unwrap(), id);
    }

    #[test]
    fn the_three_keys_are_told_apart() {
        let id = CardId::random(&SeededEntropy::new(1));
        assert_eq!(id.to_string().parse::<CardKey>().unwrap(), CardKey::Id(id));
        let number = CardNumber::random(&SeededEntropy::new(1));
        assert_eq!(number.to_string().parse::<CardKey>().unwrap(), CardKey::Number(number));
        let serial = "4A:0b".repeat(8).parse::<CardKey>().unwrap();
        assert_eq!(serial, CardKey::Serial("4a0b".repeat(8)));
        for text in ["", "1", "4111111111111112", "１２３４", "zz".repeat(16).as_str(), "ÄÖ"]
        {
            assert_eq!(text.parse::<CardKey>(), Err(NotAKey), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_single_slip_is_noticed(seed: u64, at in 0_usize..8, other in 0_u32..32) {
            let id = CardId::random(&SeededEntropy::new(seed));
            let mut slip: Vec<char> = id.as_str().chars().collect();
            let is_wrong = slip[at] != character(other);
            slip[at] = character(other);
            let slip: String = slip.into_iter().collect();
            prop_assert_eq!(slip.parse::<CardId>().is_err(), is_wrong);
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,100}") {
            let _ = text.parse::<CardKey>();
        }
    }
}
