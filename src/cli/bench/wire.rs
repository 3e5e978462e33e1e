//! One kept connection of a browser, over which one request goes after the other with as little work
//! as can be: what the load costs is not what is measured.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use axum::body::{Body, Bytes, to_bytes};
use futures::StreamExt as _;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use warifu_service::tls::{ClientConfig, client_config};

use super::stage::PATIENCE;

/// Longer answers are not taken.
const MOST: usize = 1024 * 1024;

/// A server, and how it is reached.
#[derive(Clone)]
pub struct Place {
    tls: TlsConnector,
    name: ServerName<'static>,
    port: u16,
    host: HeaderValue,
}

/// A connection to it; the first request opens it.
pub struct Wire {
    place: Place,
    open: Option<SendRequest<String>>,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// How long it took until the first byte of the body, or the end of one that has none.
    pub first: Duration,
}

impl Place {
    /// The server at `address`, `https://host:port` on this machine.
    pub fn new(address: &str, caller: &ClientConfig) -> anyhow::Result<Self> {
        let host = address.strip_prefix("https://").context("not over TLS")?;
        let (name, port) = host.split_once(':').context("no port")?;
        Ok(Self {
            tls: Arc::new(client_config(caller)?).into(),
            name: ServerName::try_from(name.to_owned())?,
            port: port.parse()?,
            host: HeaderValue::from_str(host)?,
        })
    }

    async fn connect(&self) -> anyhow::Result<SendRequest<String>> {
        let tcp = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).await?;
        tcp.set_nodelay(true)?;
        let tls = self.tls.connect(self.name.clone(), tcp).await?;
        let (sender, connection) = handshake(TokioIo::new(tls)).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
        });
        Ok(sender)
    }
}

impl Wire {
    /// To that server.
    pub fn new(place: Place) -> Self {
        Self { place, open: None }
    }

    /// Sends a request, whose address is a path, and takes the whole answer. Of a connection that
    /// broke or was too slow, nothing more is wanted: the next request opens another.
    pub async fn send(&mut self, mut request: Request<String>) -> anyhow::Result<Answer> {
        request.headers_mut().insert(HOST, self.place.host.clone());
        let mut sender = match self.open.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => self.place.connect().await?,
        };
        let Ok(answer) = timeout(PATIENCE, exchange(&mut sender, request)).await else {
            bail!("no answer in {PATIENCE:?}");
        };
        self.open = Some(sender);
        answer
    }
}

async fn exchange(
    sender: &mut SendRequest<String>,
    request: Request<String>,
) -> anyhow::Result<Answer> {
    sender.ready().await?;
    let begun = Instant::now();
    let (head, body) = sender.send_request(request).await?.into_parts();
    let mut pieces = Body::new(body).into_data_stream();
    let start = pieces.next().await.transpose()?.unwrap_or_default();
    let first = begun.elapsed();
    let rest = to_bytes(Body::from_stream(pieces), MOST).await?;
    let body = if rest.is_empty() { start } else { [start, rest].concat().into() };
    Ok(Answer { status: head.status, headers: head.headers, body, first })
}
