//! One SQL text for two engines: SQLite by default, PostgreSQL in production.
//!
//! Both accept `$1`; rows use only types that both drivers map: `String`, `Vec<u8>`, `i64`,
//! `bool` and options of them. Instants are UTC microseconds in `i64`. The macros
//! [`fetch_all!`](crate::fetch_all), [`fetch_optional!`](crate::fetch_optional),
//! [`fetch_one!`](crate::fetch_one) and [`execute!`](crate::execute) run the same query on
//! whichever engine is there.
//!
//! SQLite: WAL, one writer and several readers, `BEGIN IMMEDIATE` for every transaction (a
//! deferred one that reads and then writes fails under load), `synchronous = FULL`, because an
//! answer may leave only when its event is durable. Small writes that are many go through [`Lanes`],
//! where they share a commit; small reads that are many through [`Reader`]s, where they share a
//! statement.

mod lane;
mod lanes;
mod reads;
mod server;
mod table;

use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool};

pub use lanes::{Entrance, Lanes, Pace, Undone, Write};
pub use reads::{Connection, Read, Reader, Unread};
pub use server::in_time;
#[doc(hidden)]
pub use table::{Places, filled_up, over};

/// How long a query waits for a connection or for SQLite's lock.
const PATIENCE: Duration = Duration::from_secs(5);
/// Prepared statements that a connection keeps; those over a table of rows have several texts each.
const STATEMENTS: usize = 256;
/// SQLite's connections that [`Reader`]s may keep, one for each kind of read, beside the others.
const KEPT_BY_READERS: u32 = 4;
/// Rows that a SQLite connection hands over without waiting until the first are taken: whoever asks
/// for a page of rows is then not woken for each of them.
const ROWS: usize = 512;
/// PostgreSQL ends the transaction of a client that died in the middle of it, and held its locks.
const IDLE: &str = "30s";

/// Where a party keeps its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` (made when missing) or `postgres://user:password@host/name`.
    pub url: String,
    /// Connections at most: readers for SQLite (which has one writer besides), the whole pool
    /// for PostgreSQL.
    #[serde(default = "default_connections")]
    pub connections: u32,
}

impl DatabaseConfig {
    /// A SQLite file.
    pub fn sqlite(path: &std::path::Path) -> Self {
        Self { url: format!("sqlite:{}", path.display()), connections: default_connections() }
    }
}

fn default_connections() -> u32 {
    4
}

