//! The history of a card as a timeline.

use askama::Template;
use warifu_contract::card_office::CardEvent;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::{reason, role, stage};
use crate::dates::words;
use crate::view::Tone;
use crate::view::site::Site;

/// Characters by which a member of staff is told from others.
const SHORT: usize = 6;

/// The history's page.
#[derive(Debug, Template)]
#[template(path = "office/history.html")]
pub struct CardHistoryScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// 受付番号.
    pub id: String,
    /// Whose card it is.
    pub title: String,
    /// As of when.
    pub as_of: String,
    /// What happened, newest first.
    pub events: Vec<EventRow>,
}

/// One event.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Its place in the history.
    pub sequence: u32,
    /// When.
    pub moment: String,
    /// What happened.
    pub what: String,
    /// Who did it, in which role.
    pub who: String,
    /// How the card stood afterwards.
    pub tone: Tone,
    /// From where to where it went; none when it stayed.
    pub change: Option<(String, String)>,
    /// Why.
    pub reason: Option<String>,
    /// What was noted.
    pub note: Option<String>,
}

/// The events, newest first.
pub fn rows(voice: Voice<'_>, events: &[CardEvent]) -> Vec<EventRow> {
    let mut newest: Vec<_> = events.iter().collect();
    newest.sort_by_key(|event| std::cmp::Reverse(event.sequence));
    newest.into_iter().map(|event| row(voice, event)).collect()
}

fn row(voice: Voice<'_>, event: &CardEvent) -> EventRow {
    let moved = event.from.filter(|from| *from != event.to);
    EventRow {
        sequence: event.sequence,
        moment: words::full_moment(voice.language, event.at),
        what: what(voice, event),
        who: who(voice, event),
        tone: stage::tone(event.to),
        change: moved.map(|from| (stage::word(voice, from), stage::word(voice, event.to))),
        reason: event.reason.map(|why| reason(voice, why)),
        note: event.note.clone(),
    }
}

/// What happened, in words; an event that we do not know by its own name.
pub fn what(voice: Voice<'_>, event: &CardEvent) -> String {
    let key = format!("event-{}", event.kind.replace('.', "-"));
    if voice.knows(&key) { voice.say(&key) } else { event.kind.clone() }
}

/// Who did it: the role, and enough of the reference to tell two people apart.
pub fn who(voice: Voice<'_>, event: &CardEvent) -> String {
    let actor = event.actor.as_str();
    if actor == "system" {
        return voice.say("actor-system");
    }
    if let Some(name) = actor.strip_prefix("machine:") {
        return voice.tell("actor-machine", &[("name", name.into())]);
    }
    let reference: String = actor.chars().take(SHORT).collect();
    let role =
        event.role.as_deref().map_or_else(|| voice.say("actor-staff"), |urn| role(voice, urn));
    voice.tell("actor-person", &[("role", role.into()), ("reference", reference.into())])
}
