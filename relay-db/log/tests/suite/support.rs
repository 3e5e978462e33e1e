//! A log of one's own for each test, on SQLite and, when `WARIFU_TEST_POSTGRES` is set, on
//! PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use warifu_log::{
    Action, Actor, Entry, Event, Log, Logged, NoteKey, NoteSigner, NoteVerifier, Outcome, Pace,
};
use warifu_service::clock::{FrozenClock, SeededEntropy, SystemEntropy};
use warifu_service::seal::KeyRing;
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings, execute};

/// A log, its keys and the place where it lives.
pub struct Bench {
    pub config: DatabaseConfig,
    pub ring: Arc<KeyRing>,
    pub signer: Arc<NoteKey>,
    pub clock: Arc<FrozenClock>,
    /// On PostgreSQL: where something else can be kept.
    pub another_schema: Option<DatabaseConfig>,
    _folder: TempDir,
}

impl Bench {
    /// One bench for each engine at hand.
    pub async fn all() -> Vec<Self> {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = DatabaseConfig::sqlite(&folder.path().join("log.db"));
        let mut all = vec![Self::new(sqlite, folder)];
        if let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") {
            let config = DatabaseConfig { url: own_schema(&url).await, connections: 4 };
            let other = DatabaseConfig { url: own_schema(&url).await, connections: 4 };
            let bench = Self::new(config, tempfile::tempdir().unwrap());
            all.push(Self { another_schema: Some(other), ..bench });
        }
        all
    }

    fn new(config: DatabaseConfig, folder: TempDir) -> Self {
        let entropy = SeededEntropy::new(7);
        Self {
            config,
            ring: Arc::new(KeyRing::generate("test", &entropy).unwrap()),
            signer: Arc::new(NoteKey::generate("relay.example/log", &entropy).unwrap()),
            clock: Arc::new(FrozenClock::at("2026-11-20T01:15:00Z".parse().unwrap())),
            another_schema: None,
            _folder: folder,
        }
    }

    pub fn verifier(&self) -> &NoteVerifier {
        self.signer.verifier()
    }

    pub async fn database(&self) -> Database {
        Database::connect(&self.config).await.unwrap()
    }

    pub async fn open(&self) -> Log {
        self.open_at(Pace { linger: Duration::from_millis(1), ..Pace::default() }).await
    }

    pub async fn open_at(&self, pace: Pace) -> Log {
        let surroundings =
            Surroundings { clock: self.clock.clone(), entropy: Arc::new(SystemEntropy) };
        let signer = Arc::clone(&self.signer);
        let ring = Arc::clone(&self.ring);
        Log::open(self.database().await, ring, signer, surroundings, pace).await.unwrap()
    }
}

/// Makes a schema that no other test uses, and gives the address that leads there.
async fn own_schema(url: &str) -> String {
    let name = format!("log_{}", Surroundings::system().hex(8));
    let config = DatabaseConfig { url: url.to_owned(), connections: 1 };
    let database = Database::connect(&config).await.unwrap();
    let sql = format!("CREATE SCHEMA {name}");
    execute!(database.write(), sqlx::AssertSqlSafe(sql.clone())).unwrap();
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}options[search_path]={name}")
}

/// An eligibility check of `subject`.
pub fn check_of(subject: Option<&str>) -> Event {
    Event {
        action: Action::EligibilityChecked,
        actor: Actor::Staff {
            code: "1310000001".into(),
            member: "member".into(),
            name: "第一診療所".into(),
        },
        asked: vec!["eligibility".into()],
        check_number: None,
        client: "portal".into(),
        ground: None,
        outcome: Outcome::Answered("valid".into()),
        purpose: Some("treatment".into()),
        source: Some("insurer".into()),
        subject: subject.map(str::to_owned),
    }
}

/// The entry of an event that is not erased.
pub fn entry_of(logged: &Logged) -> &Entry {
    logged.entry.as_ref().unwrap()
}
