//! The pages of those who decide about applications, with whatever may come.

use askama::Template as _;
use proptest::prelude::*;
use warifu_contract::services::{Cell, Form, Row as Values, ServiceId, Step};
use warifu_service::words::{Language, Words};

use super::super::services::tests::{declaration, words as display};
use super::super::site::Menu;
use super::super::tests::{check, in_both, page};
use super::*;
use crate::samples;

fn id() -> ServiceId {
    "city/all".parse().unwrap()
}

/// A form whose applications can be granted and refused.
fn form() -> Form {
    let status = |code: &str, ja: &str, last, refuses| Status {
        code: code.to_owned(),
        words: display(ja, code),
        last,
        refuses,
    };
    Form {
        statuses: vec![
            status("received", "受け付けました", false, false),
            status("making", "作っています", false, false),
            status("done", "お渡ししました", true, false),
            status("refused", "お出しできません", true, true),
        ],
        ..declaration().form.unwrap()
    }
}

fn application(status: &str, reason: Option<&str>, value: &str) -> Application {
    let step =
        Step { status: "making".into(), at: samples::now(), reason: reason.map(str::to_owned) };
    let values = [("name", Cell::Text(value.to_owned())), ("weight", Cell::Number(1e9))];
    Application {
        service: id(),
        declaration: warifu_contract::services::Declaration { form: Some(form()), ..declaration() },
        sent: Submitted {
            reference: "A1B2C3".into(),
            at: samples::now(),
            status: status.into(),
            values: Values(values.map(|(name, cell)| (name.to_owned(), cell)).into()),
            steps: vec![step],
        },
    }
}

fn one(words: &Words, language: Language, application: &Application) -> String {
    let voice = words.in_(language);
    let screen = ApplicationScreen {
        page: page(words, language),
        site: Site::new(voice, Some("見本 市民".into()), Menu::City, &[], PATH),
        said: Some((Tone::Warn, "applications-said-changed")),
        view: ApplicationView::new(voice, application, samples::now()),
        reason: "<b>書きかけ".into(),
    };
    screen.render().unwrap()
}

#[test]
fn the_list_and_an_application_in_every_state() {
    in_both(|words, language| {
        let voice = words.in_(language);
        let application = application("received", Some("確かめます"), "件名");
        let listed = Listed {
            service: id(),
            reference: "A1B2C3".into(),
            at: samples::now(),
            status: "received".into(),
        };
        let list = ApplicationList {
            applications: vec![listed],
            count: 140,
            services: vec![(id(), application.declaration.clone())],
            silent: Vec::new(),
        };
        let partly = ApplicationList { silent: vec![id()], ..list.clone() };
        let empty = ApplicationList::default;
        for (name, no_records, silent, list) in [
            ("applications", None, None, list),
            ("applications-partly", None, None, partly),
            ("applications-none", None, None, empty()),
            ("applications-relay-silent", None, Some(Silent::Relay), empty()),
            ("applications-holder-silent", None, Some(Silent::Holder), empty()),
            ("applications-ended", Some("no-records-ended"), None, empty()),
        ] {
            let screen = ApplicationsScreen {
                page: page(words, language),
                site: Site::new(voice, Some("見本 市民".into()), Menu::City, &[], PATH),
                no_records,
                silent,
                missing: missing(voice, &list),
                is_open: true,
                count: count(voice, &list, ApplicationState::Open),
                is_cut: list.count > 100,
                rows: rows(voice, &list, samples::now()),
            };
            check(name, language, &screen.render().unwrap(), words);
        }
        let html = one(words, language, &application);
        check("application", language, &html, words);
        assert_eq!(html.matches("name=\"to\"").count(), 3, "onwards alone");
        assert_eq!(html.matches("<textarea").count(), 1, "a reason where it hurts");
        let over = one(words, language, &super::tests::application("refused", None, "件名"));
        check("application-over", language, &over, words);
        assert!(!over.contains("name=\"to\""));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_it_says_no_markup_of_it_is_markup(
        status in "[a-z]{1,8}|received|making", reason in ".{0,40}|<script>.{0,8}", value in ".{0,40}|<b>.{0,8}",
    ) {
        let words = crate::words::words().unwrap();
        let html = one(&words, Language::En, &application(&status, Some(&reason), &value));
        let plain = one(&words, Language::En, &application(&status, Some("x"), "x"));
        prop_assert_eq!(html.matches("<script").count(), plain.matches("<script").count());
        prop_assert_eq!(html.matches("<b>").count(), plain.matches("<b>").count());
        let turned = html.contains(char::from_u32(0x202E).unwrap());
        prop_assert!(!turned);
    }
}
