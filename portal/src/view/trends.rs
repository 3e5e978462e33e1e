//! The change of a quantity over the years, as drawings.

use warifu_contract::person::Sex;
use warifu_contract::records::{Checkup, CheckupValue};
use warifu_service::words::{Language, Voice};

use super::checkups::{limit_words, number, unit_words};
use crate::checkup::chart::{self, Point, Reference, Series};
use crate::checkup::findings::{Finding, findings};
use crate::dates::words::fiscal_year_of;

/// Quantities that are drawn, in this order.
const DRAWN: [&str; 8] = [
    "item-waist",
    "item-fat",
    "item-sugar",
    "item-hba1c",
    "item-systolic",
    "item-ldl",
    "item-hdl",
    "item-bmi",
];
/// At most so many years in a drawing.
const LONGEST: usize = 8;

/// One drawing and its heading.
#[derive(Debug, Clone)]
pub struct Trend {
    /// The quantity.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Its reference.
    pub limit: String,
    /// The drawing.
    pub svg: String,
}

/// The drawings for check-ups, the newest of which comes first.
pub fn trends(voice: Voice<'_>, sex: Sex, checkups: &[Checkup]) -> Vec<Trend> {
    let years: Vec<_> = checkups
        .iter()
        .take(LONGEST)
        .map(|checkup| (fiscal_year_of(checkup.taken_on), findings(checkup, sex)))
        .collect();
    DRAWN.iter().filter_map(|quantity| trend(voice, &years, quantity)).collect()
}

/// The drawing of one quantity, when the newest and at least one earlier check-up measured it.
fn trend(voice: Voice<'_>, years: &[(i16, Vec<Finding<'_>>)], quantity: &str) -> Option<Trend> {
    let (_, newest) = years.first()?;
    let latest = of(newest, quantity)?;
    let CheckupValue::Quantity { unit, .. } = &latest.item.value else { return None };
    let points: Vec<Point> =
        years.iter().rev().filter_map(|(year, found)| point(*year, of(found, quantity)?)).collect();
    if points.len() < 2 {
        return None;
    }
    let (name, unit) = (voice.say(quantity), unit_words(unit));
    let limit = limit_words(voice, latest.limits);
    let series = Series {
        description: describe(voice, &name, &unit, &points, &limit),
        points,
        reference: Some(Reference {
            limit: latest.limits.guidance,
            limit_text: number(latest.limits.guidance),
            side: latest.limits.side,
            band_text: voice.say("checkups-band"),
        }),
    };
    Some(Trend { name, unit, limit, svg: chart::draw(&series) })
}

fn of<'f, 'c>(found: &'f [Finding<'c>], quantity: &str) -> Option<&'f Finding<'c>> {
    found.iter().find(|finding| finding.limits.quantity == quantity)
}

fn point(year: i16, finding: &Finding<'_>) -> Option<Point> {
    let CheckupValue::Quantity { value, .. } = finding.item.value else { return None };
    chart::can_draw(value).then(|| Point { label: year.to_string(), value, text: number(value) })
}

fn describe(voice: Voice<'_>, item: &str, unit: &str, points: &[Point], limit: &str) -> String {
    let year = |point: &Point| {
        let gaps = [("year", point.label.as_str().into()), ("value", point.text.as_str().into())];
        voice.tell("checkups-chart-point", &gaps)
    };
    let comma = match voice.language {
        Language::Ja => "、",
        Language::En => ", ",
    };
    let series = points.iter().map(year).collect::<Vec<_>>().join(comma);
    let gaps = [
        ("item", item.into()),
        ("unit", unit.into()),
        ("series", series.into()),
        ("limit", limit.into()),
    ];
    voice.tell("checkups-chart", &gaps)
}
