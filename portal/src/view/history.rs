//! Who saw my records: one sentence per entry, own looks folded together.

use askama::Template;
use jiff::{SignedDuration, Timestamp};
use warifu_contract::eligibility::Verdict;
use warifu_contract::history::{
    AccessResult, Asked, ErasedEntry, HistoryEntry, HistoryPage, Purpose, Reader,
};
use warifu_contract::records::Service;
use warifu_service::words::Voice;

use super::disputes::finding;
use super::sought::{Sought, SoughtView};
use super::{Link, Tone, display_name};
use crate::dates::words;

/// Rows on the home page.
const ROWS_AT_HOME: usize = 3;
/// The home page counts this far back.
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The history page's content.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/history.html")]
pub struct HistoryView<'a> {
    voice: Voice<'a>,
    groups: Vec<Group>,
    erased: Option<String>,
    is_own: bool,
    older: Option<Link>,
    newest: Option<Link>,
    sought: SoughtView,
}

/// Neighbouring entries of one kind.
#[derive(Debug, Clone)]
enum Group {
    /// Somebody else's look.
    Other(EntryView),
    /// One's own looks, folded.
    Own { title: String, entries: Vec<EntryView> },
}

#[derive(Debug, Clone)]
struct EntryView {
    at: String,
    machine_at: String,
    sentence: String,
    tone: Tone,
    result: String,
    details: Vec<String>,
    /// Where the proof is saved from; none for a proxy.
    proof: Option<Link>,
}

impl<'a> HistoryView<'a> {
    /// One page of the history, of which `sought` was asked for; `first` when nothing newer was left
    /// out. To a proxy, that of the person who is called `other`.
    pub fn new(
        voice: Voice<'a>,
        page: &HistoryPage,
        first: bool,
        sought: &Sought,
        other: Option<&str>,
    ) -> Self {
        let link = |href: String, key: &str| Link { href, words: voice.say(key) };
        let older = page.before.map(|before| sought.address(Some(before)));
        Self {
            voice,
            groups: groups(Told { voice, other }, &page.entries),
            is_own: other.is_none(),
            erased: erased(voice, &page.erased),
            older: older.map(|href| link(href, "history-older")),
            newest: (!first).then(|| link(sought.address(None), "history-newest")),
            sought: sought.view(voice),
        }
    }
}

/// The panel of the home page.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/viewers.html")]
pub struct ViewersView<'a> {
    voice: Voice<'a>,
    summary: String,
    rows: Vec<ViewerRow>,
}

#[derive(Debug, Clone)]
struct ViewerRow {
    at: String,
    who: String,
    why: String,
    what: String,
}

impl<'a> ViewersView<'a> {
    /// Others' looks within the last 30 days before `now`.
    pub fn new(voice: Voice<'a>, now: Timestamp, entries: &[HistoryEntry]) -> Self {
        let recent: Vec<_> = entries
            .iter()
            .filter(|entry| !is_own(entry) && now.duration_since(entry.at) <= MONTH)
            .collect();
        let summary = match recent.len() {
            0 => voice.say("history-viewers-none"),
            n => voice.tell("history-viewers-text", &[("n", n.into())]),
        };
        let rows = recent.into_iter().take(ROWS_AT_HOME);
        Self { voice, summary, rows: rows.map(|entry| viewer(voice, entry)).collect() }
    }
}

/// The home page's panel when the history could not be read.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/viewers_failed.html")]
pub struct ViewersFailed<'a> {
    /// The page's voice.
    pub voice: Voice<'a>,
    /// Still waiting rather than failed: it stands in the slot itself.
    pub waiting: bool,
}

fn viewer(voice: Voice<'_>, entry: &HistoryEntry) -> ViewerRow {
    ViewerRow {
        at: words::moment(voice.language, entry.at),
        who: reader(voice, entry),
        why: voice.say(match entry.purpose {
            Purpose::OwnLook => "history-purpose-own-look",
            Purpose::Treatment => "history-purpose-treatment",
            Purpose::Linking => "history-purpose-linking",
            Purpose::Care => "history-purpose-care",
            Purpose::HealthGuidance => "history-purpose-health-guidance",
            Purpose::Emergency => "history-purpose-emergency",
            Purpose::OwnService => "history-purpose-own-service",
            Purpose::OnBehalf => "history-purpose-on-behalf",
            Purpose::Procedure => "history-purpose-procedure",
        }),
        what: asked(voice, entry),
    }
}

