//! Services on their pages: every way to show records, and whatever a connector may send.

use std::collections::BTreeMap;

use askama::Template as _;
use jiff::Timestamp;
use proptest::prelude::*;
use warifu_contract::services::{
    Access, Audience, Cell, Code, Elsewhere, EntryError, Field, FieldKind, FormField, Level, Row,
    Status, View, ViewKind,
};
use warifu_service::words::Words;

use super::super::screens::PANELS;
use super::super::site::Menu;
use super::super::tests::{check, in_both, page};
use super::*;
use crate::samples;

pub fn words(ja: &str, en: &str) -> DisplayName {
    DisplayName { ja: ja.to_owned(), en: en.to_owned() }
}

fn field(name: &str, kind: FieldKind) -> Field {
    Field {
        name: name.to_owned(),
        label: words(&format!("項目 {name}"), &format!("Field {name}")),
        kind,
        unit: (kind == FieldKind::Number).then(|| "kg".to_owned()),
        system: None,
        codes: if kind == FieldKind::Code {
            vec![Code { code: "one".into(), words: words("ひとつ", "One") }]
        } else {
            Vec::new()
        },
        range: (kind == FieldKind::Number).then(|| warifu_contract::services::Range {
            from: None,
            to: Some(65.0),
            within: words("基準の中", "Within the range"),
            outside: words("高め", "High"),
        }),
        least: (kind == FieldKind::Number).then_some(1.0),
        most: (kind == FieldKind::Number).then_some(300.0),
        ahead: false,
    }
}