/// Why the storage cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Neither `sqlite:` nor `postgres:`.
    #[error("storage.engine: the database url starts with neither sqlite: nor postgres:")]
    Engine,
    /// The folder of a SQLite file cannot be made.
    #[error("storage.folder: {}: {cause}", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The engine refuses.
    #[error("storage.query: {0}")]
    Query(#[from] sqlx::Error),
    /// The schema cannot be brought up to date.
    #[error("storage.migrate: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// A party's schema, in both engines' words, under the same names.
#[derive(Clone, Copy)]
pub struct Migrations {
    /// `migrations/sqlite`.
    pub sqlite: &'static Migrator,
    /// `migrations/postgres`.
    pub postgres: &'static Migrator,
}

/// A connection pool on either engine; cheap to clone.
#[derive(Debug, Clone)]
pub enum Database {
    /// SQLite: several readers, one writer.
    Sqlite {
        /// For reading.
        readers: SqlitePool,
        /// The one connection that writes.
        writer: SqlitePool,
    },
    /// PostgreSQL.
    Postgres(PgPool),
}

/// Where the macros run a query: a value for one engine or the other.
#[derive(Debug)]
pub enum Engine<S, P> {
    /// On SQLite.
    Sqlite(S),
    /// On PostgreSQL.
    Postgres(P),
}

/// A transaction on either engine; rolled back when dropped.
#[derive(Debug)]
pub enum Transaction {
    /// On SQLite's one writer.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Database {
    /// Opens the pools and brings the schema up to date.
    pub async fn open(
        config: &DatabaseConfig,
        migrations: Migrations,
    ) -> Result<Self, StorageError> {
        let database = Self::connect(config).await?;
        database.migrate(migrations).await?;
        Ok(database)
    }

    /// Opens the pools.
    pub async fn connect(config: &DatabaseConfig) -> Result<Self, StorageError> {
        if config.url.starts_with("sqlite:") {
            return Self::connect_sqlite(config).await;
        }
        if config.url.starts_with("postgres:") || config.url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(&config.url)?;
            let options = options
                .statement_cache_capacity(STATEMENTS)
                .options([("idle_in_transaction_session_timeout", IDLE)]);
            let pool = server::pool(config.connections).connect_with(options).await?;
            return Ok(Self::Postgres(pool));
        }
        Err(StorageError::Engine)
    }

    async fn connect_sqlite(config: &DatabaseConfig) -> Result<Self, StorageError> {
        let options = SqliteConnectOptions::from_str(&config.url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENTS)
            .row_buffer_size(ROWS)
            .busy_timeout(PATIENCE);
        make_folder_of(options.get_filename())?;
        let pool = |connections| {
            // A connection to a file does not break while nobody looks.
            let options = SqlitePoolOptions::new().test_before_acquire(false);
            options.max_connections(connections).acquire_timeout(PATIENCE)
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        let readers = pool(config.connections.saturating_add(KEPT_BY_READERS));
        let readers = readers.connect_with(options.read_only(true)).await?;
        Ok(Self::Sqlite { readers, writer })
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self, migrations: Migrations) -> Result<(), StorageError> {
        match self {
            Self::Sqlite { writer, .. } => migrations.sqlite.run(writer).await?,
            Self::Postgres(pool) => migrations.postgres.run(pool).await?,
        }
        Ok(())
    }

    /// For a query that only reads.
    pub fn read(&self) -> Engine<&SqlitePool, &PgPool> {
        match self {
            Self::Sqlite { readers, .. } => Engine::Sqlite(readers),
            Self::Postgres(pool) => Engine::Postgres(pool),
        }
    }

    /// For a single statement that writes.
    pub fn write(&self) -> Engine<&SqlitePool, &PgPool> {
        match self {
            Self::Sqlite { writer, .. } => Engine::Sqlite(writer),
            Self::Postgres(pool) => Engine::Postgres(pool),
        }
    }

    /// Begins a transaction that may write.
    pub async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Transaction::Sqlite(begin_sqlite(writer).await?),
            Self::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        crate::execute!(self.read(), "SELECT 1").is_ok()
    }

    /// Waits for running queries and closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Transaction {
    /// For the macros.
    pub fn on(&mut self) -> Engine<&mut SqliteConnection, &mut PgConnection> {
        match self {
            Self::Sqlite(transaction) => Engine::Sqlite(&mut **transaction),
            Self::Postgres(transaction) => Engine::Postgres(&mut **transaction),
        }
    }

    /// What a `SELECT` ends with so that the rows of `table` that it finds stay as they are until the
    /// commit. On SQLite nobody else writes meanwhile.
    pub fn held(&self, table: &str) -> String {
        match self {
            Self::Sqlite(_) => String::new(),
            Self::Postgres(_) => format!(" FOR NO KEY UPDATE OF {table}"),
        }
    }

    /// Makes it durable.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }

    /// Undoes it. Dropping does the same, but later.
    async fn rollback(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await,
            Self::Postgres(transaction) => transaction.rollback().await,
        }
    }
}

/// On a full disk SQLite rolls a transaction back by itself, and the driver goes on counting it as
/// open: its connection can begin no other and is exchanged.
async fn begin_sqlite(
    writer: &SqlitePool,
) -> Result<sqlx::Transaction<'static, Sqlite>, sqlx::Error> {
    match writer.begin_with("BEGIN IMMEDIATE").await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            writer.acquire().await?.close().await?;
            writer.begin_with("BEGIN IMMEDIATE").await
        }
        begun => begun,
    }
}

fn make_folder_of(file: &std::path::Path) -> Result<(), StorageError> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(folder)
        .map_err(|cause| StorageError::Folder { path: folder.to_owned(), cause })
}

/// An instant as the databases keep it: UTC microseconds.
pub fn micros(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}

/// The instant that the databases keep as `micros`; out-of-range values saturate.
pub fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// Whether an error says that a unique key is already there.
pub fn is_duplicate(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// Whether an error says that the disk is full: SQLite's `FULL`, or its shared memory not to be
/// enlarged (`IOERR_SHMSIZE`); PostgreSQL's `disk_full`. Nothing was written then.
pub fn is_full(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("13" | "4874" | "53100"))
}

