//! One portal under test, and a browser that keeps cookies.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use tower::ServiceExt as _;
use warifu_saml::AuthnRequest;
use warifu_service::clock::{Clock as _, FrozenClock, SystemEntropy};
use warifu_service::http::ListenConfig;
use warifu_service::seal::KeyRing;
use warifu_service::session::SessionLimits;
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::ClientConfig;
use warifu_service::{Database, Surroundings, execute, fetch_one};

use super::office_peer::OfficePeer;
use super::peers::{self, Behaviour, ORIGIN, RelayPeer, Saying};
use super::pki::{CA, DECRYPT, Identity, OFFICE, PORTAL, SAML};
use crate::{CardOfficeConfig, DeskConfig, Portal, PortalConfig, RelayConfig, SamlConfig};

pub struct Rig {
    pub portal: Portal,
    pub relay: RelayPeer,
    pub office: OfficePeer,
    pub clock: Arc<FrozenClock>,
    pub folder: tempfile::TempDir,
    database: DatabaseConfig,
    router: Router,
}

impl Rig {
    pub async fn new() -> Self {
        Self::with(Behaviour::default()).await
    }

    pub async fn with(behaviour: Behaviour) -> Self {
        Self::open(behaviour, &OFFICE, |_| {}).await
    }

    /// The office shows that certificate.
    pub async fn with_office_of(identity: &Identity) -> Self {
        Self::open(Behaviour::default(), identity, |_| {}).await
    }

    /// A portal that is configured so.
    pub async fn opened(change: impl FnOnce(&mut PortalConfig)) -> Self {
        Self::open(Behaviour::default(), &OFFICE, change).await
    }

    pub async fn without_office() -> Self {
        Self::open(Behaviour::default(), &OFFICE, |config| config.card_office = None).await
    }

    /// The identity provider takes logouts through the browser.
    pub async fn with_logout() -> Self {
        Self::open(Behaviour::default(), &OFFICE, |config| {
            let now = "2026-11-20T01:15:02Z".parse().unwrap();
            let metadata = &config.saml.identity_providers[0];
            peers::write_metadata(metadata, now, Some(peers::IDP_SLO));
        })
        .await
    }

    /// A portal whose identity provider's metadata are what `change` makes of them.
    pub async fn described(change: impl FnOnce(String) -> String) -> Self {
        Self::open(Behaviour::default(), &OFFICE, |config| describe(config, change)).await
    }

    /// What a portal that cannot begin with such metadata says.
    pub async fn refusal(
        change: impl FnOnce(String) -> String,
        configure: impl FnOnce(&mut PortalConfig),
    ) -> String {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FrozenClock::at("2026-11-20T01:15:02Z".parse().unwrap()));
        let surroundings = Surroundings { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
        let database = DatabaseConfig::sqlite(&folder.path().join("portal.db"));
        let nobody = ["https://localhost:9"; 2];
        let mut config = config(folder.path(), nobody, database, clock.now());
        describe(&config, change);
        configure(&mut config);
        Portal::open(&config, surroundings).await.err().unwrap().to_string()
    }

    async fn open(
        behaviour: Behaviour,
        office: &Identity,
        change: impl FnOnce(&mut PortalConfig),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FrozenClock::at("2026-11-20T01:15:02Z".parse().unwrap()));
        let surroundings = Surroundings { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
        let relay = RelayPeer::start(folder.path(), behaviour).await;
        let office = OfficePeer::start_as(folder.path(), office).await;
        let database = database(folder.path()).await;
        let urls = [relay.url.as_str(), office.url.as_str()];
        let mut config = config(folder.path(), urls, database.clone(), clock.now());
        change(&mut config);
        let portal = Portal::open(&config, surroundings).await.unwrap();
        let router = portal.router();
        Self { portal, relay, office, clock, folder, database, router }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// Rows of all sign-ins on their way.
    pub async fn rows(&self) -> i64 {
        let database = self.database().await;
        let sql = "SELECT (SELECT COUNT(*) FROM saml_requests) \
                   + (SELECT COUNT(*) FROM saml_replays) + (SELECT COUNT(*) FROM arrivals)";
        fetch_one!(database.read(), (i64,), sql).unwrap().0
    }

    /// The portal's database.
    pub async fn database(&self) -> Database {
        Database::connect(&self.database).await.unwrap()
    }

    pub fn browser(&self) -> Browser<'_> {
        Browser { rig: self, cookies: BTreeMap::new() }
    }

    /// A browser in which a person with that role is signed in.
    pub async fn signed_in(&self, role: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let request = browser.begin("/login").await;
        let field = Saying::person(&request, self.now(), role).post_field();
        let finish = browser.post_assertion(&field).await.location();
        assert_eq!(browser.get(&finish).await.status(), StatusCode::SEE_OTHER);
        browser
    }
}

