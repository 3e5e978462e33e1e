//! Under which key a card is found: the insurer, and keyed hashes of what is printed on the card.

use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use warifu_contract::card_key::{CardKey, InsurerKey};
use warifu_contract::identity::{address_key, name_key};
use warifu_contract::person::{Name, Sex};
use warifu_service::seal::KeyRing;

/// Bytes of a card's key.
pub(crate) const BYTES: usize = 20;
/// Of them, those that every card of an insurer with the same 番号 begins with.
const NUMBER: usize = 12;
/// Of them, those that say the insurer.
const INSURER: usize = 4;
/// Bytes of a key without the insurer.
pub(crate) const WITHIN: usize = BYTES - INSURER;

/// A card's key: insurer (4 bytes), keyed hash of the 番号 (8), keyed hash of 記号 and 番号 (8).
///
/// Cards that share a 番号 lie side by side, so that a card of which only the 記号 was misread is
/// found without a second index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct CardId(pub [u8; BYTES]);

/// An insurer as the tables know it: its eight digits as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct InsurerId(u32);

impl InsurerId {
    /// Reads a comparable number; none when it is not all digits.
    pub fn of(key: &InsurerKey) -> Option<Self> {
        let text = key.as_str();
        let plain = text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok().map(Self)).flatten()
    }

    pub fn column(self) -> i64 {
        i64::from(self.0)
    }

    /// The lowest and the highest key that a card of this insurer can have.
    pub fn range(self) -> (CardId, CardId) {
        filled(&self.0.to_be_bytes())
    }
}

impl CardId {
    /// The smallest and the largest key with this one's insurer and 番号.
    pub fn same_number(&self) -> (Self, Self) {
        filled(self.0.get(..NUMBER).unwrap_or_default())
    }

    /// Whether this is not a card but the list of those on which somebody with one birth date is.
    /// No card has such a key: it would need a hash of ones only.
    pub fn is_list(&self) -> bool {
        self.0.get(INSURER..NUMBER).is_some_and(|hash| hash.iter().all(|byte| *byte == u8::MAX))
    }

    /// What stands of this key in a list of the insurer's: all but the insurer.
    pub fn within_insurer(&self) -> [u8; WITHIN] {
        let mut within = [0; WITHIN];
        for (to, from) in within.iter_mut().zip(self.0.iter().skip(INSURER)) {
            *to = *from;
        }
        within
    }

    /// The key of which this stands in a list of `insurer`'s.
    pub fn of_insurer(insurer: InsurerId, within: &[u8; WITHIN]) -> Self {
        let mut id = [0; BYTES];
        for (to, from) in id.iter_mut().zip(insurer.0.to_be_bytes().iter().chain(within)) {
            *to = *from;
        }
        Self(id)
    }

    /// Reads a column.
    pub fn from_column(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub fn column(&self) -> Vec<u8> {
        self.0.to_vec()
    }
}

fn filled(start: &[u8]) -> (CardId, CardId) {
    let with = |rest: u8| {
        let mut bytes = [rest; BYTES];
        for (to, from) in bytes.iter_mut().zip(start) {
            *to = *from;
        }
        CardId(bytes)
    };
    (with(0), with(u8::MAX))
}

/// A person as one insurer's deposits know one: a keyed hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct PersonId(pub [u8; 32]);

impl PersonId {
    /// By which the person's cards are told from the others in a list.
    pub fn tag(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = self.0;
        [a, b, c, d]
    }

    /// In text.
    pub fn text(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }
}

/// Makes keys.
#[derive(Debug, Clone)]
pub(crate) struct Keys(pub Arc<KeyRing>);

impl Keys {
    /// Under which the cards are listed on which somebody with this birth date is.
    pub fn born(&self, insurer: InsurerId, day: Date) -> CardId {
        let named = format!("{}\n{day}", insurer.column());
        let hash = self.0.lookup("deposit.born", named.as_bytes());
        let ones = [u8::MAX; NUMBER - INSURER];
        let mut within = [0; WITHIN];
        for (to, from) in within.iter_mut().zip(ones.iter().chain(&hash)) {
            *to = *from;
        }
        CardId::of_insurer(insurer, &within)
    }

    /// Who somebody is as far as the insurer says: everybody with the birth date, the sex, the
    /// reading and, however it is written, the name.
    pub fn person(&self, insurer: InsurerId, name: &Name, born: Date, sex: Sex) -> PersonId {
        let (kana, text) = (&name.kana, name_key(&name.text));
        let named = format!("{}\n{born}\n{sex:?}\n{kana}\n{text}", insurer.column());
        PersonId(self.0.lookup("deposit.member", named.as_bytes()))
    }

    /// Where somebody lives, however it is written; none where that is not said.
    pub fn home(&self, insurer: InsurerId, address: &str) -> Option<[u8; 32]> {
        let named = format!("{}\n{}", insurer.column(), address_key(address)?);
        Some(self.0.lookup("deposit.home", named.as_bytes()))
    }

    /// The key of this card of this insurer.
    pub fn card(&self, insurer: InsurerId, card: &CardKey) -> CardId {
        let (insurer, number) = (insurer.0.to_be_bytes(), card.number().as_bytes());
        let mut named = Vec::with_capacity(64);
        named.extend(insurer);
        named.extend(number);
        let of_number = self.0.lookup("deposit.number", &named);
        named.push(0);
        named.extend(card.symbol().as_bytes());
        let of_both = self.0.lookup("deposit.card", &named);
        let mut id = [0; BYTES];
        let parts = insurer.iter().chain(of_number.iter().take(8)).chain(&of_both);
        for (to, from) in id.iter_mut().zip(parts) {
            *to = *from;
        }
        CardId(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warifu_service::clock::SeededEntropy;

    fn keys() -> Keys {
        Keys(Arc::new(KeyRing::generate("1", &SeededEntropy::new(1)).unwrap()))
    }

    fn insurer(number: &str) -> InsurerId {
        InsurerId::of(&InsurerKey::parse(number).unwrap()).unwrap()
    }

    #[test]
    fn cards_with_one_number_lie_side_by_side() {
        let keys = keys();
        let of =
            |symbol, number| keys.card(insurer("330019"), &CardKey::parse(symbol, number).unwrap());
        let (low, high) = of("高", "1").same_number();
        assert!(low <= of("高", "1") && of("東", "1") <= high && of("高", "1") != of("東", "1"));
        assert!(of("高", "2") < low || of("高", "2") > high);
        let (first, last) = insurer("330019").range();
        assert!(first < low && high < last);
        let other = keys.card(insurer("330020"), &CardKey::parse("高", "1").unwrap());
        assert!(other > last);
    }

    #[test]
    fn where_symbol_ends_and_number_begins_matters() {
        let keys = keys();
        let of = |symbol, number| {
            keys.card(insurer("00000001"), &CardKey::parse(symbol, number).unwrap())
        };
        assert_ne!(of("12", "345"), of("123", "45"));
    }
}
