//! What a connector says of a person: rows, checked against what it declared.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::manifest::{Declaration, Field, FieldKind};
use super::{
    LONGEST_DOCUMENT, LONGEST_REASON, LONGEST_TEXT, MOST_FIELDS, MOST_ROWS, MOST_STEPS,
    MOST_SUBMISSIONS, is_name,
};
use crate::calendar::today_in_japan;

/// The records of one service about one person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Newest first, at most [`MOST_ROWS`].
    pub rows: Vec<Row>,
    /// What the person sent, newest first, at most [`MOST_SUBMISSIONS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub submissions: Vec<Submitted>,
}

/// One row: values by the names of their fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(transparent)]
pub struct Row(pub BTreeMap<String, Cell>);

/// One value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(untagged)]
pub enum Cell {
    /// Yes or no.
    Flag(bool),
    /// A number of the field's own unit.
    Number(f64),
    /// Text; days, instants, codes and places too.
    Text(String),
    /// A number that says its unit, which must be the field's.
    Quantity {
        /// The number.
        value: f64,
        /// The unit.
        unit: String,
    },
}

/// Something that the person sent, and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submitted {
    /// Under which number one asks for it.
    pub reference: String,
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Where it stands: a code of the form.
    pub status: String,
    /// What was sent.
    pub values: Row,
    /// What the holder decided since, oldest first, at most [`MOST_STEPS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// One decision of the holder about what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Where it stood from then on: a code of the form.
    pub status: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why, in the words of staff, where they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why an answer as a whole cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Too many rows, submissions or values.
    #[error("content.large")]
    Large,
    /// A text that is too long.
    #[error("content.long")]
    Long,
    /// The name of a value cannot be one.
    #[error("content.name")]
    Name,
}

impl ContentError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Large => "content.large",
            Self::Long => "content.long",
            Self::Name => "content.name",
        }
    }
}

/// Why one value is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CellFault {
    /// Of another kind than the field's.
    Kind,
    /// Of another unit.
    Unit,
    /// No number can be that great or small here.
    Implausible,
    /// A day that has not come.
    Future,
}

impl CellFault {
    /// Every fault.
    pub const ALL: [Self; 4] = [Self::Kind, Self::Unit, Self::Implausible, Self::Future];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Unit => "unit",
            Self::Implausible => "implausible",
            Self::Future => "future",
        }
    }
}

/// One value as it may be shown.
#[derive(Debug, Clone, PartialEq)]
pub enum CheckedCell<'a> {
    /// Text, code, or whatever is of a kind that is not known: as it stands.
    Text(&'a str),
    /// A number of the field's unit.
    Number(f64),
    /// A day.
    Date(Date),
    /// An instant.
    Moment(Timestamp),
    /// Yes or no.
    Flag(bool),
    /// Degrees north and east.
    Place(f64, f64),
    /// It must not be shown.
    Faulty(CellFault),
}

/// A row whose values were checked, in the order of the fields; values that no field names follow.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedRow<'a>(Vec<(&'a str, CheckedCell<'a>)>);

impl<'a> CheckedRow<'a> {
    /// Every value with its name.
    pub fn cells(&self) -> impl Iterator<Item = (&'a str, &CheckedCell<'a>)> {
        self.0.iter().map(|(name, cell)| (*name, cell))
    }

    /// The value called `name`.
    pub fn cell(&self, name: &str) -> Option<&CheckedCell<'a>> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, cell)| cell)
    }

    /// Every fault, with the value's name.
    pub fn faults(&self) -> impl Iterator<Item = (&'a str, CellFault)> {
        self.0.iter().filter_map(|(name, cell)| match cell {
            CheckedCell::Faulty(fault) => Some((*name, *fault)),
            _ => None,
        })
    }
}

impl Content {
    /// Whether it is within its bounds. Values are checked one by one by [`Row::checked`].
    pub fn check(&self) -> Result<(), ContentError> {
        if self.rows.len() > MOST_ROWS || self.submissions.len() > MOST_SUBMISSIONS {
            return Err(ContentError::Large);
        }
        let sent = self.submissions.iter().map(|sent| &sent.values);
        self.rows.iter().chain(sent).try_for_each(Row::check)?;
        self.submissions.iter().try_for_each(Submitted::check)
    }

    /// The first fault of any value at `now`, with its name.
    pub fn fault(&self, service: &Declaration, now: Timestamp) -> Option<(&str, CellFault)> {
        let today = today_in_japan(now);
        let sent = self.submissions.iter().map(|sent| &sent.values);
        self.rows.iter().chain(sent).find_map(|row| row.checked(service, today).faults().next())
    }
}

impl Submitted {
    fn check(&self) -> Result<(), ContentError> {
        if self.steps.len() > MOST_STEPS {
            return Err(ContentError::Large);
        }
        let reasons = self.steps.iter().filter_map(|step| step.reason.as_deref());
        if reasons.into_iter().any(|reason| reason.chars().count() > LONGEST_REASON) {
            return Err(ContentError::Long);
        }
        let mut named = self.steps.iter().map(|step| &step.status).chain([&self.status]);
        let sound = named.all(|name| is_name(name)) && is_reference(&self.reference);
        if sound { Ok(()) } else { Err(ContentError::Name) }
    }
}

