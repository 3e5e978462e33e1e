//! Guardians with papers: what was asked for, and what waits for a second member of staff.

use askama::Template;
use warifu_contract::mandate::guardian::{
    Application, ApplicationRequest, ApplicationState, Papers, Proposal, ProposalList,
};
use warifu_contract::services::Catalogue;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::consents::what;
use super::guardianships::GuardianshipView;
use super::links::masked;
use super::site::Site;
use super::{Fact, Tone, display_name};
use crate::dates::words as dates;
use crate::form::{FieldError, FieldLook, FieldView};

/// The staff's page.
#[derive(Debug, Template)]
#[template(path = "guardians.html")]
pub struct GuardiansScreen<'a> {
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
    /// What is wrong with the code.
    pub errors: Vec<FieldError>,
    /// The field for the code.
    pub fields: Vec<FieldView>,
    /// What waits, the oldest first.
    pub proposals: Vec<ProposalView>,
    /// What is stopped, the longest first.
    pub stopped: Vec<GuardianshipView>,
    /// There is more than is shown.
    pub more: bool,
}

/// One proposal.
#[derive(Debug, Clone)]
pub struct ProposalView {
    /// For the steps.
    pub id: String,
    /// The guardian, by the own word.
    pub title: String,
    /// What it is about.
    pub facts: Vec<Fact>,
    /// Why whoever looks cannot approve it.
    pub why_not: Option<String>,
}

/// One application, as the guardian sees it.
#[derive(Debug, Clone)]
pub struct ApplicationView {
    /// What the guardian calls the other.
    pub who: String,
    /// How it stands.
    pub tone: Tone,
    /// In words.
    pub state: String,
    /// The code for staff, in groups, and digit by digit for who hears it.
    pub code: Option<(String, String)>,
    /// What was asked for.
    pub facts: Vec<Fact>,
}

impl ApplicationView {
    /// The application as its guardian sees it. `named` says what declared services are called.
    pub fn new(voice: Voice<'_>, application: &Application, named: &Catalogue) -> Self {
        let (tone, key) = match application.state {
            ApplicationState::Applied if application.code.is_none() => {
                (Tone::None, "guardian-state-late")
            }
            ApplicationState::Applied => (Tone::Wait, "guardian-state-applied"),
            ApplicationState::Proposed => (Tone::Wait, "guardian-state-proposed"),
            ApplicationState::Refused => (Tone::None, "guardian-state-refused"),
        };
        let code = application.code.as_ref().map(|code| {
            let digits: Vec<_> = code.digits().chars().map(String::from).collect();
            (code.grouped(), digits.join(" "))
        });
        let mut facts = asked_for(voice, &application.request, named);
        let until = dates::moment(voice.language, application.until);
        let until = Fact { label: voice.say("proxy-fact-code-until"), value: until };
        facts.extend(code.is_some().then_some(until));
        facts.extend(application.refused.map(|reason| Fact {
            label: voice.say("guardian-why"),
            value: voice.say(&format!("guardian-why-{}", reason.as_str())),
        }));
        let who = application.request.name.clone();
        Self { who, tone, state: voice.say(key), code, facts }
    }
}

/// What was asked for. `named` says what declared services are called.
pub fn asked_for(voice: Voice<'_>, request: &ApplicationRequest, named: &Catalogue) -> Vec<Fact> {
    let fact = |label, value| Fact { label: voice.say(label), value };
    let seen = (&request.services[..], &request.declared[..], request.history);
    let capacity = format!("guardian-capacity-{}", request.capacity.as_str());
    vec![
        fact("guardian-fact-own-name", request.own_name.clone()),
        fact("guardian-fact-capacity", voice.say(&capacity)),
        fact("guardian-fact-name", request.name.clone()),
        fact("proxy-fact-what", what(voice, seen, named)),
    ]
}

/// On which papers a mandate stands.
pub fn on_papers(voice: Voice<'_>, papers: &Papers) -> Fact {
    let gaps = [
        ("capacity", voice.say(&format!("guardian-capacity-{}", papers.capacity.as_str())).into()),
        ("paper", voice.say(&format!("guardian-paper-{}", papers.paper.as_str())).into()),
        ("day", dates::day(voice.language, papers.dated).into()),
    ];
    Fact { label: voice.say("guardian-fact-papers"), value: voice.tell("guardian-papers", &gaps) }
}

