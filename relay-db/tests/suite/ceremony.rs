//! The stage for linking: real gateways with the virtual people, and a card office that signs real
//! vouchers, all over mutual TLS.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use reqwest::Response;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use warifu_connectors::demo::services::Organisation;
use warifu_connectors::services::{read, sign};
use warifu_connectors::{ConnectorKind, Gateway, GatewayConfig, MemberId, ServicesConfig, demo};
use warifu_contract::connector_token::audience;
use warifu_contract::identity::FourItems;
use warifu_contract::linking::portal::{DoubtList, LinkEntry, LinkList, Standing};
use warifu_contract::linking::{Attributes, Vouchers, VouchersRequest};
use warifu_contract::records::DisplayName;
use warifu_pki::voucher::errand;
use warifu_pki::{
    FileKey, KeyAlgorithm, LinkingConfig, Organization, Ticket, Voucher, VoucherIssuer,
};
use warifu_relay::config::{ConnectorConfig, OfficeConfig};
use warifu_relay::deposit::DepositedInsurer;
use warifu_service::Surroundings;
use warifu_service::clock::{Clock as _, FrozenClock, SystemEntropy};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::storage::DatabaseConfig;

use crate::bed::{Bed, Engine};
use crate::federation::Federation;
use crate::keys;

const OFFICE: &str = "https://office.localhost";
pub const APPROVER: &str = "urn:warifu:role:link-approver";
pub const ADMIN: &str = "urn:warifu:role:consortium-admin";
/// The connector of the board of education.
pub const SCHOOL: &str = "school";

