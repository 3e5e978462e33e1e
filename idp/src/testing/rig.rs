//! An identity provider with one service provider and one card holder, and a browser before it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tower::ServiceExt;
use warifu_pki::security_event::{CardStatus, Event, EventIssuer, SecurityEvent};
use warifu_pki::{
    Authority, FileKey, HolderOpener, KeyAlgorithm, KeySource, PolicyArc, PublicKey, TicketOpener,
};
use warifu_saml::{AuthnRequest, Entity};
use warifu_service::Surroundings;
use warifu_service::clock::{FrozenClock, SystemEntropy};
use warifu_service::http::ListenConfig;
use warifu_service::seal::KeyRing;
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::ClientConfig;

use super::card::{Card, CardKind};
use super::felica::FelicaToken;
use super::pki::{HOLDER, Pki, days, p256, rsa};
use super::provider::{self, Provider};
use crate::centre::Centre;
use crate::config::{
    AgentsConfig, AttributeName, CardIssuerConfig, CardOfficeConfig, CardsConfig, ContactConfig,
    KeysConfig, LimitsConfig, MetadataSource, Origin, RelayConfig, ServiceProviderConfig,
    SessionsConfig, SigningChoice, SigningKeyConfig,
};
use crate::enforce;
use crate::{Idp, IdpConfig, Organization, PairwiseKey, PersonId, Role, metadata_xml};

pub(crate) const ORIGIN: &str = "https://idp.example";
pub(crate) const OFFICE: &str = "urn:warifu:ca";

pub(crate) struct Rig {
    pub(crate) idp: Idp,
    pub(crate) config: IdpConfig,
    pub(crate) clock: Arc<FrozenClock>,
    pub(crate) surroundings: Surroundings,
    pub(crate) pki: Pki,
    pub(crate) portal: Provider,
    /// A virtual resident's card.
    pub(crate) card: Card,
    pub(crate) resident: PersonId,
    relay: FileKey,
    office: FileKey,
    pub(crate) folder: tempfile::TempDir,
}

