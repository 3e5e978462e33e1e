//! The holder of a new card chooses its PIN with the code of the letter, or changes it later.

use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use warifu_agent::prompt::{Complaint, Ending, Wanted};
use warifu_agent::{AgentConfig, PromptKind};
use warifu_card::PinError;
use warifu_card::piv::Piv;
use warifu_card::{Pin, Readers, UnfitPin};

use crate::bench::{Act, Bench, FIRST};
use crate::idp::{ORIGIN, nonce};
use crate::maker::{CODE, Maker, PIN, WRONG};
use crate::sign_in::holds;
use crate::wire::{Page, Wire};

const NEW: &str = "161803";
const WRONG_CODE: &str = "50283714";

async fn start(bench: &Bench, purpose: &str) -> Page {
    let request = bench.idp.request_with(&json!({ "purpose": purpose }));
    Wire::ask(bench, &format!("/v1/{purpose}"), request).listen().await
}

async fn activate(bench: &Bench) -> Vec<Value> {
    start(bench, "activate").await.events().await
}

async fn with_card(acts: impl IntoIterator<Item = Act>) -> Bench {
    let bench = Bench::with_card(&[]).await;
    acts.into_iter().for_each(|act| bench.prompt.will(act));
    bench
}

fn code_event(tries: u8) -> Value {
    json!({"state": "code", "tries": tries, "prompt": "terminal"})
}

fn new_pin_event() -> Value {
    json!({"state": "new-pin", "prompt": "terminal"})
}

fn error(code: &str) -> Value {
    json!({ "error": { "code": code } })
}

fn verify(bench: &Bench, digits: &str) -> Result<(), PinError> {
    let mut transaction = bench.readers.begin(FIRST).unwrap();
    Piv::select(transaction.as_mut()).unwrap().verify_pin(&Pin::new(digits).unwrap())
}

fn is_token(event: Option<&Value>) -> bool {
    event.is_some_and(|event| holds(&event["token"], ORIGIN, &nonce()))
}

#[tokio::test]
async fn with_the_code_the_holder_chooses_the_pin_and_the_card_signs() {
    let bench = with_card([Act::Code(CODE), Act::Pin(NEW), Act::Pin(NEW)]).await;
    let events = activate(&bench).await;
    assert_eq!(events[..2], [code_event(3), new_pin_event()]);
    assert!(is_token(events.get(2)), "{events:?}");
    assert_eq!(bench.prompt.wanted(), [Wanted::Known, Wanted::New, Wanted::Again]);
    assert_eq!(*bench.prompt.endings.lock().unwrap(), [Ending::Done]);
    assert_eq!(verify(&bench, NEW), Ok(()));
    assert_eq!(verify(&bench, PIN), Err(PinError::Wrong { left: 2 }));
    assert_eq!(verify(&bench, CODE), Err(PinError::Wrong { left: 1 }));
}

#[tokio::test]
async fn a_blocked_card_is_unblocked_in_the_same_way() {
    let bench = with_card([Act::Code(CODE), Act::Pin(NEW), Act::Pin(NEW)]).await;
    for _ in 0..3 {
        assert!(verify(&bench, WRONG).is_err());
    }
    assert!(is_token(activate(&bench).await.last()));
    assert_eq!(verify(&bench, NEW), Ok(()));
}

#[tokio::test]
async fn what_nobody_should_choose_is_asked_for_again_with_the_reason() {
    let bench = with_card([
        Act::Code(CODE),
        Act::Pin("123456"),
        Act::Pin(CODE),
        Act::Pin(NEW),
        Act::Pin("161804"),
        Act::Pin(NEW),
        Act::Pin(NEW),
    ])
    .await;
    let events = activate(&bench).await;
    assert!(is_token(events.last()) && events.len() == 3, "{events:?}");
    let complaints: Vec<_> =
        bench.prompt.asked.lock().unwrap().iter().map(|question| question.complaint).collect();
    let unfit = |reason| Some(Complaint::Unfit(reason));
    let (trivial, code) = (unfit(UnfitPin::Trivial), unfit(UnfitPin::SameAsCode));
    let different = Some(Complaint::Different);
    assert_eq!(complaints, [None, None, trivial, code, None, different, None]);
}

