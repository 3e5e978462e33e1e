//! What a panel says when there is no record to show: whose side, why, and what next.

use askama::Template;
use jiff::Timestamp;
use warifu_contract::records::{Panel, PanelOutcome, Service};
use warifu_service::words::Voice;

use super::{Link, Tone, readings, source_name};
use crate::dates::words;

/// The code of a source that is not asked.
const RESTING: &str = "source.resting";

/// A panel without a record.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/outcome.html")]
pub struct Outcome {
    /// The slot of the page it belongs to.
    pub slot: &'static str,
    /// How it stands.
    pub tone: Tone,
    /// What happened, in a sentence.
    pub title: String,
    /// What that means.
    pub text: String,
    /// The one next step.
    pub link: Option<Link>,
    /// The code, for those who help.
    pub code: Option<String>,
}

impl Outcome {
    /// Why `panel` holds no record; none when it holds one.
    pub fn of(voice: Voice<'_>, panel: &Panel) -> Option<Self> {
        let (key, tone, code) = match &panel.outcome {
            PanelOutcome::Ready { .. } => return None,
            PanelOutcome::Empty => ("outcome-empty", Tone::None, None),
            PanelOutcome::NotLinked => ("outcome-not-linked", Tone::None, None),
            PanelOutcome::Refused { code } => (refused_key(code), Tone::Warn, Some(code.as_str())),
            PanelOutcome::Failed { code } => (failed_key(code), Tone::Warn, Some(code.as_str())),
            PanelOutcome::Resting { .. } => ("outcome-resting", Tone::Warn, Some(RESTING)),
        };
        let source = source_name(voice, panel.service, panel.source.as_ref());
        Some(Self {
            slot: panel.service.as_str(),
            tone,
            title: voice.tell(key, &[("source", source.into())]),
            text: text(voice, key, &panel.outcome),
            link: next_step(voice, panel),
            code: code.map(|code| voice.tell("outcome-code", &[("code", code.into())])),
        })
    }

    /// As a clinic's staff are told: the ways on are the patient's own, the reason is not.
    #[must_use]
    pub fn at_desk(self, voice: Voice<'_>, panel: &Panel) -> Self {
        let why = match &panel.outcome {
            PanelOutcome::Refused { code } => readings::why(code),
            _ => None,
        };
        let text = why.map_or(self.text, |key| voice.say(key));
        Self { link: None, text, ..self }
    }

    /// What stands in the panel's place until its answer arrives.
    pub fn waiting(voice: Voice<'_>, service: Service) -> Self {
        Self {
            slot: service.as_str(),
            tone: Tone::Wait,
            title: voice.say(&format!("wait-{}", service.as_str())),
            text: voice.say("wait-page"),
            link: None,
            code: None,
        }
    }
}

/// What it means; of a source that is not asked, since when, and when it will be.
fn text(voice: Voice<'_>, key: &str, outcome: &PanelOutcome) -> String {
    let key = format!("{key}-text");
    let PanelOutcome::Resting { since, again } = outcome else { return voice.say(&key) };
    let time = |at: &Timestamp| words::clock_with_seconds(*at);
    voice.tell(&key, &[("since", time(since).into()), ("again", time(again).into())])
}

/// Ask again where the source failed, sign in again where this sign-in does not do.
fn next_step(voice: Voice<'_>, panel: &Panel) -> Option<Link> {
    match &panel.outcome {
        PanelOutcome::Failed { .. } | PanelOutcome::Resting { .. } => {
            Some(retry_link(voice, panel.service))
        }
        PanelOutcome::Refused { code } if refused_key(code) == "outcome-refused" => Some(Link {
            href: format!("/login?to={}", page_of(panel.service)),
            words: voice.say("no-records-again"),
        }),
        _ => None,
    }
}

/// The panel's own address, for asking it alone again.
pub fn retry_link(voice: Voice<'_>, service: Service) -> Link {
    Link {
        href: page_of(service).to_owned(),
        words: voice.say(&format!("retry-{}", service.as_str())),
    }
}

/// The page that shows one service.
pub fn page_of(service: Service) -> &'static str {
    match service {
        Service::Insurance => "/insurance",
        Service::Expenses => "/expenses",
        Service::Checkup => "/checkups",
        Service::Pension => "/pension",
    }
}

fn refused_key(code: &str) -> &'static str {
    match code.split_once('.') {
        Some(("consent", _)) => "outcome-refused-consent",
        Some(("link", _)) => "outcome-refused-link",
        Some(("proxy", _)) => "outcome-refused-proxy",
        _ => "outcome-refused",
    }
}

fn failed_key(code: &str) -> &'static str {
    match code {
        "source.slow" => "outcome-slow",
        "source.broken" => "outcome-broken",
        "source.busy" => "outcome-busy",
        "log.busy" => "outcome-relay",
        code if code.starts_with("relay") => "outcome-relay",
        _ => "outcome-down",
    }
}
