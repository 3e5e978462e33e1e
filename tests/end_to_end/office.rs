//! The card office at work, in real browsers: a card from its application to its holder's first
//! sign-in.

mod pages;

use std::time::Instant;

use warifu_card::piv::Piv;
use warifu_card::{PcscReaders, Pin, Readers as _, TransportCode};
use warifu_contract::identity::Resident;
use warifu_contract::person::{Name, Sex};

use crate::browser::Browser;
use crate::papers::{code_in, text_of};
use crate::private_stack::{self, isolated};
use crate::rig::{FRONT, PORTAL, Rig};
use crate::walker::IDP;

/// The name of the card that is made here, in the drawer.
const NEW: &str = "takahashi-wataru";
/// The PIN that its holder chooses.
const CHOSEN: &str = "482913";
/// A PIN that somebody set by another program.
const BESIDE: &str = "739105";

/// Somebody whom the register writes with a variant character.
pub fn resident() -> Resident {
    Resident {
        reference: "5f3c0d9e8b7a46123546789abcdef012".to_owned(),
        name: Name { text: "髙橋 渡".to_owned(), kana: "タカハシ ワタル".to_owned() },
        address: "香川県高松市番町1丁目8番15号".to_owned(),
        birth_date: jiff::civil::date(1988, 4, 12),
        sex: Sex::Male,
        departed: None,
    }
}

#[test]
fn a_card_from_the_application_to_the_first_sign_in() {
    isolated("office::a_card_from_the_application_to_the_first_sign_in", || {
        crate::run(async {
            let rig = Rig::start();
            rig.register(&resident()).await;
            let desk = rig.browser().await;
            let clerk = desk.staff(&rig, "clerk").await;
            variant_is_doubtful(&desk).await;
            let id = application(&desk).await;
            clerk.remove();
            desk.is_signed_out().await;

            approval(&rig, &id).await;
            personalisation(&rig, &id);
            let clerk = desk.staff(&rig, "clerk").await;
            let code = papers(&rig, &desk, &id).await;
            delivery(&desk, &id).await;
            clerk.remove();

            activation(&rig, &code).await;
            let _clerk = desk.staff(&rig, "clerk").await;
            history(&desk, &id).await;
        });
    });
}

/// 高 for 髙, and nothing else to go by: a person must look, and not the one who took it.
async fn variant_is_doubtful(desk: &Browser) {
    desk.apply("高橋 渡", "香川県高松市番町1丁目8番15号").await;
    desk.do_at_once("prove").await;
    desk.see("人の目で確かめてください").await;
    desk.see("異体字").await;
    desk.looked_at("office-doubtful").await;
    desk.is_closed("同じ人だと判断する").await;
    desk.ask("withdraw").await;
    desk.in_every_look("office-withdraw").await;
    desk.confirm().await;
    desk.see("取り下げました").await;
}

/// The applicant writes the house number in another width and way: that is no doubt.
async fn application(desk: &Browser) -> String {
    let id = desk.apply("髙橋　渡", "香川県高松市番町１－８－１５").await;
    desk.do_at_once("prove").await;
    desk.see("住民登録の方と一致しました").await;
    desk.see("表記のゆれ").await;
    desk.is_closed("発券を指示する").await;
    desk.looked_at("office-proved").await;
    id
}

async fn approval(rig: &Rig, id: &str) {
    let browser = rig.another_browser().await;
    let _approver = browser.staff(rig, "approver").await;
    browser.open_card(id).await;
    browser.do_at_once("approve").await;
    browser.see("発券を指示しました").await;
    browser.in_every_look("office-approved").await;
}

/// At the office's own machine: a blank card in a real reader.
fn personalisation(rig: &Rig, id: &str) {
    rig.lay_blank(NEW);
    let _blank = rig.insert(NEW, FRONT);
    let begun = Instant::now();
    let card = rig.office_as("maker", &["personalise", id, "--reader", &private_stack::reader(0)]);
    println!("personalised in {:?}", begun.elapsed());
    assert_eq!(card["stage"], "personalised");
    let states: Vec<_> = card["certificates"].as_array().unwrap().iter().collect();
    assert!(states.len() == 2 && states.iter().all(|one| one["state"] == "held"), "{states:?}");
}