#[tokio::test]
async fn a_wrong_code_is_counted_and_the_chosen_pin_is_kept() {
    let bench = with_card([
        Act::Code(WRONG_CODE),
        Act::Pin(NEW),
        Act::Pin(NEW),
        Act::Code(WRONG_CODE),
        Act::Agree,
        Act::Code(CODE),
    ])
    .await;
    let events = activate(&bench).await;
    let wrong = |tries: u8| json!({"state": "code-wrong", "tries": tries});
    assert_eq!(events[..4], [code_event(3), new_pin_event(), wrong(2), wrong(1)]);
    assert!(is_token(events.last()), "{events:?}");
    assert_eq!(bench.prompt.tries_told(), [3, 2, 1, 1]);
    assert_eq!(bench.prompt.consents.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_last_wrong_code_loses_the_card_and_leaves_the_pin_alone() {
    let bench = with_card([Act::Code(WRONG_CODE), Act::Pin(NEW), Act::Pin(NEW)]).await;
    for act in [Act::Code(WRONG_CODE), Act::Agree, Act::Code(WRONG_CODE)] {
        bench.prompt.will(act);
    }
    assert_eq!(activate(&bench).await.last(), Some(&error("code.blocked")));
    assert_eq!(activate(&bench).await, [error("code.blocked")]);
    assert_eq!(*bench.prompt.endings.lock().unwrap(), [Ending::Lost, Ending::Lost]);
    assert_eq!(verify(&bench, PIN), Ok(()), "it was never guessed");
}

#[tokio::test]
async fn a_code_that_was_typed_first_may_turn_out_to_be_the_chosen_pin() {
    let bench = with_card([
        Act::Code(WRONG_CODE),
        Act::Pin(CODE),
        Act::Pin(CODE),
        Act::Code(CODE),
        Act::Pin(NEW),
        Act::Pin(NEW),
    ])
    .await;
    assert!(is_token(activate(&bench).await.last()));
    assert_eq!(verify(&bench, NEW), Ok(()));
}

#[tokio::test]
async fn whoever_stops_leaves_the_card_as_it_was() {
    let bench = with_card([Act::Code(CODE), Act::Pin(NEW), Act::Refuse]).await;
    assert_eq!(activate(&bench).await.last(), Some(&error("cancelled")));
    assert_eq!(verify(&bench, PIN), Ok(()));
    bench.prompt.will(Act::Think);
    let mut page = start(&bench, "activate").await;
    assert_eq!(page.event().await, Some(code_event(3)));
    bench.readers.remove(FIRST);
    assert_eq!(page.events().await.last(), Some(&error("card.removed")));
}

#[tokio::test]
async fn the_pin_is_changed_by_whoever_knows_it() {
    let bench = with_card([Act::Pin(WRONG), Act::Pin(NEW), Act::Pin(NEW), Act::Pin(PIN)]).await;
    let events = start(&bench, "change-pin").await.events().await;
    let pin_event = json!({"state": "pin", "tries": 3, "prompt": "terminal"});
    let wrong = json!({"state": "pin-wrong", "tries": 2});
    assert_eq!(events[..3], [pin_event, new_pin_event(), wrong]);
    assert!(is_token(events.last()), "{events:?}");
    assert_eq!(verify(&bench, NEW), Ok(()));
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_asked_for_again() {
    let bench = with_card([Act::Pin(PIN), Act::Pin(PIN), Act::Pin(NEW), Act::Pin(NEW)]).await;
    assert!(is_token(start(&bench, "change-pin").await.events().await.last()));
    let complaint = bench.prompt.asked.lock().unwrap()[2].complaint;
    assert_eq!(complaint, Some(Complaint::Unfit(UnfitPin::Unchanged)));
}

#[tokio::test]
async fn one_transaction_at_a_time_whatever_it_is_for() {
    let bench = with_card([Act::Think]).await;
    let page = start(&bench, "activate").await;
    bench.prompt.begun.notified().await;
    let busy = Wire::authenticate(&bench, bench.idp.request()).send().await;
    assert_eq!(busy.status, 409);
    drop(page);
    bench.prompt.closed().await;
}

/// The whole way on the agent's own page, as a browser without script goes it.
#[tokio::test]
async fn the_page_leads_through() {
    let bench = Bench::with(|config| AgentConfig { prompt: PromptKind::Page, ..config }).await;
    bench.insert(FIRST, &Maker::new(1));
    let mut page = start(&bench, "activate").await;
    let url = format!("http://{}/pin", bench.address);
    let code = json!({"state": "code", "tries": 3, "prompt": "page", "url": url});
    assert_eq!(page.event().await, Some(code));
    let asked = crate::pin_page::answer(&bench, "answer=code&code=3141").await;
    assert!(asked.contains("手紙の初期化コード") && asked.contains("あと3回"), "{asked}");
    let asked = crate::pin_page::answer(&bench, "answer=code&code=3141+5926").await;
    assert!(asked.contains("初期化コードは、8けたの数字です"), "{asked}");
    let new = json!({"state": "new-pin", "prompt": "page", "url": url});
    assert_eq!(page.event().await, Some(new));
    let asked = crate::pin_page::answer(&bench, "answer=pin&pin=000000").await;
    assert!(asked.contains("新しい暗証番号を決める"), "{asked}");
    let asked = crate::pin_page::answer(&bench, &format!("answer=pin&pin={NEW}")).await;
    assert!(asked.contains("だれでも思いつきます"), "{asked}");
    let asked = crate::pin_page::answer(&bench, &format!("answer=pin&pin={NEW}")).await;
    assert!(asked.contains("もう一度"), "{asked}");
    assert!(is_token(page.events().await.last()));
}
