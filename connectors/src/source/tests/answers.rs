//! What is decided on the rows of a database, and said by the gateway over it.

use std::time::Duration;

use warifu_contract::decision::{self, Found, Register};
use warifu_contract::eligibility::{ConnectorEligibilityRequest, FieldHint, Verdict};

use super::*;
use crate::client::ConnectorClient;
use crate::config::ConnectorKind;
use crate::gateway::tests::rig::{Rig, TARO};

async fn decide(source: &Source, card: &TypedCard, day: Date) -> Found {
    let query = CardQuery::try_from(card).unwrap();
    let insurer = source.insurer(&query.insurer).unwrap().registered.clone();
    let enrolments = source.enrolments_near(&insurer, &query).await.unwrap();
    let insurers = [insurer.as_ref().clone()];
    decision::by_number(&query, day, Register { insurers: &insurers, enrolments: &enrolments })
}

#[tokio::test]
async fn rows_of_a_database_are_decided_on_like_a_store() {
    let (taro, wife, daughter) = (date(1955, 5, 5), date(1960, 12, 1), date(1983, 3, 3));
    for place in places().await {
        place.insert(&FAMILY).await;
        let source = Source::open(&place.config()).await.unwrap();
        for (card, day, verdict) in [
            (typed("東京", "001", taro), date(2005, 7, 8), Verdict::Valid),
            (typed("東 京", "００１", taro), date(2010, 3, 31), Verdict::Valid),
            (typed("東京", "001", taro), date(2010, 4, 1), Verdict::Expired),
            (typed("東京", "001", taro), date(2004, 3, 31), Verdict::NotYetStarted),
            (typed("東京", "001", wife), date(2005, 7, 8), Verdict::Valid),
            (typed("東京", "001", daughter), date(2006, 4, 1), Verdict::Expired),
            (typed("東京", "001", date(2000, 1, 1)), date(2005, 7, 8), Verdict::DependantUnknown),
            (typed("大阪", "001", taro), date(2005, 7, 8), Verdict::NumberUnknown),
            (typed("", "55", date(1990, 1, 1)), date(2026, 11, 20), Verdict::Provisional),
            (typed("", "55", date(1990, 1, 1)), date(2027, 1, 1), Verdict::Expired),
        ] {
            let found = decide(&source, &card, day).await;
            assert_eq!(found.decision.verdict, verdict, "{} {card:?}", place.reader);
        }
        let found = decide(&source, &typed("大阪", "001", taro), date(2005, 7, 8)).await;
        assert_eq!(found.decision.hint, Some(FieldHint::Symbol));
        let found = decide(&source, &typed("東京", "001", wife), date(2005, 7, 8)).await;
        let coverage = found.decision.coverage.unwrap();
        assert_eq!(
            (coverage.name.text.as_str(), coverage.name.kana.as_str()),
            ("上野 一子", "ウエノ カズコ")
        );
        assert_eq!((coverage.copay_percent, coverage.branch.as_deref()), (Some(30), Some("01")));
        assert_eq!(found.person.as_deref(), Some("p2"));
        let found = decide(&source, &typed("", "55", date(1990, 1, 1)), date(2026, 11, 20)).await;
        assert_eq!(found.decision.coverage.unwrap().name.text, "辻󠄀 髙﨑");
    }
}

