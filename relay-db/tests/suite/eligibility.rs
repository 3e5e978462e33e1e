//! `POST /eligibility`: by card and by number, answered once for each key.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use warifu_contract::eligibility::{
    Advice, EligibilityAnswer, FieldHint, ReasonCheck, ReasonStep, Verdict,
};
use warifu_contract::history::Purpose;
use warifu_log::{Actor, Outcome, Series};
use warifu_pki::Ticket;

use crate::bed::{Bed, INSURER_NUMBER, TARO, clinic, engines, pseudonym, refusal};
use crate::source::Mood;

fn by_card(key: &str) -> Value {
    json!({ "subject": { "by": "card" }, "target_date": null, "idempotency_key": key })
}

fn by_number(insurer: &str, key: &str) -> Value {
    json!({
        "subject": {
            "by": "number", "insurer_number": insurer, "symbol": "高12", "number": "001",
            "branch": null, "birth_date": "1955-05-05",
        },
        "target_date": "2026-11-20",
        "idempotency_key": key,
    })
}

async fn answered(bed: &Bed, token: &str, body: &Value) -> EligibilityAnswer {
    let answer = bed.post(&bed.portal, "/eligibility", token, body).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

fn steps(answer: &EligibilityAnswer) -> Vec<(ReasonCheck, bool)> {
    answer.decision.reasons.iter().map(|step| (step.check, step.holds)).collect()
}

const KEY: &str = "0123456789abcdef";

#[tokio::test]
async fn a_tapped_card_is_answered_with_a_number_and_its_reasons() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = bed.token(&bed.presence_ticket()).await;
        let answer = answered(&bed, &token, &by_card(KEY)).await;
        assert_eq!(answer.message, "有効な保険資格です");
        assert_eq!(answer.source.as_deref(), Some("insurerの組織"));
        assert_eq!(answer.usual_lag_days, Some(3));
        assert_eq!(&answer.check_number.as_str()[12..14], "07", "the node's number");
        let expected = [
            (ReasonCheck::CardGenuine, true),
            (ReasonCheck::Linked, true),
            (ReasonCheck::InsurerAnswered, true),
        ];
        assert_eq!(steps(&answer), expected);
        assert_eq!(answer.next, Advice::Proceed);
        let own = &answer.decision.reasons[2];
        assert_eq!(own.within, [ReasonStep::new(ReasonCheck::NotEnded, true)]);
        let source = own.source.as_ref().unwrap();
        assert_eq!(source.name.as_deref(), Some("insurerの組織"));
        assert_eq!((source.as_of, source.usual_lag_days), (answer.as_of, Some(3)));

        let claims = bed.insurer.heard().remove(0);
        assert_eq!(claims.sub, Some(pseudonym("insurer")));
        assert_eq!(claims.purpose, Purpose::Treatment);
        assert_eq!(claims.act.unwrap().organization().unwrap().code, clinic().code);

        let found = bed.relay.log().by_check_number(answer.check_number.as_str()).await.unwrap();
        let entry = found.unwrap().entry.unwrap();
        assert_eq!(entry.subject.as_deref(), Some(TARO));
        assert_eq!(entry.outcome, Outcome::Answered("valid".into()));
        let staff = Actor::Staff {
            code: clinic().code,
            member: "receptionist".into(),
            name: clinic().name,
        };
        assert_eq!(entry.actor, staff);
    }
}

#[tokio::test]
async fn a_typed_number_finds_its_insurer_and_stands_in_the_residents_history() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        *bed.insurer.state.finds.lock().unwrap() = Some(pseudonym("insurer"));
        let token = bed.token(&bed.desk_ticket()).await;
        // As printed (six digits, full width): the same insurer.
        let answer = answered(&bed, &token, &by_number("３３００１９", KEY)).await;
        assert_eq!(answer.decision.verdict, Verdict::Valid);
        assert_eq!(answer.target_date.to_string(), "2026-11-20");
        let claims = bed.insurer.heard().remove(0);
        assert_eq!(claims.sub, None);
        let question = bed.insurer.state.questions.lock().unwrap().remove(0);
        assert_eq!(question.typed.unwrap().number, "001");

        let history = bed.relay.log().history(TARO, Series::Disclosure, None, 5).await.unwrap();
        let number = answer.check_number.to_string();
        assert_eq!(history[0].entry.as_ref().unwrap().check_number, Some(number));
        let text = serde_json::to_string(&answer).unwrap();
        assert!(!text.contains("knows-taro"), "a pseudonym left the relay");
    }
}