/// Face and letter; the code that stands in the letter.
async fn papers(rig: &Rig, desk: &Browser, id: &str) -> String {
    desk.open_card(id).await;
    desk.looked_at("office-personalised").await;
    desk.click("a[href$='/face.pdf']").await;
    let face = text_of(&rig.saved(&format!("face-{id}.pdf")).await);
    assert!(face.contains("タカハシ ワタル") && !face.contains("髙橋"), "{face}");

    desk.click("a[href$='/letter']").await;
    desk.in_every_look("office-letter").await;
    desk.confirm().await;
    let letter = text_of(&rig.saved(&format!("letter-{id}.pdf")).await);
    assert!(letter.contains("髙橋 渡") && letter.contains("番町"), "{letter}");
    assert!(!letter.contains("タカハシ"), "the letter bears nothing of the card");

    desk.open(&format!("{PORTAL}/office/cards/{id}/letter")).await;
    desk.confirm().await;
    desk.see("手紙は、もう出してあります").await;
    desk.looked_at("office-letter-again").await;
    code_in(&letter)
}

async fn delivery(desk: &Browser, id: &str) {
    desk.open_card(id).await;
    desk.ask("send").await;
    desk.fill("#tracking", "1234-5678-9012").await;
    desk.looked_at("office-send").await;
    desk.confirm().await;
    desk.see("発送済にしました").await;
    desk.ask("deliver").await;
    desk.looked_at("office-deliver").await;
    desk.confirm().await;
    desk.see("交付済にしました").await;
    desk.in_every_look("office-delivered").await;
}

/// The holder at home: neither the code nor a PIN set elsewhere opens anything before the card is
/// put into use.
async fn activation(rig: &Rig, code: &str) {
    let home = rig.another_browser().await;
    let _card = rig.insert(NEW, FRONT);
    home.begin_sign_in().await;
    home.enter_pin(code).await;
    home.see("あと2回").await;
    home.open(PORTAL).await;

    set_pin_beside(code);
    home.begin_sign_in().await;
    home.enter_pin(BESIDE).await;
    home.see_screen("card-not-activated").await;
    home.looked_at("card-not-activated").await;

    home.open(&format!("{IDP}/activate")).await;
    home.see_screen("code").await;
    home.looked_at("activate-code").await;
    home.choose_pin(code, CHOSEN).await;
    home.find("#news").await;
    home.looked_at("activated").await;

    home.open(PORTAL).await;
    home.click("a[href='/login']").await;
    home.find("form[action='/logout']").await;
    home.see("髙橋 渡").await;
    home.looked_at("first-home").await;

    let elsewhere = rig.another_browser().await;
    elsewhere.open(PORTAL).await;
    elsewhere.sign_in(CHOSEN).await;
    elsewhere.see("髙橋 渡").await;
}

/// Any program can set the card's PIN with the code; the card is not in use by that.
fn set_pin_beside(code: &str) {
    let readers = PcscReaders::new();
    let mut transaction = readers.begin(&private_stack::reader(FRONT)).unwrap();
    let mut card = Piv::select(transaction.as_mut()).unwrap();
    let code = TransportCode::new(code).unwrap();
    card.unblock(&code, &Pin::new(BESIDE).unwrap()).unwrap();
}

async fn history(desk: &Browser, id: &str) {
    desk.open(&format!("{PORTAL}/office/cards/{id}/history")).await;
    desk.in_every_look("office-history").await;
    let events = desk.texts_of(".timeline-events h2").await;
    let expected = [
        "申請を受け付けました",
        "住民登録で本人と確かめました",
        "発券を指示しました",
        "カードを作り始めました",
        "カードを作り終えました",
        "初期化コードの手紙を出しました",
        "発送しました",
        "本人に渡りました",
        "本人が使い始めました",
    ];
    let newest_first: Vec<_> = expected.into_iter().rev().collect();
    assert_eq!(events, newest_first);
}
