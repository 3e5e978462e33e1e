//! The desk's lists, forms and prints, and the insurer's pages, in both languages.

use askama::Template as _;
use warifu_contract::duty::May;
use warifu_contract::eligibility::Verdict;
use warifu_service::words::{Language, Voice, Words};

use super::Tone;
use super::answer::AnswerView;
use super::checks::{ChecksScreen, Whose, rows};
use super::disputes::{DisputeForm, DisputesScreen, facts, views};
use super::insurer::{InsurerScreen, days};
use super::ratios::total;
use super::sheets::{LabelScreen, LabelView, SlipCode, SlipScreen};
use super::site::{Menu, Site};
use super::tests::{check, in_both, page};
use super::uploads::lag_words;
use crate::access::Role;
use crate::desk::label::{LabelSize, Numbers};
use crate::desk::qr;
use crate::form::{self, Shape, Typed};
use crate::samples::{self, desks};

fn site(voice: Voice<'_>, menu: Menu, path: &str) -> Site {
    let gaps = [("organization", "春日見本医院".into()), ("name", "受付 佐藤".into())];
    let who = voice.tell("account-staff", &gaps);
    let roles = [Role::ClinicDesk, Role::ClinicManager, Role::InsurerStaff];
    Site::new(voice, Some(who), menu, &roles, path)
}

fn checks_screen(words: &Words, language: Language, whose: Whose) -> ChecksScreen<'_> {
    let voice = words.in_(language);
    let field = [Shape::line("number", "checks-number", 40)];
    ChecksScreen {
        page: page(words, language),
        site: site(voice, Menu::Desk, whose.path()),
        whose,
        title: voice.say(&format!("{}-title", whose.key())),
        lead: voice.say(&format!("{}-lead", whose.key())),
        fields: form::fields(voice, &field, &Typed::default(), &[], None),
        errors: Vec::new(),
        no_records: None,
        is_silent: false,
        is_search: false,
        rows: Vec::new(),
        erased: None,
        older: None,
        newest: None,
    }
}

#[test]
fn lists_of_checks_full_empty_and_silent() {
    in_both(|words, language| {
        for (name, whose) in [("clinic", Whose::Clinic), ("insurer", Whose::Insurer)] {
            let voice = words.in_(language);
            let empty = || checks_screen(words, language, whose);
            let full = empty().with_page(voice, &desks::checks(), false);
            check(&format!("checks-{name}"), language, &full.render().unwrap(), words);
            check(&format!("checks-{name}-none"), language, &empty().render().unwrap(), words);
            let silent = ChecksScreen { is_silent: true, is_search: true, ..empty() };
            check(&format!("checks-{name}-silent"), language, &silent.render().unwrap(), words);
        }
    });
}

#[test]
fn disputes_of_both_sides() {
    in_both(|words, language| {
        let voice = words.in_(language);
        for of_insurer in [false, true] {
            let screen = |full: bool| DisputesScreen {
                page: page(words, language),
                site: site(voice, Menu::Insurer, "/insurer/disputes"),
                of_insurer,
                said: full.then_some((Tone::Ok, "dispute-said-sent")),
                no_records: None,
                is_silent: false,
                disputes: if full {
                    views(voice, &desks::disputes().disputes, of_insurer)
                } else {
                    Vec::new()
                },
                more: full,
            };
            let name = format!("disputes-{of_insurer}");
            check(&name, language, &screen(true).render().unwrap(), words);
            let none = screen(false).render().unwrap();
            check(&format!("{name}-none"), language, &none, words);
            let silent = DisputesScreen { is_silent: true, ..screen(false) };
            check(&format!("{name}-silent"), language, &silent.render().unwrap(), words);
        }
        let form = DisputeForm {
            page: page(words, language),
            site: site(voice, Menu::Insurer, "/insurer/disputes"),
            title: voice.say("dispute-answer-title"),
            lead: voice.say("dispute-answer-lead"),
            facts: facts(voice, &desks::dispute(false), true),
            number: desks::number(2).to_string(),
            action: "/insurer/disputes",
            back: "/insurer/disputes",
            send: voice.say("dispute-answer-send"),
            fields: Vec::new(),
            errors: Vec::new(),
        };
        check("dispute-form", language, &form.render().unwrap(), words);
        assert!(May::Propose < May::Do);
    });
}

#[test]
fn an_insurers_day() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let lag = samples::deposits::list().insurers[0].lag.unwrap();
        let screen = |full: bool| InsurerScreen {
            page: page(words, language),
            site: site(voice, Menu::Insurer, "/insurer"),
            as_of: "09:00".into(),
            no_records: None,
            is_silent: false,
            waiting: full.then(|| voice.tell("insurer-waiting", &[("n", 3.into())])),
            is_ready: full,
            lags: if full { vec![lag_words(voice, &lag)] } else { Vec::new() },
            ratios: full.then(|| total(voice, &samples::deposits::ratios())).flatten(),
            days: if full { days(voice, &desks::counts().counts) } else { Vec::new() },
            rows: if full {
                rows(voice, Whose::Insurer, &desks::checks().checks)
            } else {
                Vec::new()
            },
        };
        let html = screen(true).render().unwrap();
        assert!(html.contains("1,548"), "the day's total");
        check("insurer", language, &html, words);
        check("insurer-none", language, &screen(false).render().unwrap(), words);
        let silent = InsurerScreen { is_silent: true, ..screen(false) };
        check("insurer-silent", language, &silent.render().unwrap(), words);
    });
}

#[test]
fn labels_of_every_size_and_slips_of_both_papers() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let answer = samples::answer(Verdict::Valid);
        for size in LabelSize::ALL {
            let screen = LabelScreen {
                page: page(words, language),
                site: site(voice, Menu::Desk, "/desk"),
                answer: "0123456789abcdef".into(),
                size,
                sizes: LabelSize::ALL.map(|one| (one.name(), "mm".into(), one == size)).to_vec(),
                label: LabelView::new(voice, &answer, Numbers::Masked).unwrap(),
            };
            let html = screen.render().unwrap();
            check(&format!("label-{}", size.name()), language, &html, words);
        }
        for (paper, code) in [("a5", true), ("a4", false)] {
            let text = desks::slip().text;
            let screen = SlipScreen {
                page: page(words, language),
                site: site(voice, Menu::Desk, "/desk"),
                answer: "0123456789abcdef".into(),
                paper,
                clinic: "春日見本医院".into(),
                printed: "09:00".into(),
                result: AnswerView::new(voice, &answer).render().unwrap(),
                code: code.then(|| SlipCode {
                    qr: qr::svg(&text, "QR").unwrap(),
                    text,
                    until: voice.tell("slip-until", &[("moment", "09:00".into())]),
                }),
            };
            check(&format!("slip-{paper}"), language, &screen.render().unwrap(), words);
        }
    });
}

#[test]
fn nobody_found_means_no_label() {
    in_both(|words, language| {
        let answer = samples::answer(Verdict::NumberUnknown);
        assert!(LabelView::new(words.in_(language), &answer, Numbers::Full).is_none());
    });
}
