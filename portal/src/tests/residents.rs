//! What residents do with their records: numbers for a minute, papers for the tax return, files to
//! take home, and what changed since last time.

use axum::http::header;
use serde_json::Value;
use warifu_contract::records::{PanelOutcome, Record, Service};
use warifu_service::fetch_one;
use warifu_service::words::CallCentre;

use super::peers::{Behaviour, failed};
use super::rig::{Answer as _, Rig};
use crate::expenses::insurers::Answers;
use crate::expenses::year::Year;
use crate::samples;
use crate::view::grouped;

#[tokio::test]
async fn numbers_are_covered_and_shown_once_for_a_minute() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let number = &samples::insurance().coverages[0].insurer.number;
    let covered = browser.get("/insurance").await;
    assert!(!covered.headers().contains_key(header::REFRESH));
    assert!(!covered.text().await.contains(number.as_str()));
    let shown = browser.post("/insurance/numbers", &[]).await;
    assert_eq!(shown.headers()[header::REFRESH], "60; url=/insurance");
    assert!(shown.text().await.contains(number.as_str()));
    assert!(!browser.get("/insurance").await.text().await.contains(number.as_str()));
}

#[tokio::test]
async fn a_tax_return_in_three_steps() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let page = browser.get("/expenses?year=2026").await.text().await;
    assert!(page.contains("8月分まで届いています") && page.contains("見本内科医院&#60;b&#62;"));
    let typed = [
        ("year", "2026"),
        ("patient", "上野 一子"),
        ("payee", "見本薬局"),
        ("kind", "medicine"),
        ("paid", "１,２００円"),
        ("act", "add"),
    ];
    let page = browser.post("/expenses/deduction", &typed).await.text().await;
    let carried = "上野 一子\t見本薬局\tmedicine\t1200\t0";
    assert!(page.contains(carried));
    let form = |act| [("year", "2026"), ("receipt", carried), ("act", act)];
    let csv = browser.post("/expenses/deduction", &form("csv")).await;
    let disposition = csv.headers()[header::CONTENT_DISPOSITION].clone();
    assert_eq!(disposition, "attachment; filename=\"warifu-expenses-2026.csv\"");
    assert!(csv.text().await.ends_with("上野 一子,見本薬局,medicine,1200,0\r\n"));
    let xml = browser.post("/expenses/deduction", &form("xml")).await.text().await;
    assert!(xml.contains("<領収書><医療を受けた方の氏名>上野 一子<"));
    let print = browser.post("/expenses/deduction", &form("print")).await.text().await;
    assert!(print.contains("2026年分 医療費の明細"));
}

/// Two insurers, and one more that does not answer.
fn with_one_down() -> Behaviour {
    let mut panels = samples::two_insurers();
    panels.push(failed(Service::Expenses, "source.down"));
    Behaviour { panels: panels.into_iter().map(|panel| (0, panel)).collect(), ..with_two() }
}

fn with_two() -> Behaviour {
    let panels = samples::two_insurers().into_iter().map(|panel| (0, panel)).collect();
    Behaviour { panels, ..Behaviour::default() }
}

#[tokio::test]
async fn two_insurers_are_one_year_and_one_return() {
    let rig = Rig::with(with_two()).await;
    let mut browser = rig.signed_in("resident").await;
    let page = browser.get("/expenses?year=2026").await.text().await;
    let sum = Year::of(&Answers::new(samples::two_insurers()).told(), 2026).sums().paid;
    assert!(page.contains(&format!("<p class=\"value\">{}円", grouped(sum))), "{page}");
    assert_eq!(page.matches("<p class=\"value\">").count(), 1, "one sum");
    assert_eq!(page.matches("/expenses/deduction?year=").count(), 1);
    for name in ["見本前職健康保険組合", samples::ELSEWHERE] {
        assert!(page.contains(name), "{name}");
    }
    let carried = "上野 一子\t見本薬局\tmedicine\t1200\t200";
    let form = |act| [("year", "2026"), ("receipt", carried), ("act", act)];
    let page = browser.post("/expenses/deduction", &form("again")).await.text().await;
    assert_eq!(page.matches("<form method=\"post\" action=\"/expenses/deduction\"").count(), 1);
    assert_eq!(page.matches("10万円").count(), 1);
    let csv = browser.post("/expenses/deduction", &form("csv")).await.text().await;
    assert!(csv.contains("東京見本健康保険組合") && csv.contains(samples::ELSEWHERE), "{csv}");
    assert_eq!(csv.matches("見本薬局").count(), 1, "a receipt counts once");
    let xml = browser.post("/expenses/deduction", &form("xml")).await.text().await;
    assert_eq!((xml.matches("<領収書>").count(), xml.matches("<合計>").count()), (1, 1));
    let total = format!("<合計><支払った医療費の額>{}<", sum + 1_200);
    assert!(xml.contains(&total) && !xml.contains("<不足>"), "{xml}");
    let print = browser.post("/expenses/deduction", &form("print")).await.text().await;
    assert_eq!(print.matches("2026年分 医療費の明細</h2>").count(), 1);
    assert!(print.contains(samples::ELSEWHERE) && print.contains("見本内科医院"));
}

