//! The registry in words: what the pages show of reports, terms and changes.

use warifu_service::words::Voice;

use crate::japan::minute;
use crate::registry::{EntityReport, ProviderReport, State};
use crate::store::{Change, Deed};

/// A sentence and its advice.
pub(super) struct Said {
    pub(super) title: String,
    pub(super) advice: String,
}

impl Said {
    /// The words of a stable code.
    pub(super) fn of(code: &str, voice: Voice<'_>) -> Self {
        let key = code.replace('.', "-");
        Self { title: voice.say(&key), advice: voice.attribute(&key, "person") }
    }
}

/// The class of the tag that shows a state.
pub(super) fn mood(state: State) -> &'static str {
    match state {
        State::Good => "ok",
        State::Trouble => "warn",
        State::Disabled => "",
        State::NotBelieved | State::Expired => "bad",
    }
}

pub(super) fn state(state: State, voice: Voice<'_>) -> String {
    voice.say(&format!("provider-state-{}", state.as_str()))
}

/// What people call it; the entity id where it has no name, its place where it has none.
pub(super) fn name(report: &ProviderReport, voice: Voice<'_>) -> String {
    let name = report.name(voice.language.tag()).or(report.entity_id.as_deref());
    name.unwrap_or(&report.id).to_owned()
}

/// What metadata says, in words.
pub(super) struct EntityView {
    pub(super) warnings: Vec<String>,
    pub(super) keys: Vec<KeyView>,
    pub(super) addresses: Vec<AddressView>,
    pub(super) until: String,
    pub(super) requests: String,
}

pub(super) struct KeyView {
    pub(super) purpose: String,
    pub(super) kind: String,
    /// In groups of four digits, to be compared by eye.
    pub(super) fingerprint: String,
    pub(super) ends: String,
}

pub(super) struct AddressView {
    pub(super) purpose: String,
    pub(super) binding: String,
    pub(super) url: String,
}

impl EntityView {
    pub(super) fn of(report: &EntityReport, voice: Voice<'_>) -> Self {
        let warning =
            |it: &crate::registry::Warning| voice.say(&format!("provider-warning-{}", it.as_str()));
        let keys = report.keys.iter().map(|key| KeyView {
            purpose: voice.say(&format!("registry-key-{}", key.purpose)),
            kind: key.kind.clone(),
            fingerprint: in_groups(&key.fingerprint),
            ends: key.ends.map(minute).unwrap_or_default(),
        });
        let addresses = report.addresses.iter().map(|it| AddressView {
            purpose: voice.say(&format!("registry-address-{}", it.purpose)),
            binding: it.binding.clone(),
            url: it.url.clone(),
        });
        let signed = if report.signs_requests { "signed" } else { "unsigned" };
        Self {
            warnings: report.warnings.iter().map(warning).collect(),
            keys: keys.collect(),
            addresses: addresses.collect(),
            until: report.valid_until.map_or_else(|| voice.say("registry-until-none"), minute),
            requests: voice.say(&format!("registry-requests-{signed}")),
        }
    }
}

/// A line of the history.
pub(super) struct ChangeView {
    pub(super) at: String,
    pub(super) what: String,
    pub(super) who: String,
    pub(super) entity_id: String,
    pub(super) details: Vec<String>,
}

impl ChangeView {
    pub(super) fn of(change: Change, voice: Voice<'_>) -> Self {
        let deed = |deed: Deed| voice.say(&format!("deed-{}", deed.as_str()));
        let by_command = change.who == crate::registry::COMMAND_LINE;
        Self {
            at: minute(change.at),
            what: deed(change.what),
            who: if by_command { voice.say("registry-by-command") } else { change.who },
            entity_id: change.entity_id,
            details: change.details,
        }
    }
}

/// Where metadata stands, in words.
pub(super) fn source(source: &str, voice: Voice<'_>) -> String {
    match source {
        "pasted" | "aggregate" => voice.say(&format!("registry-{source}")),
        place => place.to_owned(),
    }
}

/// Hexadecimal digits in groups of four.
pub(super) fn in_groups(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() * 5 / 4);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}
