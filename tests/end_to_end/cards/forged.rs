//! FeliCa cards that are not what they say: copies, recordings, other cards. Each is refused with its
//! code, costs the real card no try of its PIN, and is shown to the administrators.

use warifu_card::felica::{CardKey, LiteS, MasterKey, diversify};
use warifu_card::virtual_card::{SharedCard, VirtualLiteS};

use super::felica::{FELICA, FELICA_PIN, WITH_FELICA, choose_pin};
use crate::browser::Browser;
use crate::private_stack::{insert, isolated};
use crate::rig::{FRONT, PIN, PORTAL, Rig};
use crate::walker::{IDP, Walker};

/// Wrong PINs that a FeliCa card bears.
const TRIES: u8 = 5;

#[test]
fn copies_recordings_and_other_cards_are_refused_and_cost_no_try() {
    isolated(
        "cards::forged::copies_recordings_and_other_cards_are_refused_and_cost_no_try",
        || {
            crate::run(async {
                let rig = Rig::start();
                let browser = rig.browser().await;
                choose_pin(&rig, &browser).await;
                browser.page.delete_all_cookies().await.unwrap();
                for (card, screen) in forged(&rig) {
                    let card = insert(SharedCard::new(card), FRONT);
                    browser.open(&format!("{PORTAL}{WITH_FELICA}")).await;
                    browser.see_screen(screen).await;
                    browser.looked_at(screen).await;
                    card.remove();
                }
                let genuine = rig.insert(FELICA, FRONT);
                recordings(&rig).await;
                wrong_pins(&browser).await;
                genuine.remove();
                are_shown(&rig).await;
            });
        },
    );
}

/// Cards that are not the registered one, each with the page's screen for it.
fn forged(rig: &Rig) -> [(VirtualLiteS, &'static str); 4] {
    let [mut genuine, readable] = [(); 2].map(|()| rig.felica_card(FELICA));
    let id = LiteS::find(&mut genuine).unwrap().answer([0; 16]).unwrap().id_block;
    let (idm, other) = (*id.first_chunk().unwrap(), [0x0F; 8]);
    let registered = |idm, key| VirtualLiteS::registered(idm, key, 1).unwrap();
    [
        // Everything that can be read of it, without the key.
        (readable.copied_by_reading(), "felica-wrong-mac"),
        // Its name with a key of the forger's own.
        (registered(idm, CardKey::new([0xA5; 16])), "felica-wrong-mac"),
        // Its key under another name.
        (registered(other, key_of(rig, id)), "felica-wrong-mac"),
        // Another card with a right key, that nobody has registered.
        (registered(other, key_of(rig, block(other))), "felica-unknown"),
    ]
}

/// The key that the card office gives to a card with that ID block.
fn key_of(rig: &Rig, id_block: [u8; 16]) -> CardKey {
    let digits = std::fs::read_to_string(rig.dir().join("office/felica-1.key")).unwrap();
    let master = data_encoding::HEXLOWER.decode(digits.trim().as_bytes()).unwrap();
    diversify(&MasterKey::new(master.try_into().unwrap()), &id_block).unwrap()
}

fn block(idm: [u8; 8]) -> [u8; 16] {
    let mut block = [0; 16];
    block[..8].copy_from_slice(&idm);
    block
}

/// What the genuine card answered counts once, in its own sign-in.
async fn recordings(rig: &Rig) {
    let login = format!("{PORTAL}{WITH_FELICA}");
    let mut holder = Walker::new(&rig.dir());
    let page = holder.reach_login(&login).await;
    let recorded = holder.ask_card(&page).await;
    assert!(recorded.get("felica").is_some(), "{recorded}");
    let mut thief = Walker::new(&rig.dir());
    let other = thief.reach_login(&login).await;
    assert_eq!(thief.hand_over(&page, &recorded).await.unwrap_err(), "login.stale");
    let next = holder.hand_over(&page, &recorded).await.unwrap();
    assert_eq!(next.path(), "/login/pin");
    assert_eq!(holder.hand_over(&page, &recorded).await.unwrap_err(), "login.replayed");
    assert_eq!(thief.hand_over(&other, &recorded).await.unwrap_err(), "felica.wrong-mac");
    let again = holder.reach_login(&login).await;
    assert_eq!(holder.hand_over(&again, &recorded).await.unwrap_err(), "felica.wrong-mac");
}

/// None of the tries is gone yet; each wrong PIN takes one, and the right one gives them back.
async fn wrong_pins(browser: &Browser) {
    browser.reach_pin_page().await;
    browser.see(&format!("あと{TRIES}回")).await;
    for (pin, left) in [("000001", 4), ("000002", 3), ("000003", 2)] {
        browser.enter_felica_pin(pin).await;
        browser.see(&format!("あと{left}回")).await;
    }
    browser.in_every_look("login-pin").await;
    browser.enter_felica_pin(FELICA_PIN).await;
    browser.find("form[action='/logout']").await;
}

/// What was refused stands in the list of refused attempts.
async fn are_shown(rig: &Rig) {
    let _admin = rig.insert("federation", FRONT);
    let browser = rig.another_browser().await;
    browser.open(&format!("{IDP}/cards")).await;
    browser.enter_pin(PIN).await;
    browser.see("あなたのカード").await;
    browser.open(&format!("{IDP}/admin/refusals")).await;
    for (code, count) in [
        ("felica.wrong-mac", "2"),
        ("felica.unknown", "1"),
        ("login.replayed", "1"),
        ("login.stale", "1"),
        ("felica.pin-wrong", "3"),
    ] {
        let row = browser.row_with(code).await;
        assert!(row.contains(count), "{code}: {row}\n{}", browser.text().await);
    }
    browser.in_every_look("admin-refusals").await;
}
