//! Many small reads of different requests share one statement.
//!
//! A pool asks each connection that comes back whether it still lives. On SQLite that takes as long
//! as a small read, for each statement and each question changes threads twice. So what nearly every
//! request reads goes through a [`Reader`]: it takes whatever waits, asks once for all of it, and on
//! SQLite keeps its connection while there is something to do. Nobody waits for company: what comes
//! during one read makes up the next.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::server::in_time;
use super::{Database, Engine, PATIENCE};

/// Reads in one statement.
const GROUP: usize = 64;
/// Reads of one kind that may wait.
const QUEUE: usize = 1024;
/// How long a connection to SQLite is kept while nobody reads.
const KEPT: Duration = Duration::from_secs(1);

/// Reads of one kind, which can be done for several requests at once.
pub trait Read: Send + Sync + Sized + 'static {
    /// What is found.
    type Found: Send + 'static;

    /// Does all of them, and gives what each found, in the same order.
    fn read(
        these: &[Self],
        on: &mut Connection,
    ) -> impl Future<Output = Result<Vec<Option<Self::Found>>, sqlx::Error>> + Send;
}

/// Why nothing could be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unread {
    /// Too many wait already.
    #[error("storage.busy: too many reads wait")]
    Busy,
    /// The engine failed, for all that asked together.
    #[error("storage.read: {0}")]
    Failed(Arc<sqlx::Error>),
    /// Nobody reads any more.
    #[error("storage.closed: nobody reads any more")]
    Closed,
}

/// A connection that only reads.
#[derive(Debug)]
pub enum Connection {
    /// To SQLite.
    Sqlite(PoolConnection<Sqlite>),
    /// To PostgreSQL.
    Postgres(PoolConnection<Postgres>),
}

impl Connection {
    async fn acquire(database: &Database) -> Result<Self, sqlx::Error> {
        Ok(match database {
            Database::Sqlite { readers, .. } => Self::Sqlite(readers.acquire().await?),
            Database::Postgres(pool) => Self::Postgres(pool.acquire().await?),
        })
    }

    /// For the macros.
    pub fn on(&mut self) -> Engine<&mut SqliteConnection, &mut PgConnection> {
        match self {
            Self::Sqlite(connection) => Engine::Sqlite(&mut **connection),
            Self::Postgres(connection) => Engine::Postgres(&mut **connection),
        }
    }

    /// SQLite's file does not go away. A server may, and its connections are few and wanted by others.
    fn may_be_kept(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

/// Where reads of one kind enter; cheap to clone. It works until the last clone is gone.
pub struct Reader<R: Read> {
    queue: mpsc::Sender<Waiting<R>>,
}

/// A read, and who waits for it.
struct Waiting<R: Read> {
    read: R,
    reply: oneshot::Sender<Result<Option<R::Found>, Unread>>,
}

impl<R: Read> Clone for Reader<R> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<R: Read> Reader<R> {
    /// Reads from now on.
    pub fn start(database: &Database) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(Desk { database: database.clone(), queue: waiting, kept: None }.run());
        Self { queue }
    }

    /// What there is, committed before this was called or later.
    pub async fn read(&self, read: R) -> Result<Option<R::Found>, Unread> {
        let (reply, answer) = oneshot::channel();
        let queued = self.queue.send_timeout(Waiting { read, reply }, PATIENCE).await;
        queued.map_err(|refused| match refused {
            mpsc::error::SendTimeoutError::Timeout(_) => Unread::Busy,
            mpsc::error::SendTimeoutError::Closed(_) => Unread::Closed,
        })?;
        answer.await.unwrap_or(Err(Unread::Closed))
    }
}

/// Who reads.
struct Desk<R: Read> {
    database: Database,
    queue: mpsc::Receiver<Waiting<R>>,
    kept: Option<Connection>,
}

impl<R: Read> Desk<R> {
    async fn run(mut self) {
        while let Some(waiting) = self.next().await {
            let (reads, replies): (Vec<_>, Vec<_>) =
                waiting.into_iter().map(|one| (one.read, one.reply)).unzip();
            match in_time(self.read(&reads)).await {
                Ok(found) => tell(replies, found.into_iter().map(Ok)),
                Err(cause) => {
                    // Whatever is wrong with the connection, the next one has it not.
                    self.kept = None;
                    let cause = Unread::Failed(Arc::new(cause));
                    tell(replies, std::iter::repeat_with(|| Err(cause.clone())));
                }
            }
        }
    }

    /// What waits and is still waited for; none when nobody can ask any more.
    async fn next(&mut self) -> Option<Vec<Waiting<R>>> {
        loop {
            let first = self.first().await?;
            // Whoever is about to ask does so before this goes on: company for nothing.
            tokio::task::yield_now().await;
            let more = std::iter::from_fn(|| self.queue.try_recv().ok()).take(GROUP - 1);
            let all = std::iter::once(first).chain(more);
            let group: Vec<_> = all.filter(|one| !one.reply.is_closed()).collect();
            if !group.is_empty() {
                return Some(group);
            }
        }
    }

