//! Declared services through the relay to real gateways: who reads what at which level, what is
//! entered once, which manifests are believed.

mod mandates;
mod tapped;

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
    Application, ApplicationList, Catalogue, EntryReceipt, ServiceAnswer, ServiceManifest,
    ServiceOutcome,
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
    let mut bed = Box::pin(Bed::on(engine)).await;
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
            organization: Some(clinic().code),
            ..bed.config.connectors[0].clone()
        };
        bed.config.connectors.push(connector);
        servers.push((*id, listen, server, key));
    }
    bed.restart().await;
    let mut all = Vec::new();
    for (id, listen, server, key) in servers {
        all.push(Box::pin(gateway(&bed, id, listen, server, key)).await);
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
    let reader = json!({ "who": "organization", "code": code, "name": "見本" });
    given(bed, reader, purpose, service).await
}

async fn given(bed: &Bed, reader: Value, purpose: &str, service: &str) -> Consent {
    let token = bed.token(&bed.ticket()).await;
    let today = warifu_contract::calendar::today_in_japan(bed.now());
    let body = json!({
        "scope": { "services": [], "declared": [service] }, "reader": reader,
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

    let clerk = clerk(&bed);
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

fn clerk(bed: &Bed) -> Ticket {
    Ticket {
        sub: "clerk".into(),
        roles: vec!["urn:warifu:role:city-clerk".into()],
        ..bed.desk_ticket()
    }
}

/// Applies for a certificate, and gives the application's number.
async fn applied(bed: &Bed) -> String {
    let token = bed.token(&bed.ticket()).await;
    let day = warifu_contract::calendar::today_in_japan(bed.now());
    let values = json!({ "certificate": "residence", "copies": 2.0, "collect": day });
    let body = json!({ "service": "city/certificates", "values": values });
    let call = bed.portal.http.post(bed.url("/services/enter")).bearer_auth(&token);
    let call = call.header("idempotency-key", "application-key-01").json(&body);
    let answer = call.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json::<EntryReceipt>().await.unwrap().reference
}

#[tokio::test]
async fn staff_of_the_holder_move_an_application_on_and_the_resident_sees_it() {
    for engine in engines() {
        let (bed, _declaring) = bed(engine, &["city"]).await;
        let reference = applied(&bed).await;
        let token = fresh(&bed, &clerk(&bed)).await;
        let listed = bed.get(&bed.portal, "/services/applications?state=open", Some(&token)).await;
        let listed: ApplicationList = listed.json().await.unwrap();
        assert_eq!((listed.count, listed.applications.len()), (1, 1));
        assert_eq!(listed.applications[0].reference, reference);
        assert_eq!(listed.services.len(), 3);
        let path = format!("/services/applications/city/{reference}");
        let seen = bed.get(&bed.portal, &path, Some(&token)).await;
        let seen: Application = seen.json().await.unwrap();
        assert_eq!(seen.sent.values.0.len(), 3, "what the application says");

        let settle = async |from: &str, to: &str, reason: Option<&str>| {
            let body = json!({ "from": from, "to": to, "reason": reason });
            bed.post(&bed.portal, &format!("{path}/settle"), &token, &body).await
        };
        let none = refusal(settle("received", "refused", None).await).await;
        assert_eq!(none, (422, "application.reason".into()));
        for _again in 0..2 {
            assert_eq!(settle("received", "making", None).await.status(), 204);
        }
        let late = refusal(settle("received", "ready", None).await).await;
        assert_eq!(late, (409, "application.changed".into()));
        let why = "窓口で本人確認が要ります。";
        assert_eq!(settle("making", "refused", Some(why)).await.status(), 204);

        let answer = ask(&bed, &bed.ticket(), "city/certificates", None).await;
        let ServiceOutcome::Ready { content, .. } = answer.outcome else { panic!("nothing") };
        let sent = &content.submissions[0];
        assert_eq!((sent.status.as_str(), sent.steps.len()), ("refused", 2));
        assert_eq!(sent.steps[1].reason.as_deref(), Some(why));

        let history = fresh(&bed, &bed.ticket()).await;
        let history = bed.get(&bed.portal, "/history", Some(&history)).await;
        let history: HistoryPage = history.json().await.unwrap();
        let ground = Some(format!("application:{reference}"));
        let theirs = history.entries.into_iter().filter(|entry| entry.ground == ground);
        let results: Vec<_> = theirs.map(|entry| entry.result).collect();
        assert_eq!(results, [AccessResult::Moved, AccessResult::Moved, AccessResult::Shown]);
        let text = bed.relay.log().history(TARO, Series::Disclosure, None, 10).await.unwrap();
        assert!(!format!("{text:?}").contains(why), "the reason is between the two");
    }
}

#[tokio::test]
async fn a_silent_holder_costs_its_own_applications_only() {
    let (bed, mut declaring) = bed(Engine::Sqlite, &["city", "hospital"]).await;
    let [city, hospital] = &declaring[..] else { panic!("two") };
    let form = city.manifest.services.iter().rfind(|one| one.applications().is_some());
    let form = form.unwrap().clone();
    let silent = format!("hospital/{}", form.id);
    hospital.publish(9, |manifest| manifest.services.push(form), &hospital.key);
    assert!(bed.relay.read_manifests().await);
    let reference = applied(&bed).await;
    let token = fresh(&bed, &clerk(&bed)).await;
    let list =
        async || bed.get(&bed.portal, "/services/applications?state=open", Some(&token)).await;

    let both: ApplicationList = list().await.json().await.unwrap();
    assert_eq!((both.services.len(), both.silent.len()), (4, 0));
    declaring.pop();
    let partly: ApplicationList = list().await.json().await.unwrap();
    assert_eq!(partly.silent.iter().map(ToString::to_string).collect::<Vec<_>>(), [silent]);
    assert_eq!((partly.count, &*partly.applications[0].reference), (1, &*reference));
    declaring.pop();
    assert_eq!(refusal(list().await).await, (502, "application.silent".into()));
}

#[tokio::test]
async fn nobody_else_sees_applications_or_decides() {
    let (bed, _declaring) = bed(Engine::Sqlite, &["city"]).await;
    let reference = applied(&bed).await;
    let path = format!("/services/applications/city/{reference}");
    let other = warifu_pki::Organization { code: "999999".into(), name: "他市".into() };
    let elsewhere = Ticket { organization: Some(other), ..clerk(&bed) };
    let calls = Ticket { roles: vec!["urn:warifu:role:call-centre".into()], ..clerk(&bed) };
    let low = Ticket { acr: SUBSTANTIAL.into(), ..clerk(&bed) };
    for (ticket, expected) in [
        (elsewhere, (404, "application.unknown")),
        (calls, (403, "duty.none")),
        (low, (403, "duty.none")),
        (bed.ticket(), (403, "duty.none")),
    ] {
        let expected = (expected.0, expected.1.to_owned());
        let token = fresh(&bed, &ticket).await;
        let seen = bed.get(&bed.portal, &path, Some(&token)).await;
        assert_eq!(refusal(seen).await, expected);
        let body = json!({ "from": "received", "to": "making" });
        let moved = bed.post(&bed.portal, &format!("{path}/settle"), &token, &body).await;
        assert_eq!(refusal(moved).await, expected);
    }
    let own = Ticket { sub: TARO.into(), ..clerk(&bed) };
    let token = fresh(&bed, &own).await;
    let body = json!({ "from": "received", "to": "making" });
    let moved = bed.post(&bed.portal, &format!("{path}/settle"), &token, &body).await;
    assert_eq!(refusal(moved).await, (403, "application.own".into()));
    let token = fresh(&bed, &clerk(&bed)).await;
    let unknown = bed.get(&bed.portal, "/services/applications/pension/A1", Some(&token)).await;
    assert_eq!(refusal(unknown).await, (404, "application.unknown".into()));
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
