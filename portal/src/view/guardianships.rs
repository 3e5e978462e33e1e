//! Mandates on papers as staff see them: those found for an insurance card, and those that are
//! stopped and wait for a second member of staff.

use askama::Template;
use warifu_contract::mandate::stop::{Guardianship, Stop};
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::Fact;
use super::guardians::on_papers;
use super::links::masked;
use super::site::Site;
use crate::dates::words as dates;

/// Those found for an insurance card.
#[derive(Debug, Template)]
#[template(path = "guardians_held.html")]
pub struct HeldScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What was found.
    pub found: Vec<GuardianshipView>,
}

/// One mandate.
#[derive(Debug, Clone)]
pub struct GuardianshipView {
    /// For the steps.
    pub id: String,
    /// The guardian, as on the papers.
    pub title: String,
    /// What it is about.
    pub facts: Vec<Fact>,
    /// Whether it opens nothing already.
    pub is_stopped: bool,
    /// Why whoever looks cannot say what becomes of it.
    pub why_not: Option<String>,
}

impl GuardianshipView {
    /// The mandate as somebody sees it whose roles allow, or do not, to decide what another stopped.
    pub fn new(voice: Voice<'_>, one: &Guardianship, may_decide: bool) -> Self {
        let fact = |label, value| Fact { label: voice.say(label), value };
        let mut facts = vec![
            fact("guardian-name", one.name.clone()),
            fact("guardians-found", masked(voice, &one.target)),
            on_papers(voice, &one.papers),
            fact("proxy-fact-until", dates::day(voice.language, one.until)),
        ];
        facts.extend(one.stopped.map(|stop| since_when(voice, stop)));
        let why_not = match (one.by_you, may_decide) {
            (true, _) => Some("guardians-stopped-by-you"),
            (false, false) => Some("guardians-not-you"),
            (false, true) => None,
        };
        Self {
            id: one.id.clone(),
            title: one.guardian.clone(),
            facts,
            is_stopped: one.stopped.is_some(),
            why_not: why_not.map(|key| voice.say(key)),
        }
    }
}

/// Since when it is stopped, and why.
pub fn since_when(voice: Voice<'_>, stop: Stop) -> Fact {
    let why = voice.say(&format!("guardian-stop-{}", stop.reason.as_str()));
    let gaps = [("moment", dates::moment(voice.language, stop.at).into()), ("why", why.into())];
    Fact { label: voice.say("proxy-fact-stopped"), value: voice.tell("proxy-stopped-since", &gaps) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::samples::now;
    use crate::view::site::Menu;
    use crate::view::tests::{check, in_both, page};
    use warifu_contract::linking::MaskedTarget;
    use warifu_contract::mandate::guardian::{Capacity, Paper, Papers};
    use warifu_contract::mandate::stop::StopReason;
    use warifu_contract::records::DisplayName;

    pub(crate) fn guardianship(stopped: bool, by_you: bool) -> Guardianship {
        let papers = Papers {
            capacity: Capacity::Parent,
            paper: Paper::FamilyRegister,
            dated: jiff::civil::date(2026, 11, 1),
        };
        Guardianship {
            id: "cd".repeat(16),
            guardian: "認証 母子".into(),
            name: "長男".into(),
            papers,
            until: jiff::civil::date(2033, 5, 31),
            target: MaskedTarget {
                name: "認○ 双○".into(),
                birth_year: 2015,
                organization: DisplayName { ja: "見本保険者".into(), en: "Sample".into() },
                relation: None,
            },
            stopped: stopped.then(|| Stop { at: now(), reason: StopReason::KeptAway }),
            by_you,
        }
    }

    #[test]
    fn what_was_found_is_stopped_once() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let all = [guardianship(false, false), guardianship(true, true)];
            for (name, found) in [("guardians-held", &all[..]), ("guardians-held-none", &[])] {
                let found = found.iter().map(|one| GuardianshipView::new(voice, one, true));
                let screen = HeldScreen {
                    page: page(words, language),
                    site: Site::new(voice, None, Menu::Office, &[], "/staff/guardians"),
                    found: found.collect(),
                };
                let html = screen.render().unwrap();
                check(name, language, &html, words);
                let buttons = usize::from(name == "guardians-held");
                assert_eq!(html.matches("/stop\"").count(), buttons, "{name}");
            }
        });
    }
}
