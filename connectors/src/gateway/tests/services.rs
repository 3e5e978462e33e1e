//! Declared services over the wire: every line of the trial's table, what is entered, what is held
//! back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use warifu_contract::connector_token::{Actor, ConnectorClaims, Organization};
use warifu_contract::history::Purpose;
use warifu_contract::services::{Audience, Cell, EntryError, Row, SettleError};
use warifu_service::fetch_one;
use warifu_service::words::{Words, lacking_advice};

use super::rig::Rig;
use crate::demo::services::{Line, ORGANISATIONS, Organisation, Place, Side, matrix};
use crate::services::read;

/// The pages of the portal that are written by hand, of which the table's lines may speak.
const PAGES: [&str; 6] =
    ["/desk", "/desk/records", "/insurance", "/expenses", "/pension", "/checkups"];

async fn rig(id: &str) -> Rig {
    Rig::declaring(Organisation::named(id).unwrap()).await
}

/// A token with which `who` may read.
fn claims(rig: &Rig, who: Audience) -> ConnectorClaims {
    let organization = Organization { code: "1".into(), name: "見本".into() };
    let staff = |purpose| ConnectorClaims {
        act: Some(Actor::Staff { organization: organization.clone() }),
        purpose,
        ..rig.own_look()
    };
    match who {
        Audience::Clinic => staff(Purpose::Care),
        Audience::CityClerk => staff(Purpose::Procedure),
        Audience::Resident | Audience::Guardian | Audience::Other => rig.own_look(),
    }
}

async fn ask(rig: &Rig, who: Audience, service: &str) -> (u16, Value) {
    let token = rig.token(&claims(rig, who));
    rig.post("/v1/services/read", &token, &json!({ "service": service })).await
}

#[test]
fn the_table_is_whole_and_every_line_has_its_place() {
    let lines = matrix().unwrap();
    let on = |side| lines.iter().filter(|line| line.side == side).count();
    assert_eq!([Side::Clinic, Side::Resident, Side::Pupil, Side::City].map(on), [8, 17, 1, 1]);
    assert_eq!(lines.len(), 27);
    assert_eq!(lines.iter().map(|line| u32::from(line.consortia)).sum::<u32>(), 55);
    for Line { side, service, place, .. } in lines {
        match place {
            Place::Page(page) => assert!(PAGES.contains(&page.as_str()), "{page}"),
            Place::Service(id) => {
                let organisation = Organisation::named(id.connector()).unwrap();
                let manifest = read(organisation.manifest).unwrap();
                let declared = manifest.service(id.service()).expect(&service);
                assert!(declared.level_for(side.audience()).is_some(), "{service}");
            }
        }
    }
    // Named by the trial beside the table: the map of electronic money.
    assert!(
        read(Organisation::named("rail").unwrap().manifest).unwrap().service("card-navi").is_some()
    );
}

#[tokio::test]
async fn every_declared_service_of_the_table_is_told_to_those_it_is_for_and_to_nobody_else() {
    let mut wanted: BTreeMap<String, BTreeSet<(String, usize)>> = BTreeMap::new();
    let sides = [Side::Clinic, Side::Resident, Side::Pupil, Side::City];
    for line in matrix().unwrap() {
        if let Place::Service(id) = line.place {
            let side = sides.iter().position(|side| *side == line.side).unwrap();
            wanted.entry(id.connector().into()).or_default().insert((id.service().into(), side));
        }
    }
    for (organisation, services) in wanted {
        let rig = rig(&organisation).await;
        for (service, side) in services {
            let who = sides[side].audience();
            let (status, answer) = ask(&rig, who, &service).await;
            assert_eq!(status, 200, "{organisation}/{service}: {answer}");
            let manifest = read(Organisation::named(&organisation).unwrap().manifest).unwrap();
            let declared = manifest.service(&service).unwrap();
            for other in [Audience::Resident, Audience::Clinic, Audience::CityClerk] {
                // A guardian asks as a resident does: the holder knows the guardian.
                let purpose = claims(&rig, other).purpose;
                if declared.level_of(purpose).is_none() {
                    let (status, problem) = ask(&rig, other, &service).await;
                    assert_eq!((status, &problem["code"]), (403, &json!("token.purpose")));
                }
            }
        }
    }
}

#[tokio::test]
async fn every_organisation_has_something_to_show_and_all_of_it_is_as_declared() {
    for organisation in &ORGANISATIONS {
        let rig = Rig::declaring(organisation).await;
        let manifest = read(organisation.manifest).unwrap();
        let mut shown = BTreeSet::new();
        for member in rig.members.values() {
            let pseudonym = member.as_str().chars().rev().collect::<String>();
            rig.gateway.bind_pseudonym(member, &pseudonym).await.unwrap();
            for service in manifest.services.iter().filter(|one| one.elsewhere.is_none()) {
                let who = if service.level_of(Purpose::OwnLook).is_some() {
                    Audience::Resident
                } else {
                    Audience::CityClerk
                };
                let token = ConnectorClaims { sub: Some(pseudonym.clone()), ..claims(&rig, who) };
                let body = json!({ "service": service.id });
                let (status, answer) =
                    rig.post("/v1/services/read", &rig.token(&token), &body).await;
                assert_eq!(status, 200, "{}/{}: {answer}", organisation.id, service.id);
                let rows = answer["content"]["rows"].as_array().map_or(0, Vec::len);
                if rows > 0 || service.form.is_some() {
                    shown.insert(service.id.clone());
                }
            }
        }
        let holds = manifest.services.iter().filter(|one| one.elsewhere.is_none());
        assert_eq!(shown.len(), holds.count(), "{}: {shown:?}", organisation.id);
    }
}

