//! An office on each engine, beside a real authority and asking a register over real mutual TLS,
//! with a clock that the test moves.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Json, Router};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use warifu_ca::{Ca, CaConfig, Ceremony, PublicationConfig, ValidityConfig};
use warifu_contract::card_office::{Action, Card, Channel, Employment, NewApplication};
use warifu_contract::identity::{
    Departure, FourItems, IdentityAnswer, IdentityRequest, Resident, decide, name_key,
};
use warifu_contract::person::{Name, Sex};
use warifu_pki::{FileKey, KeyAlgorithm, PossessionProof};
use warifu_service::clock::{FrozenClock, SystemEntropy};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::{ClientConfig, PeerCertificate, TlsConfig};
use warifu_service::{Database, Surroundings, execute};

use crate::settings::{self, OfficeSettings, RegisterSettings};
use crate::{
    Actor, CardId, CardKey, CardOffice, CardProofs, FelicaSettings, Lifetimes, Names, OfficeError,
    StaffRole,
};

pub(crate) struct Bench {
    pub(crate) office: CardOffice,
    pub(crate) clock: Arc<FrozenClock>,
    pub(crate) register: Arc<Mutex<Shelf>>,
    folder: TempDir,
    _stop: DropGuard,
}

/// What the register knows, and whether it speaks.
#[derive(Default)]
pub(crate) struct Shelf {
    pub(crate) residents: Vec<Resident>,
    pub(crate) is_silent: bool,
    pub(crate) asked: Vec<String>,
}

pub(crate) fn clerk() -> Actor {
    Actor::staff("clerk", [StaffRole::Clerk])
}

pub(crate) fn approver() -> Actor {
    Actor::staff("approver", [StaffRole::Approver])
}

pub(crate) fn other_approver() -> Actor {
    Actor::staff("other-approver", [StaffRole::Approver])
}

pub(crate) fn call_centre() -> Actor {
    Actor::staff("call-centre", [StaffRole::CallCentre])
}

/// The virtual person of that number.
pub(crate) fn items(number: u32) -> FourItems {
    FourItems {
        name: format!("見本 {number:05}郎"),
        kana: Some(format!("ミホン {}", katakana(number))),
        address: format!("香川県高松市見本町{}番地{}", 1 + number / 30, 1 + number % 30),
        birth_date: birth_date(number),
        sex: if number.is_multiple_of(2) { Sex::Male } else { Sex::Female },
    }
}

/// No two of the first sixteen thousand are born on one day.
fn birth_date(number: u32) -> Date {
    let day = i64::from(number % 16_000);
    Date::constant(1950, 1, 1) + SignedDuration::from_hours(24 * day)
}

fn katakana(number: u32) -> String {
    let digits = ['ア', 'イ', 'ウ', 'エ', 'オ', 'カ', 'キ', 'ク', 'ケ', 'コ'];
    format!("{number}").chars().map(|c| digits[c.to_digit(10).unwrap() as usize]).collect()
}

pub(crate) fn resident(number: u32) -> Resident {
    let FourItems { name, kana, address, birth_date, sex } = items(number);
    Resident {
        reference: format!("{number:032x}"),
        name: Name { text: name, kana: kana.unwrap() },
        address,
        birth_date,
        sex,
        departed: None,
    }
}

pub(crate) fn application(number: u32) -> NewApplication {
    NewApplication {
        channel: Channel::Paper,
        applicant: items(number),
        phone: Some(format!("087-839-{number:04}")),
        proxy: None,
        consent: true,
        employment: None,
    }
}

pub(crate) fn employment() -> Employment {
    Employment {
        organization_code: "3711234567".into(),
        organization_name: "見本医院".into(),
        roles: vec!["urn:warifu:role:clinic-desk".into()],
    }
}

/// Runs a test on SQLite, and on PostgreSQL where `WARIFU_TEST_POSTGRES` names one.
pub(crate) async fn on_every_engine(test: impl AsyncFn(Bench)) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = DatabaseConfig::sqlite(&folder.path().join("office.db"));
    test(Bench::open(folder, sqlite).await).await;
    if let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") {
        on_postgres(&url, test).await;
    }
}

/// In a schema of its own, so that tests do not meet.
async fn on_postgres(url: &str, test: impl AsyncFn(Bench)) {
    let schema = format!("office_{}", Surroundings::system().hex(8));
    let config = |url: String| DatabaseConfig { url, connections: 6 };
    let whole = Database::connect(&config(url.to_owned())).await.unwrap();
    let create = format!("CREATE SCHEMA {schema}");
    execute!(whole.write(), sqlx::AssertSqlSafe(create)).unwrap();
    let joint = if url.contains('?') { '&' } else { '?' };
    let within = config(format!("{url}{joint}options[search_path]={schema}"));
    test(Bench::open(tempfile::tempdir().unwrap(), within).await).await;
    let drop = format!("DROP SCHEMA {schema} CASCADE");
    execute!(whole.write(), sqlx::AssertSqlSafe(drop)).unwrap();
}

