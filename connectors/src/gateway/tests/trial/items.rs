//! The items of the test sheet, by their numbers: リアルタイム型, and the errors.

use serde_json::json;
use warifu_contract::eligibility::{ReasonCheck, Verdict};
use warifu_service::execute;

use super::*;

const NO_INSURER: &str = "該当する保険者がありません";
const NO_NUMBER: &str = "該当する記号・番号がありません";
const ENDED: &str = "有効期限を過ぎています";
const NO_DEPENDANT: &str = "被扶養者が存在しません";
const VALID: &str = "有効な保険資格です";

async fn sentence(insurer: &str, number: &str, birth_date: Date) -> &'static str {
    let trial = Trial::with_cards().await;
    trial.sentence(typed(insurer, "東京", number, birth_date), DAY).await
}

/// 保険者番号が存在しない.
#[tokio::test]
async fn item_3_02_01_10() {
    assert_eq!(sentence("99999999", "001", INSURED).await, NO_INSURER);
}

/// 保険者の有効期間が該当しない.
#[tokio::test]
async fn item_3_02_01_11() {
    assert_eq!(sentence(DISSOLVED, "005", INSURED).await, NO_INSURER);
}

/// 本人: 記号・番号が存在しない.
#[tokio::test]
async fn item_3_02_01_12() {
    assert_eq!(sentence(RUNNING, "999", INSURED).await, NO_NUMBER);
}

/// 本人: 有効期限を過ぎている.
#[tokio::test]
async fn item_3_02_01_13() {
    assert_eq!(sentence(RUNNING, "002", INSURED).await, ENDED);
}

/// 本人: 有効開始日に達していない. The sentence of 2005 is that of an unknown number; the reason is
/// the true one.
#[tokio::test]
async fn item_3_02_01_14() {
    let trial = Trial::with_cards().await;
    let decision = trial.ask(typed(RUNNING, "東京", "003", INSURED), DAY).await.decision;
    assert_eq!(decision.verdict.legacy_message(), NO_NUMBER);
    assert_eq!(decision.verdict, Verdict::NotYetStarted);
    let last = decision.reasons.last().unwrap();
    assert_eq!((last.check, last.holds), (ReasonCheck::Started, false));
}

/// 家族: 記号・番号が存在しない.
#[tokio::test]
async fn item_3_02_01_15() {
    assert_eq!(sentence(RUNNING, "999", WIFE).await, NO_NUMBER);
}

/// 家族: 記号・番号が存在するが、該当者が存在しない. The trial's own server failed this one at first.
#[tokio::test]
async fn item_3_02_01_16() {
    assert_eq!(sentence(RUNNING, "004", WIFE).await, NO_DEPENDANT);
}

/// 家族: 有効期限を過ぎている.
#[tokio::test]
async fn item_3_02_01_17() {
    assert_eq!(sentence(RUNNING, "002", WIFE).await, ENDED);
}

/// 家族: 有効開始日に達していない.
#[tokio::test]
async fn item_3_02_01_18() {
    assert_eq!(sentence(RUNNING, "003", WIFE).await, NO_NUMBER);
}

/// A message the client spoilt: an error of its own, and nothing is answered.
#[tokio::test]
async fn item_3_02_02_01() {
    let trial = Trial::with_cards().await;
    let rig = &trial.rig;
    let token = rig.token(&rig.treatment(None));
    let spoilt = json!({ "typed": { "insurer_number": RUNNING }, "target_date": "2005-07-08" });
    let (status, problem) = rig.post("/v1/eligibility", &token, &spoilt).await;
    assert!((400..500).contains(&status), "{status}");
    assert!(problem["code"].is_string() && problem["advice"]["person"].is_string(), "{problem}");
}

/// DBアクセスエラー: another error, and no answer at all.
#[tokio::test]
async fn item_3_02_02_02() {
    let trial = Trial::with_cards().await;
    let database = trial.rig.gateway.store().database();
    execute!(database.write(), "DROP TABLE copays").unwrap();
    let rig = &trial.rig;
    let token = rig.token(&rig.treatment(None));
    let question = json!({
        "typed": { "insurer_number": RUNNING, "symbol": "東京", "number": "001", "branch": null,
                   "birth_date": "1955-05-05" },
        "target_date": "2005-07-08"
    });
    let (status, problem) = rig.post("/v1/eligibility", &token, &question).await;
    assert_eq!((status, problem["code"].as_str()), (500, Some("internal")));
}

#[tokio::test]
async fn the_insured_person_and_the_family_are_valid_otherwise() {
    for birth_date in [INSURED, WIFE] {
        assert_eq!(sentence(RUNNING, "001", birth_date).await, VALID);
    }
}
