//! Breaking Japanese text into lines (禁則処理): no closing mark begins a line, no opening one ends
//! it, a number keeps its counter (8けた), and words stay whole.

use super::PrintError;
use super::typeface::Typeface;

const NEVER_FIRST: &str = "、。，．・：；？！」』）】〕］｝〉》ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}%";
const NEVER_LAST: &str = "「『（【〔［｛〈《([{〒";

/// The lines of `text` when none may be wider than `ems`.
pub(super) fn wrap(face: &Typeface, text: &str, ems: f32) -> Result<Vec<String>, PrintError> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0.0);
    for piece in pieces(text) {
        let width = face.width(&piece)?;
        if used + width > ems && !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0.0;
        }
        if width > ems {
            used = break_anywhere(face, &piece, ems, &mut lines, &mut line)?;
        } else {
            line.push_str(&piece);
            used += width;
        }
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    Ok(lines)
}

/// A piece that is wider than a line is broken where the line is full.
fn break_anywhere(
    face: &Typeface,
    piece: &str,
    ems: f32,
    lines: &mut Vec<String>,
    line: &mut String,
) -> Result<f32, PrintError> {
    let mut used = 0.0;
    for glyph in face.glyphs(piece)? {
        if used + glyph.x_advance > ems && !line.is_empty() {
            lines.push(std::mem::take(line));
            used = 0.0;
        }
        line.push_str(piece.get(glyph.text_range.clone()).unwrap_or_default());
        used += glyph.x_advance;
    }
    Ok(used)
}

/// What must stay together: the text is broken only between pieces.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut before = None;
    for next in text.chars() {
        let glued = before.is_some_and(|before| stay_together(before, next));
        match pieces.last_mut().filter(|_| glued) {
            Some(piece) => piece.push(next),
            None => pieces.push(next.to_string()),
        }
        before = Some(next);
    }
    pieces
}

fn stay_together(before: char, next: char) -> bool {
    let within_word = before.is_ascii_graphic() && next.is_ascii_graphic();
    let marks_it = matches!(next, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | ' ');
    let counts = before.is_ascii_digit() && !NEVER_LAST.contains(next);
    within_word || marks_it || counts || NEVER_FIRST.contains(next) || NEVER_LAST.contains(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FontConfig;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static FACE: LazyLock<Typeface> = LazyLock::new(|| {
        let config = FontConfig::default();
        Typeface::load(&config.regular, config.index).unwrap()
    });

    fn lines(text: &str, ems: f32) -> Vec<String> {
        wrap(&FACE, text, ems).unwrap()
    }

    #[test]
    fn lines_are_broken_between_characters() {
        assert_eq!(lines("高松市番町一丁目", 5.0), ["高松市番町", "一丁目"]);
        assert_eq!(lines("", 5.0), [""; 0]);
    }

    #[test]
    fn marks_and_numbers_stay_where_they_belong() {
        assert_eq!(lines("使えます。次に", 4.0), ["使えま", "す。次に"]);
        assert_eq!(lines("番号は「八桁」", 4.0), ["番号は", "「八桁」"]);
        assert_eq!(lines("数字を8けた", 4.0), ["数字を", "8けた"]);
        assert_eq!(lines("電話は087-800-0000へ", 8.0), ["電話は", "087-800-0000へ"]);
    }

    #[test]
    fn what_is_wider_than_a_line_is_broken_nevertheless() {
        assert_eq!(lines("ああああああ」」」」」」", 4.0).concat(), "ああああああ」」」」」」");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_too_wide(text in "[ぁ-んー、。「」0-9a-z -]{0,60}") {
            let lines = lines(&text, 6.0);
            for line in &lines {
                prop_assert!(FACE.width(line).unwrap() <= 6.0 + f32::EPSILON * 64.0, "{line:?}");
            }
            let bare = |text: &str| text.replace(' ', "");
            prop_assert_eq!(bare(&lines.concat()), bare(&text));
        }
    }
}