pub(crate) fn ca_config(folder: &Path, database: DatabaseConfig) -> CaConfig {
    CaConfig {
        listen: ListenConfig { address: loopback(), tls: None },
        database,
        folder: folder.join("ca"),
        publication: PublicationConfig::default(),
        validity: ValidityConfig::default(),
    }
}

/// Makes the authorities and the office's secrets.
pub(crate) fn found(folder: &Path, surroundings: &Surroundings) {
    let mut ceremony = Ceremony::new("Warifu test", "http://localhost:8446");
    ceremony.cards.lists = 4;
    warifu_ca::init(&folder.join("ca"), &ceremony, surroundings).unwrap();
    settings::init(&folder.join("office"), surroundings).unwrap();
}

pub(crate) fn settings_in(folder: &Path, register: Option<RegisterSettings>) -> OfficeSettings {
    OfficeSettings {
        folder: folder.join("office"),
        register,
        lifetimes: Lifetimes::default(),
        names: Names::default(),
        felica: FelicaSettings::default(),
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

impl Bench {
    async fn open(folder: TempDir, database: DatabaseConfig) -> Self {
        // TLS goes by the machine's clock, so the test's starts there.
        let now = Surroundings::system().now();
        let clock = Arc::new(FrozenClock::at(now));
        let surroundings = Surroundings { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
        found(folder.path(), &surroundings);
        let config = ca_config(folder.path(), database);
        let ca = Ca::open(config, surroundings.clone()).await.unwrap();
        let register = Arc::new(Mutex::new(Shelf::default()));
        let (settings, stop) = serve_register(folder.path(), &ca, register.clone()).await;
        let settings = settings_in(folder.path(), Some(settings));
        let office = CardOffice::open(&settings, ca, surroundings).await.unwrap();
        Self { office, clock, register, folder, _stop: stop }
    }

    /// On SQLite, where another process may work on the same records.
    pub(crate) async fn in_folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = DatabaseConfig::sqlite(&folder.path().join("office.db"));
        Self::open(folder, sqlite).await
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.office.now()
    }

    pub(crate) fn pass_days(&self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(24 * days));
    }

    pub(crate) fn know(&self, resident: Resident) {
        self.register.lock().unwrap().residents.push(resident);
    }

    pub(crate) fn gone(&self, number: u32, why: Departure) {
        let mut known = self.register.lock().unwrap();
        let reference = resident(number).reference;
        let one = known.residents.iter_mut().find(|one| one.reference == reference).unwrap();
        one.departed = Some(why);
    }

    pub(crate) async fn act(
        &self,
        actor: &Actor,
        id: &CardKey,
        action: Action,
    ) -> Result<Card, OfficeError> {
        self.tick();
        self.office.act(actor, id, None, action).await
    }

    /// A moment passes, so that what happens to different cards has an order.
    pub(crate) fn tick(&self) {
        self.clock.advance(SignedDuration::from_millis(1));
    }

    pub(crate) async fn apply(&self, number: u32) -> CardKey {
        self.know(resident(number));
        self.apply_with(application(number)).await
    }

    pub(crate) async fn apply_with(&self, new: NewApplication) -> CardKey {
        key(&self.office.apply(&clerk(), new, None).await.unwrap())
    }

    /// A card that may be made.
    pub(crate) async fn ordered(&self, number: u32) -> CardKey {
        let id = self.apply(number).await;
        self.order(&id).await;
        id
    }

    pub(crate) async fn order(&self, id: &CardKey) {
        self.act(&clerk(), id, Action::Prove).await.unwrap();
        self.act(&approver(), id, Action::Approve).await.unwrap();
    }

    /// A card that is made, of keys that are in no reader.
    pub(crate) async fn make(&self, id: &CardKey) {
        self.office.personalise_with(&clerk(), id, proofs).await.unwrap();
    }

    /// A card in use.
    pub(crate) async fn active(&self, number: u32) -> CardKey {
        let id = self.ordered(number).await;
        self.make(&id).await;
        self.use_it(&id).await;
        id
    }

    pub(crate) async fn use_it(&self, id: &CardKey) {
        self.act(&clerk(), id, Action::Deliver).await.unwrap();
        self.tick();
        self.office.activated(&self.holder(id).await).await.unwrap();
    }

    pub(crate) async fn holder(&self, id: &CardKey) -> String {
        self.office.file(id).await.unwrap().row.holder.unwrap()
    }

    pub(crate) async fn card(&self, id: &CardKey) -> Card {
        self.office.card(&clerk(), id).await.unwrap().unwrap()
    }

    pub(crate) async fn certificate_states(&self, id: &CardKey) -> Vec<String> {
        let card = self.card(id).await;
        card.certificates.into_iter().map(|certificate| certificate.state).collect()
    }

    /// All that was told to the identity provider, in order: subject and event.
    pub(crate) async fn told(&self) -> Vec<(String, warifu_pki::security_event::Event)> {
        let audience = &self.office.settings().names.idp;
        let (notices, _) = self.office.store().notices(audience, "").await.unwrap();
        notices.into_iter().map(|notice| (notice.event.subject, notice.event.event)).collect()
    }

    pub(crate) async fn require_agreement(&self) {
        assert_eq!(self.office.audit().await.unwrap(), []);
    }
}

pub(crate) fn key(card: &Card) -> CardKey {
    CardKey::Id(card.id.parse::<CardId>().unwrap())
}

/// Keys that a virtual holder made.
pub(crate) fn proofs(holder: &str) -> Result<CardProofs, warifu_pki::RequestError> {
    let proof = || {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        PossessionProof::request(holder, &key)
    };
    Ok(CardProofs { authentication: proof()?, presence: Some(proof()?) })
}

/// A register that knows these residents.
pub(crate) async fn serve(
    folder: &Path,
    ca: &Ca,
    residents: Vec<Resident>,
) -> (RegisterSettings, DropGuard) {
    let shelf = Shelf { residents, ..Shelf::default() };
    serve_register(folder, ca, Arc::new(Mutex::new(shelf))).await
}

async fn serve_register(
    folder: &Path,
    ca: &Ca,
    shelf: Arc<Mutex<Shelf>>,
) -> (RegisterSettings, DropGuard) {
    let (certificate, key) = party(folder, ca, "register").await;
    let root = folder.join("ca").join("ca.pem");
    let tls = TlsConfig { certificate, key, client_ca: Some(root.clone()) };
    let listen = ListenConfig { address: loopback(), tls: Some(tls) };
    let server = Server::bind(&listen).await.unwrap();
    let url = format!("https://localhost:{}", server.address().port());
    let router = Router::new().route("/identity-proof", post(answer)).with_state(shelf);
    let stop = CancellationToken::new();
    tokio::spawn(server.serve(router, stop.clone()));
    let (certificate, key) = party(folder, ca, "ca").await;
    let tls = ClientConfig { ca: root, certificate: Some(certificate), key: Some(key) };
    let settings = RegisterSettings { url, party: "register".into(), tls, timeout_seconds: 5 };
    (settings, stop.drop_guard())
}

/// Writes NAME.pem and NAME.key of a party.
async fn party(folder: &Path, ca: &Ca, name: &str) -> (PathBuf, PathBuf) {
    let secret = FileKey::generate(KeyAlgorithm::P256).unwrap();
    let proof = PossessionProof::request(name, &secret).unwrap();
    let issued = ca.issue_party_certificate(name, &["localhost"], &proof).await.unwrap();
    let pem = folder.join(format!("{name}.pem"));
    let key = folder.join(format!("{name}.key"));
    // Another process may have been here.
    let _ = std::fs::remove_file(&key);
    std::fs::write(&pem, issued.chain_pem).unwrap();
    secret.save(&key).unwrap();
    (pem, key)
}

async fn answer(
    State(shelf): State<Arc<Mutex<Shelf>>>,
    Extension(peer): Extension<PeerCertificate>,
    Json(request): Json<IdentityRequest>,
) -> Result<Json<IdentityAnswer>, StatusCode> {
    assert_eq!(peer.party.as_deref(), Some("ca"));
    let mut shelf = shelf.lock().unwrap();
    shelf.asked.push(request.application);
    if shelf.is_silent {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    // As a register does: everybody whose name or birth date is near, and nobody else.
    let said = &request.items;
    let near = |held: &&Resident| {
        held.birth_date == said.birth_date || name_key(&held.name.text) == name_key(&said.name)
    };
    let near: Vec<Resident> = shelf.residents.iter().filter(near).cloned().collect();
    let outcome = decide(said, &near);
    Ok(Json(IdentityAnswer { outcome, as_of: Surroundings::system().now() }))
}
