//! A trend as an SVG drawing made on the server: the reference range as a band, the limit as a
//! dashed line, both named at the right, each value written, the last point filled.
//!
//! Colours come from classes and geometry from attributes, so that the strict content security
//! policy holds.

use std::fmt::Write as _;

use super::limits::Side;

const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 8.0;
const RIGHT: f64 = 366.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 146.0;

/// Larger numbers are told and not drawn: the distance of two of them may be no number any more.
const LARGEST: f64 = 1e15;

/// Whether a value can stand in a drawing.
pub fn can_draw(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// One value of the series.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Written under the point, e.g. the year.
    pub label: String,
    /// The value.
    pub value: f64,
    /// The value as written.
    pub text: String,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Oldest first; two or more make a trend.
    pub points: Vec<Point>,
    /// The reference range, where there is one.
    pub reference: Option<Reference>,
    /// The whole series in words, for those who do not see it.
    pub description: String,
}

/// A reference range that is open on one side.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The limit where attention begins.
    pub limit: f64,
    /// The limit as written.
    pub limit_text: String,
    /// On which side of it attention begins.
    pub side: Side,
    /// Written in the band, e.g. 基準の範囲.
    pub band_text: String,
}

/// Draws the series.
pub fn draw(series: &Series) -> String {
    let scale = Scale::of(series);
    let mut svg = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escape(&series.description)
    );
    if let Some(reference) = &series.reference {
        draw_band(&mut svg, reference, &scale);
    }
    draw_line(&mut svg, series, &scale);
    for (index, point) in series.points.iter().enumerate() {
        draw_point(&mut svg, point, scale.at(index, point.value), index + 1 == scale.count);
    }
    svg.push_str("</svg>");
    svg
}

/// From values to places on the drawing.
struct Scale {
    low: f64,
    high: f64,
    count: usize,
}

impl Scale {
    /// Holds every value and the limit, with a margin above and below.
    fn of(series: &Series) -> Self {
        let limit = series.reference.as_ref().map(|reference| reference.limit);
        let values = series.points.iter().map(|point| point.value).chain(limit);
        let (low, high) = values
            .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        let margin = ((high - low) * 0.25).max(high.abs() * 0.01).max(0.1);
        Self { low: low - margin, high: high + margin, count: series.points.len() }
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        BOTTOM - share * (BOTTOM - TOP)
    }

    fn at(&self, index: usize, value: f64) -> (f64, f64) {
        let step = (RIGHT - LEFT - 40.0) / as_f64(self.count.max(2) - 1);
        (LEFT + 20.0 + step * as_f64(index), self.y(value))
    }
}

fn draw_band(svg: &mut String, reference: &Reference, scale: &Scale) {
    let limit = scale.y(reference.limit);
    let (top, bottom, label) = match reference.side {
        Side::High => (limit, BOTTOM, BOTTOM - 4.0),
        Side::Low | Side::LowOrEqual => (TOP - 8.0, limit, TOP + 4.0),
    };
    let (height, width) = (bottom - top, RIGHT - LEFT);
    let band = escape(&reference.band_text);
    let number = escape(&reference.limit_text);
    let beside = RIGHT + 6.0;
    // Level with the line, or clear of the band's own words where the band is thin.
    let number_y = match reference.side {
        _ if (label - limit).abs() > 24.0 => limit + 5.0,
        Side::High => limit - 6.0,
        Side::Low | Side::LowOrEqual => limit + 16.0,
    };
    let _ = write!(
        svg,
        "<rect class=\"chart-band\" x=\"{LEFT}\" y=\"{top:.1}\" width=\"{width}\" \
         height=\"{height:.1}\"/><text class=\"chart-band-text\" x=\"{beside}\" y=\"{label:.1}\">{band}\
         </text><line class=\"chart-limit\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{limit:.1}\" \
         y2=\"{limit:.1}\"/><text class=\"chart-limit-text\" x=\"{beside}\" \
         y=\"{number_y:.1}\">{number}</text>"
    );
}

fn draw_line(svg: &mut String, series: &Series, scale: &Scale) {
    svg.push_str("<polyline class=\"chart-line\" points=\"");
    for (index, point) in series.points.iter().enumerate() {
        let (x, y) = scale.at(index, point.value);
        let _ = write!(svg, "{x:.1},{y:.1} ");
    }
    svg.push_str("\"/>");
}

fn draw_point(svg: &mut String, point: &Point, (x, y): (f64, f64), last: bool) {
    let class = if last { "chart-dot chart-last" } else { "chart-dot" };
    let (text, label) = (escape(&point.text), escape(&point.label));
    let _ = write!(
        svg,
        "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>\
         <text class=\"chart-value\" x=\"{x:.1}\" y=\"{:.1}\">{text}</text>\
         <text class=\"chart-label\" x=\"{x:.1}\" y=\"{:.1}\">{label}</text>",
        y - 12.0,
        BOTTOM + 22.0
    );
}

/// Few points: the conversion is exact.
fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
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

    fn series(values: &[f64], side: Side) -> Series {
        let point =
            |value: &f64| Point { label: "2026".into(), value: *value, text: value.to_string() };
        Series {
            points: values.iter().map(point).collect(),
            reference: Some(Reference {
                limit: 100.0,
                limit_text: "100".into(),
                side,
                band_text: "基準の範囲".into(),
            }),
            description: "血糖 <94, 104>".into(),
        }
    }

    #[test]
    fn every_value_is_written_and_the_last_is_marked() {
        let svg = draw(&series(&[94.0, 97.0, 104.0], Side::High));
        for text in [">94<", ">97<", ">104<", ">100<", "基準の範囲"] {
            assert!(svg.contains(text), "{text}");
        }
        assert_eq!(svg.matches("chart-last").count(), 1);
        assert!(svg.contains("&#60;94"), "words are escaped: {svg}");
        assert!(!svg.contains("style="));
    }

    proptest! {
        #[test]
        fn everything_stays_on_the_drawing(values in prop::collection::vec(0.0f64..1000.0, 2..12)) {
            for side in [Side::High, Side::Low] {
                let series = series(&values, side);
                let scale = Scale::of(&series);
                for (index, value) in values.iter().enumerate() {
                    let (x, y) = scale.at(index, *value);
                    prop_assert!((LEFT..=RIGHT).contains(&x), "{x}");
                    prop_assert!((TOP..=BOTTOM).contains(&y), "{y}");
                }
            }
        }
    }
}