/// To whom the entries are told: to whom they are about, or to the proxy of `other`.
#[derive(Debug, Clone, Copy)]
struct Told<'a> {
    voice: Voice<'a>,
    other: Option<&'a str>,
}

fn groups(told: Told<'_>, entries: &[HistoryEntry]) -> Vec<Group> {
    entries
        .chunk_by(|left, right| is_own(left) && is_own(right))
        .filter_map(|chunk| group(told, chunk))
        .collect()
}

fn group(told: Told<'_>, chunk: &[HistoryEntry]) -> Option<Group> {
    let first = chunk.first()?;
    if is_own(first) {
        let n = ("n", chunk.len().into());
        let title = match told.other {
            None => told.voice.tell("history-own-fold", &[n]),
            Some(name) => told.voice.tell("history-person-fold", &[n, ("name", name.into())]),
        };
        let entries = chunk.iter().map(|entry| view(told, entry)).collect();
        return Some(Group::Own { title, entries });
    }
    Some(Group::Other(view(told, first)))
}

fn is_own(entry: &HistoryEntry) -> bool {
    matches!(entry.reader, Reader::Oneself | Reader::OnBehalf { .. })
}

fn view(told: Told<'_>, entry: &HistoryEntry) -> EntryView {
    let voice = told.voice;
    let (tone, result) = result(voice, &entry.result);
    EntryView {
        at: words::full_moment(voice.language, entry.at),
        machine_at: entry.at.to_string(),
        sentence: sentence(told, entry),
        tone,
        result,
        details: details(voice, entry),
        proof: told.other.is_none().then(|| proof(voice, entry.index)),
    }
}

/// Where the entry's proof is saved from; read aloud with its place, since many stand on the page.
fn proof(voice: Voice<'_>, index: u64) -> Link {
    let words = voice.tell("history-proof-of", &[("index", index.to_string().into())]);
    Link { href: format!("/history/proof?index={index}"), words }
}

/// That entries of this page were erased, and which.
fn erased(voice: Voice<'_>, erased: &[ErasedEntry]) -> Option<String> {
    let numbers: Vec<_> = erased.iter().map(|one| one.subject_sequence.to_string()).collect();
    let gaps = [("n", erased.len().into()), ("numbers", numbers.join(", ").into())];
    (!erased.is_empty()).then(|| voice.tell("history-erased", &gaps))
}

fn sentence(told: Told<'_>, entry: &HistoryEntry) -> String {
    let voice = told.voice;
    let what = match entry.asked {
        Asked::Eligibility => "eligibility",
        Asked::Declared(_) if entry.result == AccessResult::Sent => "form",
        Asked::Record(_) if entry.result == AccessResult::Taken => "copy",
        Asked::Declared(_) if entry.result == AccessResult::Moved => "moved",
        Asked::Record(_) | Asked::Declared(_) | Asked::History => "record",
        Asked::Dispute => return dispute(voice, entry),
    };
    let who = match (&entry.reader, told.other) {
        (Reader::Oneself, None) => "own",
        (Reader::OnBehalf { .. }, _) => "behalf",
        _ => "other",
    };
    let came = match entry.result {
        AccessResult::Shown
        | AccessResult::Answered(_)
        | AccessResult::Sent
        | AccessResult::Taken
        | AccessResult::Moved
        | AccessResult::Empty
        | AccessResult::Questioned
        | AccessResult::Settled(_) => "did",
        AccessResult::Refused(_) | AccessResult::Failed(_) => "tried",
    };
    let key = format!("history-{who}-{came}-{what}");
    let name = match (&entry.reader, told.other) {
        (Reader::Oneself, Some(name)) => voice.tell("history-person", &[("name", name.into())]),
        (Reader::OnBehalf { name }, _) => name.clone(),
        _ => reader(voice, entry),
    };
    let gaps = [("who", name.into()), ("what", asked(voice, entry).into())];
    voice.tell(&key, &gaps)
}

