//! What connectors declare, in the browser: the list, every service on it, and a value that is
//! entered at home.

use serde_json::Value;

use crate::browser::Browser;
use crate::private_stack::isolated;
use crate::rig::{FRONT, PORTAL, Rig};

/// One for each way to show records, and a form that becomes an application.
const LOOKED_AT: [&str; 6] = [
    "health/vitals",
    "city/notices",
    "city/moving",
    "hospital/patient-card",
    "hospital/care",
    "rail/card-navi",
];

/// The addresses of all services that the list leads to.
async fn listed(browser: &Browser) -> Vec<String> {
    let script = "return [...document.querySelectorAll(\"main a[href^='/services/']\")]\
                  .map(link => link.getAttribute('href'))";
    let found = browser.page.execute(script, Vec::new()).await.unwrap();
    let Value::Array(found) = found else { panic!("{found}") };
    found.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

async fn signed_in(rig: &Rig) -> (Browser, warifu_card::vpcd::Inserted) {
    rig.warifu(&["demo", "trust"]);
    let (browser, card) = rig.signed_in("ueno-taro", FRONT).await;
    browser.open(&format!("{PORTAL}/services")).await;
    browser.see("その他の記録").await;
    (browser, card)
}

#[test]
fn every_declared_service_is_listed_opened_and_has_something_to_show() {
    let name = "every_declared_service_is_listed_opened_and_has_something_to_show";
    isolated(&format!("services::{name}"), || {
        crate::run(async {
            let rig = Rig::start();
            let (taro, _card) = signed_in(&rig).await;
            taro.check_accessibility().await;
            let services = listed(&taro).await;
            assert!(services.len() >= 14, "{services:?}");
            for address in &services {
                taro.open(&format!("{PORTAL}{address}")).await;
                taro.check_accessibility().await;
                let text = taro.text().await;
                for problem in ["source.", "service.content", "つながりません"] {
                    assert!(!text.contains(problem), "{address}: {text}");
                }
            }
        });
    });
}

#[test]
fn each_way_to_show_records_in_every_look() {
    isolated("services::each_way_to_show_records_in_every_look", || {
        crate::run(async {
            let rig = Rig::start();
            let (taro, _card) = signed_in(&rig).await;
            taro.in_every_look("services").await;
            for service in LOOKED_AT {
                taro.open(&format!("{PORTAL}/services/{service}")).await;
                taro.in_every_look(&format!("service-{}", service.replace('/', "-"))).await;
            }
        });
    });
}

#[test]
fn what_is_measured_at_home_is_checked_entered_and_in_the_history() {
    isolated("services::what_is_measured_at_home_is_checked_entered_and_in_the_history", || {
        crate::run(async {
            let rig = Rig::start();
            let (taro, _card) = signed_in(&rig).await;
            taro.open(&format!("{PORTAL}/services/health/vitals")).await;
            taro.fill("input[name='weight']", "6660").await;
            taro.press("\u{E007}").await;
            taro.see("入力を確かめてください").await;
            taro.check_accessibility().await;
            taro.fill("input[name='weight']", "66.6").await;
            taro.press("\u{E007}").await;
            taro.see("送る前に確かめてください").await;
            taro.check_accessibility().await;
            taro.picture("service-check").await;
            taro.click("form[action='/services/health/vitals/send'] button").await;
            taro.see("66.6").await;
            taro.check_accessibility().await;
            taro.open(&format!("{PORTAL}/history")).await;
            taro.see("あなた自身の閲覧").await;
            assert!(taro.text_of("body").await.contains("健康の記録"), "folded away, but there");
        });
    });
}
