//! The clinic's desk, by card and by number.

use axum::http::StatusCode;
use warifu_contract::eligibility::Verdict;
use warifu_saml::names::AC_PRESENCE;

use super::peers::{Behaviour, Saying};
use super::rig::{Answer as _, Browser, Rig};

const FORM: [(&str, &str); 6] = [
    ("insurer", "00000001"),
    ("symbol", "東京"),
    ("number", "001"),
    ("branch", "00"),
    ("birth", "S55.5.5"),
    ("target", "2026-11-20"),
];

/// The hidden key of the page's form.
fn form_key(page: &str) -> String {
    let at = page.split_once("name=\"key\" value=\"").unwrap().1;
    at.split_once('"').unwrap().0.to_owned()
}

fn checks(rig: &Rig) -> Vec<String> {
    let asked = rig.relay.asked.lock().unwrap();
    asked.iter().filter(|line| line.starts_with("eligibility")).cloned().collect()
}

#[tokio::test]
async fn a_check_by_number_is_answered() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let key = form_key(&browser.get("/desk").await.text().await);
    let mut form = FORM.to_vec();
    form.push(("key", &key));
    let page = browser.post("/desk/check", &form).await.text().await;
    for text in
        ["有効な保険資格です", "上野 太郎", "昭和55年5月5日（1980-05-05）", "3割", "上野 一子"]
    {
        assert!(page.contains(text), "{text}");
    }
    assert!(page.contains("<title>有効: 個別認証 - 割符ポータル"));
    assert!(!page.contains("value=\"S55.5.5\""), "the row is clear for the next patient");
    browser.post("/desk/check", &form).await.text().await;
    let asked = checks(&rig);
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0], asked[1], "the same form is the same check");
    form[2] = ("number", "002");
    browser.post("/desk/check", &form).await.text().await;
    let key = |line: &str| line.split_once("idempotency_key").unwrap().1.to_owned();
    assert_ne!(key(&checks(&rig)[2]), key(&asked[0]), "a changed form is another");
    assert!(asked[0].contains("\"birth_date\":\"1980-05-05\""));
    assert!(asked[0].contains("Bearer access-for-ticket-of-a-person"));
}

#[tokio::test]
async fn a_form_of_another_session_is_another_check() {
    let rig = Rig::new().await;
    let (mut one, mut two) =
        (rig.signed_in("clinic-desk").await, rig.signed_in("clinic-desk").await);
    let mut form = FORM.to_vec();
    form.push(("key", "0123456789abcdef"));
    one.post("/desk/check", &form).await;
    two.post("/desk/check", &form).await;
    let asked = checks(&rig);
    assert_ne!(asked[0], asked[1]);
}

#[tokio::test]
async fn a_mistyped_row_comes_back_with_what_is_wrong() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let form = [("insurer", "12a"), ("number", "001"), ("birth", "5月5日")];
    let page = browser.post("/desk/check", &form).await.text().await;
    assert!(page.contains("入力を確かめてください"));
    assert!(page.contains("href=\"#insurer\"") && page.contains("href=\"#birth\""));
    assert!(page.contains("value=\"5月5日\""), "what was typed stays");
    assert!(checks(&rig).is_empty());
}

#[tokio::test]
async fn a_near_miss_keeps_the_row_and_says_which_field() {
    let rig =
        Rig::with(Behaviour { verdict: Verdict::DependantUnknown, ..Behaviour::default() }).await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let page = browser.post("/desk/check", &FORM).await.text().await;
    assert!(page.contains("被扶養者が存在しません"));
    assert!(page.contains("まず、枝番を確かめてください"));
    assert!(page.contains("value=\"S55.5.5\""));
}

/// Presses the card button; the identity provider says that a card was there.
async fn tapped(rig: &Rig, browser: &mut Browser<'_>) -> String {
    let location = browser.post("/desk/tap", &[("target", "R8.11.19")]).await.location();
    let request = super::peers::request_in(&location);
    let context = request.requested_context.clone().unwrap();
    assert_eq!(context.classes, [AC_PRESENCE]);
    browser.post_assertion(&Saying::tap(&request, rig.now()).post_field()).await.location()
}

#[tokio::test]
async fn a_tapped_card_is_answered() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let finish = tapped(&rig, &mut browser).await;
    assert!(finish.starts_with("/desk/tap/finish?h="));
    let page = browser.get(&finish).await.text().await;
    assert!(page.contains("有効な保険資格です"));
    assert!(page.contains("href=\"/desk?lang=en\""), "the answer can be had only once");
    let asked = checks(&rig);
    assert!(asked[0].contains("Bearer access-for-ticket-of-a-tap"));
    assert!(asked[0].contains("\"by\":\"card\"") && asked[0].contains("2026-11-19"));
    assert_eq!(browser.get(&finish).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(browser.get_json("/session").await["roles"], serde_json::json!(["clinic-desk"]));
}

#[tokio::test]
async fn a_tap_does_not_sign_anybody_in() {
    let rig = Rig::new().await;
    let mut desk = rig.signed_in("clinic-desk").await;
    let finish = tapped(&rig, &mut desk).await;
    let handle = finish.split_once("h=").unwrap().1;
    let answer = desk.get(&format!("/login/finish?h={handle}")).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let finish = tapped(&rig, &mut desk).await;
    let mut resident = rig.signed_in("resident").await;
    assert_eq!(resident.get(&finish).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(desk.get(&finish).await.status(), StatusCode::OK, "the desk still has its answer");
}

#[tokio::test]
async fn a_tap_from_before_the_button_is_refused() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let location = browser.post("/desk/tap", &[("target", "")]).await.location();
    let request = super::peers::request_in(&location);
    let mut saying = Saying::tap(&request, rig.now() - jiff::SignedDuration::from_mins(4));
    saying.now = rig.now() - jiff::SignedDuration::from_mins(4);
    let answer = browser.post_assertion(&saying.post_field()).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_tap_given_up_leads_back_to_the_desk() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let location = browser.post("/desk/tap", &[("target", "")]).await.location();
    let request = super::peers::request_in(&location);
    let field = super::peers::stopped(&request, rig.now());
    let next = browser.post_assertion(&field).await.location();
    assert_eq!(next, "/desk?tap=stopped");
    assert!(browser.get(&next).await.text().await.contains("カードを確かめませんでした"));
}

#[tokio::test]
async fn a_relay_that_is_down_is_said_at_the_desk() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    rig.relay.stop();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let page = browser.post("/desk/check", &FORM).await.text().await;
    assert!(
        page.contains("確認できませんでした") && page.contains("中継のサーバーにつながりません")
    );
    assert!(page.contains("value=\"001\""));
}

#[tokio::test]
async fn leaving_the_desk_covers_the_screen() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let away = browser.post("/logout", &[("from", "desk")]).await.location();
    assert_eq!(away, "/desk/signed-out");
    assert!(browser.get(&away).await.text().await.contains("画面を閉じました"));
}
