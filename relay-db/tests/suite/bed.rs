//! A relay that serves, its connectors, an identity provider's keys, and two registered clients.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use warifu_contract::records::{DisplayName, Panel, Service};
use warifu_pki::security_event::{Event, EventIssuer, SecurityEvent};
use warifu_pki::{Actor, Confirmation, FileKey, Organization, Purpose, Ticket, TicketIssuer};
use warifu_relay::batch::config::BatchesConfig;
use warifu_relay::config::{
    ConnectorConfig, IdentityProviderConfig, LogConfig, RelayConfig, SlipsConfig,
};
use warifu_relay::deposit::{Approval, DepositConfig, DepositedInsurer};
use warifu_relay::{ConnectorLimits, Relay};
use warifu_service::clock::{Clock as _, SystemEntropy};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::seal::KeyRing;
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings, execute, tls};

use crate::federation::Federation;
use crate::source::Source;

pub const IDP: &str = "https://idp.localhost:8444";
pub const HIGH: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI";
pub const DESK: &str = "urn:warifu:role:clinic-desk";
pub const TARO: &str = "taro-at-the-relay";
pub const INSURER_NUMBER: &str = "00330019";
/// What each connector knows 太郎 as.
pub fn pseudonym(connector: &str) -> String {
    format!("{connector}-knows-taro")
}

/// Everything that one test needs.
pub struct Bed {
    pub federation: Federation,
    pub relay: Relay,
    pub config: RelayConfig,
    pub insurer: Source,
    pub checkup: Source,
    pub pension: Source,
    pub idp: TicketIssuer,
    pub events: EventIssuer,
    /// The identity provider as a party.
    pub idp_party: Client,
    pub portal: Client,
    pub hospital: Client,
    base: String,
    stop: CancellationToken,
}

/// A second server of the relay.
pub struct Neighbour {
    base: String,
    stop: CancellationToken,
}

