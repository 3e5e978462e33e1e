//! NFKC (UAX #15), at once where there is nothing to do: a file of millions asks for it with every
//! name and number.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// The text in NFKC.
pub(crate) fn nfkc(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    text.nfkc().collect::<String>().into()
}

/// Whether a character is its own NFKC, and stays so beside others of these: ASCII, kana with what is
/// written into them, the unified ideographs.
fn is_plain(c: char) -> bool {
    matches!(c, '\0'..='\x7f' | 'ぁ'..='ゖ' | 'ァ'..='ー' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_plain_is_left_and_the_rest_is_not() {
        assert!(matches!(nfkc("高橋 ヴァー・ぱ-1"), Cow::Borrowed(_)));
        for (written, meant) in [("ﾀｶﾊｼ", "タカハシ"), ("１２", "12"), ("か\u{3099}", "が")]
        {
            assert_eq!(nfkc(written), meant);
        }
        assert_eq!(nfkc("\u{fa10}"), "塚", "a compatibility ideograph");
    }

    #[test]
    fn every_plain_character_is_its_own() {
        for c in ('\0'..='\u{ffff}').filter(|c| is_plain(*c)) {
            assert!(std::iter::once(c).nfkc().eq([c]), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn it_is_always_the_same_as_the_long_way(
            text in "([ -~ぁ-ゖァ-ー一-龥]|[\\u{3099}\\u{309a}ｱﾞﾟ１　\\u{300}\\u{301}]|\\PC){0,20}",
        ) {
            prop_assert_eq!(nfkc(&text), text.nfkc().collect::<String>());
        }
    }
}
