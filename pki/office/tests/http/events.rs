//! `POST /events`: what the identity provider tells the office.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;
use warifu_contract::card_office::{Card, Stage};
use warifu_pki::security_event::{CardStatus, Event, EventIssuer, SecurityEvent};
use warifu_pki::{FileKey, KeyAlgorithm};

use crate::bed::{Bed, CLERK, refusal};
use crate::federation::{Engine, engines};

const KIND: &str = "application/secevent+jwt";

#[tokio::test]
async fn an_activated_card_is_in_use_and_everybody_knows() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let (card, holder) = bed.delivered("山﨑 髙志").await;
        let activated = bed.event(&holder, Event::CardActivated);
        assert_eq!(bed.told(&activated).await, 202);
        let path = format!("/cards/{}", card.id);
        let now: Card = bed.clerk().get(&path).await.json().await.unwrap();
        assert_eq!(now.stage, Stage::Active);
        assert!(now.certificates.iter().all(|certificate| certificate.state == "valid"));
        let told = bed.idp.until(2).await;
        let expected = Event::CardState { state: CardStatus::Active, reason: None };
        assert_eq!((&told[1].subject, &told[1].event), (&holder, &expected));

        // Again, and once more under another name: nothing happens twice.
        let version = now.version;
        assert_eq!(bed.told(&activated).await, 202);
        assert_eq!(bed.told(&bed.event(&holder, Event::CardActivated)).await, 202);
        let now: Card = bed.clerk().get(&path).await.json().await.unwrap();
        assert_eq!(now.version, version);
    }
}

#[tokio::test]
async fn an_event_that_changes_nothing_is_taken() {
    let bed = Bed::on(Engine::Sqlite).await;
    let nobody = bed.event(&"0".repeat(32), Event::CardActivated);
    assert_eq!(bed.told(&nobody).await, 202);
    let (card, holder) = bed.delivered("上野 太郎").await;
    let stop = serde_json::json!({ "action": "suspend", "reason": "lost" });
    assert_eq!(bed.clerk().act(&card, stop).await.status(), 200);
    assert_eq!(bed.told(&bed.event(&holder, Event::CardActivated)).await, 202);
    let now: Card = bed.clerk().get(&format!("/cards/{}", card.id)).await.json().await.unwrap();
    assert_eq!(now.stage, Stage::Suspended, "a card that is stopped stays so");
}

async fn refused(bed: &Bed, issuer: &EventIssuer, event: SecurityEvent) -> String {
    let token = issuer.issue(&event).unwrap();
    let answer = bed.push(&bed.provider, KIND, token).await;
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let body: Value = answer.json().await.unwrap();
    assert!(body["description"].is_string());
    body["err"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_no_event_for_us_is_refused_by_the_standard() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let good = || bed.event(&"a".repeat(32), Event::CardActivated);
    let other = SecurityEvent { iss: "https://idp.example".into(), ..good() };
    assert_eq!(refused(&bed, &bed.events, other).await, "invalid_issuer");
    let other = SecurityEvent { aud: "urn:warifu:relay".into(), ..good() };
    assert_eq!(refused(&bed, &bed.events, other).await, "invalid_audience");
    let stranger = FileKey::generate(KeyAlgorithm::P256).unwrap();
    let stranger = EventIssuer::new(Arc::new(stranger)).unwrap();
    assert_eq!(refused(&bed, &stranger, good()).await, "invalid_key");
    let old = bed.now() - SignedDuration::from_hours(24 * 7 + 1);
    let old = SecurityEvent { iat: old.as_second(), ..good() };
    assert_eq!(refused(&bed, &bed.events, old).await, "invalid_request");
    let foreign = bed.event(&"a".repeat(32), Event::PersonEnded);
    assert_eq!(refused(&bed, &bed.events, foreign).await, "invalid_request");

    for (kind, token) in
        [(KIND, "x".to_owned()), ("application/json", bed.events.issue(&good()).unwrap())]
    {
        let answer = bed.push(&bed.provider, kind, token).await;
        assert_eq!(answer.status(), 400, "{kind}");
        assert_eq!(answer.json::<Value>().await.unwrap()["err"], "invalid_request");
    }
    let long = bed.push(&bed.provider, KIND, "x".repeat(40_000)).await;
    assert_eq!(long.status(), 400);
}

#[tokio::test]
async fn only_the_identity_provider_tells_events() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    let event_timestamp = bed.now().as_second();
    let event = bed.event(CLERK, Event::SessionRevoked { event_timestamp });
    for client in [&bed.portal, &bed.stranger] {
        let answer = bed.push(client, KIND, bed.events.issue(&event).unwrap()).await;
        assert_eq!(refusal(answer).await, (403, "peer.unknown".into()));
    }
    assert_eq!(bed.clerk().get("/cards").await.status(), 200);
}
