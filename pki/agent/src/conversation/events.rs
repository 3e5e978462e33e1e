//! The lines that go to the page while it waits.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::protocol::{Outcome, Progress};

/// Lines that may wait for a page that does not read.
const QUEUE: usize = 16;
/// How long a page may leave its lines unread.
const PATIENCE: Duration = Duration::from_secs(5);
const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");

/// Where to write the lines.
pub(crate) struct Events(mpsc::Sender<Bytes>);

/// A stream of events, and the answer that carries it to the page.
pub(crate) fn stream() -> (Events, Response) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let lines = ReceiverStream::new(receiver).map(Ok::<_, std::convert::Infallible>);
    let mut response = Body::from_stream(lines).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, NDJSON);
    response
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    (Events(sender), response)
}

impl Events {
    /// Tells the page how far things are.
    pub(crate) async fn progress(&self, progress: &Progress) {
        self.line(progress).await;
    }

    /// Tells the page how it ended. Nothing comes after.
    pub(crate) async fn finish(self, outcome: &Outcome) {
        self.line(outcome).await;
    }

    /// Waits until the page is gone: closed, reloaded, or no longer interested.
    pub(crate) async fn page_gone(&self) {
        self.0.closed().await;
    }

    async fn line(&self, event: &impl Serialize) {
        let Ok(mut line) = serde_json::to_vec(event) else {
            return;
        };
        line.push(b'\n');
        // A page that is gone or does not read gets nothing more.
        let _ = self.0.send_timeout(line.into(), PATIENCE).await;
    }
}
