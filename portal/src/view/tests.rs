//! Every template, in both languages, with every state.

use askama::Template as _;
use axum::http::Uri;
use warifu_contract::copay::CopayRule;
use warifu_contract::coverage::InsurerKind;
use warifu_contract::eligibility::{Advice, ReasonCheck, Verdict};
use warifu_contract::records::{ExpensesRecord, InsuranceRecord, Service};
use warifu_service::web::Page;
use warifu_service::words::{Language, Voice, Words};

use super::answer::{AnswerView, NoAnswer};
use super::checkups::CheckupsView;
use super::deduction::{DeductionPrint, DeductionView, Next, Written};
use super::desk::{ActsView, DeskScreen};
use super::expenses::ExpensesView;
use super::history::{HistoryView, ViewersFailed, ViewersView};
use super::insurance::{InsuranceView, Numbers};
use super::mydata::MyDataScreen;
use super::outcome::Outcome;
use super::pension::PensionView;
use super::screens::{
    Action, ChooseScreen, HelpScreen, HomeScreen, MessageScreen, PANELS, RecordScreen,
    SessionScreen, TopScreen,
};
use super::settings::{Choice, SettingsScreen};
use super::site::{Menu, Site};
use super::sought::Sought;
use super::tile::Tile;
use super::tour::TourStep;
use super::{Fact, Link, icon};
use crate::desk::form::FormView;
use crate::desk::input::{self, RawCheck};
use crate::desk::ladder;
use crate::expenses::insurers::Answers;
use crate::expenses::receipts::Receipt;
use crate::samples::{self, TODAY};

/// What every rendered page must hold: no inline style or script, no sentence missing.
pub fn check(name: &str, language: Language, html: &str, words: &Words) {
    for forbidden in ["style=\"", "<style", "onclick", "javascript:", "<script>"] {
        assert!(!html.contains(forbidden), "{name}: {forbidden}");
    }
    assert!(!html.contains("知らない項目<b>"), "{name}: not escaped");
    let unsaid = html
        .split(['>', '<'])
        .map(str::trim)
        .find(|text| text.contains('-') && words.in_(language).knows(text));
    assert_eq!(unsaid, None, "{name}: a key instead of its sentence");
    keep(name, language, html);
}

/// Leaves the page for a screenshot where `WARIFU_SCREENS` names a folder.
fn keep(name: &str, language: Language, html: &str) {
    if let Ok(folder) = std::env::var("WARIFU_SCREENS") {
        let path = std::path::Path::new(&folder).join(format!("{name}.{}.html", language.tag()));
        std::fs::write(path, html).unwrap();
    }
}

pub fn in_both(test: impl Fn(&Words, Language)) {
    let words = crate::words::words().unwrap();
    for language in Language::ALL {
        test(&words, language);
    }
}

pub fn page(words: &Words, language: Language) -> Page<'_> {
    Page::new(words.in_(language)).at(&Uri::from_static("/page"))
}

fn resident(voice: Voice<'_>, path: &str) -> Site {
    let who = voice.tell("account-resident", &[("name", "上野 太郎".into())]);
    Site::new(voice, Some(who), Menu::Resident, &[], path)
}

/// The record's page with `part` in its place.
fn record_page(words: &Words, language: Language, service: Service, part: &str) -> String {
    let voice = words.in_(language);
    let (key, path) = match service {
        Service::Insurance => ("insurance", "/insurance"),
        Service::Expenses => ("expenses", "/expenses"),
        Service::Checkup => ("checkups", "/checkups"),
        Service::Pension => ("pension", "/pension"),
    };
    let screen = RecordScreen {
        page: page(words, language),
        site: resident(voice, path),
        title: voice.say(&format!("{key}-title")),
        lead: voice.say(&format!("{key}-lead")),
        no_records: None,
        slot: service.as_str(),
        waiting: Outcome::waiting(voice, service).render().unwrap(),
    };
    let html = screen.render().unwrap();
    assert_eq!(html.matches(PANELS).count(), 1);
    html.replace(PANELS, part)
}

