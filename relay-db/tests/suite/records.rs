//! `POST /records`: side by side, each on its own deadline, logged before it leaves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Notify;
use warifu_contract::history::{AccessResult, HistoryPage, Purpose};
use warifu_contract::records::{Panel, PanelOutcome, Service};
use warifu_log::{Action, Outcome, Series};
use warifu_pki::Ticket;

use crate::bed::{Bed, TARO, engines, pseudonym, refusal};
use crate::source::Mood;

fn outcome_of(panels: &[Panel], service: Service) -> &PanelOutcome {
    &panels.iter().find(|panel| panel.service == service).unwrap().outcome
}

fn failed(code: &str) -> PanelOutcome {
    PanelOutcome::Failed { code: code.into() }
}

/// What the log says about the subject's records: service and outcome.
async fn logged(bed: &Bed) -> Vec<(String, Outcome)> {
    let entries = bed.relay.log().history(TARO, Series::Disclosure, None, 50).await.unwrap();
    let entries = entries.into_iter().filter_map(|one| one.entry);
    let pairs = entries.map(|entry| (entry.asked[0].clone(), entry.outcome));
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}

#[tokio::test]
async fn every_linked_holder_is_asked_under_its_own_pseudonym() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = bed.token(&bed.ticket()).await;
        let panels = bed.panels(&token, &Service::ALL).await;
        assert!(matches!(outcome_of(&panels, Service::Insurance), PanelOutcome::Ready { .. }));
        assert!(matches!(outcome_of(&panels, Service::Pension), PanelOutcome::Ready { .. }));
        assert_eq!(outcome_of(&panels, Service::Checkup), &PanelOutcome::Empty);
        let source = panels.iter().find(|panel| panel.service == Service::Pension).unwrap();
        assert_eq!(source.source.as_ref().unwrap().en, "The pension");

        for (source, id) in [(&bed.insurer, "insurer"), (&bed.pension, "pension")] {
            let claims = source.heard().remove(0);
            assert_eq!(claims.sub, Some(pseudonym(id)));
            assert_eq!(claims.purpose, Purpose::OwnLook);
            assert_eq!(claims.act, None);
        }
        let expected = [
            ("checkup".to_owned(), Outcome::Empty),
            ("insurance".to_owned(), Outcome::Shown),
            ("pension".to_owned(), Outcome::Shown),
        ];
        assert_eq!(logged(&bed).await, expected);
    }
}

#[tokio::test]
async fn a_dead_and_a_slow_connector_cost_their_own_panels_only() {
    let mut bed = Bed::new().await;
    bed.pension.feels(Mood::Slow(Duration::from_mins(1)));
    // Nobody listens there any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    bed.config.connectors[1].url = format!("https://localhost:{}", gone.port());
    bed.hurry("pension").await;
    let token = bed.token(&bed.ticket()).await;
    let started = Instant::now();
    let panels = bed.panels(&token, &Service::ALL).await;
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert!(matches!(outcome_of(&panels, Service::Insurance), PanelOutcome::Ready { .. }));
    assert_eq!(outcome_of(&panels, Service::Checkup), &failed("source.down"));
    assert_eq!(outcome_of(&panels, Service::Pension), &failed("source.slow"));
    assert_eq!(panels.last().unwrap().service, Service::Pension, "the slow one comes last");
    let expected = [
        ("checkup".to_owned(), Outcome::Failed("source.down".into())),
        ("insurance".to_owned(), Outcome::Shown),
        ("pension".to_owned(), Outcome::Failed("source.slow".into())),
    ];
    assert_eq!(logged(&bed).await, expected);
}

#[tokio::test]
async fn lines_arrive_while_others_are_still_awaited() {
    let bed = Bed::new().await;
    let release = Arc::new(Notify::new());
    bed.pension.feels(Mood::Held(release.clone()));
    let token = bed.token(&bed.ticket()).await;
    let body = json!({ "services": ["pension", "insurance"] });
    let mut answer = bed.post(&bed.portal, "/records", &token, &body).await;
    let first: Panel = serde_json::from_slice(&answer.chunk().await.unwrap().unwrap()).unwrap();
    assert_eq!(first.service, Service::Insurance);
    release.notify_one();
    let second: Panel = serde_json::from_slice(&answer.chunk().await.unwrap().unwrap()).unwrap();
    assert_eq!(second.service, Service::Pension);
    assert!(matches!(second.outcome, PanelOutcome::Ready { .. }));
}

