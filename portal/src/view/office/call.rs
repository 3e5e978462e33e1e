//! The call centre: the questions, the caller's cards, and what to tell the caller.

use askama::Template;
use warifu_contract::card_office::Card;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::deeds;
use super::{Notice, stage};
use crate::dates::words;
use crate::form::{FieldError, FieldLook, FieldView};
use crate::view::Tone;
use crate::view::site::Site;

/// The identity questions.
#[derive(Debug, Template)]
#[template(path = "office/questions.html")]
pub struct QuestionsScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
    /// For the form.
    pub stamp: String,
    /// What the caller is asked.
    pub fields: Vec<FieldView>,
}

/// The caller's cards.
#[derive(Debug, Template)]
#[template(path = "office/caller.html")]
pub struct CallerScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// What is wrong.
    pub errors: Vec<FieldError>,
    /// For the forms.
    pub stamp: String,
    /// Who calls.
    pub title: String,
    /// The cards, those in use first.
    pub cards: Vec<CallCard>,
}

/// One card of the caller.
#[derive(Debug, Clone)]
pub struct CallCard {
    /// 受付番号.
    pub id: String,
    /// The number printed on it, or else what it is.
    pub name: String,
    /// How it stands.
    pub tone: Tone,
    /// Where it stands.
    pub stage: String,
    /// Since when.
    pub since: String,
    /// The reasons to choose from, when it can be stopped.
    pub reasons: Option<Vec<FieldView>>,
    /// Why it cannot be stopped.
    pub why_not: String,
}

impl CallCard {
    /// The card; `reasons` are shown when it can be stopped now.
    pub fn new(voice: Voice<'_>, card: &Card, reasons: Vec<FieldView>) -> Self {
        let said = card.possible.iter().find(|said| said.action == "suspend");
        let why_not = match said.and_then(|said| said.refused.as_deref()) {
            Some(code) => deeds::why(voice, code),
            None => voice.attribute(&stage::key(card.stage), "call"),
        };
        let moment = words::moment(voice.language, card.since);
        Self {
            id: card.id.clone(),
            name: card.number.as_ref().map_or_else(
                || voice.tell("card-id", &[("id", card.id.as_str().into())]),
                |number| voice.tell("card-number", &[("number", number.as_str().into())]),
            ),
            tone: stage::tone(card.stage),
            stage: stage::word(voice, card.stage),
            since: voice.tell("card-since", &[("moment", moment.into())]),
            reasons: said.is_some_and(|said| said.refused.is_none()).then_some(reasons),
            why_not,
        }
    }
}

/// A card was stopped: what to tell the caller.
#[derive(Debug, Template)]
#[template(path = "office/stopped.html")]
pub struct StoppedScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// For the form.
    pub stamp: String,
    /// The card.
    pub name: String,
    /// Since when it is stopped.
    pub since: String,
}
