//! QR codes as SVG: one path of the style sheet's colours, no script and no style of its own.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Modules of white around the code (ISO/IEC 18004).
const QUIET: usize = 4;

/// The code that says `text`; none when it is too long for one.
pub fn svg(text: &str, label: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, colors) = (code.width(), code.to_colors());
    let size = width + 2 * QUIET;
    let mut path = String::new();
    for (row, modules) in colors.chunks(width).enumerate() {
        for (column, run) in runs(modules) {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{} {}h{run}v1h-{run}z", column + QUIET, row + QUIET);
        }
    }
    let label = label.replace(['<', '>', '&', '"'], "");
    Some(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {size} {size}\" role=\"img\" aria-label=\"{label}\" \
         shape-rendering=\"crispEdges\"><rect width=\"{size}\" height=\"{size}\" fill=\"#fff\"/>\
         <path d=\"{path}\" fill=\"#000\"/></svg>"
    ))
}

/// Where the dark modules of a row begin, and how many follow each other.
fn runs(modules: &[Color]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut at = 0;
    for run in modules.chunk_by(|left, right| left == right) {
        if run.first() == Some(&Color::Dark) {
            runs.push((at, run.len()));
        }
        at += run.len();
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_a_small_square() {
        let svg = svg("21681234567807000019", "認証番号 <x>").unwrap();
        assert!(svg.contains("viewBox=\"0 0 29 29\"") && svg.contains("aria-label=\"認証番号 x\""));
        assert!(!svg.contains("style="));
        // The finder pattern's first row.
        assert!(svg.contains("M4 4h7v1h-7z"));
    }

    proptest! {
        // Codes are slow to make without optimisation.
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn any_text_is_a_code(text in "\\PC{0,120}") {
            prop_assert!(svg(&text, &text).is_some());
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_no_code() {
        assert_eq!(svg(&"x".repeat(3_000), ""), None);
    }
}
