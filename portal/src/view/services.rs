//! Declared services in words: the list, one service's page, its form.

mod cell;
mod drawing;
mod entry;
mod map;
mod part;

use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::DisplayName;
use warifu_contract::services::{
    Audience, Becomes, Catalogue, CheckedRow, Content, Declaration, FieldKind, Form, Offered,
    ServiceAnswer, ServiceId, ServiceOutcome, Step, Submitted, plain,
};
use warifu_service::web::Page;
use warifu_service::words::{Language, Voice};

use super::readings::{self, PATH as READINGS};
use super::site::Site;
use super::{Fact, Link, Tone, display_name};
use crate::dates::words;

pub use entry::{EntryField, EntryLook, entry_errors, entry_fields, entry_summary};
pub use part::Part;

/// The page of the list.
pub const PATH: &str = "/services";

/// The page of the list, which follows at [`PANELS`](super::screens::PANELS).
#[derive(Debug, Template)]
#[template(path = "services.html")]
pub struct ServicesScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Key of what the list is.
    pub lead: &'static str,
    /// Key of the reason why there is no list.
    pub no_records: Option<&'static str>,
    /// A guardian looks, on papers.
    pub as_guardian: bool,
}

/// The list, by category.
#[derive(Debug, Template)]
#[template(path = "parts/services.html")]
pub struct ServicesView<'a> {
    voice: Voice<'a>,
    /// Those that have some; none where the relay did not say.
    groups: Option<Vec<Group>>,
}

impl<'a> ServicesView<'a> {
    /// Of what can be opened, if the relay said.
    pub fn new(voice: Voice<'a>, catalogue: Option<&Catalogue>) -> Self {
        Self { voice, groups: catalogue.map(|catalogue| groups(voice, catalogue)) }
    }
}

/// One category.
#[derive(Debug)]
pub struct Group {
    /// Names it in the page.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Its services.
    pub services: Vec<ServiceLink>,
}

/// One service in the list.
#[derive(Debug, Clone)]
pub struct ServiceLink {
    /// Its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// Who holds it, and what it is for.
    pub text: String,
    /// That the holder is not linked yet.
    pub note: Option<String>,
}

/// One service's page.
#[derive(Debug, Template)]
#[template(path = "service.html")]
pub struct ServiceScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What is shown.
    pub view: ServiceView,
    /// Fields that cannot be used, with what to do.
    pub errors: Vec<(String, String)>,
    /// What was sent a moment ago.
    pub sent: Option<String>,
}

/// What is typed, once more before it is sent.
#[derive(Debug, Template)]
#[template(path = "service_check.html")]
pub struct ServiceCheckScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// The service's page.
    pub href: String,
    /// The form's heading.
    pub title: String,
    /// What to know before sending.
    pub note: String,
    /// The words on the button.
    pub button: String,
    /// What was typed, in words.
    pub facts: Vec<Fact>,
    /// What was typed, as it was.
    pub hidden: Vec<(String, String)>,
    /// One sending has one key.
    pub key: String,
    /// Why it was not sent.
    pub problem: Option<String>,
}

/// What a service's page shows.
#[derive(Debug)]
pub struct ServiceView {
    /// Where it belongs.
    pub up: Link,
    /// Its page.
    pub href: String,
    /// Its name.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Who holds it, and of when it is.
    pub as_of: Option<String>,
    /// By what staff look, and that the person sees it.
    pub ground: Option<String>,
    /// Why there is nothing, if so.
    pub outcome: Option<OutcomeView>,
    /// That values are left out, and why.
    pub faults: Vec<String>,
    /// The records.
    pub parts: Vec<Part>,
    /// What was sent, and where it stands.
    pub sent: Vec<SentView>,
    /// What can be entered.
    pub form: Option<FormView>,
    /// Where others are let see it.
    pub share: Option<String>,
    /// A site elsewhere.
    pub elsewhere: Option<(Link, String)>,
}

/// Why there is no record.
#[derive(Debug)]
pub struct OutcomeView {
    /// How it stands.
    pub tone: Tone,
    /// What happened.
    pub title: String,
    /// What that means.
    pub text: String,
    /// The one next step.
    pub link: Option<Link>,
    /// The code, for those who help.
    pub code: Option<String>,
}

/// Something that was sent.
#[derive(Debug)]
pub struct SentView {
    /// Under which number one asks for it.
    pub reference: String,
    /// When.
    pub at: String,
    /// Where it stands.
    pub status: String,
    /// Whether more will happen.
    pub open: bool,
    /// What.
    pub facts: Vec<Fact>,
    /// What was decided since.
    pub steps: Vec<StepView>,
}

