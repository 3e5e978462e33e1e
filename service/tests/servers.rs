//! A real server over real TLS: who gets in, what the limits do, how problems look.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures::future::join_all;
use futures::stream::pending;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use reqwest::StatusCode;
use tokio_util::sync::CancellationToken;
use warifu_service::health::health;
use warifu_service::http::{HttpLimits, ListenConfig, Server, finish};
use warifu_service::tls::{self, ClientConfig, PeerCertificate, TlsConfig};
use warifu_service::words::Words;
use warifu_service::{Problem, Surroundings};

/// Requests in work at the same time.
const REQUESTS: usize = 2;

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    dir: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes NAME.pem and NAME.key of a party.
    fn party(&self, name: &str) -> (PathBuf, PathBuf) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let uri = format!("urn:warifu:party:{name}");
        params.subject_alt_names.push(SanType::URI(uri.try_into().unwrap()));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let paths = (self.path(&format!("{name}.pem")), self.path(&format!("{name}.key")));
        std::fs::write(&paths.0, certificate.pem()).unwrap();
        std::fs::write(&paths.1, key.serialize_pem()).unwrap();
        paths
    }
}

struct Running {
    base: String,
    stop: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn serve(tls: TlsConfig) -> Running {
    let config = ListenConfig { address: "127.0.0.1:0".parse().unwrap(), tls: Some(tls) };
    let server = Server::bind(&config).await.unwrap();
    let base = format!("https://localhost:{}", server.address().port());
    let router = Router::new()
        .route(
            "/who",
            get(|peer: Extension<PeerCertificate>| async move {
                peer.party.clone().unwrap_or_default()
            }),
        )
        .route("/echo", post(|body: String| async move { body }))
        .route("/slow", get(|| async { std::future::pending::<String>().await }))
        .route("/stream", get(|| async { Body::from_stream(pending::<io::Result<Bytes>>()) }))
        .route("/panic", get(panicking))
        .route(
            "/refuse",
            get(|| async { Problem::new(StatusCode::FORBIDDEN, "peer.unknown").retry_after(7) }),
        )
        .merge(health(None));
    let words = Arc::new(
        Words::new(
            &["site-name = 見本\nsite-tagline = 見本\n"],
            &["site-name = Sample\nsite-tagline = Sample\n"],
        )
        .unwrap(),
    );
    let limits = HttpLimits {
        body: 1024,
        time: Duration::from_millis(300),
        requests: REQUESTS,
        ..HttpLimits::default()
    };
    let router = finish(router, &Surroundings::system(), words, limits);
    let stop = CancellationToken::new();
    tokio::spawn(server.serve(router, stop.clone()));
    Running { base, stop }
}

async fn panicking() -> String {
    let empty: Vec<String> = Vec::new();
    empty[0].clone()
}

fn client(ca: &Path, own: Option<(PathBuf, PathBuf)>) -> reqwest::Client {
    let (certificate, key) = own.unzip();
    let config = ClientConfig { ca: ca.to_owned(), certificate, key };
    tls::client(&config, Duration::from_secs(5)).unwrap()
}

#[tokio::test]
async fn mutual_tls_lets_in_only_the_own_ca() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let (certificate, key) = ours.party("relay");
    let client_ca = Some(ours.path("ca.pem"));
    let running = serve(TlsConfig { certificate, key, client_ca }).await;
    let who = format!("{}/who", running.base);
    let ca = ours.path("ca.pem");

    let friend = client(&ca, Some(ours.party("portal")));
    let answer = friend.get(&who).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "portal");
    assert!(client(&ca, None).get(&who).send().await.is_err(), "no certificate");
    let stranger = client(&ca, Some(theirs.party("portal")));
    assert!(stranger.get(&who).send().await.is_err(), "another CA's certificate");
    let mistrusting = client(&theirs.path("ca.pem"), Some(ours.party("portal")));
    assert!(mistrusting.get(&who).send().await.is_err(), "a server of another CA");
}

#[tokio::test]
async fn a_party_cannot_stand_in_for_another_at_the_same_host() {
    let ours = Authority::new();
    let (certificate, key) = ours.party("connector-pension");
    let running = serve(TlsConfig { certificate, key, client_ca: None }).await;
    let config = ClientConfig { ca: ours.path("ca.pem"), certificate: None, key: None };
    let reach = |party: &str| tls::client_to(party, &config, Duration::from_secs(5)).unwrap();
    let echo = format!("{}/echo", running.base);
    let right = reach("connector-pension").post(&echo).body("hello").send().await.unwrap();
    assert_eq!(right.text().await.unwrap(), "hello");
    assert!(reach("connector-insurer").post(&echo).body("secret").send().await.is_err());
}

