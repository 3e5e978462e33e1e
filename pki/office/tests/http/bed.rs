//! An office that serves, a register, an identity provider, and those who call.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use warifu_ca::CaConfig;
use warifu_contract::card_office::{Action, Card};
use warifu_office::{
    Actor, ApiConfig, CardKey, CardOffice, CardProofs, FelicaSettings, FontConfig,
    IdentityProviderConfig, LetterConfig, Lifetimes, LinkedConnector, LinkingConfig, Names,
    NotifyConfig, OfficeApi, OfficeConfig, OfficeSettings, RegisterSettings, StaffRole,
};
use warifu_pki::security_event::{Event, EventIssuer, SecurityEvent};
use warifu_pki::{
    Confirmation, FileKey, HolderIssuer, KeyAlgorithm, KeySource, PossessionProof, PublicKey,
    Purpose, Ticket, TicketIssuer,
};
use warifu_service::Surroundings;
use warifu_service::clock::Clock as _;
use warifu_service::http::{ListenConfig, Server};
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls;

use crate::federation::{Engine, Federation, client_tls, server_tls};
use crate::idp::Idp;
use crate::register::{self, applicant};

pub const ISSUER: &str = "https://idp.localhost:8444";
pub const HIGH: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI";
pub const CLERK: &str = "aaaaaaaaclerkaaaaaaaa2222aaaaaaa";
pub const APPROVER: &str = "bbbbbbbbapproverbbbbbb2222bbbbbb";
pub const CONNECTORS: [&str; 2] = ["checkup", "insurer"];
pub const CALLS: &str = "ccccccccccallscccccccc2222cccccc";

/// Everything that one test needs.
pub struct Bed {
    pub federation: Federation,
    pub config: OfficeConfig,
    pub office: CardOffice,
    pub api: OfficeApi,
    pub idp: Idp,
    pub tickets: TicketIssuer,
    pub events: EventIssuer,
    /// A registered portal …
    pub portal: Client,
    /// … and another one.
    pub other_portal: Client,
    /// The identity provider as a caller.
    pub provider: Client,
    /// The relay as a caller.
    pub relay: Client,
    /// Tells the office whose card signed in.
    pub holders: HolderIssuer,
    /// What the connectors of the federation open their vouchers with.
    pub connectors: BTreeMap<&'static str, FileKey>,
    pub voucher_key: PublicKey,
    /// A party that is not registered.
    pub stranger: Client,
    base: String,
    stop: CancellationToken,
    _folder: TempDir,
}

/// Somebody with a certificate who calls the office.
pub struct Client {
    pub certificate: String,
    http: reqwest::Client,
}