#[tokio::test]
async fn an_unknown_insurer_is_answered_with_the_reason() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.desk_ticket()).await;
    let answer = answered(&bed, &token, &by_number("06130488", KEY)).await;
    assert_eq!(answer.decision.verdict, Verdict::InsurerUnknown);
    assert_eq!(answer.message, "該当する保険者がありません");
    assert_eq!(steps(&answer), [(ReasonCheck::InsurerKnown, false)]);
    assert_eq!(
        (answer.source, answer.as_of, answer.next),
        (None, None, Advice::CheckInsurerNumber)
    );
    assert_eq!(answer.decision.hint, None);
    let found = bed.relay.log().by_check_number(answer.check_number.as_str()).await.unwrap();
    assert_eq!(found.unwrap().entry.as_ref().unwrap().subject, None);
    assert!(bed.insurer.heard().is_empty());

    for mistyped in ["06130489", "330091"] {
        let key = format!("{KEY}-{mistyped}");
        let answer = answered(&bed, &token, &by_number(mistyped, &key)).await;
        assert_eq!(answer.decision.hint, Some(FieldHint::InsurerNumber), "{mistyped}");
    }
}

#[tokio::test]
async fn a_silent_insurer_is_an_answer_too() {
    let mut bed = Bed::new().await;
    bed.hurry("insurer").await;
    bed.insurer.feels(Mood::Slow(Duration::from_mins(1)));
    let token = bed.token(&bed.presence_ticket()).await;
    let answer = answered(&bed, &token, &by_card(KEY)).await;
    assert_eq!(answer.decision.verdict, Verdict::InsurerSilent);
    assert_eq!(steps(&answer).last(), Some(&(ReasonCheck::InsurerAnswered, false)));
    assert_eq!(answer.source.as_deref(), Some("insurerの組織"));

    let token = bed.token(&bed.desk_ticket()).await;
    let key = "another-key-0001";
    let answer = answered(&bed, &token, &by_number(INSURER_NUMBER, key)).await;
    assert_eq!(answer.decision.verdict, Verdict::InsurerSilent);
    let expected = [(ReasonCheck::InsurerKnown, true), (ReasonCheck::InsurerAnswered, false)];
    assert_eq!(steps(&answer), expected);
}

#[tokio::test]
async fn a_card_without_a_link_or_unknown_to_its_insurer_is_not_linked() {
    let bed = Bed::new().await;
    let stranger = Ticket { sub: "stranger".into(), ..bed.presence_ticket() };
    let token = bed.token(&stranger).await;
    let answer = answered(&bed, &token, &by_card(KEY)).await;
    assert_eq!(answer.decision.verdict, Verdict::NotLinked);
    let expected = [(ReasonCheck::CardGenuine, true), (ReasonCheck::Linked, false)];
    assert_eq!(steps(&answer), expected);

    bed.insurer.feels(Mood::Refuses("subject.unknown"));
    let token = bed.token(&bed.presence_ticket()).await;
    let answer = answered(&bed, &token, &by_card("another-key-0001")).await;
    assert_eq!(answer.decision.verdict, Verdict::NotLinked);
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_asks_once() {
    for engine in engines() {
        let mut bed = Bed::on(engine).await;
        let ticket = bed.desk_ticket();
        let token = bed.token(&ticket).await;
        let first = answered(&bed, &token, &by_number(INSURER_NUMBER, KEY)).await;
        *bed.insurer.state.verdict.lock().unwrap() = Verdict::Expired;
        assert_eq!(answered(&bed, &token, &by_number(INSURER_NUMBER, KEY)).await, first);
        bed.restart().await;
        assert_eq!(answered(&bed, &token, &by_number(INSURER_NUMBER, KEY)).await, first);
        assert_eq!(bed.insurer.heard().len(), 1);

        let other = by_number("06130488", KEY);
        let answer = bed.post(&bed.portal, "/eligibility", &token, &other).await;
        assert_eq!(refusal(answer).await, (409, "idempotency.other-request".into()));

        let new = answered(&bed, &token, &by_number(INSURER_NUMBER, "another-key-0001")).await;
        assert_eq!(new.decision.verdict, Verdict::Expired);
        assert_ne!(new.check_number, first.check_number);
    }
}

#[tokio::test]
async fn many_at_once_with_one_key_are_one_check() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        bed.insurer.feels(Mood::Slow(Duration::from_millis(100)));
        let token = bed.token(&bed.desk_ticket()).await;
        let before = bed.relay.log().checkpoint().await.unwrap().size;
        let body = by_number(INSURER_NUMBER, KEY);
        let calls = (0..10).map(|_| answered(&bed, &token, &body));
        let answers = futures::future::join_all(calls).await;
        let numbers: BTreeSet<_> = answers.into_iter().map(|answer| answer.check_number).collect();
        assert_eq!(numbers.len(), 1);
        assert_eq!(bed.relay.log().checkpoint().await.unwrap().size, before + 1);
    }
}

