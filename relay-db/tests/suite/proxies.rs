//! Mandates: offered by a code, taken up, confirmed, read by, ended; and whoever tries otherwise.

use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use warifu_contract::history::{Asked, HistoryPage, Purpose, Reader};
use warifu_contract::linking::portal::LinkList;
use warifu_contract::mandate::{EndedBy, Invitation, InviteCode, Mandate, MandateList};
use warifu_contract::records::{Panel, PanelOutcome, Service};
use warifu_log::{Action, Actor, Outcome, Series};
use warifu_pki::Ticket;
use warifu_service::{Database, fetch_all};

use crate::bed::{Bed, Client, TARO, engines, refusal};

const KEY: &str = "0123456789abcdef";
/// Who reads for 太郎, and who has no business here.
pub const ICHIKO: &str = "ichiko-at-the-relay";
const STRANGER: &str = "stranger-at-the-relay";

/// A person who is signed in at the portal.
async fn signed_in(bed: &Bed, subject: &str) -> String {
    bed.token(&Ticket { sub: subject.into(), ..bed.ticket() }).await
}

fn terms(bed: &Bed, days: i64, history: bool) -> Value {
    let today = jiff::tz::offset(9).to_datetime(bed.now()).date();
    json!({
        "services": ["pension"], "history": history, "name": "父",
        "until": today.saturating_add(jiff::Span::new().days(days)), "text_version": "2026-11",
    })
}

async fn try_invite(bed: &Bed, client: &Client, token: &str, key: &str, terms: &Value) -> Response {
    let request = client.http.post(bed.url("/proxies")).bearer_auth(token);
    request.header("idempotency-key", key).json(terms).send().await.unwrap()
}

