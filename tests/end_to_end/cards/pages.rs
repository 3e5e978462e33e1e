//! The identity provider's own pages, for who holds cards and for who runs the federation, in every
//! look.

use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, Rig};
use crate::walker::IDP;

#[test]
fn a_holders_pages_can_be_read_by_everybody() {
    isolated("cards::pages::a_holders_pages_can_be_read_by_everybody", || {
        crate::run(async {
            let rig = Rig::start();
            let browser = rig.browser().await;
            let own = rig.insert("ueno-taro", FRONT);
            browser.open(&format!("{IDP}/cards")).await;
            browser.enter_pin(PIN).await;
            browser.find("a[href^='/cards/pin']").await;
            browser.in_every_look("cards").await;
            browser.click("a[href^='/cards/pin']").await;
            browser.find("#choose").await;
            browser.in_every_look("cards-pin").await;
            for path in ["sessions", "sessions/end", "consents"] {
                browser.open(&format!("{IDP}/{path}")).await;
                browser.in_every_look(&path.replace('/', "-")).await;
            }
            own.remove();
        });
    });
}
