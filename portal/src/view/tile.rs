//! The tiles of a resident's home: a value, how it stands, since when, and one link.

use askama::Template;
use jiff::civil::Date;
use warifu_contract::records::{Panel, PanelOutcome, Record, Service};
use warifu_service::words::Voice;

use super::outcome::{Outcome, page_of};
use super::{Link, Tone, checkups, expenses, icon, insurance, pension, source_name};
use crate::dates::words;

/// One tile.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/tile.html")]
pub struct Tile {
    /// The slot it fills; none while it stands in the slot itself.
    pub slot: Option<&'static str>,
    /// The service's icon.
    pub icon: &'static str,
    /// The service's name.
    pub title: String,
    /// Demonstration data.
    pub sample: Option<String>,
    /// The record is another than last time.
    pub changed: Option<String>,
    /// The value, large.
    pub value: Option<String>,
    /// How it stands.
    pub tone: Tone,
    /// How it stands, in words.
    pub state: String,
    /// More words, small.
    pub notes: Vec<String>,
    /// Where to go from here.
    pub link: Option<Link>,
}

/// What a record says in one glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// The value.
    pub value: String,
    /// How it stands.
    pub tone: Tone,
    /// How it stands, in words.
    pub state: String,
    /// More words.
    pub note: Option<String>,
    /// Demonstration data.
    pub sample: bool,
}

impl Tile {
    /// The tile for an answer.
    pub fn of(voice: Voice<'_>, today: Date, panel: &Panel) -> Self {
        let tile = match &panel.outcome {
            PanelOutcome::Ready { record, as_of } => {
                let moment = words::moment(voice.language, *as_of);
                let source = source_name(voice, panel.service, panel.source.as_ref());
                let gaps = [("source", source.into()), ("moment", moment.into())];
                Self::ready(voice, panel.service, glance(voice, today, record))
                    .noting(voice.tell("as-of", &gaps))
            }
            _ => Outcome::of(voice, panel).map_or_else(
                || Self::waiting(voice, panel.service),
                |outcome| Self::without_record(voice, panel.service, outcome),
            ),
        };
        Self { slot: Some(panel.service.as_str()), ..tile }
    }

    /// The tile before its answer.
    pub fn waiting(voice: Voice<'_>, service: Service) -> Self {
        Self {
            tone: Tone::Wait,
            state: voice.say(&format!("wait-{}", service.as_str())),
            notes: vec![voice.say("wait-note")],
            ..Self::bare(voice, service)
        }
    }

    fn ready(voice: Voice<'_>, service: Service, glance: Glance) -> Self {
        let name = service.as_str();
        Self {
            value: Some(glance.value),
            tone: glance.tone,
            state: glance.state,
            sample: glance.sample.then(|| voice.say("sample")),
            notes: glance.note.into_iter().collect(),
            link: Some(Link {
                href: page_of(service).to_owned(),
                words: voice.say(&format!("tile-{name}-link")),
            }),
            ..Self::bare(voice, service)
        }
    }

    fn without_record(voice: Voice<'_>, service: Service, outcome: Outcome) -> Self {
        Self {
            tone: outcome.tone,
            state: outcome.title,
            notes: [outcome.text].into_iter().chain(outcome.code).collect(),
            link: outcome.link,
            ..Self::bare(voice, service)
        }
    }

    fn bare(voice: Voice<'_>, service: Service) -> Self {
        Self {
            slot: None,
            icon: match service {
                Service::Insurance => icon::INSURANCE,
                Service::Expenses => icon::EXPENSES,
                Service::Checkup => icon::CHECKUP,
                Service::Pension => icon::PENSION,
            },
            title: voice.say(&format!("tile-{}", service.as_str())),
            sample: None,
            changed: None,
            value: None,
            tone: Tone::None,
            state: String::new(),
            notes: Vec::new(),
            link: None,
        }
    }

    /// The tile with a word on it that the record changed since last time.
    #[must_use]
    pub fn marked(self, voice: Voice<'_>, changed: bool) -> Self {
        Self { changed: changed.then(|| voice.say("home-changed")), ..self }
    }

    fn noting(mut self, note: String) -> Self {
        self.notes.push(note);
        self
    }
}

fn glance(voice: Voice<'_>, today: Date, record: &Record) -> Glance {
    match record {
        Record::Insurance(record) => insurance::glance(voice, today, record),
        Record::Expenses(record) => expenses::glance(voice, today, record),
        Record::Checkup(record) => checkups::glance(voice, record),
        Record::Pension(record) => pension::glance(voice, record),
    }
}
