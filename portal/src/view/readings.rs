//! What a clinic may read after a tap, by which consent, and why not the rest.

use askama::Template;
use jiff::Timestamp;
use warifu_contract::consent::{Readable, ReadableList, Standing};
use warifu_contract::history::Purpose;
use warifu_contract::records::Service;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::site::Site;
use super::{Fact, Tone};
use crate::dates::words as dates;

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
    /// By consents to this clinic.
    pub by_consent: Vec<ReadableGroup>,
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
}

impl ReadableView {
    /// The relay's answer to a tap that counts until `until`.
    pub fn new(voice: Voice<'_>, list: &ReadableList, until: Timestamp) -> Self {
        let (emergency, others): (Vec<_>, Vec<_>) =
            list.readable.iter().partition(|one| one.purpose == Purpose::Emergency);
        Self {
            until: dates::clock(until),
            by_consent: groups(voice, &others),
            emergency: opened_ahead(voice, &emergency),
            refused: refused(voice, &others),
        }
    }
}

fn groups(voice: Voice<'_>, readable: &[&Readable]) -> Vec<ReadableGroup> {
    let mut groups: Vec<ReadableGroup> = Vec::new();
    for one in readable {
        let Standing::Covered { consent, .. } = &one.standing else { continue };
        let known = groups
            .iter_mut()
            .find(|group| group.consent == *consent && group.purpose == name(one.purpose));
        match known {
            Some(group) => group.services.push(service(voice, one.service)),
            None => groups.extend(group(voice, one)),
        }
    }
    groups
}

fn group(voice: Voice<'_>, one: &Readable) -> Option<ReadableGroup> {
    let Standing::Covered { consent, until } = &one.standing else { return None };
    let day = dates::day(voice.language, *until);
    Some(ReadableGroup {
        title: voice.say(match one.purpose {
            Purpose::HealthGuidance => "consent-purpose-guidance",
            Purpose::Emergency => "consent-purpose-emergency",
            _ => "consent-purpose-care",
        }),
        why: voice.tell("readings-why", &[("day", day.into())]),
        purpose: name(one.purpose),
        consent: consent.clone(),
        services: vec![service(voice, one.service)],
    })
}

/// Of several consents the relay takes the one that covers each record.
fn opened_ahead(voice: Voice<'_>, readable: &[&Readable]) -> Option<ReadableGroup> {
    let covered = readable.iter().filter(|one| matches!(one.standing, Standing::Covered { .. }));
    let mut covered = covered.peekable();
    let first = group(voice, covered.peek()?)?;
    let services = covered.map(|one| service(voice, one.service)).collect();
    Some(ReadableGroup { services, ..first })
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

fn name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::HealthGuidance => "health-guidance",
        Purpose::Emergency => "emergency",
        _ => "care",
    }
}

fn service(voice: Voice<'_>, service: Service) -> (&'static str, String) {
    (service.as_str(), voice.say(&format!("consent-what-{}", service.as_str())))
}

#[cfg(test)]
mod tests {
    use askama::Template as _;

    use super::super::site::Menu;
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
        ReadableList {
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

    #[test]
    fn records_are_told_by_consent_and_the_rest_by_reason() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let until = "2026-11-20T01:17:02Z".parse().unwrap();
            let view = ReadableView::new(voice, &list(), until);
            let names = |group: &ReadableGroup| {
                group.services.iter().map(|(name, _)| *name).collect::<Vec<_>>()
            };
            assert_eq!(
                view.by_consent.iter().map(names).collect::<Vec<_>>(),
                [vec!["insurance", "checkup"], vec!["checkup"]]
            );
            assert_eq!(names(view.emergency.as_ref().unwrap()), ["checkup"]);
            assert_eq!(view.refused.len(), 2);
            assert_eq!(view.refused[1].value, voice.say("readings-why-withdrawn"));
        });
    }

    #[test]
    fn the_pages_hold_in_both_languages() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let until = "2026-11-20T01:17:02Z".parse().unwrap();
            let site = || Site::new(voice, Some("受付".into()), Menu::Desk, &[], "/desk/records");
            let empty = ReadableList { readable: Vec::new() };
            for (name, readable) in [("tap", None), ("some", Some(list())), ("none", Some(empty))] {
                let screen = ReadingsScreen {
                    page: page(words, language),
                    site: site(),
                    said: Some((Tone::Warn, "readings-said-reason")),
                    readable: readable.map(|list| ReadableView::new(voice, &list, until)),
                };
                check(&format!("readings-{name}"), language, &screen.render().unwrap(), words);
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
