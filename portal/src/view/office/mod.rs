//! The screens of the card office's staff.

pub mod batch;
pub mod call;
pub mod card;
pub mod deeds;
pub mod forms;
pub mod history;
pub mod list;
pub mod proof;
pub mod rail;
pub mod stage;

use askama::Template;
use warifu_contract::card_office::StopReason;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::site::Site;
use super::{Tone, grouped};
use crate::office::error::Complaint;

/// What has just happened, above the page's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it stands.
    pub tone: Tone,
    /// What happened.
    pub title: String,
    /// What follows from it.
    pub text: String,
    /// The code, for those who help.
    pub code: Option<String>,
}

impl Notice {
    /// Something was done: the words under `key`.
    pub fn done(voice: Voice<'_>, key: &str) -> Self {
        let (title, text) = (voice.say(key), voice.attribute(key, "text"));
        Self { tone: Tone::Ok, title, text, code: None }
    }

    /// Look here: the words under `key`.
    pub fn warning(voice: Voice<'_>, key: &str) -> Self {
        Self { tone: Tone::Warn, ..Self::done(voice, key) }
    }

    /// The office would not, or could not.
    pub fn complaint(voice: Voice<'_>, complaint: Complaint) -> Self {
        let Complaint { title, advice, code } = complaint;
        let code = voice.tell("outcome-code", &[("code", code.into())]);
        Self { tone: Tone::Bad, title, text: advice, code: Some(code) }
    }

    /// Whether it interrupts whoever listens.
    pub fn is_urgent(&self) -> bool {
        self.tone != Tone::Ok
    }
}

/// A page that only says why there is nothing to show.
#[derive(Debug, Template)]
#[template(path = "office/message.html")]
pub struct OfficeMessage<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Why.
    pub complaint: Complaint,
}

/// So many cards, in the sentence under `key`.
pub fn cards(voice: Voice<'_>, key: &str, count: u64) -> String {
    voice.tell(key, &[("count", count.into()), ("n", grouped(count).into())])
}

/// 紛失, 盗難, ….
pub fn reason(voice: Voice<'_>, reason: StopReason) -> String {
    voice.say(match reason {
        StopReason::Lost => "reason-lost",
        StopReason::Stolen => "reason-stolen",
        StopReason::Damaged => "reason-damaged",
        StopReason::Replaced => "reason-replaced",
        StopReason::Deceased => "departure-deceased",
        StopReason::MovedAway => "departure-moved-away",
        StopReason::Left => "reason-left",
        StopReason::Misuse => "reason-misuse",
        StopReason::NotWanted => "reason-not-wanted",
        StopReason::Undelivered => "reason-undelivered",
    })
}

/// A role in words, by its URN or by the office's short name; itself where we do not know it.
pub fn role(voice: Voice<'_>, name: &str) -> String {
    let last = name.rsplit(':').next().unwrap_or(name);
    let key = match last {
        "clerk" => "role-card-clerk".to_owned(),
        "approver" => "role-card-approver".to_owned(),
        other => format!("role-{other}"),
    };
    if voice.knows(&key) { voice.say(&key) } else { name.to_owned() }
}

#[cfg(test)]
mod tests;
