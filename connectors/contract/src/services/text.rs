//! Text from elsewhere, made harmless to show.

use std::borrow::Cow;

/// What stands in the place of a character that must not be shown.
const REPLACEMENT: char = '\u{FFFD}';

/// `text` without what could mislead the eye: control characters, those that turn the direction of
/// writing (Unicode Standard Annex #9, "Trojan Source"), and invisible ones. Line breaks stay where
/// `lines`. Borrowed when there was nothing of the kind.
pub fn plain(text: &str, lines: bool) -> Cow<'_, str> {
    let hostile = |c: char| is_hostile(c) && !(lines && c == '\n');
    if !text.chars().any(hostile) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if hostile(c) { REPLACEMENT } else { c }).collect())
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061C}' | '\u{180E}' | '\u{FEFF}' | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_and_tricks_are_seen() {
        assert!(matches!(plain("高松市 (BCG)", false), Cow::Borrowed("高松市 (BCG)")));
        assert_eq!(plain("陰\u{202E}性", false), "陰\u{FFFD}性");
        assert_eq!(plain("a\nb\u{7}", true), "a\nb\u{FFFD}");
        assert_eq!(plain("a\nb", false), "a\u{FFFD}b");
    }

    proptest! {
        #[test]
        fn nothing_hostile_is_left_and_nothing_is_lost(text in ".{0,60}") {
            let shown = plain(&text, false);
            prop_assert!(!shown.chars().any(is_hostile));
            prop_assert_eq!(shown.chars().count(), text.chars().count());
        }
    }
}
