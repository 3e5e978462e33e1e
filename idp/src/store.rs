//! The identity provider's own database: persons and cards, sign-ins on their way, sessions, the
//! revocation lists in force, what has still to be told to whom, and the registered service
//! providers.

mod cards;
mod consents;
mod documents;
mod endings;
mod entrances;
mod felica;
mod holders;
mod lists;
mod logins;
mod logouts;
mod notices;
mod own_sessions;
mod parties;
mod persons;
mod providers;
mod readers;
mod refusals;
mod registry;
mod replay;
mod sessions;
mod standings;
mod visits;

use std::sync::Arc;

use sqlx::migrate::Migrator;
use warifu_service::Database;
use warifu_service::clock::Entropy;
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::{DatabaseConfig, Migrations, StorageError, Undone, Unread};

pub(crate) use cards::{Card, CardId, KnownCard, Use, UsedCertificate};
pub(crate) use consents::{Consent, NewConsent};
pub(crate) use documents::{Kept, StoredDraft};
pub(crate) use felica::{FELICA_SCHEME, FelicaCard, MOST_TRIES, PinState};
pub(crate) use holders::Added;
pub(crate) use lists::StoredList;
pub(crate) use logins::{
    Asker, Challenge, FirstChallenge, Login, NewLogin, OpenChallenge, Outcome, Proved, Taken, Task,
    Wishes,
};
pub(crate) use logouts::{
    LASTS as LOGOUT_LASTS, Logout, LogoutAsker, NewLogout, Step, StepState, Way,
};
pub(crate) use notices::{Message, Notice, Tells, receiver};
pub(crate) use own_sessions::OwnSession;
pub use providers::{Change, Deed};
pub(crate) use providers::{Registered, Unchanged};
pub(crate) use refusals::{Refusal, Shown};
pub use registry::ApplyError;
pub(crate) use registry::Told;
pub(crate) use replay::Asked;
pub(crate) use sessions::{NewSession, Party, Recorded, Session};
pub(crate) use standings::Standing;
pub(crate) use visits::Passage;

use entrances::Entrances;
use readers::Readers;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The schema of the identity provider's database.
pub const MIGRATIONS: Migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };

/// SHA-256 of a secret that a browser or a card agent holds: what the database may know of it.
pub(crate) type SecretHash = Vec<u8>;

/// The hash under which `secret` is kept.
pub(crate) fn hash_of(secret: &str) -> SecretHash {
    ring::digest::digest(&ring::digest::SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// Why the database did not give what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// A write that shared its transaction with others was not done.
    #[error(transparent)]
    Undone(#[from] Undone),
    /// A read that shared its statement with others failed.
    #[error(transparent)]
    Unread(#[from] Unread),
    /// A sealed column does not open.
    #[error("{column} of a row: {source}")]
    Sealed {
        /// Table and column.
        column: &'static str,
        /// Why.
        source: SealError,
    },
    /// A column holds what the identity provider never writes.
    #[error("{0} holds an unknown value")]
    Corrupt(&'static str),
}

impl From<StoreError> for warifu_service::Problem {
    fn from(cause: StoreError) -> Self {
        Self::internal(&cause)
    }
}

/// The database and the keys of its columns; cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    keys: Arc<KeyRing>,
    entropy: Arc<dyn Entropy>,
    tells: Tells,
    entrances: Entrances,
    readers: Readers,
}

impl Store {
    /// Opens the database and brings its schema up to date.
    pub(crate) async fn open(
        config: &DatabaseConfig,
        keys: KeyRing,
        entropy: Arc<dyn Entropy>,
        tells: Tells,
    ) -> Result<Self, StorageError> {
        let database = Database::open(config, MIGRATIONS).await?;
        let entrances = Entrances::open(&database);
        let readers = Readers::open(&database);
        Ok(Self { database, keys: Arc::new(keys), entropy, tells, entrances, readers })
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jiff::Timestamp;
    use warifu_service::clock::SystemEntropy;
    use warifu_service::execute;

    /// A store to try, and what keeps its file alive.
    pub(crate) struct Rig {
        pub(crate) store: Store,
        _folder: tempfile::TempDir,
    }

    pub(crate) fn now() -> Timestamp {
        "2026-11-20T01:15:00Z".parse().unwrap()
    }

    async fn rig(config: &DatabaseConfig, folder: tempfile::TempDir) -> Rig {
        let keys = KeyRing::generate("1", &SystemEntropy).unwrap();
        let tells = Tells { relay: true, card_office: true };
        let store = Store::open(config, keys, Arc::new(SystemEntropy), tells).await.unwrap();
        Rig { store, _folder: folder }
    }

    pub(crate) async fn sqlite() -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let config = DatabaseConfig::sqlite(&folder.path().join("idp.db"));
        rig(&config, folder).await
    }

    /// A store on each engine that is there: SQLite always, PostgreSQL where
    /// `WARIFU_TEST_POSTGRES` names one. Each gets a schema of its own.
    pub(crate) async fn both() -> Vec<Rig> {
        let mut rigs = vec![sqlite().await];
        if let Some(config) = postgres().await {
            rigs.push(rig(&config, tempfile::tempdir().unwrap()).await);
        }
        rigs
    }

    /// A new schema on the PostgreSQL that `WARIFU_TEST_POSTGRES` names.
    pub(crate) async fn postgres() -> Option<DatabaseConfig> {
        let url = std::env::var("WARIFU_TEST_POSTGRES").ok()?;
        let schema = format!("idp_{}", warifu_service::Surroundings::system().hex(8));
        let admin = DatabaseConfig { url: url.clone(), connections: 1 };
        let database = Database::connect(&admin).await.unwrap();
        execute!(database.write(), sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"))).unwrap();
        let join = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{join}options=-csearch_path%3D{schema}");
        Some(DatabaseConfig { url, connections: 2 })
    }
}
