//! Linking over the wire: what is answered, what is masked, what dies.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use warifu_contract::connector_token::audience;
use warifu_contract::identity::{FourItems, MatchLevel};
use warifu_contract::linking::{
    Attributes, ConfirmRequest, EndReason, EndRequest, MatchAnswer, MatchRequest,
};
use warifu_contract::records::{ConnectorRecordRequest, Service};
use warifu_pki::Voucher;
use warifu_service::fetch_all;

use super::rig::{Rig, TARO};
use crate::client::{ConnectorClient, SourceError};
use crate::config::ConnectorKind;
use crate::demo::people;

pub(crate) const DEADLINE: Duration = Duration::from_secs(10);
pub(crate) const ERRAND: &str = "00112233445566778899aabbccddeeff";

/// What the office vouches for one of the virtual people.
pub(crate) fn attributes(key: &str) -> Attributes {
    let person = people().unwrap().iter().find(|person| person.key == key).unwrap();
    let items = FourItems {
        name: person.name.clone(),
        kana: Some(person.name_kana.clone()),
        address: person.address.clone(),
        birth_date: person.birth_date,
        sex: person.sex,
    };
    Attributes { items, former_names: Vec::new() }
}

pub(crate) fn client(rig: &Rig) -> ConnectorClient {
    ConnectorClient::new(&rig.base, rig.relay.http.clone()).unwrap()
}

pub(crate) async fn ask(
    rig: &Rig,
    errand: &str,
    said: &Attributes,
) -> Result<MatchAnswer, SourceError> {
    let voucher = rig.office.issue(&rig.voucher(errand, said)).unwrap();
    let token = rig.token(&rig.linking(errand));
    client(rig).match_member(&token, &MatchRequest { voucher }, DEADLINE).await
}

pub(crate) async fn confirm(rig: &Rig, errand: &str, pseudonym: &str) -> Result<(), SourceError> {
    let token = rig.token(&rig.linking(errand));
    let request = ConfirmRequest { pseudonym: pseudonym.to_owned() };
    client(rig).confirm_link(&token, &request, DEADLINE).await.map(drop)
}

pub(crate) async fn end(
    rig: &Rig,
    errand: &str,
    pseudonym: Option<&str>,
) -> Result<(), SourceError> {
    let token = rig.token(&rig.linking(errand));
    let request = EndRequest { pseudonym: pseudonym.map(str::to_owned), why: EndReason::Unlinked };
    client(rig).end_link(&token, &request, DEADLINE).await.map(drop)
}

/// What the connector says of the record under this pseudonym.
pub(crate) async fn look(rig: &Rig, pseudonym: &str) -> Result<(), SourceError> {
    let mut claims = rig.own_look();
    claims.sub = Some(pseudonym.to_owned());
    let question = ConnectorRecordRequest { service: Service::Insurance };
    client(rig).record(&rig.token(&claims), &question, DEADLINE).await.map(drop)
}

pub(crate) fn refused(code: &str) -> Result<(), SourceError> {
    Err(SourceError::Refused { code: code.to_owned() })
}

#[tokio::test]
async fn a_pseudonym_opens_nothing_before_it_is_confirmed_nor_after_it_ends() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let answer = ask(&rig, ERRAND, &attributes("ueno-ichiko")).await.unwrap();
    let MatchAnswer::Matched { candidate } = answer else { panic!("{answer:?}") };
    let name = candidate.pseudonym.as_str();
    assert_eq!(candidate.level, MatchLevel::Exact);
    assert_eq!(candidate.target.in_japanese(), "上○ 一○　昭和35年○月生まれ　仮想保険者　家族");
    assert!(candidate.period.is_some());

    assert_eq!(look(&rig, name).await, refused("subject.unknown"));
    assert_eq!(confirm(&rig, &"f".repeat(32), name).await, refused("link.not-offered"));
    for _ in 0..2 {
        confirm(&rig, ERRAND, name).await.unwrap();
    }
    look(&rig, name).await.unwrap();
    for _ in 0..2 {
        end(&rig, ERRAND, Some(name)).await.unwrap();
    }
    assert_eq!(look(&rig, name).await, refused("subject.unknown"));
    assert_eq!(confirm(&rig, ERRAND, name).await, refused("link.not-offered"));

    let sql = "SELECT result FROM access_log WHERE service = 'linking' ORDER BY at, result";
    let rows = fetch_all!(rig.gateway.store().database().read(), (String,), sql).unwrap();
    let results: BTreeSet<String> = rows.into_iter().map(|(result,)| result).collect();
    let expected = ["bound", "link.not-offered", "matched", "unlinked"].map(str::to_owned);
    assert_eq!(results, BTreeSet::from(expected));
}

