//! A card is lost: a call to the office stops it at once, an approver lets it in again, and in the
//! end it is revoked.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use warifu_card::piv::Slot;

use crate::browser::Browser;
use crate::private_stack::isolated;
use crate::relay::Access;
use crate::revocation::until;
use crate::rig::{FRONT, PIN, PORTAL, Rig};
use crate::walker::Walker;

#[test]
fn a_call_stops_a_card_and_only_an_approver_releases_it() {
    isolated("calls::a_call_stops_a_card_and_only_an_approver_releases_it", || {
        crate::run(async {
            let rig = Rig::start();
            let card = rig.office_card("ueno-ichiko");
            let id = card["id"].as_str().unwrap();
            let home = rig.browser().await;
            let own = rig.insert("ueno-ichiko", FRONT);
            home.open(PORTAL).await;
            home.sign_in(PIN).await;
            own.remove();

            let office = rig.another_browser().await;
            let caller = office.staff(&rig, "call-centre").await;
            call(&office, &card).await;
            stop(&rig, &office, &home).await;
            cannot_release(&office, id).await;
            caller.remove();
            is_refused(&rig, &home, "card-suspended").await;

            let released = release(&rig, &office, id).await;
            let own = rig.insert("ueno-ichiko", FRONT);
            until(released, "the released card gets in", async || {
                Walker::new(&rig.dir()).try_card().await.is_ok()
            })
            .await;
            home.open(PORTAL).await;
            home.sign_in(PIN).await;
            own.remove();

            revoke(&rig, &office, id).await;
            is_refused(&rig, &home, "card-revoked").await;
        });
    });
}

/// The identity questions: first with a wrong answer, then rightly.
async fn call(office: &Browser, card: &Value) {
    office.open(&format!("{PORTAL}/office/calls")).await;
    office.looked_at("call-questions").await;
    let number = card["number"].as_str().unwrap();
    for (second, shown) in
        [("0000", "確かめられませんでした"), (&number[number.len() - 4..], "止める")]
    {
        office.fill("#name", "上野 一子").await;
        office.fill("#kana", "ウエノ イチコ").await;
        office.fill("#birth", "1960-10-10").await;
        office.pick("sex", "female").await;
        office.fill("#address", "香川県高松市栗林町2-4-8").await;
        office.fill("#second", second).await;
        office.click("form[action='/office/calls'] button.primary").await;
        office.see(shown).await;
    }
    office.looked_at("call-person").await;
}

/// Presses the button, and waits until the resident's session and the token to the relay are over.
async fn stop(rig: &Rig, office: &Browser, home: &Browser) {
    let certificate = rig.certificate("ueno-ichiko", Slot::Authentication);
    let holder = certificate.subject_cn().unwrap();
    let access = Access::of_resident(&rig.dir(), holder).await.unwrap();
    assert_eq!(access.history().await, 200, "the token is good before");
    // What was granted in the very second of the stop counts as granted after it.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let pressed = Instant::now();
    office.click("button.stop").await;
    office.see("止めました").await;
    println!("the call centre sees it after {:?}", pressed.elapsed());
    until(pressed, "the relay refuses the running token", async || access.history().await == 401)
        .await;
    until(pressed, "the portal's session is over", async || {
        home.open(&format!("{PORTAL}/home")).await;
        !home.text().await.contains("上野 一子")
    })
    .await;
    office.looked_at("call-stopped").await;
}

async fn cannot_release(office: &Browser, id: &str) {
    office.open_card(id).await;
    let text = office.text().await;
    assert!(text.contains("停止を解く") <= office.is_disabled("停止を解く").await, "{text}");
    office.open(&format!("{PORTAL}/office/cards/{id}/release")).await;
    office.looked_at("call-release").await;
    if office.has("main form button.primary").await {
        office.confirm().await;
    }
    assert!(!office.text().await.contains("停止を解きました"));
}

/// The resident's card opens nothing, and the page says why.
async fn is_refused(rig: &Rig, home: &Browser, screen: &str) {
    let _own = rig.insert("ueno-ichiko", FRONT);
    home.begin_sign_in().await;
    home.enter_pin(PIN).await;
    home.see_screen(screen).await;
    home.looked_at(screen).await;
}

/// Lets the card in again; when that was.
async fn release(rig: &Rig, office: &Browser, id: &str) -> Instant {
    let _approver = office.staff(rig, "approver").await;
    office.open_card(id).await;
    office.ask("release").await;
    office.looked_at("office-release").await;
    office.confirm().await;
    office.see("停止を解きました").await;
    Instant::now()
}

async fn revoke(rig: &Rig, office: &Browser, id: &str) {
    let _clerk = office.staff(rig, "clerk").await;
    office.open_card(id).await;
    office.ask("revoke").await;
    office.pick("reason", "stolen").await;
    office.looked_at("office-revoke").await;
    office.confirm().await;
    office.see("失効させました").await;
    office.open(&format!("{PORTAL}/office/cards/{id}/history")).await;
    let events = office.texts_of(".timeline-events h2").await;
    let newest =
        ["失効させました", "停止を解きました", "一時停止しました", "電話で本人と確かめました"];
    assert_eq!(json!(events[..4]), json!(newest));
}