#[test]
fn the_entrance_and_the_quiet_pages() {
    in_both(|words, language| {
        let voice = words.in_(language);
        for (name, onward) in [("top", None), ("top-known", Some("/home"))] {
            let screen = TopScreen {
                page: page(words, language),
                site: Site::outside(),
                onward,
                announcements: Vec::new(),
            };
            check(name, language, &screen.render().unwrap(), words);
        }
        let link = Link { href: "/login?idp=0".into(), words: "割符ログイン".into() };
        let choices = vec![link.clone(), link.clone()];
        let screen = ChooseScreen { page: page(words, language), site: Site::outside(), choices };
        check("choose", language, &screen.render().unwrap(), words);
        let screen = MessageScreen {
            page: page(words, language),
            site: Site::outside(),
            icon: icon::OK,
            title: voice.say("signed-out-title"),
            text: voice.say("signed-out-text"),
            actions: vec![
                Action::Start(link.clone()),
                Action::Go(link),
                Action::SignOut("x".into()),
            ],
        };
        check("message", language, &screen.render().unwrap(), words);
        let screen = HelpScreen {
            page: page(words, language),
            site: resident(voice, "/help"),
            resident: true,
        };
        check("help", language, &screen.render().unwrap(), words);
        for (name, cards) in [("settings", None), ("settings-cards", Some(vec![link_to_cards()]))] {
            let choice = |value, words: &str, chosen| Choice { value, words: words.into(), chosen };
            let screen = SettingsScreen {
                page: page(words, language).dressed("size-150 high-contrast"),
                site: resident(voice, "/settings"),
                done: cards.is_some(),
                sizes: vec![choice("100", "100", false), choice("150", "150", true)],
                contrasts: vec![choice("high", "high", true)],
                furigana: vec![choice("on", "on", false)],
                cards,
            };
            let html = screen.render().unwrap();
            assert!(html.contains("class=\"size-150 high-contrast\""));
            check(name, language, &html, words);
        }
        for (name, no_records) in [("mydata", None), ("mydata-not", Some("no-records-ticket"))] {
            let site = resident(voice, "/mydata");
            let screen = MyDataScreen { page: page(words, language), site, no_records };
            check(name, language, &screen.render().unwrap(), words);
        }
        let facts = vec![Fact { label: voice.say("session-name"), value: "上野 太郎".into() }];
        for (name, facts) in [("session", facts), ("session-none", Vec::new())] {
            let screen =
                SessionScreen { page: page(words, language), site: Site::outside(), facts };
            check(name, language, &screen.render().unwrap(), words);
        }
    });
}

fn link_to_cards() -> Link {
    Link { href: "https://idp.localhost:8444/cards".into(), words: "カードの一覧".into() }
}

#[test]
fn the_home_with_tiles_in_every_state() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let states = samples::outcomes(Service::Insurance).len();
        for state in 0..states {
            let tiles = Service::ALL.map(|service| {
                let outcome = samples::outcomes(service).swap_remove(state);
                let tile = Tile::of(voice, TODAY, &samples::panel(service, outcome));
                tile.marked(voice, state == 0).render().unwrap()
            });
            let viewers = ViewersView::new(voice, samples::now(), &samples::history().entries);
            let parts = format!("{}{}", tiles.join(""), viewers.render().unwrap());
            check(&format!("home-{state}"), language, &home(words, language, None, &parts), words);
        }
        let slowly = Tile::of(
            voice,
            TODAY,
            &samples::panel(Service::Insurance, samples::ready(Service::Insurance)),
        );
        let waiting = home(words, language, None, &slowly.render().unwrap());
        assert!(waiting.contains(&voice.say("wait-pension")));
        check("home-waiting", language, &waiting, words);
        let failed = ViewersFailed { voice, waiting: false }.render().unwrap();
        check("home-no-history", language, &home(words, language, None, &failed), words);
        check(
            "home-no-records",
            language,
            &home(words, language, Some("no-records-ticket"), ""),
            words,
        );
    });
}

