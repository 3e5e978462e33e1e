//! Every page of the office, in both languages, with cards at every stage, nothing, and problems.

use askama::Template;
use jiff::SignedDuration;
use warifu_contract::card_office::{Card, Possibility, Stage};
use warifu_service::words::{Language, Voice, Words};

use super::batch::{BatchScreen, BatchView, BatchesScreen, moment_of};
use super::call::{CallCard, CallerScreen, QuestionsScreen, StoppedScreen};
use super::card::{CardScreen, CardView, moved_on, title};
use super::deeds::Deeds;
use super::forms::{ApplyScreen, DeedScreen, SearchScreen};
use super::history::{CardHistoryScreen, rows};
use super::list::{At, ListView, OverviewScreen, tabs};
use super::proof::ProofView;
use super::rail::steps;
use super::{Notice, OfficeMessage, stage};
use crate::access::Role;
use crate::form::{FieldProblem, Shape, Typed, errors, fields};
use crate::office::deed::{CALLED_IN, DEEDS, Manner};
use crate::office::error::OfficeError;
use crate::office::{application, person, query};
use crate::samples::{TODAY, now, office as samples};
use crate::view::screens::PANELS;
use crate::view::site::{Menu, Site};
use crate::view::tests::{check, in_both, page};
use crate::view::{Fact, Tone};

fn site(voice: Voice<'_>, roles: &[Role], path: &str) -> Site {
    let gaps = [("organization", "讃岐見本協議会".into()), ("name", "発券 佐藤".into())];
    Site::new(voice, Some(voice.tell("account-staff", &gaps)), Menu::Office, roles, path)
}

/// Renders, checks, and gives the page back.
fn shown(name: &str, words: &Words, language: Language, screen: &impl Template) -> String {
    let html = screen.render().unwrap();
    check(name, language, &html, words);
    assert!(html.matches(" autofocus").count() <= 1, "{name}: one focus");
    assert!(!html.contains("tabindex=\"1"), "{name}: the order is that of the page");
    assert!(!html.contains("<b>太郎") && !html.contains("<b>髙"), "{name}: not escaped");
    html
}

#[test]
fn the_work_lists_full_and_empty() {
    in_both(|words, language| {
        let voice = words.in_(language);
        for (name, list, at) in [
            ("office-overview", samples::list(), At::Stage(Stage::Proved)),
            ("office-overview-rest", samples::list(), At::Stage(Stage::Active)),
            ("office-overview-ending", samples::list(), At::Ending),
            ("office-overview-empty", samples::empty_list(), At::Stage(Stage::Applied)),
        ] {
            let list_view =
                ListView::new(voice, TODAY, &list, |cursor| format!("/office?cursor={cursor}"));
            let screen = OverviewScreen {
                page: page(words, language),
                site: site(voice, &Role::OFFICE, "/office"),
                notice: None,
                work: tabs(voice, &At::work(), &list, at),
                rest: tabs(voice, &At::rest(), &list, at),
                rest_open: At::rest().contains(&at),
                title: at.word(voice),
                lead: at.lead(voice),
                list: list_view,
                first: None,
            };
            let html = shown(name, words, language, &screen);
            assert_eq!(html.contains("href=\"/office/cards/A7K2-9QXM\""), !list.cards.is_empty());
            assert_eq!(html.contains(&voice.say("list-empty")), list.cards.is_empty());
            assert_eq!(html.matches("aria-current=\"page\"").count(), 2, "the menu and the tab");
        }
    });
}

#[test]
fn a_menu_shows_each_role_its_own_work() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let hrefs = |roles: &[Role]| -> Vec<&str> {
            site(voice, roles, "/office").nav.iter().map(|item| item.href).collect()
        };
        let papers = "/staff/guardians";
        let clerk =
            ["/office", "/office/new", "/office/search", "/office/batches", papers, "/help"];
        assert_eq!(hrefs(&[Role::CardClerk]), clerk);
        assert_eq!(hrefs(&[Role::CardApprover]), ["/office", "/office/search", papers, "/help"]);
        assert_eq!(hrefs(&[Role::CallCentre]), ["/office/calls", "/help"]);
        let resident = Site::new(voice, None, Menu::Resident, &[Role::Resident], "/home");
        assert!(!resident.nav.iter().any(|item| item.href == "/office"));
        let both = [Role::Resident, Role::CardClerk];
        let both = Site::new(voice, None, Menu::Resident, &both, "/home");
        assert!(both.nav.iter().any(|item| item.href == "/office"));
    });
}

fn card_screen(words: &Words, language: Language, card: &Card, notice: Option<Notice>) -> String {
    let voice = words.in_(language);
    let screen = CardScreen {
        page: page(words, language),
        site: site(voice, &[Role::CardClerk], "/office/cards/A7K2-9QXM"),
        notice,
        stamp: "stamp".into(),
        card: CardView::new(voice, TODAY, card, &[Role::CardClerk]),
    };
    let name = format!("office-card-{}-{:?}", card.stage.as_str(), card.kind);
    shown(&name, words, language, &screen)
}

