//! Signing in with the PIN, from the request to the token or to the reason why there is none.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{MessageDigest, hash};
use openssl::sign::Verifier;
use openssl::x509::X509;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;
use warifu_agent::prompt::{Complaint, Ending};
use warifu_card::PkiKind;
use warifu_card::drawer::VirtualReaders;
use warifu_card::piv::KeyAlgorithm;
use warifu_card::virtual_card::KeySlot;

use crate::bench::{Act, Bench, FIRST, SECOND};
use crate::idp::{ORIGIN, nonce};
use crate::maker::{Maker, PIN, WRONG};
use crate::wire::Wire;

async fn sign_in(bench: &Bench) -> Vec<Value> {
    Wire::authenticate(bench, bench.idp.request()).listen().await.events().await
}

fn error(code: &str) -> Value {
    json!({ "error": { "code": code } })
}

fn pin_event(tries: u8) -> Value {
    json!({ "state": "pin", "tries": tries, "prompt": "terminal" })
}

/// Checks a token as an identity provider does, from what it alone knows: origin and nonce.
pub fn holds(token: &Value, origin: &str, nonce: &str) -> bool {
    let bytes = |name: &str| STANDARD.decode(token[name].as_str().unwrap()).unwrap();
    let certificate = X509::from_der(&bytes("unverifiedCertificate")).unwrap();
    let (key, signature) = (certificate.public_key().unwrap(), bytes("signature"));
    let algorithm = token["algorithm"].as_str().unwrap();
    let digest = match algorithm {
        "ES384" => MessageDigest::sha384(),
        _ => MessageDigest::sha256(),
    };
    let part = |text: &str| hash(digest, text.as_bytes()).unwrap().to_vec();
    let signed = [part(origin), part(nonce)].concat();
    let signature = if algorithm.starts_with("ES") { der(&signature) } else { signature };
    let mut verifier = Verifier::new(digest, &key).unwrap();
    verifier.verify_oneshot(&signature, &signed).unwrap()
}

/// `r || s` to what openssl reads.
fn der(raw: &[u8]) -> Vec<u8> {
    let (r, s) = raw.split_at(raw.len() / 2);
    let number = |bytes| BigNum::from_slice(bytes).unwrap();
    EcdsaSig::from_private_components(number(r), number(s)).unwrap().to_der().unwrap()
}

