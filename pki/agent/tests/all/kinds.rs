//! Cards of every kind: JPKI with its PIN of four digits, FeliCa whose answer is checked elsewhere,
//! and several of them at once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use warifu_agent::CardKind;
use warifu_agent::prompt::{Complaint, Ending};
use warifu_card::felica::{CardKey, login_challenge, verify_answer};
use warifu_card::virtual_card::{FelicaReader, SharedCard, VirtualLiteS};
use warifu_card::{PkiKind, Readers};

use crate::bench::{Act, Bench, FIRST, SECOND};
use crate::idp::{ORIGIN, nonce};
use crate::maker::{JPKI_PIN, Maker, jpki};
use crate::sign_in::holds;
use crate::wire::{Page, Wire};

pub const IDM: [u8; 8] = [0x01, 0x2E, 0x44, 0x10, 0x20, 0x30, 0x40, 0x50];
const WRONG: &str = "0000";

pub fn key() -> CardKey {
    CardKey::new(*b"0123456789abcdef")
}

pub fn felica_card() -> VirtualLiteS {
    VirtualLiteS::registered(IDM, key(), 1).unwrap()
}

pub async fn ask(bench: &Bench, methods: &[&str]) -> Page {
    let request = bench.idp.request_with(&json!({ "methods": methods }));
    Wire::authenticate(bench, request).listen().await
}

async fn with(card: SharedCard) -> Bench {
    let bench = Bench::new().await;
    bench.put(FIRST, card);
    bench
}

/// Whether the identity provider takes the answer: by origin, nonce and key, which it alone knows.
pub fn is_genuine(answer: &Value, key: &CardKey, origin: &str, nonce: &str) -> bool {
    let bytes = |name: &str| STANDARD.decode(answer[name].as_str().unwrap()).unwrap();
    assert_eq!(answer["format"], "warifu-felica:1");
    let [id, version] = [bytes("idBlock"), bytes("keyVersion")].map(|b| b.try_into().unwrap());
    verify_answer(key, &login_challenge(origin, nonce), &id, &version, &bytes("mac"))
}

#[tokio::test]
async fn a_jpki_card_signs_after_its_pin_of_four_digits() {
    let bench = with(jpki(1)).await;
    bench.prompt.will(Act::Pin(JPKI_PIN));
    let events = ask(&bench, &["piv-pin", "jpki-pin"]).await.events().await;
    assert_eq!(events[0], json!({"state": "pin", "tries": 3, "prompt": "terminal"}));
    let token = &events[1]["token"];
    assert_eq!(token["algorithm"], "RS256");
    assert!(holds(token, ORIGIN, &nonce()));
    assert_eq!(bench.prompt.asked.lock().unwrap()[0].card, PkiKind::Jpki);
}

#[tokio::test]
async fn three_wrong_pins_block_a_jpki_card_and_the_last_wants_consent() {
    let bench = with(jpki(1)).await;
    for act in [Act::Pin(WRONG), Act::Pin(WRONG), Act::Agree, Act::Pin(WRONG)] {
        bench.prompt.will(act);
    }
    let events = ask(&bench, &["jpki-pin"]).await.events().await;
    let codes: Vec<_> = events.iter().map(|event| event["tries"].as_u64()).collect();
    assert_eq!(codes, [Some(3), Some(2), Some(1), None]);
    assert_eq!(events[3], json!({"error": {"code": "pin.blocked"}}));
    assert_eq!(bench.prompt.consents.load(Ordering::SeqCst), 1);
    assert_eq!(*bench.prompt.endings.lock().unwrap(), [Ending::Blocked(PkiKind::Jpki)]);
    assert_eq!(bench.prompt.asked.lock().unwrap()[1].complaint, Some(Complaint::Wrong));
}

