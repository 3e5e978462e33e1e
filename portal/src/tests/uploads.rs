//! An insurer's files of coverage: sent without script, looked at, approved, given up.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::rig::{Answer as _, Browser, Rig};
use super::sent::{self, end, post};

/// What a browser sends for the form.
fn form(insurer: &str, kind: &str, name: &str, file: &str) -> String {
    sent::form(&[("insurer", insurer), ("kind", kind)], (name, file))
}

async fn send(browser: &mut Browser<'_>, body: String) -> Response<Body> {
    sent::send(browser, "/insurer/upload", body).await
}

fn asked(rig: &Rig) -> Vec<String> {
    sent::asked(rig, "deposit")
}

#[tokio::test]
async fn a_file_goes_to_the_relay_as_it_came() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("insurer-staff").await;
    // Larger than what other forms may have.
    let file = "1,00000001\r\n".repeat(20_000);
    let sent = send(&mut browser, form("city", "changes", "11月分.csv", &file)).await;
    assert_eq!(sent.location(), "/insurer/upload/city/12");
    let expected = format!("deposit file 0 true {}", file.len());
    assert_eq!(asked(&rig), ["deposit begin city Changes 11月分.csv".to_owned(), expected]);
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_on_the_page() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("insurer-staff").await;
    for (body, said) in [
        (form("city", "some", "a.csv", "x"), "kind"),
        (form("city", "full", "", ""), "nothing"),
        (form("../links", "full", "a.csv", "x"), "unknown"),
        (form("busy", "full", "a.csv", "x"), "busy"),
        ("no form at all".to_owned(), "cut"),
    ] {
        let sent = send(&mut browser, body).await;
        assert_eq!(sent.location(), format!("/insurer/upload?said={said}"));
    }
    assert!(asked(&rig).is_empty());
    let page = browser.get("/insurer/upload?said=kind").await.text().await;
    assert!(page.contains("全件か差分かを選んでください"));
}

#[tokio::test]
async fn a_file_that_breaks_off_is_given_up() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("insurer-staff").await;
    let whole = form("city", "full", "a.csv", "1,2,3");
    let broken = whole.strip_suffix(&format!("\r\n{}", end())).unwrap().to_owned();
    let sent = send(&mut browser, broken).await;
    assert!(sent.location().starts_with("/insurer/upload?said="), "{}", sent.location());
    assert_eq!(asked(&rig).last().unwrap(), "deposit abandon {}");
}

