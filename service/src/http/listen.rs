//! The listener: accepts, shakes hands beside the accept loop, tells the handlers who is there.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::routing::future::RouteFuture;
use axum::serve::{IncomingStream, Listener};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::telemetry;
use crate::tls::{self, PeerCertificate, ShownCertificate, TlsConfig, TlsError};

/// Connections served at the same time; more wait in the system's backlog.
const CONNECTIONS: usize = 4096;
/// A handshake that takes longer is dropped.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The same where a person chooses a certificate in it and enters a PIN.
const PERSONAL_HANDSHAKE: Duration = Duration::from_mins(2);
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
    /// The client certificate where any is taken ([`Server::bind_asking`]).
    pub shown: Option<Arc<ShownCertificate>>,
}

impl Peer {
    fn unnamed(address: SocketAddr) -> Self {
        Self { address, certificate: None, shown: None }
    }
}

/// A bound server, not yet serving.
pub struct Server {
    tcp: TcpListener,
    address: SocketAddr,
    greeting: Greeting,
}

/// How connections are taken.
#[derive(Clone)]
enum Greeting {
    Plain,
    /// A client certificate, where one comes, leads to the configured CA.
    Tls(TlsAcceptor),
    /// Any client certificate is taken.
    Asking(TlsAcceptor),
}

impl Server {
    /// Binds the address and reads the keys.
    pub async fn bind(config: &ListenConfig) -> Result<Self, ListenError> {
        let tls = config.tls.as_ref().map(tls::server_config).transpose()?;
        let greeting = tls.map_or(Greeting::Plain, |tls| Greeting::Tls(tls.into()));
        Self::take(config.address, greeting).await
    }

    /// Binds a server that asks each client for a certificate and takes any, or none; handlers get
    /// it as [`ShownCertificate`], unverified. `certificate` and `key` are its own (PEM files).
    pub async fn bind_asking(
        address: SocketAddr,
        certificate: &Path,
        key: &Path,
    ) -> Result<Self, ListenError> {
        let tls = tls::asking_config(certificate, key)?;
        Self::take(address, Greeting::Asking(tls.into())).await
    }

    async fn take(address: SocketAddr, greeting: Greeting) -> Result<Self, ListenError> {
        let failed = |cause| ListenError::Address { address, cause };
        let tcp = TcpListener::bind(address).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;
        Ok(Self { tcp, address, greeting })
    }

    /// The address, with the port that the system chose for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`, then lets running answers finish for a short while.
    pub async fn serve(self, router: Router, stop: CancellationToken) -> Result<(), ListenError> {
        let listener = Connections::start(self, stop.clone());
        let serving = axum::serve(listener, Hosts(router))
            .with_graceful_shutdown(stop.clone().cancelled_owned());
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

/// Makes a service for each connection, which knows who is at its other end.
struct Hosts(Router);

impl Service<IncomingStream<'_, Connections>> for Hosts {
    type Response = Host;
    type Error = Infallible;
    type Future = Ready<Result<Host, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, stream: IncomingStream<'_, Connections>) -> Self::Future {
        ready(Ok(Host { router: self.0.clone(), peer: stream.remote_addr().clone() }))
    }
}

/// Answers what comes on one connection.
#[derive(Clone)]
struct Host {
    router: Router,
    peer: Peer,
}

impl Service<Request> for Host {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.router, context)
    }

    /// Gives handlers the peer, and its certificate as an extension of its own type.
    fn call(&mut self, mut request: Request) -> Self::Future {
        let extensions = request.extensions_mut();
        if let Some(certificate) = &self.peer.certificate {
            extensions.insert(PeerCertificate::clone(certificate));
        }
        if let Some(shown) = &self.peer.shown {
            extensions.insert(ShownCertificate::clone(shown));
        }
        extensions.insert(ConnectInfo(self.peer.clone()));
        self.router.call(request)
    }
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
                let (greeting, ready) = (server.greeting.clone(), ready.clone());
                tokio::spawn(async move {
                    if let Some(connection) = greet(stream, address, greeting, place).await {
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
    greeting: Greeting,
    place: OwnedSemaphorePermit,
) -> Option<(Connection, Peer)> {
    let _ = stream.set_nodelay(true);
    let mut peer = Peer::unnamed(address);
    let stream = match greeting {
        Greeting::Plain => Stream::Plain(stream),
        Greeting::Tls(tls) => {
            let stream = shake(&tls, stream, HANDSHAKE).await?;
            let first = first_certificate(&stream);
            peer.certificate = first.map(|der| Arc::new(PeerCertificate::from_der(der)));
            Stream::Tls(Box::new(stream))
        }
        Greeting::Asking(tls) => {
            let stream = shake(&tls, stream, PERSONAL_HANDSHAKE).await?;
            let first = first_certificate(&stream);
            peer.shown = first.map(|der| Arc::new(ShownCertificate(der.to_vec())));
            Stream::Tls(Box::new(stream))
        }
    };
    Some((Connection { stream, _place: place }, peer))
}

async fn shake(
    tls: &TlsAcceptor,
    stream: TcpStream,
    within: Duration,
) -> Option<TlsStream<TcpStream>> {
    let shaken = tokio::time::timeout(within, tls.accept(stream)).await.ok()?;
    shaken.inspect_err(|error| tracing::debug!(%error, "a TLS handshake failed")).ok()
}

fn first_certificate(stream: &TlsStream<TcpStream>) -> Option<&[u8]> {
    Some(stream.get_ref().1.peer_certificates()?.first()?)
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
        Ok(Peer::unnamed(self.address))
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
