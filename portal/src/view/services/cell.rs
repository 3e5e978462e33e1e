//! One value in words.

use warifu_contract::services::{CheckedCell, CheckedRow, Declaration, Field, FieldKind, plain};
use warifu_service::words::Voice;

use super::super::Fact;
use super::said;
use crate::dates::words;

/// One value as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellView {
    /// The value.
    pub text: String,
    /// Where it stands to its reference range: a class of the style sheets, and words.
    pub tag: Option<(&'static str, String)>,
    /// It is in the holder's own words, which are Japanese.
    pub own_words: bool,
}

/// Text of a holder on one line, without what could mislead.
pub fn shown(text: &str) -> String {
    plain(text, false).into_owned()
}

/// What a value is called; one that nobody declared, by its own name.
pub fn label(voice: Voice<'_>, service: &Declaration, name: &str) -> String {
    service.field(name).map_or_else(|| shown(name), |field| said(voice.language, &field.label))
}

/// A value of `field`; of none when nobody declared it.
pub fn view(voice: Voice<'_>, field: Option<&Field>, cell: &CheckedCell<'_>) -> CellView {
    let told = |text: String| CellView { text, tag: None, own_words: false };
    match cell {
        CheckedCell::Text(text) => code(voice, field, text)
            .map_or_else(|| CellView { text: shown(text), tag: None, own_words: true }, told),
        CheckedCell::Number(value) => number_view(voice, field, *value),
        CheckedCell::Date(date) => told(words::day(voice.language, *date)),
        CheckedCell::Moment(at) => told(words::moment(voice.language, *at)),
        CheckedCell::Flag(yes) => {
            told(voice.say(if *yes { "services-yes" } else { "services-no" }))
        }
        CheckedCell::Place(north, east) => {
            let degrees = |value: &f64| format!("{value:.4}");
            let gaps = [("north", degrees(north).into()), ("east", degrees(east).into())];
            told(voice.tell("services-place", &gaps))
        }
        CheckedCell::Faulty(fault) => CellView {
            text: voice.say("services-hidden"),
            tag: Some(("warn", voice.say(fault_key(*fault)))),
            own_words: false,
        },
    }
}

const fn fault_key(fault: warifu_contract::services::CellFault) -> &'static str {
    use warifu_contract::services::CellFault;
    match fault {
        CellFault::Kind => "services-hidden-kind",
        CellFault::Unit => "services-hidden-unit",
        CellFault::Implausible => "services-hidden-implausible",
        CellFault::Future => "services-hidden-future",
    }
}

fn code(voice: Voice<'_>, field: Option<&Field>, text: &str) -> Option<String> {
    let field = field.filter(|field| field.kind == FieldKind::Code)?;
    let known = field.codes.iter().find(|one| one.code == text)?;
    Some(said(voice.language, &known.words))
}

fn number_view(voice: Voice<'_>, field: Option<&Field>, value: f64) -> CellView {
    let unit = field.and_then(|field| field.unit.as_deref()).unwrap_or_default();
    let text = format!("{} {unit}", number(value));
    let tag = field.and_then(|field| field.range.as_ref()).map(|range| {
        let low = range.from.is_some_and(|from| value < from);
        let high = range.to.is_some_and(|to| value > to);
        if low || high {
            ("warn", said(voice.language, &range.outside))
        } else {
            ("ok", said(voice.language, &range.within))
        }
    });
    CellView { text: text.trim_end().to_owned(), tag, own_words: false }
}

/// A number as it is written: at most two places, whole thousands in groups.
pub fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("−", digits));
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), super::super::grouped);
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// The values of a row with their labels: those of `fields` in their order, or all.
pub fn facts(
    voice: Voice<'_>,
    service: &Declaration,
    row: &CheckedRow<'_>,
    fields: &[String],
) -> Vec<Fact> {
    let wanted = |name: &str| fields.is_empty() || fields.iter().any(|field| field == name);
    let fact = |name: &str, cell: &CheckedCell<'_>| {
        let view = view(voice, service.field(name), cell);
        let value = match view.tag {
            Some((_, words)) => format!("{}（{words}）", view.text),
            None => view.text,
        };
        Fact { label: label(voice, service, name), value }
    };
    row.cells().filter(|(name, _)| wanted(name)).map(|(name, cell)| fact(name, cell)).collect()
}