/// A service with every kind of field and every way to show them.
pub fn declaration() -> Declaration {
    let kinds = [
        ("day", FieldKind::Date),
        ("weight", FieldKind::Number),
        ("text", FieldKind::Document),
        ("name", FieldKind::Text),
        ("code", FieldKind::Code),
        ("flag", FieldKind::Flag),
        ("at", FieldKind::Moment),
        ("place", FieldKind::Place),
        ("aura", FieldKind::Other),
    ];
    let view = |kind, at: Option<&str>, fields: &[&str]| View {
        kind,
        title: Some(words("見出し", "Heading")),
        at: at.map(str::to_owned),
        fields: fields.iter().map(|name| (*name).to_owned()).collect(),
    };
    Declaration {
        id: "all".into(),
        name: words("すべて", "Everything"),
        holder: words("見本市役所", "Sample City Hall"),
        category: warifu_contract::services::Category::City,
        purpose: words("ためす", "To try"),
        access: vec![Access { who: Audience::Resident, level: Level::High }],
        fields: kinds.map(|(name, kind)| field(name, kind)).to_vec(),
        show: vec![
            view(ViewKind::Card, None, &["name", "flag"]),
            view(ViewKind::Table, None, &[]),
            view(ViewKind::Chart, Some("day"), &["weight"]),
            view(ViewKind::Timeline, Some("at"), &["name"]),
            view(ViewKind::Document, None, &["name", "day", "text"]),
            view(ViewKind::Map, Some("place"), &["name"]),
            view(ViewKind::Other, None, &["aura"]),
        ],
        form: Some(Form {
            title: words("申し込む", "Apply"),
            note: words("確かめてください", "Please check"),
            button: words("送る", "Send"),
            becomes: Becomes::Application,
            fields: ["day", "weight", "text", "name", "code", "flag", "at"]
                .map(|name| FormField { field: name.into(), required: name != "text" })
                .to_vec(),
            statuses: vec![Status {
                code: "received".into(),
                words: words("受け付けました", "Received"),
                last: false,
                refuses: false,
            }],
        }),
        elsewhere: None,
        tells: false,
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn row(cells: &[(&str, Cell)]) -> Row {
    Row(cells.iter().map(|(name, cell)| ((*name).to_owned(), cell.clone())).collect())
}

fn rows() -> Vec<Row> {
    let one = |day: &str, weight: f64| {
        row(&[
            ("day", text(day)),
            ("weight", Cell::Number(weight)),
            ("text", text("一行目\n二行目")),
            ("name", text("件名")),
            ("code", text("one")),
            ("flag", Cell::Flag(true)),
            ("at", text("2026-11-19T10:15:00+09:00")),
            ("place", text("34.34,134.05")),
            ("aura", text("青")),
        ])
    };
    vec![one("2026-11-19", 66.0), one("2026-11-10", 64.5)]
}

/// What somebody hostile, or merely careless, would send.
fn hostile() -> Vec<Row> {
    vec![
        row(&[
            ("name", text("<script>alert(1)</script>")),
            ("text", text("<img src=x onerror=alert(1)>\u{202E}gnp.exe")),
            ("day", text("2031-01-01")),
            ("weight", Cell::Quantity { value: 150.0, unit: "lb".into() }),
            ("code", text("\"><b>")),
            ("place", text("200,900")),
            ("unasked", text("<b>知らない</b>")),
        ]),
        row(&[("weight", Cell::Number(1e300)), ("flag", text("yes")), ("at", text("soon"))]),
    ]
}

fn answer(outcome: ServiceOutcome) -> ServiceAnswer {
    ServiceAnswer { declaration: declaration(), source: words("市", "City"), outcome }
}

fn ready(rows: Vec<Row>) -> ServiceOutcome {
    let sent = Submitted {
        reference: "A1B2C3".into(),
        at: now(),
        status: "received".into(),
        values: row(&[("name", text("件名"))]),
        steps: vec![Step {
            status: "received".into(),
            at: now(),
            reason: Some("あすお届けします\u{202E}<b>".into()),
        }],
    };
    let content = Content { rows, submissions: vec![sent] };
    ServiceOutcome::Ready { content: Box::new(content), as_of: now() }
}

fn now() -> Timestamp {
    samples::now()
}

fn id() -> ServiceId {
    "city/all".parse().unwrap()
}

fn site(voice: Voice<'_>) -> Site {
    Site::new(voice, Some("上野 太郎".into()), Menu::Resident, &[], PATH)
}

fn rendered(words: &Words, language: Language, answer: &ServiceAnswer) -> String {
    let voice = words.in_(language);
    let screen = ServiceScreen {
        page: page(words, language),
        site: site(voice),
        view: ServiceView::new(voice, id(), answer, now(), true),
        errors: Vec::new(),
        sent: None,
    };
    screen.render().unwrap()
}

#[test]
fn every_way_to_show_records_and_every_outcome() {
    in_both(|words, language| {
        let refused = |code: &str| ServiceOutcome::Refused { code: code.to_owned() };
        let failed = |code: &str| ServiceOutcome::Failed { code: code.to_owned() };
        for (name, outcome) in [
            ("service", ready(rows())),
            ("service-none", ready(Vec::new())),
            ("service-empty", ServiceOutcome::Empty),
            ("service-not-linked", ServiceOutcome::NotLinked),
            ("service-level", refused("level.low")),
            ("service-consent", refused("consent.none")),
            ("service-proxy", refused("proxy.over")),
            ("service-audience", refused("service.audience")),
            ("service-slow", failed("source.slow")),
            ("service-down", failed("source.down")),
            ("service-broken", failed("content.large")),
        ] {
            check(name, language, &rendered(words, language, &answer(outcome)), words);
        }
        let html = rendered(words, language, &answer(ready(rows())));
        for drawn in ["class=\"chart map\"", "class=\"chart\"", "<textarea", "type=\"date\""] {
            assert!(html.contains(drawn), "{drawn}");
        }
        let low = rendered(words, language, &answer(refused("level.low")));
        assert!(low.contains("/login?to=/services/city/all"), "there is a way to step up");
    });
}

#[test]
fn hostile_content_is_shown_safely_or_left_out_with_its_reason() {
    in_both(|words, language| {
        let html = rendered(words, language, &answer(ready(hostile())));
        check("service-hostile", language, &html, words);
        for forbidden in ["<script>alert", "<img src", "\u{202E}", "<b>知らない", "1e300", "lb"]
        {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
        let voice = words.in_(language);
        for key in ["kind", "unit", "implausible", "future"] {
            let reason = voice.say(&format!("services-hidden-{key}"));
            assert!(html.contains(&reason), "{reason}");
        }
        assert!(html.contains("知らない"), "what nobody declared is not dropped");
        let huge = rendered(words, language, &answer(ready(vec![rows()[0].clone(); 501])));
        assert!(huge.contains("content.large") && !huge.contains("一行目"));
    });
}

/// The declaration with one way alone to show its rows.
fn shown_as(kind: ViewKind) -> Declaration {
    let show = declaration().show.into_iter().find(|view| view.kind == kind);
    Declaration { show: show.into_iter().collect(), ..declaration() }
}

#[test]
fn each_way_to_show_records_alone_withstands_what_is_hostile() {
    let kinds = [
        ViewKind::Card,
        ViewKind::Table,
        ViewKind::Chart,
        ViewKind::Timeline,
        ViewKind::Document,
        ViewKind::Map,
        ViewKind::Other,
    ];
    let turned = |value: &str| text(&format!("\u{202E}\u{2066}{value}\u{200F}<b>"));
    let many = |row: &Row| vec![row.clone(); 500];
    let twisted = row(&[
        ("name", turned("件名")),
        ("text", turned("本文")),
        ("aura", turned("青")),
        ("day", text("2026-11-19")),
        ("at", text("2026-11-19T10:15:00+09:00")),
        ("place", text("34.34,134.05")),
        ("weight", Cell::Number(66.0)),
        ("flag", Cell::Flag(true)),
    ]);
    let ahead = row(&[
        ("day", text("2031-01-01")),
        ("at", text("2031-01-01T00:00:00Z")),
        ("name", text("先の日")),
        ("weight", Cell::Quantity { value: 15_151.5, unit: "lb".into() }),
        ("place", text("91,181")),
    ]);
    in_both(|words, language| {
        for kind in kinds {
            let declaration = shown_as(kind);
            for rows in [many(&twisted), many(&ahead), hostile(), vec![Row::default(); 500]] {
                let answer =
                    ServiceAnswer { declaration: declaration.clone(), ..answer(ready(rows)) };
                let html = rendered(words, language, &answer);
                check("service-one-way", language, &html, words);
                for forbidden in
                    ["\u{202E}", "\u{2066}", "\u{200F}", "\u{FFFD}<b>", "2031", "15,151"]
                {
                    assert!(!html.contains(forbidden), "{kind:?}: {forbidden}");
                }
                assert!(html.len() < 2_000_000, "{kind:?}: {}", html.len());
            }
        }
    });
}

#[test]
fn what_was_typed_into_a_form_is_never_markup_nor_turned() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let declaration = declaration();
        let form = declaration.form.as_ref().unwrap();
        let hostile = "\"><script>alert(1)</script>\u{202E}";
        let typed: BTreeMap<String, String> =
            form.fields.iter().map(|one| (one.field.clone(), hostile.to_owned())).collect();
        let wrong = declaration.read(form, &typed, TODAY).unwrap_err();
        assert!(wrong.iter().any(|(_, error)| *error == EntryError::Text), "{wrong:?}");
        let fields = entry_fields(voice, &declaration, form, &typed, &wrong);
        let screen = ServiceScreen {
            page: page(words, language),
            site: site(voice),
            view: ServiceView::new(voice, id(), &answer(ready(rows())), now(), true).typed(fields),
            errors: entry_errors(voice, &declaration, &wrong),
            sent: None,
        };
        let html = screen.render().unwrap();
        check("service-form-hostile", language, &html, words);
        assert!(!html.contains("<script>alert"));
    });
}

