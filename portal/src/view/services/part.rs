//! The records of a service in the ways that its manifest says: card, table, chart, timeline,
//! document, map.

use warifu_contract::services::{CheckedCell, CheckedRow, Declaration, View, ViewKind, plain};
use warifu_service::words::Voice;

use super::super::Fact;
use super::cell::{self, CellView};
use super::{drawing, map, said};
use crate::dates::words;

pub use super::drawing::Trend;

/// Rows of a timeline or a map, at most; the table has all.
const MOST_SHOWN: usize = 60;

/// One way in which the records are shown.
#[derive(Debug)]
pub enum Part {
    /// Label and value, one below the other.
    Card(String, Vec<Fact>),
    /// A table: heading, the columns' labels, the rows.
    Table(String, Vec<String>, Vec<Vec<CellView>>),
    /// Drawings.
    Charts(String, Vec<Trend>),
    /// What happened when.
    Timeline(String, Vec<(String, Vec<Fact>)>),
    /// Documents to read.
    Documents(String, Vec<Text>),
    /// A drawing of places, and the list of them.
    Map(String, String, Vec<Vec<Fact>>),
}

/// A document: its heading, what stands beside it, its paragraphs.
#[derive(Debug)]
pub struct Text {
    /// Its heading.
    pub title: String,
    /// What stands beside it.
    pub facts: Vec<Fact>,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
}

/// Every part of the page; none when there is not a row.
pub fn parts(voice: Voice<'_>, service: &Declaration, rows: &[CheckedRow<'_>]) -> Vec<Part> {
    if rows.is_empty() {
        return Vec::new();
    }
    let whole = [View { kind: ViewKind::Table, title: None, at: None, fields: Vec::new() }];
    let views = if service.show.is_empty() { whole.as_slice() } else { service.show.as_slice() };
    let mut parts: Vec<Part> =
        views.iter().filter_map(|view| part(voice, service, view, rows)).collect();
    parts.extend(undeclared(voice, service, rows));
    parts
}

fn part(
    voice: Voice<'_>,
    service: &Declaration,
    view: &View,
    rows: &[CheckedRow<'_>],
) -> Option<Part> {
    let title = view.title.as_ref().unwrap_or(&service.name);
    let title = said(voice.language, title);
    match view.kind {
        ViewKind::Card => {
            let facts = cell::facts(voice, service, rows.first()?, &view.fields);
            (!facts.is_empty()).then_some(Part::Card(title, facts))
        }
        ViewKind::Chart => {
            let trends = drawing::trends(voice, service, view, rows);
            (!trends.is_empty()).then_some(Part::Charts(title, trends))
        }
        ViewKind::Timeline => Some(Part::Timeline(title, timeline(voice, service, view, rows))),
        ViewKind::Document => Some(Part::Documents(title, documents(voice, service, view, rows))),
        ViewKind::Map => {
            let places = located(view, rows);
            let drawn: Vec<(f64, f64)> = places.iter().map(|(_, place)| *place).collect();
            let svg = map::draw(&drawn, &voice.say("services-map"));
            let facts =
                places.iter().map(|(row, _)| cell::facts(voice, service, row, &view.fields));
            Some(Part::Map(title, svg, facts.collect()))
        }
        ViewKind::Table | ViewKind::Other => Some(table(voice, service, title, view, rows)),
    }
}

fn table(
    voice: Voice<'_>,
    service: &Declaration,
    title: String,
    view: &View,
    rows: &[CheckedRow<'_>],
) -> Part {
    let all = || service.fields.iter().map(|field| &field.name);
    let names: Vec<&String> =
        if view.fields.is_empty() { all().collect() } else { view.fields.iter().collect() };
    // A column that no row fills says nothing.
    let filled = |name: &&&String| rows.iter().any(|row| row.cell(name).is_some());
    let names: Vec<&String> = names.iter().filter(filled).copied().collect();
    let empty = || CellView { text: "—".to_owned(), tag: None, own_words: false };
    let row = |row: &CheckedRow<'_>| {
        let cell = |name: &&String| {
            row.cell(name).map_or_else(empty, |cell| cell::view(voice, service.field(name), cell))
        };
        names.iter().map(cell).collect()
    };
    let head = names.iter().map(|name| cell::label(voice, service, name)).collect();
    Part::Table(title, head, rows.iter().map(row).collect())
}

/// Newest first.
fn timeline(
    voice: Voice<'_>,
    service: &Declaration,
    view: &View,
    rows: &[CheckedRow<'_>],
) -> Vec<(String, Vec<Fact>)> {
    let at = view.at.as_deref().unwrap_or_default();
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.cell(at).and_then(drawing::order)));
    let entry = |row: &CheckedRow<'_>| {
        let when = match row.cell(at) {
            Some(CheckedCell::Moment(at)) => words::full_moment(voice.language, *at),
            Some(cell) => cell::view(voice, service.field(at), cell).text,
            None => voice.say("services-no-day"),
        };
        (when, cell::facts(voice, service, row, &view.fields))
    };
    rows.into_iter().take(MOST_SHOWN).map(entry).collect()
}

