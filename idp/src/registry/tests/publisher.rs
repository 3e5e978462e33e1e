//! A server that publishes metadata, as well or as badly as a test wants.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio_util::sync::CancellationToken;
use warifu_service::http::{ListenConfig, Server};
use warifu_service::tls::TlsConfig;

use super::Bed;
use crate::testing::p256;

pub(super) struct Publisher {
    pub(super) url: String,
    pub(super) says: Arc<Mutex<Says>>,
    stop: CancellationToken,
}

/// What it answers, and what it was asked.
#[derive(Default)]
pub(super) struct Says {
    pub(super) body: Vec<u8>,
    pub(super) etag: Option<&'static str>,
    pub(super) modified: Option<&'static str>,
    pub(super) status: Option<StatusCode>,
    pub(super) delay: Duration,
    pub(super) asked: usize,
    pub(super) unchanged: usize,
}

impl Publisher {
    /// Behind TLS, as `localhost`.
    pub(super) async fn https(bed: &Bed) -> Self {
        let key = p256();
        let certificate = bed.rig.pki.party("sp", &["localhost"], key.public_key());
        let (certificate, key) = bed.rig.pki.files(bed.rig.folder.path(), &certificate, &key);
        Self::serve(Some(TlsConfig { certificate, key, client_ca: None })).await
    }

    pub(super) async fn http() -> Self {
        Self::serve(None).await
    }

    async fn serve(tls: Option<TlsConfig>) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = ([127, 0, 0, 1], 0).into();
        let server = Server::bind(&ListenConfig { address, tls }).await.unwrap();
        let url = format!("{scheme}://localhost:{}/metadata", server.address().port());
        let (says, stop) = (Arc::<Mutex<Says>>::default(), CancellationToken::new());
        let router = Router::new().route("/metadata", get(answer)).with_state(says.clone());
        tokio::spawn(server.serve(router, stop.clone()));
        Self { url, says, stop }
    }

    pub(super) fn say(&self, body: impl Into<Vec<u8>>) {
        self.says.lock().unwrap().body = body.into();
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.says.lock().unwrap());
    }

    /// Goes down.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn answer(State(says): State<Arc<Mutex<Says>>>, headers: HeaderMap) -> Response {
    let delay = says.lock().unwrap().delay;
    tokio::time::sleep(delay).await;
    let mut says = says.lock().unwrap();
    says.asked += 1;
    let asked = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let known = (says.etag.is_some() && asked(IF_NONE_MATCH) == says.etag)
        || (says.modified.is_some() && asked(IF_MODIFIED_SINCE) == says.modified);
    if known {
        says.unchanged += 1;
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut response = (says.status.unwrap_or(StatusCode::OK), says.body.clone()).into_response();
    for (name, value) in [(ETAG, says.etag), (LAST_MODIFIED, says.modified)] {
        if let Some(value) = value {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
    }
    response
}