/// 太郎 offers a mandate.
async fn invite(bed: &Bed, history: bool) -> Invitation {
    let token = signed_in(bed, TARO).await;
    let answer = try_invite(bed, &bed.portal, &token, KEY, &terms(bed, 30, history)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

async fn accept(bed: &Bed, subject: &str, code: &InviteCode) -> Response {
    let token = signed_in(bed, subject).await;
    let body = json!({ "code": code, "name": "一子" });
    bed.post(&bed.portal, "/proxies/accept", &token, &body).await
}

async fn step(bed: &Bed, subject: &str, id: &str, step: &str) -> Response {
    let token = signed_in(bed, subject).await;
    bed.post(&bed.portal, &format!("/proxies/{id}/{step}"), &token, &json!({})).await
}

/// 一子 reads for 太郎 from now on.
pub async fn paired(bed: &Bed, history: bool) -> String {
    let invitation = invite(bed, history).await;
    assert_eq!(accept(bed, ICHIKO, &invitation.code).await.status(), StatusCode::OK);
    let confirmed = step(bed, TARO, &invitation.mandate.id, "confirm").await;
    assert_eq!(confirmed.status(), StatusCode::OK);
    invitation.mandate.id
}

async fn ask(bed: &Bed, token: &str, id: &str, services: &[&str]) -> Response {
    let body = json!({ "services": services, "basis": { "by": "mandate", "id": id } });
    bed.post(&bed.portal, "/records", token, &body).await
}

async fn panels(bed: &Bed, subject: &str, id: &str, services: &[&str]) -> Vec<Panel> {
    let answer = ask(bed, &signed_in(bed, subject).await, id, services).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let text = answer.text().await.unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub async fn outcome(bed: &Bed, id: &str) -> PanelOutcome {
    panels(bed, ICHIKO, id, &["pension"]).await.remove(0).outcome
}

pub fn refused(code: &str) -> PanelOutcome {
    PanelOutcome::Refused { code: code.into() }
}

async fn history(bed: &Bed, subject: &str, query: &str) -> HistoryPage {
    let token = signed_in(bed, subject).await;
    let answer = bed.get(&bed.portal, &format!("/history{query}"), Some(&token)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

pub async fn list(bed: &Bed, subject: &str) -> MandateList {
    let token = signed_in(bed, subject).await;
    bed.get(&bed.portal, "/proxies", Some(&token)).await.json().await.unwrap()
}

#[tokio::test]
async fn a_proxy_reads_what_was_offered_once_both_said_yes_and_both_see_it() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let Invitation { mandate, code } = invite(&bed, false).await;
        let token = signed_in(&bed, ICHIKO).await;
        let offer = bed.post(&bed.portal, "/proxies/offer", &token, &json!({ "code": code })).await;
        let offer: Value = offer.json().await.unwrap();
        assert_eq!(offer["terms"]["name"], "父");
        let accepted: Mandate = accept(&bed, ICHIKO, &code).await.json().await.unwrap();
        assert_eq!(accepted.id, mandate.id);
        assert_eq!(outcome(&bed, &mandate.id).await, refused("proxy.unconfirmed"));
        assert!(bed.pension.heard().is_empty(), "nobody is asked before");
        let waiting = list(&bed, TARO).await.given.remove(0);
        assert_eq!(waiting.accepted.unwrap().name, "一子");
        step(&bed, TARO, &mandate.id, "confirm").await;
        step(&bed, TARO, &mandate.id, "confirm").await;

        let read = panels(&bed, ICHIKO, &mandate.id, &["pension", "insurance"]).await;
        let of = |service| read.iter().find(|panel| panel.service == service).unwrap();
        assert!(matches!(of(Service::Pension).outcome, PanelOutcome::Ready { .. }), "{read:?}");
        assert_eq!(of(Service::Insurance).outcome, refused("proxy.service"));
        assert!(bed.insurer.heard().is_empty(), "what is not offered is not even asked");
        let claims = bed.pension.heard().remove(0);
        assert_eq!(claims.sub.as_deref(), Some("pension-knows-taro"));
        assert_eq!(claims.purpose, Purpose::OnBehalf);
        let claims = serde_json::to_string(&claims).unwrap();
        for word in [&mandate.id, ICHIKO, TARO, "一子"] {
            assert!(!claims.contains(word), "{word} reached the connector: {claims}");
        }
        assert!(claims.contains("\"act\":{\"sub\":\"") && claims.contains("\"receipt\":"));

        let seen = history(&bed, TARO, "").await.entries;
        assert_eq!(seen.len(), 3, "one tried too early, two now");
        assert!(seen.iter().all(|one| one.reader == Reader::Proxy { name: "一子".into() }));
        assert!(seen.iter().all(|one| one.purpose == Purpose::OnBehalf));
        let own = history(&bed, ICHIKO, "").await.entries;
        assert_eq!(own.len(), 3);
        assert!(own.iter().all(|one| one.reader == Reader::OnBehalf { name: "父".into() }));

        assert_eq!(list(&bed, ICHIKO).await.held.len(), 1);
        let over: Mandate = step(&bed, ICHIKO, &mandate.id, "end").await.json().await.unwrap();
        assert_eq!(over.ended.unwrap().by, EndedBy::Proxy);
        assert_eq!(outcome(&bed, &mandate.id).await, refused("proxy.ended"));
        for subject in [TARO, ICHIKO] {
            let log = bed.relay.log().history(subject, Series::Administration, None, 50).await;
            let actions = log.unwrap().into_iter().filter_map(|one| one.entry);
            let actions: Vec<_> = actions.map(|entry| (entry.action, entry.actor)).collect();
            let count = |action| actions.iter().filter(|(one, _)| *one == action).count();
            assert_eq!(count(Action::MandateConfirmed), 1, "{actions:?}");
            assert_eq!((count(Action::MandateAccepted), count(Action::MandateEnded)), (1, 1));
            let is_named = actions.iter().any(|(_, actor)| matches!(actor, Actor::Person { .. }));
            assert!(is_named, "who the other is: {actions:?}");
        }
    }
}

#[tokio::test]
async fn an_end_by_the_principal_holds_for_a_token_in_use_and_at_every_server() {
    let bed = Bed::new().await;
    let id = paired(&bed, true).await;
    let token = signed_in(&bed, ICHIKO).await;
    assert!(ask(&bed, &token, &id, &["pension"]).await.text().await.unwrap().contains("ready"));
    let path = format!("/history?mandate={id}");
    let neighbour = bed.neighbour().await;
    assert_eq!(bed.get(&bed.portal, &path, Some(&token)).await.status(), StatusCode::OK);
    step(&bed, TARO, &id, "end").await;
    let after = ask(&bed, &token, &id, &["pension"]).await.text().await.unwrap();
    assert!(after.contains("proxy.ended"), "{after}");
    let answer = bed.get(&bed.portal, &path, Some(&token)).await;
    assert_eq!(refusal(answer).await, (403, "proxy.ended".into()));
    let again = step(&bed, TARO, &id, "confirm").await;
    assert_eq!(refusal(again).await, (409, "proxy.state".into()));
    drop(neighbour);
}

#[tokio::test]
async fn the_history_is_read_only_where_it_was_offered_and_that_stands_in_it() {
    let bed = Bed::new().await;
    let id = paired(&bed, false).await;
    let token = signed_in(&bed, ICHIKO).await;
    let answer = bed.get(&bed.portal, &format!("/history?mandate={id}"), Some(&token)).await;
    assert_eq!(refusal(answer).await, (403, "proxy.service".into()));
    let tried = history(&bed, TARO, "").await.entries.remove(0);
    assert_eq!(tried.asked, Asked::History);

    let bed = Bed::new().await;
    let id = paired(&bed, true).await;
    let page = history(&bed, ICHIKO, &format!("?mandate={id}")).await;
    assert_eq!(page.entries[0].reader, Reader::Proxy { name: "一子".into() });
    assert_eq!(page.entries[0].asked, Asked::History);
    let own = history(&bed, ICHIKO, "").await.entries;
    assert_eq!(own[0].reader, Reader::OnBehalf { name: "父".into() });
}

#[tokio::test]
async fn a_mandate_is_of_no_use_to_anybody_else_nor_to_a_proxy_of_the_proxy() {
    let bed = Bed::new().await;
    let id = paired(&bed, true).await;
    for subject in [STRANGER, TARO] {
        let answer = ask(&bed, &signed_in(&bed, subject).await, &id, &["pension"]).await;
        assert_eq!(refusal(answer).await, (403, "proxy.none".into()));
    }
    let answer = step(&bed, STRANGER, &id, "end").await;
    assert_eq!(refusal(answer).await, (404, "proxy.unknown".into()));
    let answer = step(&bed, ICHIKO, &id, "confirm").await;
    assert_eq!(refusal(answer).await, (404, "proxy.unknown".into()), "the proxy says yes once");

    // 一子 lets a stranger read for her: that opens hers, and nothing of 太郎's.
    let token = signed_in(&bed, ICHIKO).await;
    let chain = try_invite(&bed, &bed.portal, &token, KEY, &terms(&bed, 30, true)).await;
    let chain: Invitation = chain.json().await.unwrap();
    accept(&bed, STRANGER, &chain.code).await;
    step(&bed, ICHIKO, &chain.mandate.id, "confirm").await;
    let hers = panels(&bed, STRANGER, &chain.mandate.id, &["pension"]).await.remove(0);
    assert_eq!(hers.outcome, PanelOutcome::NotLinked);
    let his = ask(&bed, &signed_in(&bed, STRANGER).await, &id, &["pension"]).await;
    assert_eq!(refusal(his).await, (403, "proxy.none".into()));
    let low = Ticket { sub: ICHIKO.into(), acr: "urn:warifu:ac:presence".into(), ..bed.ticket() };
    let answer = ask(&bed, &bed.token(&low).await, &id, &["pension"]).await;
    assert_eq!(refusal(answer).await, (403, "level.low".into()));
}

#[tokio::test]
async fn a_code_is_used_once_for_a_day_by_somebody_else() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let Invitation { mandate, code } = invite(&bed, false).await;
        assert_eq!(invite(&bed, false).await.code, code, "the same key, the same code");
        assert_eq!(refusal(accept(&bed, TARO, &code).await).await, (422, "proxy.oneself".into()));
        let both = tokio::join!(accept(&bed, ICHIKO, &code), accept(&bed, STRANGER, &code));
        let mut codes = [both.0.status().as_u16(), both.1.status().as_u16()];
        codes.sort_unstable();
        assert!(codes[0] == 200 && [404, 409].contains(&codes[1]), "one of two: {codes:?}");
        let late = accept(&bed, "somebody-later", &code).await;
        assert_eq!(refusal(late).await, (404, "proxy.code-unknown".into()));
        let held = [list(&bed, ICHIKO).await.held.len(), list(&bed, STRANGER).await.held.len()];
        assert_eq!(held.iter().sum::<usize>(), 1);
        assert_eq!(list(&bed, TARO).await.given.len(), 1);

        // One that nobody entered, and one that was taken back.
        let token = signed_in(&bed, TARO).await;
        let terms = terms(&bed, 30, false);
        let other = try_invite(&bed, &bed.portal, &token, "fedcba9876543210", &terms).await;
        let other: Invitation = other.json().await.unwrap();
        step(&bed, TARO, &other.mandate.id, "end").await;
        let dead = accept(&bed, ICHIKO, &other.code).await;
        assert_eq!(refusal(dead).await, (404, "proxy.code-unknown".into()));
        let third = try_invite(&bed, &bed.portal, &token, "00112233445566778899", &terms).await;
        let third: Invitation = third.json().await.unwrap();
        bed.pass(SignedDuration::from_hours(24));
        let slow = accept(&bed, ICHIKO, &third.code).await;
        assert_eq!(refusal(slow).await, (404, "proxy.code-unknown".into()));
        assert_ne!(mandate.id, third.mandate.id);
    }
}

#[tokio::test]
async fn guessing_codes_ends_soon_and_stands_in_the_log() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let Invitation { code, .. } = invite(&bed, false).await;
        let token = signed_in(&bed, STRANGER).await;
        let guess = async |place: u8| {
            let body = json!({ "code": InviteCode::new([place; 16]) });
            refusal(bed.post(&bed.portal, "/proxies/offer", &token, &body).await).await
        };
        for place in 0..10 {
            assert_eq!(guess(place).await, (404, "proxy.code-unknown".into()));
        }
        assert_eq!(guess(10).await, (429, "proxy.tries".into()));
        let right = accept(&bed, STRANGER, &code).await;
        assert_eq!(refusal(right).await, (429, "proxy.tries".into()), "even the right one");
        let log = bed.relay.log().history(STRANGER, Series::Administration, None, 50).await;
        let entries = log.unwrap().into_iter().filter_map(|one| one.entry);
        let noted = entries.filter(|entry| matches!(&entry.outcome, Outcome::Refused(_))).count();
        assert_eq!(noted, 10);
        bed.pass(SignedDuration::from_mins(61));
        assert_eq!(accept(&bed, STRANGER, &code).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn it_ends_with_its_last_day_and_begins_within_bounds() {
    let bed = Bed::new().await;
    let id = paired(&bed, false).await;
    bed.pass(SignedDuration::from_hours(24 * 31));
    assert_eq!(outcome(&bed, &id).await, refused("proxy.over"));
    let token = signed_in(&bed, TARO).await;
    for days in [-1, 367] {
        let terms = terms(&bed, days, false);
        let answer = try_invite(&bed, &bed.portal, &token, "fedcba9876543210", &terms).await;
        assert_eq!(refusal(answer).await, (422, "proxy.period".into()));
    }
    let other = try_invite(&bed, &bed.portal, &token, KEY, &terms(&bed, 1, false)).await;
    assert_eq!(refusal(other).await, (409, "idempotency.other-request".into()));
}

#[tokio::test]
async fn a_stopped_link_and_a_revoked_sign_in_close_it() {
    let bed = Bed::new().await;
    let id = paired(&bed, false).await;
    let token = signed_in(&bed, TARO).await;
    let links: LinkList = bed.get(&bed.portal, "/links", Some(&token)).await.json().await.unwrap();
    let links = links.links.iter().filter_map(|entry| entry.id.clone());
    for link in links {
        let path = format!("/links/{link}/freeze");
        bed.post(&bed.portal, &path, &token, &json!({ "idempotency_key": KEY })).await;
    }
    assert_eq!(outcome(&bed, &id).await, refused("link.frozen"));

    let bed = Bed::new().await;
    let id = paired(&bed, false).await;
    let token = signed_in(&bed, ICHIKO).await;
    bed.pass(SignedDuration::from_secs(1));
    let revoked = bed.tell(&bed.idp_party, &bed.session_revoked(ICHIKO)).await;
    assert_eq!(revoked.status(), StatusCode::ACCEPTED);
    let answer = ask(&bed, &token, &id, &["pension"]).await;
    assert_eq!(refusal(answer).await, (401, "token.revoked".into()));
}

#[tokio::test]
async fn another_certificate_or_another_service_reads_for_nobody() {
    let mut bed = Bed::new().await;
    let id = paired(&bed, true).await;
    let token = signed_in(&bed, ICHIKO).await;
    let body = json!({ "services": ["pension"], "basis": { "by": "mandate", "id": id } });
    let answer = bed.post(&bed.hospital, "/records", &token, &body).await;
    assert_eq!(refusal(answer).await, (403, "token.binding".into()));

    bed.config.consent_clients = vec!["hospital".into()];
    bed.restart().await;
    let ticket = Ticket {
        sub: ICHIKO.into(),
        cnf: warifu_pki::Confirmation { x5t_s256: bed.hospital.certificate.clone() },
        ..bed.ticket()
    };
    let answer = bed.exchange(&bed.hospital, &bed.idp.issue(&ticket).unwrap()).await;
    let answer: Value = answer.json().await.unwrap();
    let token = answer["access_token"].as_str().unwrap();
    let answer = bed.post(&bed.hospital, "/records", token, &body).await;
    assert_eq!(refusal(answer).await, (403, "proxy.elsewhere".into()));
    let answer = bed.get(&bed.hospital, "/proxies", Some(token)).await;
    assert_eq!(refusal(answer).await, (403, "proxy.elsewhere".into()));
}

#[tokio::test]
async fn a_receipt_tells_the_principal_the_story_and_nobody_else() {
    let bed = Bed::new().await;
    let id = paired(&bed, true).await;
    step(&bed, TARO, &id, "end").await;
    let path = format!("/proxies/{id}/receipt");
    let other = bed.get(&bed.portal, &path, Some(&signed_in(&bed, ICHIKO).await)).await;
    assert_eq!(refusal(other).await, (404, "proxy.unknown".into()));
    let receipt = bed.get(&bed.portal, &path, Some(&signed_in(&bed, TARO).await)).await;
    let receipt = receipt.text().await.unwrap();
    let claims = receipt.split('.').nth(1).unwrap();
    let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["record_id"], json!(id));
    assert_eq!(claims["processing"][0]["recipients"][0]["name"], "一子");
    assert_eq!(claims["processing"][0]["pii_information"], json!(["pension", "history"]));
    let states = claims["events"].as_array().unwrap().iter().map(|one| &one["event_state"]);
    let states: Vec<_> = states.collect();
    assert_eq!(states, ["given", "accepted", "confirmed", "withdrawn"]);
}

#[tokio::test]
async fn a_stolen_database_joins_nobody_to_nobody() {
    let bed = Bed::new().await;
    let id = paired(&bed, false).await;
    let Invitation { code, .. } = invite(&bed, false).await;
    let database = Database::connect(&bed.config.database).await.unwrap();
    let sql = "SELECT subject, id FROM relay_mandate";
    let given = fetch_all!(database.read(), (Vec<u8>, Vec<u8>), sql).unwrap();
    let sql = "SELECT subject, id FROM relay_mandate_held";
    let held = fetch_all!(database.read(), (Vec<u8>, Vec<u8>), sql).unwrap();
    let sql = "SELECT subject FROM relay_link";
    let links = fetch_all!(database.read(), (Vec<u8>,), sql).unwrap();
    assert!(!given.is_empty() && !held.is_empty() && !links.is_empty());
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for (subject, id) in given.into_iter().chain(held) {
        for value in [subject, id] {
            assert!(!links.iter().any(|(link,)| *link == value));
            assert!(!seen.contains(&value), "one row leads to another");
            seen.push(value);
        }
    }
    database.close().await;
    bed.relay.close().await;
    for file in ["relay.db", "log.db"] {
        let stored = std::fs::read(bed.federation.path(file)).unwrap();
        for word in [TARO, ICHIKO, "一子", id.as_str(), code.digits()] {
            let found = stored.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} can be read in {file}");
        }
    }
}
