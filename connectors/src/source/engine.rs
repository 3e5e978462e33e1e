//! The three engines, for reading only: text in, text out.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{
    AssertSqlSafe, Column as _, Executor as _, Row as _, SqlSafeStr as _, Statement as _,
    TypeInfo as _,
};

use super::{DatabaseError, SourceConfig, SourceConfigError};

/// How long a lookup waits for a connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// A pool on one of the engines, whose sessions are read-only.
#[derive(Debug, Clone)]
pub(super) enum Engine {
    Postgres(PgPool),
    MySql(MySqlPool),
    Sqlite(SqlitePool),
}

/// What the engines say differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Postgres,
    MySql,
    Sqlite,
}

impl Dialect {
    /// The `nth` value, from 1.
    pub(super) fn placeholder(self, nth: usize) -> String {
        match self {
            Self::MySql => "?".to_owned(),
            Self::Postgres | Self::Sqlite => format!("${nth}"),
        }
    }

    /// A value that is bound as text, as a column that keeps days in this kind compares it. SQLite
    /// compares a text with whatever stands there.
    pub(super) fn day_value(self, kind: DayKind, placeholder: &str) -> String {
        let kind = match (self, kind) {
            (Self::Sqlite, _) | (_, DayKind::Text) | (Self::MySql, DayKind::Padded) => {
                return placeholder.to_owned();
            }
            (_, DayKind::Day) => "DATE",
            (Self::MySql, DayKind::Number) => "SIGNED",
            (Self::Postgres, DayKind::Number) => "BIGINT",
            (Self::Postgres, DayKind::Padded) => "BPCHAR",
        };
        format!("CAST({placeholder} AS {kind})")
    }

    /// A column of `q` as text.
    pub(super) fn as_text(self, column: &str) -> String {
        match self {
            Self::MySql => format!("CAST(q.{column} AS CHAR CHARACTER SET utf8mb4)"),
            Self::Postgres | Self::Sqlite => format!("CAST(q.{column} AS TEXT)"),
        }
    }
}

/// As what a column keeps days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayKind {
    /// A day.
    Day,
    /// Digits.
    Number,
    /// Characters.
    Text,
    /// Characters up to a fixed length, filled up with blanks.
    Padded,
}

impl DayKind {
    /// By the engine's name of the type.
    fn of(type_name: &str) -> Self {
        let begins = |names: &[&str]| names.iter().any(|name| type_name.starts_with(name));
        if type_name == "DATE" {
            Self::Day
        } else if begins(&["INT", "BIGINT", "MEDIUMINT", "SMALLINT", "NUMERIC", "DECIMAL"]) {
            Self::Number
        } else if type_name == "CHAR" {
            Self::Padded
        } else {
            Self::Text
        }
    }
}

/// Runs the same on whichever pool there is.
macro_rules! on {
    ($engine:expr, $pool:ident => $run:expr) => {
        match $engine {
            Engine::Postgres($pool) => $run,
            Engine::MySql($pool) => $run,
            Engine::Sqlite($pool) => $run,
        }
    };
}