    async fn first(&mut self) -> Option<Waiting<R>> {
        if self.kept.is_some() {
            match tokio::time::timeout(KEPT, self.queue.recv()).await {
                Ok(first) => return first,
                Err(_) => self.kept = None,
            }
        }
        self.queue.recv().await
    }

    async fn read(&mut self, reads: &[R]) -> Result<Vec<Option<R::Found>>, sqlx::Error> {
        let mut connection = match self.kept.take() {
            Some(connection) => connection,
            None => Connection::acquire(&self.database).await?,
        };
        let found = AssertUnwindSafe(R::read(reads, &mut connection)).catch_unwind().await;
        let found = found.map_err(|_| broken())??;
        if found.len() != reads.len() {
            return Err(broken());
        }
        self.kept = Some(connection).filter(Connection::may_be_kept);
        Ok(found)
    }
}

/// The code that reads panicked, or found less than it was asked for.
fn broken() -> sqlx::Error {
    sqlx::Error::Protocol("the read broke off".to_owned())
}

/// Whoever has stopped waiting does not need the answer.
fn tell<T>(replies: Vec<oneshot::Sender<T>>, answers: impl Iterator<Item = T>) {
    for (reply, answer) in replies.into_iter().zip(answers) {
        let _ = reply.send(answer);
    }
}

#[cfg(test)]
mod tests {
    use super::super::DatabaseConfig;
    use super::super::tests::{Row, databases};
    use super::*;
    use crate::{execute, fetch_over};
    use futures::future::join_all;

    /// A row of the sample by its name; a table that is not there for the name `nowhere`.
    struct Sample(&'static str);

    #[derive(sqlx::FromRow)]
    struct Placed {
        place: i64,
        #[sqlx(flatten)]
        row: Row,
    }

    impl Read for Sample {
        type Found = i64;

        async fn read(
            these: &[Self],
            on: &mut Connection,
        ) -> Result<Vec<Option<i64>>, sqlx::Error> {
            let sql = if these.iter().any(|one| one.0 == "nowhere") {
                "WITH v (place, name) AS (VALUES {rows}) SELECT * FROM nowhere"
            } else {
                "WITH v (place, name) AS (VALUES {rows}) SELECT v.place, service_sample.* FROM v \
                 JOIN service_sample ON service_sample.id = v.name"
            };
            let numbered: Vec<_> = (0_i64..).zip(these).collect();
            let rows = fetch_over!(
                on.on(),
                Placed,
                sql,
                &numbered,
                |one| one.map(|(place, _)| *place),
                one.map(|(_, one)| one.0),
            )?;
            let amount = |place: usize| {
                let row = rows.iter().find(|row| usize::try_from(row.place) == Ok(place));
                row.map(|row| row.row.amount)
            };
            Ok((0..these.len()).map(amount).collect())
        }
    }

    async fn filled(database: &Database) -> Reader<Sample> {
        let sql = "INSERT INTO service_sample (id, amount) VALUES ('a', 1), ('b', 2)";
        execute!(database.write(), sql).unwrap();
        Reader::start(database)
    }

    #[tokio::test]
    async fn everybody_gets_what_they_asked_for() {
        for (_dir, database) in databases("service_everybody_gets_what_they_asked_for").await {
            let reader = filled(&database).await;
            let names = ["a", "b", "none", "a"].repeat(50);
            let found = join_all(names.iter().map(|name| reader.read(Sample(name)))).await;
            for (name, found) in names.iter().zip(found) {
                let expected = [("a", 1), ("b", 2)].into_iter().find(|(of, _)| of == name);
                assert_eq!(found.unwrap(), expected.map(|(_, amount)| amount), "{name}");
            }
        }
    }

    #[tokio::test]
    async fn what_was_committed_before_is_seen() {
        for (_dir, database) in databases("service_what_was_committed_before_is_seen").await {
            let reader = filled(&database).await;
            for amount in 10..30_i64 {
                let sql = "UPDATE service_sample SET amount = $1 WHERE id = 'a'";
                execute!(database.write(), sql, amount).unwrap();
                assert_eq!(reader.read(Sample("a")).await.unwrap(), Some(amount));
            }
        }
    }

    #[tokio::test]
    async fn a_failure_is_told_and_the_next_read_goes_well() {
        for (_dir, database) in databases("service_a_failed_read_is_told").await {
            let reader = filled(&database).await;
            let failed = reader.read(Sample("nowhere")).await;
            assert!(matches!(failed, Err(Unread::Failed(_))), "{failed:?}");
            assert_eq!(reader.read(Sample("b")).await.unwrap(), Some(2));
        }
    }

    #[tokio::test]
    async fn a_reader_leaves_connections_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let config = DatabaseConfig {
            connections: 1,
            ..DatabaseConfig::sqlite(&dir.path().join("test.db"))
        };
        let database = Database::connect(&config).await.unwrap();
        let sql = "CREATE TABLE service_sample (id TEXT PRIMARY KEY, amount BIGINT, note TEXT)";
        execute!(database.write(), sql).unwrap();
        let reader = filled(&database).await;
        assert_eq!(reader.read(Sample("b")).await.unwrap(), Some(2));
        assert!(database.is_ready().await);
    }
}
