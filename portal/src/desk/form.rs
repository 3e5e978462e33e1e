//! The desk's input row as it is shown.

use warifu_service::words::Voice;

use super::input::RawCheck;
use crate::form::{self, FieldError, FieldProblem, FieldView, Shape, Typed};

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

/// The longest input is a full-width date with its era.
const ROW: [Shape; 6] = [
    Shape { digits: true, ..Shape::line("insurer", "desk-insurer-number", 16) },
    Shape::line("symbol", "desk-symbol", 40),
    Shape::line("number", "desk-number", 40),
    Shape { width: "narrow", digits: true, ..Shape::line("branch", "desk-branch", 4) },
    Shape {
        width: "date",
        hint: Some("desk-birth-hint"),
        ..Shape::line("birth", "desk-birth", 32)
    },
    Shape { width: "date", ..Shape::line("target", "desk-target", 32) },
];

impl FormView {
    /// The row holding `raw`, with `problems` beside their fields; the first field that wants
    /// something has the focus.
    pub fn new(voice: Voice<'_>, raw: &RawCheck, problems: &[FieldProblem]) -> Self {
        let focus = problems.first().map_or("insurer", |problem| problem.field);
        Self {
            key: raw.key.clone(),
            target: raw.target.clone(),
            fields: form::fields(voice, &ROW, &typed(raw), problems, Some(focus)),
            errors: form::errors(voice, problems),
        }
    }
}

fn typed(raw: &RawCheck) -> Typed {
    [
        ("insurer", &raw.insurer),
        ("symbol", &raw.symbol),
        ("number", &raw.number),
        ("branch", &raw.branch),
        ("birth", &raw.birth),
        ("target", &raw.target),
    ]
    .into_iter()
    .fold(Typed::default(), |typed, (name, value)| typed.with(name, value))
}
