//! Everything that must not get an answer, and does not.

use jiff::SignedDuration;
use serde_json::json;
use warifu_contract::card_key::TypedCardError;
use warifu_contract::connector_token::{Actor, ConnectorClaims, TOKEN_TYPE};
use warifu_contract::history::Purpose;
use warifu_service::fetch_one;
use warifu_service::words::{Words, lacking_advice};

use super::rig::{Authority, Party, Rig, TARO, TokenKey};
use crate::config::ConnectorKind;
use crate::gateway::{EN, JA};

const RECORDS: &str = "/v1/records";
const ELIGIBILITY: &str = "/v1/eligibility";

fn insurance() -> serde_json::Value {
    json!({ "service": "insurance" })
}

fn by_card() -> serde_json::Value {
    json!({ "typed": null, "target_date": "2026-11-20" })
}

async fn answers(rig: &Rig) -> i64 {
    let sql = "SELECT COUNT(*) FROM access_log";
    fetch_one!(rig.gateway.store().database().read(), (i64,), sql).unwrap().0
}

#[tokio::test]
async fn a_token_that_is_not_for_this_question_is_refused() {
    type Change = fn(&mut ConnectorClaims);
    let changes: [(&str, u16, &str, Change); 12] = [
        ("expired", 401, "token.expired", |c| (c.iat, c.exp) = (c.iat - 120, c.exp - 120)),
        ("from the future", 401, "token.expired", |c| (c.iat, c.exp) = (c.iat + 60, c.exp + 60)),
        ("lives too long", 401, "token.invalid", |c| c.exp += 1),
        ("ends before it begins", 401, "token.invalid", |c| c.exp = c.iat - 1),
        ("time without end", 401, "token.invalid", |c| (c.iat, c.exp) = (i64::MIN, i64::MAX)),
        ("other audience", 401, "token.audience", |c| {
            c.aud = "urn:warifu:connector:pension".to_owned();
        }),
        ("other issuer", 401, "token.invalid", |c| c.iss = "urn:warifu:idp".to_owned()),
        ("bound to another certificate", 401, "token.binding", |c| c.cnf.x5t_s256 = "x".repeat(43)),
        ("without a proper id", 401, "token.invalid", |c| c.jti = "1; DROP".to_owned()),
        ("for treatment", 403, "token.purpose", |c| c.purpose = Purpose::Treatment),
        ("of nobody", 400, "token.subject", |c| c.sub = None),
        ("of a stranger", 404, "subject.unknown", |c| c.sub = Some("f".repeat(32))),
    ];
    let rig = Rig::start(ConnectorKind::Insurer).await;
    for (what, status, code, change) in changes {
        let mut claims = rig.own_look();
        change(&mut claims);
        let (got, problem) = rig.post(RECORDS, &rig.token(&claims), &insurance()).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{what}");
    }
    // Only the stranger's question was one that the relay may ask.
    assert_eq!(answers(&rig).await, 1);
}

#[tokio::test]
async fn an_eligibility_token_must_say_for_whom_and_of_whom() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let typed = json!({
        "typed": { "insurer_number": "00000001", "symbol": "東京", "number": "001",
                   "branch": null, "birth_date": "1955-05-05" },
        "target_date": "2026-11-20"
    });
    let no_actor = ConnectorClaims { act: None, ..rig.treatment(Some(TARO)) };
    for (what, claims, body, status, code) in [
        ("own look", rig.own_look(), by_card(), 403, "token.purpose"),
        ("nobody behind it", no_actor, by_card(), 403, "token.purpose"),
        ("of nobody", rig.treatment(None), by_card(), 400, "token.subject"),
        ("of two", rig.treatment(Some(TARO)), typed, 400, "token.subject"),
    ] {
        let (got, problem) = rig.post(ELIGIBILITY, &rig.token(&claims), &body).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{what}");
    }
    assert_eq!(answers(&rig).await, 0);
}