async fn plain() -> (Authority, Running, reqwest::Client) {
    let ours = Authority::new();
    let (certificate, key) = ours.party("portal");
    let running = serve(TlsConfig { certificate, key, client_ca: None }).await;
    let client = client(&ours.path("ca.pem"), None);
    (ours, running, client)
}

#[tokio::test]
async fn a_program_gets_a_problem_document_in_its_language() {
    let (_ours, running, client) = plain().await;
    let request = client.get(format!("{}/refuse?lang=en", running.base));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["retry-after"], "7");
    assert!(answer.headers()["set-cookie"].to_str().unwrap().starts_with("lang=en;"));
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let document: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(document["code"], "peer.unknown");
    assert_eq!(document["title"], "The caller is not registered");
    assert_eq!(document["instance"], format!("urn:warifu:request:{id}"));
    assert!(!document["advice"]["engineer"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn a_browser_gets_a_page_under_a_strict_policy() {
    let (_ours, running, client) = plain().await;
    let request = client.get(format!("{}/nowhere", running.base)).header("accept", "text/html");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let page = answer.text().await.unwrap();
    assert!(page.contains("<html lang=\"ja\">") && page.contains("そのページはありません"));
}

#[tokio::test]
async fn bodies_time_and_panics_are_bounded() {
    let (_ours, running, client) = plain().await;
    let echo = format!("{}/echo", running.base);
    let answer = client.post(&echo).body("x".repeat(1024)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let answer = client.post(&echo).body("x".repeat(1025)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let document: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(document["code"], "request.too-large");
    for (path, status, code) in [
        ("slow", StatusCode::SERVICE_UNAVAILABLE, "request.timeout"),
        ("panic", StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    ] {
        let answer = client.get(format!("{}/{path}", running.base)).send().await.unwrap();
        assert_eq!(answer.status(), status);
        let document: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(document["code"], code);
    }
}

/// Status and code of what came back.
async fn refusal(answer: reqwest::Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let document: serde_json::Value = answer.json().await.unwrap();
    (status, document["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_party_says_how_long_it_waits() {
    let ours = Authority::new();
    let (certificate, key) = ours.party("relay");
    let client_ca = Some(ours.path("ca.pem"));
    let running = serve(TlsConfig { certificate, key, client_ca }).await;
    let party = client(&ours.path("ca.pem"), Some(ours.party("portal")));
    let ask = |path: &str, left: &str| {
        party.get(format!("{}/{path}", running.base)).header("warifu-deadline", left).send()
    };
    let started = tokio::time::Instant::now();
    let over = (504, "request.deadline".to_owned());
    assert_eq!(refusal(ask("slow", "20").await.unwrap()).await, over);
    assert_eq!(refusal(ask("who", "0").await.unwrap()).await, over, "no work for nobody");
    assert!(started.elapsed() < Duration::from_secs(5));
    let bounded = (503, "request.timeout".to_owned());
    assert_eq!(refusal(ask("slow", "60000").await.unwrap()).await, bounded);
    assert_eq!(ask("who", "soon").await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn only_a_party_says_how_long_it_waits() {
    let (_ours, running, client) = plain().await;
    let request = client.get(format!("{}/refuse", running.base)).header("warifu-deadline", "0");
    assert_eq!(refusal(request.send().await.unwrap()).await.1, "peer.unknown");
}

#[tokio::test]
async fn one_request_too_many_is_sent_away_and_health_never_is() {
    let (_ours, running, client) = plain().await;
    // Streams that never end keep the places; as many wait, and the others are told at once.
    let stream = || async { client.get(format!("{}/stream", running.base)).send().await.unwrap() };
    let held = join_all((0..REQUESTS).map(|_| stream())).await;
    assert!(held.iter().all(|answer| answer.status() == StatusCode::OK));
    let calls = (0..=REQUESTS).map(|_| client.get(format!("{}/who", running.base)).send());
    let (answers, healthy) =
        tokio::join!(join_all(calls), client.get(format!("{}/healthz", running.base)).send());
    assert_eq!(healthy.unwrap().status(), StatusCode::OK);
    let mut codes = Vec::new();
    for answer in answers {
        let answer = answer.unwrap();
        let again = answer.headers().get("retry-after").map(|after| after.to_str().unwrap());
        let again: Option<u32> = again.map(|after| after.parse().unwrap());
        let (status, code) = refusal(answer).await;
        assert_eq!(status, 503);
        assert_eq!(again.is_some_and(|after| (1..=4).contains(&after)), code == "server.busy");
        codes.push(code);
    }
    assert!(codes.contains(&"server.busy".to_owned()), "{codes:?}");
    drop(held);
    let mut left = 50;
    while client.get(format!("{}/echo", running.base)).send().await.unwrap().status()
        != StatusCode::METHOD_NOT_ALLOWED
    {
        left -= 1;
        assert!(left > 0, "the places came back");
    }
}