/// One answer of the identity provider.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The value of an attribute in the page.
    pub(crate) fn attribute(&self, name: &str) -> String {
        let at = format!("{name}=\"");
        let start = self.body.find(&at).unwrap_or_else(|| panic!("no {name}: {}", self.body));
        let rest = &self.body[start + at.len()..];
        let value = &rest[..rest.find('"').unwrap()];
        value.replace("&#43;", "+").replace("&#38;", "&").replace("&amp;", "&")
    }

    /// The value of a hidden field in the page.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let start = self.body.find(&format!("name=\"{name}\""))?;
        let rest = Self { body: self.body[start..].to_owned(), ..self.bare() };
        Some(rest.attribute("value"))
    }

    fn bare(&self) -> Self {
        Self { status: self.status, headers: HeaderMap::new(), body: String::new() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    /// The code of a problem document.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn location(&self) -> String {
        self.headers[LOCATION].to_str().unwrap().to_owned()
    }
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::at("2026-11-20T01:15:00Z".parse().unwrap(), "portal.example").await
    }

    /// A rig whose configuration is changed before it starts.
    pub(crate) async fn with(change: impl FnOnce(&mut IdpConfig, &Pki)) -> Self {
        let now = "2026-11-20T01:15:00Z".parse().unwrap();
        Box::pin(Self::build(now, "portal.example", |config, pki, _| change(config, pki))).await
    }

    /// The same at another time; the last argument is the rig's folder.
    pub(crate) async fn at_with(
        now: jiff::Timestamp,
        change: impl FnOnce(&mut IdpConfig, &Pki, &Path),
    ) -> Self {
        Box::pin(Self::build(now, "portal.example", change)).await
    }

    /// A rig whose service provider is registered otherwise, and says otherwise in its metadata: the
    /// first text of each pair gives way to the second.
    pub(crate) async fn registered(
        change: impl FnOnce(&mut ServiceProviderConfig),
        described: &[(&str, &str)],
    ) -> Self {
        let now = "2026-11-20T01:15:00Z".parse().unwrap();
        Box::pin(Self::build(now, "portal.example", |config, _, folder| {
            change(&mut config.service_providers[0]);
            let path = folder.join("portal.xml");
            let mut xml = std::fs::read_to_string(&path).unwrap();
            for (from, to) in described {
                assert!(xml.contains(from), "no {from} in {xml}");
                xml = xml.replacen(from, to, 1);
            }
            std::fs::write(&path, xml).unwrap();
        }))
        .await
    }

    /// A rig at that time, whose service provider is at that host.
    pub(crate) async fn at(now: jiff::Timestamp, host: &str) -> Self {
        Box::pin(Self::build(now, host, |_, _, _| ())).await
    }

    /// A rig at that time, whose service provider is at that host, and whose configuration is
    /// changed before it starts.
    pub(crate) async fn build(
        now: jiff::Timestamp,
        host: &str,
        change: impl FnOnce(&mut IdpConfig, &Pki, &Path),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pki = Pki::new(now);
        let portal = Provider::new(&pki, host);
        portal.write_metadata(&folder.path().join("portal.xml"), now + days(7));
        let (relay, office) = (p256(), p256());
        let mut config = write_config(folder.path(), &pki, &relay, &office);
        change(&mut config, &pki, folder.path());
        let clock = Arc::new(FrozenClock::at(now));
        let surroundings = Surroundings { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
        let idp = Idp::open(config.clone(), surroundings.clone()).await.unwrap();
        let resident = PersonId::parse(&"a".repeat(32)).unwrap();
        let card = Card::new(&pki, CardKind::Authentication, HOLDER);
        let rig = Self {
            idp,
            config,
            clock,
            surroundings,
            pki,
            portal,
            card,
            resident,
            relay,
            office,
            folder,
        };
        rig.enrol('a', "上野太郎", Role::Resident, None, HOLDER).await;
        rig.publish(&rig.pki.list(&[], 1)).await;
        rig
    }

    /// The same configuration, files and database once more, as after a restart.
    pub(crate) async fn reopen(&mut self) {
        self.idp = Idp::open(self.config.clone(), self.surroundings.clone()).await.unwrap();
    }

    pub(crate) fn centre(&self) -> &Centre {
        self.idp.centre()
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.surroundings.now()
    }

    /// Publishes a revocation list and lets the identity provider fetch it.
    pub(crate) async fn publish(&self, list: &[u8]) {
        std::fs::write(self.folder.path().join("cards.crl"), list).unwrap();
        std::fs::write(self.folder.path().join("staff.crl"), self.pki.staff_list()).unwrap();
        self.look().await;
    }

    /// Lets the identity provider look once for newer lists.
    pub(crate) async fn look(&self) {
        let centre = self.centre();
        for watch in &centre.watches {
            let (taken, _) = watch.look(&centre.trust, &centre.store, self.now()).await;
            assert!(enforce::obey_all(centre, taken).await.is_empty());
        }
    }

    /// An event of the card office, said now.
    pub(crate) fn said(&self, about: &str, event: Event) -> SecurityEvent {
        SecurityEvent {
            iss: OFFICE.into(),
            aud: ORIGIN.into(),
            jti: self.surroundings.hex(16),
            iat: self.now().as_second(),
            subject: about.into(),
            event,
        }
    }

    /// The card office's signature on an event.
    pub(crate) fn signed(&self, event: &SecurityEvent) -> String {
        EventIssuer::new(Arc::new(self.office.clone())).unwrap().issue(event).unwrap()
    }

    pub(crate) async fn tell(&self, about: &str, event: Event) {
        self.idp.apply(&self.said(about, event)).await.unwrap();
    }

    pub(crate) async fn tell_state(&self, holder: &str, state: CardStatus) {
        self.tell(holder, Event::CardState { state, reason: None }).await;
    }

    /// Makes a card known that still waits for its holder.
    pub(crate) async fn issue(
        &self,
        person: char,
        name: &str,
        role: Role,
        organization: Option<Organization>,
        holder: &str,
    ) {
        let event = Event::CardIssued {
            person: person.to_string().repeat(32),
            display_name: name.into(),
            roles: vec![role.urn().into()],
            organization,
            replaces: None,
        };
        self.tell(holder, event).await;
    }

    pub(crate) async fn enrol(
        &self,
        person: char,
        name: &str,
        role: Role,
        organization: Option<Organization>,
        holder: &str,
    ) {
        self.issue(person, name, role, organization, holder).await;
        self.tell_state(holder, CardStatus::Active).await;
    }

    /// Makes a member of staff at a clinic known and gives their card.
    pub(crate) async fn staff(&self) -> Card {
        let holder = "f".repeat(32);
        let clinic = Organization { code: "3712345".into(), name: "春日佐々木医院".into() };
        self.enrol('f', "受付 花子", Role::ClinicDesk, Some(clinic), &holder).await;
        Card::new(&self.pki, CardKind::Staff, &holder)
    }

    /// Makes a member of the card office's staff known and gives their card.
    pub(crate) async fn clerk(&self) -> Card {
        let holder = "e".repeat(32);
        self.enrol('e', "窓口 次郎", Role::CardClerk, None, &holder).await;
        Card::new(&self.pki, CardKind::Staff, &holder)
    }

    /// Makes a member of a city hall's staff known and gives their card.
    pub(crate) async fn city_clerk(&self) -> Card {
        let holder = "d".repeat(32);
        let city = Organization { code: "372011".into(), name: "見本市役所".into() };
        self.enrol('d', "市民 三郎", Role::CityClerk, Some(city), &holder).await;
        Card::new(&self.pki, CardKind::Staff, &holder)
    }

    /// A new browser.
    pub(crate) fn tab(&self) -> Tab<'_> {
        Tab { rig: self, router: self.idp.router(), cookies: BTreeMap::new(), language: "ja" }
    }

    pub(crate) fn idp_metadata(&self) -> Entity {
        let xml = metadata_xml(&self.config, &self.surroundings).unwrap();
        provider::read_idp(&xml, self.now())
    }

    /// Judges the answer in a page as the service provider does.
    pub(crate) fn login(&self, page: &Answer, request: &AuthnRequest) -> warifu_saml::Login {
        self.consume(page, request).unwrap()
    }

    pub(crate) fn consume(
        &self,
        page: &Answer,
        request: &AuthnRequest,
    ) -> Result<warifu_saml::Login, warifu_saml::Refusal> {
        let response = STANDARD.decode(page.field("SAMLResponse").unwrap()).unwrap();
        self.portal.consume(&response, &self.idp_metadata(), request, self.now())
    }

    /// The Response in a page, as it stands.
    #[expect(clippy::unused_self, reason = "reads like the others")]
    pub(crate) fn response(&self, page: &Answer) -> String {
        let response = STANDARD.decode(page.field("SAMLResponse").unwrap()).unwrap();
        String::from_utf8(response).unwrap()
    }

    /// The same by a provider that knows the identity provider by this metadata.
    pub(crate) fn consume_as(
        &self,
        page: &Answer,
        idp: &Entity,
        request: &AuthnRequest,
    ) -> Result<warifu_saml::Login, warifu_saml::Refusal> {
        let response = STANDARD.decode(page.field("SAMLResponse").unwrap()).unwrap();
        self.portal.consume(&response, idp, request, self.now())
    }

    /// The configuration of a SAML key.
    pub(crate) fn saml(&mut self, choice: SigningChoice) -> &mut SigningKeyConfig {
        match choice {
            SigningChoice::P256 => &mut self.config.keys.saml_p256,
            SigningChoice::Rsa => &mut self.config.keys.saml_rsa,
        }
    }

    /// The relay's side of a ticket.
    pub(crate) fn open_ticket(&self, ticket: &str) -> warifu_pki::Ticket {
        let idp = self.public(&self.config.keys.ticket);
        let opener = TicketOpener::new(&self.relay, idp, ORIGIN, "urn:warifu:relay").unwrap();
        opener.open(ticket, self.now()).unwrap()
    }

    /// The card office's side of a ticket.
    pub(crate) fn open_office_ticket(&self, ticket: &str) -> warifu_pki::Ticket {
        let idp = self.public(&self.config.keys.ticket);
        let opener = TicketOpener::of_office(&self.office, idp, ORIGIN, OFFICE).unwrap();
        opener.open(ticket, self.now()).unwrap()
    }

    /// The card office's side of what the relay carries to it in a ticket.
    pub(crate) fn open_holder(&self, sealed: &str) -> warifu_pki::CardHolder {
        let idp = self.public(&self.config.keys.ticket);
        let opener = HolderOpener::new(&self.office, idp, ORIGIN, OFFICE).unwrap();
        opener.open(sealed, self.now()).unwrap()
    }

    /// The public half of one of the identity provider's keys.
    #[expect(clippy::unused_self, reason = "reads like the others")]
    pub(crate) fn public(&self, source: &KeySource) -> PublicKey {
        PublicKey::from_der(source.open().unwrap().public_key_der()).unwrap()
    }
}

