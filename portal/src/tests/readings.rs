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
    let asked = rig.relay.asked.lock().unwrap();
    asked.iter().filter(|line| line.starts_with("records")).cloned().collect()
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