#[tokio::test]
async fn a_connector_that_babbles_or_does_not_know_the_person_says_nothing() {
    let bed = Bed::new().await;
    bed.pension.feels(Mood::Babbles);
    bed.insurer.feels(Mood::Refuses("subject.unknown"));
    bed.checkup.feels(Mood::Refuses("token.expired"));
    let token = bed.token(&bed.ticket()).await;
    let panels = bed.panels(&token, &Service::ALL).await;
    assert_eq!(outcome_of(&panels, Service::Pension), &failed("source.broken"));
    assert_eq!(outcome_of(&panels, Service::Insurance), &PanelOutcome::NotLinked);
    assert_eq!(outcome_of(&panels, Service::Checkup), &failed("source.refused"));
}

#[tokio::test]
async fn without_a_link_nobody_is_asked() {
    let bed = Bed::new().await;
    let stranger = Ticket { sub: "stranger".into(), ..bed.ticket() };
    let token = bed.token(&stranger).await;
    let panels = bed.panels(&token, &[Service::Insurance]).await;
    assert_eq!(panels[0].outcome, PanelOutcome::NotLinked);
    assert_eq!(panels[0].source, None);
    assert!(bed.insurer.heard().is_empty());
}

#[tokio::test]
async fn records_need_card_and_pin() {
    let bed = Bed::new().await;
    let low = Ticket { acr: "urn:warifu:ac:presence".into(), ..bed.ticket() };
    let token = bed.token(&low).await;
    let body = json!({ "services": ["insurance"] });
    let answer = bed.post(&bed.portal, "/records", &token, &body).await;
    assert_eq!(refusal(answer).await, (403, "level.low".into()));
    assert!(bed.insurer.heard().is_empty());
    let expected = [("insurance".to_owned(), Outcome::Refused("level.low".into()))];
    assert_eq!(logged(&bed).await, expected);
}

#[tokio::test]
async fn a_tapped_card_opens_no_record() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.presence_ticket()).await;
    let body = json!({ "services": ["insurance"] });
    let answer = bed.post(&bed.portal, "/records", &token, &body).await;
    assert_eq!(refusal(answer).await, (403, "token.purpose".into()));
    let entries = bed.relay.log().history(TARO, Series::Disclosure, None, 5).await.unwrap();
    assert_eq!(entries[0].entry.as_ref().unwrap().action, Action::RecordRead);
}

#[tokio::test]
async fn what_is_taken_home_is_told_apart_from_what_is_looked_at() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.ticket()).await;
    for taken in [false, true] {
        let body = json!({ "services": ["insurance"], "taken": taken });
        bed.post(&bed.portal, "/records", &token, &body).await.text().await.unwrap();
        let entries = bed.relay.log().history(TARO, Series::Disclosure, None, 1).await.unwrap();
        let action = if taken { Action::RecordTaken } else { Action::RecordRead };
        assert_eq!(entries[0].entry.as_ref().unwrap().action, action);
    }
    let page = bed.get(&bed.portal, "/history", Some(&token)).await;
    let page: HistoryPage = page.json().await.unwrap();
    let results: Vec<_> = page.entries.iter().map(|entry| entry.result.clone()).collect();
    assert_eq!(results, [AccessResult::Taken, AccessResult::Shown]);
}

#[tokio::test]
async fn a_request_must_name_each_service_once() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.ticket()).await;
    for services in [json!([]), json!(["pension", "pension"])] {
        let body = json!({ "services": services });
        let answer = bed.post(&bed.portal, "/records", &token, &body).await;
        assert_eq!(refusal(answer).await, (422, "records.services".into()));
    }
    let body = json!({ "services": ["everything"] });
    let answer = bed.post(&bed.portal, "/records", &token, &body).await;
    assert_eq!(refusal(answer).await, (422, "request.unreadable".into()));
}