/// A browser: it keeps cookies, follows nothing by itself.
pub(crate) struct Tab<'a> {
    rig: &'a Rig,
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) language: &'static str,
}

impl Tab<'_> {
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn post_json(&mut self, path: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/json")
            .header("accept", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn post_form(&mut self, path: &str, body: &str) -> Answer {
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("accept", "text/html")
            .header("origin", ORIGIN)
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let headers = request.headers_mut();
        headers.insert(COOKIE, cookies.join("; ").parse().unwrap());
        headers.insert("accept-language", self.language.parse().unwrap());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        self.keep_cookies(&parts.headers);
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, _) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Goes with the request to the login page.
    pub(crate) async fn reach_login_page(&mut self, request: &AuthnRequest) -> Answer {
        let answer = self.get(&self.rig.portal.redirect(request)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let page = self.get(&answer.location()).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        page
    }

    /// Lets the card answer what the page asks; the nonce comes out of the signed request.
    pub(crate) async fn answer_with(&mut self, page: &Answer, card: &Card) -> Answer {
        let nonce = claims(&page.attribute("data-request"))["nonce"].clone();
        let token = card.token(ORIGIN, nonce.as_str().unwrap());
        self.give(page, &token).await
    }

    /// Lets a FeliCa card answer what the page asks.
    pub(crate) async fn answer_with_felica(
        &mut self,
        page: &Answer,
        card: &mut FelicaToken,
    ) -> Answer {
        let nonce = claims(&page.attribute("data-request"))["nonce"].clone();
        let felica = card.answer(ORIGIN, nonce.as_str().unwrap());
        self.give_felica(page, &felica).await
    }

    pub(crate) async fn give_felica(&mut self, page: &Answer, felica: &Value) -> Answer {
        let tx = page.attribute("data-tx");
        self.post_json("/login/felica", &json!({ "tx": tx, "felica": felica })).await
    }

    pub(crate) async fn give(&mut self, page: &Answer, token: &Value) -> Answer {
        let tx = page.attribute("data-tx");
        self.post_json("/login/token", &json!({ "tx": tx, "token": token })).await
    }

    /// A whole sign-in, up to the page that posts the answer.
    pub(crate) async fn sign_in(&mut self, request: &AuthnRequest, card: &Card) -> Answer {
        let page = self.reach_login_page(request).await;
        let answer = self.answer_with(&page, card).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let next = answer.json()["next"].as_str().unwrap().to_owned();
        let done = self.get(&next).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        done
    }
}

/// The claims of a signed token, unverified.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn write_config(folder: &Path, pki: &Pki, relay: &FileKey, office: &FileKey) -> IdpConfig {
    let file = |name: &str| folder.join(name);
    let write = |name: &str, text: String| {
        std::fs::write(file(name), text).unwrap();
        file(name)
    };
    let key = |name: &str| {
        p256().save(&file(name)).unwrap();
        KeySource::file(file(name))
    };
    KeyRing::generate("1", &SystemEntropy).unwrap().save(&file("columns.toml")).unwrap();
    PairwiseKey::generate(&SystemEntropy).save(&file("pairwise")).unwrap();
    let ca = write("ca.pem", pki.root.certificate().pem());
    let portal = pki.party("portal", &["portal.example"], p256().public_key());
    IdpConfig {
        public_url: Origin::try_from(ORIGIN.to_owned()).unwrap(),
        listen: ListenConfig { address: ([127, 0, 0, 1], 0).into(), tls: None },
        database: DatabaseConfig::sqlite(&file("idp.db")),
        keys: KeysConfig {
            columns: file("columns.toml"),
            pairwise: file("pairwise"),
            ticket: key("ticket.pem"),
            agent_request: key("agent-request.pem"),
            events: key("events.pem"),
            saml_p256: saml_key(folder, pki, &p256()),
            saml_rsa: saml_key(folder, pki, rsa(KeyAlgorithm::Rsa3072)),
            metadata: None,
        },
        relay: RelayConfig {
            ticket_key: write("relay.pub", public_pem(relay.public_key())),
            audience: "urn:warifu:relay".into(),
            events_url: None,
            party: "relay".into(),
        },
        card_office: Some(CardOfficeConfig {
            events_key: write("office.pub", public_pem(office.public_key())),
            ticket_key: write("office-ticket.pub", public_pem(office.public_key())),
            issuer: OFFICE.into(),
            events_url: "https://localhost:9/events".into(),
            party: "ca".into(),
        }),
        agents: AgentsConfig::default(),
        cards: CardsConfig {
            root: ca.clone(),
            issuers: vec![
                issuer(&file("cards.crl"), write("cards.pem", pem_of(&pki.cards))),
                issuer(&file("staff.crl"), write("staff.pem", pem_of(&pki.staff))),
            ],
            policies: PolicyArc::default(),
            schemes: Vec::new(),
        },
        felica: None,
        card_host: None,
        outgoing: ClientConfig { ca, certificate: None, key: None },
        sessions: SessionsConfig::default(),
        limits: LimitsConfig { attempts_per_address: 1000, ..LimitsConfig::default() },
        contact: ContactConfig::default(),
        call_centre: None,
        signed_requests_only: false,
        service_providers: vec![ServiceProviderConfig {
            client_certificate: Some(write("portal.crt", portal.pem())),
            attributes: vec![
                AttributeName::PairwiseId,
                AttributeName::DisplayName,
                AttributeName::Roles,
                AttributeName::Organization,
                AttributeName::RelayTicket,
                AttributeName::OfficeTicket,
                AttributeName::CardUntil,
            ],
            // The federation's own pages say themselves what they are told.
            consent: false,
            ..ServiceProviderConfig::of(MetadataSource::File(file("portal.xml")))
        }],
        aggregates: Vec::new(),
    }
}

fn issuer(list: &Path, certificate: std::path::PathBuf) -> CardIssuerConfig {
    let lists = list.to_str().unwrap().to_owned();
    CardIssuerConfig {
        certificates: vec![certificate],
        authorities: None,
        lists,
        refresh_seconds: 60,
    }
}

pub(crate) fn saml_key(folder: &Path, pki: &Pki, key: &FileKey) -> SigningKeyConfig {
    let certificate = pki.party("idp", &["idp.example"], key.public_key());
    let (certificate, key) = pki.files(folder, &certificate, key);
    SigningKeyConfig { key: KeySource::file(key), certificate, announced: Vec::new() }
}

fn pem_of(authority: &Authority) -> String {
    authority.certificate().pem()
}

fn public_pem(key: &PublicKey) -> String {
    key.pem()
}