impl Neighbour {
    pub async fn history(&self, client: &Client, token: &str) -> Response {
        let request = client.http.get(format!("{}/history", self.base)).bearer_auth(token);
        request.send().await.unwrap()
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A registered party that calls the relay.
pub struct Client {
    pub certificate: String,
    pub http: reqwest::Client,
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Where the databases are.
#[derive(Debug, Clone, Copy)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// SQLite, and PostgreSQL when `WARIFU_TEST_POSTGRES` is set.
pub fn engines() -> Vec<Engine> {
    let postgres = std::env::var_os("WARIFU_TEST_POSTGRES").map(|_| Engine::Postgres);
    [Engine::Sqlite].into_iter().chain(postgres).collect()
}

impl Bed {
    pub async fn new() -> Self {
        Self::on(Engine::Sqlite).await
    }

    /// A bed whose relay has 太郎 linked to all three connectors.
    pub async fn on(engine: Engine) -> Self {
        let federation = Federation::new();
        federation.party("relay");
        let token_key = federation.key("token").public_key().clone();
        let ticket_key = federation.key("ticket");
        let idp_key = federation.key("idp-ticket");
        let events = EventIssuer::new(Arc::new(federation.key("idp-events"))).unwrap();
        let insurer = Source::start(&federation, "insurer", token_key.clone()).await;
        let checkup = Source::start(&federation, "checkup", token_key.clone()).await;
        let pension = Source::start(&federation, "pension", token_key).await;
        save_keys(&federation);
        let urls = [&insurer.url, &checkup.url, &pension.url];
        let config = config(&federation, engine, urls).await;
        let relay = open(&federation, &config).await;
        for connector in ["insurer", "checkup", "pension"] {
            relay.link(TARO, connector, &pseudonym(connector)).await.unwrap();
        }
        let (base, stop) = serve(&relay).await;
        let idp = TicketIssuer::new(Arc::new(idp_key), ticket_key.public_key()).unwrap();
        let portal = Client::new(&federation, "portal");
        let hospital = Client::new(&federation, "hospital");
        let idp_party = Client::new(&federation, "idp");
        Self {
            federation,
            relay,
            config,
            insurer,
            checkup,
            pension,
            idp,
            events,
            idp_party,
            portal,
            hospital,
            base,
            stop,
        }
    }

    /// Closes the relay and opens it again from the same databases.
    pub async fn restart(&mut self) {
        self.stop.cancel();
        self.relay.close().await;
        self.relay = open(&self.federation, &self.config).await;
        (self.base, self.stop) = serve(&self.relay).await;
    }

    /// Opens the relay again with an insurer that deposits.
    pub async fn depositing(&mut self, engine: Engine, insurer: DepositedInsurer) {
        self.depositing_all(engine, vec![insurer]).await;
    }

    /// Opens the relay again with insurers that deposit.
    pub async fn depositing_all(&mut self, engine: Engine, insurers: Vec<DepositedInsurer>) {
        self.config.deposit = Some(DepositConfig {
            database: database(&self.federation, engine, "deposit").await,
            folder: self.federation.path("deposit"),
            refuse_wrong_percent: 5,
            confirm_removed_percent: 10,
            approval: Approval::default(),
            largest_bytes: 1 << 30,
            keep_file_days: 7,
            linking: None,
            insurers,
        });
        self.restart().await;
    }

    /// Opens the relay again with a short deadline for the connector `id`.
    pub async fn hurry(&mut self, id: &str) {
        for connector in &mut self.config.connectors {
            if connector.id == id {
                connector.deadline_ms = 200;
            }
        }
        self.restart().await;
    }

    pub fn now(&self) -> Timestamp {
        self.federation.clock.now()
    }

    pub fn pass(&self, time: SignedDuration) {
        self.federation.clock.advance(time);
    }

    /// A resident's ticket for the portal.
    pub fn ticket(&self) -> Ticket {
        let iat = self.now().as_second();
        Ticket {
            iss: IDP.into(),
            aud: "urn:warifu:relay".into(),
            sub: TARO.into(),
            jti: Surroundings::system().hex(16),
            iat,
            exp: iat + 300,
            acr: HIGH.into(),
            auth_time: iat,
            cnf: Confirmation { x5t_s256: self.portal.certificate.clone() },
            purpose: Purpose::Records,
            roles: vec!["urn:warifu:role:resident".into()],
            organization: None,
            act: None,
            holder: None,
        }
    }

    /// The ticket of a receptionist.
    pub fn desk_ticket(&self) -> Ticket {
        Ticket {
            sub: "receptionist".into(),
            roles: vec![DESK.into()],
            organization: Some(clinic()),
            ..self.ticket()
        }
    }

    /// The ticket for 太郎's card, tapped at the receptionist's desk.
    pub fn presence_ticket(&self) -> Ticket {
        let act = Actor { sub: "receptionist".into(), organization: Some(clinic()) };
        Ticket {
            acr: "urn:warifu:ac:presence".into(),
            exp: self.now().as_second() + 120,
            purpose: Purpose::Eligibility,
            roles: vec![DESK.into()],
            act: Some(act),
            ..self.ticket()
        }
    }

    /// `POST /token` with a sealed ticket.
    pub async fn exchange(&self, client: &Client, sealed: &str) -> Response {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", sealed),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ];
        client.http.post(self.url("/token")).form(&form).send().await.unwrap()
    }

    /// The access token that the portal gets for `ticket`.
    pub async fn token(&self, ticket: &Ticket) -> String {
        let answer = self.exchange(&self.portal, &self.idp.issue(ticket).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// The event that everything of `subject` before now is over.
    pub fn session_revoked(&self, subject: &str) -> SecurityEvent {
        let now = self.now().as_second();
        SecurityEvent {
            iss: IDP.into(),
            aud: "urn:warifu:relay".into(),
            jti: Surroundings::system().hex(16),
            iat: now,
            subject: subject.into(),
            event: Event::SessionRevoked { event_timestamp: now },
        }
    }

    /// `POST /events`.
    pub async fn tell(&self, client: &Client, event: &SecurityEvent) -> Response {
        self.tell_raw(client, "application/secevent+jwt", self.events.issue(event).unwrap()).await
    }

    pub async fn tell_raw(&self, client: &Client, kind: &str, body: String) -> Response {
        let request = client.http.post(self.url("/events")).header("content-type", kind);
        request.body(body).send().await.unwrap()
    }

    /// Serves the same databases by one more relay, as a second server would.
    pub async fn neighbour(&self) -> Neighbour {
        let relay = open(&self.federation, &self.config).await;
        let (base, stop) = serve(&relay).await;
        Neighbour { base, stop }
    }

    pub async fn post(&self, client: &Client, path: &str, token: &str, body: &Value) -> Response {
        self.try_post(client, path, token, body).await.unwrap()
    }

    /// As [`post`](Self::post), where the relay may be too slow to answer at all.
    pub async fn try_post(
        &self,
        client: &Client,
        path: &str,
        token: &str,
        body: &Value,
    ) -> reqwest::Result<Response> {
        client.http.post(self.url(path)).bearer_auth(token).json(body).send().await
    }

    pub async fn get(&self, client: &Client, path: &str, token: Option<&str>) -> Response {
        let request = client.http.get(self.url(path));
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.unwrap()
    }

    /// `POST /batches` with that file.
    pub async fn send_file(&self, client: &Client, token: Option<&str>, file: Vec<u8>) -> Response {
        let request = client.http.post(self.url("/batches?name=checks.csv")).body(file);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.unwrap()
    }

    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.portal.http.post(self.url(path)).form(form).send().await.unwrap()
    }

    /// As [`Self::post`], by somebody who waits so many milliseconds.
    pub async fn post_within(
        &self,
        millis: u64,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Response {
        let request = self.portal.http.post(self.url(path)).bearer_auth(token).json(body);
        request.header("warifu-deadline", millis).send().await.unwrap()
    }

    /// All panels of `POST /records`, in order of arrival.
    pub async fn panels(&self, token: &str, services: &[Service]) -> Vec<Panel> {
        let body = serde_json::json!({ "services": services });
        let answer = self.post(&self.portal, "/records", token, &body).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
        let text = answer.text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

impl Client {
    pub fn new(federation: &Federation, name: &str) -> Self {
        let certificate = federation.party(name);
        let config = federation.client_tls(name);
        Self { certificate, http: tls::client(&config, Duration::from_secs(10)).unwrap() }
    }
}

/// The status and the code of a refusal.
pub async fn refusal(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (status, body["code"].as_str().unwrap().to_owned())
}

pub fn clinic() -> Organization {
    Organization { code: "1310000001".into(), name: "第一診療所".into() }
}

fn save_keys(federation: &Federation) {
    let ring = KeyRing::generate("test", &SystemEntropy).unwrap();
    ring.save(&federation.path("columns.toml")).unwrap();
    let key = warifu_log::NoteKey::generate("relay.test/log", &SystemEntropy).unwrap();
    key.save(&federation.path("log.key")).unwrap();
}

async fn open(federation: &Federation, config: &RelayConfig) -> Relay {
    let surroundings =
        Surroundings { clock: federation.clock.clone(), entropy: Arc::new(SystemEntropy) };
    Relay::open(config.clone(), surroundings).await.unwrap()
}

async fn serve(relay: &Relay) -> (String, CancellationToken) {
    let server = Server::bind(&relay.config().listen).await.unwrap();
    let base = format!("https://localhost:{}", server.address().port());
    let stop = CancellationToken::new();
    tokio::spawn(server.serve(relay.router(), stop.clone()));
    tokio::spawn(relay.clone().run(stop.clone()));
    (base, stop)
}

async fn config(federation: &Federation, engine: Engine, urls: [&String; 3]) -> RelayConfig {
    let [insurer, checkup, pension] = urls;
    RelayConfig {
        listen: ListenConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            tls: Some(federation.server_tls("relay")),
        },
        clients: vec!["portal".into(), "hospital".into()],
        consent_clients: Vec::new(),
        database: database(federation, engine, "relay").await,
        column_keys: federation.path("columns.toml"),
        log: LogConfig {
            database: database(federation, engine, "log").await,
            key: federation.path("log.key"),
            origin: "relay.test/log".into(),
            witnesses: Vec::new(),
            cosignatures: None,
            retention: BTreeMap::new(),
        },
        ticket_key: federation.path("ticket.key"),
        audience: "urn:warifu:relay".into(),
        identity_providers: vec![IdentityProviderConfig {
            issuer: IDP.into(),
            ticket_key: federation.path("idp-ticket.pub"),
            events_key: Some(federation.path("idp-events.pub")),
            party: "idp".into(),
        }],
        token_key: federation.path("token.key"),
        announced_token_keys: None,
        past_token_keys: None,
        client: federation.client_tls("relay"),
        session_minutes: 30,
        node: 7,
        connectors: vec![
            connector("insurer", insurer, Service::Insurance, &[INSURER_NUMBER]),
            connector("checkup", checkup, Service::Checkup, &[]),
            connector("pension", pension, Service::Pension, &[]),
        ],
        office: None,
        batches: BatchesConfig::default(),
        systems: Vec::new(),
        deposit: None,
        slips: SlipsConfig::default(),
    }
}

fn connector(id: &str, url: &str, service: Service, numbers: &[&str]) -> ConnectorConfig {
    ConnectorConfig {
        id: id.into(),
        url: url.into(),
        party: format!("connector-{id}"),
        services: vec![service],
        insurer_numbers: numbers.iter().map(|&number| number.to_owned()).collect(),
        name: DisplayName { ja: format!("{id}の組織"), en: format!("The {id}") },
        deadline_ms: 10_000,
        organization: Some(format!("{id}-org")),
        manifest_keys: Vec::new(),
        limits: ConnectorLimits::default(),
    }
}

async fn database(federation: &Federation, engine: Engine, name: &str) -> DatabaseConfig {
    match engine {
        Engine::Sqlite => DatabaseConfig::sqlite(&federation.path(&format!("{name}.db"))),
        Engine::Postgres => {
            let url = std::env::var("WARIFU_TEST_POSTGRES").unwrap();
            DatabaseConfig { url: own_schema(&url, name).await, connections: 4 }
        }
    }
}

/// Makes a schema that no other test uses, and gives the address that leads there.
async fn own_schema(url: &str, name: &str) -> String {
    let schema = format!("{name}_{}", Surroundings::system().hex(8));
    let config = DatabaseConfig { url: url.to_owned(), connections: 1 };
    let database = Database::connect(&config).await.unwrap();
    let sql = format!("CREATE SCHEMA {schema}");
    execute!(database.write(), sqlx::AssertSqlSafe(sql.clone())).unwrap();
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}options[search_path]={schema}")
}

/// A key that nobody else uses, for tickets of a stranger.
pub fn stranger() -> FileKey {
    FileKey::generate(warifu_pki::KeyAlgorithm::P256).unwrap()
}
