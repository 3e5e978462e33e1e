//! The register over real mutual TLS, on both databases.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use warifu_contract::identity::{IdentityAnswer, IdentityOutcome, MatchLevel};
use warifu_service::clock::{FrozenClock, SeededEntropy};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::TlsConfig;
use warifu_service::{Surroundings, fetch_all};

use super::{ResidentRegister, ResidentsConfig};
use crate::gateway::tests::rig::{Authority, Party};
use crate::store::tests::places;

struct Rig {
    register: ResidentRegister,
    office: Party,
    relay: Party,
    base: String,
    _authority: Authority,
    _stop: tokio_util::sync::DropGuard,
}

async fn rig(database: DatabaseConfig) -> Rig {
    let authority = Authority::new();
    let (certificate, key) = authority.certify("register");
    let client_ca = Some(authority.path("root.pem"));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listen = ListenConfig { address, tls: Some(TlsConfig { certificate, key, client_ca }) };
    let surroundings = Surroundings {
        clock: Arc::new(FrozenClock::at(Timestamp::from_second(1_795_000_000).unwrap())),
        entropy: Arc::new(SeededEntropy::new(3)),
    };
    let config = ResidentsConfig { listen: listen.clone(), database, office: "office".to_owned() };
    let register = ResidentRegister::open(config, surroundings).await.unwrap();
    register.load_demo().await.unwrap();
    register.load_demo().await.unwrap();
    let server = Server::bind(&listen).await.unwrap();
    let base = format!("https://localhost:{}", server.address().port());
    let stop = CancellationToken::new();
    tokio::spawn(server.serve(register.router(), stop.clone()));
    let ca = authority.path("root.pem");
    Rig {
        office: Party::new("office", &authority, &ca),
        relay: Party::new("relay", &authority, &ca),
        register,
        base,
        _authority: authority,
        _stop: stop.drop_guard(),
    }
}

fn application(name: &str) -> serde_json::Value {
    let taro = crate::demo::people().unwrap().iter().find(|one| one.key == "ueno-taro").unwrap();
    assert_eq!(taro.birth_date, date(1955, 5, 5));
    json!({
        "items": { "name": name, "address": taro.address, "birth_date": "1955-05-05", "sex": "male" },
        "application": "A7K2-9QXM",
    })
}

async fn ask(rig: &Rig, party: &Party, body: &serde_json::Value) -> reqwest::Response {
    let url = format!("{}/identity-proof", rig.base);
    party.http.post(url).json(body).send().await.unwrap()
}

#[tokio::test]
async fn a_resident_is_proved_with_the_same_reference_each_time_and_it_is_logged() {
    for place in places().await {
        let rig = rig(place.config.clone()).await;
        let mut references = Vec::new();
        for name in ["上野 太郎", "上野　太郎"] {
            let response = ask(&rig, &rig.office, &application(name)).await;
            let answer: IdentityAnswer = response.json().await.unwrap();
            let IdentityOutcome::Proved { person, items } = answer.outcome else {
                panic!("{answer:?}");
            };
            assert_eq!(items.address, MatchLevel::Exact);
            references.push(person);
        }
        assert_eq!(references[0], references[1]);
        assert_eq!(references[0].len(), 32);
        let sql = "SELECT result, resident_id FROM identity_proofs";
        let store = rig.register.store().database();
        let rows = fetch_all!(store.read(), (String, Option<String>), sql).unwrap();
        assert_eq!(rows, vec![("proved".to_owned(), Some(references[0].clone())); 2]);
    }
}

#[tokio::test]
async fn a_stranger_is_unknown_and_an_overlong_name_refused() {
    for place in places().await {
        let rig = rig(place.config.clone()).await;
        let mut stranger = application("例 花子");
        stranger["items"]["birth_date"] = json!("1971-02-03");
        stranger["items"]["address"] = json!("東京都千代田区見本1");
        let answer: IdentityAnswer = ask(&rig, &rig.office, &stranger).await.json().await.unwrap();
        assert_eq!(answer.outcome, IdentityOutcome::Unknown);
        let response = ask(&rig, &rig.office, &application(&"長".repeat(101))).await;
        assert_eq!(response.status(), 422);
        let problem: serde_json::Value = response.json().await.unwrap();
        assert_eq!(problem["code"], "identity.item");
    }
}

#[tokio::test]
async fn nobody_but_the_card_office_is_answered() {
    for place in places().await {
        let rig = rig(place.config.clone()).await;
        let response = ask(&rig, &rig.relay, &application("上野 太郎")).await;
        assert_eq!(response.status(), 403);
    }
}