#[test]
fn a_form_keeps_what_was_typed_and_says_what_is_wrong() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let declaration = declaration();
        let form = declaration.form.as_ref().unwrap();
        let typed = BTreeMap::from([("weight".to_owned(), "<heavy>".to_owned())]);
        let wrong: Vec<_> = form
            .fields
            .iter()
            .zip(EntryError::ALL)
            .map(|(one, error)| (one.field.clone(), error))
            .collect();
        let fields = entry_fields(voice, &declaration, form, &typed, &wrong);
        let screen = ServiceScreen {
            page: page(words, language),
            site: site(voice),
            view: ServiceView::new(voice, id(), &answer(ready(rows())), now(), true).typed(fields),
            errors: entry_errors(voice, &declaration, &wrong),
            sent: Some(voice.say("services-recorded")),
        };
        let html = screen.render().unwrap();
        check("service-form", language, &html, words);
        assert!(html.contains("&#60;heavy&#62;") && html.contains("href=\"#entry-day\""));
        assert_eq!(html.matches("aria-invalid=\"true\"").count(), 5);
        let facts = entry_summary(voice, &declaration, &rows()[0], TODAY);
        let screen = ServiceCheckScreen {
            page: page(words, language),
            site: site(voice),
            href: page_of(id()),
            title: "すべて".into(),
            note: "確かめてください".into(),
            button: "送る".into(),
            facts,
            hidden: vec![("weight".into(), "66".into())],
            key: "ab".repeat(16),
            problem: Some(voice.say("services-not-taken")),
        };
        check("service-check", language, &screen.render().unwrap(), words);
    });
}