impl Engine {
    pub(super) async fn connect(config: &SourceConfig) -> Result<Self, DatabaseError> {
        let (url, most) = (config.url.as_str(), config.connections);
        match url.split(':').next() {
            Some("postgres" | "postgresql") => {
                let read_only = [("default_transaction_read_only", "on")];
                let options = PgConnectOptions::from_str(url)?.options(read_only);
                let pool = PgPoolOptions::new().max_connections(most).acquire_timeout(PATIENCE);
                Ok(Self::Postgres(pool.connect_with(options).await?))
            }
            Some("mysql" | "mariadb") => {
                let options = MySqlConnectOptions::from_str(url)?;
                let pool = MySqlPoolOptions::new().max_connections(most).acquire_timeout(PATIENCE);
                let pool = pool.after_connect(|connection, _| {
                    Box::pin(async move {
                        connection.execute("SET SESSION TRANSACTION READ ONLY").await?;
                        Ok(())
                    })
                });
                Ok(Self::MySql(pool.connect_with(options).await?))
            }
            Some("sqlite") => {
                let options = SqliteConnectOptions::from_str(url)?.read_only(true);
                let pool = SqlitePoolOptions::new().max_connections(most).acquire_timeout(PATIENCE);
                Ok(Self::Sqlite(pool.connect_with(options).await?))
            }
            _ => Err(SourceConfigError::Engine.into()),
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::MySql(_) => Dialect::MySql,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Whether nobody on the way can read along, or answer in the database's place: it is on this
    /// machine, or its server is proved by a certificate.
    pub(super) fn is_line_safe(url: &str) -> Result<bool, sqlx::Error> {
        let is_near = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]");
        Ok(match url.split(':').next() {
            Some("postgres" | "postgresql") => {
                let options = PgConnectOptions::from_str(url)?;
                let is_proved = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
                is_proved || options.get_socket().is_some() || is_near(options.get_host())
            }
            Some("mysql" | "mariadb") => {
                let options = MySqlConnectOptions::from_str(url)?;
                let is_proved = matches!(options.get_ssl_mode(), MySqlSslMode::VerifyIdentity);
                is_proved || options.get_socket().is_some() || is_near(options.get_host())
            }
            _ => true,
        })
    }

    /// The names of the query's columns.
    pub(super) async fn column_names(&self, query: &str) -> Result<Vec<String>, sqlx::Error> {
        on!(self, pool => {
            let text = AssertSqlSafe(format!("SELECT * FROM ({query}) q"));
            let mut connection = pool.acquire().await?;
            let prepared = connection.prepare(text.into_sql_str()).await?;
            Ok(prepared.columns().iter().map(|column| column.name().to_owned()).collect())
        })
    }

    /// As what the query's column of that name keeps days; SQLite has no types to ask for.
    pub(super) async fn day_kind(&self, query: &str, name: &str) -> Result<DayKind, sqlx::Error> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(DayKind::Text);
        }
        on!(self, pool => {
            let text = AssertSqlSafe(format!("SELECT * FROM ({query}) q"));
            let mut connection = pool.acquire().await?;
            let prepared = connection.prepare(text.into_sql_str()).await?;
            let mut columns = prepared.columns().iter();
            let column = columns.find(|column| column.name().eq_ignore_ascii_case(name));
            Ok(column.map_or(DayKind::Text, |column| DayKind::of(column.type_info().name())))
        })
    }

    /// Every row of a query as text, with text values.
    pub(super) async fn fetch(
        &self,
        sql: &str,
        values: &[String],
    ) -> Result<Vec<Vec<Option<String>>>, sqlx::Error> {
        on!(self, pool => {
            let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
            for value in values {
                query = query.bind(value.clone());
            }
            let rows = query.fetch_all(pool).await?;
            rows.iter().map(|row| (0..row.len()).map(|nth| row.try_get(nth)).collect()).collect()
        })
    }

    /// Tries to make a table, in a transaction that is rolled back.
    pub(super) async fn try_writing(&self) -> Result<(), sqlx::Error> {
        let begin = match self {
            Self::Postgres(_) => "BEGIN READ WRITE",
            Self::MySql(_) | Self::Sqlite(_) => "BEGIN",
        };
        on!(self, pool => {
            let mut connection = pool.acquire().await?;
            sqlx::raw_sql(begin).execute(&mut *connection).await?;
            let table = "CREATE TABLE warifu_tries_to_write (one INTEGER)";
            let tried = sqlx::raw_sql(table).execute(&mut *connection).await;
            sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await?;
            tried.map(|_| ())
        })
    }

    /// How the engine would run a query, in its own words, with any index rather than none. A
    /// step of MySQL is its access type, or nothing where it has a key to choose.
    pub(super) async fn plan(
        &self,
        sql: &str,
        values: &[String],
    ) -> Result<Vec<String>, sqlx::Error> {
        let (explain, step, key) = match self {
            Self::Postgres(_) => ("EXPLAIN", "QUERY PLAN", None),
            Self::MySql(_) => ("EXPLAIN", "type", Some("possible_keys")),
            Self::Sqlite(_) => ("EXPLAIN QUERY PLAN", "detail", None),
        };
        on!(self, pool => {
            let mut connection = pool.acquire().await?;
            if self.dialect() == Dialect::Postgres {
                sqlx::raw_sql("SET enable_seqscan = off").execute(&mut *connection).await?;
            }
            let mut query = sqlx::query(AssertSqlSafe(format!("{explain} {sql}")));
            for value in values {
                query = query.bind(value.clone());
            }
            let rows = query.fetch_all(&mut *connection).await;
            if self.dialect() == Dialect::Postgres {
                sqlx::raw_sql("RESET enable_seqscan").execute(&mut *connection).await?;
            }
            let mut steps = Vec::new();
            for row in rows? {
                let keys: Option<String> = key.map_or(Ok(None), |key| row.try_get(key))?;
                let told: Option<String> = row.try_get(step)?;
                steps.extend(told.filter(|_| keys.is_none()));
            }
            Ok(steps)
        })
    }

    /// What the account may write, as far as the engine tells; empty is as it should be.
    pub(super) async fn rights_to_write(&self) -> Result<Vec<String>, sqlx::Error> {
        let sql = match self {
            Self::Sqlite(_) => return Ok(Vec::new()),
            Self::MySql(_) => "SHOW GRANTS",
            Self::Postgres(_) => {
                "SELECT CAST(c.relname AS TEXT) FROM pg_catalog.pg_class c \
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p', 'v', 'f') \
                 AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' \
                 AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') LIMIT 8"
            }
        };
        let told = self.fetch(sql, &[]).await?.into_iter().flatten().flatten();
        let mysql = self.dialect() == Dialect::MySql;
        Ok(told.filter(|grant| !mysql || !only_reads(grant)).map(right).collect())
    }
}

/// Whether a line of SHOW GRANTS gives nothing but reading.
fn only_reads(grant: &str) -> bool {
    let rights = grant.strip_prefix("GRANT ").and_then(|rest| rest.split_once(" ON "));
    rights.is_some_and(|(rights, _)| {
        rights.split(',').all(|right| matches!(right.trim(), "SELECT" | "USAGE" | "SHOW VIEW"))
    })
}

/// A grant without the account's name, and without the hash of its password.
fn right(grant: String) -> String {
    grant.split(" TO ").next().map(str::to_owned).unwrap_or(grant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_safe_on_this_machine_or_to_a_server_that_is_proved() {
        for (url, is_safe) in [
            ("sqlite:members.db", true),
            ("postgres://reader@localhost/db", true),
            ("postgres://reader@127.0.0.1:5433/db", true),
            ("postgres://reader@db.example/db", false),
            ("postgres://reader@db.example/db?sslmode=require", false),
            ("postgres://reader@db.example/db?sslmode=verify-full", true),
            ("mysql://reader@db.example/db", false),
            ("mysql://reader@db.example/db?ssl-mode=VERIFY_CA", false),
            ("mysql://reader@db.example/db?ssl-mode=VERIFY_IDENTITY", true),
        ] {
            assert_eq!(Engine::is_line_safe(url).unwrap(), is_safe, "{url}");
        }
    }
}
