//! What staff may read after a tap, by which consent, and why not the rest; and what they may open by
//! the number of a consent, where no card is there.

use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::consent::{Readable, ReadableList, ReadableService, Standing};
use warifu_contract::history::Purpose;
use warifu_contract::records::Service;
use warifu_contract::services::{Catalogue, Offered};
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::services::ServiceLink;
use super::site::{Menu, Site};
use super::{Fact, Tone, display_name};
use crate::dates::words as dates;

/// The page of the tap.
pub const PATH: &str = "/desk/records";

/// The tap, or what may be read after it.
#[derive(Debug, Template)]
#[template(path = "readings.html")]
pub struct ReadingsScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What came of the last step.
    pub said: Option<(Tone, &'static str)>,
    /// After a tap.
    pub readable: Option<ReadableView>,
    /// Key of the reason why nothing opens by a consent.
    pub no_records: Option<&'static str>,
    /// Before a tap.
    pub by_number: Option<NumberView>,
}

/// The records that were chosen; they follow at [`super::screens::PANELS`].
#[derive(Debug, Template)]
#[template(path = "reading.html")]
pub struct ReadingScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Opened in an emergency.
    pub is_emergency: bool,
    /// Each record's slot and what stands in it until the answer comes.
    pub waiting: Vec<(&'static str, String)>,
}

/// What may be read.
#[derive(Debug)]
pub struct ReadableView {
    /// Until when the tap counts.
    pub until: String,
    /// By consents to this organisation.
    pub by_consent: Vec<ReadableGroup>,
    /// What a clinic is told besides.
    pub clinic: Option<ClinicView>,
}

/// What a clinic is told besides.
#[derive(Debug)]
pub struct ClinicView {
    /// In an emergency.
    pub emergency: Option<ReadableGroup>,
    /// What may not be read, and why.
    pub refused: Vec<Fact>,
}

/// What one consent lets be read.
#[derive(Debug)]
pub struct ReadableGroup {
    /// What for.
    pub title: String,
    /// Until when.
    pub why: String,
    /// For the form.
    pub purpose: &'static str,
    /// For the form.
    pub consent: String,
    /// Names for the form, and what they are called.
    pub services: Vec<(&'static str, String)>,
    /// Declared services, by id, and what they are called.
    pub declared: Vec<(String, String)>,
}

/// What opens by the number of a consent.
#[derive(Debug)]
pub struct NumberView {
    /// Declared services, by id, and what they are called.
    pub choices: Vec<(String, String)>,
    /// What for, as the form says it, and in words.
    pub purposes: Vec<(&'static str, String)>,
    /// What was typed.
    pub consent: String,
    /// It is no number.
    pub wrong: bool,
    /// Sites elsewhere, that open without a consent.
    pub sites: Vec<ServiceLink>,
}

impl NumberView {
    /// What `catalogue` offers to those with that `menu`; `wrong` was typed as the number.
    pub fn new(voice: Voice<'_>, catalogue: &Catalogue, menu: Menu, wrong: Option<String>) -> Self {
        let (sites, here): (Vec<&Offered>, Vec<&Offered>) =
            catalogue.services.iter().partition(|one| one.declaration.elsewhere.is_some());
        let name = |one: &Offered| display_name(voice.language, &one.declaration.name);
        let site = |one: &&Offered| {
            let elsewhere = one.declaration.elsewhere.as_ref()?;
            let text = display_name(voice.language, &elsewhere.words);
            Some(ServiceLink { href: elsewhere.url.clone(), name: name(one), text, note: None })
        };
        let purposes = purposes(menu).iter().filter(|purpose| **purpose != Purpose::Emergency);
        Self {
            choices: here.iter().map(|one| (one.id.to_string(), name(one))).collect(),
            purposes: purposes.map(|one| (name_of(*one), voice.say(title(*one)))).collect(),
            wrong: wrong.is_some(),
            consent: wrong.unwrap_or_default(),
            sites: sites.iter().filter_map(site).collect(),
        }
    }
}

impl ReadableView {
    /// The relay's answer to a tap that counts until `until`, for those with that `menu`.
    pub fn new(voice: Voice<'_>, list: &ReadableList, until: Timestamp, menu: Menu) -> Self {
        let may = |purpose: Purpose| purposes(menu).contains(&purpose);
        let records = list.readable.iter().filter(|one| may(one.purpose));
        let declared = list.declared.iter().filter(|one| may(one.purpose));
        let is_urgent = |purpose| purpose == Purpose::Emergency;
        let (urgent, records): (Vec<_>, Vec<_>) = records.partition(|one| is_urgent(one.purpose));
        let (ahead, declared): (Vec<_>, Vec<_>) = declared.partition(|one| is_urgent(one.purpose));
        Self {
            until: dates::clock(until),
            by_consent: groups(voice, &records, &declared),
            clinic: (menu != Menu::City).then(|| ClinicView {
                emergency: opened_ahead(voice, &urgent, &ahead),
                refused: refused(voice, &records),
            }),
        }
    }
}

/// For what they open records by a tap.
fn purposes(menu: Menu) -> &'static [Purpose] {
    match menu {
        Menu::City => &[Purpose::Procedure],
        _ => &[Purpose::Care, Purpose::HealthGuidance, Purpose::Emergency],
    }
}

/// A consent, for what, and its last day.
type By<'a> = (&'a str, Purpose, Date);

