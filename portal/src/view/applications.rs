//! Applications for the staff who decide: the list, and one of them. What is shown is what the
//! application says, and nothing else of whoever sent it.

use askama::Template;
use jiff::Timestamp;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::services::{
    Application, ApplicationList, ApplicationState, Listed, Status, Submitted,
};
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::services::{StepView, sent_facts, steps};
use super::site::Site;
use super::{Fact, Tone, display_name};
use crate::dates::words;

/// The page of the list.
pub const PATH: &str = "/staff/applications";

/// The list.
#[derive(Debug, Template)]
#[template(path = "applications.html")]
pub struct ApplicationsScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Key of the reason why there is no list.
    pub no_records: Option<&'static str>,
    /// Who gave no list.
    pub silent: Option<Silent>,
    /// Of these services the applications are missing, for their holder does not answer.
    pub missing: Vec<String>,
    /// Those to be decided are shown; else those that are over.
    pub is_open: bool,
    /// How many there are.
    pub count: String,
    /// There are more than are shown.
    pub is_cut: bool,
    /// Those to be decided the oldest first, those that are over the newest.
    pub rows: Vec<Row>,
}

/// Who does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silent {
    /// The relay.
    Relay,
    /// The server of the own organisation, which holds the applications.
    Holder,
}

/// One application in the list.
#[derive(Debug)]
pub struct Row {
    /// Its page.
    pub href: String,
    /// Its number.
    pub reference: String,
    /// What it is for.
    pub service: String,
    /// When it was sent.
    pub at: String,
    /// How long it has waited.
    pub age: String,
    /// Where it stands.
    pub status: String,
}

/// One application.
#[derive(Debug, Template)]
#[template(path = "application.html")]
pub struct ApplicationScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What came of the last step: how it went, and the key of its words.
    pub said: Option<(Tone, &'static str)>,
    /// What is shown.
    pub view: ApplicationView,
    /// A reason that was typed and did not arrive.
    pub reason: String,
}

/// What the page of an application shows.
#[derive(Debug)]
pub struct ApplicationView {
    /// Its page.
    pub href: String,
    /// What it is for.
    pub title: String,
    /// Its number.
    pub reference: String,
    /// When it was sent.
    pub at: String,
    /// Where it stands: code and words.
    pub status: (String, String),
    /// What it says.
    pub facts: Vec<Fact>,
    /// What was decided.
    pub steps: Vec<StepView>,
    /// Where it can go at once.
    pub next: Vec<Next>,
    /// Where it can go that cannot be undone, or hurts.
    pub final_next: Vec<Next>,
}

/// Where an application can go.
#[derive(Debug)]
pub struct Next {
    /// The status's code.
    pub code: String,
    /// Its words.
    pub words: String,
    /// It is not what was wished for: staff say why.
    pub refuses: bool,
}

/// The list in words.
pub fn rows(voice: Voice<'_>, list: &ApplicationList, now: Timestamp) -> Vec<Row> {
    let row = |one: &Listed| {
        let declared = list.services.iter().find(|(id, _)| *id == one.service);
        let (_, declaration) = declared?;
        let form = declaration.applications()?;
        Some(Row {
            href: page_of(one.service.connector(), &one.reference),
            reference: one.reference.clone(),
            service: display_name(voice.language, &declaration.name),
            at: words::full_moment(voice.language, one.at),
            age: age(voice, one.at, now),
            status: super::services::status_words(voice, form, &one.status),
        })
    };
    list.applications.iter().filter_map(row).collect()
}

/// The services whose applications are missing.
pub fn missing(voice: Voice<'_>, list: &ApplicationList) -> Vec<String> {
    let silent = list.services.iter().filter(|(id, _)| list.silent.contains(id));
    silent.map(|(_, declared)| display_name(voice.language, &declared.name)).collect()
}

/// How many there are in that state.
pub fn count(voice: Voice<'_>, list: &ApplicationList, state: ApplicationState) -> String {
    let key = match state {
        ApplicationState::Open => "applications-count-open",
        ApplicationState::Closed => "applications-count-closed",
    };
    voice.tell(key, &[("n", list.count.into())])
}

/// The page of one application.
pub fn page_of(connector: &str, reference: &str) -> String {
    format!("{PATH}/{connector}/{reference}")
}

fn age(voice: Voice<'_>, at: Timestamp, now: Timestamp) -> String {
    let days = today_in_japan(at).until(today_in_japan(now));
    let days = days.map_or(0, |span| span.get_days().max(0));
    if days == 0 {
        return voice.say("applications-today");
    }
    voice.tell("applications-days", &[("n", days.into())])
}

impl ApplicationView {
    /// The application in words.
    pub fn new(voice: Voice<'_>, application: &Application, now: Timestamp) -> Self {
        let Application { service, declaration, sent } = application;
        let form = declaration.applications();
        let (mut next, mut final_next) = (Vec::new(), Vec::new());
        for status in form.map(|form| form.next(&sent.status)).unwrap_or_default() {
            let ends = status.last || status.refuses;
            if ends { &mut final_next } else { &mut next }.push(Next::to(voice, status));
        }
        let Submitted { reference, at, status, .. } = sent;
        let words = form
            .map_or_else(String::new, |form| super::services::status_words(voice, form, status));
        Self {
            href: page_of(service.connector(), reference),
            title: display_name(voice.language, &declaration.name),
            reference: reference.clone(),
            at: words::full_moment(voice.language, *at),
            status: (status.clone(), words),
            facts: sent_facts(voice, declaration, sent, today_in_japan(now)),
            steps: steps(voice, declaration, sent),
            next,
            final_next,
        }
    }
}

impl Next {
    fn to(voice: Voice<'_>, status: &Status) -> Self {
        Self {
            code: status.code.clone(),
            words: display_name(voice.language, &status.words),
            refuses: status.refuses,
        }
    }
}

#[cfg(test)]
mod tests;
