//! An authority that serves, on each engine, with a clock that the test moves.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use warifu_ca::{
    Ca, CaConfig, Ceremony, CertificateOrder, Owner, PublicationConfig, ValidityConfig, init,
};
use warifu_pki::{Certificate, FileKey, KeyAlgorithm, Profile, Reason, Subject};
use warifu_service::clock::{FrozenClock, SystemEntropy};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings, execute};

const HOLDER: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const BASE: &str = "http://ca.warifu.test";

pub(crate) struct House {
    pub(crate) ca: Ca,
    pub(crate) folder: TempDir,
    clock: Arc<FrozenClock>,
    config: CaConfig,
    url: String,
    router: Router,
    _stop: tokio_util::sync::DropGuard,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Runs a test on SQLite, and on PostgreSQL where `WARIFU_TEST_POSTGRES` names one.
pub(crate) async fn on_every_engine(test: impl AsyncFn(House)) {
    on_sqlite(&test).await;
    if let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") {
        on_postgres(&url, &test).await;
    }
}

pub(crate) async fn on_sqlite(test: &impl AsyncFn(House)) {
    let folder = tempfile::tempdir().unwrap();
    let database = DatabaseConfig::sqlite(&folder.path().join("ca.db"));
    test(House::open(folder, database).await).await;
}

/// In a schema of its own, so that tests do not meet.
async fn on_postgres(url: &str, test: &impl AsyncFn(House)) {
    let schema = format!("ca_{}", Surroundings::system().hex(8));
    let config = |url: String| DatabaseConfig { url, connections: 4 };
    let whole = Database::connect(&config(url.to_owned())).await.unwrap();
    let create: &'static str = format!("CREATE SCHEMA {schema}").leak();
    execute!(whole.write(), create).unwrap();
    let joint = if url.contains('?') { '&' } else { '?' };
    let within = config(format!("{url}{joint}options[search_path]={schema}"));
    test(House::open(tempfile::tempdir().unwrap(), within).await).await;
    let drop: &'static str = format!("DROP SCHEMA {schema} CASCADE").leak();
    execute!(whole.write(), drop).unwrap();
}

impl House {
    async fn open(folder: TempDir, database: DatabaseConfig) -> Self {
        let clock = Arc::new(FrozenClock::at("2026-11-20T00:15:00Z".parse().unwrap()));
        let surroundings = Surroundings { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
        let home = folder.path().join("ca");
        init(&home, &Ceremony::new("Warifu test", BASE), &surroundings).unwrap();
        let listen = ListenConfig { address: "127.0.0.1:0".parse().unwrap(), tls: None };
        let config = CaConfig {
            listen: listen.clone(),
            database,
            folder: home,
            publication: PublicationConfig::default(),
            validity: ValidityConfig::default(),
        };
        let ca = Ca::open(config.clone(), surroundings).await.unwrap();
        let server = Server::bind(&listen).await.unwrap();
        let url = format!("http://{}", server.address());
        let stop = CancellationToken::new();
        let router = ca.router().unwrap();
        tokio::spawn(server.serve(router.clone(), stop.clone()));
        Self { ca, folder, clock, config, url, router, _stop: stop.drop_guard() }
    }

    /// Another process on the same records.
    pub(crate) async fn colleague(&self) -> Ca {
        Ca::open(self.config.clone(), self.ca.surroundings().clone()).await.unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ca.surroundings().now()
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        self.clock.advance(time);
    }

    /// A certificate of a card.
    pub(crate) async fn card(&self, card: &str) -> Certificate {
        self.certificate(&Profile::CARD_AUTHENTICATION, Owner::Card(card)).await
    }

    pub(crate) async fn certificate(
        &self,
        profile: &'static Profile,
        owner: Owner<'_>,
    ) -> Certificate {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let party = Subject::party("portal", &["portal.localhost"]).unwrap();
        let subject = if let Owner::Party(_) = owner { party } else { Subject::named(HOLDER) };
        let order = CertificateOrder {
            profile,
            subject: &subject,
            key: key.public_key(),
            owner,
            lifetime: SignedDuration::from_hours(24 * 365),
            held: false,
        };
        let mut transaction = self.ca.begin().await.unwrap();
        let certificate = self.ca.certify(&mut transaction, &order).await.unwrap();
        transaction.commit().await.unwrap();
        certificate
    }

    pub(crate) async fn hold(&self, card: &str) {
        let mut transaction = self.ca.begin().await.unwrap();
        self.ca.hold(&mut transaction, card).await.unwrap();
        transaction.commit().await.unwrap();
        self.ca.publish_if_due().await.unwrap();
    }

    pub(crate) async fn release(&self, card: &str) {
        let mut transaction = self.ca.begin().await.unwrap();
        self.ca.release(&mut transaction, card).await.unwrap();
        transaction.commit().await.unwrap();
        self.ca.publish_if_due().await.unwrap();
    }

    pub(crate) async fn revoke(&self, card: &str, reason: Reason) {
        revoke(&self.ca, card, reason).await;
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_unless(path, None).await
    }

    /// With the entity tag of an answer that is known already.
    pub(crate) async fn get_unless(&self, path: &str, known: Option<&Answer>) -> Answer {
        let mut request = Request::get(path);
        if let Some(known) = known {
            request = request.header(header::IF_NONE_MATCH, &known.headers[header::ETAG]);
        }
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Vec<u8>) -> Answer {
        self.ask(Request::post(path).body(body.into()).unwrap()).await
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// Where it serves, for those who speak HTTP themselves.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Runs `openssl` in the house's folder; gives its verdict and its words.
    pub(crate) async fn openssl(&self, arguments: &str) -> (bool, String) {
        let output = Command::new("openssl")
            .current_dir(self.folder.path())
            .args(arguments.split_ascii_whitespace())
            .output()
            .await
            .unwrap();
        let words = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.success(), words)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap()
    }

    /// The one issuer in force of that name, e.g. `cards 1`.
    pub(crate) fn issuer(&self, name: &str) -> Certificate {
        let is_wanted = |one: &Certificate| one.subject_cn().unwrap().ends_with(name);
        self.ca.issuers().into_iter().find(is_wanted).unwrap()
    }
}

pub(crate) async fn revoke(ca: &Ca, card: &str, reason: Reason) {
    let mut transaction = ca.begin().await.unwrap();
    ca.revoke(&mut transaction, card, reason).await.unwrap();
    transaction.commit().await.unwrap();
    ca.publish_if_due().await.unwrap();
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec();
        Self { status, headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// pkilint's opinion, where `WARIFU_TEST_PKILINT` names the folder of its programs.
pub(crate) fn pkilint(program: &str, arguments: &[&str], file: &Path) {
    let Some(programs) = std::env::var_os("WARIFU_TEST_PKILINT") else { return };
    let output = std::process::Command::new(Path::new(&programs).join(program))
        .args(["lint", "-s", "NOTICE"])
        .args(arguments)
        .arg(file)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{words}");
}
