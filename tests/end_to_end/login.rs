//! A resident signs in with a card; and every way in which a card does not open.

use crate::private_stack::isolated;
use crate::rig::{FRONT, PIN, PORTAL, RECEPTION, Rig};
use crate::walker::IDP;

#[test]
fn a_resident_signs_in_and_sees_every_record() {
    isolated("login::a_resident_signs_in_and_sees_every_record", || {
        crate::run(async {
            let rig = Rig::start();
            let card = rig.insert("ueno-taro", FRONT);
            let browser = rig.browser().await;
            browser.open(PORTAL).await;
            browser.check_accessibility().await;
            browser.sign_in(PIN).await;

            browser.see("上野 太郎").await;
            browser.see("見本年金センター").await;
            browser.check_accessibility().await;
            browser.picture("home").await;
            for (path, shown) in [
                ("/insurance", "記号"),
                ("/checkups", "腹囲"),
                ("/pension", "受給資格"),
                ("/history", "あなた"),
            ] {
                browser.open(&format!("{PORTAL}{path}")).await;
                browser.see(shown).await;
                browser.check_accessibility().await;
                browser.picture(&path[1..]).await;
                browser.open(&format!("{PORTAL}{path}?lang=en")).await;
                browser.see("Sign out").await;
                browser.check_accessibility().await;
                browser.open(&format!("{PORTAL}{path}?lang=ja")).await;
            }
            drop(card);
        });
    });
}

#[test]
fn three_wrong_pins_block_the_card_and_each_says_what_is_left() {
    isolated("login::three_wrong_pins_block_the_card_and_each_says_what_is_left", || {
        crate::run(async {
            let rig = Rig::start();
            let _card = rig.insert("ueno-ichiko", FRONT);
            let browser = rig.browser().await;
            browser.begin_sign_in().await;
            browser.see("あと3回").await;
            browser.enter_pin("000000").await;
            browser.see("あと2回").await;
            browser.check_accessibility().await;
            browser.picture("pin-wrong").await;
            browser.enter_pin("000001").await;
            browser.see("あと1回").await;
            browser.consent_to_last_try().await;
            browser.enter_pin("000002").await;
            browser.see_screen("pin-blocked").await;
            browser.check_accessibility().await;
            browser.picture("pin-blocked").await;

            // Blocked stays blocked: the right PIN does not help any more.
            browser.begin_sign_in().await;
            browser.see_screen("pin-blocked").await;
        });
    });
}

#[test]
fn cards_that_must_not_open_anything_do_not() {
    isolated("login::cards_that_must_not_open_anything_do_not", || {
        crate::run(async {
            let rig = Rig::start();
            let browser = rig.browser().await;
            for (name, screen) in [
                ("revoked", "card-revoked"),
                ("expired", "cert-expired"),
                ("foreign", "cert-untrusted"),
            ] {
                let card = rig.insert(name, FRONT);
                browser.begin_sign_in().await;
                browser.enter_pin(PIN).await;
                browser.see_screen(screen).await;
                browser.check_accessibility().await;
                browser.picture(screen).await;
                card.remove();
                browser.open(&format!("{PORTAL}/home")).await;
                assert!(!browser.text().await.contains("上野"), "{name} opened the portal");
            }
        });
    });
}

#[test]
fn the_page_says_what_is_missing() {
    isolated("login::the_page_says_what_is_missing", || {
        crate::run(async {
            let rig = Rig::start();
            let browser = rig.browser().await;
            browser.begin_sign_in().await;
            browser.see_screen("insert-card").await;
            browser.check_accessibility().await;
            browser.picture("insert-card").await;
            let _card = rig.insert("ueno-taro", FRONT);
            browser.see_screen("pin").await;
        });
    });
}

#[test]
fn whoever_comes_after_a_sign_out_shows_a_card() {
    isolated("login::whoever_comes_after_a_sign_out_shows_a_card", || {
        crate::run(async {
            let rig = Rig::start();
            let first = rig.insert("ueno-taro", FRONT);
            let browser = rig.browser().await;
            browser.open(PORTAL).await;
            browser.sign_in(PIN).await;
            browser.click("form[action='/logout'] button").await;
            browser.see("ログアウトしました").await;
            first.remove();

            // The identity provider was asked to forget the first person, and did.
            browser.open(&format!("{IDP}/logout")).await;
            browser.see("ログインしていません").await;
            let _second = rig.insert("ueno-ichiko", FRONT);
            browser.open(PORTAL).await;
            browser.sign_in(PIN).await;
            browser.see("上野 一子").await;
            assert!(!browser.text().await.contains("上野 太郎 さん"));
        });
    });
}

#[test]
fn who_has_two_cards_in_the_readers_chooses_one() {
    isolated("login::who_has_two_cards_in_the_readers_chooses_one", || {
        crate::run(async {
            let rig = Rig::start();
            let _first = rig.insert("ueno-taro", FRONT);
            let _second = rig.insert("ueno-ichiko", RECEPTION);
            let browser = rig.browser().await;
            browser.begin_sign_in().await;
            browser.see_screen("choose-card").await;
            browser.check_accessibility().await;
            browser.picture("choose-card").await;
            browser.choose_card(1).await;
            browser.enter_pin(PIN).await;
            browser.find("form[action='/logout']").await;
            browser.see("上野 一子").await;
        });
    });
}