/// A relay, gateways in the place of two connectors and a second insurer, and a card office; with a
/// board of education where a test wants it.
pub struct Stage {
    pub bed: Bed,
    pub gateways: BTreeMap<&'static str, (Gateway, BTreeMap<String, MemberId>)>,
    pub office: Arc<Office>,
    stop: CancellationToken,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The card office.
pub struct Office {
    issuers: BTreeMap<String, VoucherIssuer>,
    clock: Arc<FrozenClock>,
    /// What it knows, by what stands in for the sealed holder.
    pub people: Mutex<BTreeMap<String, Attributes>>,
    pub is_down: Mutex<bool>,
    /// Every ceremony that it was asked for.
    pub heard: Mutex<Vec<VouchersRequest>>,
}

async fn vouchers(
    State(office): State<Arc<Office>>,
    Json(request): Json<VouchersRequest>,
) -> Result<Json<Vouchers>, StatusCode> {
    office.heard.lock().unwrap().push(request.clone());
    if *office.is_down.lock().unwrap() {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let attributes = office.people.lock().unwrap().get(&request.holder).cloned();
    let attributes = attributes.ok_or(StatusCode::NOT_FOUND)?;
    let vouchers = office.issuers.iter().map(|(id, issuer)| {
        let iat = office.clock.now().as_second();
        let voucher = Voucher {
            iss: OFFICE.to_owned(),
            aud: audience(id),
            sub: errand(&request.ceremony, id),
            jti: Surroundings::system().hex(16),
            iat,
            exp: iat + 300,
            attributes: attributes.clone(),
        };
        (id.clone(), issuer.issue(&voucher).unwrap())
    });
    Ok(Json(Vouchers { vouchers: vouchers.collect() }))
}

/// What the office knows of one of the virtual people.
pub fn attributes(key: &str) -> Attributes {
    let person = demo::people().unwrap().iter().find(|person| person.key == key).unwrap();
    let items = FourItems {
        name: person.name.clone(),
        kana: Some(person.name_kana.clone()),
        address: person.address.clone(),
        birth_date: person.birth_date,
        sex: person.sex,
    };
    Attributes { items, former_names: Vec::new() }
}

impl Stage {
    pub async fn on(engine: Engine) -> Self {
        let mut bed = Bed::on(engine).await;
        let stop = CancellationToken::new();
        let signer = Arc::new(bed.federation.key("office-voucher"));
        let (mut gateways, mut issuers) = (BTreeMap::new(), BTreeMap::new());
        for (id, kind) in [
            ("insurer", ConnectorKind::Insurer),
            ("checkup", ConnectorKind::Checkup),
            ("insurer2", ConnectorKind::Insurer),
        ] {
            if id == "insurer2" {
                bed.federation.party("connector-insurer2");
            }
            let key = bed.federation.key(&format!("{id}-linking"));
            issuers.insert(
                id.to_owned(),
                VoucherIssuer::new(signer.clone(), key.public_key()).unwrap(),
            );
            let (gateway, members, url) = gateway(&bed.federation, (id, kind), None, &stop).await;
            enrol(&mut bed, id, url);
            gateways.insert(id, (gateway, members));
        }
        // An insurer that deposits, and an organisation that declares services, where a test has one.
        for id in ["city", SCHOOL] {
            let key = bed.federation.key(&format!("{id}-linking"));
            let issuer = VoucherIssuer::new(signer.clone(), key.public_key()).unwrap();
            issuers.insert(id.to_owned(), issuer);
        }
        // The pension's connector takes no part in linking, but the office does not know that.
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        issuers.insert("pension".into(), VoucherIssuer::new(signer, key.public_key()).unwrap());
        let office = Arc::new(Office {
            issuers,
            clock: bed.federation.clock.clone(),
            people: Mutex::default(),
            is_down: Mutex::default(),
            heard: Mutex::default(),
        });
        bed.config.office = Some(serve_office(&bed.federation, &office, &stop).await);
        bed.restart().await;
        Self { bed, gateways, office, stop }
    }

    /// Opens the relay again with an insurer that deposits and to whose people cards are linked.
    pub async fn depositing(&mut self, engine: Engine, insurer: DepositedInsurer) {
        self.bed.depositing(engine, insurer).await;
        let path = |name: &str| self.bed.federation.path(name);
        let linking = LinkingConfig {
            key: path("city-linking.key"),
            office: OFFICE.into(),
            office_key: path("office-voucher.pub"),
        };
        self.bed.config.deposit.as_mut().unwrap().linking = Some(linking);
        self.bed.restart().await;
    }

    /// Opens the relay again with a board of education that declares its services, and to whose
    /// members people are linked.
    pub async fn schooling(&mut self) {
        let federation = &self.bed.federation;
        let path = |name: &str| federation.path(&format!("{SCHOOL}-{name}"));
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        std::fs::write(path("manifest.pub"), key.public_key().pem()).unwrap();
        let declared = read(Organisation::named(SCHOOL).unwrap().manifest).unwrap();
        std::fs::write(path("manifest.jws"), sign(&declared, &key).unwrap()).unwrap();
        let services = ServicesConfig { manifest: path("manifest.jws") };
        let manifest_keys = vec![path("manifest.pub")];
        federation.party(&format!("connector-{SCHOOL}"));
        let kind = (SCHOOL, ConnectorKind::Services);
        let (gateway, members, url) = gateway(federation, kind, Some(services), &self.stop).await;
        enrol(&mut self.bed, SCHOOL, url);
        let connector = self.bed.config.connectors.iter_mut().find(|one| one.id == SCHOOL);
        let connector = connector.unwrap();
        (connector.services, connector.manifest_keys) = (Vec::new(), manifest_keys);
        self.gateways.insert(SCHOOL, (gateway, members));
        self.bed.restart().await;
        assert!(self.bed.relay.read_manifests().await, "the manifest is believed");
    }

    /// The access token of a resident whom the office knows as `holder`.
    pub async fn resident(&self, subject: &str, holder: &str) -> String {
        let ticket =
            Ticket { sub: subject.into(), holder: Some(holder.into()), ..self.bed.ticket() };
        self.bed.token(&ticket).await
    }

    /// The access token of a member of staff.
    pub async fn staff(&self, member: &str, role: &str, organization: &str) -> String {
        let organization = Organization { code: organization.into(), name: "団体".into() };
        let ticket = Ticket {
            sub: member.into(),
            roles: vec![role.into()],
            organization: Some(organization),
            ..self.bed.ticket()
        };
        self.bed.token(&ticket).await
    }

    pub fn knows(&self, holder: &str, attributes: Attributes) {
        self.office.people.lock().unwrap().insert(holder.to_owned(), attributes);
    }

    /// Asks every holder, or these, and waits until each has answered.
    pub async fn discover(&self, token: &str, connectors: Option<&[&str]>) -> LinkList {
        let key = Surroundings::system().hex(16);
        let body = json!({ "idempotency_key": key, "connectors": connectors });
        let answer = self.bed.post(&self.bed.portal, "/links/discover", token, &body).await;
        assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
        for _ in 0..600 {
            let list = self.list(token).await;
            if list.links.iter().all(|link| link.standing != Standing::Searching) {
                return list;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("still searching")
    }

    pub async fn list(&self, token: &str) -> LinkList {
        let answer = self.bed.get(&self.bed.portal, "/links", Some(token)).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    pub async fn entry(&self, token: &str, connector: &str) -> LinkEntry {
        entry(&self.list(token).await, connector)
    }

    /// One step of the person's, or of staff's (`doubts/…`).
    pub async fn step(&self, token: &str, path: &str) -> Response {
        let body = json!({ "idempotency_key": Surroundings::system().hex(16) });
        self.bed.post(&self.bed.portal, &format!("/links/{path}"), token, &body).await
    }

    /// Confirms what was found at `connector`.
    pub async fn confirm(&self, token: &str, connector: &str) {
        let id = self.entry(token, connector).await.id.unwrap();
        let answer = self.step(token, &format!("{id}/confirm")).await;
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }

    pub async fn doubts(&self, token: &str) -> DoubtList {
        let answer = self.bed.get(&self.bed.portal, "/links/doubts", Some(token)).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    pub async fn approve(&self, token: &str, id: &str, candidate: u32) -> Response {
        let key = Surroundings::system().hex(16);
        let body = json!({ "idempotency_key": key, "candidate": candidate });
        let path = format!("/links/doubts/{id}/approve");
        self.bed.post(&self.bed.portal, &path, token, &body).await
    }

    /// The pseudonym by which the relay speaks of a virtual person at a gateway.
    pub async fn pseudonym(&self, connector: &str, key: &str) -> Option<String> {
        let (gateway, members) = &self.gateways[connector];
        gateway.store().pseudonym_of(members[key].as_str()).await.unwrap()
    }

    /// Waits until the gateway has heard that the person's link is over.
    pub async fn until_forgotten(&self, connector: &str, key: &str) {
        for _ in 0..400 {
            if self.pseudonym(connector, key).await.is_none() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the pseudonym lives on")
    }
}

pub fn entry(list: &LinkList, connector: &str) -> LinkEntry {
    list.links.iter().find(|link| link.connector == connector).unwrap().clone()
}

fn enrol(bed: &mut Bed, id: &str, url: String) {
    let known = bed.config.connectors.iter().position(|one| one.id == id);
    let place = known.unwrap_or_else(|| {
        let copy = ConnectorConfig {
            id: id.into(),
            party: format!("connector-{id}"),
            insurer_numbers: Vec::new(),
            organization: Some(format!("{id}-org")),
            ..bed.config.connectors[0].clone()
        };
        bed.config.connectors.push(copy);
        bed.config.connectors.len() - 1
    });
    bed.config.connectors[place].url = url;
}

async fn gateway(
    federation: &Federation,
    (id, kind): (&str, ConnectorKind),
    services: Option<ServicesConfig>,
    stop: &CancellationToken,
) -> (Gateway, BTreeMap<String, MemberId>, String) {
    let config = GatewayConfig {
        id: id.into(),
        kind,
        name: DisplayName { ja: format!("見本{id}"), en: format!("Sample {id}") },
        listen: ListenConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            tls: Some(federation.server_tls(&format!("connector-{id}"))),
        },
        database: DatabaseConfig::sqlite(&federation.path(&format!("{id}.db"))),
        source: None,
        services,
        relay_jwks: keys::published(federation, id, stop).await,
        linking: Some(LinkingConfig {
            key: federation.path(&format!("{id}-linking.key")),
            office: OFFICE.into(),
            office_key: federation.path("office-voucher.pub"),
        }),
    };
    let surroundings =
        Surroundings { clock: federation.clock.clone(), entropy: Arc::new(SystemEntropy) };
    let gateway = Gateway::open(config, surroundings).await.unwrap();
    let members = gateway.load_demo().await.unwrap();
    let server = Server::bind(&gateway.config().listen).await.unwrap();
    let url = format!("https://localhost:{}", server.address().port());
    tokio::spawn(server.serve(gateway.router(), stop.clone()));
    (gateway, members, url)
}

async fn serve_office(
    federation: &Federation,
    office: &Arc<Office>,
    stop: &CancellationToken,
) -> OfficeConfig {
    federation.party("office");
    let listen = ListenConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        tls: Some(federation.server_tls("office")),
    };
    let server = Server::bind(&listen).await.unwrap();
    let url = format!("https://localhost:{}", server.address().port());
    let router = Router::new().route("/vouchers", post(vouchers)).with_state(office.clone());
    tokio::spawn(server.serve(router, stop.clone()));
    OfficeConfig { url, party: "office".into() }
}