#[test]
fn a_card_at_every_stage() {
    in_both(|words, language| {
        let voice = words.in_(language);
        for at in samples::stages() {
            let done = Notice::done(voice, "deed-approve-done");
            let card = samples::card(at);
            let html = card_screen(words, language, &card, (at == Stage::Ordered).then_some(done));
            assert!(html.contains(&stage::word(voice, at)));
            assert_eq!(html.matches("aria-current=\"step\"").count(), 1, "{at:?}");
            for said in &card.possible {
                let words = voice.say(&format!("deed-{}", said.action));
                assert!(html.contains(&words), "{at:?} {words}");
            }
            let works = card.possible.iter().filter(|said| said.refused.is_none()).count();
            let refused = html.matches(" disabled ").count();
            assert_eq!(refused, card.possible.len() - works, "{at:?}");
        }
        let html = card_screen(words, language, &samples::staff_card(), None);
        for text in ["上野 花子", "春日見本医院", "urn:example:other", "/office/cards/C2N8-4HJD"]
        {
            assert!(html.contains(text), "{text}");
        }
        assert!(html.contains(&voice.tell("expires-in", &[("n", 58.into())])));
    });
}

#[test]
fn a_refused_button_says_why_and_leads_nowhere() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let card = samples::card(Stage::Proved);
        let deeds = Deeds::new(voice, &card, &[Role::CardClerk]);
        assert_eq!(deeds.closed[0].why, voice.say("office-same-person"));
        let html = card_screen(words, language, &card, None);
        assert!(!html.contains("/office/cards/A7K2-9QXM/approve"));
        assert!(
            html.contains("action=\"/office/cards/A7K2-9QXM/reject\"")
                || html.contains("href=\"/office/cards/A7K2-9QXM/reject\"")
        );
        let unheard = Deeds::new(voice, &samples::card(Stage::Revoked), &[Role::CardClerk]);
        assert!(unheard.closed[0].why.contains("office.never-heard-of"));
        let odd = Possibility { action: "levitate".into(), refused: None };
        let odd = Card { possible: vec![odd], ..samples::card(Stage::Destroyed) };
        assert!(Deeds::new(voice, &odd, &[]).is_empty(), "what we do not know has no button");
    });
}

#[test]
fn every_answer_of_the_register_is_said_in_words() {
    in_both(|words, language| {
        let voice = words.in_(language);
        for outcome in samples::proofs() {
            let card = Card { proof: Some(outcome.clone()), ..samples::card(Stage::Doubtful) };
            let html = card_screen(words, language, &card, None);
            let view = ProofView::new(voice, &outcome);
            assert!(html.contains(&view.sentence));
            for item in view.items {
                assert!(!item.word.is_empty() && !item.meaning.is_empty());
            }
        }
        let folded = ProofView::new(voice, &samples::proofs()[1]);
        assert_eq!(folded.items[0].word, voice.say("match-folded"));
        assert_eq!(folded.items[1].word, voice.say("match-none"));
        assert_eq!((folded.items[0].tone, folded.items[4].tone), (Tone::Warn, Tone::Bad));
    });
}

#[test]
fn an_ended_card_shows_only_what_it_went_through() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let labels = |card: &Card| -> Vec<String> {
            steps(voice, card).into_iter().map(|step| step.label).collect()
        };
        let rejected = labels(&samples::card(Stage::Rejected));
        assert_eq!(rejected, [voice.say("step-application"), voice.say("stage-rejected")]);
        let revoked = labels(&samples::card(Stage::Revoked));
        assert_eq!(revoked.len(), 6);
        assert_eq!(revoked.last(), Some(&voice.say("stage-revoked")));
    });
}

#[test]
fn somebody_faster_is_named_by_role() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let card = samples::card(Stage::Suspended);
        let notice = moved_on(voice, &card, &samples::events()[..7]);
        assert!(notice.text.contains(&voice.say("role-call-centre")), "{}", notice.text);
        assert!(notice.text.contains(&voice.say("stage-suspended")));
        card_screen(words, language, &card, Some(notice));
        assert!(!moved_on(voice, &card, &[]).text.is_empty());
    });
}