fn describe(config: &PortalConfig, change: impl FnOnce(String) -> String) {
    let path = &config.saml.identity_providers[0];
    let xml = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, change(xml)).unwrap();
}

/// SQLite in the folder, or a schema of its own where `WARIFU_TEST_POSTGRES` names a server.
async fn database(folder: &std::path::Path) -> DatabaseConfig {
    let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") else {
        return DatabaseConfig::sqlite(&folder.join("portal.db"));
    };
    let schema = format!("portal_{}", Surroundings::system().hex(8));
    let server = DatabaseConfig { url: url.clone(), connections: 1 };
    let server = Database::connect(&server).await.unwrap();
    let sql = format!("CREATE SCHEMA {schema}");
    execute!(server.write(), sqlx::AssertSqlSafe(sql.clone())).unwrap();
    server.close().await;
    let joint = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{joint}options[search_path]={schema}");
    DatabaseConfig { url, connections: 2 }
}

fn config(
    folder: &std::path::Path,
    [relay, office]: [&str; 2],
    database: DatabaseConfig,
    now: Timestamp,
) -> PortalConfig {
    let (signing_key, signing_certificate) = SAML.write(folder, "saml");
    let (decryption_key, decryption_certificate) = DECRYPT.write(folder, "decryption");
    let (client_key, client_certificate) = PORTAL.write(folder, "portal");
    let (_, ca) = CA.write(folder, "ca");
    let tls = ClientConfig { ca, certificate: Some(client_certificate), key: Some(client_key) };
    let metadata = folder.join("idp.xml");
    peers::write_metadata(&metadata, now, None);
    let column_keys = folder.join("keys.toml");
    KeyRing::generate("k1", &SystemEntropy).unwrap().save(&column_keys).unwrap();
    PortalConfig {
        public_url: ORIGIN.to_owned(),
        listen: ListenConfig { address: "127.0.0.1:0".parse().unwrap(), tls: None },
        database,
        column_keys,
        saml: SamlConfig {
            signing_key,
            signing_certificate,
            decryption_key,
            decryption_certificate,
            identity_providers: vec![metadata],
            metadata_signers: Vec::new(),
        },
        relay: RelayConfig { url: relay.to_owned(), tls: tls.clone() },
        card_office: Some(CardOfficeConfig {
            url: office.to_owned(),
            party: "office".to_owned(),
            tls,
        }),
        desk: DeskConfig::default(),
        session: SessionLimits::default(),
        call_centre: None,
    }
}

/// Keeps cookies as a browser does, and sends the Lax ones only where a browser would.
#[derive(Clone)]
pub struct Browser<'r> {
    rig: &'r Rig,
    pub cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    pub async fn get(&mut self, path: &str) -> Response<Body> {
        self.send(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub async fn get_json(&mut self, path: &str) -> serde_json::Value {
        let mut request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        request.headers_mut().insert(header::ACCEPT, "application/json".parse().unwrap());
        let response = self.send(request).await;
        serde_json::from_str(&response.text().await).unwrap()
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Response<Body> {
        let request = self
            .request(Method::POST, path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(serde_urlencoded::to_string(form).unwrap().into()).unwrap()).await
    }

    /// From the identity provider's site: cookies with SameSite=Lax stay behind.
    pub async fn post_assertion(&mut self, field: &str) -> Response<Body> {
        self.send(self.assertion(field)).await
    }

    /// The same, not yet sent.
    pub fn assertion(&self, field: &str) -> Request<Body> {
        let body = serde_urlencoded::to_string([("SAMLResponse", field)]).unwrap();
        let request = Self { rig: self.rig, cookies: BTreeMap::new() }
            .request(Method::POST, "/saml/acs")
            .header("sec-fetch-site", "cross-site")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body(body.into()).unwrap()
    }

    /// Begins at `path` and gives the AuthnRequest that the identity provider gets.
    pub async fn begin(&mut self, path: &str) -> AuthnRequest {
        peers::request_in(&self.get(path).await.location())
    }

    pub async fn send(&mut self, request: Request<Body>) -> Response<Body> {
        let response = self.rig.router.clone().oneshot(request).await.unwrap();
        for line in response.headers().get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request =
            Request::builder().method(method).uri(path).header(header::ACCEPT, "text/html");
        if cookies.is_empty() {
            request
        } else {
            request.header(header::COOKIE, cookies.join("; "))
        }
    }
}

/// What tests read from a response.
pub trait Answer {
    fn location(&self) -> String;
    async fn text(self) -> String;
}

impl Answer for Response<Body> {
    fn location(&self) -> String {
        assert_eq!(self.status(), StatusCode::SEE_OTHER);
        self.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }

    async fn text(self) -> String {
        let bytes = to_bytes(self.into_body(), 4 << 20).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }
}