/// A member of staff through the portal, with the ticket as it is sent.
pub struct Staff<'a> {
    bed: &'a Bed,
    pub ticket: String,
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Bed {
    /// An office whose background work runs.
    pub async fn on(engine: Engine) -> Self {
        let bed = Self::quiet(engine).await;
        bed.start_work();
        bed
    }

    /// An office that tells nobody anything by itself.
    pub async fn quiet(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let federation = Federation::found(folder.path(), engine).await;
        let stop = CancellationToken::new();
        for party in ["office", "idp"] {
            federation.party(party).await;
        }
        let tickets = federation.key("idp-ticket");
        let events = federation.key("idp-events");
        let own = federation.key("ticket");
        let own_events = federation.key("events");
        let voucher_key = federation.key("voucher").public_key().clone();
        let connectors = CONNECTORS.map(|id| (id, federation.key(&format!("{id}-linking")))).into();
        let register = register::serve(&federation, stop.clone()).await;
        let (idp, notify) = Idp::serve(&federation, own_events.public_key(), stop.clone()).await;
        let surroundings = federation.surroundings();
        warifu_office::init(&folder.path().join("secrets"), &surroundings).unwrap();
        let database = DatabaseConfig::sqlite(Path::new("the authority has opened it"));
        let authority = crate::federation::authority(folder.path(), database);
        let config = config(folder.path(), authority, &register, &notify);
        let office = CardOffice::open(&config.office, federation.ca.clone(), surroundings).await;
        let office = office.unwrap();
        let api = OfficeApi::open(&config, office.clone()).unwrap();
        let base = serve(&config, &api, stop.clone()).await;
        Self {
            portal: Client::new(&federation, "portal").await,
            other_portal: Client::new(&federation, "portal-two").await,
            provider: Client::of(&federation, "idp"),
            relay: Client::new(&federation, "relay").await,
            stranger: Client::new(&federation, "stranger").await,
            holders: HolderIssuer::new(Arc::new(tickets.clone()), own.public_key()).unwrap(),
            connectors,
            voucher_key,
            tickets: TicketIssuer::new(Arc::new(tickets), own.public_key()).unwrap(),
            events: EventIssuer::new(Arc::new(events)).unwrap(),
            federation,
            config,
            office,
            api,
            idp,
            base,
            stop,
            _folder: folder,
        }
    }

    pub fn start_work(&self) {
        tokio::spawn(self.api.clone().run(self.stop.clone()));
    }

    /// Another process of the same office, as far as the database can tell; gives its address.
    pub async fn colleague(&self) -> (OfficeApi, String) {
        let (ca, surroundings) = (self.federation.ca.clone(), self.federation.surroundings());
        let office = CardOffice::open(&self.config.office, ca, surroundings).await.unwrap();
        let api = OfficeApi::open(&self.config, office).unwrap();
        let base = serve(&self.config, &api, self.stop.clone()).await;
        (api, base)
    }

    pub fn now(&self) -> Timestamp {
        self.federation.clock.now()
    }

    pub fn pass(&self, time: SignedDuration) {
        self.federation.clock.advance(time);
    }

    /// A ticket for that person, with these roles, through the portal.
    pub fn ticket(&self, subject: &str, roles: &[&str]) -> Ticket {
        let iat = self.now().as_second();
        Ticket {
            iss: ISSUER.into(),
            aud: "urn:warifu:ca".into(),
            sub: subject.into(),
            jti: Surroundings::system().hex(16),
            iat,
            exp: iat + 3600,
            acr: HIGH.into(),
            auth_time: iat,
            cnf: Confirmation { x5t_s256: self.portal.certificate.clone() },
            purpose: Purpose::CardOffice,
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            organization: None,
            act: None,
            holder: None,
        }
    }

    pub fn staff(&self, ticket: &Ticket) -> Staff<'_> {
        Staff { bed: self, ticket: self.tickets.issue(ticket).unwrap() }
    }

    pub fn clerk(&self) -> Staff<'_> {
        self.staff(&self.ticket(CLERK, &[StaffRole::Clerk.urn()]))
    }

    pub fn approver(&self) -> Staff<'_> {
        self.staff(&self.ticket(APPROVER, &[StaffRole::Approver.urn()]))
    }

    pub fn calls(&self) -> Staff<'_> {
        self.staff(&self.ticket(CALLS, &[StaffRole::CallCentre.urn()]))
    }

    /// A call by a client, with a ticket or without one.
    pub async fn call(&self, client: &Client, call: Call<'_>, ticket: Option<&str>) -> Response {
        self.call_at(&self.base, client, call, ticket).await
    }

    pub async fn call_at(
        &self,
        base: &str,
        client: &Client,
        call: Call<'_>,
        ticket: Option<&str>,
    ) -> Response {
        let mut request = client.http.request(call.method, format!("{base}{}", call.path));
        if let Some(ticket) = ticket {
            request = request.bearer_auth(ticket);
        }
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        if let Some(body) = call.body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    /// `POST /events` with a token, by a client.
    pub async fn push(&self, client: &Client, kind: &str, token: String) -> Response {
        let request = client.http.post(format!("{}/events", self.base)).body(token);
        request.header("content-type", kind).send().await.unwrap()
    }

    /// What the identity provider says, signed.
    pub fn event(&self, subject: &str, event: Event) -> SecurityEvent {
        SecurityEvent {
            iss: ISSUER.into(),
            aud: "urn:warifu:ca".into(),
            jti: Surroundings::system().hex(16),
            iat: self.now().as_second(),
            subject: subject.into(),
            event,
        }
    }

    pub async fn told(&self, event: &SecurityEvent) -> u16 {
        let token = self.events.issue(event).unwrap();
        let answer = self.push(&self.provider, "application/secevent+jwt", token).await;
        answer.status().as_u16()
    }

    /// A card that is finished and lies in the office.
    pub async fn made(&self, name: &str) -> Card {
        let (clerk, approver) = (Actor::machine("clerk"), Actor::machine("approver"));
        let application = serde_json::from_value(application(name)).unwrap();
        let card = self.office.apply(&clerk, application, None).await.unwrap();
        let id: CardKey = card.id.parse().unwrap();
        self.office.act(&clerk, &id, None, Action::Prove).await.unwrap();
        self.office.act(&approver, &id, None, Action::Approve).await.unwrap();
        let made = self.office.personalise_with(&clerk, &id, |holder| {
            let key = || FileKey::generate(KeyAlgorithm::P256).unwrap();
            let proof = || PossessionProof::request(holder, &key());
            Ok(CardProofs { authentication: proof()?, presence: Some(proof()?) })
        });
        made.await.unwrap();
        self.office.card(&clerk, &id).await.unwrap().unwrap()
    }

    /// A card in its holder's hands, and its holder reference, which only certificates bear.
    pub async fn delivered(&self, name: &str) -> (Card, String) {
        let card = self.made(name).await;
        let (id, clerk): (CardKey, _) = (card.id.parse().unwrap(), Actor::machine("clerk"));
        let before = self.idp.taken().len();
        let card = self.office.act(&clerk, &id, None, Action::Deliver).await.unwrap();
        let told = self.idp.until(before + 1).await;
        (card, told[before].subject.clone())
    }
}

