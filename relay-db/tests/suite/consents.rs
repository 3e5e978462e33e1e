//! Consents: given once, asked before anything is told, over at once when withdrawn.

use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use warifu_contract::consent::{Consent, ConsentList};
use warifu_contract::history::Purpose;
use warifu_contract::records::{Panel, PanelOutcome};
use warifu_log::{Action, Entry, Outcome, Series};
use warifu_pki::{PublicKey, Ticket};

use crate::bed::{Bed, Client, TARO, engines, refusal};

const KEY: &str = "0123456789abcdef";

fn terms(bed: &Bed, reader: &Value, purpose: &str) -> Value {
    let today = jiff::tz::offset(9).to_datetime(bed.now()).date();
    json!({
        "scope": { "services": ["pension"] }, "reader": reader, "purpose": purpose,
        "from": today, "until": today.saturating_add(jiff::Span::new().days(30)),
        "text_version": "2026-11",
    })
}

fn clinic() -> Value {
    json!({ "who": "organization", "code": "1310000001", "name": "第一診療所" })
}

async fn post(bed: &Bed, client: &Client, token: &str, key: &str, terms: &Value) -> Response {
    let request = client.http.post(bed.url("/consents")).bearer_auth(token);
    request.header("idempotency-key", key).json(terms).send().await.unwrap()
}

async fn give(bed: &Bed, terms: &Value) -> Consent {
    let token = bed.token(&bed.ticket()).await;
    let answer = post(bed, &bed.portal, &token, KEY, terms).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

async fn withdraw(bed: &Bed, id: &str) -> Consent {
    let token = bed.token(&bed.ticket()).await;
    let path = format!("/consents/{id}/withdraw");
    bed.post(&bed.portal, &path, &token, &json!({})).await.json().await.unwrap()
}

/// What the receptionist gets of 太郎's records.
async fn read(bed: &Bed, ticket: &Ticket, services: &[&str], basis: &Value) -> Vec<Panel> {
    let token = bed.token(ticket).await;
    let body = json!({ "services": services, "basis": basis });
    let answer = bed.post(&bed.portal, "/records", &token, &body).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let text = answer.text().await.unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn entries(bed: &Bed, series: Series) -> Vec<Entry> {
    let logged = bed.relay.log().history(TARO, series, None, 50).await.unwrap();
    logged.into_iter().filter_map(|one| one.entry).collect()
}

fn refused(code: &str) -> PanelOutcome {
    PanelOutcome::Refused { code: code.into() }
}

#[tokio::test]
async fn staff_read_what_was_consented_to_until_it_is_withdrawn() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let consent = give(&bed, &terms(&bed, &clinic(), "care")).await;
        let basis = json!({ "by": "consent", "id": consent.id, "purpose": "care" });
        let panels = read(&bed, &bed.desk_ticket(), &["pension", "insurance"], &basis).await;
        let outcome = |wanted: &str| {
            let panel = panels.iter().find(|panel| panel.service.as_str() == wanted).unwrap();
            panel.outcome.clone()
        };
        assert!(matches!(outcome("pension"), PanelOutcome::Ready { .. }), "{panels:?}");
        assert_eq!(outcome("insurance"), refused("consent.other"));
        assert!(bed.insurer.heard().is_empty(), "what is refused is not even asked");
        let claims = bed.pension.heard().remove(0);
        let receipt = claims.receipt.unwrap();
        assert!(receipt.len() == 32 && receipt != consent.id, "a name for this connector alone");
        assert_eq!(claims.purpose, Purpose::Care);
        assert_eq!(claims.act.unwrap().organization().unwrap().code, "1310000001");

        let seen = entries(&bed, Series::Disclosure).await;
        let shown = seen.iter().find(|entry| entry.outcome == Outcome::Shown).unwrap();
        assert_eq!(shown.ground, Some(format!("consent:{}", consent.id)));
        assert!(seen.iter().any(|one| one.outcome == Outcome::Refused("consent.other".into())));

        // Another server of the relay, and the same access token a moment later, know it at once.
        assert!(withdraw(&bed, &consent.id).await.withdrawn.is_some());
        withdraw(&bed, &consent.id).await;
        let panels = read(&bed, &bed.desk_ticket(), &["pension"], &basis).await;
        assert_eq!(panels[0].outcome, refused("consent.withdrawn"));
        let changes = entries(&bed, Series::Administration).await;
        let count = |action| changes.iter().filter(|entry| entry.action == action).count();
        assert_eq!((count(Action::ConsentGiven), count(Action::ConsentWithdrawn)), (1, 1));
    }
}

