//! What the relay gets to know, and what is taken down about it.

use std::time::Duration;

use jiff::civil::date;
use serde_json::json;
use warifu_contract::eligibility::{ConnectorEligibilityRequest, ReasonCheck, TypedCard, Verdict};
use warifu_contract::records::{ConnectorRecordRequest, Record, Service};
use warifu_service::{fetch_all, fetch_one};

use super::rig::{Rig, TARO};
use crate::client::{ConnectorClient, SourceError};
use crate::config::ConnectorKind;

pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// Token, purpose, service, organisation, member, receipt, result.
type Row = (String, String, String, Option<String>, Option<String>, Option<String>, String);

fn client(rig: &Rig) -> ConnectorClient {
    ConnectorClient::new(&rig.base, rig.relay.http.clone()).unwrap()
}

fn typed(insurer: &str, symbol: &str, number: &str) -> TypedCard {
    TypedCard {
        insurer_number: insurer.to_owned(),
        symbol: symbol.to_owned(),
        number: number.to_owned(),
        branch: None,
        birth_date: date(1955, 5, 5),
    }
}

#[tokio::test]
async fn a_tapped_card_is_answered_with_every_reason() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let question = ConnectorEligibilityRequest { typed: None, target_date: date(2026, 11, 20) };
    let token = rig.token(&rig.treatment(Some(TARO)));
    let answer = client(&rig).eligibility(&token, &question, DEADLINE).await.unwrap();
    assert_eq!(answer.decision.verdict, Verdict::Valid);
    assert_eq!(answer.pseudonym.as_deref(), Some(TARO));
    assert_eq!(answer.as_of.to_string(), "2026-11-19T09:30:00Z");
    assert_eq!(answer.usual_lag_days, Some(2));
    let coverage = answer.decision.coverage.unwrap();
    assert_eq!((coverage.name.text.as_str(), coverage.copay_percent), ("上野 太郎", Some(20)));
    assert_eq!(coverage.dependants.len(), 1);
}

#[tokio::test]
async fn a_typed_card_leads_to_the_same_person() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    for (card, day, verdict, pseudonym) in [
        (typed("00000001", "東京", "001"), date(2005, 7, 8), Verdict::Valid, Some(TARO)),
        (typed("0000-0001", "東 京", "００１"), date(2015, 1, 1), Verdict::Superseded, Some(TARO)),
        (typed("00000001", "東京", "777"), date(2026, 1, 1), Verdict::NumberUnknown, None),
        (typed("12345678", "東京", "001"), date(2026, 1, 1), Verdict::InsurerUnknown, None),
    ] {
        let question = ConnectorEligibilityRequest { typed: Some(card), target_date: day };
        let token = rig.token(&rig.treatment(None));
        let answer = client(&rig).eligibility(&token, &question, DEADLINE).await.unwrap();
        assert_eq!(answer.decision.verdict, verdict, "{day}");
        assert_eq!(answer.pseudonym.as_deref(), pseudonym, "{day}");
    }
}

#[tokio::test]
async fn a_pseudonym_of_nobody_is_not_linked() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let question = ConnectorEligibilityRequest { typed: None, target_date: date(2026, 11, 20) };
    let token = rig.token(&rig.treatment(Some(&"e".repeat(32))));
    let answer = client(&rig).eligibility(&token, &question, DEADLINE).await.unwrap();
    assert_eq!(answer.decision.verdict, Verdict::NotLinked);
    let steps = answer.decision.reasons;
    assert_eq!(steps.iter().map(|step| step.check).collect::<Vec<_>>(), [ReasonCheck::Linked]);
    assert_eq!(answer.pseudonym, None);
    assert_eq!(answer.as_of.to_string(), "2026-11-20T00:05:00Z");
}

