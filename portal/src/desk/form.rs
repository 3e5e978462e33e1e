//! The desk's input row as it is shown.

use warifu_service::words::Voice;

use super::input::{FieldProblem, RawCheck};

/// The row.
#[derive(Debug, Clone)]
pub struct FormView {
    /// Makes sending the same form twice one check.
    pub key: String,
    /// The day that the card button carries along.
    pub target: String,
    /// The fields, in order.
    pub fields: Vec<FieldView>,
    /// What is wrong, in the same order.
    pub errors: Vec<FieldError>,
}

/// One input.
#[derive(Debug, Clone)]
pub struct FieldView {
    /// Its name and id.
    pub name: &'static str,
    /// Its label.
    pub label: String,
    /// An example.
    pub hint: Option<String>,
    /// How wide: a class of the style sheet.
    pub width: &'static str,
    /// Characters at most.
    pub longest: usize,
    /// A keyboard of digits on a phone.
    pub digits: bool,
    /// What is in it.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// It has the focus.
    pub autofocus: bool,
}

/// A problem and the field it leads to.
#[derive(Debug, Clone)]
pub struct FieldError {
    /// The field's id.
    pub field: &'static str,
    /// What to do.
    pub words: String,
}

struct Shape {
    name: &'static str,
    label: &'static str,
    hint: Option<&'static str>,
    width: &'static str,
    longest: usize,
    digits: bool,
}

const fn shape(name: &'static str, label: &'static str, longest: usize) -> Shape {
    Shape { name, label, hint: None, width: "", longest, digits: false }
}

/// The longest input is a full-width date with its era.
const ROW: [Shape; 6] = [
    Shape { digits: true, ..shape("insurer", "desk-insurer-number", 16) },
    shape("symbol", "desk-symbol", 40),
    shape("number", "desk-number", 40),
    Shape { width: "narrow", digits: true, ..shape("branch", "desk-branch", 4) },
    Shape { width: "date", hint: Some("desk-birth-hint"), ..shape("birth", "desk-birth", 32) },
    Shape { width: "date", ..shape("target", "desk-target", 32) },
];

impl FormView {
    /// The row holding `raw`, with `problems` beside their fields; the first field that wants
    /// something has the focus.
    pub fn new(voice: Voice<'_>, raw: &RawCheck, problems: &[FieldProblem]) -> Self {
        let focus = problems.first().map_or("insurer", |problem| problem.field);
        let error = |name: &str| {
            problems
                .iter()
                .find(|problem| problem.field == name)
                .map(|problem| voice.say(problem.key))
        };
        let field = |shape: &Shape| FieldView {
            name: shape.name,
            label: voice.say(shape.label),
            hint: shape.hint.map(|hint| voice.say(hint)),
            width: shape.width,
            longest: shape.longest,
            digits: shape.digits,
            value: value(raw, shape.name).to_owned(),
            error: error(shape.name),
            autofocus: shape.name == focus,
        };
        Self {
            key: raw.key.clone(),
            target: raw.target.clone(),
            fields: ROW.iter().map(field).collect(),
            errors: problems
                .iter()
                .map(|problem| FieldError { field: problem.field, words: voice.say(problem.key) })
                .collect(),
        }
    }
}

fn value<'r>(raw: &'r RawCheck, name: &str) -> &'r str {
    match name {
        "insurer" => &raw.insurer,
        "symbol" => &raw.symbol,
        "number" => &raw.number,
        "branch" => &raw.branch,
        "birth" => &raw.birth,
        _ => &raw.target,
    }
}