fn entry(key: &str, weight: f64) -> Value {
    json!({
        "service": "vitals",
        "key": key,
        "values": { "day": "2026-11-20", "weight": weight },
    })
}

#[tokio::test]
async fn what_is_entered_is_kept_once_under_its_key_and_told_again() {
    let rig = rig("health").await;
    let key = "ab".repeat(16);
    let before = ask(&rig, Audience::Resident, "vitals").await.1;
    let send = |body: Value| {
        let token = rig.token(&rig.own_look());
        let rig = &rig;
        async move { rig.post("/v1/services/enter", &token, &body).await }
    };
    let (status, first) = send(entry(&key, 67.9)).await;
    assert_eq!((status, &first["status"]), (200, &json!("recorded")), "{first}");
    assert_eq!(send(entry(&key, 67.9)).await.1, first);
    let (status, other) = send(entry(&key, 68.0)).await;
    assert_eq!((status, &other["code"]), (409, &json!("entry.other")));
    let after = ask(&rig, Audience::Resident, "vitals").await.1;
    let rows = |answer: &Value| answer["content"]["rows"].as_array().unwrap().len();
    assert_eq!(rows(&after), rows(&before) + 1);
    assert_eq!(after["content"]["rows"][0], json!({ "day": "2026-11-20", "weight": 67.9 }));
    for (body, code) in [
        (entry(&"cd".repeat(16), 9_000.0), "entry.bounds"),
        (json!({ "service": "vitals", "key": key, "values": {} }), "entry.empty"),
        (entry("short", 60.0), "entry.key"),
        (json!({ "service": "phr", "key": key, "values": {} }), "entry.no-form"),
        (json!({ "service": "nothing", "key": key, "values": {} }), "service.unknown"),
    ] {
        let (status, problem) = send(body).await;
        assert_eq!(problem["code"], code, "{problem}");
        assert!((400..500).contains(&status));
    }
    let clinic = rig.token(&claims(&rig, Audience::Clinic));
    let (status, _) = rig.post("/v1/services/enter", &clinic, &entry(&"ef".repeat(16), 60.0)).await;
    assert_eq!(status, 403, "only members enter anything");
    let sql = "SELECT COUNT(*) FROM service_entries";
    let database = rig.gateway.store().database();
    assert_eq!(fetch_one!(database.read(), (i64,), sql).unwrap(), (1,));
}

#[tokio::test]
async fn an_application_says_where_it_stands() {
    let rig = rig("city").await;
    let values = json!({
        "certificate": "residence", "copies": 2.0, "whole": true, "collect": "2026-11-25",
    });
    let body = json!({ "service": "certificates", "key": "ab".repeat(16), "values": values });
    let token = rig.token(&rig.own_look());
    let (status, receipt) = rig.post("/v1/services/enter", &token, &body).await;
    assert_eq!((status, &receipt["status"]), (200, &json!("received")), "{receipt}");
    let reference = receipt["reference"].as_str().unwrap();
    let (status, listed) = office(&rig, "applications", json!({ "state": "open" })).await;
    assert_eq!((status, &listed["count"]), (200, &json!(1)), "{listed}");
    let first = &listed["applications"][0];
    assert_eq!(first["service"], "city/certificates");
    assert_eq!(first.as_object().unwrap().len(), 4, "nothing of what it says");

    let settle = |from: &str, to: &str, reason: Option<&str>| {
        json!({
            "reference": reference, "settle": { "from": from, "to": to, "reason": reason },
        })
    };
    let go = async |body: Value| {
        let (status, answer) = office(&rig, "application", body).await;
        (status, answer["code"].as_str().map_or_else(|| answer["sent"].clone(), Value::from))
    };
    let (status, seen) = go(json!({ "reference": reference })).await;
    assert_eq!((status, &seen["values"], &seen["status"]), (200, &values, &json!("received")));
    for (body, code) in [
        (settle("received", "nowhere", None), "application.state"),
        (settle("making", "ready", None), "application.changed"),
        (settle("received", "refused", None), "application.reason"),
        (json!({ "reference": "0000000000" }), "application.unknown"),
        (json!({ "reference": "a b" }), "application.unknown"),
    ] {
        assert_eq!(go(body).await.1, json!(code));
    }
    for _again in 0..2 {
        let (status, now) = go(settle("received", "making", None)).await;
        assert_eq!((status, &now["status"]), (200, &json!("making")));
        assert_eq!(now["steps"].as_array().unwrap().len(), 1, "once");
    }
    let why = "印鑑登録がありません。窓口へお越しください。";
    assert_eq!(go(settle("making", "refused", Some(why))).await.0, 200);
    assert_eq!(go(settle("refused", "collected", None)).await.1, json!("application.state"));
    let answer = ask(&rig, Audience::Resident, "certificates").await.1;
    let sent = &answer["content"]["submissions"][0];
    assert_eq!((&sent["status"], &sent["values"]), (&json!("refused"), &values));
    let steps = sent["steps"].as_array().unwrap();
    assert_eq!((steps.len(), &steps[1]["reason"]), (2, &json!(why)));
    for (state, count) in [("open", 0), ("closed", 1)] {
        let (_, listed) = office(&rig, "applications", json!({ "state": state })).await;
        assert_eq!(listed["count"], json!(count), "{state}");
    }
}