#[tokio::test]
async fn a_proxy_reads_with_a_receipt_and_checks_nothing() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let by_proxy = |purpose| ConnectorClaims {
        act: Some(Actor::Proxy { sub: "proxy".to_owned() }),
        purpose,
        ..rig.own_look()
    };
    let bare = ConnectorClaims { receipt: None, ..by_proxy(Purpose::OnBehalf) };
    let alone = ConnectorClaims { act: None, ..by_proxy(Purpose::OnBehalf) };
    let staff = ConnectorClaims { purpose: Purpose::OnBehalf, ..rig.treatment(Some(TARO)) };
    let others = [by_proxy(Purpose::OwnLook), by_proxy(Purpose::Care), bare, alone, staff];
    for claims in others {
        let (status, problem) = rig.post(RECORDS, &rig.token(&claims), &insurance()).await;
        assert_eq!((status, &problem["code"]), (403, &json!("token.purpose")), "{claims:?}");
    }
    let checking = by_proxy(Purpose::Treatment);
    assert_eq!(rig.post(ELIGIBILITY, &rig.token(&checking), &by_card()).await.0, 403);
    let reading = by_proxy(Purpose::OnBehalf);
    assert_eq!(rig.post(RECORDS, &rig.token(&reading), &insurance()).await.0, 200);
    assert_eq!(answers(&rig).await, 1);
}

#[tokio::test]
async fn a_token_is_good_for_one_answer() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let token = rig.token(&rig.own_look());
    assert_eq!(rig.post(RECORDS, &token, &insurance()).await.0, 200);
    let (status, problem) = rig.post(RECORDS, &token, &insurance()).await;
    assert_eq!((status, &problem["code"]), (401, &json!("token.replayed")));
    assert!(problem.get("record").is_none());
    assert_eq!(answers(&rig).await, 1);
}

#[tokio::test]
async fn a_token_ends_a_minute_later_by_either_clock() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let (one, two) = (rig.token(&rig.own_look()), rig.token(&rig.own_look()));
    // A minute, and the five seconds by which the clocks may differ.
    rig.clock.advance(SignedDuration::from_secs(64));
    assert_eq!(rig.post(RECORDS, &one, &insurance()).await.0, 200);
    rig.clock.advance(SignedDuration::from_secs(1));
    let (status, problem) = rig.post(RECORDS, &two, &insurance()).await;
    assert_eq!((status, &problem["code"]), (401, &json!("token.expired")));
}

#[tokio::test]
async fn of_two_at_the_same_moment_one_is_answered() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let token = rig.token(&rig.own_look());
    let body = insurance();
    let (one, two) =
        tokio::join!(rig.post(RECORDS, &token, &body), rig.post(RECORDS, &token, &body));
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn a_token_signed_otherwise_is_refused() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let claims = rig.own_look();
    let good = rig.token(&claims);
    let (signed, _) = good.rsplit_once('.').unwrap();
    let none = "eyJ0eXAiOiJjb25uZWN0b3Irand0IiwiYWxnIjoibm9uZSJ9";
    let payload = good.split('.').nth(1).unwrap();
    for (what, token, code) in [
        ("another key", TokenKey::new().sign(TOKEN_TYPE, &claims), "token.signature"),
        ("another type", rig.key.sign("at+jwt", &claims), "token.invalid"),
        ("no signature", format!("{signed}."), "token.signature"),
        ("a signature of zeros", format!("{signed}.{}", "A".repeat(86)), "token.signature"),
        ("alg none", format!("{none}.{payload}."), "token.signature"),
        ("two parts", signed.to_owned(), "token.invalid"),
        ("too long", format!("{good}{}", "A".repeat(4096)), "token.invalid"),
        ("noise", "a.b.c".to_owned(), "token.signature"),
    ] {
        let (status, problem) = rig.post(RECORDS, &token, &insurance()).await;
        assert_eq!((status, problem["code"].as_str()), (401, Some(code)), "{what}");
    }
    let url = rig.base.join(RECORDS).unwrap();
    let bare = rig.relay.http.post(url).json(&insurance()).send().await.unwrap();
    let problem: serde_json::Value = bare.json().await.unwrap();
    assert_eq!(problem["code"], "token.missing");
    assert_eq!(answers(&rig).await, 0);
}