#[tokio::test]
async fn a_return_without_an_insurer_is_made_by_whoever_knows_it() {
    const ABSENT: &str = "東京見本健康保険組合";
    let rig = Rig::with(with_one_down()).await;
    let mut browser = rig.signed_in("resident").await;
    let says = format!("{ABSENT}の医療費は、ここに入っていません");
    assert!(browser.get("/expenses").await.text().await.contains(&says));
    let page = browser.get("/expenses/deduction?year=2026").await.text().await;
    assert!(page.contains(&says) && page.contains("source.down"), "{page}");
    let form = |act| [("year", "2026"), ("act", act), ("without", "another")];
    for act in ["csv", "xml", "print"] {
        let refused = browser.post("/expenses/deduction", &form(act)).await;
        assert!(!refused.headers().contains_key(header::CONTENT_DISPOSITION), "{act}");
        let page = refused.text().await;
        assert!(page.contains("id=\"unsure\"") && page.contains(&says), "{act}: {page}");
    }
    let known = |act| [("year", "2026"), ("act", act), ("without", ABSENT)];
    let csv = browser.post("/expenses/deduction", &known("csv")).await;
    let disposition = csv.headers()[header::CONTENT_DISPOSITION].clone();
    assert_eq!(disposition, "attachment; filename=\"warifu-expenses-2026-incomplete.csv\"");
    assert!(csv.text().await.ends_with(&format!("{ABSENT},source.down\r\n")));
    let xml = browser.post("/expenses/deduction", &known("xml")).await.text().await;
    assert!(xml.contains(&format!("<不足><保険者等の名称>{ABSENT}<")), "{xml}");
    let print = browser.post("/expenses/deduction", &known("print")).await.text().await;
    assert!(print.contains("医療費の明細</h2>") && print.contains(&says), "{print}");
    rig.relay.answers(samples::two_insurers().into_iter().map(|panel| (0, panel)).collect());
    let again = browser.post("/expenses/deduction", &known("csv")).await;
    let disposition = again.headers()[header::CONTENT_DISPOSITION].clone();
    assert_eq!(disposition, "attachment; filename=\"warifu-expenses-2026.csv\"", "it came back");
}

#[tokio::test]
async fn receipts_outlive_insurers_who_do_not_answer() {
    let panels = vec![(0, failed(Service::Expenses, "source.slow"))];
    let rig = Rig::with(Behaviour { panels, ..Behaviour::default() }).await;
    let mut browser = rig.signed_in("resident").await;
    let bare = browser.get("/expenses/deduction").await.text().await;
    assert!(bare.contains("時間内に回答がありませんでした") && !bare.contains("name=\"act\""));
    let carried = "上野 一子\t見本薬局\tmedicine\t1200\t0";
    let form = [("receipt", carried), ("act", "csv")];
    let page = browser.post("/expenses/deduction", &form).await.text().await;
    assert!(page.contains(carried) && page.contains("id=\"unsure\""), "{page}");
}

#[tokio::test]
async fn everything_is_taken_home() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let json = browser.post("/mydata/json", &[]).await.text().await;
    let whole: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(whole["records"].as_array().unwrap().len(), Service::ALL.len());
    let csv = browser.post("/mydata/csv", &[]).await.text().await;
    assert!(csv.starts_with("\u{FEFF}service,source,item,value\r\n"));
    assert!(csv.contains("pension,見本年金センター,record/qualifying_months,281"));
    let print = browser.post("/mydata/print", &[]).await.text().await;
    for service in Service::ALL {
        assert!(print.contains(&format!("slot=\"{}\"", service.as_str())), "{service:?}");
    }
    let desk = rig.signed_in("clinic-desk").await.post("/mydata/json", &[]).await;
    assert_ne!(desk.status(), 200, "staff have no records here");
}