/// One decision about what was sent.
#[derive(Debug)]
pub struct StepView {
    /// Where it stood from then on.
    pub status: String,
    /// When.
    pub at: String,
    /// Why, in the words of staff: line by line.
    pub reason: Vec<String>,
}

/// The form.
#[derive(Debug)]
pub struct FormView {
    /// Its heading.
    pub title: String,
    /// What to know.
    pub note: String,
    /// Its fields.
    pub fields: Vec<EntryField>,
}

/// The page of a service.
pub fn page_of(service: ServiceId) -> String {
    format!("{PATH}/{service}")
}

fn groups(voice: Voice<'_>, catalogue: &Catalogue) -> Vec<Group> {
    use warifu_contract::services::Category;
    let group = |category: Category| {
        let theirs = catalogue.services.iter().filter(|one| one.declaration.category == category);
        let services: Vec<_> = theirs.map(|one| link(voice, one)).collect();
        let id = category_key(category);
        let title = voice.say(id);
        (!services.is_empty()).then(|| Group { id: id.to_owned(), title, services })
    };
    Category::ALL.into_iter().filter_map(group).collect()
}

/// Those whose records are messages to the person.
pub fn tellers(voice: Voice<'_>, catalogue: &Catalogue) -> Vec<ServiceLink> {
    let tellers = catalogue.services.iter().filter(|one| one.declaration.tells);
    tellers.map(|one| link(voice, one)).collect()
}

const fn category_key(category: warifu_contract::services::Category) -> &'static str {
    use warifu_contract::services::Category;
    match category {
        Category::Care => "services-care",
        Category::Health => "services-health",
        Category::Insurance => "services-insurance",
        Category::Family => "services-family",
        Category::School => "services-school",
        Category::City => "services-city",
        Category::Living => "services-living",
        Category::Elsewhere => "services-elsewhere",
        Category::Other => "services-other",
    }
}

fn link(voice: Voice<'_>, offered: &Offered) -> ServiceLink {
    let (language, declaration) = (voice.language, &offered.declaration);
    let gaps = [
        ("holder", said(language, &declaration.holder).into()),
        ("purpose", said(language, &declaration.purpose).into()),
    ];
    let unlinked = !offered.linked && declaration.elsewhere.is_none();
    ServiceLink {
        href: page_of(offered.id),
        name: said(language, &declaration.name),
        text: voice.tell("services-entry", &gaps),
        note: unlinked.then(|| voice.say("services-not-linked")),
    }
}

/// Words of a manifest, which were checked where they were taken.
fn said(language: Language, words: &DisplayName) -> String {
    display_name(language, words)
}

impl ServiceView {
    /// The answer in words at `now`, with a form where one `may_enter` something.
    pub fn new(
        voice: Voice<'_>,
        id: ServiceId,
        answer: &ServiceAnswer,
        now: Timestamp,
        may_enter: bool,
    ) -> Self {
        let (language, declaration) = (voice.language, &answer.declaration);
        let mut view = Self {
            up: Link { href: PATH.to_owned(), words: voice.say("services-title") },
            href: page_of(id),
            title: said(language, &declaration.name),
            purpose: said(language, &declaration.purpose),
            as_of: None,
            ground: None,
            outcome: None,
            faults: Vec::new(),
            parts: Vec::new(),
            sent: Vec::new(),
            form: None,
            share: share(id, declaration).filter(|_| may_enter),
            elsewhere: elsewhere(voice, declaration),
        };
        match &answer.outcome {
            ServiceOutcome::Ready { content, as_of } => {
                view.fill(voice, declaration, content, now);
                let gaps = [
                    ("source", said(language, &declaration.holder).into()),
                    ("moment", words::moment(language, *as_of).into()),
                ];
                view.as_of = Some(voice.tell("as-of", &gaps));
                view.form = form(voice, declaration, today_in_japan(now)).filter(|_| may_enter);
            }
            // A site elsewhere has no records here.
            _ if declaration.elsewhere.is_some() => {}
            other => view.outcome = Some(outcome(voice, declaration, &view.href, other)),
        }
        let own = view.outcome.as_mut().filter(|_| answer.outcome == ServiceOutcome::NotLinked);
        if let Some(outcome) = own.filter(|_| !may_enter) {
            // To link is the person's own.
            outcome.link = None;
            outcome.text = voice.say("services-not-linked-other");
        }
        view
    }

