//! What relay and card office are told, over mutual TLS, as they hear it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use warifu_pki::security_event::{CardStatus, Event, EventReceiver, SecurityEvent};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::tls::TlsConfig;

use super::deliver_due;
use crate::pairwise::{CARD_OFFICE, RELAY};
use crate::testing::{Card, CardKind, HOLDER, OFFICE, ORIGIN, Rig, p256};

/// A listener's end: what it heard, and how it answers.
#[derive(Clone, Default)]
struct Ear {
    heard: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
    /// Whoever holds it keeps the listener silent.
    silence: Arc<tokio::sync::Mutex<()>>,
}

async fn hear(State(ear): State<Ear>, token: String) -> StatusCode {
    drop(ear.silence.lock().await);
    let answer = ear.answers.lock().unwrap().pop();
    let answer = answer.unwrap_or(StatusCode::ACCEPTED);
    if answer.is_success() {
        ear.heard.lock().unwrap().push(token);
    }
    answer
}

struct Bed {
    rig: Rig,
    relay: Ear,
    office: Ear,
    stop: CancellationToken,
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn free_port() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Bed {
    /// A rig whose relay and card office listen, on the machine's own clock, since TLS looks at it.
    async fn open() -> Self {
        let now = warifu_service::Surroundings::system().now();
        let now = Timestamp::from_second(now.as_second()).unwrap();
        let (relay_at, office_at) = (free_port(), free_port());
        let rig = Rig::at_with(now, |config, pki, folder| {
            let (certificate, key) = {
                let key = p256();
                let certificate = pki.party("idp", &["localhost"], key.public_key());
                pki.files(folder, &certificate, &key)
            };
            (config.outgoing.certificate, config.outgoing.key) = (Some(certificate), Some(key));
            let url = |port: u16| format!("https://localhost:{port}/events");
            config.relay.events_url = Some(url(relay_at.port()));
            config.card_office.as_mut().unwrap().events_url = url(office_at.port());
        })
        .await;
        let stop = CancellationToken::new();
        let relay = listen(&rig, "relay", relay_at, &stop).await;
        let office = listen(&rig, "ca", office_at, &stop).await;
        Self { rig, relay, office, stop }
    }

    async fn deliver(&self) {
        deliver_due(self.rig.centre()).await;
    }

    fn heard_by_relay(&self) -> Vec<SecurityEvent> {
        self.open_all(&self.relay, RELAY)
    }

    fn heard_by_office(&self) -> Vec<SecurityEvent> {
        self.open_all(&self.office, OFFICE)
    }

    fn open_all(&self, ear: &Ear, audience: &str) -> Vec<SecurityEvent> {
        let key = self.rig.public(&self.rig.config.keys.events);
        let receiver = EventReceiver::new(&key, ORIGIN, audience).unwrap();
        let heard = ear.heard.lock().unwrap();
        heard.iter().map(|token| receiver.open(token, self.rig.now()).unwrap()).collect()
    }

    async fn sign_in(&self, card: &Card) {
        let request = self.rig.portal.request(self.rig.now());
        self.rig.tab().sign_in(&request, card).await;
    }
}

async fn listen(
    rig: &Rig,
    party: &str,
    address: std::net::SocketAddr,
    stop: &CancellationToken,
) -> Ear {
    let key = p256();
    let certificate = rig.pki.party(party, &["localhost"], key.public_key());
    let (certificate, key) = rig.pki.files(rig.folder.path(), &certificate, &key);
    let tls = TlsConfig { certificate, key, client_ca: Some(rig.config.outgoing.ca.clone()) };
    let server = Server::bind(&ListenConfig { address, tls: Some(tls) }).await.unwrap();
    let ear = Ear::default();
    let router = Router::new().route("/events", post(hear)).with_state(ear.clone());
    tokio::spawn(server.serve(router, stop.clone()));
    ear
}

#[tokio::test]
async fn the_relay_hears_of_a_stopped_card_under_its_own_name_for_the_person() {
    let bed = Bed::open().await;
    bed.sign_in(&bed.rig.card).await;
    bed.rig.tell_state(HOLDER, CardStatus::Suspended).await;
    bed.deliver().await;
    let heard = bed.heard_by_relay();
    for event in &heard {
        assert_eq!(event.subject, bed.rig.idp.relay_subject(&bed.rig.resident));
    }
    let revoked = heard.iter().find_map(|one| match one.event {
        Event::SessionRevoked { event_timestamp } => Some(event_timestamp),
        _ => None,
    });
    assert!(revoked.unwrap() > bed.rig.now().as_second(), "the sign-in of this very second");
    assert!(heard.iter().any(|one| one.event == Event::AccountDisabled), "no other card opens");
    assert_eq!(heard.len(), 2);
    assert_eq!(bed.heard_by_office(), [], "a resident's comings and goings");
}

#[tokio::test]
async fn the_card_office_hears_of_its_own_staff() {
    let bed = Bed::open().await;
    let clerk = bed.rig.clerk().await;
    bed.sign_in(&clerk).await;
    bed.rig.tell_state(&"e".repeat(32), CardStatus::Ended).await;
    bed.deliver().await;
    let [event] = bed.heard_by_office().try_into().unwrap();
    let person = crate::PersonId::parse(&"e".repeat(32)).unwrap();
    let pairwise = &bed.rig.centre().keys.pairwise;
    assert_eq!(event.subject, pairwise.subject(CARD_OFFICE, &person));
    assert_ne!(event.subject, bed.heard_by_relay()[0].subject);
}

#[tokio::test]
async fn a_listener_that_fails_hears_the_same_event_later() {
    let bed = Bed::open().await;
    bed.sign_in(&bed.rig.card).await;
    bed.relay.answers.lock().unwrap().extend([StatusCode::SERVICE_UNAVAILABLE; 2]);
    bed.rig.tell_state(HOLDER, CardStatus::Suspended).await;
    bed.deliver().await;
    bed.deliver().await;
    assert_eq!(bed.heard_by_relay(), [], "told again at once");
    bed.rig.clock.advance(SignedDuration::from_secs(10));
    bed.deliver().await;
    assert_eq!(bed.heard_by_relay().len(), 2);
    bed.rig.clock.advance(SignedDuration::from_hours(1));
    bed.deliver().await;
    assert_eq!(bed.heard_by_relay().len(), 2, "told twice");
}

#[tokio::test]
async fn what_a_listener_refuses_for_good_is_given_up() {
    let bed = Bed::open().await;
    bed.sign_in(&bed.rig.card).await;
    bed.relay.answers.lock().unwrap().extend([StatusCode::BAD_REQUEST; 2]);
    bed.rig.tell_state(HOLDER, CardStatus::Suspended).await;
    bed.deliver().await;
    bed.rig.clock.advance(SignedDuration::from_hours(1));
    bed.deliver().await;
    assert_eq!(bed.heard_by_relay(), []);
}

#[tokio::test]
async fn the_office_hears_of_an_activation() {
    let bed = Bed::open().await;
    let holder = "7".repeat(32);
    bed.rig.issue('7', "谷中 花子", crate::Role::Resident, None, &holder).await;
    let card = Card::new(&bed.rig.pki, CardKind::Authentication, &holder);
    let mut tab = bed.rig.tab();
    let begun = tab.get("/activate").await;
    let page = tab.get(&begun.location()).await;
    assert_eq!(tab.answer_with(&page, &card).await.status, StatusCode::OK);
    bed.deliver().await;
    let [event] = bed.heard_by_office().try_into().unwrap();
    assert_eq!((event.subject, event.event), (holder, Event::CardActivated));
}

/// The bell rings, and it is told within a second; nobody has to look.
#[tokio::test]
async fn the_relay_hears_at_once() {
    let bed = Bed::open().await;
    bed.sign_in(&bed.rig.card).await;
    let (idp, stop) = (bed.rig.idp.clone(), CancellationToken::new());
    let stopping = stop.clone();
    let tasks = tokio::spawn(async move { idp.tasks(stopping).await });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    bed.rig.tell_state(HOLDER, CardStatus::Suspended).await;
    for _ in 0..40 {
        if !bed.heard_by_relay().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(!bed.heard_by_relay().is_empty());
    stop.cancel();
    tasks.await.unwrap();
}

/// What was told waits for the database while the next notices do: neither keeps the other from it.
#[tokio::test]
async fn what_is_settled_and_what_is_begun_do_not_wait_for_each_other() {
    let bed = Bed::open().await;
    let centre = bed.rig.centre();
    bed.sign_in(&bed.rig.card).await;
    bed.relay.answers.lock().unwrap().extend([StatusCode::SERVICE_UNAVAILABLE; 2]);
    bed.rig.tell_state(HOLDER, CardStatus::Suspended).await;
    bed.deliver().await;
    let pause = || tokio::time::sleep(std::time::Duration::from_millis(100));
    let silent = bed.relay.silence.clone().lock_owned().await;
    let (idp, stop) = (bed.rig.idp.clone(), CancellationToken::new());
    let stopping = stop.clone();
    let tasks = tokio::spawn(async move { idp.tasks(stopping).await });
    bed.rig.clock.advance(SignedDuration::from_secs(1));
    bed.rig.tell_state(HOLDER, CardStatus::Active).await;
    pause().await;
    let writer = centre.store.database().begin().await.unwrap();
    drop(silent);
    pause().await;
    // The first two are due once more.
    bed.rig.clock.advance(SignedDuration::from_secs(10));
    centre.bell.notify_one();
    pause().await;
    drop(writer);
    let all_told = async {
        while bed.relay.heard.lock().unwrap().len() < 3 {
            pause().await;
        }
    };
    // Whoever waits for the database gives up after five seconds.
    tokio::time::timeout(std::time::Duration::from_secs(4), all_told).await.unwrap();
    stop.cancel();
    tasks.await.unwrap();
}
