//! A drawing of places, north at the top, without a map below: the list beside it says where they
//! are. Nothing is fetched from anywhere.

use std::fmt::Write as _;

const SIZE: f64 = 320.0;
const MARGIN: f64 = 28.0;
/// The least that is drawn across, in degrees: about a kilometre.
const LEAST: f64 = 0.01;

/// Draws `places` (degrees north and east), numbered in their order.
pub fn draw(places: &[(f64, f64)], description: &str) -> String {
    let mut svg = format!(
        "<svg class=\"chart map\" viewBox=\"0 0 {SIZE} {SIZE}\" role=\"img\" aria-label=\"{}\">\
         <rect class=\"chart-band\" width=\"{SIZE}\" height=\"{SIZE}\" rx=\"8\"/>\
         <text class=\"chart-label\" x=\"{}\" y=\"20\">N ↑</text>",
        escape(description),
        SIZE - 24.0,
    );
    let frame = Frame::of(places);
    let spots = places.iter().map(|place| frame.at(*place));
    let line: Vec<String> = spots.clone().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    if line.len() > 1 {
        let _ = write!(svg, "<polyline class=\"chart-line\" points=\"{}\"/>", line.join(" "));
    }
    for ((x, y), number) in spots.zip(1..) {
        let _ = write!(
            svg,
            "<circle class=\"chart-dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>\
             <text class=\"chart-value\" x=\"{x:.1}\" y=\"{:.1}\">{number}</text>",
            y - 10.0
        );
    }
    svg.push_str("</svg>");
    svg
}

/// From degrees to the drawing.
struct Frame {
    north: f64,
    west: f64,
    span: f64,
    /// A degree east is shorter than one north.
    narrow: f64,
}

impl Frame {
    fn of(places: &[(f64, f64)]) -> Self {
        let ends = |of: fn(&(f64, f64)) -> f64| {
            let values = places.iter().map(of);
            values
                .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
        };
        let ((south, north), (west, east)) = (ends(|place| place.0), ends(|place| place.1));
        if places.is_empty() {
            return Self { north: 0.0, west: 0.0, span: 1.0, narrow: 1.0 };
        }
        let narrow = f64::midpoint(south, north).to_radians().cos().max(0.05);
        let (tall, wide) = (north - south, (east - west) * narrow);
        let span = tall.max(wide).max(LEAST);
        // In the middle of the drawing, whichever side is the shorter.
        Self {
            north: north + (span - tall) / 2.0,
            west: west - (span - wide) / 2.0 / narrow,
            span,
            narrow,
        }
    }

    fn at(&self, (north, east): (f64, f64)) -> (f64, f64) {
        let scale = (SIZE - 2.0 * MARGIN) / self.span;
        (MARGIN + (east - self.west) * self.narrow * scale, MARGIN + (self.north - north) * scale)
    }
}

fn escape(text: &str) -> String {
    askama::filters::escape(text, askama::filters::Html)
        .map(|escaped| escaped.to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn north_is_at_the_top_and_east_at_the_right() {
        let frame = Frame::of(&[(34.0, 134.0), (35.0, 135.0)]);
        let ((x, y), (right, top)) = (frame.at((34.0, 134.0)), frame.at((35.0, 135.0)));
        assert!(x < right && top < y);
        assert!(draw(&[], "<b>").contains("&#60;b"));
    }

    proptest! {
        #[test]
        fn every_place_is_on_the_drawing(
            places in prop::collection::vec((-90.0..=90.0_f64, -180.0..=180.0_f64), 1..30),
        ) {
            let frame = Frame::of(&places);
            for place in &places {
                let (x, y) = frame.at(*place);
                let on = (MARGIN - 0.1)..=(SIZE - MARGIN + 0.1);
                prop_assert!(on.contains(&x) && on.contains(&y), "{x} {y}");
            }
        }
    }
}
