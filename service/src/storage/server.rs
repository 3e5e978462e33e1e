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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Instant;

    use reqwest::Url;
    use tokio::io::copy_bidirectional;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::watch;

    use super::*;
    use crate::execute;
    use crate::storage::{Database, DatabaseConfig};

    /// Stands between a party and its server, and passes nothing on while it is `false`.
    async fn line(server: SocketAddr, passes: watch::Receiver<bool>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut passes = passes.clone();
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(server).await.unwrap();
                    while passes.wait_for(|passes| *passes).await.is_ok() {
                        tokio::select! {
                            _ = copy_bidirectional(&mut near, &mut far) => return,
                            _ = passes.wait_for(|passes| !*passes) => {}
                        }
                    }
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn a_server_that_falls_silent_is_given_up_and_found_again() {
        let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") else { return };
        let mut url = Url::parse(&url).unwrap();
        let server = format!("127.0.0.1:{}", url.port().unwrap()).parse().unwrap();
        let (passes, watched) = watch::channel(true);
        url.set_port(Some(line(server, watched).await.port())).unwrap();
        let config = DatabaseConfig { url: url.to_string(), connections: 1 };
        let database = Database::connect(&config).await.unwrap();

        let mut transaction = database.begin().await.unwrap();
        passes.send(false).unwrap();
        let started = Instant::now();
        let work = async move {
            execute!(transaction.on(), "SELECT 1")?;
            transaction.commit().await
        };
        assert!(matches!(in_time(work).await, Err(Error::Io(_))));
        assert!(started.elapsed() < DEADLINE + Duration::from_secs(2), "{:?}", started.elapsed());
        assert!(!database.is_ready().await, "nobody answers");

        // The only connection was not held by whoever waited on it.
        passes.send(true).unwrap();
        assert!(database.is_ready().await);
    }

    #[tokio::test]
    async fn a_connection_to_a_server_that_only_reads_is_none() {
        let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") else { return };
        let config =
            |options: &str| DatabaseConfig { url: format!("{url}{options}"), connections: 1 };
        assert!(Database::connect(&config("")).await.is_ok());
        let follows = config("?options[default_transaction_read_only]=on");
        assert!(Database::connect(&follows).await.is_err());
    }
}
