//! Showing a card without a PIN, at a desk where somebody else is signed in.

use serde_json::{Value, json};

use crate::bench::{Bench, FIRST, SECOND};
use crate::idp::{ORIGIN, nonce};
use crate::maker::Maker;
use crate::sign_in::holds;
use crate::wire::{Page, Wire};

async fn tap(bench: &Bench) -> Page {
    let request = bench.idp.request_with(&json!({"methods": ["piv-presence"]}));
    Wire::authenticate(bench, request).listen().await
}

/// The staff sign in with the card in the first reader, and stay.
async fn with_staff() -> Bench {
    let bench = Bench::with_card(&[]).await;
    bench.right_pin();
    let request = bench.idp.request_with(&json!({"watch": "w".repeat(43)}));
    let events = Wire::authenticate(&bench, request).listen().await.events().await;
    assert!(events.last().unwrap().get("token").is_some(), "{events:?}");
    bench
}

fn token(events: &[Value]) -> &Value {
    &events.last().unwrap()["token"]
}

#[tokio::test]
async fn a_tap_asks_nothing_and_signs_with_the_key_for_presence() {
    let bench = Bench::with_card(&[]).await;
    let events = tap(&bench).await.events().await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(holds(token(&events), ORIGIN, &nonce()));
    assert!(bench.prompt.asked.lock().unwrap().is_empty());
    bench.right_pin();
    let sign_in = Wire::authenticate(&bench, bench.idp.request()).listen().await.events().await;
    let certificate = |events: &[Value]| token(events)["unverifiedCertificate"].clone();
    assert_ne!(certificate(&events), certificate(&sign_in), "9E and 9A are different keys");
}

#[tokio::test]
async fn the_card_of_whoever_is_signed_in_is_not_the_one_being_shown() {
    let bench = with_staff().await;
    let mut page = tap(&bench).await;
    assert_eq!(page.event().await, Some(json!({"state": "insert-card"})));
    bench.insert(SECOND, &Maker::new(2));
    let events = page.events().await;
    assert!(holds(token(&events), ORIGIN, &nonce()));
}

#[tokio::test]
async fn a_card_put_back_is_an_ordinary_card_again() {
    let bench = with_staff().await;
    bench.readers.remove(FIRST);
    bench.insert(FIRST, &Maker::new(1));
    let events = tap(&bench).await.events().await;
    assert!(holds(token(&events), ORIGIN, &nonce()));
}