#[tokio::test]
async fn nobody_but_the_relay_gets_in() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let ca = rig.authority.path("root.pem");
    let portal = Party::new("portal", &rig.authority, &ca);
    let mut claims = rig.own_look();
    claims.cnf.x5t_s256.clone_from(&portal.thumbprint);
    let (status, problem) = rig.post_as(&portal, RECORDS, &rig.token(&claims), &insurance()).await;
    assert_eq!((status, &problem["code"]), (403, &json!("peer.unknown")));
    let manifest = portal.http.get(rig.base.join("/v1/manifest").unwrap()).send().await.unwrap();
    assert_eq!(manifest.status().as_u16(), 403);

    // A relay by name, of an authority that the gateway does not know.
    let foreign = Party::new("relay", &Authority::new(), &ca);
    let mut claims = rig.own_look();
    claims.cnf.x5t_s256.clone_from(&foreign.thumbprint);
    let request = foreign.http.post(rig.base.join(RECORDS).unwrap());
    let refused = request.bearer_auth(rig.token(&claims)).json(&insurance()).send().await;
    assert!(refused.is_err());

    let bare = warifu_service::tls::ClientConfig { ca, certificate: None, key: None };
    let bare = warifu_service::tls::client(&bare, std::time::Duration::from_secs(5)).unwrap();
    assert!(bare.get(rig.base.join("/v1/manifest").unwrap()).send().await.is_err());
    assert_eq!(answers(&rig).await, 0);
}

#[tokio::test]
async fn a_question_out_of_bounds_is_refused() {
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let typed = |insurer: &str, number: &str, branch: &str| {
        json!({
            "typed": { "insurer_number": insurer, "symbol": "東京", "number": number,
                       "branch": branch, "birth_date": "1955-05-05" },
            "target_date": "2026-11-20"
        })
    };
    let huge = json!({ "service": "x".repeat(70_000) });
    let treatment = || rig.treatment(None);
    for (what, path, claims, body, status, code) in [
        ("huge", RECORDS, rig.own_look(), huge, 413, "request.too-large"),
        ("no shape", RECORDS, rig.own_look(), json!([]), 422, "request.unreadable"),
        (
            "another's record",
            RECORDS,
            rig.own_look(),
            json!({ "service": "pension" }),
            404,
            "service.unknown",
        ),
        (
            "a long insurer",
            ELIGIBILITY,
            treatment(),
            typed(&"1".repeat(41), "001", "00"),
            422,
            "card-number.insurer",
        ),
        (
            "a long number",
            ELIGIBILITY,
            treatment(),
            typed("00000001", &"1".repeat(41), "00"),
            422,
            "card-number.number",
        ),
        (
            "no branch",
            ELIGIBILITY,
            treatment(),
            typed("00000001", "001", "本人"),
            422,
            "card-number.branch",
        ),
        (
            "an individual number",
            ELIGIBILITY,
            treatment(),
            typed("00000001", "1234-5678-9018", "00"),
            422,
            "field.individual-number",
        ),
    ] {
        let (got, problem) = rig.post(path, &rig.token(&claims), &body).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{what}");
    }
    assert_eq!(answers(&rig).await, 0);
}

#[tokio::test]
async fn a_connector_without_insurance_decides_nothing() {
    let rig = Rig::start(ConnectorKind::Pension).await;
    let claims = rig.treatment(Some(TARO));
    let (status, problem) = rig.post(ELIGIBILITY, &rig.token(&claims), &by_card()).await;
    assert_eq!((status, &problem["code"]), (404, &json!("service.unknown")));
}

#[test]
fn every_refusal_has_its_advice() {
    let words = Words::new(&[JA], &[EN]).unwrap();
    let mut codes: Vec<&str> =
        crate::token::TokenError::ALL.iter().map(|error| error.code()).collect();
    codes.extend(TypedCardError::ALL.map(TypedCardError::code));
    codes.extend([
        "token.missing",
        "token.replayed",
        "token.purpose",
        "token.subject",
        "subject.unknown",
        "linking.closed",
        "voucher.refused",
        "voucher.other-ceremony",
        "link.not-offered",
        "link.taken",
        "service.unknown",
        "relay.keys",
        "peer.none",
        "peer.unknown",
    ]);
    assert!(lacking_advice(&words, &codes).is_empty());
}
