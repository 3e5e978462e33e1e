//! A connector's own store: its members and what it holds about them, the pseudonyms under which
//! the relay knows them, and its own access log.

mod access;
pub(crate) mod column;
mod expenses;
mod insurance;
mod linking;
mod member;
mod record;
mod relay_keys;
mod sealed_links;
mod service;
#[cfg(test)]
pub(crate) mod tests;
mod update;

use warifu_service::Problem;
use warifu_service::storage::{Database, DatabaseConfig, Migrations, StorageError};

pub use access::AccessEntry;
pub use expenses::Bill;
pub use insurance::InsurerEntry;
pub use linking::{Bound, Near};
pub(crate) use linking::{MOST_NEAR, OFFER};
pub use member::{Member, MemberId};
pub use sealed_links::SealedLinks;
pub use service::{Application, Decision, Entered, Entry, MOST_ENTRIES};
pub use update::Update;

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

/// The schema, for both engines.
pub const MIGRATIONS: Migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };

/// A connector's store.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
}

/// Why the store cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine refuses.
    #[error("store.query: {0}")]
    Query(#[from] sqlx::Error),
    /// A row holds what no row can.
    #[error("store.corrupt: table {table}, column {column}")]
    Corrupt {
        /// Which table.
        table: &'static str,
        /// Which column.
        column: &'static str,
    },
    /// What is to be stored cannot be compared later: a 保険者番号, 記号 or 番号 is too long.
    #[error("store.number: a number is too long")]
    Number,
    /// A 保険者番号 whose check digit does not fit, of an insurer that is not virtual.
    #[error("store.check-digit: an insurer's number does not fit its check digit")]
    CheckDigit,
}

impl From<StoreError> for Problem {
    fn from(cause: StoreError) -> Self {
        match cause {
            StoreError::Query(cause) => cause.into(),
            cause => Self::internal(&cause),
        }
    }
}

impl Store {
    /// Opens the database and brings its schema up to date.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, StorageError> {
        Ok(Self { database: Database::open(config, MIGRATIONS).await? })
    }

    /// The database, for health checks.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Begins an update: what it writes takes effect at [`Update::commit`], all at once.
    pub async fn update(&self) -> Result<Update, StoreError> {
        Ok(Update { transaction: self.database.begin().await? })
    }
}
