//! Names with most of them hidden.

const HIDDEN: char = '○';

/// Of each part of `name` the first character, e.g. `上○ 太○`; of a part of one character nothing.
/// How long a part is does not show.
pub fn masked(name: &str) -> String {
    let parts: Vec<String> = name.split_whitespace().map(part).collect();
    parts.join(" ")
}

fn part(text: &str) -> String {
    let mut letters = text.chars().filter(|c| !is_selector(*c));
    match (letters.next(), letters.next()) {
        (Some(first), Some(_)) => format!("{first}{HIDDEN}"),
        _ => HIDDEN.to_string(),
    }
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_shows_its_beginnings_and_no_length() {
        assert_eq!(masked("上野 太郎"), "上○ 太○");
        assert_eq!(masked("上野　太"), "上○ ○");
        assert_eq!(masked("勅使河原 龍之介"), "勅○ 龍○");
        assert_eq!(masked("葛\u{E0100}"), "○", "a variation selector is no second character");
        assert_eq!(masked("Maria Smith"), "M○ S○");
    }

    proptest! {
        #[test]
        fn at_most_one_character_of_each_part_is_shown(name in "\\PC{0,60}") {
            let masked = masked(&name);
            prop_assert!(masked.split(' ').all(|part| part.chars().count() <= 2));
        }
    }
}