    fn fill(&mut self, voice: Voice<'_>, service: &Declaration, content: &Content, now: Timestamp) {
        if let Err(error) = content.check() {
            self.outcome = Some(broken(voice, service, &self.href, error.code()));
            return;
        }
        let today = today_in_japan(now);
        let rows: Vec<CheckedRow<'_>> =
            content.rows.iter().map(|row| row.checked(service, today)).collect();
        self.faults = faults(voice, service, &rows);
        self.parts = part::parts(voice, service, &rows);
        self.sent = content
            .submissions
            .iter()
            .map(|sent| sent_view(voice, service, sent, &sent.values.checked(service, today)))
            .collect();
        if self.parts.is_empty() && self.sent.is_empty() && service.form.is_none() {
            self.outcome = Some(outcome(voice, service, &self.href, &ServiceOutcome::Empty));
        }
    }

    /// As staff are told: the ways on are the person's own, and why not is said as at the tap.
    #[must_use]
    pub fn at_desk(mut self, voice: Voice<'_>, answer: &ServiceAnswer, is_emergency: bool) -> Self {
        self.up = Link { href: READINGS.to_owned(), words: voice.say("readings-title") };
        let ground = if is_emergency { "reading-lead-emergency" } else { "reading-lead" };
        let is_told =
            matches!(answer.outcome, ServiceOutcome::Ready { .. } | ServiceOutcome::Empty);
        self.ground = is_told.then(|| voice.say(ground));
        if let Some(outcome) = &mut self.outcome {
            outcome.link = None;
            let ServiceOutcome::Refused { code } = &answer.outcome else { return self };
            outcome.text =
                readings::why(code).map_or_else(|| outcome.text.clone(), |key| voice.say(key));
        }
        self
    }

    /// The same with what was typed in the form, and what is wrong with it.
    #[must_use]
    pub fn typed(mut self, fields: Vec<EntryField>) -> Self {
        if let Some(form) = &mut self.form {
            form.fields = fields;
        }
        self
    }
}

/// Where a consent is given, for what staff may be let see.
fn share(id: ServiceId, service: &Declaration) -> Option<String> {
    let staff = [Audience::Clinic, Audience::CityClerk];
    let for_staff = staff.into_iter().any(|who| service.level_for(who).is_some());
    (for_staff && service.elsewhere.is_none()).then(|| format!("/consents?declared={id}#new"))
}

fn elsewhere(voice: Voice<'_>, service: &Declaration) -> Option<(Link, String)> {
    let site = service.elsewhere.as_ref()?;
    let words = voice.say("services-go");
    Some((Link { href: site.url.clone(), words }, said(voice.language, &site.words)))
}

/// The form as it is at first: a day that must be told and cannot be ahead is most often today.
fn form(voice: Voice<'_>, service: &Declaration, today: Date) -> Option<FormView> {
    let form = service.form.as_ref()?;
    let asked = form.fields.iter().filter(|one| one.required).map(|one| one.field.as_str());
    let days = asked
        .filter_map(|name| service.field(name))
        .filter(|field| field.kind == FieldKind::Date && !field.ahead);
    let at_first = days.map(|field| (field.name.clone(), today.to_string())).collect();
    Some(FormView {
        title: said(voice.language, &form.title),
        note: said(voice.language, &form.note),
        fields: entry_fields(voice, service, form, &at_first, &[]),
    })
}

/// One sentence for each kind of fault, with the fields that have it.
fn faults(voice: Voice<'_>, service: &Declaration, rows: &[CheckedRow<'_>]) -> Vec<String> {
    use warifu_contract::services::CellFault;
    let sentence = |fault: CellFault| {
        let found = rows.iter().flat_map(CheckedRow::faults).filter(|(_, own)| *own == fault);
        let mut names: Vec<String> =
            found.map(|(name, _)| cell::label(voice, service, name)).collect();
        names.sort();
        names.dedup();
        let key = format!("services-fault-{}", fault.as_str());
        let gaps = [("fields", names.join("、").into())];
        (!names.is_empty()).then(|| voice.tell(&key, &gaps))
    };
    CellFault::ALL.into_iter().filter_map(sentence).collect()
}

fn sent_view(
    voice: Voice<'_>,
    service: &Declaration,
    sent: &Submitted,
    values: &CheckedRow<'_>,
) -> SentView {
    let form = service.form.as_ref();
    let is_last = |form: &Form| form.last().any(|last| last == sent.status);
    SentView {
        reference: sent.reference.clone(),
        at: words::full_moment(voice.language, sent.at),
        status: form.map_or_else(String::new, |form| status_words(voice, form, &sent.status)),
        open: !form.is_some_and(is_last),
        facts: cell::facts(voice, service, values, &[]),
        steps: steps(voice, service, sent),
    }
}

