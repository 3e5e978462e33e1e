//! The listener: accepts, shakes hands beside the accept loop, tells the handlers who is there.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::telemetry;
use crate::tls::{self, PeerCertificate, TlsConfig, TlsError};

/// Connections served at the same time; more wait in the system's backlog.
const CONNECTIONS: usize = 4096;
/// A handshake that takes longer is dropped.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long running answers may finish after the order to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenConfig {
    /// Address and port, e.g. `127.0.0.1:8443`.
    pub address: SocketAddr,
    /// TLS; absent means plain HTTP.
    #[serde(default)]
    pub tls: Option<TlsConfig>,
}

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken or not ours.
    #[error("listen.address: {address}: {cause}")]
    Address {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The server ended by itself.
    #[error("listen.ended: {0}")]
    Ended(#[from] std::io::Error),
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The address.
    pub address: SocketAddr,
    /// The client certificate, on mutual TLS.
    pub certificate: Option<Arc<PeerCertificate>>,
}

/// A bound server, not yet serving.
pub struct Server {
    tcp: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
}

impl Server {
    /// Binds the address and reads the keys.
    pub async fn bind(config: &ListenConfig) -> Result<Self, ListenError> {
        let failed = |cause| ListenError::Address { address: config.address, cause };
        let tls = config.tls.as_ref().map(tls::server_config).transpose()?.map(TlsAcceptor::from);
        let tcp = TcpListener::bind(config.address).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;
        Ok(Self { tcp, address, tls })
    }

    /// The address, with the port that the system chose for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`, then lets running answers finish for a short while.
    pub async fn serve(self, router: Router, stop: CancellationToken) -> Result<(), ListenError> {
        let router = router.layer(axum::middleware::from_fn(introduce_peer));
        let service = router.into_make_service_with_connect_info::<Peer>();
        let listener = Connections::start(self, stop.clone());
        let serving =
            axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
        let farewell = async {
            stop.cancelled().await;
            tokio::time::sleep(FAREWELL).await;
        };
        tokio::select! {
            ended = serving => ended.map_err(ListenError::Ended),
            () = farewell => Ok(()),
            never = telemetry::sum_up() => match never {},
        }
    }
}

/// Gives handlers the peer's certificate as an extension of its own type.
async fn introduce_peer(mut request: Request, next: Next) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<Peer>>().cloned()
        && let Some(certificate) = peer.certificate
    {
        request.extensions_mut().insert(PeerCertificate::clone(&certificate));
    }
    next.run(request).await
}

/// Connections whose handshake is done.
struct Connections {
    ready: mpsc::Receiver<(Connection, Peer)>,
    address: SocketAddr,
}

impl Connections {
    fn start(server: Server, stop: CancellationToken) -> Self {
        let (send, ready) = mpsc::channel(64);
        let address = server.address;
        tokio::spawn(accept(server, send, stop));
        Self { ready, address }
    }
}

async fn accept(server: Server, ready: mpsc::Sender<(Connection, Peer)>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = server.tcp.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let (tls, ready) = (server.tls.clone(), ready.clone());
                tokio::spawn(async move {
                    if let Some(connection) = greet(stream, address, tls, place).await {
                        // Nobody receives any more only when the server stops.
                        let _ = ready.send(connection).await;
                    }
                });
            }
            Err(error) => {
                // Out of descriptors, or the peer was gone already: neither ends the server.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn greet(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    place: OwnedSemaphorePermit,
) -> Option<(Connection, Peer)> {
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        let connection = Connection { stream: Stream::Plain(stream), _place: place };
        return Some((connection, Peer { address, certificate: None }));
    };
    let shaken = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await;
    let stream = match shaken {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a TLS handshake failed");
            return None;
        }
        Err(_) => return None,
    };
    let certificate = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(<[_]>::first)
        .map(|der| Arc::new(PeerCertificate::from_der(der)));
    let connection = Connection { stream: Stream::Tls(Box::new(stream)), _place: place };
    Some((connection, Peer { address, certificate }))
}

impl Listener for Connections {
    type Io = Connection;
    type Addr = Peer;

    async fn accept(&mut self) -> (Connection, Peer) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The accept loop has stopped: wait for the graceful end.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Peer> {
        Ok(Peer { address: self.address, certificate: None })
    }
}

impl Connected<IncomingStream<'_, Connections>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Connections>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A connection, holding its place among the bounded number.
struct Connection {
    stream: Stream,
    _place: OwnedSemaphorePermit,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
