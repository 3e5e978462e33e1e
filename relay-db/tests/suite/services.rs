//! Declared services through the relay to real gateways: who reads what at which level, what is
//! entered once, which manifests are believed.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;
use warifu_connectors::demo::services::Organisation;
use warifu_connectors::services::{read, sign};
use warifu_connectors::{ConnectorKind, Gateway, GatewayConfig, RelayJwksConfig, ServicesConfig};
use warifu_contract::consent::Consent;
use warifu_contract::history::{AccessResult, Asked, HistoryPage};
use warifu_contract::records::DisplayName;
use warifu_contract::services::{
    Catalogue, EntryReceipt, ServiceAnswer, ServiceManifest, ServiceOutcome,
};
use warifu_log::{Action, Outcome, Series};
use warifu_pki::{FileKey, KeyAlgorithm, Ticket};
use warifu_relay::config::ConnectorConfig;
use warifu_service::http::{ListenConfig, Server};
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Surroundings, clock};

use crate::bed::{Bed, Engine, TARO, clinic, engines, refusal};

const SUBSTANTIAL: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Smartcard";

/// A gateway that declares services, and the key that signs its manifest.
struct Declaring {
    key: FileKey,
    path: PathBuf,
    manifest: ServiceManifest,
    gateway: Gateway,
    _stop: DropGuard,
}

impl Declaring {
    /// Publishes a version, signed by `key`.
    fn publish(&self, version: u32, change: impl FnOnce(&mut ServiceManifest), key: &FileKey) {
        let mut manifest = ServiceManifest { version, ..self.manifest.clone() };
        change(&mut manifest);
        std::fs::write(&self.path, sign(&manifest, key).unwrap()).unwrap();
    }
}

/// A bed with the gateways of these organisations, to which 太郎 is linked.
async fn bed(engine: Engine, organisations: &[&str]) -> (Bed, Vec<Declaring>) {
    let mut bed = Bed::on(engine).await;
    let mut servers = Vec::new();
    for id in organisations {
        let party = format!("connector-{id}");
        bed.federation.party(&party);
        let listen = ListenConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            tls: Some(bed.federation.server_tls(&party)),
        };
        let server = Server::bind(&listen).await.unwrap();
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let public = bed.federation.path(&format!("{id}-manifest.pub"));
        std::fs::write(&public, key.public_key().pem()).unwrap();
        let connector = ConnectorConfig {
            id: (*id).into(),
            url: format!("https://localhost:{}", server.address().port()),
            party,
            services: Vec::new(),
            insurer_numbers: Vec::new(),
            manifest_keys: vec![public],
            ..bed.config.connectors[0].clone()
        };
        bed.config.connectors.push(connector);
        servers.push((*id, listen, server, key));
    }
    bed.restart().await;
    let mut all = Vec::new();
    for (id, listen, server, key) in servers {
        all.push(gateway(&bed, id, listen, server, key).await);
    }
    assert!(bed.relay.read_manifests().await, "every manifest is believed");
    (bed, all)
}

async fn gateway(
    bed: &Bed,
    id: &str,
    listen: ListenConfig,
    server: Server,
    key: FileKey,
) -> Declaring {
    let federation = &bed.federation;
    let manifest = read(Organisation::named(id).unwrap().manifest).unwrap();
    let path = federation.path(&format!("{id}-manifest.jws"));
    std::fs::write(&path, sign(&manifest, &key).unwrap()).unwrap();
    let config = GatewayConfig {
        id: id.into(),
        kind: ConnectorKind::Services,
        name: DisplayName { ja: id.into(), en: id.into() },
        listen,
        database: DatabaseConfig::sqlite(&federation.path(&format!("gateway-{id}.db"))),
        source: None,
        services: Some(ServicesConfig { manifest: path.clone() }),
        relay_jwks: RelayJwksConfig {
            url: bed.url("/jwks.json"),
            party: "relay".into(),
            tls: federation.client_tls(&format!("connector-{id}")),
            refresh_seconds: 2,
        },
        linking: None,
    };
    let surroundings =
        Surroundings { clock: federation.clock.clone(), entropy: Arc::new(clock::SystemEntropy) };
    let gateway = Gateway::open(config, surroundings).await.unwrap();
    let members = gateway.load_demo().await.unwrap();
    let pseudonym = Surroundings::system().hex(16);
    gateway.bind_pseudonym(&members["ueno-taro"], &pseudonym).await.unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(server.serve(gateway.router(), stop.clone()));
    tokio::spawn(gateway.clone().run(stop.clone()));
    bed.relay.link(TARO, id, &pseudonym).await.unwrap();
    Declaring { key, path, manifest, gateway, _stop: stop.drop_guard() }
}