#[tokio::test]
async fn a_script_sends_a_file_in_pieces_and_goes_on_where_it_ends() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("insurer-staff").await;
    let (json, bytes) = ("application/json", "application/octet-stream");
    let asked_for = r#"{"insurer":"city","kind":"full","name":"a.csv"}"#;
    let begun = post(&mut browser, "/insurer/upload/begin", asked_for, json).await;
    assert_eq!(begun.status(), StatusCode::CREATED);
    assert_eq!(begun.text().await, r#"{"to":"/insurer/upload/city/12"}"#);
    let file = "/insurer/upload/city/0/file";
    let so_far = browser.get(file).await.text().await;
    assert!(so_far.contains(r#""bytes":5"#) && so_far.contains("abab"), "{so_far}");
    for (offset, whole) in [(5, false), (10, true)] {
        let path = format!("{file}?offset={offset}&whole={whole}");
        assert_eq!(post(&mut browser, &path, "1,2,3", bytes).await.status(), StatusCode::OK);
    }
    let expected =
        ["deposit begin city Full a.csv", "deposit file 5 false 5", "deposit file 10 true 5"];
    assert_eq!(asked(&rig), expected);
    let page = browser.get("/insurer/upload/city/0").await.text().await;
    assert!(page.contains("data-upload=\"/insurer/upload/city/12\""), "{page}");
    let over = browser.get("/insurer/upload/city/4").await.text().await;
    assert!(!over.contains("data-upload") && !over.contains("upload.js"));
}

#[tokio::test]
async fn a_script_is_told_where_to_go_when_it_cannot_go_on() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("insurer-staff").await;
    let whole = browser.get("/insurer/upload/city/3/file").await;
    assert_eq!(whole.status(), StatusCode::CONFLICT);
    assert_eq!(whole.text().await, r#"{"to":"/insurer/upload/city/3"}"#);
    let begin = "/insurer/upload/begin";
    for (asked_for, said) in [
        (r#"{"insurer":"busy","kind":"full","name":"a.csv"}"#, "busy"),
        (r#"{"insurer":"city","kind":"full","name":" "}"#, "nothing"),
        (r#"{"insurer":"city","kind":null,"name":"a.csv"}"#, "kind"),
        (r#"{"insurer":"../x","kind":"full","name":"a.csv"}"#, "unknown"),
    ] {
        let refused = post(&mut browser, begin, asked_for, "application/json").await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.text().await, format!(r#"{{"to":"/insurer/upload?said={said}"}}"#));
    }
    let mut resident = rig.signed_in("resident").await;
    let file = "/insurer/upload/city/0/file";
    assert_eq!(resident.get(file).await.status(), StatusCode::FORBIDDEN);
    assert!(asked(&rig).is_empty());
}

#[tokio::test]
async fn a_file_under_way_renews_its_page_and_one_that_waits_does_not() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("insurer-staff").await;
    let page = browser.get("/insurer/upload/city/2").await;
    assert_eq!(page.headers()["refresh"], "3");
    assert!(page.text().await.contains("いまのデータと比べています"));
    let ready = browser.get("/insurer/upload/city/3").await;
    assert!(!ready.headers().contains_key("refresh"));
    let ready = ready.text().await;
    assert!(ready.contains("8,100件のうち 610件の資格が終わります"), "{ready}");
    assert!(ready.contains("「S55.5.5」や") && !ready.contains("11月分<b>"));
    let unknown = browser.get("/insurer/upload/city/99").await;
    assert_eq!(unknown.location(), "/insurer/upload?said=unknown");
    let strange = browser.get("/insurer/upload/..%2Flinks/1").await;
    assert_eq!(strange.location(), "/insurer/upload?said=unknown");
}

#[tokio::test]
async fn what_alarms_is_approved_only_with_a_tick() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("insurer-manager").await;
    let approve = "/insurer/upload/city/3/approve";
    let question = browser.get(approve).await.text().await;
    assert!(question.contains("name=\"confirm\"") && asked(&rig).is_empty(), "asked is not done");
    let without = browser.post(approve, &[]).await;
    assert_eq!(without.location(), "/insurer/upload/city/3/approve?said=confirm");
    let with = browser.post(approve, &[("confirm", "yes")]).await;
    assert_eq!(with.location(), "/insurer/upload/city/3?said=live");
    let over = browser.get("/insurer/upload/city/4/approve").await;
    assert_eq!(over.location(), "/insurer/upload/city/4?said=state");
}

#[tokio::test]
async fn giving_up_is_asked_once_more_and_faults_come_with_their_encoding() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("insurer-staff").await;
    let abandon = "/insurer/upload/city/3/abandon";
    assert!(browser.get(abandon).await.text().await.contains("もとには戻せません"));
    assert!(asked(&rig).is_empty());
    let done = browser.post(abandon, &[]).await;
    assert_eq!(done.location(), "/insurer/upload?said=abandoned");
    let faults = browser.get("/insurer/upload/city/3/faults").await;
    assert_eq!(faults.headers()[header::CONTENT_TYPE], "text/csv; charset=Shift_JIS");
    assert_eq!(faults.text().await, "faults");
}

#[tokio::test]
async fn the_day_shows_the_lag_and_what_to_correct() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("insurer-staff").await;
    let today = browser.get("/insurer").await.text().await;
    assert!(today.contains("ふつう 3日おくれ") && today.contains("18件"), "{today}");
    assert!(today.contains("承認を待っている登録があります"));
    let ratios = browser.get("/insurer/ratios").await.text().await;
    assert!(ratios.contains("70歳から74歳") && ratios.contains("2割 / 3割"), "{ratios}");
}

#[tokio::test]
async fn others_than_insurers_have_no_files() {
    let rig = Rig::new().await;
    for role in ["resident", "clinic-desk"] {
        let mut browser = rig.signed_in(role).await;
        for path in ["/insurer/upload", "/insurer/upload/city/3", "/insurer/ratios"] {
            assert_eq!(browser.get(path).await.status(), StatusCode::FORBIDDEN, "{role} {path}");
        }
    }
    assert!(asked(&rig).is_empty());
}
