//! What says the relay's keys: whatever it was told to say.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use warifu_service::http::ListenConfig;
use warifu_service::tls::{ClientConfig, TlsConfig};

use super::rig::{Authority, serve};
use crate::relay_keys::RelayJwksConfig;

/// Runs until it is dropped.
pub(crate) struct Publisher {
    said: Arc<Said>,
    url: String,
    stop: CancellationToken,
}

#[derive(Default)]
struct Said {
    answer: Mutex<(StatusCode, String)>,
    times: AtomicUsize,
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Publisher {
    /// With a certificate of `party`.
    pub(crate) async fn start(authority: &Authority, party: &str) -> Self {
        let (certificate, key) = authority.certify(party);
        let tls = TlsConfig { certificate, key, client_ca: Some(authority.path("root.pem")) };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let said = Arc::new(Said::default());
        let router = Router::new().route("/jwks.json", get(answer)).with_state(said.clone());
        let stop = CancellationToken::new();
        let base = serve(&ListenConfig { address, tls: Some(tls) }, router, stop.clone()).await;
        Self { said, url: base.join("/jwks.json").unwrap().into(), stop }
    }

    /// How a connector reaches it.
    pub(crate) fn config(&self, authority: &Authority) -> RelayJwksConfig {
        let (certificate, key) = authority.certify("connector-sample");
        let ca = authority.path("root.pem");
        RelayJwksConfig {
            url: self.url.clone(),
            party: "relay".to_owned(),
            tls: ClientConfig { ca, certificate: Some(certificate), key: Some(key) },
            refresh_seconds: 1,
        }
    }

    pub(crate) fn say(&self, keys: &[Value]) {
        self.answer(StatusCode::OK, json!({ "keys": keys }).to_string());
    }

    pub(crate) fn answer(&self, status: StatusCode, body: String) {
        *self.said.answer.lock().unwrap() = (status, body);
    }

    /// How often it was asked.
    pub(crate) fn times(&self) -> usize {
        self.said.times.load(Ordering::SeqCst)
    }
}

async fn answer(State(said): State<Arc<Said>>) -> (StatusCode, String) {
    said.times.fetch_add(1, Ordering::SeqCst);
    said.answer.lock().unwrap().clone()
}