/// What a status is called; one that the form does not have, by its code.
pub fn status_words(voice: Voice<'_>, form: &Form, code: &str) -> String {
    let known = form.statuses.iter().find(|status| status.code == code);
    known.map_or_else(|| cell::shown(code), |status| said(voice.language, &status.words))
}

/// What was decided about something sent.
pub fn steps(voice: Voice<'_>, service: &Declaration, sent: &Submitted) -> Vec<StepView> {
    let Some(form) = &service.form else { return Vec::new() };
    let lines = |reason: &String| -> Vec<String> {
        plain(reason, true).split('\n').map(str::to_owned).collect()
    };
    let step = |step: &Step| StepView {
        status: status_words(voice, form, &step.status),
        at: words::full_moment(voice.language, step.at),
        reason: step.reason.as_ref().map(lines).unwrap_or_default(),
    };
    sent.steps.iter().map(step).collect()
}

/// What something that was sent says.
pub fn sent_facts(
    voice: Voice<'_>,
    service: &Declaration,
    sent: &Submitted,
    today: Date,
) -> Vec<Fact> {
    cell::facts(voice, service, &sent.values.checked(service, today), &[])
}

fn outcome(
    voice: Voice<'_>,
    service: &Declaration,
    href: &str,
    outcome: &ServiceOutcome,
) -> OutcomeView {
    let (key, tone, code) = match outcome {
        ServiceOutcome::Ready { .. } | ServiceOutcome::Empty => ("outcome-empty", Tone::None, None),
        ServiceOutcome::NotLinked => ("outcome-not-linked", Tone::None, None),
        ServiceOutcome::Refused { code } if code == "level.low" => {
            ("services-level", Tone::Warn, Some(code))
        }
        ServiceOutcome::Refused { code } if code.starts_with("consent") => {
            ("outcome-refused-consent", Tone::Warn, Some(code))
        }
        ServiceOutcome::Refused { code } if code.starts_with("proxy") => {
            ("outcome-refused-proxy", Tone::Warn, Some(code))
        }
        ServiceOutcome::Refused { code } => ("services-refused", Tone::Warn, Some(code)),
        ServiceOutcome::Failed { code } if code == "source.slow" => {
            ("outcome-slow", Tone::Warn, Some(code))
        }
        ServiceOutcome::Failed { code } if code.starts_with("content") => {
            return broken(voice, service, href, code);
        }
        ServiceOutcome::Failed { code } => ("outcome-down", Tone::Warn, Some(code)),
    };
    let step = |href: String, key: &str| Some(Link { href, words: voice.say(key) });
    let link = match key {
        "services-level" => step(format!("/login?to={href}"), "services-step-up"),
        "outcome-not-linked" => step("/links".to_owned(), "services-link"),
        "outcome-slow" | "outcome-down" => step(href.to_owned(), "services-retry"),
        _ => None,
    };
    let source = said(voice.language, &service.holder);
    OutcomeView {
        tone,
        title: voice.tell(key, &[("source", source.into())]),
        text: voice.say(&format!("{key}-text")),
        link,
        code: code.map(|code| voice.tell("outcome-code", &[("code", code.as_str().into())])),
    }
}

/// The answer as a whole cannot be shown.
fn broken(voice: Voice<'_>, service: &Declaration, href: &str, code: &str) -> OutcomeView {
    let source = said(voice.language, &service.holder);
    OutcomeView {
        tone: Tone::Warn,
        title: voice.tell("services-broken", &[("source", source.into())]),
        text: voice.say("services-broken-text"),
        link: Some(Link { href: href.to_owned(), words: voice.say("services-retry") }),
        code: Some(voice.tell("outcome-code", &[("code", code.into())])),
    }
}

/// What is said once something was sent.
pub fn sent_sentence(voice: Voice<'_>, service: &Declaration, reference: &str) -> Option<String> {
    let form = service.form.as_ref()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if reference.len() > 40 || !reference.bytes().all(plain) {
        return None;
    }
    Some(match form.becomes {
        Becomes::Row => voice.say("services-recorded"),
        Becomes::Application => voice.tell("services-applied", &[("reference", reference.into())]),
    })
}

#[cfg(test)]
pub(crate) mod tests;