#[tokio::test]
async fn the_home_says_what_changed_since_last_time() {
    let changed = "前回から変わりました";
    let panel = |service, outcome| (0, samples::panel(service, outcome));
    let all = || Service::ALL.map(|service| panel(service, samples::ready(service))).to_vec();
    let rig = Rig::with(Behaviour { panels: all(), ..Behaviour::default() }).await;
    let mut browser = rig.signed_in("resident").await;
    let first = browser.get("/home").await.text().await;
    assert!(
        !first.contains(changed) && !first.contains("前回は") && first.contains("はじめての方へ")
    );
    rig.portal.finish().await;
    let second = browser.get("/home").await.text().await;
    rig.portal.finish().await;
    assert!(!second.contains(changed) && second.contains("前回は") && !second.contains("はじめて"));
    let mut pension = samples::pension();
    pension.qualifying_months += 1;
    rig.relay.answers(
        Service::ALL
            .map(|service| {
                let record = match samples::record(service) {
                    Record::Pension(_) => Record::Pension(pension.clone()),
                    other => other,
                };
                let (record, as_of) = (Box::new(record), samples::now());
                panel(service, PanelOutcome::Ready { record, as_of })
            })
            .to_vec(),
    );
    let third = browser.get("/home").await.text().await;
    assert_eq!(third.matches(changed).count(), 1);
    rig.portal.finish().await;
    assert!(!browser.get("/home").await.text().await.contains(changed));
    rig.portal.finish().await;
    let sql = "SELECT COUNT(*) FROM seen";
    let (rows,) = fetch_one!(rig.database().await.read(), (i64,), sql).unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn pages_name_the_call_centre_that_is_configured_and_no_other() {
    let pages = ["/", "/help", "/settings", "/nowhere"];
    let rig = Rig::new().await;
    for path in pages {
        let page = rig.browser().get(path).await.text().await;
        assert!(page.contains("カードを受け取った窓口でも、たずねられます"), "{path}");
        assert!(!page.contains("0120"), "{path}");
    }
    let number = CallCentre { ja: "0570-00-0000 毎日".into(), en: "0570-00-0000, daily".into() };
    let rig = Rig::opened(|config| config.call_centre = Some(number)).await;
    for path in pages {
        let page = rig.browser().get(path).await.text().await;
        assert!(page.contains("コールセンター 0570-00-0000 毎日"), "{path}");
        let page = rig.browser().get(&format!("{path}?lang=en")).await.text().await;
        assert!(page.contains("0570-00-0000, daily"), "{path}");
    }
}

#[tokio::test]
async fn a_choice_of_letters_stays() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    assert_eq!(browser.get("/settings").await.status(), 200, "for everybody");
    let form = [("size", "150"), ("contrast", "high")];
    assert_eq!(browser.post("/settings/display", &form).await.status(), 303);
    let page = browser.get("/").await.text().await;
    assert!(page.contains("class=\"size-150 high-contrast\""));
}

/// What stands between tags and in them, of the first element of that name.
fn element<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<{name}>")).unwrap();
    rest.split_once(&format!("</{name}>")).unwrap().0
}

#[tokio::test]
async fn readings_stand_over_the_words_of_every_page_and_nowhere_else() {
    const PAGES: [&str; 14] = [
        "/",
        "/home",
        "/insurance",
        "/expenses",
        "/checkups",
        "/pension",
        "/history",
        "/consents",
        "/notices",
        "/settings",
        "/links",
        "/proxies",
        "/help",
        "/mydata",
    ];
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let marks = ['\u{FFF9}', '\u{FFFA}', '\u{FFFB}', '《', '｜'];
    for path in PAGES {
        let plain = browser.get(path).await.text().await;
        assert!(!plain.contains("<ruby>") && !plain.contains(marks), "{path}");
    }
    let form = [("size", "100"), ("contrast", "normal"), ("furigana", "on")];
    assert_eq!(browser.post("/settings/display", &form).await.status(), 303);
    for path in PAGES {
        let page = browser.get(path).await.text().await;
        assert!(page.contains("<ruby>") && !page.contains(marks), "{path}");
        assert!(!element(&page, "title").contains("ruby"), "{path}");
        for (tag, _) in page.split('<').filter_map(|tag| tag.split_once('>')) {
            assert!(tag.matches('"').count().is_multiple_of(2), "{path}: <{tag}>");
        }
        let english = browser.get(&format!("{path}?lang=en")).await.text().await;
        assert!(!english.contains("<ruby>") && !english.contains(marks), "{path}");
        browser.get(&format!("{path}?lang=ja")).await;
    }
    let paper = browser.post("/mydata/print", &[]).await.text().await;
    for page in [browser.get("/insurance").await.text().await, paper] {
        let name = page.split("insurance-name").nth(1).unwrap().split("</p>").next().unwrap();
        assert!(name.contains("<ruby>上野<rp aria-hidden=\"true\">（</rp>"), "{name}");
        assert!(name.contains("ウエノ</rt>") && name.contains("タロウ</rt>"), "{name}");
        assert!(name.contains("visually-hidden\">ウエノ タロウ</span>"), "also read out: {name}");
        assert!(!page.contains(marks));
    }
    for path in ["/mydata/csv", "/mydata/json"] {
        let file = browser.post(path, &[]).await.text().await;
        assert!(!file.contains(marks) && !file.contains("<ruby>"), "{path}");
    }
}

#[tokio::test]
async fn the_tour_comes_once_and_when_asked_for() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let first = browser.get("/home").await.text().await;
    assert!(first.contains("1 / 3") && first.contains("href=\"/home?tour=0\""));
    let second = browser.get("/home?tour=2").await.text().await;
    assert!(second.contains("2 / 3") && second.contains("/home?tour=1#tour"));
    assert!(!browser.get("/home").await.text().await.contains("id=\"tour\""), "never by itself");
    assert!(browser.get("/help").await.text().await.contains("/home?tour=1#tour"));
    assert!(!rig.browser().get("/help").await.text().await.contains("/home?tour=1"));
}