#[tokio::test]
async fn a_token_in_use_does_not_outlive_the_consent() {
    let bed = Bed::new().await;
    let consent = give(&bed, &terms(&bed, &clinic(), "care")).await;
    let token = bed.token(&bed.desk_ticket()).await;
    let basis = json!({ "by": "consent", "id": consent.id, "purpose": "care" });
    let body = json!({ "services": ["pension"], "basis": basis });
    let first = bed.post(&bed.portal, "/records", &token, &body).await.text().await.unwrap();
    assert!(first.contains("ready"), "{first}");
    withdraw(&bed, &consent.id).await;
    let second = bed.post(&bed.portal, "/records", &token, &body).await.text().await.unwrap();
    assert!(second.contains("consent.withdrawn"), "{second}");
}

#[tokio::test]
async fn a_consent_is_no_use_to_another_organisation_or_after_its_end() {
    let bed = Bed::new().await;
    let consent = give(&bed, &terms(&bed, &clinic(), "care")).await;
    let basis = json!({ "by": "consent", "id": consent.id, "purpose": "care" });
    let mut other = bed.desk_ticket();
    other.organization.as_mut().unwrap().code = "1310000002".into();
    let token = bed.token(&other).await;
    let body = json!({ "services": ["pension"], "basis": basis });
    let answer = bed.post(&bed.portal, "/records", &token, &body).await;
    assert_eq!(refusal(answer).await, (403, "consent.none".into()));

    bed.pass(SignedDuration::from_hours(24 * 32));
    let panels = read(&bed, &bed.desk_ticket(), &["pension"], &basis).await;
    assert_eq!(panels[0].outcome, refused("consent.ended"));
}

#[tokio::test]
async fn an_emergency_opens_what_was_opened_ahead_with_a_reason() {
    let bed = Bed::new().await;
    let basis = json!({ "by": "emergency", "reason": "意識がなく搬送された" });
    let panels = read(&bed, &bed.presence_ticket(), &["pension"], &basis).await;
    assert_eq!(panels[0].outcome, refused("consent.none"));

    let reader = json!({ "who": "any-clinic-in-emergency" });
    let consent = give(&bed, &terms(&bed, &reader, "emergency")).await;
    let empty = json!({ "by": "emergency", "reason": " " });
    let panels = read(&bed, &bed.presence_ticket(), &["pension"], &empty).await;
    assert_eq!(panels[0].outcome, refused("consent.reason"));
    let panels = read(&bed, &bed.presence_ticket(), &["pension"], &basis).await;
    assert!(matches!(panels[0].outcome, PanelOutcome::Ready { .. }), "{panels:?}");
    let shown = entries(&bed, Series::Disclosure).await.remove(0);
    assert_eq!(shown.ground, Some(format!("emergency:{} 意識がなく搬送された", consent.id)));
}

#[tokio::test]
async fn a_service_reads_only_after_it_was_let_in() {
    let mut bed = Bed::new().await;
    bed.config.consent_clients = vec!["hospital".into()];
    bed.restart().await;
    let ticket = Ticket {
        cnf: warifu_pki::Confirmation { x5t_s256: bed.hospital.certificate.clone() },
        ..bed.ticket()
    };
    let answer = bed.exchange(&bed.hospital, &bed.idp.issue(&ticket).unwrap()).await;
    let answer: Value = answer.json().await.unwrap();
    let token = answer["access_token"].as_str().unwrap();
    let body = json!({ "services": ["pension"] });
    let text = bed.post(&bed.hospital, "/records", token, &body).await.text().await.unwrap();
    assert!(text.contains("consent.none"), "{text}");

    let reader = json!({ "who": "service", "party": "hospital" });
    let request = terms(&bed, &reader, "own-service");
    let itself = post(&bed, &bed.hospital, token, KEY, &request).await;
    assert_eq!(refusal(itself).await, (403, "consent.elsewhere".into()));
    give(&bed, &request).await;
    let text = bed.post(&bed.hospital, "/records", token, &body).await.text().await.unwrap();
    assert!(text.contains("ready"), "{text}");
    let claims = bed.pension.heard().remove(0);
    assert_eq!((claims.purpose, claims.receipt.is_some()), (Purpose::OwnService, true));
}