#[tokio::test]
async fn each_kind_gives_out_its_record() {
    for kind in ConnectorKind::ALL {
        let rig = Rig::start(kind).await;
        for service in kind.services() {
            let question = ConnectorRecordRequest { service: *service };
            let token = rig.token(&rig.own_look());
            let answer = client(&rig).record(&token, &question, DEADLINE).await.unwrap();
            assert!(answer.as_of <= rig.now());
            match (kind, answer.record.unwrap()) {
                (ConnectorKind::Insurer, Record::Expenses(record)) => {
                    assert_eq!(record.complete_until, Some(date(2026, 8, 1)));
                    assert!(record.entries.iter().any(|entry| !entry.own), "the family's too");
                }
                (ConnectorKind::Insurer, Record::Insurance(record)) => {
                    let from: Vec<_> = record.coverages.iter().map(|c| c.validity.from).collect();
                    assert_eq!(from, [date(2022, 4, 1), date(2004, 4, 1)]);
                    assert_eq!(record.coverages[0].copay_percent, Some(20));
                }
                (ConnectorKind::Checkup, Record::Checkup(record)) => {
                    assert_eq!(record.checkups.len(), 5);
                    assert_eq!(record.checkups[0].taken_on, date(2026, 6, 12));
                }
                (ConnectorKind::Pension, Record::Pension(record)) => {
                    assert!(record.sample && record.qualifying_months >= record.needed_months);
                }
                (kind, record) => panic!("{kind:?} gave {record:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_member_without_a_record_gets_an_empty_answer() {
    let rig = Rig::start(ConnectorKind::Checkup).await;
    let store = rig.gateway.store();
    let sql = "SELECT id FROM members WHERE name = '上野 太郎'";
    let (taro,) = fetch_one!(store.database().read(), (String,), sql).unwrap();
    let sql = "DELETE FROM checkups WHERE member_id = $1";
    warifu_service::execute!(store.database().write(), sql, taro).unwrap();
    let question = ConnectorRecordRequest { service: Service::Checkup };
    let token = rig.token(&rig.own_look());
    let answer = client(&rig).record(&token, &question, DEADLINE).await.unwrap();
    assert_eq!(answer.record, None);
    assert_eq!(answer.as_of.to_string(), "2026-11-01T00:00:00Z");
}

#[tokio::test]
async fn a_refusal_reaches_the_relay_with_its_code() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let claims = rig.own_look();
    let question = ConnectorRecordRequest { service: Service::Insurance };
    let refused = client(&rig).record(&rig.token(&claims), &question, DEADLINE).await;
    assert!(refused.is_ok());
    let refused = client(&rig).record(&rig.token(&claims), &question, DEADLINE).await;
    assert_eq!(refused, Err(SourceError::Refused { code: "token.replayed".to_owned() }));
}

#[tokio::test]
async fn the_manifest_says_what_can_be_asked() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let manifest = client(&rig).manifest(DEADLINE).await.unwrap();
    assert_eq!(
        (manifest.id.as_str(), manifest.services),
        ("sample", vec![Service::Insurance, Service::Expenses])
    );
    assert!(manifest.insurer_numbers.contains(&"00000001".to_owned()));

    let rig = Rig::start(ConnectorKind::Pension).await;
    let manifest = client(&rig).manifest(DEADLINE).await.unwrap();
    assert!(manifest.insurer_numbers.is_empty());
}

#[tokio::test]
async fn the_access_log_tells_who_and_what_for_but_no_names() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let own = rig.own_look();
    rig.post("/v1/records", &rig.token(&own), &json!({ "service": "insurance" })).await;
    let clinic = rig.treatment(Some(TARO));
    let body = json!({ "typed": null, "target_date": "2026-11-20" });
    rig.post("/v1/eligibility", &rig.token(&clinic), &body).await;

    let sql = "SELECT jti, purpose, service, organization, member_id, receipt, result \
               FROM access_log ORDER BY service";
    let rows: Vec<Row> = fetch_all!(rig.gateway.store().database().read(), Row, sql).unwrap();
    let taro = Some(rig.members["ueno-taro"].to_string());
    let receipt = Some("receipt-1".to_owned());
    let code = Some("3710000001".to_owned());
    let text = str::to_owned;
    assert_eq!(
        rows,
        [
            (
                clinic.jti,
                text("treatment"),
                text("eligibility"),
                code,
                taro.clone(),
                receipt.clone(),
                text("cov.valid")
            ),
            (own.jti, text("own-look"), text("insurance"), None, taro, receipt, text("shown")),
        ]
    );
}

#[tokio::test]
async fn the_interface_describes_itself() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let url = rig.base.join("/openapi.json").unwrap();
    let openapi: serde_json::Value =
        rig.relay.http.get(url).send().await.unwrap().json().await.unwrap();
    for path in ["/v1/eligibility", "/v1/records", "/v1/manifest"] {
        assert!(openapi["paths"][path].is_object(), "{path}");
    }
    let schemas = openapi["components"]["schemas"].as_object().unwrap();
    for schema in ["ConnectorEligibilityAnswer", "ConnectorRecord", "Manifest", "Coverage"] {
        assert!(schemas.contains_key(schema), "{schema}");
    }
    for path in ["/healthz", "/readyz"] {
        let url = rig.base.join(path).unwrap();
        assert_eq!(rig.relay.http.get(url).send().await.unwrap().status().as_u16(), 200);
    }
}
