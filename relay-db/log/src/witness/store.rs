//! The witness' rows: the head last cosigned of each log, and evidence of forks.

use jiff::Timestamp;
use sqlx::migrate::Migrator;
use warifu_service::storage::{DatabaseConfig, Migrations, StorageError, micros};
use warifu_service::{Database, execute, fetch_optional};

use crate::checkpoint::Checkpoint;
use crate::store::column;

static SQLITE: Migrator = sqlx::migrate!("migrations/witness/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/witness/postgres");
const MIGRATIONS: Migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };

#[derive(sqlx::FromRow)]
struct NoteRow {
    checkpoint: String,
}

#[derive(Debug)]
pub(super) struct Heads(Database);

impl Heads {
    pub async fn open(config: &DatabaseConfig) -> Result<Self, StorageError> {
        Ok(Self(Database::open(config, MIGRATIONS).await?))
    }

    pub fn database(&self) -> &Database {
        &self.0
    }

    pub async fn close(&self) {
        self.0.close().await;
    }

    /// The head last cosigned of the log `origin`.
    pub async fn of(&self, origin: &str) -> Result<Option<String>, sqlx::Error> {
        let sql = "SELECT checkpoint FROM witness_head WHERE origin = $1";
        let row = fetch_optional!(self.0.write(), NoteRow, sql, origin)?;
        Ok(row.map(|row| row.checkpoint))
    }

    /// Puts `head` in the place of `last`, in one statement; false if `last` is no longer there.
    pub async fn replace(
        &self,
        origin: &str,
        last: Option<&Checkpoint>,
        head: &Checkpoint,
    ) -> Result<bool, sqlx::Error> {
        let (size, note) = (column(head.size), head.note.as_str());
        let changed = if let Some(last) = last {
            let sql = "UPDATE witness_head SET size = $1, checkpoint = $2 \
                       WHERE origin = $3 AND checkpoint = $4";
            execute!(self.0.write(), sql, size, note, origin, last.note.as_str())?
        } else {
            let sql = "INSERT INTO witness_head (origin, size, checkpoint) VALUES ($1, $2, $3) \
                       ON CONFLICT (origin) DO NOTHING";
            execute!(self.0.write(), sql, origin, size, note)?
        };
        Ok(changed == 1)
    }

    /// Keeps two heads of one size, if they are the first of this log.
    pub async fn keep_fork(
        &self,
        origin: &str,
        at: Timestamp,
        cosigned: &Checkpoint,
        shown: &Checkpoint,
    ) -> Result<(), sqlx::Error> {
        let sql = "INSERT INTO witness_fork (origin, at, cosigned, shown) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (origin) DO NOTHING";
        let (cosigned, shown) = (cosigned.note.as_str(), shown.note.as_str());
        execute!(self.0.write(), sql, origin, micros(at), cosigned, shown).map(drop)
    }
}