/// Whether an error says that nothing can be written, or nobody be asked, just now, as while the
/// lead goes over to another server: no connection, one that broke off, a server that follows,
/// starts or shuts down (PostgreSQL's classes 08 and 57P, `read_only_sql_transaction`, too many
/// connections), another transaction in the way (class 40; SQLite's `BUSY` and `READONLY`).
pub fn is_away(error: &sqlx::Error) -> bool {
    use sqlx::Error as Cause;
    match error {
        Cause::Database(refusal) => refusal.code().is_some_and(|code| is_passing(&code)),
        other => matches!(
            other,
            Cause::Io(_)
                | Cause::Tls(_)
                | Cause::Protocol(_)
                | Cause::PoolTimedOut
                | Cause::PoolClosed
                | Cause::WorkerCrashed
        ),
    }
}

/// SQLite's extended codes have the plain one in their lowest byte (<https://sqlite.org/rescode.html>).
fn is_passing(code: &str) -> bool {
    const BUSY: u32 = 5;
    const READONLY: u32 = 8;
    if code.len() == 5 {
        let is_class = ["08", "40", "57P"].iter().any(|class| code.starts_with(class));
        return is_class || matches!(code, "25006" | "53300");
    }
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, BUSY | READONLY))
}

/// Runs a query and gives all rows: `fetch_all!(db.read(), Row, "SELECT …", argument, …)`.
#[macro_export]
macro_rules! fetch_all {
    ($on:expr, $row:ty, $sql:expr $(, $argument:expr)* $(,)?) => {
        match $on {
            $crate::storage::Engine::Sqlite(on) => {
                $crate::sqlx::query_as::<_, $row>($sql)$(.bind($argument))*.fetch_all(on).await
            }
            $crate::storage::Engine::Postgres(on) => {
                $crate::sqlx::query_as::<_, $row>($sql)$(.bind($argument))*.fetch_all(on).await
            }
        }
    };
}

/// Runs a query and gives the first row, if there is one.
#[macro_export]
macro_rules! fetch_optional {
    ($on:expr, $row:ty, $sql:expr $(, $argument:expr)* $(,)?) => {
        match $on {
            $crate::storage::Engine::Sqlite(on) => {
                $crate::sqlx::query_as::<_, $row>($sql)$(.bind($argument))*
                    .fetch_optional(on)
                    .await
            }
            $crate::storage::Engine::Postgres(on) => {
                $crate::sqlx::query_as::<_, $row>($sql)$(.bind($argument))*
                    .fetch_optional(on)
                    .await
            }
        }
    };
}

/// Runs a query that gives exactly one row.
#[macro_export]
macro_rules! fetch_one {
    ($on:expr, $row:ty, $sql:expr $(, $argument:expr)* $(,)?) => {
        match $on {
            $crate::storage::Engine::Sqlite(on) => {
                $crate::sqlx::query_as::<_, $row>($sql)$(.bind($argument))*.fetch_one(on).await
            }
            $crate::storage::Engine::Postgres(on) => {
                $crate::sqlx::query_as::<_, $row>($sql)$(.bind($argument))*.fetch_one(on).await
            }
        }
    };
}