/// Asks as staff of the holder, about nobody.
async fn office(rig: &Rig, path: &str, body: Value) -> (u16, Value) {
    let claims = ConnectorClaims { sub: None, receipt: None, ..claims(rig, Audience::CityClerk) };
    rig.post(&format!("/v1/services/{path}"), &rig.token(&claims), &body).await
}

#[tokio::test]
async fn nobody_but_staff_of_the_holder_sees_applications() {
    let rig = rig("city").await;
    let own = rig.own_look();
    let staff = ConnectorClaims { sub: None, receipt: None, ..claims(&rig, Audience::CityClerk) };
    for claims in [
        own.clone(),
        ConnectorClaims { sub: own.sub.clone(), ..staff.clone() },
        ConnectorClaims { purpose: Purpose::Care, ..staff.clone() },
        ConnectorClaims { act: None, ..staff.clone() },
        ConnectorClaims { receipt: Some("r".into()), ..staff },
    ] {
        for (path, body) in [
            ("applications", json!({ "state": "open" })),
            ("application", json!({ "reference": "A" })),
        ] {
            let token = rig.token(&ConnectorClaims { jti: rig.own_look().jti, ..claims.clone() });
            let (status, problem) = rig.post(&format!("/v1/services/{path}"), &token, &body).await;
            assert_eq!((status, &problem["code"]), (403, &json!("token.purpose")), "{claims:?}");
        }
    }
}

#[tokio::test]
async fn nothing_leaves_that_is_not_as_declared() {
    let rig = rig("health").await;
    let taro = &rig.members["ueno-taro"];
    let now = rig.now();
    for hostile in [
        vec![("weight", Cell::Quantity { value: 150.0, unit: "lb".into() })],
        vec![("day", Cell::Text("2030-01-01".into()))],
        vec![("weight", Cell::Number(9_999.0))],
        vec![("note", Cell::Text("長".repeat(20_001)))],
    ] {
        let row = Row(hostile.into_iter().map(|(name, cell)| (name.into(), cell)).collect());
        let mut update = rig.gateway.store().update().await.unwrap();
        update.put_service_rows(taro, "vitals", &[row], now).await.unwrap();
        update.commit().await.unwrap();
        let (status, problem) = ask(&rig, Audience::Resident, "vitals").await;
        assert_eq!((status, &problem["code"]), (500, &json!("service.content")));
    }
    let mut update = rig.gateway.store().update().await.unwrap();
    update.put_service_rows(taro, "vitals", &vec![Row::default(); 600], now).await.unwrap();
    update.commit().await.unwrap();
    assert_eq!(ask(&rig, Audience::Resident, "vitals").await.0, 500, "too many rows");
}

#[tokio::test]
async fn the_manifest_is_for_the_relay_and_signed() {
    let rig = rig("city").await;
    let url = rig.base.join("/v1/services").unwrap();
    let response = rig.relay.http.get(url).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/jose");
    assert_eq!(response.text().await.unwrap().split('.').count(), 3);
    let plain = Rig::start(crate::config::ConnectorKind::Pension).await;
    let url = plain.base.join("/v1/services").unwrap();
    assert_eq!(plain.relay.http.get(url).send().await.unwrap().status(), 404);
}

#[test]
fn every_code_has_words() {
    let (ja, en) = (
        include_str!("../../../locales/ja/connector.ftl"),
        include_str!("../../../locales/en/connector.ftl"),
    );
    let words = Words::new(&[ja], &[en]).unwrap();
    let own = [
        "service.unknown",
        "service.content",
        "entry.no-form",
        "entry.key",
        "entry.other",
        "entry.full",
        "application.unknown",
    ];
    let codes = EntryError::ALL.map(EntryError::code).into_iter();
    let codes = codes.chain(SettleError::ALL.map(SettleError::code));
    let codes: Vec<&str> = own.into_iter().chain(codes).collect();
    assert!(lacking_advice(&words, &codes).is_empty(), "{:?}", lacking_advice(&words, &codes));
}
