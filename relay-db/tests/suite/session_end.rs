//! `POST /events`: sessions that end take what was granted for them along.

use jiff::SignedDuration;
use serde_json::{Value, json};
use warifu_log::{Action, Series};
use warifu_pki::security_event::{Event, EventIssuer, SecurityEvent};
use warifu_pki::{Actor, Ticket};

use crate::bed::{Bed, Client, TARO, engines, refusal, stranger};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

async fn history(bed: &Bed, token: &str) -> u16 {
    bed.get(&bed.portal, "/history", Some(token)).await.status().as_u16()
}

async fn revoke(bed: &Bed, subject: &str) {
    let answer = bed.tell(&bed.idp_party, &bed.session_revoked(subject)).await;
    assert_eq!(answer.status(), 202);
}

#[tokio::test]
async fn a_running_grant_ends_at_once_and_the_log_says_so() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = bed.token(&bed.ticket()).await;
        assert_eq!(history(&bed, &token).await, 200, "and so it is in memory");
        bed.pass(SECOND);
        revoke(&bed, TARO).await;
        let refused = bed.get(&bed.portal, "/history", Some(&token)).await;
        assert_eq!(refusal(refused).await, (401, "token.revoked".into()));
        let series = bed.relay.log().history(TARO, Series::Administration, None, 1).await.unwrap();
        assert_eq!(series[0].entry.as_ref().unwrap().action, Action::SessionRevoked);
        assert_eq!(series[0].entry.as_ref().unwrap().client, "idp");
    }
}

#[tokio::test]
async fn the_relays_other_servers_notice_within_two_seconds() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let neighbour = bed.neighbour().await;
        let token = bed.token(&bed.ticket()).await;
        assert_eq!(neighbour.history(&bed.portal, &token).await.status(), 200);
        bed.pass(SECOND);
        revoke(&bed, TARO).await;
        bed.pass(SECOND + SECOND);
        let refused = neighbour.history(&bed.portal, &token).await;
        assert_eq!(refusal(refused).await, (401, "token.revoked".into()));
    }
}

#[tokio::test]
async fn a_ticket_of_an_ended_sign_in_gives_no_token_and_one_of_a_later_does() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let before = bed.ticket();
        bed.pass(SECOND);
        revoke(&bed, TARO).await;
        let sealed = bed.idp.issue(&before).unwrap();
        let refused = bed.exchange(&bed.portal, &sealed).await;
        assert_eq!(refusal(refused).await, (400, "ticket.revoked".into()));
        let after = bed.token(&bed.ticket()).await;
        assert_eq!(history(&bed, &after).await, 200);
    }
}

#[tokio::test]
async fn nobody_else_is_touched() {
    let bed = Bed::new().await;
    let taro = bed.token(&bed.ticket()).await;
    let desk = bed.token(&bed.desk_ticket()).await;
    bed.pass(SECOND);
    revoke(&bed, "receptionist").await;
    assert_eq!(history(&bed, &taro).await, 200);
    assert_eq!(history(&bed, &desk).await, 401);
}

#[tokio::test]
async fn a_tap_ends_with_the_session_of_whoever_tapped() {
    let bed = Bed::new().await;
    let act = Actor { sub: "receptionist".into(), ..bed.presence_ticket().act.unwrap() };
    let tapped = bed.token(&Ticket { act: Some(act), ..bed.presence_ticket() }).await;
    bed.pass(SECOND);
    revoke(&bed, "receptionist").await;
    let check = json!({ "subject": { "by": "card" }, "target_date": null,
                        "idempotency_key": "0123456789abcdef" });
    let refused = bed.post(&bed.portal, "/eligibility", &tapped, &check).await;
    assert_eq!(refusal(refused).await, (401, "token.revoked".into()));
}

#[tokio::test]
async fn the_same_event_again_changes_nothing() {
    let bed = Bed::new().await;
    let event = bed.session_revoked(TARO);
    for _ in 0..3 {
        assert_eq!(bed.tell(&bed.idp_party, &event).await.status(), 202);
    }
    let series = bed.relay.log().history(TARO, Series::Administration, None, 9).await.unwrap();
    let ends = series
        .iter()
        .filter(|logged| logged.entry.as_ref().unwrap().action == Action::SessionRevoked);
    assert_eq!(ends.count(), 1);
}

#[tokio::test]
async fn an_end_survives_a_restart() {
    let mut bed = Bed::new().await;
    let ticket = bed.ticket();
    bed.pass(SECOND);
    revoke(&bed, TARO).await;
    bed.restart().await;
    let refused = bed.exchange(&bed.portal, &bed.idp.issue(&ticket).unwrap()).await;
    assert_eq!(refusal(refused).await.1, "ticket.revoked");
}

#[tokio::test]
async fn only_the_identity_provider_may_tell() {
    let bed = Bed::new().await;
    let event = bed.session_revoked(TARO);
    assert_eq!(
        refusal(bed.tell(&bed.portal, &event).await).await,
        (403, "peer.unknown".into()),
        "a party that may call, but is no identity provider"
    );
    let connector = Client::new(&bed.federation, "connector-stranger");
    assert_eq!(bed.tell(&connector, &event).await.status(), 403);
}

async fn refused_as(bed: &Bed, body: String) -> String {
    let answer = bed.tell_raw(&bed.idp_party, "application/secevent+jwt", body).await;
    assert_eq!(answer.status(), 400);
    let answer: Value = answer.json().await.unwrap();
    assert!(answer["description"].is_string());
    answer["err"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_no_event_for_us_is_refused_in_the_words_of_the_standard() {
    let bed = Bed::new().await;
    let event = || bed.session_revoked(TARO);
    let forged = EventIssuer::new(std::sync::Arc::new(stranger())).unwrap();
    assert_eq!(refused_as(&bed, forged.issue(&event()).unwrap()).await, "invalid_key");
    let cases = [
        (SecurityEvent { aud: "urn:warifu:ca".into(), ..event() }, "invalid_audience"),
        (SecurityEvent { iss: "https://other.example".into(), ..event() }, "invalid_issuer"),
        (SecurityEvent { iat: bed.now().as_second() - 700_000, ..event() }, "invalid_request"),
        (
            SecurityEvent { subject: "0".repeat(32), event: Event::CardActivated, ..event() },
            "invalid_request",
        ),
    ];
    for (event, err) in cases {
        assert_eq!(refused_as(&bed, bed.events.issue(&event).unwrap()).await, err, "{event:?}");
    }
    for rubbish in ["", "a.b.c", "割符"] {
        refused_as(&bed, rubbish.to_owned()).await;
    }
    let body = bed.events.issue(&event()).unwrap();
    let answer = bed.tell_raw(&bed.idp_party, "application/json", body).await;
    assert_eq!(answer.status(), 400);
}