/// One HTTP request.
#[derive(Clone)]
pub struct Call<'a> {
    pub method: Method,
    pub path: &'a str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Value>,
}

impl<'a> Call<'a> {
    pub fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, headers: Vec::new(), body: None }
    }

    pub fn post(path: &'a str, body: Value) -> Self {
        Self { method: Method::POST, path, headers: Vec::new(), body: Some(body) }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Staff<'_> {
    pub async fn call(&self, call: Call<'_>) -> Response {
        self.bed.call(&self.bed.portal, call, Some(&self.ticket)).await
    }

    pub async fn get(&self, path: &str) -> Response {
        self.call(Call::get(path)).await
    }

    pub async fn apply(&self, name: &str) -> Response {
        let key = Surroundings::system().hex(16);
        self.call(Call::post("/cards", application(name)).with("idempotency-key", key)).await
    }

    pub async fn act(&self, card: &Card, action: Value) -> Response {
        let path = format!("/cards/{}/actions", card.id);
        let version = format!("\"{}\"", card.version);
        self.call(Call::post(&path, action).with("if-match", version)).await
    }

    /// … and gives the card as it is then.
    pub async fn does(&self, card: &Card, action: &str) -> Card {
        let answer = self.act(card, json!({ "action": action })).await;
        assert_eq!(answer.status(), 200, "{action}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }
}

impl Client {
    async fn new(federation: &Federation, name: &str) -> Self {
        federation.party(name).await;
        Self::of(federation, name)
    }

    fn of(federation: &Federation, name: &str) -> Self {
        let config = federation.client_tls(name);
        let http = tls::client(&config, Duration::from_secs(20)).unwrap();
        let certificate = config.certificate.unwrap();
        Self { certificate: tls::thumbprint_of_file(&certificate).unwrap(), http }
    }
}

/// The status and the code of a refusal.
pub async fn refusal(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

/// 様式1 of that person.
pub fn application(name: &str) -> Value {
    json!({
        "channel": "paper",
        "applicant": applicant(name),
        "phone": "087-000-1234",
        "consent": true,
    })
}

async fn serve(config: &OfficeConfig, api: &OfficeApi, stop: CancellationToken) -> String {
    let server = Server::bind(&config.api.listen).await.unwrap();
    let base = format!("https://localhost:{}", server.address().port());
    tokio::spawn(server.serve(api.router(), stop));
    base
}

pub fn config(folder: &Path, authority: CaConfig, register: &str, notify: &str) -> OfficeConfig {
    OfficeConfig {
        authority,
        office: OfficeSettings {
            folder: folder.join("secrets"),
            register: Some(RegisterSettings {
                url: register.to_owned(),
                party: "register".into(),
                tls: client_tls(folder, "office"),
                timeout_seconds: 5,
            }),
            lifetimes: Lifetimes::default(),
            names: Names::default(),
            felica: FelicaSettings::default(),
        },
        api: ApiConfig {
            listen: ListenConfig {
                address: "127.0.0.1:0".parse().unwrap(),
                tls: Some(server_tls(folder, "office")),
            },
            portals: vec!["portal".into(), "portal-two".into()],
            ticket_key: folder.join("ticket.key"),
            identity_providers: vec![IdentityProviderConfig {
                issuer: ISSUER.into(),
                party: "idp".into(),
                ticket_key: folder.join("idp-ticket.pub"),
                events_key: folder.join("idp-events.pub"),
            }],
        },
        notify: NotifyConfig {
            url: notify.to_owned(),
            client: client_tls(folder, "office"),
            events_key: KeySource::file(folder.join("events.key")),
        },
        letter: LetterConfig {
            consortium: "讃岐広域連携協議会".into(),
            department: "カード事務局".into(),
            address: "香川県高松市番町0丁目0番0号".into(),
            phone: "087-000-0000".into(),
            hours: "平日 9時〜17時".into(),
            lost_phone: "0120-000-000".into(),
            portal: "https://portal.example.jp".into(),
        },
        font: FontConfig::default(),
        linking: Some(LinkingConfig {
            relay: "relay".into(),
            key: KeySource::file(folder.join("voucher.key")),
            connectors: CONNECTORS.map(|id| connector(folder, id)).into(),
        }),
    }
}

fn connector(folder: &Path, id: &str) -> LinkedConnector {
    LinkedConnector { id: id.to_owned(), key: folder.join(format!("{id}-linking.pub")) }
}
