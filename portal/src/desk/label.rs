//! Labels (シール作成): their sizes, and what of the card they show.

use serde::{Deserialize, Serialize};

/// What is left of 記号 and 番号 where they are masked.
const LEFT: usize = 2;

/// How large the labels in the printer are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabelSize {
    /// 62 mm × 29 mm.
    #[default]
    #[serde(rename = "62x29")]
    Wide,
    /// 50 mm × 30 mm.
    #[serde(rename = "50x30")]
    Small,
    /// 90 mm × 38 mm.
    #[serde(rename = "90x38")]
    Large,
}

impl LabelSize {
    /// Every size, as they are offered.
    pub const ALL: [Self; 3] = [Self::Wide, Self::Small, Self::Large];

    /// Its name in forms, in the cookie and in the style sheet.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wide => "62x29",
            Self::Small => "50x30",
            Self::Large => "90x38",
        }
    }

    /// The size of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.name() == name)
    }
}

/// Whether 記号 and 番号 stand on what the desk prints.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// Only their last two characters.
    #[default]
    Masked,
    /// As they are.
    Full,
}

impl Numbers {
    /// The text as it may stand there.
    pub fn shown(self, text: &str) -> String {
        let length = text.chars().count();
        match self {
            Self::Full => text.to_owned(),
            Self::Masked if length <= LEFT => "＊".repeat(length),
            Self::Masked => {
                let hidden = length - LEFT;
                "＊".repeat(hidden).chars().chain(text.chars().skip(hidden)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn masked_numbers_show_their_end() {
        assert_eq!(Numbers::Masked.shown("東京001"), "＊＊＊01");
        assert_eq!(Numbers::Masked.shown("01"), "＊＊");
        assert_eq!(Numbers::Masked.shown(""), "");
        assert_eq!(Numbers::Full.shown("東京001"), "東京001");
    }

    proptest! {
        #[test]
        fn nothing_more_than_the_end_is_shown(text in "[^＊]{0,40}") {
            let shown = Numbers::Masked.shown(&text);
            prop_assert_eq!(shown.chars().count(), text.chars().count());
            prop_assert!(shown.chars().filter(|one| *one != '＊').count() <= LEFT);
        }

        #[test]
        fn any_name_is_a_size_or_none(name in ".{0,8}") {
            if let Some(size) = LabelSize::named(&name) {
                prop_assert_eq!(size.name(), name);
            }
        }
    }
}
