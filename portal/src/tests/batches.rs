//! Files of checks at the desk: sent without script, looked at, stopped, fetched.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::rig::{Answer as _, Browser, Rig};
use super::sent::{self, end};

const ID: &str = "0123456789abcdef0123456789abcdef";

/// What a browser sends for the form.
fn form(day: &str, name: &str, file: &str) -> String {
    sent::form(&[("target", day)], (name, file))
}

async fn send(browser: &mut Browser<'_>, body: String) -> Response<Body> {
    sent::send(browser, "/desk/batch", body).await
}

fn asked(rig: &Rig) -> Vec<String> {
    sent::asked(rig, "batch")
}

#[tokio::test]
async fn a_file_goes_to_the_relay_as_it_came() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    // Larger than what other forms may have.
    let file = "P-1,00000001\r\n".repeat(20_000);
    let sent = send(&mut browser, form("R8.11.20", "11月の受診者.csv", &file)).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    assert_eq!(sent.location(), format!("/desk/batch/{ID}"));
    let expected = format!("batch file 2026-11-20 11月の受診者.csv start=false {}", file.len());
    assert_eq!(asked(&rig), [expected]);
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_on_the_page() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    for (body, said) in [
        (form("いつか", "a.csv", "x"), "day"),
        (form("", "", ""), "nothing"),
        (end(), "nothing"),
        ("no form at all".to_owned(), "cut"),
    ] {
        let sent = send(&mut browser, body).await;
        assert_eq!(sent.location(), format!("/desk/batch?said={said}"));
    }
    assert!(asked(&rig).is_empty());
    let page = browser.get("/desk/batch?said=day").await.text().await;
    assert!(page.contains("対象年月日を読めません"));
}

#[tokio::test]
async fn a_file_under_way_renews_its_page_and_one_that_is_done_does_not() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let page = browser.get(&format!("/desk/batch/{ID}")).await;
    assert_eq!(page.headers()["refresh"], "3");
    let page = page.text().await;
    assert!(page.contains("確かめています") && page.contains("value=\"42\""), "{page}");
    let done = browser.get("/desk/batch/ffffffffffffffffffffffffffffffff").await;
    assert!(!done.headers().contains_key("refresh"));
    assert!(done.text().await.contains("12,345"));
    let list = browser.get("/desk/batch").await.text().await;
    assert!(list.contains(&format!("href=\"/desk/batch/{ID}\"")));
    let strange = browser.get("/desk/batch/..%2Flinks").await;
    assert_eq!(strange.location(), "/desk/batch?said=unknown");
}

#[tokio::test]
async fn a_file_is_looked_over_before_it_starts() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let ready = "/desk/batch/00000000000000000000000000000000";
    let page = browser.get(ready).await;
    assert!(!page.headers().contains_key("refresh"), "nothing goes on by itself");
    let page = page.text().await;
    for shown in
        ["CSV", "Shift_JIS", "12,345", "8,000", "4,000", "＊＊＊34", "日付として読めません"]
    {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("file.date"), "words, not codes");
    assert!(page.contains("この内容で始める") && !page.contains("<progress"));
    assert!(asked(&rig).is_empty());
    browser.post(&format!("{ready}/start"), &[]).await;
    assert_eq!(asked(&rig), ["batch start"]);
}

#[tokio::test]
async fn a_file_is_given_up_only_after_a_question() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let cancel = format!("/desk/batch/{ID}/cancel");
    let question = browser.get(&cancel).await.text().await;
    assert!(question.contains("もとには戻せません"));
    assert!(asked(&rig).is_empty(), "asked is not done");
    let done = browser.post(&cancel, &[]).await;
    assert_eq!(done.location(), format!("/desk/batch/{ID}"));
    browser.post(&format!("/desk/batch/{ID}/pause"), &[]).await;
    browser.post(&format!("/desk/batch/{ID}/recheck"), &[]).await;
    assert_eq!(asked(&rig), ["batch cancel", "batch pause", "batch recheck"]);
    let unknown = browser.post(&format!("/desk/batch/{ID}/burn"), &[]).await;
    assert_eq!(unknown.location(), "/desk/batch?said=unknown");
}

#[tokio::test]
async fn a_result_comes_with_its_name_and_its_encoding() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let result = browser.get(&format!("/desk/batch/{ID}/result?only=errors")).await;
    assert_eq!(result.headers()[header::CONTENT_TYPE], "text/csv; charset=Shift_JIS");
    let name = &result.headers()[header::CONTENT_DISPOSITION];
    assert_eq!(name, "attachment; filename=\"checks.csv\"");
    assert_eq!(result.text().await, "lines: errors");
}

#[tokio::test]
async fn others_than_the_desk_have_no_files() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let page = browser.get("/desk/batch").await;
    assert_eq!(page.status(), StatusCode::FORBIDDEN);
    assert!(asked(&rig).is_empty());
}
