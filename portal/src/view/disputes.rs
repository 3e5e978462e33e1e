//! Disputes: the clinic's questions about answers, and the insurer's answers to them.

use askama::Template;
use warifu_contract::dispute::{Dispute, DisputeAnswer, DisputeKind, Finding};
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::site::Site;
use super::{Fact, Tone, display_name};
use crate::dates::words;
use crate::form::{FieldError, FieldLook, FieldView};

/// The list.
#[derive(Debug, Template)]
#[template(path = "desk/disputes.html")]
pub struct DisputesScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// It is the insurer's.
    pub of_insurer: bool,
    /// What came of the last step: how it went, and the key of its words.
    pub said: Option<(Tone, &'static str)>,
    /// Key of the reason why nothing can be shown.
    pub no_records: Option<&'static str>,
    /// The relay gave no list.
    pub is_silent: bool,
    /// The unanswered, then the answered.
    pub disputes: Vec<DisputeView>,
    /// There is more than is shown.
    pub more: bool,
}

/// One dispute.
#[derive(Debug, Clone)]
pub struct DisputeView {
    /// 認証番号, as it is sent.
    pub number: String,
    /// In groups of four.
    pub grouped: String,
    /// How it stands.
    pub tone: Tone,
    /// In words.
    pub state: String,
    /// What was asked.
    pub facts: Vec<Fact>,
    /// What is proposed.
    pub proposal: Option<String>,
    /// What was answered.
    pub answer: Option<String>,
    /// The insurer may answer it.
    pub is_open: bool,
}

/// A form about one check: the clinic's question, or the insurer's answer.
#[derive(Debug, Template)]
#[template(path = "desk/dispute.html")]
pub struct DisputeForm<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// The title.
    pub title: String,
    /// What happens with what is written.
    pub lead: String,
    /// What is known.
    pub facts: Vec<Fact>,
    /// 認証番号, as it is sent.
    pub number: String,
    /// Where the form goes.
    pub action: &'static str,
    /// Where giving up leads.
    pub back: &'static str,
    /// The button.
    pub send: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// What is wrong with them.
    pub errors: Vec<FieldError>,
}

/// The disputes as they are listed.
pub fn views(voice: Voice<'_>, disputes: &[Dispute], of_insurer: bool) -> Vec<DisputeView> {
    disputes.iter().map(|dispute| view(voice, dispute, of_insurer)).collect()
}

fn view(voice: Voice<'_>, dispute: &Dispute, of_insurer: bool) -> DisputeView {
    let (tone, state) = match &dispute.answer {
        Some(answer) => (Tone::Ok, voice.say(finding(answer.finding))),
        None if dispute.proposal.is_some() => (Tone::Wait, voice.say("dispute-proposed")),
        None => (Tone::Wait, voice.say("dispute-state-open")),
    };
    let said = |key: &str, answer: &DisputeAnswer| {
        let gaps = [
            ("finding", voice.say(finding(answer.finding)).into()),
            ("moment", words::full_moment(voice.language, answer.at).into()),
        ];
        let head = voice.tell(key, &gaps);
        if answer.text.is_empty() { head } else { format!("{head}\n{}", answer.text) }
    };
    DisputeView {
        number: dispute.check_number.to_string(),
        grouped: dispute.check_number.grouped(),
        tone,
        state,
        facts: facts(voice, dispute, of_insurer),
        proposal: dispute.proposal.as_ref().map(|one| said("dispute-proposal", one)),
        answer: dispute.answer.as_ref().map(|one| said("dispute-answer", one)),
        is_open: of_insurer && dispute.answer.is_none(),
    }
}

/// What was answered, and what seems wrong with it.
pub fn facts(voice: Voice<'_>, dispute: &Dispute, of_insurer: bool) -> Vec<Fact> {
    let other = if of_insurer {
        ("dispute-clinic", dispute.clinic.clone())
    } else {
        ("dispute-insurer", display_name(voice.language, &dispute.insurer))
    };
    let text = (!dispute.text.is_empty()).then(|| ("dispute-text", dispute.text.clone()));
    [
        ("dispute-verdict", voice.say(&dispute.verdict.code().replace('.', "-"))),
        other,
        ("dispute-kind", voice.say(kind(dispute.kind))),
    ]
    .into_iter()
    .chain(text)
    .chain([("dispute-at", words::full_moment(voice.language, dispute.at))])
    .map(|(key, value)| Fact { label: voice.say(key), value })
    .collect()
}

/// The key of what seems wrong.
pub const fn kind(kind: DisputeKind) -> &'static str {
    match kind {
        DisputeKind::ShouldBeValid => "dispute-kind-should-be-valid",
        DisputeKind::ShouldHaveEnded => "dispute-kind-should-have-ended",
        DisputeKind::WrongItem => "dispute-kind-wrong-item",
        DisputeKind::WrongRatio => "dispute-kind-wrong-ratio",
        DisputeKind::Dependants => "dispute-kind-dependants",
        DisputeKind::Other => "dispute-kind-other",
    }
}

/// The key of what the insurer found.
pub const fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Confirmed => "dispute-finding-confirmed",
        Finding::Corrected => "dispute-finding-corrected",
        Finding::NotOurs => "dispute-finding-not-ours",
    }
}
