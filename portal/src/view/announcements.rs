//! Announcements: at the entrance, and on the administrators' pages.

use askama::Template;
use jiff::Timestamp;
use warifu_service::web::Page;
use warifu_service::words::{Language, Voice};

use super::site::Site;
use super::{Tone, display_name, icon};
use crate::announcements::{Announcement, Kind};
use crate::dates::words;

/// One announcement as everybody sees it.
#[derive(Debug, Clone)]
pub struct AnnouncementView {
    /// Its heading's id.
    pub id: String,
    /// How grave it is.
    pub tone: Tone,
    /// What kind it is.
    pub kind: String,
    /// In one line.
    pub title: String,
    /// More.
    pub text: String,
    /// From when until when.
    pub span: String,
    /// Who says it.
    pub sender: String,
}

impl AnnouncementView {
    /// As it is told at `now`.
    pub fn new(voice: Voice<'_>, now: Timestamp, one: &Announcement) -> Self {
        let language = voice.language;
        let moment = |at| words::full_moment(language, at);
        let span = [("from", moment(one.from).into()), ("until", moment(one.until).into())];
        let sender = display_name(language, &one.sender);
        Self {
            id: format!("announcement-{}-{}", language.tag(), one.id),
            tone: match one.kind {
                Kind::Outage if one.has_begun(now) => Tone::Bad,
                Kind::Outage | Kind::Maintenance => Tone::Warn,
                Kind::News => Tone::None,
            },
            kind: voice.say(match one.kind {
                Kind::Outage => "announce-kind-outage",
                Kind::Maintenance => "announce-kind-maintenance",
                Kind::News => "announce-kind-news",
            }),
            title: display_name(language, &one.title),
            text: display_name(language, &one.text),
            span: voice.tell("announce-span", &span),
            sender: voice.tell("notice-sender", &[("name", sender.into())]),
        }
    }

    /// The icon of its tone.
    pub fn icon(&self) -> &'static str {
        if self.tone == Tone::None { icon::INFO } else { self.tone.icon() }
    }
}

/// One announcement as the administrators see it.
#[derive(Debug, Clone)]
pub struct AnnouncementRow {
    /// For the steps.
    pub id: String,
    /// As everybody sees it.
    pub shown: AnnouncementView,
    /// How it stands.
    pub tone: Tone,
    /// How it stands, in words.
    pub state: String,
    /// Who did what, when.
    pub deeds: Vec<String>,
    /// It can be taken back.
    pub is_told: bool,
}

impl AnnouncementRow {
    /// As it stands at `now`.
    pub fn new(voice: Voice<'_>, now: Timestamp, one: &Announcement) -> Self {
        let (tone, state) = match () {
            () if one.withdrawn.is_some() => (Tone::None, "announce-state-withdrawn"),
            () if !one.is_told(now) => (Tone::None, "announce-state-over"),
            () if one.has_begun(now) => (Tone::Ok, "announce-state-now"),
            () => (Tone::Wait, "announce-state-ahead"),
        };
        let deed = |key: &str, deed: &crate::announcements::Deed| {
            let at = words::full_moment(voice.language, deed.at);
            voice.tell(key, &[("at", at.into()), ("by", deed.by.as_str().into())])
        };
        let withdrawn = one.withdrawn.iter().map(|one| deed("announce-withdrawn", one));
        Self {
            id: one.id.clone(),
            shown: AnnouncementView::new(voice, now, one),
            tone,
            state: voice.say(state),
            deeds: [deed("announce-published", &one.published)]
                .into_iter()
                .chain(withdrawn)
                .collect(),
            is_told: one.is_told(now),
        }
    }
}

/// The administrators' list.
#[derive(Debug, Template)]
#[template(path = "announcements.html")]
pub struct AnnouncementsScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What came of the last step: how it went, and the key of its words.
    pub said: Option<(Tone, &'static str)>,
    /// The newest first.
    pub rows: Vec<AnnouncementRow>,
}

/// An announcement before it is published, in both languages.
#[derive(Debug, Template)]
#[template(path = "announcement_preview.html")]
pub struct PreviewScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// As everybody will see it, with the language's tag.
    pub shown: [(Language, AnnouncementView); 2],
    /// What was typed.
    pub typed: Vec<(&'static str, String)>,
}
