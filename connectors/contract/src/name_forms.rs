//! A name in the four forms that systems take: as written, for exchange (JIS X 0213), for claims
//! (JIS X 0208), and the key of its reading.
//!
//! No form ever holds ● in the place of a character. One that a system cannot write is replaced by
//! the common form of the same character (髙 by 高), and where there is none the whole name is given
//! by its reading; what was replaced is told with its code points.

use unicode_normalization::UnicodeNormalization;

use crate::identity::{common_form, is_selector, kana_key};
use crate::person::Name;

/// The 6,879 characters of JIS X 0208.
const JIS_X_0208: &str = include_str!("../data/jis_x_0208.txt");
/// The further characters of JIS X 0213:2004, but for the 25 that Unicode writes as two.
const JIS_X_0213: &str = include_str!("../data/jis_x_0213.txt");

/// A name in its four forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameForms {
    /// As the insurer holds it, variation selectors included.
    pub original: String,
    /// In the characters of the national exchange (JIS X 0213).
    pub exchange: Form,
    /// In the characters of claims (JIS X 0208).
    pub claim: Form,
    /// The reading made comparable.
    pub kana_key: String,
}

/// One form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The name; its reading where a character cannot be written, and empty where there is none.
    pub text: String,
    /// The characters that are not the original's.
    pub replaced: Vec<Replaced>,
}

/// A character that a form cannot write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The character, with its variation selector.
    pub written: String,
    /// Its code points, e.g. `U+908A U+E0101`.
    pub code_points: String,
    /// What stands for it; none where the whole name became its reading.
    pub by: Option<char>,
}

impl NameForms {
    /// The forms of a name.
    pub fn of(name: &Name) -> Self {
        Self {
            original: name.text.clone(),
            exchange: Form::write(name, is_exchanged),
            claim: Form::write(name, is_claimed),
            kana_key: kana_key(&name.kana),
        }
    }

    /// Whether a form could not keep every character.
    pub fn is_degraded(&self) -> bool {
        self.exchange.is_degraded() || self.claim.is_degraded()
    }
}

impl Form {
    /// Whether a character could not be kept.
    pub fn is_degraded(&self) -> bool {
        !self.replaced.is_empty()
    }

    fn write(name: &Name, fits: fn(char) -> bool) -> Self {
        let (mut text, mut replaced) = (String::with_capacity(name.text.len()), Vec::new());
        let mut by_reading = false;
        let mut rest = name.text.chars().peekable();
        while let Some(c) = rest.next() {
            let selector = rest.next_if(|next| is_selector(*next));
            let by = stand_in(c, fits);
            by_reading |= by.is_none();
            if by.is_none_or(|by| selector.is_some() || !is_same(c, by)) {
                replaced.push(Replaced::new(c, selector, by));
            }
            text.extend(by);
        }
        if by_reading {
            text = name.kana.chars().filter_map(|c| stand_in(c, fits)).collect();
        }
        Self { text, replaced }
    }
}

impl Replaced {
    fn new(c: char, selector: Option<char>, by: Option<char>) -> Self {
        let written: String = std::iter::once(c).chain(selector).collect();
        let points: Vec<String> =
            written.chars().map(|c| format!("U+{:04X}", u32::from(c))).collect();
        Self { written, code_points: points.join(" "), by }
    }
}

/// What a form writes for a character: itself, its other width, or its common form.
fn stand_in(c: char, fits: fn(char) -> bool) -> Option<char> {
    let compatible = single(std::iter::once(c).nfkc()).unwrap_or(c);
    let common = common_form(compatible);
    [c, wide(c), compatible, wide(compatible), common].into_iter().find(|c| fits(*c))
}

fn is_same(c: char, by: char) -> bool {
    let plain = |c: char| single(std::iter::once(wide(c)).nfkc());
    let is_ideograph = u32::from(c) >= 0x3400 && !matches!(c, '\u{FF00}'..='\u{FFEF}');
    c == by || (!is_ideograph && plain(c) == plain(by))
}

fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

/// ASCII in full width.
fn wide(c: char) -> char {
    match c {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c),
        other => other,
    }
}

fn is_claimed(c: char) -> bool {
    c != '\n' && JIS_X_0208.contains(c)
}