#[tokio::test]
async fn keys_of_two_clinics_never_meet() {
    let bed = Bed::new().await;
    let mut other = bed.desk_ticket();
    other.organization.as_mut().unwrap().code = "3710000002".into();
    let (one, other) = (bed.token(&bed.desk_ticket()).await, bed.token(&other).await);
    let body = by_number(INSURER_NUMBER, KEY);
    let first = answered(&bed, &one, &body).await;
    assert_ne!(answered(&bed, &other, &body).await.check_number, first.check_number);
}

#[tokio::test]
async fn each_kind_of_check_needs_its_own_token() {
    let bed = Bed::new().await;
    let number = by_number(INSURER_NUMBER, KEY);
    let resident = bed.token(&bed.ticket()).await;
    let presence = bed.token(&bed.presence_ticket()).await;
    let low = Ticket { acr: "urn:warifu:ac:presence".into(), ..bed.desk_ticket() };
    let low = bed.token(&low).await;
    for (token, body, code) in [
        (&resident, &number, "role.none"),
        (&presence, &number, "role.none"),
        (&low, &number, "role.none"),
        (&resident, &by_card(KEY), "token.purpose"),
    ] {
        let before = bed.relay.log().checkpoint().await.unwrap().size;
        let answer = bed.post(&bed.portal, "/eligibility", token, body).await;
        assert_eq!(refusal(answer).await, (403, code.into()));
        assert_eq!(bed.relay.log().checkpoint().await.unwrap().size, before + 1);
    }
    assert!(bed.insurer.heard().is_empty());
    let history = bed.relay.log().history(TARO, Series::Disclosure, None, 5).await.unwrap();
    assert!(matches!(history[0].entry.as_ref().unwrap().outcome, Outcome::Refused(_)));
}

#[tokio::test]
async fn what_cannot_be_a_card_or_a_key_is_named() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.desk_ticket()).await;
    let mut branch = by_number(INSURER_NUMBER, KEY);
    branch["subject"]["branch"] = json!("本人");
    let answer = bed.post(&bed.portal, "/eligibility", &token, &branch).await;
    assert_eq!(refusal(answer).await, (422, "card-number.branch".into()));
    for key in ["short", "with blanks in it!!"] {
        let answer = by_number(INSURER_NUMBER, key);
        let answer = bed.post(&bed.portal, "/eligibility", &token, &answer).await;
        assert_eq!(refusal(answer).await, (422, "idempotency.key".into()));
    }
}

#[tokio::test]
async fn no_two_checks_share_a_number() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.desk_ticket()).await;
    let bodies: Vec<_> =
        (0..60).map(|n| by_number(INSURER_NUMBER, &format!("key-number-{n:05}"))).collect();
    let answers =
        futures::future::join_all(bodies.iter().map(|body| answered(&bed, &token, body))).await;
    let numbers: BTreeSet<_> = answers.iter().map(|answer| &answer.check_number).collect();
    assert_eq!(numbers.len(), 60);
    for number in numbers {
        assert!(bed.relay.log().by_check_number(number.as_str()).await.unwrap().is_some());
    }
}