fn documents(
    voice: Voice<'_>,
    service: &Declaration,
    view: &View,
    rows: &[CheckedRow<'_>],
) -> Vec<Text> {
    use warifu_contract::services::FieldKind;
    let heading = view.fields.first().map(String::as_str).unwrap_or_default();
    let is_text =
        |name: &str| service.field(name).is_some_and(|field| field.kind == FieldKind::Document);
    let text = |row: &CheckedRow<'_>| {
        let title = row.cell(heading).map(|cell| cell::view(voice, service.field(heading), cell));
        let beside: Vec<String> = view.fields.iter().skip(1).cloned().collect();
        let beside: Vec<String> = beside.into_iter().filter(|name| !is_text(name)).collect();
        let facts =
            if beside.is_empty() { Vec::new() } else { cell::facts(voice, service, row, &beside) };
        let bodies = row.cells().filter(|(name, _)| is_text(name));
        let paragraphs = bodies.flat_map(|(_, cell)| match cell {
            CheckedCell::Text(text) => {
                plain(text, true).split('\n').map(str::to_owned).collect::<Vec<_>>()
            }
            other => vec![cell::view(voice, None, other).text],
        });
        Text {
            title: title.map_or_else(|| voice.say("services-untitled"), |title| title.text),
            facts,
            paragraphs: paragraphs.collect(),
        }
    };
    rows.iter().take(MOST_SHOWN).map(text).collect()
}

fn located<'r, 'c>(
    view: &View,
    rows: &'r [CheckedRow<'c>],
) -> Vec<(&'r CheckedRow<'c>, (f64, f64))> {
    let at = view.at.as_deref().unwrap_or_default();
    let place = |row: &'r CheckedRow<'c>| match row.cell(at) {
        Some(CheckedCell::Place(north, east)) => Some((row, (*north, *east))),
        _ => None,
    };
    rows.iter().filter_map(place).take(MOST_SHOWN).collect()
}

/// Values that nobody declared: shown as label and text, never dropped.
fn undeclared(voice: Voice<'_>, service: &Declaration, rows: &[CheckedRow<'_>]) -> Option<Part> {
    let unknown = |row: &CheckedRow<'_>| {
        let cells = row.cells().filter(|(name, _)| service.field(name).is_none());
        let fact = |(name, cell): (&str, &CheckedCell<'_>)| Fact {
            label: cell::label(voice, service, name),
            value: cell::view(voice, None, cell).text,
        };
        cells.map(fact).collect::<Vec<_>>()
    };
    let facts: Vec<Fact> = rows.iter().flat_map(unknown).collect();
    (!facts.is_empty()).then(|| Part::Card(voice.say("services-more"), facts))
}
