//! A FeliCa card from its PIN to a session, and from there to more with the IC card.

use crate::browser::Browser;
use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, PORTAL, Rig};
use crate::walker::IDP;

/// The card's name.
pub const FELICA: &str = "ueno-taro-felica";
/// What its holder chooses.
pub const FELICA_PIN: &str = "271828";
/// A sign-in for which a FeliCa card will do.
pub const WITH_FELICA: &str = "/login?card=felica&to=/home";

#[test]
fn a_felica_card_signs_in_and_the_ic_card_steps_up() {
    isolated("cards::felica::a_felica_card_signs_in_and_the_ic_card_steps_up", || {
        crate::run(async {
            let rig = Rig::start();
            choose_pin(&rig, &rig.browser().await).await;

            let browser = rig.another_browser().await;
            let felica = rig.insert(FELICA, FRONT);
            browser.reach_pin_page().await;
            browser.enter_felica_pin(FELICA_PIN).await;
            browser.find("form[action='/logout']").await;
            browser.see("上野 太郎").await;
            let session = browser.portal_session().await;
            assert_eq!(session["level"], "substantial", "{session}");
            assert_eq!(session["records"], false, "{session}");
            browser.see("ICカードと暗証番号でログインし直してください").await;
            browser.looked_at("felica-home").await;
            felica.remove();

            // What needs more asks again, and the FeliCa card does not do for it.
            browser.click("#no-records ~ p a[href='/login']").await;
            browser.see_screen("insert-card").await;
            let felica = rig.insert(FELICA, FRONT);
            browser.see_screen("wrong-card").await;
            browser.looked_at("felica-step-up").await;
            felica.remove();
            browser.see_screen("insert-card").await;
            let _own = rig.insert("ueno-taro", FRONT);
            browser.enter_pin(PIN).await;
            browser.see("見本年金センター").await;
            let stepped_up = browser.portal_session().await;
            assert_eq!(stepped_up["level"], "high", "{stepped_up}");
            assert_eq!(stepped_up["subject"], session["subject"]);
        });
    });
}

/// Its holder chooses the card's PIN, signed in with the IC card.
pub async fn choose_pin(rig: &Rig, browser: &Browser) {
    let own = rig.insert("ueno-taro", FRONT);
    browser.open(&format!("{IDP}/cards")).await;
    browser.enter_pin(PIN).await;
    browser.click("a[href^='/cards/pin']").await;
    for field in ["#pin", "#again"] {
        browser.fill(field, FELICA_PIN).await;
    }
    browser.click("#choose").await;
    browser.see("暗証番号が決まりました").await;
    own.remove();
}

impl Browser {
    /// Begins a sign-in, and goes on by itself as far as the page for the PIN of the FeliCa card in the
    /// reader.
    pub async fn reach_pin_page(&self) {
        self.open(&format!("{PORTAL}{WITH_FELICA}")).await;
        self.find("form[action='/login/pin']").await;
    }

    /// Types the PIN of the FeliCa card into the identity provider's own page.
    pub async fn enter_felica_pin(&self, pin: &str) {
        self.fill("#pin", pin).await;
        self.click("#enter").await;
    }
}
