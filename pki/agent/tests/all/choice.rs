//! Several cards that could be used: the person says which.

use serde_json::json;
use warifu_agent::CardKind;
use warifu_agent::prompt::Candidate;

use crate::bench::{Act, Bench, FIRST, SECOND};
use crate::idp::{ORIGIN, nonce};
use crate::maker::Maker;
use crate::sign_in::holds;
use crate::wire::Wire;

async fn with_two() -> Bench {
    let bench = Bench::with_card(&[]).await;
    bench.insert(SECOND, &Maker::new(2));
    bench
}

fn piv_in(reader: &str) -> Candidate {
    Candidate { reader: reader.to_owned(), kind: CardKind::Piv }
}

fn choosing() -> serde_json::Value {
    json!({"state": "choose-card", "prompt": "terminal"})
}

#[tokio::test]
async fn the_chosen_card_signs() {
    for (place, reader) in [FIRST, SECOND].into_iter().enumerate() {
        let bench = with_two().await;
        bench.prompt.will(Act::Card(place));
        bench.right_pin();
        let page = Wire::authenticate(&bench, bench.idp.request()).listen().await;
        let events = page.events().await;
        assert_eq!(events[0], choosing());
        assert!(holds(&events.last().unwrap()["token"], ORIGIN, &nonce()));
        assert_eq!(*bench.prompt.choices.lock().unwrap(), [[FIRST, SECOND].map(piv_in)]);
        assert_eq!(bench.prompt.asked.lock().unwrap()[0].reader, reader);
    }
}

#[tokio::test]
async fn the_card_that_stays_is_the_one() {
    let bench = with_two().await;
    bench.prompt.will(Act::Think);
    bench.right_pin();
    let mut page = Wire::authenticate(&bench, bench.idp.request()).listen().await;
    assert_eq!(page.event().await, Some(choosing()));
    bench.prompt.begun.notified().await;
    bench.readers.remove(FIRST);
    let events = page.events().await;
    assert!(holds(&events.last().unwrap()["token"], ORIGIN, &nonce()), "{events:?}");
    assert_eq!(bench.prompt.asked.lock().unwrap()[0].reader, SECOND);
}

#[tokio::test]
async fn a_card_that_will_not_do_is_no_choice() {
    let bench = Bench::with_card(&[]).await;
    let without = Maker::new(2).without(warifu_card::virtual_card::KeySlot::Authentication);
    bench.insert(SECOND, &without);
    bench.right_pin();
    let page = Wire::authenticate(&bench, bench.idp.request()).listen().await;
    assert!(page.events().await.last().unwrap().get("token").is_some());
    assert!(bench.prompt.choices.lock().unwrap().is_empty());
}

#[tokio::test]
async fn whoever_wants_none_of_them_cancels() {
    let bench = with_two().await;
    bench.prompt.will(Act::Refuse);
    let events = Wire::authenticate(&bench, bench.idp.request()).listen().await.events().await;
    assert_eq!(events, [choosing(), json!({"error": {"code": "cancelled"}})]);
}
