//! Every kind of card, from the reader to a session at the portal; and FeliCa cards that are not what
//! they say.

mod felica;
mod forged;
mod pages;

use serde_json::{Value, json};
use warifu_card::piv::Slot;
use warifu_pki::KeyAlgorithm;

use crate::browser::Browser;
use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, PORTAL, Rig};
use crate::walker::IDP;

/// The PIN of the individual number card.
const JPKI_PIN: &str = "1234";

#[test]
fn piv_cards_with_each_kind_of_key_sign_in() {
    isolated("cards::piv_cards_with_each_kind_of_key_sign_in", || {
        crate::run(async {
            let rig = Rig::start();
            let browser = rig.browser().await;
            for (card, algorithm, name) in [
                ("ueno-taro", KeyAlgorithm::P256, "上野 太郎"),
                ("ueno-tsugiko", KeyAlgorithm::P384, "上野 次子"),
                ("ueno-saburo", KeyAlgorithm::Rsa2048, "上野 三郎"),
            ] {
                for slot in [Slot::Authentication, Slot::Presence] {
                    let key = rig.certificate(card, slot).public_key().unwrap();
                    assert_eq!(key.algorithm(), algorithm, "{card}");
                }
                let inserted = rig.insert(card, FRONT);
                browser.open(PORTAL).await;
                browser.sign_in(PIN).await;
                browser.see(name).await;
                assert_eq!(browser.session_level().await, "high", "{card}");
                browser.sign_out().await;
                inserted.remove();
            }
        });
    });
}

#[test]
fn an_individual_number_card_signs_in_once_it_was_added() {
    isolated("cards::an_individual_number_card_signs_in_once_it_was_added", || {
        crate::run(async {
            let rig = Rig::start();
            let browser = rig.browser().await;
            let stranger = rig.insert("ueno-ichiko-jpki", FRONT);
            browser.begin_sign_in().await;
            browser.enter_pin(JPKI_PIN).await;
            browser.see_screen("card-not-enrolled").await;
            browser.looked_at("jpki-not-enrolled").await;
            stranger.remove();

            let own = rig.insert("ueno-ichiko", FRONT);
            browser.open(&format!("{IDP}/cards")).await;
            browser.enter_pin(PIN).await;
            own.remove();
            let card = rig.insert("ueno-ichiko-jpki", FRONT);
            browser.click("#add").await;
            browser.enter_pin(JPKI_PIN).await;
            browser.see("カードを加えました").await;
            browser.looked_at("jpki-added").await;
            browser.click("a[href^='/cards/remove']").await;
            browser.find("#remove").await;
            browser.in_every_look("cards-remove").await;
            drop(browser);

            let browser = rig.another_browser().await;
            browser.open(PORTAL).await;
            browser.sign_in(JPKI_PIN).await;
            browser.see("上野 一子").await;
            browser.see("見本年金センター").await;
            assert_eq!(browser.session_level().await, "high");
            card.remove();
        });
    });
}

impl Browser {
    /// What the portal says of the session.
    async fn portal_session(&self) -> Value {
        let script = "const done = arguments[0]; fetch('/session', { headers: { accept: \
                      'application/json' } }).then(a => a.json()).then(done, e => done(String(e)))";
        self.page.execute_async(script, Vec::new()).await.unwrap()
    }

    /// How surely the portal knows who is there.
    async fn session_level(&self) -> Value {
        let session = self.portal_session().await;
        assert_eq!(session["signed_in"], json!(true), "{session}");
        session["level"].clone()
    }

    /// Signs out at the portal, and with that at the identity provider.
    async fn sign_out(&self) {
        self.click("form[action='/logout'] button").await;
        self.see("ログアウトしました").await;
    }
}
