//! The items of the test sheet that ask what was deposited, by their numbers.

use warifu_contract::eligibility::{ReasonCheck, Verdict, deciding};

use super::*;
use crate::bed::engines;

const NO_INSURER: &str = "該当する保険者がありません";
const NO_NUMBER: &str = "該当する記号・番号がありません";
const ENDED: &str = "有効期限を過ぎています";
const NO_DEPENDANT: &str = "被扶養者が存在しません";
const VALID: &str = "有効な保険資格です";

const RUNNING: &str = "88888888";
const DISSOLVED: &str = "89898989";
/// It could be one, but nobody has it.
const NOBODY: &str = "06130488";

/// The insured person's line of a card, and the wife's.
fn lines(insurer: &str, number: &str, from: &str, until: &str) -> [String; 2] {
    let husband = format!("認証 太郎,ニンショウ タロウ,男,19550505,,{from},{until}");
    let wife = format!("認証 一子,ニンショウ イチコ,女,19601010,妻,{from},{until}");
    [
        format!(",本人,{insurer},東京,{number},{husband}"),
        format!(",家族,{insurer},東京,{number},{wife}"),
    ]
}

/// Two insurers, one of them dissolved, and four cards: running, ended, to come, and one without a
/// family.
async fn with_cards(engine: Engine) -> Trial {
    let dissolved = insurer(DISSOLVED, Some(date(2005, 3, 31)));
    let trial = Trial::on(engine, vec![insurer(RUNNING, None), dissolved]).await;
    let mut running = Vec::new();
    running.extend(lines(RUNNING, "001", "20040401", "20100331"));
    running.extend(lines(RUNNING, "002", "20010401", "20050707"));
    running.extend(lines(RUNNING, "003", "20050709", ""));
    running.push(lines(RUNNING, "004", "20040401", "")[0].clone());
    trial.deposit(RUNNING, Kind::Full, Encoding::Cp932, &running).await;
    let dissolved = lines(DISSOLVED, "005", "20040401", "");
    trial.deposit(DISSOLVED, Kind::Full, Encoding::Cp932, &dissolved).await;
    trial
}

/// On every engine: the sentence of 2005, our verdict, and the check that decided.
async fn answers(
    insurer: &str,
    number: &str,
    born: Date,
    expected: (&str, Verdict, Option<ReasonCheck>),
) {
    for engine in engines() {
        let trial = with_cards(engine).await;
        let answer = trial.ask(Typed { insurer, symbol: "東京", number, born }, DAY).await;
        let decision = &answer.decision;
        let reason = deciding(&decision.reasons);
        assert_eq!((answer.message.as_str(), decision.verdict, reason), expected, "{engine:?}");
        assert!(trial.bed.insurer.heard().is_empty(), "no connector was asked");
    }
}

/// 保険者番号が存在しない.
#[tokio::test]
async fn item_3_02_01_01() {
    let reason = Some(ReasonCheck::InsurerKnown);
    answers(NOBODY, "001", INSURED, (NO_INSURER, Verdict::InsurerUnknown, reason)).await;
}

/// 保険者の有効期間が該当しない.
#[tokio::test]
async fn item_3_02_01_02() {
    let reason = Some(ReasonCheck::InsurerInForce);
    answers(DISSOLVED, "005", INSURED, (NO_INSURER, Verdict::InsurerUnknown, reason)).await;
}

/// 本人: 記号・番号が存在しない.
#[tokio::test]
async fn item_3_02_01_03() {
    let reason = Some(ReasonCheck::NumberKnown);
    answers(RUNNING, "999", INSURED, (NO_NUMBER, Verdict::NumberUnknown, reason)).await;
}

/// 本人: 有効期限を過ぎている.
#[tokio::test]
async fn item_3_02_01_04() {
    let reason = Some(ReasonCheck::NotEnded);
    answers(RUNNING, "002", INSURED, (ENDED, Verdict::Expired, reason)).await;
}

/// 本人: 有効開始日に達していない. The sentence of 2005 is that of an unknown number; the reason is
/// the true one.
#[tokio::test]
async fn item_3_02_01_05() {
    let reason = Some(ReasonCheck::Started);
    answers(RUNNING, "003", INSURED, (NO_NUMBER, Verdict::NotYetStarted, reason)).await;
}

/// 家族: 記号・番号が存在しない.
#[tokio::test]
async fn item_3_02_01_06() {
    let reason = Some(ReasonCheck::NumberKnown);
    answers(RUNNING, "999", WIFE, (NO_NUMBER, Verdict::NumberUnknown, reason)).await;
}

/// 家族: 記号・番号が存在するが、該当者が存在しない.
#[tokio::test]
async fn item_3_02_01_07() {
    let reason = Some(ReasonCheck::PersonFound);
    answers(RUNNING, "004", WIFE, (NO_DEPENDANT, Verdict::DependantUnknown, reason)).await;
}

/// 家族: 有効期限を過ぎている.
#[tokio::test]
async fn item_3_02_01_08() {
    let reason = Some(ReasonCheck::NotEnded);
    answers(RUNNING, "002", WIFE, (ENDED, Verdict::Expired, reason)).await;
}

/// 家族: 有効開始日に達していない.
#[tokio::test]
async fn item_3_02_01_09() {
    let reason = Some(ReasonCheck::Started);
    answers(RUNNING, "003", WIFE, (NO_NUMBER, Verdict::NotYetStarted, reason)).await;
}

#[tokio::test]
async fn the_insured_person_and_the_family_are_valid_otherwise() {
    for born in [INSURED, WIFE] {
        answers(RUNNING, "001", born, (VALID, Verdict::Valid, None)).await;
    }
}
