//! What this machine can do at most: bare durable writes, bare echoes over our own server.

use std::fs::File;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use tokio_util::sync::{CancellationToken, DropGuard};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::tls::{ClientConfig, TlsConfig, client};

use super::load::{self, Load, Worker};
use super::stage::PATIENCE;

/// Bytes of one durable write: a page of SQLite's write-ahead log.
const PAGE: usize = 4096;
/// Bytes that are sent and come back.
const ECHO: usize = 512;

/// Durable writes a second, one after another, in that folder. Disks change their pace: to be
/// measured close to what it is compared with.
pub async fn fsync(dir: &Path, lasting: Duration) -> anyhow::Result<f64> {
    let mut file = File::create(dir.join("fsync"))?;
    let page = vec![0x5a; PAGE];
    let piece = move || {
        file.write_all(&page)?;
        Ok(file.sync_data()?)
    };
    load::on_one_core(lasting, piece).await
}

/// A bare server on the machine's own connection handling, for as long as it is held.
pub struct Echo {
    url: String,
    _stop: DropGuard,
}

impl Echo {
    /// Listens with that certificate; with a client CA, on mutual TLS.
    pub async fn start(
        certificate: PathBuf,
        key: PathBuf,
        client_ca: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        Self::listen("https", Some(TlsConfig { certificate, key, client_ca })).await
    }

    /// Listens without TLS.
    pub async fn plain() -> anyhow::Result<Self> {
        Self::listen("http", None).await
    }

    async fn listen(scheme: &str, tls: Option<TlsConfig>) -> anyhow::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Server::bind(&ListenConfig { address, tls }).await?;
        let url = format!("{scheme}://localhost:{}/", server.address().port());
        let stop = CancellationToken::new();
        let router = Router::new().route("/", post(|body: Bytes| async { body }));
        tokio::spawn(server.serve(router, stop.clone()));
        Ok(Self { url, _stop: stop.drop_guard() })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What so many callers, each on a connection of its own, get out of it.
    pub async fn load(
        &self,
        caller: &ClientConfig,
        callers: usize,
        lasting: Duration,
    ) -> anyhow::Result<Load> {
        let callers: anyhow::Result<Vec<_>> = (0..callers)
            .map(|_| Ok(Caller { http: client(caller, PATIENCE)?, url: self.url.clone() }))
            .collect();
        load::run(callers?, lasting).await
    }
}

struct Caller {
    http: reqwest::Client,
    url: String,
}

impl Worker for Caller {
    async fn once(&mut self) -> anyhow::Result<()> {
        let answer = self.http.post(&self.url).body(vec![0x5a; ECHO]).send().await?;
        ensure!(answer.error_for_status()?.bytes().await?.len() == ECHO, "not what was sent");
        Ok(())
    }
}