fn by(one: &Readable) -> Option<By<'_>> {
    let Standing::Covered { consent, until } = &one.standing else { return None };
    Some((consent, one.purpose, *until))
}

fn by_declared(one: &ReadableService) -> By<'_> {
    (&one.consent, one.purpose, one.until)
}

fn groups(
    voice: Voice<'_>,
    readable: &[&Readable],
    declared: &[&ReadableService],
) -> Vec<ReadableGroup> {
    let each = readable.iter().filter_map(|one| by(one));
    let mut consents: Vec<By<'_>> = Vec::new();
    for one in each.chain(declared.iter().map(|one| by_declared(one))) {
        if !consents.contains(&one) {
            consents.push(one);
        }
    }
    let group = |own: By<'_>| {
        let records = readable.iter().filter(|one| by(one) == Some(own));
        let services = declared.iter().filter(|one| by_declared(one) == own);
        group(voice, own, records.copied(), services.copied())
    };
    consents.into_iter().map(group).collect()
}

fn group<'a>(
    voice: Voice<'_>,
    (consent, purpose, until): By<'_>,
    records: impl Iterator<Item = &'a Readable>,
    declared: impl Iterator<Item = &'a ReadableService>,
) -> ReadableGroup {
    let day = dates::day(voice.language, until);
    let called = |one: &ReadableService| display_name(voice.language, &one.name);
    ReadableGroup {
        title: voice.say(title(purpose)),
        why: voice.tell("readings-why", &[("day", day.into())]),
        purpose: name_of(purpose),
        consent: consent.to_owned(),
        services: records.map(|one| service(voice, one.service)).collect(),
        declared: declared.map(|one| (one.id.to_string(), called(one))).collect(),
    }
}

/// Of several consents the relay takes the one that covers each record.
fn opened_ahead(
    voice: Voice<'_>,
    readable: &[&Readable],
    declared: &[&ReadableService],
) -> Option<ReadableGroup> {
    let covered = readable.iter().copied().filter(|one| by(one).is_some());
    let records = readable.iter().find_map(|one| by(one));
    let first = records.or_else(|| declared.first().map(|one| by_declared(one)))?;
    Some(group(voice, first, covered, declared.iter().copied()))
}

/// Services that no consent to this clinic covers, each with the reason that comes nearest.
fn refused(voice: Voice<'_>, readable: &[&Readable]) -> Vec<Fact> {
    let each = Service::ALL.into_iter().filter_map(|service| {
        let mut codes = Vec::new();
        for one in readable.iter().filter(|one| one.service == service) {
            match &one.standing {
                Standing::Covered { .. } => return None,
                Standing::Refused { code } => codes.push(code.as_str()),
            }
        }
        Some(Fact {
            label: voice.say(&format!("consent-what-{}", service.as_str())),
            value: voice.say(nearest(&codes)),
        })
    });
    each.collect()
}

