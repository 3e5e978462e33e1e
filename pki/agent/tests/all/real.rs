//! Every kind of card in the virtual readers of a real pcscd.

use serde_json::{Value, json};
use warifu_agent::CardKind;
use warifu_card::felica::CardKey;
use warifu_card::piv::KeyAlgorithm;
use warifu_card::virtual_card::{SharedCard, VirtualLiteS};

use crate::bench::{Act, Bench};
use crate::idp::{ORIGIN, nonce};
use crate::kinds::{IDM, ask, felica_card, is_genuine, key};
use crate::maker::{JPKI_PIN, Maker, PIN, jpki};
use crate::private_stack::{Stack, insert, isolated, reader};
use crate::sign_in::holds;

const ALL: [&str; 3] = ["piv-pin", "jpki-pin", "felica"];

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(test)
}

/// Signs in with whatever is in the reader.
async fn sign_in(pin: Option<&'static str>) -> Value {
    let bench = Bench::on_pcscd().await;
    if let Some(pin) = pin {
        bench.prompt.will(Act::Pin(pin));
    }
    let mut events = ask(&bench, &ALL).await.events().await;
    events.pop().unwrap()
}

#[test]
fn piv_and_jpki_cards_sign_in() {
    isolated("real::piv_and_jpki_cards_sign_in", || {
        let _stack = Stack::start();
        let piv = |algorithm| Maker::new(1).with_keys(algorithm).shared();
        for (card, pin, name) in [
            (piv(KeyAlgorithm::Rsa2048), PIN, "RS256"),
            (piv(KeyAlgorithm::P256), PIN, "ES256"),
            (piv(KeyAlgorithm::P384), PIN, "ES384"),
            (jpki(2), JPKI_PIN, "RS256"),
        ] {
            let inserted = insert(card, 0);
            let last = run(sign_in(Some(pin)));
            assert_eq!(last["token"]["algorithm"], name, "{last}");
            assert!(holds(&last["token"], ORIGIN, &nonce()));
            inserted.remove();
        }
    });
}

#[test]
fn felica_cards_answer_and_copies_are_found_out() {
    isolated("real::felica_cards_answer_and_copies_are_found_out", || {
        let _stack = Stack::start();
        let wrong_key = VirtualLiteS::registered(IDM, CardKey::new([9; 16]), 1).unwrap();
        let copy = felica_card().copied_by_reading();
        for (card, genuine) in [(felica_card(), true), (wrong_key, false), (copy, false)] {
            let inserted = insert(SharedCard::new(card), 1);
            let last = run(sign_in(None));
            assert_eq!(is_genuine(&last["felica"], &key(), ORIGIN, &nonce()), genuine, "{last}");
            inserted.remove();
        }
    });
}

#[test]
fn the_person_chooses_among_kinds() {
    isolated("real::the_person_chooses_among_kinds", || {
        let _stack = Stack::start();
        let _first = insert(jpki(1), 0);
        let _second = insert(SharedCard::new(felica_card()), 1);
        run(async {
            let bench = Bench::on_pcscd().await;
            bench.prompt.will(Act::Card(1));
            let events = ask(&bench, &ALL).await.events().await;
            assert!(is_genuine(&events.last().unwrap()["felica"], &key(), ORIGIN, &nonce()));
            let choices = bench.prompt.choices.lock().unwrap();
            let named: Vec<_> =
                choices[0].iter().map(|card| (card.reader.clone(), card.kind)).collect();
            assert_eq!(named, [(reader(0), CardKind::Jpki), (reader(1), CardKind::Felica)]);
        });
    });
}

#[test]
fn a_card_that_is_pulled_out_midway_ends_the_question() {
    isolated("real::a_card_that_is_pulled_out_midway_ends_the_question", || {
        let _stack = Stack::start();
        let inserted = insert(jpki(1), 0);
        run(async {
            let bench = Bench::on_pcscd().await;
            bench.prompt.will(Act::Think);
            let page = ask(&bench, &ALL).await;
            bench.prompt.begun.notified().await;
            inserted.remove();
            let gone = json!({"error": {"code": "card.removed"}});
            assert_eq!(page.events().await.last(), Some(&gone));
        });
    });
}
