//! Telling the identity provider: at once, in order, whatever happens to either side.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use jiff::SignedDuration;
use warifu_contract::card_office::{Action, StopReason};
use warifu_office::{Actor, CardKey, Outcome};
use warifu_pki::security_event::{CardStatus, Event};

use crate::bed::Bed;
use crate::federation::{Engine, engines};

async fn deliver_card(bed: &Bed, name: &str) -> CardKey {
    let id: CardKey = bed.made(name).await.id.parse().unwrap();
    act(bed, &id, Action::Deliver).await;
    id
}

async fn act(bed: &Bed, id: &CardKey, action: Action) {
    // Events are told in the order of their time.
    bed.pass(SignedDuration::from_millis(1));
    bed.office.act(&Actor::machine("clerk"), id, None, action).await.unwrap();
}

/// Names of the events that the identity provider has, in the order in which they came.
fn names(bed: &Bed) -> Vec<&'static str> {
    bed.idp.taken().iter().map(|event| event.event.name()).collect()
}

#[tokio::test]
async fn a_delivered_card_is_told_at_once_with_what_the_provider_needs() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let id: CardKey = bed.made("山﨑 髙志").await.id.parse().unwrap();
        assert_eq!(bed.idp.taken(), [], "a card in the office opens nothing and is nobody's");
        let started = Instant::now();
        act(&bed, &id, Action::Deliver).await;
        let told = bed.idp.until(1).await;
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        let Event::CardIssued { display_name, roles, replaces, .. } = &told[0].event else {
            panic!("{:?}", told[0]);
        };
        assert_eq!(display_name, "山﨑 髙志");
        assert_eq!(roles, &["urn:warifu:role:resident"]);
        assert_eq!(replaces, &None);
    }
}

#[tokio::test]
async fn a_silent_provider_is_told_when_it_is_back_in_order_and_once() {
    for engine in engines() {
        let bed = Bed::quiet(engine).await;
        bed.idp.answer(Some(StatusCode::SERVICE_UNAVAILABLE));
        let id = deliver_card(&bed, "上野 太郎").await;
        act(&bed, &id, Action::Suspend { reason: StopReason::Lost }).await;
        act(&bed, &id, Action::Revoke { reason: StopReason::Lost }).await;
        let outbox = bed.api.outbox();
        assert_eq!(outbox.deliver().await.unwrap(), Outcome::Silent);
        assert_eq!(bed.idp.calls(), 1, "one who is silent is not called again and again");
        bed.idp.answer(None);
        assert_eq!(outbox.deliver().await.unwrap(), Outcome::Done { told: 3 });
        assert_eq!(names(&bed), ["card-issued", "card-state", "card-state"]);
        let state = |index: usize| match &bed.idp.taken()[index].event {
            Event::CardState { state, .. } => *state,
            other => panic!("{other:?}"),
        };
        assert_eq!((state(1), state(2)), (CardStatus::Suspended, CardStatus::Ended));
        assert_eq!(outbox.deliver().await.unwrap(), Outcome::Done { told: 0 });
    }
}

#[tokio::test]
async fn a_refused_event_holds_up_its_own_subject_only() {
    for engine in engines() {
        let bed = Bed::quiet(engine).await;
        let first = deliver_card(&bed, "上野 太郎").await;
        let outbox = bed.api.outbox();
        outbox.deliver().await.unwrap();
        bed.idp.refuse(&bed.idp.taken()[0].subject);
        act(&bed, &first, Action::Suspend { reason: StopReason::Lost }).await;
        act(&bed, &first, Action::Revoke { reason: StopReason::Lost }).await;
        deliver_card(&bed, "山﨑 髙志").await;
        assert_eq!(outbox.deliver().await.unwrap(), Outcome::Done { told: 1 });
        assert_eq!(names(&bed), ["card-issued", "card-issued"]);
        assert_eq!(bed.idp.calls(), 3, "the second event of the subject waits for the first");

        bed.idp.forgive();
        assert_eq!(outbox.deliver().await.unwrap(), Outcome::Done { told: 0 }, "not due yet");
        bed.pass(SignedDuration::from_secs(1));
        assert_eq!(outbox.deliver().await.unwrap(), Outcome::Done { told: 2 });
        let states: Vec<Event> =
            bed.idp.taken().into_iter().skip(2).map(|event| event.event).collect();
        assert!(matches!(states[0], Event::CardState { state: CardStatus::Suspended, .. }));
        assert!(matches!(states[1], Event::CardState { state: CardStatus::Ended, .. }));
    }
}

#[tokio::test]
async fn an_event_is_given_up_after_seven_days_and_not_before() {
    let bed = Bed::quiet(Engine::Sqlite).await;
    deliver_card(&bed, "上野 太郎").await;
    let outbox = bed.api.outbox();
    bed.idp.answer(Some(StatusCode::IM_A_TEAPOT));
    for _ in 0..3 {
        assert_eq!(outbox.deliver().await.unwrap(), Outcome::Done { told: 0 });
        bed.pass(SignedDuration::from_hours(55));
    }
    assert_eq!(bed.idp.calls(), 3);
    bed.pass(SignedDuration::from_hours(2));
    outbox.deliver().await.unwrap();
    assert_eq!(bed.idp.calls(), 4, "after 167 hours it may still be believed");
    bed.pass(SignedDuration::from_hours(2));
    outbox.deliver().await.unwrap();
    bed.idp.answer(None);
    bed.pass(SignedDuration::from_hours(1));
    assert_eq!(outbox.deliver().await.unwrap(), Outcome::Done { told: 0 });
    assert_eq!((bed.idp.calls(), bed.idp.taken().len()), (4, 0));
}

#[tokio::test]
async fn several_offices_tell_each_event_once() {
    for engine in engines() {
        let bed = Bed::quiet(engine).await;
        for name in ["上野 太郎", "山﨑 髙志", "𠮷野 花子"] {
            let id = deliver_card(&bed, name).await;
            act(&bed, &id, Action::Suspend { reason: StopReason::Lost }).await;
            act(&bed, &id, Action::Revoke { reason: StopReason::Lost }).await;
        }
        let (one, two) = (bed.colleague().await.0, bed.colleague().await.0);
        let (outbox, one, two) = (bed.api.outbox(), one.outbox(), two.outbox());
        let rounds = tokio::join!(outbox.deliver(), one.deliver(), two.deliver());
        let outcomes = [rounds.0.unwrap(), rounds.1.unwrap(), rounds.2.unwrap()];
        let told: u32 = outcomes
            .iter()
            .map(|outcome| if let Outcome::Done { told } = outcome { *told } else { 0 })
            .sum();
        assert_eq!((told, bed.idp.taken().len()), (9, 9), "{outcomes:?}");
    }
}