/// What waits; `may_approve` says whether the roles of whoever looks allow it.
pub fn views(
    voice: Voice<'_>,
    list: &ProposalList,
    (named, may_approve): (&Catalogue, bool),
) -> Vec<ProposalView> {
    list.proposals.iter().map(|one| view(voice, one, named, may_approve)).collect()
}

fn view(voice: Voice<'_>, one: &Proposal, named: &Catalogue, may_approve: bool) -> ProposalView {
    let fact = |label, value| Fact { label: voice.say(label), value };
    let mut facts = asked_for(voice, &one.application.request, named);
    let targets = std::iter::once(&one.target).chain(&one.more);
    facts.extend(targets.map(|target| fact("guardians-found", masked(voice, target))));
    let without = one.without.iter().map(|name| display_name(voice.language, name));
    facts.extend(without.map(|name| fact("guardians-without", name)));
    facts.push(on_papers(voice, &one.papers));
    facts.push(fact("proxy-fact-until", dates::day(voice.language, one.until)));
    facts.extend(one.note.clone().map(|note| fact("guardian-note", note)));
    facts.push(fact("guardians-proposed-at", dates::moment(voice.language, one.at)));
    let why_not = match (one.by_you, may_approve) {
        (true, _) => Some("guardians-by-you"),
        (false, false) => Some("guardians-not-you"),
        (false, true) => None,
    };
    ProposalView {
        id: one.application.id.clone(),
        title: one.application.request.own_name.clone(),
        facts,
        why_not: why_not.map(|key| voice.say(key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{FieldProblem, Typed, errors, fields};
    use crate::proxies::CODE;
    use crate::samples::{applied, proposal};
    use crate::view::guardianships::tests::guardianship;
    use crate::view::site::Menu;
    use crate::view::tests::{check, in_both, page};
    use warifu_contract::mandate::guardian::RefusalReason;

    fn application(state: ApplicationState) -> Application {
        Application {
            state,
            refused: (state == ApplicationState::Refused).then_some(RefusalReason::Papers),
            code: applied().code.filter(|_| state == ApplicationState::Applied),
            ..applied()
        }
    }

    #[test]
    fn the_staffs_page_and_who_may_approve() {
        let problem = FieldProblem { field: "code", key: "guardian-code-dead" };
        in_both(|words, language| {
            let voice = words.in_(language);
            let list = ProposalList {
                proposals: vec![proposal(true), proposal(false)],
                stopped: vec![guardianship(true, true), guardianship(true, false)],
                more: true,
            };
            for (name, may, is_silent) in [
                ("guardians", true, false),
                ("guardians-clerk", false, false),
                ("guardians-silent", true, true),
            ] {
                let screen = GuardiansScreen {
                    page: page(words, language),
                    site: Site::new(voice, None, Menu::Office, &[], "/staff/guardians"),
                    said: Some((Tone::Ok, "guardians-said-proposed")),
                    no_records: None,
                    is_silent,
                    errors: errors(voice, &[problem]),
                    fields: fields(voice, &CODE, &Typed::default(), &[problem], None),
                    proposals: if is_silent {
                        Vec::new()
                    } else {
                        views(voice, &list, (&Catalogue::default(), may))
                    },
                    stopped: if is_silent {
                        Vec::new()
                    } else {
                        let all = list.stopped.iter();
                        all.map(|one| GuardianshipView::new(voice, one, may)).collect()
                    },
                    more: true,
                };
                let html = screen.render().unwrap();
                check(name, language, &html, words);
                let board = display_name(language, &list.proposals[0].without[0]);
                assert_eq!(html.contains(&board), !is_silent, "staff see who found nobody");
                let buttons = usize::from(may && !is_silent);
                for step in ["approve", "end", "resume"] {
                    let count = html.matches(&format!("/{step}\"")).count();
                    assert_eq!(count, buttons, "{name} {step}");
                }
            }
        });
    }

    #[test]
    fn a_guardian_sees_the_code_only_while_it_can_be_used() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let of =
                |state| ApplicationView::new(voice, &application(state), &Catalogue::default());
            assert!(of(ApplicationState::Applied).code.is_some());
            assert!(of(ApplicationState::Proposed).code.is_none());
            assert_eq!(of(ApplicationState::Refused).facts.len(), 5);
        });
    }
}