fn home(
    words: &Words,
    language: Language,
    no_records: Option<&'static str>,
    parts: &str,
) -> String {
    let voice = words.in_(language);
    let waiting = Service::ALL
        .map(|service| (service.as_str(), Tile::waiting(voice, service).render().unwrap()));
    let gaps = [("day", "2026年11月20日（令和8年）金曜日".into()), ("time", "10:15".into())];
    let screen = HomeScreen {
        page: page(words, language),
        site: resident(voice, "/home"),
        title: voice.tell("home-title", &[("name", "上野 太郎".into())]),
        signed_in: voice.tell("home-signed-in", &gaps),
        tour: TourStep::of(voice, None, parts.is_empty()),
        before: Some(voice.tell("home-before", &[("moment", "11月19日 10:15".into())])),
        no_records,
        waiting: waiting.to_vec(),
        declared: true,
        viewers_waiting: Some(ViewersFailed { voice, waiting: true }.render().unwrap()),
    };
    screen.render().unwrap().replace(PANELS, parts)
}

#[test]
fn records_in_every_state() {
    in_both(|words, language| {
        let voice = words.in_(language);
        for service in Service::ALL {
            for (state, outcome) in samples::outcomes(service).into_iter().enumerate().skip(1) {
                let outcome = Outcome::of(voice, &samples::panel(service, outcome)).unwrap();
                let part = outcome.render().unwrap();
                let html = record_page(words, language, service, &part);
                check(&format!("{}-{state}", service.as_str()), language, &html, words);
            }
        }
    });
}

#[test]
fn the_insurance_card_of_every_kind() {
    let kinds = [
        InsurerKind::National,
        InsurerKind::Association,
        InsurerKind::Society,
        InsurerKind::MutualAid,
        InsurerKind::LateElderly,
    ];
    in_both(|words, language| {
        let voice = words.in_(language);
        let show = |name: &str, record: &InsuranceRecord| {
            let view = InsuranceView::new(
                voice,
                TODAY,
                record,
                if name.ends_with("open") { Numbers::Shown } else { Numbers::Masked },
                "東京見本健康保険組合".into(),
                samples::now(),
            );
            let html = record_page(words, language, Service::Insurance, &view.render().unwrap());
            check(name, language, &html, words);
            html
        };
        for kind in kinds {
            let coverages = vec![samples::coverage(kind, Some(jiff::civil::date(2027, 7, 31)))];
            let number = coverages[0].number.clone();
            let html = show(&format!("insurance-{kind:?}"), &InsuranceRecord::from(coverages));
            assert!(!html.contains(&format!(">{number}<")), "masked");
            assert!(html.contains("action=\"/insurance/numbers\""));
        }
        let html = show("insurance-society-open", &samples::insurance());
        assert!(html.contains(&voice.say("insurance-earlier")));
        assert!(html.contains("21370013") && html.contains(&voice.say("insurance-rule-general")));
        let ended = samples::coverage(InsurerKind::National, Some(jiff::civil::date(2026, 9, 30)));
        let html = show("insurance-ended", &InsuranceRecord::from(vec![ended.clone()]));
        assert!(html.contains(&voice.say("insurance-none-text")));
        let both = vec![
            samples::coverage(InsurerKind::Society, None),
            samples::coverage(InsurerKind::National, None),
        ];
        assert!(
            show("insurance-two", &InsuranceRecord::from(both))
                .contains(&voice.say("insurance-several"))
        );
        show("insurance-nothing", &InsuranceRecord::default());
    });
}

#[test]
fn medical_expenses_and_their_papers() {
    let receipt = Receipt::typed("上野 一子", "見本薬局<b>", "medicine", "1200", "").unwrap();
    in_both(|words, language| {
        let voice = words.in_(language);
        let record = samples::expenses();
        let page = |name: &str, part: String| {
            let html = record_page(words, language, Service::Expenses, &part);
            check(name, language, &html, words);
            assert!(!html.contains("医院<b>") && !html.contains("薬局<b>"), "{name}: not escaped");
            html
        };
        let told = [samples::told(&record)];
        for (name, year) in [("expenses", None), ("expenses-old", Some(2025))] {
            let html = page(name, ExpensesView::new(voice, TODAY, &told, year).render().unwrap());
            let whole = voice.tell("expenses-whole", &[("year", "2025".into())]);
            assert_eq!(html.contains(&whole), year.is_some(), "{name}");
        }
        let none = ExpensesRecord { complete_until: None, pending: 0, entries: Vec::new() };
        let view = ExpensesView::new(voice, TODAY, &[samples::told(&none)], None);
        page("expenses-none", view.render().unwrap());
        let answers = Answers::new(vec![samples::panel(
            Service::Expenses,
            samples::ready(Service::Expenses),
        )]);
        let receipts = [receipt.clone()];
        let written = Written { year: 2026, receipts: &receipts, without: &[] };
        let next = Next { wrong: Some("receipt-wrong-paid"), ..Next::default() };
        let view = DeductionView::new(voice, TODAY, &answers, &written, next);
        let html = page("deduction", view.render().unwrap());
        assert!(html.contains(&voice.say("receipt-wrong-paid")) && !html.contains("\"without\""));
        let print = DeductionPrint::new(voice, TODAY, &answers, &written).render().unwrap();
        assert!(page("deduction-print", print).contains(&voice.say("deduction-insured")));
    });
}