/// A token for the same person again: each ticket is good once.
async fn fresh(bed: &Bed, ticket: &Ticket) -> String {
    bed.token(&Ticket { jti: Surroundings::system().hex(16), ..ticket.clone() }).await
}

async fn ask(bed: &Bed, ticket: &Ticket, service: &str, basis: Option<Value>) -> ServiceAnswer {
    let token = fresh(bed, ticket).await;
    let mut body = json!({ "service": service });
    if let Some(basis) = basis {
        body["basis"] = basis;
    }
    let answer = bed.post(&bed.portal, "/services/read", &token, &body).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

fn refused(code: &str) -> ServiceOutcome {
    ServiceOutcome::Refused { code: code.into() }
}

fn is_ready(answer: &ServiceAnswer) -> bool {
    matches!(&answer.outcome, ServiceOutcome::Ready { content, .. } if content.check().is_ok())
}

async fn catalogue(bed: &Bed, ticket: &Ticket, query: &str) -> Vec<String> {
    let token = fresh(bed, ticket).await;
    let answer = bed.get(&bed.portal, &format!("/services{query}"), Some(&token)).await;
    let catalogue: Catalogue = answer.json().await.unwrap();
    catalogue.services.iter().map(|one| one.id.to_string()).collect()
}

#[tokio::test]
async fn a_person_reads_at_the_level_that_the_service_asks_for_and_each_look_is_logged() {
    for engine in engines() {
        let (bed, _declaring) = bed(engine, &["city", "health"]).await;
        let low = Ticket { acr: SUBSTANTIAL.into(), ..bed.ticket() };
        assert!(is_ready(&ask(&bed, &bed.ticket(), "city/vaccinations", None).await));
        assert!(is_ready(&ask(&bed, &low, "city/notices", None).await));
        let answer = ask(&bed, &low, "city/vaccinations", None).await;
        assert_eq!(answer.outcome, refused("level.low"));
        assert_eq!(answer.declaration.name.en, "Vaccinations");
        // Nothing about 太郎 there, and nothing can be entered.
        let none = ask(&bed, &bed.ticket(), "city/infants", None).await;
        assert_eq!(none.outcome, ServiceOutcome::Empty);

        let entries = bed.relay.log().history(TARO, Series::Disclosure, None, 10).await.unwrap();
        let told: Vec<_> = entries.into_iter().filter_map(|one| one.entry).collect();
        let told: Vec<_> = told.iter().map(|one| (one.asked[0].as_str(), &one.outcome)).collect();
        let low = Outcome::Refused("level.low".into());
        let expected = [
            ("city/infants", &Outcome::Empty),
            ("city/vaccinations", &low),
            ("city/notices", &Outcome::Shown),
            ("city/vaccinations", &Outcome::Shown),
        ];
        assert_eq!(told, expected);
        let listed = catalogue(&bed, &bed.ticket(), "").await;
        assert_eq!(listed.len(), 7 + 2, "{listed:?}");
    }
}

#[tokio::test]
async fn what_is_entered_is_taken_once_and_stands_in_the_history_by_name() {
    for engine in engines() {
        let (bed, declaring) = bed(engine, &["health"]).await;
        let token = bed.token(&bed.ticket()).await;
        let body = |weight: f64| {
            json!({ "service": "health/vitals",
                    "values": { "day": "2026-11-20", "weight": weight } })
        };
        let send = |weight: f64, key: &'static str| {
            let url = bed.url("/services/enter");
            let call = bed.portal.http.post(url).bearer_auth(&token).header("idempotency-key", key);
            call.json(&body(weight)).send()
        };
        let first = send(66.6, "entry-key-0000001").await.unwrap();
        assert_eq!(first.status(), 200);
        let first: EntryReceipt = first.json().await.unwrap();
        let again: EntryReceipt =
            send(66.6, "entry-key-0000001").await.unwrap().json().await.unwrap();
        assert_eq!(first, again);
        let other = send(67.7, "entry-key-0000001").await.unwrap();
        assert_eq!(refusal(other).await, (409, "idempotency.other-request".into()));
        let wrong = send(9_999.0, "entry-key-0000002").await.unwrap();
        assert_eq!(refusal(wrong).await, (422, "entry.bounds".into()));

        let entries = bed.relay.log().history(TARO, Series::Disclosure, None, 10).await.unwrap();
        let logged = entries.iter().filter_map(|one| one.entry.as_ref());
        let forms: Vec<_> = logged.filter(|entry| entry.action == Action::FormSent).collect();
        assert_eq!(forms.len(), 1, "one entry, one event");
        assert_eq!(forms[0].ground, Some(format!("entry:{}", first.reference)));
        let history = bed.get(&bed.portal, "/history", Some(&token)).await;
        let history: HistoryPage = history.json().await.unwrap();
        let entry = &history.entries[0];
        assert_eq!(entry.result, AccessResult::Sent);
        assert_eq!(entry.asked, Asked::Declared("health/vitals".parse().unwrap()));
        assert!(entry.named.as_ref().unwrap().en.starts_with("Health diary"));
        let members = declaring[0].gateway.store();
        assert!(members.member_called("nobody").await.unwrap().is_none());
    }
}