#[tokio::test]
async fn the_same_key_gives_the_same_consent() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let request = terms(&bed, &clinic(), "care");
        let first = give(&bed, &request).await;
        assert_eq!(give(&bed, &request).await, first);
        let token = bed.token(&bed.ticket()).await;
        let list = bed.get(&bed.portal, "/consents", Some(&token)).await;
        let list: ConsentList = list.json().await.unwrap();
        assert_eq!(list.consents, [first]);
        let other = terms(&bed, &clinic(), "health-guidance");
        let other = post(&bed, &bed.portal, &token, KEY, &other).await;
        assert_eq!(refusal(other).await, (409, "idempotency.other-request".into()));
        let bare = post(&bed, &bed.portal, &token, "short", &request).await;
        assert_eq!(refusal(bare).await, (422, "idempotency.key".into()));
        let wrong = terms(&bed, &clinic(), "own-look");
        let wrong = post(&bed, &bed.portal, &token, "fedcba9876543210", &wrong).await;
        assert_eq!(refusal(wrong).await, (422, "consent.reader".into()));
    }
}

#[tokio::test]
async fn consents_are_for_their_subject_with_card_and_pin() {
    let bed = Bed::new().await;
    let consent = give(&bed, &terms(&bed, &clinic(), "care")).await;
    let path = format!("/consents/{}/receipt", consent.id);
    let other = bed.token(&Ticket { sub: "hanako".into(), ..bed.ticket() }).await;
    let answer = bed.get(&bed.portal, &path, Some(&other)).await;
    assert_eq!(refusal(answer).await, (404, "consent.unknown".into()));
    let low = Ticket { acr: "urn:warifu:ac:presence".into(), ..bed.ticket() };
    let answer = bed.get(&bed.portal, &path, Some(&bed.token(&low).await)).await;
    assert_eq!(refusal(answer).await, (403, "level.low".into()));
}

#[tokio::test]
async fn a_receipt_is_signed_with_a_published_key_and_tells_its_story() {
    let bed = Bed::new().await;
    let consent = give(&bed, &terms(&bed, &clinic(), "care")).await;
    withdraw(&bed, &consent.id).await;
    let token = bed.token(&bed.ticket()).await;
    let path = format!("/consents/{}/receipt", consent.id);
    let receipt = bed.get(&bed.portal, &path, Some(&token)).await;
    assert_eq!(receipt.headers()["content-type"], "application/jose");
    let receipt = receipt.text().await.unwrap();
    let (signed, signature) = receipt.rsplit_once('.').unwrap();
    let part = |index: usize| -> Value {
        let part = signed.split('.').nth(index).unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    };
    let pem = std::fs::read(bed.federation.path("token.pub")).unwrap();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    assert!(PublicKey::from_pem(&pem).unwrap().verify_raw(signed.as_bytes(), &signature));

    let keys = bed.get(&bed.portal, "/receipts/jwks.json", None).await;
    assert_eq!(keys.headers()["content-type"], "application/jwk-set+json");
    let keys: Value = keys.json().await.unwrap();
    assert_eq!(keys["keys"][0]["kid"], part(0)["kid"]);
    assert_eq!(part(0)["typ"], "consent-receipt+jwt");
    let claims = part(1);
    assert_eq!(claims["record_id"], json!(consent.id));
    assert_eq!(claims["processing"][0]["recipients"][0]["code"], "1310000001");
    assert_eq!(claims["pii_controllers"][0]["id"], "pension");
    let states: Vec<_> = claims["events"].as_array().unwrap().iter().collect();
    assert_eq!(states[0]["event_state"], "given");
    assert_eq!(states[1]["event_state"], "withdrawn");
}