#[test]
fn two_insurers_and_one_that_lacks_on_one_page() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let page = |name: &str, part: String| {
            let html = record_page(words, language, Service::Expenses, &part);
            check(name, language, &html, words);
            html
        };
        for outcome in samples::outcomes(Service::Expenses).into_iter().skip(2) {
            let mut panels = samples::two_insurers();
            panels.push(samples::panel(Service::Expenses, outcome));
            let answers = Answers::new(panels);
            let lacks = voice.tell("expenses-lacking", &[("source", lacking(voice).into())]);
            let view = ExpensesView::new(voice, TODAY, &answers.told(), None).lacking(&answers);
            let html = page("expenses-lacking", view.render().unwrap());
            assert!(html.contains(&lacks) && html.contains(&voice.say("expenses-partly")));
            let written = Written { year: 2026, receipts: &[], without: &[] };
            let view = DeductionView::new(voice, TODAY, &answers, &written, Next::default());
            let html = page("deduction-lacking", view.unsure().render().unwrap());
            assert!(html.contains(&lacks) && html.contains(&voice.say("deduction-unsure")));
            assert_eq!(html.matches("name=\"without\"").count(), 1);
            let print = DeductionPrint::new(voice, TODAY, &answers, &written).render().unwrap();
            assert!(page("deduction-print-lacking", print).contains(&lacks));
        }
    });
}

/// The insurer of the samples' own panels.
fn lacking(voice: Voice<'_>) -> String {
    let panel = samples::panel(Service::Expenses, samples::ready(Service::Expenses));
    super::source_name(voice, Service::Expenses, panel.source.as_ref())
}

#[test]
fn checkups_with_words_and_charts() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let record = samples::checkups();
        for (name, chosen) in
            [("checkups", None), ("checkups-old", Some(record.checkups[4].taken_on))]
        {
            let view = CheckupsView::new(
                voice,
                &record,
                chosen,
                "見本保健センター".into(),
                samples::now(),
            );
            let html =
                record_page(words, language, Service::Checkup, &view.unwrap().render().unwrap());
            check(name, language, &html, words);
            assert!(html.contains(&voice.say("judgement-within")));
            assert!(html.contains(&voice.say("syndrome-title")));
        }
        let html = record_page(words, language, Service::Checkup, "");
        assert!(html.contains(&voice.say("wait-checkup")));
    });
}

#[test]
fn pension_and_history() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let view = PensionView::new(
            voice,
            TODAY,
            &samples::pension(),
            "見本年金センター".into(),
            samples::now(),
        );
        let html = record_page(words, language, Service::Pension, &view.render().unwrap());
        assert!(html.contains(&voice.say("sample")), "virtual data is marked");
        assert!(html.contains(&voice.say("pension-history")) && !html.contains("会社<b>"));
        assert!(html.contains(&voice.say("pension-gaps-text")), "nine months of 2010");
        check("pension", language, &html, words);
        let mut page = samples::history();
        page.entries[3].ground = Some(format!("emergency:{} 意識<b>がない", "ab".repeat(16)));
        let all = Sought::default();
        let full = HistoryView::new(voice, &page, false, &all, None).render().unwrap();
        assert!(full.contains("/history?before=4100"));
        assert!(full.contains("<details"), "own looks are folded");
        assert!(full.contains("がない") && !full.contains("意識<b>"), "why it was an emergency");
        let other = Some("母<b>");
        let told = HistoryView::new(voice, &page, false, &all, other).render().unwrap();
        assert!(!told.contains("/history/proof") && !told.contains("母<b>"));
        check("history-other", language, &history_page(words, language, &told), words);
        page.entries.clear();
        let empty = HistoryView::new(voice, &page, true, &all, None).render().unwrap();
        for (name, part) in [("history", full), ("history-empty", empty)] {
            check(name, language, &history_page(words, language, &part), words);
        }
    });
}