#[test]
fn the_history_tells_who_what_and_why() {
    in_both(|words, language| {
        let voice = words.in_(language);
        for (name, events) in
            [("office-history", samples::events()), ("office-history-empty", Vec::new())]
        {
            let screen = CardHistoryScreen {
                page: page(words, language),
                site: site(voice, &[Role::CardApprover], "/x"),
                id: samples::ID.into(),
                title: title(voice, &samples::card(Stage::Active)),
                as_of: voice.tell("card-history-as-of", &[("moment", "x".into())]),
                events: rows(voice, &events),
            };
            let html = shown(name, words, language, &screen);
            if events.is_empty() {
                continue;
            }
            for key in ["role-card-clerk", "actor-system", "event-card-approved", "reason-lost"] {
                assert!(html.contains(&voice.say(key)), "{key}");
            }
            for text in ["desk-1", "k3jd9f", "card.unheard-of", "conjurer", "運転免許証"] {
                assert!(html.contains(text), "{text}");
            }
        }
    });
}

#[test]
fn a_new_application_empty_full_and_with_problems() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let mistaken = Typed::default()
            .with("proxy", "yes")
            .with("employer_code", "1")
            .with("name", "<b>太郎");
        for (name, typed, notice) in [
            ("office-apply", application::empty(), None),
            ("office-apply-kept", application::empty(), Some(Notice::warning(voice, "form-kept"))),
            ("office-apply-problems", mistaken, None),
        ] {
            let problems = match name {
                "office-apply-problems" => application::read(&typed, TODAY).unwrap_err(),
                _ => Vec::new(),
            };
            let html =
                shown(name, words, language, &apply(words, language, &typed, &problems, notice));
            for problem in &problems {
                assert!(
                    html.contains(&format!("href=\"#{}\"", problem.field)),
                    "{}",
                    problem.field
                );
                assert!(html.contains(&format!("id=\"{}\"", problem.field)), "{}", problem.field);
                assert!(html.contains(&format!("id=\"{}-error\"", problem.field)));
                let said = voice.say(problem.key).replace('\'', "&#39;");
                assert!(html.matches(&said).count() >= 2, "{}", problem.key);
            }
            assert_eq!(html.contains("<details class=\"more\" open>"), !problems.is_empty());
        }
    });
}

fn apply<'a>(
    words: &'a Words,
    language: Language,
    typed: &Typed,
    problems: &[FieldProblem],
    notice: Option<Notice>,
) -> ApplyScreen<'a> {
    let voice = words.in_(language);
    let part = |shapes: &[Shape]| fields(voice, shapes, typed, problems, None);
    let items: Vec<_> = person::ITEMS.into_iter().chain([person::PHONE]).collect();
    ApplyScreen {
        page: page(words, language),
        site: site(voice, &[Role::CardClerk], "/office/new"),
        notice,
        errors: errors(voice, problems),
        stamp: "stamp".into(),
        channel: part(&application::CHANNEL),
        person: part(&items),
        proxy: part(&application::PROXY),
        consent: part(&application::CONSENT),
        employment: part(&application::EMPLOYMENT),
        for_staff: application::is_for_staff(typed),
    }
}

#[test]
fn a_search_with_and_without_finds() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let list = samples::list();
        let found = ListView::new(voice, TODAY, &list, |_| String::new());
        let wrong = query::search(&Typed::default()).unwrap_err();
        let nothing = Notice::warning(voice, "search-nothing");
        for (name, problems, notice, found) in [
            ("office-search", Vec::new(), None, None),
            ("office-search-found", Vec::new(), None, Some(found)),
            ("office-search-nothing", Vec::new(), Some(nothing), None),
            ("office-search-problems", wrong, None, None),
        ] {
            let typed = Typed::default();
            let mut numbers = fields(voice, &query::SEARCH, &typed, &problems, Some("id"));
            let screen = SearchScreen {
                page: page(words, language),
                site: site(voice, &[Role::CardClerk], "/office/search"),
                notice,
                errors: errors(voice, &problems),
                stamp: "stamp".into(),
                person: numbers.split_off(2),
                numbers,
                found,
            };
            shown(name, words, language, &screen);
        }
    });
}

#[test]
fn every_deed_says_what_it_does_before_and_after() {
    in_both(|words, language| {
        let voice = words.in_(language);
        for deed in &DEEDS {
            let said = |part: &str| voice.attribute(&deed.key(), part);
            assert!(!said("title").is_empty() && !said("what").is_empty(), "{}", deed.name);
            assert_eq!(deed.manner == Manner::Grave, !said("last").is_empty(), "{}", deed.name);
            let done = Notice::done(voice, &format!("{}-done", deed.key()));
            assert!(!done.text.is_empty(), "{}", deed.name);
            let problems: Vec<_> = deed.read(&Typed::default()).err().into_iter().collect();
            let screen = DeedScreen {
                page: page(words, language),
                site: site(voice, &[Role::CardClerk], "/x"),
                notice: None,
                errors: errors(voice, &problems),
                action: format!("/office/cards/{}/{}", samples::ID, deed.name),
                back: format!("/office/cards/{}", samples::ID),
                stamp: "stamp".into(),
                version: 7,
                title: said("title"),
                facts: vec![Fact {
                    label: voice.say("card-whose"),
                    value: title(voice, &samples::card(Stage::Active)),
                }],
                what: said("what"),
                last: (deed.manner == Manner::Grave).then(|| said("last")),
                fields: fields(voice, &deed.shapes(), &Typed::default(), &problems, None),
                button: voice.say(&deed.key()),
            };
            let html = shown(&format!("office-deed-{}", deed.name), words, language, &screen);
            assert!(html.contains("name=\"version\" value=\"7\""));
        }
    });
}

