//! An identity provider at the receiving end: it verifies each event and keeps it, unless the test
//! tells it to behave badly.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use tokio_util::sync::CancellationToken;
use warifu_pki::security_event::{EventReceiver, SecurityEvent};
use warifu_service::clock::{Clock as _, FrozenClock};
use warifu_service::http::{ListenConfig, Server};

use crate::federation::Federation;

/// The identity provider.
#[derive(Clone)]
pub struct Idp(Arc<Parts>);

struct Parts {
    receiver: EventReceiver,
    clock: Arc<FrozenClock>,
    state: Mutex<Conduct>,
}

#[derive(Default)]
struct Conduct {
    taken: Vec<SecurityEvent>,
    answer: Option<StatusCode>,
    refused_subjects: HashSet<String>,
    calls: usize,
}

impl Idp {
    /// Serves until `stop`; gives the address for events.
    pub async fn serve(
        federation: &Federation,
        key: &warifu_pki::PublicKey,
        stop: CancellationToken,
    ) -> (Self, String) {
        let receiver = EventReceiver::new(key, "urn:warifu:ca", "urn:warifu:idp").unwrap();
        let (clock, state) = (federation.clock.clone(), Mutex::default());
        let idp = Self(Arc::new(Parts { receiver, clock, state }));
        let config = ListenConfig {
            address: "127.0.0.1:0".parse().unwrap(),
            tls: Some(federation.server_tls("idp")),
        };
        let server = Server::bind(&config).await.unwrap();
        let address = format!("https://localhost:{}/events", server.address().port());
        let router = Router::new().route("/events", post(take)).with_state(idp.clone());
        tokio::spawn(server.serve(router, stop));
        (idp, address)
    }

    /// From now on answers only with that.
    pub fn answer(&self, status: Option<StatusCode>) {
        self.0.state.lock().unwrap().answer = status;
    }

    /// From now on takes no event about that subject.
    pub fn refuse(&self, subject: &str) {
        self.0.state.lock().unwrap().refused_subjects.insert(subject.to_owned());
    }

    pub fn forgive(&self) {
        self.0.state.lock().unwrap().refused_subjects.clear();
    }

    pub fn taken(&self) -> Vec<SecurityEvent> {
        self.0.state.lock().unwrap().taken.clone()
    }

    /// How often it was called.
    pub fn calls(&self) -> usize {
        self.0.state.lock().unwrap().calls
    }

    /// Waits until that many events were taken.
    pub async fn until(&self, count: usize) -> Vec<SecurityEvent> {
        for _ in 0..500 {
            let taken = self.taken();
            if taken.len() >= count {
                return taken;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{} of {count} events came", self.taken().len());
    }
}

async fn take(State(idp): State<Idp>, headers: HeaderMap, token: String) -> Response {
    assert_eq!(headers["content-type"], "application/secevent+jwt");
    let mut state = idp.0.state.lock().unwrap();
    state.calls += 1;
    if let Some(status) = state.answer {
        return status.into_response();
    }
    let event = idp.0.receiver.open(&token, idp.0.clock.now()).unwrap();
    if state.refused_subjects.contains(&event.subject) {
        let body = r#"{"err":"access_denied","description":"not this one"}"#;
        return (StatusCode::BAD_REQUEST, body).into_response();
    }
    state.taken.push(event);
    StatusCode::ACCEPTED.into_response()
}