fn nearest(codes: &[&str]) -> &'static str {
    let reasons = [
        ("consent.withdrawn", "readings-why-withdrawn"),
        ("consent.ended", "readings-why-ended"),
        ("consent.other", "readings-why-other"),
    ];
    let found = reasons.iter().find(|(code, _)| codes.contains(code));
    found.map_or("readings-why-none", |(_, key)| key)
}

/// Why the relay refused a record at a desk.
pub fn why(code: &str) -> Option<&'static str> {
    code.starts_with("consent").then(|| nearest(&[code]))
}

/// As the forms name it.
fn name_of(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::HealthGuidance => "health-guidance",
        Purpose::Emergency => "emergency",
        Purpose::Procedure => "procedure",
        _ => "care",
    }
}

fn title(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::HealthGuidance => "consent-purpose-guidance",
        Purpose::Emergency => "consent-purpose-emergency",
        Purpose::Procedure => "consent-purpose-procedure",
        _ => "consent-purpose-care",
    }
}

fn service(voice: Voice<'_>, service: Service) -> (&'static str, String) {
    (service.as_str(), voice.say(&format!("consent-what-{}", service.as_str())))
}

#[cfg(test)]
mod tests {
    use askama::Template as _;

    use warifu_contract::records::DisplayName;
    use warifu_contract::services::{Declaration, Elsewhere, ServiceAnswer, ServiceOutcome};

    use super::super::services::ServiceView;
    use super::super::services::tests::declaration;
    use super::super::tests::{check, in_both, page};
    use super::*;

    fn list() -> ReadableList {
        use Purpose::{Care, Emergency, HealthGuidance};
        use Service::{Checkup, Insurance, Pension};
        let covered = |digit: &str| Standing::Covered {
            consent: digit.repeat(32),
            until: jiff::civil::date(2027, 5, 20),
        };
        let refused = |code: &str| Standing::Refused { code: code.into() };
        let one = |service, purpose, standing| Readable { service, purpose, standing };
        let opened = |id: &str, purpose, digit: &str| ReadableService {
            id: id.parse().unwrap(),
            name: DisplayName { ja: "診療<b>情報".into(), en: "Medical <b>records".into() },
            purpose,
            consent: digit.repeat(32),
            until: jiff::civil::date(2027, 5, 20),
        };
        ReadableList {
            declared: vec![
                opened("hospital/care", Care, "a"),
                opened("health/vitals", HealthGuidance, "d"),
                opened("hospital/emergency", Emergency, "c"),
                opened("society/leavers", Purpose::Procedure, "e"),
            ],
            readable: vec![
                one(Insurance, Care, covered("a")),
                one(Insurance, HealthGuidance, refused("consent.other")),
                one(Insurance, Emergency, refused("consent.none")),
                one(Checkup, Care, covered("a")),
                one(Checkup, HealthGuidance, covered("b")),
                one(Checkup, Emergency, covered("c")),
                one(Pension, Care, refused("consent.withdrawn")),
                one(Pension, HealthGuidance, refused("consent.none")),
                one(Pension, Emergency, refused("consent.none")),
            ],
        }
    }

    /// One service, and one site.
    fn catalogue() -> Catalogue {
        let words = DisplayName { ja: "先".into(), en: "There".into() };
        let site = Elsewhere { url: "https://k-mix.example".into(), words };
        let offered = |id: &str, elsewhere| Offered {
            id: id.parse().unwrap(),
            declaration: Declaration { elsewhere, ..declaration() },
            linked: false,
        };
        Catalogue {
            services: vec![offered("hospital/care", None), offered("hospital/k-mix", Some(site))],
        }
    }

