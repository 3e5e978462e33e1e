//! Connections to a PostgreSQL server that may fall silent, or hand the lead to another.
//!
//! Behind the address there may be several servers, of which one leads: a proxy brings every new
//! connection to whoever leads at that moment. A server that has just begun to follow still takes
//! connections, and one that lost its power never says that it is gone. So a new connection must lead
//! to a server that writes, and one that gives no answer is closed instead of waited for.

use std::io;
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, Error};

use super::PATIENCE;

/// A connection that has rested for less was heard from just before.
const FRESH: Duration = Duration::from_secs(1);
/// How long a transaction may take. Longer than that of a server that is slow, and shorter than
/// what a person waits for.
const DEADLINE: Duration = Duration::from_secs(10);

/// A pool of at most so many connections, each to the server that leads.
pub(super) fn pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .after_connect(|connection, _| Box::pin(leads(connection)))
        .before_acquire(|connection, rest| {
            Box::pin(async move { Ok(rest.idle_for < FRESH || answers(connection).await.is_ok()) })
        })
        .after_release(|connection, _| Box::pin(async { answers(connection).await.map(|()| true) }))
}

/// Fails on a server that follows; the pool then tries again until whoever waits loses patience.
async fn leads(connection: &mut PgConnection) -> Result<(), Error> {
    let sql = "SHOW transaction_read_only";
    let reads_only: String = sqlx::query_scalar(sql).fetch_one(connection).await?;
    if reads_only == "off" {
        return Ok(());
    }
    Err(Error::Io(io::Error::new(io::ErrorKind::NotConnected, "the server follows another")))
}

/// Whoever broke off in the middle of a question leaves an answer on its way: this waits for it.
async fn answers(connection: &mut PgConnection) -> Result<(), Error> {
    tokio::time::timeout(PATIENCE, connection.ping()).await.unwrap_or_else(|_| Err(silent()))
}

/// Gives `work`, a whole transaction, ten seconds. After that nobody knows whether it was committed:
/// it may be, also later, and whoever asked must look before asking again.
pub async fn in_time<T, E: From<Error>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    tokio::time::timeout(DEADLINE, work).await.unwrap_or_else(|_| Err(silent().into()))
}

fn silent() -> Error {
    Error::Io(io::Error::new(io::ErrorKind::TimedOut, "the server is silent"))
}