#[tokio::test]
async fn a_felica_card_answers_without_a_question() {
    for way in [FelicaReader::Transparent, FelicaReader::Acs, FelicaReader::Identiv] {
        let bench = with(SharedCard::new(felica_card().on(way))).await;
        let events = ask(&bench, &["piv-pin", "felica"]).await.events().await;
        assert_eq!(events.len(), 1, "{events:?}");
        let answer = &events[0]["felica"];
        assert!(is_genuine(answer, &key(), ORIGIN, &nonce()), "{way:?}");
        assert!(!is_genuine(answer, &key(), "https://evil.example", &nonce()));
        assert!(!is_genuine(answer, &key(), ORIGIN, &STANDARD.encode([43; 32])), "a replay");
        assert!(!is_genuine(answer, &CardKey::new([9; 16]), ORIGIN, &nonce()));
        assert!(bench.prompt.asked.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_copy_of_a_felica_card_answers_and_is_found_out() {
    let bench = with(SharedCard::new(felica_card().copied_by_reading())).await;
    let events = ask(&bench, &["felica"]).await.events().await;
    assert!(!is_genuine(&events[0]["felica"], &key(), ORIGIN, &nonce()));
}

#[tokio::test]
async fn the_answer_of_one_card_names_no_other() {
    let other = [0x01, 0x2E, 0x44, 0x10, 0x20, 0x30, 0x40, 0x51];
    let bench = with(SharedCard::new(VirtualLiteS::registered(other, key(), 1).unwrap())).await;
    let events = ask(&bench, &["felica"]).await.events().await;
    let mut answer = events[0]["felica"].clone();
    assert!(is_genuine(&answer, &key(), ORIGIN, &nonce()));
    let mut claimed = [0; 16];
    claimed[..8].copy_from_slice(&IDM);
    answer["idBlock"] = STANDARD.encode(claimed).into();
    assert!(!is_genuine(&answer, &key(), ORIGIN, &nonce()));
}

#[tokio::test]
async fn a_card_of_another_kind_is_told_what_is_asked_for() {
    let cards = [
        (jpki(1), &["piv-pin"][..], "card.piv-wanted"),
        (Maker::new(1).shared(), &["jpki-pin"], "card.jpki-wanted"),
        (SharedCard::new(felica_card()), &["piv-pin", "jpki-pin"], "card.piv-or-jpki-wanted"),
        (jpki(1), &["felica"], "card.felica-wanted"),
    ];
    for (card, methods, code) in cards {
        let bench = with(card).await;
        let mut page = ask(&bench, methods).await;
        let wrong = json!({"state": "wrong-card", "code": code});
        assert_eq!(page.event().await, Some(wrong));
    }
}

#[tokio::test]
async fn only_piv_cards_have_their_pin_changed_here() {
    let bench = with(jpki(1)).await;
    let changes = json!({"methods": ["piv-pin", "jpki-pin"], "purpose": "change-pin"});
    let request = bench.idp.request_with(&changes);
    let mut page = Wire::ask(&bench, "/v1/change-pin", request).listen().await;
    let wrong = json!({"state": "wrong-card", "code": "card.piv-wanted"});
    assert_eq!(page.event().await, Some(wrong));
    drop(page);
    let changes = json!({"methods": ["jpki-pin"], "purpose": "change-pin"});
    let request = bench.idp.request_with(&changes);
    assert_eq!(Wire::ask(&bench, "/v1/change-pin", request).send().await.status, 403);
}

#[tokio::test]
async fn the_person_chooses_among_kinds() {
    for (place, kind) in [CardKind::Jpki, CardKind::Felica].into_iter().enumerate() {
        let bench = with(jpki(1)).await;
        bench.put(SECOND, SharedCard::new(felica_card()));
        bench.prompt.will(Act::Card(place));
        bench.prompt.will(Act::Pin(JPKI_PIN));
        let events = ask(&bench, &["piv-pin", "jpki-pin", "felica"]).await.events().await;
        assert_eq!(events[0], json!({"state": "choose-card", "prompt": "terminal"}));
        let choices = bench.prompt.choices.lock().unwrap();
        let kinds: Vec<_> = choices[0].iter().map(|candidate| candidate.kind).collect();
        assert_eq!(kinds, [CardKind::Jpki, CardKind::Felica]);
        let answered = if kind == CardKind::Jpki { "token" } else { "felica" };
        assert!(events.last().unwrap().get(answered).is_some(), "{events:?}");
    }
}

#[tokio::test]
async fn presence_is_shown_by_felica_too_but_not_by_the_card_of_whoever_is_signed_in() {
    let bench = with(SharedCard::new(felica_card())).await;
    let watch = json!({"methods": ["felica"], "watch": "w".repeat(43)});
    let request = bench.idp.request_with(&watch);
    let staff = Wire::authenticate(&bench, request).listen().await.events().await;
    assert!(staff[0].get("felica").is_some());
    let mut page = ask(&bench, &["piv-presence", "felica"]).await;
    assert_eq!(page.event().await, Some(json!({"state": "insert-card"})));
    let other = VirtualLiteS::registered([7; 8], key(), 1).unwrap();
    bench.put(SECOND, SharedCard::new(other));
    let events = page.events().await;
    assert!(is_genuine(&events[0]["felica"], &key(), ORIGIN, &nonce()));
}

#[tokio::test]
async fn the_number_of_a_felica_card_is_read_on_any_reader_and_of_no_other_card() {
    for way in [FelicaReader::Transparent, FelicaReader::Acs, FelicaReader::Identiv] {
        let bench = with(SharedCard::new(felica_card().on(way))).await;
        let events = ask(&bench, &["felica-idm"]).await.events().await;
        let number = json!({"format": "warifu-idm:1", "idm": STANDARD.encode(IDM)});
        assert_eq!(events, [json!({ "idm": number })], "{way:?}");
    }
    let bench = with(jpki(1)).await;
    let mut page = ask(&bench, &["felica-idm"]).await;
    let wrong = json!({"state": "wrong-card", "code": "card.felica-wanted"});
    assert_eq!(page.event().await, Some(wrong));
}

#[tokio::test]
async fn a_jpki_card_that_is_pulled_out_ends_the_question() {
    let bench = with(jpki(1)).await;
    bench.prompt.will(Act::Think);
    let page = ask(&bench, &["jpki-pin"]).await;
    bench.prompt.begun.notified().await;
    bench.readers.remove(FIRST);
    let gone = json!({"error": {"code": "card.removed"}});
    assert_eq!(page.events().await.last(), Some(&gone));
    assert!(bench.readers.list().unwrap().iter().all(|state| !state.card_present));
}