    #[test]
    fn at_the_desk_a_service_says_why_not_in_the_words_of_the_tap() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let id = "hospital/care".parse().unwrap();
            let name = || DisplayName { ja: "病院".into(), en: "Hospital".into() };
            let seen = |outcome, is_emergency| {
                let answer = ServiceAnswer { declaration: declaration(), source: name(), outcome };
                let now = crate::samples::now();
                let view = ServiceView::new(voice, id, &answer, now, false);
                view.at_desk(voice, &answer, is_emergency)
            };
            let refused = ServiceOutcome::Refused { code: "consent.withdrawn".into() };
            let refused = seen(refused, false);
            let outcome = refused.outcome.unwrap();
            assert_eq!(outcome.text, voice.say("readings-why-withdrawn"));
            assert!(outcome.link.is_none() && refused.ground.is_none());
            assert_eq!(refused.up.href, PATH);
            let unlinked = seen(ServiceOutcome::NotLinked, false).outcome.unwrap();
            assert!(unlinked.link.is_none(), "the ways on are the person's own");
            assert_eq!(unlinked.text, voice.say("services-not-linked-other"));
            let empty = seen(ServiceOutcome::Empty, true);
            assert_eq!(empty.ground, Some(voice.say("reading-lead-emergency")));
        });
    }

    #[test]
    fn records_are_told_by_consent_and_the_rest_by_reason() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let until = "2026-11-20T01:17:02Z".parse().unwrap();
            let view = ReadableView::new(voice, &list(), until, Menu::Desk);
            let names = |group: &ReadableGroup| {
                let services = group.services.iter().map(|(name, _)| (*name).to_owned());
                services.chain(group.declared.iter().map(|(id, _)| id.clone())).collect::<Vec<_>>()
            };
            assert_eq!(
                view.by_consent.iter().map(names).collect::<Vec<_>>(),
                [
                    vec!["insurance", "checkup", "hospital/care"],
                    vec!["checkup"],
                    vec!["health/vitals"]
                ]
            );
            let clinic = view.clinic.unwrap();
            let emergency = clinic.emergency.as_ref().unwrap();
            assert_eq!(names(emergency), ["checkup", "hospital/emergency"]);
            assert_eq!(clinic.refused.len(), 2);
            assert_eq!(clinic.refused[1].value, voice.say("readings-why-withdrawn"));

            let city = ReadableView::new(voice, &list(), until, Menu::City);
            let groups: Vec<_> = city.by_consent.iter().map(names).collect();
            assert_eq!(groups, [vec!["society/leavers"]]);
            assert!(city.clinic.is_none());
        });
    }

    #[test]
    fn the_pages_hold_in_both_languages() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let until = "2026-11-20T01:17:02Z".parse().unwrap();
            let menu_of = |menu| Site::new(voice, Some("受付".into()), menu, &[], PATH);
            let site = || menu_of(Menu::Desk);
            let empty = || ReadableList { readable: Vec::new(), declared: Vec::new() };
            for (name, menu, readable, wrong) in [
                ("tap", Menu::Desk, None, None),
                ("tap-city", Menu::City, None, Some("12<b>".to_owned())),
                ("some", Menu::Desk, Some(list()), None),
                ("some-city", Menu::City, Some(list()), None),
                ("none", Menu::Desk, Some(empty()), None),
            ] {
                let number = || NumberView::new(voice, &catalogue(), menu, wrong.clone());
                let screen = ReadingsScreen {
                    page: page(words, language),
                    site: menu_of(menu),
                    said: Some((Tone::Warn, "readings-said-reason")),
                    no_records: wrong.is_some().then_some("no-records-ended"),
                    by_number: readable.is_none().then(number),
                    readable: readable.map(|list| ReadableView::new(voice, &list, until, menu)),
                };
                let html = screen.render().unwrap();
                check(&format!("readings-{name}"), language, &html, words);
                assert!(!html.contains("<b>records") && !html.contains("12<b>"), "{name}");
                let presses = html.matches("formaction=\"/desk/records/service\"").count();
                let expected = match name {
                    "some" => 3,
                    "some-city" => 1,
                    _ => 0,
                };
                assert_eq!(presses, expected, "{name}");
            }
            for is_emergency in [false, true] {
                let screen = ReadingScreen {
                    page: page(words, language),
                    site: site(),
                    is_emergency,
                    waiting: vec![("checkup", String::new())],
                };
                check("reading", language, &screen.render().unwrap(), words);
            }
        });
    }
}