#[tokio::test]
async fn whoever_is_linked_already_is_in_doubt_and_never_moved() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let answer = ask(&rig, ERRAND, &attributes("ueno-taro")).await.unwrap();
    let MatchAnswer::Doubtful { candidates, count: 1 } = answer else { panic!("{answer:?}") };
    assert_eq!(candidates[0].held_as.as_deref(), Some(TARO));
    let name = &candidates[0].pseudonym;
    assert_eq!(confirm(&rig, ERRAND, name).await, refused("link.taken"));
    look(&rig, TARO).await.unwrap();
    end(&rig, "another", Some(TARO)).await.unwrap();
    confirm(&rig, ERRAND, name).await.unwrap();
    look(&rig, name).await.unwrap();
}

#[tokio::test]
async fn what_is_offered_is_forgotten_with_time_and_with_the_ceremony() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let pseudonym = |answer| match answer {
        Ok(MatchAnswer::Matched { candidate }) => candidate.pseudonym,
        other => panic!("{other:?}"),
    };
    let said = attributes("ueno-ichiko");
    let first = pseudonym(ask(&rig, ERRAND, &said).await);
    let second = pseudonym(ask(&rig, ERRAND, &said).await);
    assert_ne!(first, second);
    assert_eq!(confirm(&rig, ERRAND, &first).await, refused("link.not-offered"));
    end(&rig, ERRAND, None).await.unwrap();
    assert_eq!(confirm(&rig, ERRAND, &second).await, refused("link.not-offered"));
    let third = pseudonym(ask(&rig, ERRAND, &said).await);
    rig.pass(SignedDuration::from_hours(24 * 30 + 1)).await;
    assert_eq!(confirm(&rig, ERRAND, &third).await, refused("link.not-offered"));
}

#[tokio::test]
async fn a_stranger_and_a_changed_name() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let mut stranger = attributes("ueno-ichiko");
    stranger.items.name = "例 見本".to_owned();
    stranger.items.birth_date = "1901-01-01".parse().unwrap();
    assert_eq!(ask(&rig, ERRAND, &stranger).await, Ok(MatchAnswer::Unknown));
    let mut married = attributes("ueno-ichiko");
    married.former_names = vec![married.items.name.clone()];
    married.items.name = "新田 一子".to_owned();
    married.items.kana = Some("ニッタ イチコ".to_owned());
    let answer = ask(&rig, ERRAND, &married).await.unwrap();
    let MatchAnswer::Doubtful { candidates, .. } = answer else { panic!("{answer:?}") };
    assert!(candidates[0].by_former_name);
}

#[tokio::test]
async fn only_a_voucher_for_this_ceremony_here_and_now_is_believed() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let good = rig.voucher(ERRAND, &attributes("ueno-ichiko"));
    let long = Attributes { former_names: vec![" ".to_owned()], ..good.attributes.clone() };
    let vouchers = [
        (Voucher { sub: "e".repeat(32), ..good.clone() }, "voucher.other-ceremony"),
        (Voucher { aud: audience("pension"), ..good.clone() }, "voucher.refused"),
        (Voucher { iss: "https://office.example".into(), ..good.clone() }, "voucher.refused"),
        (Voucher { exp: good.iat - 1, iat: good.iat - 600, ..good.clone() }, "voucher.refused"),
        (Voucher { attributes: long, ..good.clone() }, "voucher.refused"),
    ];
    for (voucher, code) in vouchers {
        let body = json!({ "voucher": rig.office.issue(&voucher).unwrap() });
        let token = rig.token(&rig.linking(ERRAND));
        let (status, problem) = rig.post("/v1/links/match", &token, &body).await;
        assert_eq!((status, problem["code"].as_str()), (422, Some(code)), "{voucher:?}");
    }
    let body = json!({ "voucher": rig.office.issue(&good).unwrap() });
    for (claims, status, code) in
        [(rig.own_look(), 403, "token.purpose"), (rig.treatment(Some(TARO)), 403, "token.purpose")]
    {
        let (got, problem) = rig.post("/v1/links/match", &rig.token(&claims), &body).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)));
    }
    let token = rig.token(&rig.linking(ERRAND));
    assert_eq!(rig.post("/v1/links/match", &token, &body).await.0, 200);
    let again = rig.post("/v1/links/match", &token, &body).await;
    assert_eq!((again.0, again.1["code"].as_str()), (401, Some("token.replayed")));
}
