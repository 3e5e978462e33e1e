//! A declared form: its fields, what is typed in them, what is wrong with it.

use std::collections::BTreeMap;

use warifu_contract::services::{Declaration, EntryError, Field, FieldKind, Form, FormField, Row};
use warifu_service::words::Voice;

use super::super::Fact;
use super::{cell, said};

/// Radio buttons up to so many values; a list beyond.
const MOST_PICKS: usize = 6;

/// One field as it is shown.
#[derive(Debug, Clone)]
pub struct EntryField {
    /// Its name in the form.
    pub name: String,
    /// Its id on the page.
    pub id: String,
    /// Its label.
    pub label: String,
    /// Unit, bounds, and whether it may stay empty.
    pub hint: String,
    /// It must not stay empty.
    pub required: bool,
    /// What is in it.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// How it is filled in.
    pub look: EntryLook,
}

/// How a field is filled in.
#[derive(Debug, Clone)]
pub enum EntryLook {
    /// One line, of this type of input and this kind of keyboard.
    Line(&'static str, &'static str),
    /// Several lines.
    Lines,
    /// One of these, by buttons.
    Picks(Vec<EntryChoice>),
    /// One of these, from a list.
    List(Vec<EntryChoice>),
    /// A box to tick.
    Tick,
}

/// One value to choose.
#[derive(Debug, Clone)]
pub struct EntryChoice {
    /// Its id: the field's own for the first, so that an error leads there.
    pub id: String,
    /// What is sent.
    pub value: String,
    /// Its words.
    pub label: String,
    /// It is chosen.
    pub chosen: bool,
}

/// The fields of `form` holding `typed`, with what is `wrong` beside them.
pub fn entry_fields(
    voice: Voice<'_>,
    service: &Declaration,
    form: &Form,
    typed: &BTreeMap<String, String>,
    wrong: &[(String, EntryError)],
) -> Vec<EntryField> {
    let fields = form.fields.iter().filter_map(|one| Some((one, service.field(&one.field)?)));
    fields.map(|(one, field)| entry_field(voice, one, field, typed, wrong)).collect()
}

fn entry_field(
    voice: Voice<'_>,
    asked: &FormField,
    field: &Field,
    typed: &BTreeMap<String, String>,
    wrong: &[(String, EntryError)],
) -> EntryField {
    let (id, value) = (id_of(&field.name), typed.get(&field.name).cloned().unwrap_or_default());
    let error = wrong.iter().find(|(name, _)| *name == field.name);
    EntryField {
        hint: hint(voice, asked, field),
        required: asked.required,
        label: said(voice.language, &field.label),
        error: error.map(|(_, error)| voice.say(error_key(*error))),
        look: look(voice, field, &id, &value),
        name: field.name.clone(),
        id,
        value,
    }
}

fn id_of(name: &str) -> String {
    format!("entry-{name}")
}

fn hint(voice: Voice<'_>, asked: &FormField, field: &Field) -> String {
    let unit = field.unit.clone().unwrap_or_default();
    let need = match (asked.required, field.kind) {
        (_, FieldKind::Flag) => String::new(),
        (true, _) => voice.say("services-required"),
        (false, _) => voice.say("services-optional"),
    };
    [unit, need].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn look(voice: Voice<'_>, field: &Field, id: &str, value: &str) -> EntryLook {
    match field.kind {
        FieldKind::Date => EntryLook::Line("date", "text"),
        FieldKind::Moment => EntryLook::Line("datetime-local", "text"),
        FieldKind::Number => EntryLook::Line("text", "decimal"),
        FieldKind::Document => EntryLook::Lines,
        FieldKind::Flag => EntryLook::Tick,
        FieldKind::Code => {
            let choices = field.codes.iter().enumerate().map(|(place, code)| EntryChoice {
                id: if place == 0 { id.to_owned() } else { format!("{id}-{}", code.code) },
                value: code.code.clone(),
                label: said(voice.language, &code.words),
                chosen: value == code.code,
            });
            let choices: Vec<_> = choices.collect();
            if choices.len() > MOST_PICKS {
                EntryLook::List(choices)
            } else {
                EntryLook::Picks(choices)
            }
        }
        FieldKind::Text | FieldKind::Place | FieldKind::Other => EntryLook::Line("text", "text"),
    }
}

/// What is wrong, in words, with the ids of the fields.
pub fn entry_errors(
    voice: Voice<'_>,
    service: &Declaration,
    wrong: &[(String, EntryError)],
) -> Vec<(String, String)> {
    let words = |(name, error): &(String, EntryError)| {
        let gaps = [
            ("field", cell::label(voice, service, name).into()),
            ("what", voice.say(error_key(*error)).into()),
        ];
        (id_of(name), voice.tell("services-error", &gaps))
    };
    wrong.iter().map(words).collect()
}

/// What is about to be sent, in words.
pub fn entry_summary(
    voice: Voice<'_>,
    service: &Declaration,
    row: &Row,
    today: jiff::civil::Date,
) -> Vec<Fact> {
    cell::facts(voice, service, &row.checked(service, today), &[])
}

const fn error_key(error: EntryError) -> &'static str {
    match error {
        EntryError::Empty => "services-entry-empty",
        EntryError::Kind => "services-entry-kind",
        EntryError::Bounds => "services-entry-bounds",
        EntryError::Future => "services-entry-future",
        EntryError::Text => "services-entry-text",
        EntryError::Unknown => "services-entry-unknown",
    }
}