fn history_page(words: &Words, language: Language, part: &str) -> String {
    let voice = words.in_(language);
    let screen = RecordScreen {
        page: page(words, language),
        site: resident(voice, "/history"),
        title: voice.say("history-title"),
        lead: voice.say("history-lead"),
        no_records: None,
        slot: "history",
        waiting: String::new(),
    };
    screen.render().unwrap().replace(PANELS, part)
}

#[test]
fn every_check_advice_and_rule_has_its_words() {
    in_both(|words, language| {
        let voice = words.in_(language);
        for check in ReasonCheck::ALL {
            for prefix in ["reason", "reason-not"] {
                let key = format!("{prefix}-{}", check.code());
                assert!(voice.knows(&key), "{key}");
            }
        }
        for key in Advice::ALL.map(|advice| format!("advice-{}", advice.code())) {
            assert!(voice.knows(&key), "{key}");
        }
        for key in CopayRule::ALL.map(|rule| format!("copay-rule-{}", rule.code())) {
            assert!(voice.knows(&key), "{key}");
        }
    });
}

#[test]
fn the_desk_with_every_result() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let raw =
            RawCheck { target: TODAY.to_string(), key: "0".repeat(32), ..RawCheck::default() };
        for verdict in Verdict::ALL {
            let answer = samples::answer(verdict);
            let view = AnswerView::new(voice, &answer).render().unwrap();
            assert!(view.contains(&answer.check_number.grouped()));
            let says_more = [Verdict::NotYetStarted, Verdict::NotLinked, Verdict::Provisional];
            assert!(view.contains(&answer.message) || says_more.contains(&verdict));
            let flagged = view.contains(match language {
                Language::Ja => "登録は2割ですが",
                Language::En => "20 % is registered",
            });
            assert_eq!(flagged, verdict == Verdict::Provisional, "{verdict:?}");
            let state = Some(voice.say(&verdict.code().replace('.', "-")));
            let form = FormView::new(voice, &raw, &[]);
            let html = desk(words, language, state, form, Some(view));
            check(&format!("desk-{verdict:?}"), language, &html, words);
        }
        let form = FormView::new(voice, &raw, &[]);
        check("desk", language, &desk(words, language, None, form, None), words);
        let problems = input::read(&raw, TODAY).unwrap_err();
        let html = desk(words, language, None, FormView::new(voice, &raw, &problems), None);
        assert!(html.contains("aria-invalid=\"true\" aria-describedby=\"insurer-error\""));
        assert!(html.contains("href=\"#birth\""));
        check("desk-problems", language, &html, words);
        let failed = NoAnswer::new(voice, "failed-relay").render().unwrap();
        let form = FormView::new(voice, &raw, &[]);
        check("desk-failed", language, &desk(words, language, None, form, Some(failed)), words);
    });
}

fn desk(
    words: &Words,
    language: Language,
    state: Option<String>,
    form: FormView,
    result: Option<String>,
) -> String {
    let voice = words.in_(language);
    let gaps = [("organization", "春日見本医院".into()), ("name", "受付 佐藤".into())];
    let who = voice.tell("account-staff", &gaps);
    let site = Site::new(voice, Some(who), Menu::Desk, &[], "/desk");
    let answer = samples::answer(Verdict::Valid);
    let acts = result.as_ref().map(|_| ActsView::new(voice, &answer, "0123456789abcdef"));
    let ladder = ladder::steps(voice, "failed-tap", true);
    let page = page(words, language);
    let screen = DeskScreen { page, site, state, form, scans: true, result, acts, ladder };
    screen.render().unwrap()
}

#[test]
fn digits_are_grouped_by_three() {
    for (number, text) in [(0, "0"), (999, "999"), (48_320, "48,320"), (1_000_000, "1,000,000")] {
        assert_eq!(super::grouped(number), text);
    }
}