/// Whether `text` can be the number under which one asks for something sent.
pub fn is_reference(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(plain)
}

impl Row {
    fn check(&self) -> Result<(), ContentError> {
        if self.0.len() > 2 * MOST_FIELDS {
            return Err(ContentError::Large);
        }
        for (name, cell) in &self.0 {
            if !is_name(name) {
                return Err(ContentError::Name);
            }
            let text = match cell {
                Cell::Text(text) | Cell::Quantity { unit: text, .. } => text,
                Cell::Flag(_) | Cell::Number(_) => continue,
            };
            // A character has at most four bytes: counting them is for long texts alone.
            if text.len() > LONGEST_DOCUMENT && text.chars().count() > LONGEST_DOCUMENT {
                return Err(ContentError::Long);
            }
        }
        Ok(())
    }

    /// Its values as they may be shown on the day `today`, in the order of the fields of
    /// `service`; those that no field names come after, as text.
    pub fn checked(&self, service: &Declaration, today: Date) -> CheckedRow<'_> {
        let mut cells = Vec::with_capacity(self.0.len());
        for field in &service.fields {
            if let Some((name, cell)) = self.0.get_key_value(&field.name) {
                cells.push((name.as_str(), cell.checked(field, today)));
            }
        }
        for (name, cell) in self.0.iter().filter(|(name, _)| service.field(name).is_none()) {
            cells.push((name.as_str(), cell.as_it_stands()));
        }
        CheckedRow(cells)
    }
}

impl Cell {
    /// The value as one of `field`.
    pub fn checked(&self, field: &Field, today: Date) -> CheckedCell<'_> {
        let checked = match (field.kind, self) {
            (FieldKind::Other, _) => return self.as_it_stands(),
            (FieldKind::Number, Self::Number(value)) => number(field, *value),
            (FieldKind::Number, Self::Quantity { value, unit }) => {
                if field.unit.as_deref() == Some(unit) {
                    number(field, *value)
                } else {
                    Err(CellFault::Unit)
                }
            }
            (FieldKind::Flag, Self::Flag(flag)) => Ok(CheckedCell::Flag(*flag)),
            (FieldKind::Date, Self::Text(text)) => date(field, text, today),
            (FieldKind::Moment, Self::Text(text)) => moment(field, text, today),
            (FieldKind::Place, Self::Text(text)) => place(text).ok_or(CellFault::Kind),
            (FieldKind::Text | FieldKind::Code, Self::Text(text)) => short(text),
            (FieldKind::Document, Self::Text(text)) => Ok(CheckedCell::Text(text)),
            _ => Err(CellFault::Kind),
        };
        checked.unwrap_or_else(CheckedCell::Faulty)
    }

    /// Of a kind that is not known: the text or number itself.
    fn as_it_stands(&self) -> CheckedCell<'_> {
        match self {
            Self::Flag(flag) => CheckedCell::Flag(*flag),
            Self::Number(value) => CheckedCell::Number(*value),
            Self::Text(text) => CheckedCell::Text(text),
            // Its unit is not ours to say.
            Self::Quantity { .. } => CheckedCell::Faulty(CellFault::Unit),
        }
    }
}

fn number(field: &Field, value: f64) -> Result<CheckedCell<'static>, CellFault> {
    let low = field.least.is_some_and(|least| value < least);
    let high = field.most.is_some_and(|most| value > most);
    if low || high || !value.is_finite() {
        return Err(CellFault::Implausible);
    }
    Ok(CheckedCell::Number(value))
}

fn short(text: &str) -> Result<CheckedCell<'_>, CellFault> {
    if text.chars().count() > LONGEST_TEXT {
        Err(CellFault::Kind)
    } else {
        Ok(CheckedCell::Text(text))
    }
}

fn date(field: &Field, text: &str, today: Date) -> Result<CheckedCell<'static>, CellFault> {
    let date: Date = text.parse().map_err(|_| CellFault::Kind)?;
    if date > today && !field.ahead {
        return Err(CellFault::Future);
    }
    Ok(CheckedCell::Date(date))
}

fn moment(field: &Field, text: &str, today: Date) -> Result<CheckedCell<'static>, CellFault> {
    let moment: Timestamp = text.parse().map_err(|_| CellFault::Kind)?;
    if today_in_japan(moment) > today && !field.ahead {
        return Err(CellFault::Future);
    }
    Ok(CheckedCell::Moment(moment))
}

fn place(text: &str) -> Option<CheckedCell<'static>> {
    let (north, east) = text.split_once(',')?;
    let (north, east): (f64, f64) = (north.trim().parse().ok()?, east.trim().parse().ok()?);
    let on_earth = (-90.0..=90.0).contains(&north) && (-180.0..=180.0).contains(&east);
    on_earth.then_some(CheckedCell::Place(north, east))
}