#[tokio::test]
async fn full_width_writing_is_found_by_either() {
    for place in places().await {
        place.insert(&[&FAMILY[0].replace("'東京', '001'", "'Ｔ東京', '００１'")]).await;
        let config = SourceConfig { writing: Writing::Wide, ..place.config() };
        let source = Source::open(&config).await.unwrap();
        let card = typed("T-東京", "001", date(1955, 5, 5));
        assert_eq!(decide(&source, &card, date(2005, 7, 8)).await.decision.verdict, Verdict::Valid);
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_no_answer() {
    for place in places().await {
        place.insert(&[&FAMILY[0].replace("'1', '1955", "'7', '1955")]).await;
        let source = Source::open(&place.config()).await.unwrap();
        let query = CardQuery::try_from(&typed("東京", "001", date(1955, 5, 5))).unwrap();
        let insurer = source.insurer(&query.insurer).unwrap().registered.clone();
        let error = source.enrolments_near(&insurer, &query).await.unwrap_err().to_string();
        assert_eq!(error, "source.row: file.code 性別");
    }
}

#[tokio::test]
async fn what_is_typed_never_becomes_part_of_a_statement() {
    for place in places().await {
        place.insert(&FAMILY).await;
        let source = Source::open(&place.config()).await.unwrap();
        for typed_text in
            ["' OR '1'='1", "001'; DROP TABLE hihokensha; --", "$1", "?", "\\' OR 1=1 #"]
        {
            let card = typed(typed_text, typed_text, date(1955, 5, 5));
            let found = decide(&source, &card, date(2005, 7, 8)).await;
            assert_eq!(found.decision.verdict, Verdict::NumberUnknown, "{typed_text}");
            assert_eq!(source.enrolments_of(typed_text).await.unwrap(), []);
        }
        let card = typed("東京", "001", date(1955, 5, 5));
        assert_eq!(decide(&source, &card, date(2005, 7, 8)).await.decision.verdict, Verdict::Valid);
    }
}

#[tokio::test]
async fn a_card_with_more_rows_than_a_card_has_is_no_answer() {
    for place in places().await {
        let rows: Vec<String> = (0..=MOST_ROWS)
            .map(|n| format!("({})", FAMILY[1].replace("'p2'", &format!("'p{n}'"))))
            .collect();
        run(&place.owner, &format!("INSERT INTO hihokensha VALUES {}", rows.join(", "))).await;
        let source = Source::open(&place.config()).await.unwrap();
        let query = CardQuery::try_from(&typed("東京", "001", date(1955, 5, 5))).unwrap();
        let insurer = source.insurer(&query.insurer).unwrap().registered.clone();
        let error = source.enrolments_near(&insurer, &query).await.unwrap_err();
        assert!(matches!(error, DatabaseError::Many), "{error}");
    }
}

#[tokio::test]
async fn the_gateway_answers_from_the_database_and_keeps_its_keys_to_itself() {
    for place in places().await {
        let rig = Rig::over(ConnectorKind::Insurer, Some(place.config())).await;
        place.insert(&FAMILY).await;
        rig.link("ueno-taro", TARO).await;
        let client = ConnectorClient::new(&rig.base, rig.relay.http.clone()).unwrap();
        let day = date(2026, 11, 20);
        let ask = |typed: Option<TypedCard>, token: String| {
            let question = ConnectorEligibilityRequest { typed, target_date: day };
            let client = &client;
            async move { client.eligibility(&token, &question, Duration::from_secs(10)).await.unwrap() }
        };
        let tapped = ask(None, rig.token(&rig.treatment(Some(TARO)))).await;
        assert_eq!(tapped.decision.verdict, Verdict::Valid);
        let coverage = tapped.decision.coverage.unwrap();
        assert_eq!((coverage.number.as_str(), coverage.copay_percent), ("901", Some(20)));
        assert_eq!((tapped.as_of, tapped.usual_lag_days), (rig.now(), Some(2)));
        let card = typed("東京", "001", date(1955, 5, 5));
        let old = ask(Some(card), rig.token(&rig.treatment(None))).await;
        assert_eq!(old.decision.verdict, Verdict::Superseded);
        assert_eq!(old.pseudonym.as_deref(), Some(TARO));
        let card = typed("東京", "001", date(1983, 3, 3));
        let gone = ask(Some(card), rig.token(&rig.treatment(None))).await;
        assert_eq!((gone.decision.verdict, gone.pseudonym), (Verdict::Expired, None));
    }
}
