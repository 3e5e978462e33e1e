//! Events: appended, never changed.

use warifu_contract::card_office::Stage;
use warifu_service::storage::{Transaction, instant, is_duplicate, micros};
use warifu_service::{execute, fetch_all};

use super::Store;
use crate::event::Event;
use crate::{CardId, OfficeError, StaffRole};

const TABLE: &str = "office_events";
const NOTE: &str = "office_events.note";

/// What came of writing an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// It stands.
    Yes,
    /// Somebody else's event stands in its place; the transaction can only be given up.
    Taken,
}

#[derive(sqlx::FromRow)]
struct Raw {
    card: String,
    sequence: i64,
    at: i64,
    actor: String,
    role: Option<String>,
    origin: Option<String>,
    target: String,
    step: String,
    note: Option<Vec<u8>>,
    previous: Vec<u8>,
}

impl TryFrom<Raw> for Event {
    type Error = OfficeError;

    fn try_from(raw: Raw) -> Result<Self, OfficeError> {
        let corrupt = || OfficeError::record(TABLE, &format!("{}/{}", raw.card, raw.sequence));
        let stage = |word: &String| Stage::named(word).ok_or_else(corrupt);
        let role = |word: &String| {
            StaffRole::ALL.into_iter().find(|role| role.name() == word).ok_or_else(corrupt)
        };
        Ok(Self {
            sequence: u32::try_from(raw.sequence).map_err(|_| corrupt())?,
            at: instant(raw.at),
            role: raw.role.as_ref().map(role).transpose()?,
            from: raw.origin.as_ref().map(stage).transpose()?,
            to: stage(&raw.target)?,
            step: serde_json::from_str(&raw.step).map_err(|_| corrupt())?,
            previous: raw.previous.as_slice().try_into().map_err(|_| corrupt())?,
            note: raw.note,
            actor: raw.actor,
            card: raw.card,
        })
    }
}

impl Store {
    /// Seals a note for the event it will stand in.
    pub(crate) fn seal_note(&self, card: &CardId, sequence: u32, note: &str) -> Vec<u8> {
        self.seal(NOTE, &event_row(card.as_str(), sequence), note.as_bytes())
    }

    /// What an event's note says.
    pub(crate) fn note_of(&self, event: &Event) -> Result<Option<String>, OfficeError> {
        let row = event_row(&event.card, event.sequence);
        let note = event.note.as_deref().map(|sealed| self.open_text(NOTE, &row, sealed));
        Ok(note.transpose()?)
    }

    pub(crate) async fn append(
        &self,
        on: &mut Transaction,
        event: &Event,
    ) -> Result<Written, OfficeError> {
        let sql = "INSERT INTO office_events \
                   (card, sequence, at, actor, role, origin, target, step, note, previous) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let step = serde_json::to_string(&event.step)
            .map_err(|_| OfficeError::record(TABLE, &event.card))?;
        let written = execute!(
            on.on(),
            sql,
            event.card.as_str(),
            i64::from(event.sequence),
            micros(event.at),
            event.actor.as_str(),
            event.role.map(StaffRole::name),
            event.from.map(Stage::as_str),
            event.to.as_str(),
            step,
            event.note.as_deref(),
            event.previous.as_slice()
        );
        match written {
            Err(error) if is_duplicate(&error) => Ok(Written::Taken),
            other => Ok(other.map(|_| Written::Yes)?),
        }
    }

    /// A card's events, in order.
    pub(crate) async fn events(&self, card: &CardId) -> Result<Vec<Event>, OfficeError> {
        let sql = "SELECT card, sequence, at, actor, role, origin, target, step, note, previous \
                   FROM office_events WHERE card = $1 ORDER BY sequence";
        let raws = fetch_all!(self.database.read(), Raw, sql, card.as_str())?;
        raws.into_iter().map(Event::try_from).collect()
    }
}

fn event_row(card: &str, sequence: u32) -> String {
    format!("{card}/{sequence}")
}
