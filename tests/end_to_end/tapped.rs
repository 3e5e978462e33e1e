//! After a tap of the resident's card, staff of a clinic and of a city hall open at a press what the
//! resident lets them see of declared services; and the resident sees it.

use crate::browser::Browser;
use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, PORTAL, Rig};

const CLINIC: (&str, &str) = ("3719999999", "見本医院");
const CITY: (&str, &str) = ("372011", "見本市役所");
const RECORDS: &str = "/desk/records";

/// From the service's own page; `reader` is none for any clinic in an emergency.
async fn let_see(home: &Browser, service: &str, whom: &str, reader: Option<(&str, &str)>) {
    home.open(&format!("{PORTAL}/services/{service}")).await;
    home.click("a[href^='/consents?declared=']").await;
    home.see("新しく見せる").await;
    home.pick("whom", whom).await;
    if let Some((code, name)) = reader {
        home.fill("#code", code).await;
        home.fill("#name", name).await;
    }
    home.click("form[action='/consents/check'] button").await;
    home.click("form[action='/consents'] button").await;
    home.see("同意を受け付けました").await;
}

/// Taps 太郎's card, and what there is to press.
async fn tap(rig: &Rig, desk: &Browser, name: &str) {
    desk.open(&format!("{PORTAL}{RECORDS}")).await;
    desk.see("カードがないとき").await;
    desk.looked_at(&format!("tapped-{name}-before")).await;
    let card = rig.insert("ueno-taro", FRONT);
    desk.click("form[action='/desk/records/tap'] button").await;
    desk.see("このカードの確認が有効なのは").await;
    card.remove();
}

fn press(service: &str) -> String {
    format!("button[formaction='/desk/records/service'][value='{service}']")
}

#[test]
fn staff_open_declared_services_after_a_tap() {
    isolated("tapped::staff_open_declared_services_after_a_tap", || {
        crate::run(async {
            let rig = Rig::start();
            let (home, desk) = (rig.browser().await, rig.another_browser().await);
            let own = rig.insert("ueno-taro", FRONT);
            home.open(PORTAL).await;
            home.sign_in(PIN).await;
            own.remove();
            let_see(&home, "hospital/care", "care", Some(CLINIC)).await;
            let_see(&home, "hospital/emergency", "emergency", None).await;
            let_see(&home, "society/leavers", "procedure", Some(CITY)).await;

            let reception = desk.staff(&rig, "reception").await;
            tap(&rig, &desk, "clinic").await;
            assert!(!desk.has(&press("society/leavers")).await, "that is for the city");
            desk.looked_at("tapped-clinic").await;
            desk.click(&press("hospital/care")).await;
            desk.see("ご本人の同意により見ています").await;
            desk.looked_at("tapped-clinic-opened").await;
            desk.click(&format!("main a[href='{RECORDS}']")).await;
            desk.click("section[aria-labelledby='emergency'] summary").await;
            desk.fill("#reason", "意識がありません").await;
            desk.looked_at("tapped-emergency").await;
            desk.click(&press("hospital/emergency")).await;
            desk.see("緊急として見ています").await;
            desk.looked_at("tapped-emergency-opened").await;
            reception.remove();

            let _clerk = desk.staff(&rig, "city-hall").await;
            tap(&rig, &desk, "city").await;
            assert!(!desk.has(&press("hospital/care")).await, "that is for the clinic");
            desk.in_every_look("tapped-city").await;
            desk.click(&press("society/leavers")).await;
            desk.see("ご本人の同意により見ています").await;
            desk.looked_at("tapped-city-opened").await;

            home.open(&format!("{PORTAL}/history")).await;
            home.see("見本市役所").await;
            home.see("意識がありません").await;
        });
    });
}
