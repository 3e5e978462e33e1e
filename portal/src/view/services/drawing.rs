//! Numbers over time, as drawings.

use warifu_contract::services::{CheckedCell, CheckedRow, Declaration, Field, View};
use warifu_service::words::{Language, Voice};

use super::cell::number;
use super::said;
use crate::checkup::chart::{self, Point, Reference, Series};
use crate::checkup::limits::Side;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Points of one drawing, at most: the newest.
const MOST_POINTS: usize = 8;

/// One drawing and its heading.
#[derive(Debug)]
pub struct Trend {
    /// The quantity and its unit.
    pub name: String,
    /// The drawing.
    pub svg: String,
}

/// Where a value stands in time; none of what is no time.
pub fn order(cell: &CheckedCell<'_>) -> Option<i64> {
    match cell {
        CheckedCell::Date(date) => {
            date.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp().as_second())
        }
        CheckedCell::Moment(at) => Some(at.as_second()),
        _ => None,
    }
}

/// A drawing for each number of the view that has at least two values.
pub fn trends(
    voice: Voice<'_>,
    service: &Declaration,
    view: &View,
    rows: &[CheckedRow<'_>],
) -> Vec<Trend> {
    let at = view.at.as_deref().unwrap_or_default();
    let mut timed: Vec<(i64, &CheckedRow<'_>)> =
        rows.iter().filter_map(|row| Some((order(row.cell(at)?)?, row))).collect();
    timed.sort_by_key(|(at, _)| *at);
    let fields = view.fields.iter().filter_map(|name| service.field(name));
    fields.filter_map(|field| trend(voice, field, at, &timed)).collect()
}

fn trend(
    voice: Voice<'_>,
    field: &Field,
    at: &str,
    rows: &[(i64, &CheckedRow<'_>)],
) -> Option<Trend> {
    let valued = |(_, row): &(i64, &CheckedRow<'_>)| {
        let CheckedCell::Number(value) = row.cell(&field.name)? else { return None };
        Some((date(row.cell(at)?)?, *value)).filter(|_| chart::can_draw(*value))
    };
    let valued: Vec<(Date, f64)> = rows.iter().filter_map(valued).collect();
    let newest = valued.get(valued.len().saturating_sub(MOST_POINTS)..)?;
    let [(first, _), .., (last, _)] = newest else { return None };
    let label = label(first.year() == last.year());
    let point = |(on, value): &(Date, f64)| Point {
        label: label(*on),
        value: *value,
        text: number(*value),
    };
    let points: Vec<Point> = newest.iter().map(point).collect();
    let unit = field.unit.as_deref().unwrap_or_default();
    let name = format!("{} {unit}", said(voice.language, &field.label));
    let series = Series {
        description: described(voice, &name, &points),
        points,
        reference: reference(voice, field),
    };
    Some(Trend { name: name.trim_end().to_owned(), svg: chart::draw(&series) })
}

/// A range with one end is drawn; one with two is told in the table's words.
fn reference(voice: Voice<'_>, field: &Field) -> Option<Reference> {
    let range = field.range.as_ref()?;
    let (limit, side) = match (range.from, range.to) {
        (None, Some(to)) => (to, Side::High),
        (Some(from), None) => (from, Side::Low),
        _ => return None,
    };
    if !chart::can_draw(limit) {
        return None;
    }
    Some(Reference {
        limit,
        limit_text: number(limit),
        side,
        band_text: voice.say("services-band"),
    })
}

fn date(cell: &CheckedCell<'_>) -> Option<Date> {
    match cell {
        CheckedCell::Date(date) => Some(*date),
        CheckedCell::Moment(at) => Some(warifu_contract::calendar::today_in_japan(*at)),
        _ => None,
    }
}

/// Month and day within one year, `11/20`; year and month over several, `2026/11`.
fn label(within_a_year: bool) -> fn(Date) -> String {
    if within_a_year {
        |on| format!("{}/{}", on.month(), on.day())
    } else {
        |on| format!("{}/{}", on.year(), on.month())
    }
}

fn described(voice: Voice<'_>, name: &str, points: &[Point]) -> String {
    let comma = match voice.language {
        Language::Ja => "、",
        Language::En => ", ",
    };
    let each = points.iter().map(|point| format!("{} {}", point.label, point.text));
    let series = each.collect::<Vec<_>>().join(comma);
    voice.tell("services-chart", &[("item", name.trim_end().into()), ("series", series.into())])
}

#[cfg(test)]
mod tests {
    use super::label;
    use jiff::civil::date;

    #[test]
    fn values_of_several_years_are_told_apart() {
        let [one, next] = [date(2025, 5, 6), date(2026, 5, 6)];
        assert_eq!(label(true)(one), "5/6");
        assert_ne!(label(false)(one), label(false)(next));
    }
}
