//! Checks of cards that an insurer deposited: no connector is asked, and the log knows when what was
//! deposited went live.

use std::sync::Arc;

use jiff::civil::date;
use serde_json::{Value, json};
use warifu_contract::card_key::InsurerKey;
use warifu_contract::coverage::{InsurerKind, Validity};
use warifu_contract::eligibility::{EligibilityAnswer, FieldHint, ReasonCheck, Verdict};
use warifu_contract::person::{Name, Sex};
use warifu_log::{Action, Entry, Outcome};
use warifu_relay::deposit::{Change, DepositedInsurer, Kind, Order, Person, Row, State, Status};

use crate::bed::{Bed, engines};

const NUMBER: &str = "111112";

pub fn city() -> DepositedInsurer {
    DepositedInsurer {
        id: "city".into(),
        number: NUMBER.into(),
        name: "仮想市国民健康保険".into(),
        name_en: "Sample City".into(),
        address: String::new(),
        kind: InsurerKind::National,
        r#virtual: true,
        from: date(2000, 4, 1),
        until: None,
        usual_lag_days: Some(5),
        organization: None,
        systems: Vec::new(),
    }
}

fn taro() -> Row {
    let person = Person {
        relationship: None,
        branch: None,
        birth_date: date(1955, 5, 5),
        validity: Validity { from: date(2004, 4, 1), until: None },
        sex: Sex::Male,
        copay: None,
        name: Name { text: "上野 太郎".into(), kana: "ウエノ タロウ".into() },
        workplace: None,
        provisional_until: None,
        address: String::new(),
    };
    let (symbol, number) = ("高12".into(), "001".into());
    Row { line: 2, insurer_number: NUMBER.into(), symbol, number, person, change: Change::Joined }
}

async fn check(bed: &Bed, number: &str, key: &str) -> EligibilityAnswer {
    let token = bed.token(&bed.desk_ticket()).await;
    let body: Value = json!({
        "subject": {
            "by": "number", "insurer_number": NUMBER, "symbol": "高12", "number": number,
            "branch": null, "birth_date": "1955-05-05",
        },
        "target_date": "2026-11-20",
        "idempotency_key": key,
    });
    let answer = bed.post(&bed.portal, "/eligibility", &token, &body).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// The event that says so, before the one at `index`.
async fn went_live(bed: &Bed, index: u64) -> Entry {
    for earlier in (0..index).rev() {
        let proof = bed.relay.log().proof(earlier).await.unwrap();
        let entry: Entry = serde_json::from_slice(&proof.entry.unwrap()).unwrap();
        if entry.action == Action::DepositLive {
            return entry;
        }
    }
    panic!("it is not in the log")
}

#[tokio::test]
async fn a_deposited_card_is_answered_without_a_hop() {
    for engine in engines() {
        let mut bed = Bed::on(engine).await;
        bed.depositing(engine, city()).await;
        let before = check(&bed, "001", "0123456789abcde0").await;
        assert_eq!(before.decision.verdict, Verdict::InsurerSilent, "nothing was deposited yet");

        let deposits = bed.relay.deposits().unwrap();
        let insurer = InsurerKey::parse(NUMBER).unwrap();
        let (kind, by) = (Kind::Full, "city-staff".to_owned());
        let order = Order { insurer: insurer.clone(), kind, file: [1; 32], by };
        let rows = std::iter::once(Ok(taro()));
        let ready = deposits.put(order, rows, Arc::new(|_: &Status| ())).await.unwrap();
        let log = bed.relay.log();
        let live = warifu_relay::go_live(deposits, log, &insurer, ready.number, false).await;
        assert_eq!(live.as_ref().unwrap().state, State::Live);

        let answer = check(&bed, "001", "0123456789abcde1").await;
        assert_eq!(answer.decision.verdict, Verdict::Valid);
        assert_eq!(answer.source.as_deref(), Some("仮想市国民健康保険"));
        assert_eq!((answer.as_of, answer.usual_lag_days), (live.unwrap().live_at, Some(5)));
        let found = log.by_check_number(answer.check_number.as_str()).await.unwrap().unwrap();
        assert_eq!(found.entry.as_ref().unwrap().source.as_deref(), Some("city"));

        let slip = check(&bed, "002", "0123456789abcde2").await;
        assert_eq!(slip.decision.hint, Some(FieldHint::Number));
        assert!(bed.insurer.heard().is_empty(), "no connector was asked");

        let entry = went_live(&bed, found.index).await;
        assert_eq!(entry.outcome, Outcome::Done);
        assert_eq!(entry.ground.as_deref(), Some("deposit:1 by city-staff"));
        assert_eq!(entry.asked, ["written:1", "removed:0"]);
    }
}

#[tokio::test]
async fn deposits_that_cannot_be_read_are_silence() {
    for engine in engines() {
        let mut bed = Bed::on(engine).await;
        bed.depositing(engine, city()).await;
        bed.relay.deposits().unwrap().close().await;
        let answer = check(&bed, "001", "0123456789abcde0").await;
        assert_eq!(answer.decision.verdict, Verdict::InsurerSilent);
        let steps: Vec<_> =
            answer.decision.reasons.iter().map(|step| (step.check, step.holds)).collect();
        let known = (ReasonCheck::InsurerKnown, true);
        assert_eq!(steps, [known, (ReasonCheck::InsurerAnswered, false)]);
    }
}
