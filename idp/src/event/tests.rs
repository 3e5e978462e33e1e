//! `POST /events`, as the card office pushes them.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use jiff::SignedDuration;
use warifu_pki::security_event::{CardStatus, Event, EventIssuer, SecurityEvent};

use crate::Role;
use crate::testing::{Answer, Card, CardKind, HOLDER, Rig, p256};

async fn push(rig: &Rig, kind: &str, token: String) -> Answer {
    let request = Request::post("/events")
        .header("content-type", kind)
        .header("accept", "application/json")
        .body(Body::from(token))
        .unwrap();
    rig.tab().send(request).await
}

async fn told(rig: &Rig, event: &SecurityEvent) -> Answer {
    push(rig, "application/secevent+jwt", rig.signed(event)).await
}

fn stop(rig: &Rig) -> SecurityEvent {
    rig.said(HOLDER, Event::CardState { state: CardStatus::Suspended, reason: None })
}

/// What came of a sign-in with that card: `None` when it opened a session.
async fn refused(rig: &Rig, card: &Card) -> Option<String> {
    let mut tab = rig.tab();
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    let answer = tab.answer_with(&page, card).await;
    (answer.status != StatusCode::OK).then(|| answer.code())
}

#[tokio::test]
async fn a_pushed_event_stops_a_card_and_its_sessions_at_once() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    assert!(tab.get("/").await.body.contains("id=\"logout\""));
    let answer = told(&rig, &stop(&rig)).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::ACCEPTED, ""));
    assert!(!tab.get("/").await.body.contains("id=\"logout\""));
    assert_eq!(refused(&rig, &rig.card).await.as_deref(), Some("card.suspended"));
}

#[tokio::test]
async fn the_same_event_again_is_taken_and_changes_nothing() {
    let rig = Rig::new().await;
    let event = stop(&rig);
    assert_eq!(told(&rig, &event).await.status, StatusCode::ACCEPTED);
    rig.clock.advance(SignedDuration::from_secs(1));
    rig.tell_state(HOLDER, CardStatus::Active).await;
    assert_eq!(told(&rig, &event).await.status, StatusCode::ACCEPTED);
    assert_eq!(refused(&rig, &rig.card).await, None);
}

#[tokio::test]
async fn a_new_person_signs_in_after_their_card_is_in_use() {
    let rig = Rig::new().await;
    let holder = "7".repeat(32);
    rig.issue('7', "谷中 花子", Role::Resident, None, &holder).await;
    let card = Card::new(&rig.pki, CardKind::Authentication, &holder);
    assert_eq!(refused(&rig, &card).await.as_deref(), Some("card.not-activated"));
    rig.tell_state(&holder, CardStatus::Active).await;
    assert_eq!(refused(&rig, &card).await, None);
    rig.clock.advance(SignedDuration::from_secs(1));
    rig.tell(&"7".repeat(32), Event::PersonEnded).await;
    assert_eq!(refused(&rig, &card).await.as_deref(), Some("card.revoked"));
}

#[tokio::test]
async fn what_came_too_early_is_asked_for_again() {
    let rig = Rig::new().await;
    let event = SecurityEvent { subject: "9".repeat(32), ..stop(&rig) };
    let answer = told(&rig, &event).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "event.early")
    );
    assert_eq!(answer.headers["retry-after"], "2");
}

#[tokio::test]
async fn what_is_not_the_offices_word_is_refused_in_the_words_of_the_standard() {
    let rig = Rig::new().await;
    let stranger = EventIssuer::new(std::sync::Arc::new(p256())).unwrap();
    let forged = stranger.issue(&stop(&rig)).unwrap();
    let event = |event: SecurityEvent| rig.signed(&event);
    let week = 8 * 24 * 3600;
    for (token, err) in [
        (forged, "invalid_key"),
        (event(SecurityEvent { iss: "urn:other".into(), ..stop(&rig) }), "invalid_issuer"),
        (event(SecurityEvent { aud: "urn:other".into(), ..stop(&rig) }), "invalid_audience"),
        (event(SecurityEvent { iat: stop(&rig).iat - week, ..stop(&rig) }), "invalid_request"),
        (event(rig.said(HOLDER, Event::CardActivated)), "invalid_request"),
        ("a.b.c".into(), "invalid_request"),
        (String::new(), "invalid_request"),
    ] {
        let answer = push(&rig, "application/secevent+jwt", token).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json()["err"], err, "{}", answer.body);
    }
    let answer = push(&rig, "application/json", rig.signed(&stop(&rig))).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused(&rig, &rig.card).await, None, "one of them counted");
}

#[tokio::test]
async fn without_a_card_office_nobody_is_believed() {
    let rig = Rig::new().await;
    let alone = Rig::with(|config, _| config.card_office = None).await;
    let answer = push(&alone, "application/secevent+jwt", rig.signed(&stop(&rig))).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