#[tokio::test]
async fn a_good_card_and_the_right_pin_make_a_token_that_holds() {
    let bench = Bench::with_card(&[PIN]).await;
    let events = sign_in(&bench).await;
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(events[0], pin_event(3));
    let token = &events[1]["token"];
    assert_eq!((&token["format"], &token["algorithm"]), (&json!("web-eid:1.0"), &json!("ES256")));
    assert!(holds(token, ORIGIN, &nonce()));
    assert!(!holds(token, "https://evil.example", &nonce()));
    assert!(!holds(token, ORIGIN, &STANDARD.encode([43; 32])));
    let asked = bench.prompt.asked.lock().unwrap();
    assert_eq!(
        (asked[0].origin.as_str(), asked[0].relying_party.as_str()),
        (ORIGIN, "割符ポータル")
    );
    assert_eq!((asked[0].reader.as_str(), asked[0].tries_left), (FIRST, Some(3)));
    assert_eq!(asked[0].certificate_ends, Some("2031-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(*bench.prompt.endings.lock().unwrap(), [Ending::Done]);
}

#[tokio::test]
async fn every_kind_of_key_signs() {
    for (algorithm, name) in [(KeyAlgorithm::Rsa2048, "RS256"), (KeyAlgorithm::P384, "ES384")] {
        let bench = Bench::new().await;
        bench.insert(FIRST, &Maker::new(1).with_keys(algorithm));
        bench.right_pin();
        let events = sign_in(&bench).await;
        let token = &events.last().unwrap()["token"];
        assert_eq!(token["algorithm"], name);
        assert!(holds(token, ORIGIN, &nonce()));
    }
}

#[tokio::test]
async fn an_expired_card_signs_so_that_the_identity_provider_can_say_what_to_do() {
    let bench = Bench::new().await;
    let [from, until] =
        ["2020-01-01T00:00:00Z", "2025-01-01T00:00:00Z"].map(|t| t.parse().unwrap());
    bench.insert(FIRST, &Maker::new(1).valid_from(from).valid_until(until));
    bench.right_pin();
    assert!(sign_in(&bench).await.last().unwrap().get("token").is_some());
    assert_eq!(bench.prompt.asked.lock().unwrap()[0].certificate_ends, Some(until));
}

#[tokio::test]
async fn the_page_is_told_what_is_waited_for() {
    let bench = Bench::new().await;
    bench.insert(FIRST, &Maker::new(9).without(KeySlot::Authentication));
    bench.right_pin();
    let mut page = Wire::authenticate(&bench, bench.idp.request()).listen().await;
    let wrong = json!({"state": "wrong-card", "code": "card.no-certificate"});
    assert_eq!(page.event().await, Some(wrong));
    bench.readers.remove(FIRST);
    assert_eq!(page.event().await, Some(json!({"state": "insert-card"})));
    bench.insert(SECOND, &Maker::new(1));
    assert_eq!(page.event().await, Some(pin_event(3)));
    assert!(page.event().await.unwrap().get("token").is_some());
    assert_eq!(page.event().await, None);
}

#[tokio::test]
async fn a_computer_without_readers_waits_for_one() {
    let nothing: [&str; 0] = [];
    let idp = crate::idp::Idp::at(ORIGIN);
    let mut config = warifu_agent::AgentConfig::serving(vec![idp.trusted()]);
    config.listen = vec!["127.0.0.1:0".parse().unwrap()];
    config.patience_seconds = 1;
    let readers = std::sync::Arc::new(VirtualReaders::new(nothing));
    let surroundings = warifu_agent::Surroundings::new(crate::idp::now, |bytes| bytes.fill(1));
    let agent = warifu_agent::Agent::bind(config, readers, surroundings).await.unwrap();
    let address = agent.addresses()[0];
    tokio::spawn(agent.serve(std::future::pending()));
    let request = Wire::new(address, "POST", "/v1/authenticate")
        .with("origin", ORIGIN)
        .with("content-type", "application/json")
        .body(idp.request());
    let events = request.listen().await.events().await;
    assert_eq!(events, [json!({"state": "no-reader"}), error("card.timeout")]);
}

#[tokio::test]
async fn three_wrong_pins_block_the_card_with_the_tries_told_each_time() {
    let bench = Bench::with_card(&[WRONG, WRONG]).await;
    bench.prompt.will(Act::Agree);
    bench.prompt.will(Act::Pin(WRONG));
    let wrong = |tries: u8| json!({"state": "pin-wrong", "tries": tries});
    let events = sign_in(&bench).await;
    assert_eq!(events, [pin_event(3), wrong(2), wrong(1), error("pin.blocked")]);
    assert_eq!(bench.prompt.tries_told(), [3, 2, 1, 1]);
    assert_eq!(bench.prompt.consents.load(Ordering::SeqCst), 1);
    let complaints: Vec<_> =
        bench.prompt.asked.lock().unwrap().iter().map(|question| question.complaint).collect();
    let wrong_before = Some(Complaint::Wrong);
    assert_eq!(complaints, [None, wrong_before, wrong_before, wrong_before]);
    assert_eq!(sign_in(&bench).await, [error("pin.blocked")]);
    assert_eq!(bench.prompt.tries_told().len(), 4, "a blocked card asks nothing");
    assert_eq!(*bench.prompt.endings.lock().unwrap(), [Ending::Blocked(PkiKind::Piv); 2]);
}

#[tokio::test]
async fn without_consent_the_last_try_is_not_spent() {
    let bench = Bench::with_card(&[WRONG, WRONG]).await;
    bench.prompt.will(Act::Refuse);
    assert_eq!(sign_in(&bench).await.last(), Some(&error("cancelled")));
    bench.prompt.will(Act::Agree);
    bench.right_pin();
    let events = sign_in(&bench).await;
    assert_eq!(events[0], pin_event(1));
    assert!(events[1].get("token").is_some());
}

#[tokio::test]
async fn the_person_may_cancel() {
    let bench = Bench::with_card(&[]).await;
    bench.prompt.will(Act::Refuse);
    assert_eq!(sign_in(&bench).await, [pin_event(3), error("cancelled")]);
    assert_eq!(*bench.prompt.endings.lock().unwrap(), [Ending::Cancelled]);
}

#[tokio::test]
async fn a_page_that_goes_away_takes_its_question_with_it() {
    let bench = Bench::with_card(&[]).await;
    bench.prompt.will(Act::Think);
    let mut page = Wire::authenticate(&bench, bench.idp.request()).listen().await;
    assert_eq!(page.event().await, Some(pin_event(3)));
    bench.prompt.begun.notified().await;
    assert_eq!(bench.prompt.open.load(Ordering::SeqCst), 1);
    drop(page);
    bench.prompt.closed().await;
    bench.right_pin();
    assert!(sign_in(&bench).await.last().unwrap().get("token").is_some());
}

#[tokio::test]
async fn a_page_that_goes_away_while_no_card_is_there_frees_the_agent() {
    let bench = Bench::new().await;
    let mut page = Wire::authenticate(&bench, bench.idp.request()).listen().await;
    assert_eq!(page.event().await, Some(json!({"state": "insert-card"})));
    drop(page);
    tokio::time::sleep(Duration::from_millis(200)).await;
    bench.insert(FIRST, &Maker::new(1));
    bench.right_pin();
    assert!(sign_in(&bench).await.last().unwrap().get("token").is_some());
}

#[tokio::test]
async fn pulling_the_card_out_ends_the_question() {
    let bench = Bench::with_card(&[]).await;
    bench.prompt.will(Act::Think);
    let page = Wire::authenticate(&bench, bench.idp.request()).listen().await;
    bench.prompt.begun.notified().await;
    bench.readers.remove(FIRST);
    assert_eq!(page.events().await, [pin_event(3), error("card.removed")]);
    bench.prompt.closed().await;
    assert_eq!(*bench.prompt.endings.lock().unwrap(), [Ending::CardGone]);
}

#[tokio::test]
async fn swapping_the_card_ends_the_question_even_if_it_is_quick() {
    let bench = Bench::with_card(&[]).await;
    bench.prompt.will(Act::Think);
    let page = Wire::authenticate(&bench, bench.idp.request()).listen().await;
    bench.prompt.begun.notified().await;
    bench.readers.remove(FIRST);
    bench.insert(FIRST, &Maker::new(2));
    assert_eq!(page.events().await.last(), Some(&error("card.removed")));
}

#[tokio::test]
async fn patience_has_an_end() {
    let bench =
        Bench::with(|config| warifu_agent::AgentConfig { patience_seconds: 1, ..config }).await;
    bench.insert(FIRST, &Maker::new(1));
    bench.prompt.will(Act::Think);
    assert_eq!(sign_in(&bench).await, [pin_event(3), error("card.timeout")]);
    bench.prompt.closed().await;
}

#[tokio::test]
async fn closing_the_agent_ends_what_is_under_way() {
    let mut bench = Bench::with_card(&[]).await;
    bench.prompt.will(Act::Think);
    let page = Wire::authenticate(&bench, bench.idp.request()).listen().await;
    bench.prompt.begun.notified().await;
    bench.stop();
    assert_eq!(page.events().await.last(), Some(&error("agent.closing")));
    let ended = tokio::time::timeout(Duration::from_secs(5), bench.agent.take().unwrap()).await;
    assert!(ended.is_ok_and(|joined| joined.is_ok()));
}
