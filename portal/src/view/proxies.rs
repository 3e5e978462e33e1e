//! Proxies: who looks for me and for whom I look, the questions on the way, the code.

use askama::Template;
use jiff::Timestamp;
use warifu_contract::mandate::{EndedBy, Mandate, MandateRequest, MandateState, Side};
use warifu_contract::services::Catalogue;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::consents::what;
use super::guardians::{ApplicationView, on_papers};
use super::guardianships::since_when;
use super::site::Site;
use super::{Fact, Link, Tone};
use crate::dates::words as dates;
use crate::form::{FieldError, FieldLook, FieldView, Pick};
use crate::proxies::Hidden;

/// The two lists.
#[derive(Debug, Template)]
#[template(path = "proxies.html")]
pub struct ProxiesScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// What came of the last step: how it went, and the key of its words.
    pub said: Option<(Tone, &'static str)>,
    /// Key of the reason why nothing can be shown.
    pub no_records: Option<&'static str>,
    /// The relay gave no list.
    pub is_silent: bool,
    /// Those that the resident gave.
    pub given: Vec<MandateView>,
    /// Those that the resident holds.
    pub held: Vec<MandateView>,
    /// What the resident asked for as a guardian.
    pub applied: Vec<ApplicationView>,
}

/// One question: a form of a page of its own.
#[derive(Debug, Template)]
#[template(path = "proxies_question.html")]
pub struct QuestionScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// Where it belongs.
    pub up: Link,
    /// Which of how many, where there are several.
    pub place: Option<String>,
    /// What is asked.
    pub title: String,
    /// What it means.
    pub lead: String,
    /// What is decided upon.
    pub facts: Vec<Fact>,
    /// What is wrong with the answer.
    pub errors: Vec<FieldError>,
    /// The fields.
    pub fields: Vec<FieldView>,
    /// Declared services to choose, after the fields.
    pub picks: Vec<Pick>,
    /// What is carried along.
    pub hidden: Vec<Hidden>,
    /// Where the form goes.
    pub action: String,
    /// Yes, or on.
    pub yes: String,
    /// Not this.
    pub no: No,
}

/// The other answer to a question.
#[derive(Debug)]
pub enum No {
    /// Back to where it belongs, with nothing done.
    Back(String),
    /// A question of its own.
    Go(String, String),
}

/// The code, shown once.
#[derive(Debug, Template)]
#[template(path = "proxies_code.html")]
pub struct CodeScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// In groups.
    pub code: String,
    /// Digit by digit, for who hears it.
    pub spelled: String,
    /// What it offers, and until when it works.
    pub facts: Vec<Fact>,
}

/// One mandate in a list.
#[derive(Debug, Clone)]
pub struct MandateView {
    /// Its id.
    pub id: String,
    /// The other person.
    pub who: String,
    /// How it stands.
    pub tone: Tone,
    /// In words.
    pub state: String,
    /// What, until when, since when.
    pub facts: Vec<Fact>,
    /// The principal is asked to confirm.
    pub can_confirm: bool,
    /// The records can be read.
    pub can_read: bool,
    /// The key of the words that end it.
    pub end: Option<&'static str>,
    /// There is a receipt.
    pub has_receipt: bool,
}

impl MandateView {
    /// The mandate as its principal, or its proxy, sees it at `now`. `named` says what declared
    /// services are called.
    pub fn new(
        voice: Voice<'_>,
        mandate: &Mandate,
        side: Side,
        (named, now): (&Catalogue, Timestamp),
    ) -> Self {
        let state = mandate.state(now);
        let is_principal = side == Side::Principal;
        let (tone, word) = standing(state, side);
        let end = match state {
            MandateState::Offered => Some("proxy-do-withdraw"),
            MandateState::Accepted
            | MandateState::Active
            | MandateState::Resting
            | MandateState::Stopped => Some("proxy-do-end"),
            _ => None,
        };
        Self {
            id: mandate.id.clone(),
            who: other(voice, mandate, side),
            tone,
            state: voice.say(word),
            facts: facts(voice, mandate, named, (side, state)),
            can_confirm: is_principal && state == MandateState::Accepted,
            can_read: !is_principal && state == MandateState::Active,
            end,
            has_receipt: is_principal && mandate.accepted.is_some(),
        }
    }
}