async fn consent(bed: &Bed, code: &str, purpose: &str, service: &str) -> Consent {
    let token = bed.token(&bed.ticket()).await;
    let today = warifu_contract::calendar::today_in_japan(bed.now());
    let body = json!({
        "scope": { "services": [], "declared": [service] },
        "reader": { "who": "organization", "code": code, "name": "見本" },
        "purpose": purpose, "from": today, "until": today, "text_version": "1",
    });
    let url = bed.url("/consents");
    let key = Surroundings::system().hex(16);
    let call = bed.portal.http.post(url).bearer_auth(&token).header("idempotency-key", key);
    let answer = call.json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_clinic_and_a_city_clerk_read_what_is_for_them_on_a_consent() {
    let (bed, _declaring) = bed(Engine::Sqlite, &["hospital", "society"]).await;
    let basis =
        |id: &str, purpose: &str| Some(json!({ "by": "consent", "id": id, "purpose": purpose }));
    let own = consent(&bed, &clinic().code, "care", "hospital/care").await;
    let desk = bed.desk_ticket();
    assert!(is_ready(&ask(&bed, &desk, "hospital/care", basis(&own.id, "care")).await));
    let other = ask(&bed, &desk, "hospital/emergency", basis(&own.id, "care")).await;
    assert_eq!(other.outcome, refused("consent.other"), "only what the consent names");
    let leavers = ask(&bed, &desk, "society/leavers", basis(&own.id, "care")).await;
    assert_eq!(leavers.outcome, refused("service.audience"), "a clinic is not a city");

    let clerk = Ticket {
        sub: "clerk".into(),
        roles: vec!["urn:warifu:role:city-clerk".into()],
        ..bed.desk_ticket()
    };
    let own = consent(&bed, &clinic().code, "procedure", "society/leavers").await;
    assert!(is_ready(&ask(&bed, &clerk, "society/leavers", basis(&own.id, "procedure")).await));
    let no_clerk = ask(&bed, &desk, "society/leavers", basis(&own.id, "procedure")).await;
    assert_eq!(no_clerk.outcome, refused("role.none"));
    let token = fresh(&bed, &desk).await;
    let enter = json!({ "service": "hospital/care", "values": {} });
    let call = bed.portal.http.post(bed.url("/services/enter")).bearer_auth(&token);
    let call = call.header("idempotency-key", "entry-key-0000003").json(&enter);
    let entered = refusal(call.send().await.unwrap()).await;
    assert_eq!(entered, (422, "entry.no-form".into()));
    let listed = catalogue(&bed, &clerk, "?audience=city-clerk").await;
    assert_eq!(listed, ["society/leavers"]);
    assert_eq!(catalogue(&bed, &desk, "?audience=clinic").await.len(), 5);
}

#[tokio::test]
async fn an_older_a_foreign_and_an_unsound_manifest_are_refused_and_the_last_good_one_stands() {
    for engine in engines() {
        let (mut bed, declaring) = bed(engine, &["city"]).await;
        let city = &declaring[0];
        let foreign = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let renamed = |name: &'static str| {
            move |manifest: &mut ServiceManifest| manifest.services[0].name.en = name.into()
        };
        let name = async |bed: &Bed| {
            bed.relay.read_manifests().await;
            ask(bed, &bed.ticket(), "city/notices", None).await.declaration.name.en
        };
        city.publish(3, renamed("Third"), &city.key);
        assert_eq!(name(&bed).await, "Third");
        city.publish(2, renamed("Older"), &city.key);
        assert_eq!(name(&bed).await, "Third");
        city.publish(3, renamed("Same version"), &city.key);
        assert_eq!(name(&bed).await, "Third");
        city.publish(4, renamed("Foreign"), &foreign);
        assert_eq!(name(&bed).await, "Third");
        let later = |manifest: &mut ServiceManifest| {
            manifest.services[0].name.en = "Later".into();
            manifest.valid_from = "2028-01-01".parse().unwrap();
            manifest.valid_until = "2028-12-31".parse().unwrap();
        };
        city.publish(5, later, &city.key);
        assert_eq!(name(&bed).await, "Third");
        bed.restart().await;
        city.publish(1, renamed("After a restart"), &city.key);
        assert_eq!(name(&bed).await, "Third", "what was taken is kept");
        city.publish(6, renamed("Sixth"), &city.key);
        assert_eq!(name(&bed).await, "Sixth");
    }
}
