//! What a clinic reads by a patient's consent, after a tap.

use axum::http::StatusCode;

use super::peers::{self, Saying};
use super::rig::{Answer as _, Browser, Rig};

/// Taps a card for the page of records.
async fn tap(rig: &Rig, browser: &mut Browser<'_>) {
    let location = browser.post("/desk/records/tap", &[]).await.location();
    let request = peers::request_in(&location);
    let field = Saying::tap(&request, rig.now()).post_field();
    let arrive = browser.post_assertion(&field).await.location();
    assert!(arrive.starts_with("/desk/records/arrive?h="));
    assert_eq!(browser.get(&arrive).await.location(), "/desk/records");
    assert_eq!(browser.get(&arrive).await.status(), StatusCode::BAD_REQUEST, "once");
}

fn readings(rig: &Rig) -> Vec<String> {
    asked(rig, "records")
}

fn asked(rig: &Rig, start: &str) -> Vec<String> {
    let asked = rig.relay.asked.lock().unwrap();
    asked.iter().filter(|line| line.starts_with(start)).cloned().collect()
}

#[tokio::test]
async fn after_a_tap_the_desk_sees_what_it_may_read_and_reads_it() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let page = browser.get("/desk/records").await.text().await;
    assert!(page.contains("カードを読んで、見られる記録を調べる"));
    tap(&rig, &mut browser).await;
    let page = browser.get("/desk/records").await.text().await;
    for text in ["健診", "2027", "患者さんが同意を取り消しました", "緊急時の閲覧に進む"]
    {
        assert!(page.contains(text), "{text}");
    }
    let id = "a".repeat(32);
    let form = [("checkup", "yes"), ("purpose", "care"), ("consent", id.as_str())];
    let page = browser.post("/desk/records/read", &form).await.text().await;
    assert!(page.contains("閲覧履歴に載りました") && page.contains("slot=\"checkup\""));
    assert!(!page.contains("href=\"/checkups"), "the patient's own pages are not for the desk");
    assert_eq!(
        readings(&rig),
        [format!("records [Checkup] {{\"by\":\"consent\",\"id\":\"{id}\",\"purpose\":\"care\"}}")]
    );
}

#[tokio::test]
async fn an_emergency_wants_the_card_and_a_reason() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let form = [("insurance", "yes"), ("purpose", "emergency"), ("reason", "意識がありません")];
    let without = browser.post("/desk/records/read", &form).await.location();
    assert_eq!(without, "/desk/records?said=ended", "no card was tapped");
    tap(&rig, &mut browser).await;
    let short = [("insurance", "yes"), ("purpose", "emergency"), ("reason", "急")];
    let short = browser.post("/desk/records/read", &short).await.location();
    assert_eq!(short, "/desk/records?said=reason");
    assert!(readings(&rig).is_empty());
    let page = browser.post("/desk/records/read", &form).await.text().await;
    assert!(page.contains("緊急として見ています"));
    assert!(readings(&rig)[0].contains("意識がありません"));

    assert_eq!(browser.post("/desk/records/next", &[]).await.location(), "/desk/records");
    let over = browser.post("/desk/records/read", &form).await.location();
    assert_eq!(over, "/desk/records?said=ended", "the next patient begins with nothing");
}

#[tokio::test]
async fn a_tap_counts_for_a_while() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    tap(&rig, &mut browser).await;
    rig.pass(601);
    let page = browser.get("/desk/records").await.text().await;
    assert!(page.contains("カードを読んで、見られる記録を調べる"));
}

/// Opens the declared service, and how the relay was asked for it.
async fn opened(rig: &Rig, browser: &mut Browser<'_>, form: &[(&str, &str)]) -> (String, String) {
    let form: Vec<_> = [("service", "hospital/care")].into_iter().chain(form.to_vec()).collect();
    let page = browser.post("/desk/records/service", &form).await.text().await;
    assert!(page.contains("<h1>すべて</h1>") && page.contains("href=\"/desk/records\""), "{page}");
    (page, asked(rig, "service ").pop().unwrap())
}

#[tokio::test]
async fn a_declared_service_opens_at_a_press_after_the_tap() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    tap(&rig, &mut browser).await;
    let page = browser.get("/desk/records").await.text().await;
    let button = "formaction=\"/desk/records/service\" name=\"service\" value=\"hospital/care\"";
    assert!(page.contains(button) && page.contains("診療の記録"), "{page}");
    assert!(!page.contains("同意の番号で開く"), "the card is here");
    let id = "a".repeat(32);
    let form = [("purpose", "care"), ("consent", id.as_str())];
    let (page, line) = opened(&rig, &mut browser, &form).await;
    assert!(page.contains("閲覧履歴に載りました"), "{page}");
    let basis = format!("{{\"by\":\"consent\",\"id\":\"{id}\",\"purpose\":\"care\"}}");
    assert_eq!(line, format!("service hospital/care {basis}"));
    let form = [("purpose", "emergency"), ("reason", "意識がありません")];
    let (page, line) = opened(&rig, &mut browser, &form).await;
    assert!(page.contains("緊急として見ています") && line.contains("意識がありません"), "{line}");
    browser.post("/desk/records/next", &[]).await;
    let form = [("service", "hospital/care"), form[0], form[1]];
    let over = browser.post("/desk/records/service", &form).await.location();
    assert_eq!(over, "/desk/records?said=ended", "the next patient begins with nothing");
}

#[tokio::test]
async fn a_city_clerk_taps_and_opens_what_is_for_the_city_hall() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("city-clerk").await;
    let page = browser.get("/desk/records").await.text().await;
    assert!(page.contains("市役所の手続き") && !page.contains("href=\"/desk\""), "{page}");
    assert_eq!(asked(&rig, "/services?"), ["/services?audience=city-clerk"]);
    tap(&rig, &mut browser).await;
    let page = browser.get("/desk/records").await.text().await;
    assert!(page.contains("こちらに見せるという同意は、いまありません"), "{page}");
    assert!(!page.contains("緊急") && !page.contains("健診"), "that is for clinics");
    let id = "e".repeat(32);
    let form = [("purpose", "procedure"), ("consent", id.as_str())];
    let (_, line) = opened(&rig, &mut browser, &form).await;
    assert!(line.ends_with("\"purpose\":\"procedure\"}"), "{line}");
    let records = [("checkup", "yes"), ("purpose", "procedure"), ("consent", id.as_str())];
    assert_eq!(browser.post("/desk/records/read", &records).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_a_card_the_number_opens_it_and_a_wrong_one_stays_to_be_mended() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let page = browser.get("/desk/records").await.text().await;
    assert!(page.contains("同意の番号で開く") && page.contains("保健指導"), "{page}");
    let wrong = [("service", "hospital/care"), ("purpose", "care"), ("consent", "ABAB 12")];
    let page = browser.post("/desk/records/service", &wrong).await.text().await;
    assert!(page.contains("32桁の英数字です") && page.contains("value=\"ABAB 12\""), "{page}");
    assert!(asked(&rig, "service ").is_empty());
    let number = "ABAB ".repeat(8);
    let form = [("purpose", "care"), ("consent", number.as_str())];
    let (_, line) = opened(&rig, &mut browser, &form).await;
    assert!(line.contains(&"ab".repeat(16)), "{line}");
}
