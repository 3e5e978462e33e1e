//! Accepting connections: HTTP/1.1 only, bounded in number and in patience.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::gate::Connection;

const MOST_CONNECTIONS: usize = 64;
const MOST_HEADERS: usize = 64;
const HEAD_BYTES: usize = 16 * 1024;
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long answers under way may take to end when the agent is closed.
const GRACE: Duration = Duration::from_secs(2);
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

/// Serves `router` on `listener` until `closing`.
pub(crate) async fn run(
    listener: TcpListener,
    router: Router,
    closing: CancellationToken,
    tasks: TaskTracker,
) {
    let Ok(port) = listener.local_addr().map(|address| address.port()) else {
        return;
    };
    let seats = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let accepting = async {
        while let Ok(seat) = Arc::clone(&seats).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let connection = Connection { peer, port };
                    let (router, closing) = (router.clone(), closing.clone());
                    tasks.spawn(serve(stream, connection, router, closing, seat));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        () = closing.cancelled() => {}
    }
}

async fn serve(
    stream: TcpStream,
    connection: Connection,
    router: Router,
    closing: CancellationToken,
    _seat: OwnedSemaphorePermit,
) {
    let _ = stream.set_nodelay(true);
    let service =
        hyper::service::service_fn(move |request| answer(router.clone(), connection, request));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_headers(MOST_HEADERS)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = pin!(serving);
    tokio::select! {
        ended = serving.as_mut() => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke off");
            }
        }
        () = closing.cancelled() => {
            serving.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(GRACE, serving).await;
        }
    }
}

async fn answer(
    router: Router,
    connection: Connection,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(connection);
    router.oneshot(request).await
}