/// Who questioned an answer about the person, or looked into it.
fn dispute(voice: Voice<'_>, entry: &HistoryEntry) -> String {
    let key = match entry.result {
        AccessResult::Settled(_) => "history-dispute-answered",
        _ => "history-dispute-opened",
    };
    voice.tell(key, &[("who", reader(voice, entry).into())])
}

fn reader(voice: Voice<'_>, entry: &HistoryEntry) -> String {
    match &entry.reader {
        Reader::Oneself | Reader::OnBehalf { .. } => voice.say("history-purpose-own-look"),
        Reader::Organization { name, .. } => name.clone(),
        Reader::Proxy { name } => voice.tell("history-proxy", &[("name", name.as_str().into())]),
    }
}

fn asked(voice: Voice<'_>, entry: &HistoryEntry) -> String {
    if let (Asked::Declared(_), Some(name)) = (entry.asked, &entry.named) {
        let name = display_name(voice.language, name);
        return voice.tell("history-what-declared", &[("name", name.into())]);
    }
    voice.say(match entry.asked {
        Asked::Declared(_) => "history-what-other",
        Asked::Eligibility => "history-what-eligibility",
        Asked::Record(Service::Insurance) => "history-what-insurance",
        Asked::Record(Service::Expenses) => "history-what-expenses",
        Asked::Record(Service::Checkup) => "history-what-checkup",
        Asked::Record(Service::Pension) => "history-what-pension",
        Asked::Dispute => "history-what-dispute",
        Asked::History => "history-what-history",
    })
}

fn result(voice: Voice<'_>, result: &AccessResult) -> (Tone, String) {
    match result {
        AccessResult::Shown => (Tone::Ok, voice.say("history-result-shown")),
        AccessResult::Answered(verdict) => {
            let word = voice.say(&verdict.code().replace('.', "-"));
            let tone = if *verdict == Verdict::Valid { Tone::Ok } else { Tone::None };
            (tone, voice.tell("history-result-answered", &[("word", word.into())]))
        }
        AccessResult::Sent => (Tone::Ok, voice.say("history-result-sent")),
        AccessResult::Taken => (Tone::Ok, voice.say("history-result-taken")),
        AccessResult::Moved => (Tone::Ok, voice.say("history-result-moved")),
        AccessResult::Empty => (Tone::None, voice.say("history-result-empty")),
        AccessResult::Questioned => (Tone::Wait, voice.say("history-result-questioned")),
        AccessResult::Settled(found) => (Tone::Ok, voice.say(finding(*found))),
        AccessResult::Refused(code) => {
            (Tone::Warn, voice.tell("history-result-refused", &[("code", code.as_str().into())]))
        }
        AccessResult::Failed(code) => {
            (Tone::None, voice.tell("history-result-failed", &[("code", code.as_str().into())]))
        }
    }
}

fn details(voice: Voice<'_>, entry: &HistoryEntry) -> Vec<String> {
    let source = entry.source.as_ref().map(|name| {
        let name = display_name(voice.language, name);
        voice.tell("history-source", &[("source", name.into())])
    });
    let number = entry
        .check_number
        .as_ref()
        .map(|number| voice.tell("history-number", &[("number", number.grouped().into())]));
    let place = voice.tell(
        "history-place",
        &[
            ("index", entry.index.to_string().into()),
            ("sequence", entry.subject_sequence.to_string().into()),
        ],
    );
    let reason = reason(entry);
    let reason = reason.map(|why| voice.tell("history-reason", &[("reason", why.into())]));
    source.into_iter().chain(reason).chain(number).chain([place]).collect()
}

/// What staff gave as the reason of an emergency: it follows the consent in the ground.
fn reason(entry: &HistoryEntry) -> Option<&str> {
    let ground = entry.ground.as_deref()?.strip_prefix("emergency:")?;
    ground.split_once(' ').map(|(_, reason)| reason)
}
