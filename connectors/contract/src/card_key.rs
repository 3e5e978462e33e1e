//! 保険者番号, 記号 and 番号 made comparable.
//!
//! The same card is written in many ways: full or half width, with hyphens of many kinds, with
//! blanks around or within. Two writings are the same when they are equal after Unicode NFKC
//! and without blanks and hyphens. Letters keep their case, kana keep their size, and leading
//! zeros count: those are suggestions for the desk, never matches.

use crate::eligibility::TypedCard;
use crate::individual_number;
use crate::nfkc::nfkc;
use jiff::civil::Date;

/// The most characters a field of a card may have.
pub const LONGEST_FIELD: usize = 40;

/// A 保険者番号 made comparable: 6-digit numbers (municipal 国保) are padded to 8 with zeros, as
/// other systems write them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InsurerKey(String);

impl InsurerKey {
    /// Reads a number; none when the text is longer than [`LONGEST_FIELD`].
    pub fn parse(text: &str) -> Option<Self> {
        let key = folded(text)?;
        Some(Self(if key.len() == 6 { format!("00{key}") } else { key }))
    }

    /// The comparable form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// 記号 and 番号 made comparable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CardKey {
    symbol: String,
    number: String,
}

impl CardKey {
    /// Reads both; none when either is longer than [`LONGEST_FIELD`].
    pub fn parse(symbol: &str, number: &str) -> Option<Self> {
        Some(Self { symbol: folded(symbol)?, number: folded(number)? })
    }

    /// The comparable 記号; empty where there is none.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The comparable 番号.
    pub fn number(&self) -> &str {
        &self.number
    }
}

/// A typed card, made comparable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardQuery {
    /// 保険者番号.
    pub insurer: InsurerKey,
    /// 記号 and 番号.
    pub card: CardKey,
    /// 枝番, two digits.
    pub branch: Option<String>,
    /// 生年月日.
    pub birth_date: Date,
}

/// Which field of a typed card cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TypedCardError {
    /// 保険者番号 is too long.
    #[error("the insurer number is too long")]
    InsurerNumber,
    /// 記号 or 番号 is too long.
    #[error("the symbol or number is too long")]
    Number,
    /// 枝番 is not one or two digits.
    #[error("the branch number has two digits")]
    Branch,
    /// 記号 or 番号 is, by its check digit, a 個人番号, which nobody needs here.
    #[error("a field holds an individual number")]
    IndividualNumber,
}

impl TypedCardError {
    /// Every cause.
    pub const ALL: [Self; 4] =
        [Self::InsurerNumber, Self::Number, Self::Branch, Self::IndividualNumber];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::InsurerNumber => "card-number.insurer",
            Self::Number => "card-number.number",
            Self::Branch => "card-number.branch",
            Self::IndividualNumber => individual_number::CODE,
        }
    }
}

impl TryFrom<&TypedCard> for CardQuery {
    type Error = TypedCardError;

    fn try_from(typed: &TypedCard) -> Result<Self, Self::Error> {
        let insurer =
            InsurerKey::parse(&typed.insurer_number).ok_or(TypedCardError::InsurerNumber)?;
        let card = CardKey::parse(&typed.symbol, &typed.number).ok_or(TypedCardError::Number)?;
        if [&typed.symbol, &typed.number].into_iter().any(|field| individual_number::is_one(field))
        {
            return Err(TypedCardError::IndividualNumber);
        }
        let branch = match typed.branch.as_deref() {
            Some(text) => branch(text)?,
            None => None,
        };
        Ok(Self { insurer, card, branch, birth_date: typed.birth_date })
    }
}

/// Reads a 枝番: one or two digits, given as two; blank means none.
pub fn branch(text: &str) -> Result<Option<String>, TypedCardError> {
    let digits = folded(text).ok_or(TypedCardError::Branch)?;
    match digits.len() {
        0 => Ok(None),
        1 | 2 if digits.bytes().all(|b| b.is_ascii_digit()) => Ok(Some(format!("{digits:0>2}"))),
        _ => Err(TypedCardError::Branch),
    }
}

/// NFKC without blanks and hyphens; none when `text` is too long to be a field of a card.
pub(crate) fn folded(text: &str) -> Option<String> {
    if text.chars().nth(LONGEST_FIELD).is_some() {
        return None;
    }
    Some(nfkc(text).chars().filter(|c| !c.is_whitespace() && !is_hyphen(*c)).collect())
}

