//! What a person enters into a service's form: from typed text to a row, and back to what is wrong.

use std::collections::BTreeMap;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;

use super::content::{Cell, CellFault, CheckedCell, Row};
use super::manifest::{Declaration, Field, FieldKind, Form, FormField};
use super::{LONGEST_TEXT, plain};

/// Why a field of a form cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum EntryError {
    /// It is empty, and must not be.
    #[error("entry.empty")]
    Empty,
    /// It is not of the field's kind.
    #[error("entry.kind")]
    Kind,
    /// The number is smaller or greater than can be.
    #[error("entry.bounds")]
    Bounds,
    /// The day has not come.
    #[error("entry.future")]
    Future,
    /// The text is too long, or has characters that must not be shown.
    #[error("entry.text")]
    Text,
    /// The form has no such field.
    #[error("entry.unknown")]
    Unknown,
}

impl EntryError {
    /// Every way to be refused.
    pub const ALL: [Self; 6] =
        [Self::Empty, Self::Kind, Self::Bounds, Self::Future, Self::Text, Self::Unknown];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "entry.empty",
            Self::Kind => "entry.kind",
            Self::Bounds => "entry.bounds",
            Self::Future => "entry.future",
            Self::Text => "entry.text",
            Self::Unknown => "entry.unknown",
        }
    }
}

impl Declaration {
    /// Reads a form as it was typed, field by field. What is wrong comes with the field's name, in
    /// the order of the form.
    pub fn read(
        &self,
        form: &Form,
        typed: &BTreeMap<String, String>,
        today: Date,
    ) -> Result<Row, Vec<(String, EntryError)>> {
        let (mut row, mut wrong) = (BTreeMap::new(), Vec::new());
        for one in &form.fields {
            let text = typed.get(&one.field).map_or("", |text| text.trim());
            let read = self.field(&one.field).ok_or(EntryError::Unknown);
            match read.and_then(|field| read_field(field, one, text, today)) {
                Ok(Some(cell)) => drop(row.insert(one.field.clone(), cell)),
                Ok(None) => {}
                Err(error) => wrong.push((one.field.clone(), error)),
            }
        }
        if wrong.is_empty() { Ok(Row(row)) } else { Err(wrong) }
    }

    /// Checks a row that somebody else says was entered into the form.
    pub fn check_entry(
        &self,
        form: &Form,
        row: &Row,
        today: Date,
    ) -> Result<(), (String, EntryError)> {
        let asked = |name: &str| form.fields.iter().find(|one| one.field == name);
        for (name, cell) in &row.0 {
            let field = self.field(name).filter(|_| asked(name).is_some());
            let checked =
                field.ok_or(EntryError::Unknown).and_then(|field| accept(field, cell, today));
            checked.map_err(|error| (name.clone(), error))?;
        }
        let lacking =
            form.fields.iter().find(|one| one.required && !row.0.contains_key(&one.field));
        lacking.map_or(Ok(()), |one| Err((one.field.clone(), EntryError::Empty)))
    }
}

fn read_field(
    field: &Field,
    asked: &FormField,
    text: &str,
    today: Date,
) -> Result<Option<Cell>, EntryError> {
    if field.kind == FieldKind::Flag {
        let ticked = !text.is_empty();
        return if ticked || !asked.required {
            Ok(Some(Cell::Flag(ticked)))
        } else {
            Err(EntryError::Empty)
        };
    }
    if text.is_empty() {
        return if asked.required { Err(EntryError::Empty) } else { Ok(None) };
    }
    let cell = match field.kind {
        FieldKind::Number => {
            // Full-width digits are what a Japanese keyboard gives.
            let digits: String = text.nfkc().filter(|c| *c != ',').take(24).collect();
            Cell::Number(digits.parse().map_err(|_| EntryError::Kind)?)
        }
        FieldKind::Document => Cell::Text(text.replace("\r\n", "\n")),
        FieldKind::Moment => Cell::Text(moment(text)),
        _ => Cell::Text(text.to_owned()),
    };
    accept(field, &cell, today)?;
    Ok(Some(cell))
}

/// What a browser's field for day and time gives is Japanese time.
fn moment(text: &str) -> String {
    let bare = text.len() == 16 && text.as_bytes().get(10) == Some(&b'T');
    if bare { format!("{text}:00+09:00") } else { text.to_owned() }
}

fn accept(field: &Field, cell: &Cell, today: Date) -> Result<(), EntryError> {
    match cell.checked(field, today) {
        CheckedCell::Faulty(CellFault::Kind | CellFault::Unit) => Err(EntryError::Kind),
        CheckedCell::Faulty(CellFault::Implausible) => Err(EntryError::Bounds),
        CheckedCell::Faulty(CellFault::Future) => Err(EntryError::Future),
        CheckedCell::Text(code) if field.kind == FieldKind::Code => {
            let known = field.codes.iter().any(|one| one.code == code);
            if known { Ok(()) } else { Err(EntryError::Kind) }
        }
        CheckedCell::Text(text) => {
            let lines = field.kind == FieldKind::Document;
            let fits = text.chars().count() <= LONGEST_TEXT && plain(text, lines) == text;
            if fits { Ok(()) } else { Err(EntryError::Text) }
        }
        _ => Ok(()),
    }
}