fn is_exchanged(c: char) -> bool {
    c == ' ' || c.is_ascii_graphic() || is_claimed(c) || (c != '\n' && JIS_X_0213.contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn forms(text: &str, kana: &str) -> NameForms {
        NameForms::of(&Name { text: text.to_owned(), kana: kana.to_owned() })
    }

    #[test]
    fn the_repertoires_are_whole() {
        let count = |text: &str| text.chars().filter(|c| *c != '\n').count();
        assert_eq!(count(JIS_X_0208), 6_879);
        assert_eq!(count(JIS_X_0208) + count(JIS_X_0213) + 25, 11_233);
        assert!(JIS_X_0213.chars().filter(|c| *c != '\n').all(|c| !is_claimed(c)));
    }

    #[test]
    fn a_plain_name_is_the_same_in_every_form() {
        let plain = forms("上野　太郎", "ウエノ タロウ");
        assert_eq!(
            (plain.exchange.text.as_str(), plain.claim.text.as_str()),
            ("上野　太郎", "上野　太郎")
        );
        assert!(!plain.is_degraded());
        assert_eq!(plain.kana_key, "ウエノタロウ");
    }

    #[test]
    fn each_form_writes_what_it_can() {
        for (written, exchange, claim) in [
            ("髙橋", "高橋", "高橋"),
            ("山﨑", "山﨑", "山崎"),
            ("德田", "德田", "徳田"),
            ("濵田", "濵田", "浜田"),
            ("𠮷田", "吉田", "吉田"),
            ("大槗", "大橋", "大橋"),
            ("渡邊", "渡邊", "渡邊"),
            ("渡邉", "渡邉", "渡邉"),
            ("塚田", "塚田", "塚田"),
        ] {
            let forms = forms(written, "");
            assert_eq!(forms.exchange.text, exchange, "{written}");
            assert_eq!(forms.claim.text, claim, "{written}");
            assert_eq!(forms.claim.is_degraded(), written != claim, "{written}");
        }
    }

    #[test]
    fn a_variation_selector_is_told_and_dropped() {
        let forms = forms("渡邊\u{E0101} 花子", "ワタナベ ハナコ");
        assert_eq!(forms.original, "渡邊\u{E0101} 花子");
        assert_eq!(forms.claim.text, "渡邊　花子");
        let [replaced] = forms.claim.replaced.as_slice() else { panic!("{forms:?}") };
        assert_eq!(replaced.code_points, "U+908A U+E0101");
        assert_eq!((replaced.written.as_str(), replaced.by), ("邊\u{E0101}", Some('邊')));
    }

    #[test]
    fn what_no_form_can_write_becomes_the_reading_and_never_a_dot() {
        let rare = forms("𪚥 太郎", "テツ タロウ");
        assert_eq!(rare.claim.text, "テツ　タロウ");
        assert_eq!(rare.claim.replaced[0].code_points, "U+2A6A5");
        assert_eq!(rare.claim.replaced[0].by, None);
        assert_eq!(forms("𪚥", "").claim.text, "");
    }

    #[test]
    fn width_alone_degrades_nothing() {
        let latin = forms("ｱﾝﾅ SMITH", "アンナ スミス");
        assert_eq!(latin.claim.text, "アンナ　ＳＭＩＴＨ");
        assert_eq!(latin.exchange.text, "アンナ SMITH");
        assert!(!latin.is_degraded());
    }

    #[test]
    fn readings_have_one_key() {
        for (one, other) in [
            ("ショウイチ", "シヨウイチ"),
            ("コオリヤマ", "こおりやま"),
            ("ﾀﾛｳ", "タロウ"),
            ("ミヅキ", "ミズキ"),
            ("カヲル", "カオル"),
            ("ケ-コ", "ケーコ"),
            ("マリ・アンナ", "マリ アンナ"),
        ] {
            assert_eq!(kana_key(one), kana_key(other), "{one} {other}");
        }
        assert_ne!(kana_key("タロウ"), kana_key("ジロウ"));
    }

    proptest! {
        #[test]
        fn any_name_is_written_without_a_dot(text in "\\PC{0,40}", kana in "[ァ-ヺー ]{0,20}") {
            prop_assume!(!text.contains('●'));
            let forms = forms(&text, &kana);
            prop_assert!(forms.claim.text.chars().all(is_claimed));
            prop_assert!(forms.exchange.text.chars().all(is_exchanged));
            prop_assert!(!forms.claim.text.contains('●') && !forms.exchange.text.contains('●'));
            prop_assert_eq!(kana_key(&forms.kana_key), forms.kana_key);
        }
    }
}
