//! Who may see my records: the list, the form, the summary.

use askama::Template;
use jiff::Timestamp;
use warifu_contract::consent::{Consent, ConsentReader, ConsentRequest, ConsentState};
use warifu_contract::history::Purpose;
use warifu_contract::records::Service;
use warifu_contract::services::{Catalogue, ServiceId};
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::site::Site;
use super::{Fact, display_name};
use crate::dates::words as dates;
use crate::form::{FieldError, FieldLook, FieldView};

/// The list and the form.
#[derive(Debug, Template)]
#[template(path = "consents.html")]
pub struct ConsentsScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Key of the reason why nothing can be shown.
    pub no_records: Option<&'static str>,
    /// Key of what was done a moment ago.
    pub done: Option<&'static str>,
    /// Newest first.
    pub consents: Vec<ConsentView>,
    /// What is wrong with the form.
    pub errors: Vec<FieldError>,
    /// The declared service that it is about, and its name.
    pub declared: Option<(String, String)>,
    /// Step one.
    pub what: Vec<FieldView>,
    /// Step two.
    pub whom: Vec<FieldView>,
    /// Step three.
    pub until: Vec<FieldView>,
}

/// The summary before a consent is given.
#[derive(Debug, Template)]
#[template(path = "consent_check.html")]
pub struct ConsentCheckScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What, to whom, what for, until when.
    pub facts: Vec<Fact>,
    /// The form's fields.
    pub hidden: Vec<(&'static str, String)>,
    /// So that it is given once.
    pub key: String,
}

/// One consent in the list.
#[derive(Debug, Clone)]
pub struct ConsentView {
    /// Its id.
    pub id: String,
    /// To whom.
    pub reader: String,
    /// Whether it holds, or will.
    pub is_open: bool,
    /// Where it stands, in words.
    pub state: String,
    /// What, what for, until when, since when.
    pub facts: Vec<Fact>,
}

impl ConsentView {
    /// The consent as it stands at `now`.
    pub fn new(voice: Voice<'_>, consent: &Consent, named: &Catalogue, now: Timestamp) -> Self {
        let state = consent.state(now);
        let given = Fact {
            label: voice.say("consent-fact-given"),
            value: dates::moment(voice.language, consent.given.at),
        };
        let withdrawn = consent.withdrawn.map(|at| Fact {
            label: voice.say("consent-fact-withdrawn"),
            value: dates::moment(voice.language, at),
        });
        let number = Fact { label: voice.say("consent-fact-number"), value: grouped(&consent.id) };
        let mut facts = summary(voice, &consent.terms, named);
        facts.extend([given].into_iter().chain(withdrawn).chain([number]));
        Self {
            id: consent.id.clone(),
            reader: reader(voice, &consent.terms.reader),
            is_open: matches!(state, ConsentState::Active | ConsentState::Ahead),
            state: voice.say(match state {
                ConsentState::Active => "consent-state-active",
                ConsentState::Ahead => "consent-state-ahead",
                ConsentState::Ended => "consent-state-ended",
                ConsentState::Withdrawn => "consent-state-withdrawn",
            }),
            facts,
        }
    }
}

/// A number to be read out, in groups of four.
fn grouped(id: &str) -> String {
    let digits: Vec<char> = id.chars().collect();
    let groups = digits.chunks(4).map(|four| four.iter().collect::<String>());
    groups.collect::<Vec<_>>().join(" ")
}

/// What is let out, to whom, what for and until when.
/// `named` says what declared services are called.
pub fn summary(voice: Voice<'_>, request: &ConsentRequest, named: &Catalogue) -> Vec<Fact> {
    let fact = |label, value| Fact { label: voice.say(label), value };
    let scope = &request.scope;
    vec![
        fact("consent-fact-what", what(voice, (&scope.services, &scope.declared, false), named)),
        fact("consent-fact-whom", reader(voice, &request.reader)),
        fact("consent-fact-purpose", voice.say(purpose(request.purpose))),
        fact("consent-fact-until", dates::day(voice.language, request.until)),
    ]
}