/// Runs a statement and gives the number of rows it changed.
#[macro_export]
macro_rules! execute {
    ($on:expr, $sql:expr $(, $argument:expr)* $(,)?) => {
        match $on {
            $crate::storage::Engine::Sqlite(on) => $crate::sqlx::query($sql)
                $(.bind($argument))*
                .execute(on)
                .await
                .map(|done| done.rows_affected()),
            $crate::storage::Engine::Postgres(on) => $crate::sqlx::query($sql)
                $(.bind($argument))*
                .execute(on)
                .await
                .map(|done| done.rows_affected()),
        }
    };
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[derive(Debug, sqlx::FromRow, PartialEq)]
    pub(crate) struct Row {
        pub(crate) id: String,
        pub(crate) amount: i64,
        note: Option<String>,
    }

    /// A database of each engine, with an empty table; the PostgreSQL one in a schema of the
    /// test's own, because tests run side by side.
    pub(crate) async fn databases(test: &str) -> Vec<(Option<tempfile::TempDir>, Database)> {
        let dir = tempfile::tempdir().unwrap();
        let config = DatabaseConfig::sqlite(&dir.path().join("deep/er/test.db"));
        let mut all = vec![(Some(dir), Database::connect(&config).await.unwrap())];
        if let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") {
            all.push((None, postgres_schema(&url, test).await));
        }
        for (_, database) in &all {
            execute!(
                database.write(),
                "CREATE TABLE service_sample (id TEXT PRIMARY KEY, amount BIGINT NOT NULL, note TEXT)"
            )
            .unwrap();
        }
        all
    }

    async fn postgres_schema(url: &str, name: &str) -> Database {
        let connect = async |url: String| {
            Database::connect(&DatabaseConfig { url, connections: 4 }).await.unwrap()
        };
        let plain = connect(url.to_owned()).await;
        let anew = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
        let Database::Postgres(pool) = &plain else { panic!("not PostgreSQL: {url}") };
        sqlx::raw_sql(sqlx::AssertSqlSafe(anew)).execute(pool).await.unwrap();
        connect(format!("{url}?options=-csearch_path%3D{name}")).await
    }

    #[tokio::test]
    async fn one_text_serves_both_engines() {
        for (_dir, database) in databases("service_one_text_serves_both_engines").await {
            let sql = "INSERT INTO service_sample (id, amount, note) VALUES ($1, $2, $3) \
                       ON CONFLICT (id) DO UPDATE SET amount = excluded.amount \
                       RETURNING id, amount, note";
            let none: Option<String> = None;
            let row = fetch_one!(database.write(), Row, sql, "a", 1_i64, none.clone()).unwrap();
            assert_eq!(row, Row { id: "a".into(), amount: 1, note: None });
            let row = fetch_one!(database.write(), Row, sql, "a", 2_i64, none).unwrap();
            assert_eq!(row.amount, 2);
            let all = fetch_all!(database.read(), Row, "SELECT * FROM service_sample").unwrap();
            assert_eq!(all.len(), 1);
        }
    }

    #[tokio::test]
    async fn a_dropped_transaction_leaves_nothing() {
        for (_dir, database) in databases("service_a_dropped_transaction_leaves_nothing").await {
            let mut transaction = database.begin().await.unwrap();
            let sql = "INSERT INTO service_sample (id, amount) VALUES ($1, $2)";
            execute!(transaction.on(), sql, "b", 1_i64).unwrap();
            drop(transaction);
            let sql = "SELECT * FROM service_sample WHERE id = $1";
            assert_eq!(fetch_optional!(database.read(), Row, sql, "b").unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_duplicate_is_told_apart() {
        for (_dir, database) in databases("service_a_duplicate_is_told_apart").await {
            let sql = "INSERT INTO service_sample (id, amount) VALUES ($1, $2)";
            assert_eq!(execute!(database.write(), sql, "c", 1_i64).unwrap(), 1);
            assert!(is_duplicate(&execute!(database.write(), sql, "c", 1_i64).unwrap_err()));
        }
    }

    #[tokio::test]
    async fn another_engine_is_refused_by_name() {
        let config = DatabaseConfig { url: "mysql://x".into(), connections: 1 };
        assert!(matches!(Database::connect(&config).await, Err(StorageError::Engine)));
    }

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        for code in ["08006", "57P01", "57P03", "40001", "25006", "53300", "5", "8", "517", "1032"]
        {
            assert!(is_passing(code), "{code}");
        }
        // A unique key, a full disk, a missing table, SQLite's plain error and corrupt file.
        for code in ["23505", "53100", "42P01", "1", "11", "2067", ""] {
            assert!(!is_passing(code), "{code}");
        }
        assert!(is_away(&sqlx::Error::PoolTimedOut) && !is_away(&sqlx::Error::RowNotFound));
    }

    #[test]
    fn instants_survive_the_column() {
        let at: Timestamp = "2026-11-20T01:15:02.123456Z".parse().unwrap();
        assert_eq!(instant(micros(at)), at);
        assert_eq!(instant(i64::MAX), Timestamp::MAX);
    }
}
