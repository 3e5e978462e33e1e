//! The relay's client before connectors that are slow, down, or broken.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::rig::{Authority, Party, listen, serve};
use crate::client::{ConnectorClient, SourceError};

const DEADLINE: Duration = Duration::from_secs(5);

/// What a connector sends.
type Answer = fn() -> Response;

struct Broken {
    client: ConnectorClient,
    stop: CancellationToken,
    _authority: Authority,
}

impl Drop for Broken {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A connector whose manifest is whatever `answer` gives.
async fn broken(answer: Answer) -> Broken {
    let authority = Authority::new();
    let stop = CancellationToken::new();
    let router = Router::new().route("/v1/manifest", get(move || async move { answer() }));
    let base = serve(&listen(&authority), router, stop.clone()).await;
    let relay = Party::new("relay", &authority, &authority.path("root.pem"));
    let client = ConnectorClient::new(&base, relay.http).unwrap();
    Broken { client, stop, _authority: authority }
}

fn endless() -> Response {
    let body = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 8192]));
    axum::body::Body::from_stream(body).into_response()
}

fn never() -> Response {
    let body = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    axum::body::Body::from_stream(body).into_response()
}

#[tokio::test]
async fn whatever_comes_back_is_bounded_and_has_a_code() {
    let cases: [(&str, Answer, SourceError); 9] = [
        ("no json", || "<html>".into_response(), SourceError::Broken),
        ("another shape", || "{\"id\":1}".into_response(), SourceError::Broken),
        ("an answer without end", endless, SourceError::Broken),
        (
            "an error of its own",
            || StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            SourceError::Broken,
        ),
        ("a redirect", || axum::response::Redirect::to("/").into_response(), SourceError::Broken),
        ("closed for now", || StatusCode::SERVICE_UNAVAILABLE.into_response(), SourceError::Down),
        ("too late", || StatusCode::GATEWAY_TIMEOUT.into_response(), SourceError::Slow),
        ("too much", || StatusCode::TOO_MANY_REQUESTS.into_response(), SourceError::Busy),
        (
            "a refusal without reason",
            || StatusCode::FORBIDDEN.into_response(),
            SourceError::Refused { code: "unknown".to_owned() },
        ),
    ];
    for (what, answer, error) in cases {
        let broken = broken(answer).await;
        assert_eq!(broken.client.manifest(DEADLINE).await, Err(error), "{what}");
    }
}

#[tokio::test]
async fn the_deadline_holds_to_the_last_byte() {
    let broken = broken(never).await;
    let started = tokio::time::Instant::now();
    let answer = broken.client.manifest(Duration::from_millis(200)).await;
    assert_eq!(answer, Err(SourceError::Slow));
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn nobody_there_is_down() {
    let authority = Authority::new();
    let relay = Party::new("relay", &authority, &authority.path("root.pem"));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let base = Url::parse(&format!("https://localhost:{port}")).unwrap();
    let client = ConnectorClient::new(&base, relay.http).unwrap();
    assert_eq!(client.manifest(DEADLINE).await, Err(SourceError::Cut));
}

#[tokio::test]
async fn a_stranger_with_another_certificate_is_down() {
    let (authority, other) = (Authority::new(), Authority::new());
    let stop = CancellationToken::new();
    let base = serve(&listen(&other), Router::new(), stop.clone()).await;
    let relay = Party::new("relay", &authority, &authority.path("root.pem"));
    let client = ConnectorClient::new(&base, relay.http).unwrap();
    assert_eq!(client.manifest(DEADLINE).await, Err(SourceError::Cut));
    stop.cancel();
}