#[test]
fn the_list_is_by_category_and_says_who_holds_what() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let phr = Declaration {
            category: warifu_contract::services::Category::Elsewhere,
            elsewhere: Some(Elsewhere {
                url: "https://phr.example/".into(),
                words: super::tests::words("進みます", "Go on"),
            }),
            ..declaration()
        };
        let offered = |id: &str, declaration: &Declaration, linked| Offered {
            id: id.parse().unwrap(),
            declaration: declaration.clone(),
            linked,
        };
        let catalogue = Catalogue {
            services: vec![
                offered("city/all", &declaration(), true),
                offered("city/other", &declaration(), false),
                offered("health/phr", &phr, false),
            ],
        };
        let groups = groups(voice, &catalogue);
        assert_eq!(groups.iter().map(|group| group.services.len()).collect::<Vec<_>>(), [2, 1]);
        let none = Catalogue::default();
        for (name, no_records, catalogue) in [
            ("services", None, Some(&catalogue)),
            ("services-none", None, Some(&none)),
            ("services-silent", None, None),
            ("services-level", Some("no-records-ended"), None),
        ] {
            let (page, site) = (page(words, language), site(voice));
            let as_guardian = catalogue.is_none();
            let lead = if as_guardian { "services-lead-acting" } else { "services-lead" };
            let screen = ServicesScreen { page, site, lead, no_records, as_guardian };
            let screen = screen.render().unwrap();
            let list = ServicesView::new(voice, catalogue).render().unwrap();
            check(name, language, &screen.replace(PANELS, &list), words);
        }
        let elsewhere = ServiceAnswer { declaration: phr, ..answer(ServiceOutcome::NotLinked) };
        let html = rendered(words, language, &elsewhere);
        check("service-elsewhere", language, &html, words);
        assert!(html.contains("href=\"https://phr.example/\""));
    });
}

const TODAY: jiff::civil::Date = samples::TODAY;

fn cells() -> impl Strategy<Value = Cell> {
    prop_oneof![
        any::<bool>().prop_map(Cell::Flag),
        any::<f64>().prop_map(Cell::Number),
        ".{0,40}|2026-1[01]-[01][0-9]|-?[0-9]{1,2}\\.5,[0-9]{1,3}".prop_map(Cell::Text),
        (any::<f64>(), "kg|lb").prop_map(|(value, unit)| Cell::Quantity { value, unit }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_is_sent_the_page_stands_and_no_markup_of_it_is_markup(
        rows in prop::collection::vec(
            prop::collection::btree_map("day|weight|text|name|code|flag|at|place|aura|x[a-z]{0,4}", cells(), 0..9),
            0..6,
        ),
    ) {
        let words = crate::words::words().unwrap();
        let plain = rendered(&words, Language::En, &answer(ready(rows_of(&rows))));
        prop_assert!(!plain.contains(char::from_u32(0x202E).unwrap()));
        let tags = |html: &str| html.matches("<script").count();
        prop_assert_eq!(tags(&plain), tags(&rendered(&words, Language::En, &answer(ready(Vec::new())))));
    }
}

fn rows_of(rows: &[BTreeMap<String, Cell>]) -> Vec<Row> {
    rows.iter().cloned().map(Row).collect()
}