/// What the other person of the mandate is called.
pub fn other(voice: Voice<'_>, mandate: &Mandate, side: Side) -> String {
    match (side, &mandate.accepted) {
        (Side::Proxy, _) => mandate.terms.name.clone(),
        (Side::Principal, Some(accepted)) => accepted.name.clone(),
        (Side::Principal, None) => voice.say("proxy-nobody"),
    }
}

fn standing(state: MandateState, side: Side) -> (Tone, &'static str) {
    match (state, side) {
        (MandateState::Offered, _) => (Tone::Wait, "proxy-state-offered"),
        (MandateState::Lapsed, _) => (Tone::None, "proxy-state-lapsed"),
        (MandateState::Accepted, Side::Principal) => (Tone::Warn, "proxy-state-accepted"),
        (MandateState::Accepted, Side::Proxy) => (Tone::Wait, "proxy-state-accepted-held"),
        (MandateState::Active, _) => (Tone::Ok, "proxy-state-active"),
        (MandateState::Over, _) => (Tone::None, "proxy-state-over"),
        (MandateState::Resting, _) => (Tone::Warn, "proxy-state-resting"),
        (MandateState::Stopped, _) => (Tone::Warn, "proxy-state-stopped"),
        (MandateState::Ended, _) => (Tone::None, "proxy-state-ended"),
    }
}

fn facts(
    voice: Voice<'_>,
    mandate: &Mandate,
    named: &Catalogue,
    (side, state): (Side, MandateState),
) -> Vec<Fact> {
    let fact = |label, value| Fact { label: voice.say(label), value };
    let moment = |at| dates::moment(voice.language, at);
    let mut facts = summary(voice, &mandate.terms, named);
    if side == Side::Proxy {
        facts.retain(|fact| fact.label != voice.say("proxy-fact-name"));
    }
    if state == MandateState::Offered {
        facts.push(fact("proxy-fact-code-until", moment(mandate.code_until)));
    }
    facts.extend(mandate.papers.as_ref().map(|papers| on_papers(voice, papers)));
    facts.push(fact("proxy-fact-offered", moment(mandate.given.at)));
    facts.extend(mandate.rests.iter().map(|rest| {
        let key = match rest.side {
            Side::Principal => "proxy-rests-principal",
            Side::Proxy => "proxy-rests-proxy",
        };
        let gaps = [("moment", moment(rest.since).into())];
        Fact { label: voice.say("proxy-fact-rests"), value: voice.tell(key, &gaps) }
    }));
    let stopped = mandate.stopped.filter(|_| mandate.ended.is_none());
    facts.extend(stopped.map(|stop| since_when(voice, stop)));
    facts.extend(mandate.ended.map(|ended| {
        let key = match ended.by {
            EndedBy::Principal => "proxy-ended-by-principal",
            EndedBy::Proxy => "proxy-ended-by-proxy",
            EndedBy::Departure => "proxy-ended-by-departure",
            EndedBy::Staff => "proxy-ended-by-staff",
        };
        let why = ended.reason.map(|why| voice.say(&format!("guardian-stop-{}", why.as_str())));
        let gaps = [("moment", moment(ended.at).into()), ("why", why.unwrap_or_default().into())];
        Fact { label: voice.say("proxy-fact-ended"), value: voice.tell(key, &gaps) }
    }));
    facts
}