/// The dashes that stand for a hyphen on cards and keyboards, after NFKC. The long-vowel mark
/// `ー` is a letter and stays.
fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{2500}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn key(symbol: &str, number: &str) -> CardKey {
        CardKey::parse(symbol, number).unwrap()
    }

    #[test]
    fn one_card_written_in_many_ways_is_one_card() {
        let card = key("高12", "1234567");
        for (symbol, number) in [
            (" 高１２ ", "１２３４５６７"),
            ("高-12", "123-4567"),
            ("高　12", "123－4567"),
            ("高−12", "123‐4567"),
            ("高―１２", "１２３―４５６７"),
            ("高─12", "\t1234567\r\n"),
        ] {
            assert_eq!(key(symbol, number), card, "{symbol:?} {number:?}");
        }
        assert_eq!(key("ﾄｳｷﾖｳ", "①"), key("トウキヨウ", "1"));
    }

    #[test]
    fn what_looks_alike_is_not_the_same() {
        assert_ne!(key("東京", "001"), key("東京", "1"));
        assert_ne!(key("トウキョウ", "1"), key("トウキヨウ", "1"));
        assert_ne!(key("サーラ", "1"), key("サラ", "1"));
        assert_ne!(key("12", "345"), key("123", "45"));
    }

    #[test]
    fn a_six_digit_insurer_number_is_padded() {
        let key = |text| InsurerKey::parse(text).unwrap();
        assert_eq!(key("330019"), key("00330019"));
        assert_eq!(key("　３３００１９"), key("00330019"));
        assert_ne!(key("00000001"), key("1"));
    }

    #[test]
    fn a_branch_has_two_digits() {
        assert_eq!(branch("5"), Ok(Some("05".to_owned())));
        assert_eq!(branch(" ０５ "), Ok(Some("05".to_owned())));
        assert_eq!(branch("　"), Ok(None));
        for wrong in ["005", "1a", "本人"] {
            assert_eq!(branch(wrong), Err(TypedCardError::Branch), "{wrong}");
        }
    }

    #[test]
    fn a_field_too_long_or_with_an_individual_number_is_named() {
        let long = "1".repeat(LONGEST_FIELD + 1);
        let typed = |insurer: &str, symbol: &str, number: &str| TypedCard {
            insurer_number: insurer.to_owned(),
            symbol: symbol.to_owned(),
            number: number.to_owned(),
            branch: None,
            birth_date: date(1955, 5, 5),
        };
        let refused = |card: TypedCard| CardQuery::try_from(&card).unwrap_err().code();
        assert_eq!(refused(typed(&long, "東京", "001")), "card-number.insurer");
        assert_eq!(refused(typed("00000001", &long, "001")), "card-number.number");
        assert_eq!(refused(typed("00000001", "東京", &long)), "card-number.number");
        assert_eq!(refused(typed("00000001", "", "1234 5678 9018")), "field.individual-number");
        assert!(CardQuery::try_from(&typed("00000001", "東京", "001")).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_folded_once_for_all(text in ".{0,60}") {
            if let Some(folded) = folded(&text) {
                prop_assert!(text.chars().count() <= LONGEST_FIELD);
                prop_assert!(!folded.chars().any(|c| c.is_whitespace() || is_hyphen(c)));
                prop_assert!(folded.chars().count() <= 18 * LONGEST_FIELD);
            } else {
                prop_assert!(text.chars().count() > LONGEST_FIELD);
            }
        }

        #[test]
        fn blanks_and_hyphens_never_matter(
            parts in proptest::collection::vec("[0-9A-Za-zァ-ン東京高]{1,4}", 1..5),
            between in "[ 　‐－-]{0,2}",
        ) {
            prop_assert_eq!(folded(&parts.join(&between)), folded(&parts.concat()));
        }

        #[test]
        fn any_branch_is_refused_or_two_digits(text in ".{0,8}") {
            if let Ok(Some(branch)) = branch(&text) {
                prop_assert_eq!(branch.len(), 2);
                prop_assert!(branch.bytes().all(|b| b.is_ascii_digit()));
            }
        }
    }
}