/// Records, declared services and the access history, in one sentence.
pub fn what(
    voice: Voice<'_>,
    (services, declared, history): (&[Service], &[ServiceId], bool),
    named: &Catalogue,
) -> String {
    let records = services.iter();
    let records = records.map(|service| voice.say(&format!("consent-what-{}", service.as_str())));
    let declared = declared.iter().map(|id| called(voice, *id, named));
    let history = history.then(|| voice.say("proxy-what-history"));
    let all: Vec<_> = records.chain(declared).chain(history).collect();
    all.join(&voice.say("consent-and"))
}

/// A declared service by its name; by its id where it is no longer offered.
pub fn called(voice: Voice<'_>, id: ServiceId, named: &Catalogue) -> String {
    let found = named.services.iter().find(|one| one.id == id);
    found.map_or_else(|| id.to_string(), |one| display_name(voice.language, &one.declaration.name))
}

fn reader(voice: Voice<'_>, reader: &ConsentReader) -> String {
    match reader {
        ConsentReader::Organization { code, name } => format!("{name} ({code})"),
        ConsentReader::AnyClinicInEmergency => voice.say("consent-reader-emergency"),
        ConsentReader::Service { party } => party.clone(),
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Care => "consent-purpose-care",
        Purpose::HealthGuidance => "consent-purpose-guidance",
        Purpose::Emergency => "consent-purpose-emergency",
        Purpose::Procedure => "consent-purpose-procedure",
        _ => "consent-purpose-service",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{UNTIL, WHAT, WHOM, carried, empty, read};
    use crate::form::{FieldProblem, errors, fields};
    use crate::samples::{TODAY, now};
    use crate::view::site::Menu;
    use crate::view::tests::{check, in_both, page};
    use jiff::ToSpan as _;
    use warifu_contract::consent::Giving;

    fn request() -> ConsentRequest {
        let typed = empty().with("pension", "yes").with("checkup", "yes");
        read(&typed.with("code", "1310000001").with("name", "見本<b>医院"), TODAY).unwrap()
    }

    fn consents() -> Vec<Consent> {
        let given = Giving { at: now(), level: "high".into(), client: "portal".into() };
        let open = Consent { id: "ab".repeat(16), terms: request(), given, withdrawn: None };
        let mut ended = open.clone();
        ended.terms.until = TODAY.checked_sub(1.day()).unwrap();
        let withdrawn = Consent { withdrawn: Some(now()), ..open.clone() };
        vec![open, ended, withdrawn]
    }

    #[test]
    fn the_list_empty_full_and_with_problems() {
        let problem = FieldProblem { field: "code", key: "consent-code-wrong" };
        in_both(|words, language| {
            let voice = words.in_(language);
            for (name, consents, problems, no_records) in [
                ("consents", consents(), vec![], None),
                ("consents-empty", vec![], vec![problem], None),
                ("consents-none", vec![], vec![], Some("no-records-level")),
            ] {
                let part = |shapes| fields(voice, shapes, &empty(), &problems, None);
                let screen = ConsentsScreen {
                    page: page(words, language),
                    site: Site::new(voice, None, Menu::Resident, &[], "/consents"),
                    no_records,
                    done: (name == "consents").then_some("consents-given"),
                    consents: consents
                        .iter()
                        .map(|one| ConsentView::new(voice, one, &Catalogue::default(), now()))
                        .collect(),
                    errors: errors(voice, &problems),
                    declared: Some(("city/all".into(), "知らない項目<b>".into())),
                    what: part(&WHAT),
                    whom: part(&WHOM),
                    until: part(&UNTIL),
                };
                let html = screen.render().unwrap();
                check(name, language, &html, words);
                assert!(!html.contains("見本<b>"), "{name}: not escaped");
                let number = "abab ".repeat(8);
                assert_eq!(html.contains(number.trim()), name == "consents", "{name}");
                let open = consents.iter().filter(|one| one.state(now()) == ConsentState::Active);
                assert_eq!(html.matches("action=\"/consents/withdraw\"").count(), open.count());
            }
        });
    }

    #[test]
    fn the_summary_carries_the_form_along() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let screen = ConsentCheckScreen {
                page: page(words, language),
                site: Site::new(voice, None, Menu::Resident, &[], "/consents"),
                facts: summary(voice, &request(), &Catalogue::default()),
                hidden: carried(&empty().with("pension", "yes")),
                key: "ab".repeat(16),
            };
            let html = screen.render().unwrap();
            check("consent-check", language, &html, words);
            assert!(html.contains("name=\"pension\" value=\"yes\""));
        });
    }
}