/// What may be seen, under which name, until when. `named` says what declared services are called.
pub fn summary(voice: Voice<'_>, terms: &MandateRequest, named: &Catalogue) -> Vec<Fact> {
    let fact = |label, value| Fact { label: voice.say(label), value };
    let seen = (&terms.services[..], &terms.declared[..], terms.history);
    vec![
        fact("proxy-fact-what", what(voice, seen, named)),
        fact("proxy-fact-name", terms.name.clone()),
        fact("proxy-fact-until", dates::day(voice.language, terms.until)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{FieldProblem, Typed, errors, fields};
    use crate::proxies::{CODE, Question};
    use crate::samples::{mandate, now};
    use crate::view::site::Menu;
    use crate::view::tests::{check, in_both, page};
    use warifu_contract::mandate::Ending;
    use warifu_contract::mandate::stop::{Stop, StopReason};

    fn mandates() -> Vec<Mandate> {
        let accepted = Mandate { confirmed: None, ..mandate() };
        let offered = Mandate { accepted: None, ..accepted.clone() };
        let lapsed = Mandate { code_until: now(), ..offered.clone() };
        let mut over = mandate();
        over.terms.until = jiff::civil::date(2026, 11, 1);
        let ending = Ending::by(EndedBy::Proxy, now());
        let ended = Mandate { ended: Some(ending), ..mandate() };
        let ending = Ending { by: EndedBy::Departure, ..ending };
        let gone = Mandate { ended: Some(ending), ..mandate() };
        let reason = StopReason::KeptAway;
        let ending = Ending { by: EndedBy::Staff, reason: Some(reason), ..ending };
        let ended_by_staff = Mandate { ended: Some(ending), ..mandate() };
        let stopped = Mandate { stopped: Some(Stop { at: now(), reason }), ..mandate() };
        let resting = mandate().with_card(Side::Principal, false, now());
        let resting = resting.with_card(Side::Proxy, false, now());
        let staff = [stopped, ended_by_staff];
        let others = [mandate(), accepted, offered, lapsed, over, ended, gone, resting];
        others.into_iter().chain(staff).collect()
    }

    #[test]
    fn the_lists_empty_full_silent_and_closed() {
        in_both(|words, language| {
            let voice = words.in_(language);
            for (name, list, is_silent, no_records) in [
                ("proxies", mandates(), false, None),
                ("proxies-empty", vec![], false, None),
                ("proxies-silent", vec![], true, None),
                ("proxies-none", vec![], false, Some("no-records-level")),
            ] {
                let views = |side| -> Vec<_> {
                    {
                        let named = (&Catalogue::default(), now());
                        list.iter().map(|one| MandateView::new(voice, one, side, named)).collect()
                    }
                };
                let screen = ProxiesScreen {
                    page: page(words, language),
                    site: Site::new(voice, None, Menu::Resident, &[], "/proxies"),
                    said: Some((Tone::Ok, "proxies-said-confirmed")),
                    no_records,
                    is_silent,
                    applied: Vec::new(),
                    given: views(Side::Principal),
                    held: views(Side::Proxy),
                };
                let html = screen.render().unwrap();
                check(name, language, &html, words);
                let is_full = usize::from(name == "proxies");
                assert!(!html.contains("一子<b>"), "{name}: not escaped");
                assert_eq!(html.matches("/confirm\"").count(), is_full, "{name}");
                assert_eq!(html.matches("/read\"").count(), is_full, "{name}");
            }
        });
    }

    #[test]
    fn the_questions_and_the_code() {
        let problem = FieldProblem { field: "code", key: "proxy-code-wrong" };
        in_both(|words, language| {
            let voice = words.in_(language);
            let site = || Site::new(voice, None, Menu::Resident, &[], "/proxies");
            let question = |name: &str, shapes, problems: &[FieldProblem], no| {
                let screen = QuestionScreen {
                    page: page(words, language),
                    site: site(),
                    up: Link { href: "/proxies".into(), words: voice.say("proxies-title") },
                    place: Some(voice.tell("proxy-step-of", &[("n", 1.into())])),
                    title: voice.say("proxy-step-what"),
                    lead: voice.say("proxy-step-what-lead"),
                    facts: summary(voice, &mandate().terms, &Catalogue::default()),
                    errors: errors(voice, problems),
                    fields: fields(voice, shapes, &Typed::default(), problems, None),
                    picks: vec![Pick {
                        name: "city/infants".into(),
                        label: "乳幼児の健診<b>".into(),
                        ticked: true,
                    }],
                    hidden: vec![("name".into(), "母".to_owned())],
                    action: "/proxies/invite/next".to_owned(),
                    yes: voice.say("proxy-next"),
                    no,
                };
                let html = screen.render().unwrap();
                check(name, language, &html, words);
                assert!(html.contains("name=\"city/infants\" value=\"yes\" checked"));
                assert!(!html.contains("健診<b>"), "{name}: not escaped");
            };
            let back = || No::Back(voice.say("proxy-check-no"));
            for one in Question::ALL {
                question(&format!("proxies-{}", one.name()), one.shapes(), &[], back());
            }
            question("proxies-enter", &CODE, &[problem], back());
            question("proxies-ask", &[], &[], No::Go("/x".into(), voice.say("proxy-ask-back")));
            let screen = CodeScreen {
                page: page(words, language),
                site: site(),
                code: "1234 5678 9012".to_owned(),
                spelled: "1 2 3 4".to_owned(),
                facts: summary(voice, &mandate().terms, &Catalogue::default()),
            };
            check("proxies-code", language, &screen.render().unwrap(), words);
        });
    }
}
