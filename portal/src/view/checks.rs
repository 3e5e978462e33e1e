//! Lists of checks: an organisation's own, or those answered in an insurer's name.

use askama::Template;
use warifu_contract::checks::{CheckEntry, ChecksPage};
use warifu_contract::dispute::DisputeState;
use warifu_contract::eligibility::Verdict;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::site::Site;
use super::{Link, Tone, display_name};
use crate::dates::words;
use crate::form::{FieldError, FieldLook, FieldView};

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// A clinic's.
    Clinic,
    /// An insurer's.
    Insurer,
}

impl Whose {
    /// Where the list is.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Clinic => "/desk/history",
            Self::Insurer => "/insurer/answers",
        }
    }

    /// The key of its title; `-lead` and `-none` stand beside it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Clinic => "checks-clinic",
            Self::Insurer => "checks-insurer",
        }
    }
}

/// The list's page.
#[derive(Debug, Template)]
#[template(path = "desk/checks.html")]
pub struct ChecksScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Whose list it is.
    pub whose: Whose,
    /// The title.
    pub title: String,
    /// What the page is for.
    pub lead: String,
    /// The field for a number.
    pub fields: Vec<FieldView>,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
    /// Key of the reason why nothing can be shown.
    pub no_records: Option<&'static str>,
    /// The relay gave no list.
    pub is_silent: bool,
    /// One check was looked for, rather than a page of them.
    pub is_search: bool,
    /// What there is.
    pub rows: Vec<CheckRow>,
    /// That some were erased.
    pub erased: Option<String>,
    /// The next page.
    pub older: Option<Link>,
    /// Back to the first.
    pub newest: Option<Link>,
}

/// One check.
#[derive(Debug, Clone)]
pub struct CheckRow {
    /// 認証番号, as it is sent.
    pub number: String,
    /// In groups of four.
    pub grouped: String,
    /// When.
    pub at: String,
    /// For programs.
    pub machine_at: String,
    /// Who asked.
    pub who: String,
    /// What was answered.
    pub tone: Tone,
    /// In a word.
    pub word: String,
    /// Who answered.
    pub source: String,
    /// Where a question about it stands.
    pub dispute: Option<String>,
    /// It can be questioned.
    pub can_ask: bool,
}

impl ChecksScreen<'_> {
    /// With a page of the list; `first` when nothing newer was left out.
    #[must_use]
    pub fn with_page(self, voice: Voice<'_>, page: &ChecksPage, first: bool) -> Self {
        let path = self.whose.path();
        let link = |href: String, key: &str| Link { href, words: voice.say(key) };
        let older = page.before.map(|before| format!("{path}?before={before}"));
        let erased =
            (page.erased > 0).then(|| voice.tell("checks-erased", &[("n", page.erased.into())]));
        Self {
            rows: rows(voice, self.whose, &page.checks),
            erased,
            older: older.map(|href| link(href, "history-older")),
            newest: (!first).then(|| link(path.to_owned(), "history-newest")),
            ..self
        }
    }
}

/// The checks as rows.
pub fn rows(voice: Voice<'_>, whose: Whose, checks: &[CheckEntry]) -> Vec<CheckRow> {
    checks.iter().map(|check| row(voice, whose, check)).collect()
}

fn row(voice: Voice<'_>, whose: Whose, check: &CheckEntry) -> CheckRow {
    let source = check.source.as_ref().map(|name| display_name(voice.language, name));
    let dispute = check.dispute.map(|state| {
        voice.say(match state {
            DisputeState::Open => "dispute-state-open",
            DisputeState::Answered => "dispute-state-answered",
        })
    });
    CheckRow {
        number: check.check_number.to_string(),
        grouped: check.check_number.grouped(),
        at: words::full_moment(voice.language, check.at),
        machine_at: check.at.to_string(),
        who: who(voice, whose, check),
        tone: tone(check.verdict),
        word: voice.say(&check.verdict.code().replace('.', "-")),
        can_ask: whose == Whose::Clinic && check.source.is_some() && check.dispute.is_none(),
        source: source.unwrap_or_else(|| voice.say("checks-no-source")),
        dispute,
    }
}

fn who(voice: Voice<'_>, whose: Whose, check: &CheckEntry) -> String {
    match whose {
        Whose::Insurer => check.organization.clone(),
        Whose::Clinic if check.by_caller => voice.say("checks-by-you"),
        Whose::Clinic => voice.tell("checks-by", &[("member", check.member.as_str().into())]),
    }
}

/// Good, or not so good.
pub fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Valid | Verdict::Provisional => Tone::Ok,
        _ => Tone::Warn,
    }
}