#[test]
fn a_call_from_the_question_to_the_end() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let site = || site(voice, &[Role::CallCentre], "/office/calls");
        let problems = query::answers(&Typed::default(), TODAY).unwrap_err();
        let shapes: Vec<_> = person::ITEMS.into_iter().chain([query::SECOND]).collect();
        let unknown = Notice::warning(voice, "call-unknown");
        for (name, problems, notice) in [
            ("office-calls", &[][..], None),
            ("office-calls-problems", &problems, None),
            ("office-calls-unknown", &[], Some(unknown)),
        ] {
            let screen = QuestionsScreen {
                page: page(words, language),
                site: site(),
                notice,
                errors: errors(voice, problems),
                stamp: "stamp".into(),
                fields: fields(voice, &shapes, &Typed::default(), problems, Some("name")),
            };
            shown(name, words, language, &screen);
        }
        let lost = Typed::default().with("reason", "lost");
        let reasons = [Shape::one_of("reason", "call-reason", CALLED_IN)];
        let reasons = || fields(voice, &reasons, &lost, &[], None);
        let cards = samples::stages().map(|at| CallCard::new(voice, &samples::card(at), reasons()));
        let screen = CallerScreen {
            page: page(words, language),
            site: site(),
            notice: None,
            errors: Vec::new(),
            stamp: "stamp".into(),
            title: title(voice, &samples::card(Stage::Active)),
            cards: cards.collect(),
        };
        for card in &screen.cards {
            assert!(card.reasons.is_some() || !card.why_not.is_empty(), "{}", card.stage);
        }
        let html = shown("office-caller", words, language, &screen);
        assert_eq!(
            html.matches("/office/calls/stop/A7K2-9QXM").count(),
            3,
            "sent, handed over, in use"
        );
        assert!(html.contains("value=\"lost\" checked"));
        let screen = StoppedScreen {
            page: page(words, language),
            site: site(),
            stamp: "stamp".into(),
            name: "3710 0042 9031 7746".into(),
            since: "10:15".into(),
        };
        shown("office-stopped", words, language, &screen);
    });
}

#[test]
fn batches_from_none_to_done() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let site = || site(voice, &[Role::CardClerk], "/office/batches");
        for count in [0, 1, 1_204] {
            let screen = BatchesScreen {
                page: page(words, language),
                site: site(),
                notice: None,
                stamp: "stamp".into(),
                waiting: super::cards(voice, "batch-waiting", count),
                some: count > 0,
            };
            shown(&format!("office-batches-{count}"), words, language, &screen);
        }
        let at = now() + SignedDuration::from_secs(90);
        let views = [(0, 0), (412, 3), (1_000, 0), (997, 3)]
            .map(|(done, failed)| BatchView::new(voice, &samples::batch(done, failed), at));
        assert_eq!(views.each_ref().map(BatchView::is_over), [false, false, true, true]);
        assert_eq!(views[3].tone, Tone::Warn);
        let screen = BatchScreen {
            page: page(words, language),
            site: site(),
            id: "20261120-3f".into(),
            made: moment_of(voice, &samples::batch(0, 0)),
        };
        let html = screen.render().unwrap();
        assert_eq!(html.matches(PANELS).count(), 1);
        for (place, upto) in [2, 3, 4].into_iter().enumerate() {
            let parts: String = views[..upto].iter().map(|view| view.render().unwrap()).collect();
            check(&format!("office-batch-{place}"), language, &html.replace(PANELS, &parts), words);
        }
        assert!(super::cards(voice, "cards", 1_204).contains("1,204"));
        assert_eq!(super::cards(words.in_(Language::En), "cards", 1), "1 card");
    });
}

#[test]
fn the_office_that_does_not_answer_is_said_with_its_code() {
    in_both(|words, language| {
        let voice = words.in_(language);
        for error in [
            OfficeError::Ticket,
            OfficeError::Broken("x"),
            OfficeError::Failed(axum::http::StatusCode::BAD_GATEWAY),
        ] {
            let screen = OfficeMessage {
                page: page(words, language),
                site: site(voice, &Role::OFFICE, "/office"),
                complaint: error.complaint(voice),
            };
            let html = shown(&format!("office-{}", error.code()), words, language, &screen);
            assert!(html.contains(error.code()));
        }
    });
}
