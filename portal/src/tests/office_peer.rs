//! A card office at the other end of the wire, as far as the portal can tell: it speaks the agreed
//! types over mutual TLS, keeps cards and their versions, and remembers what it was asked.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path as In, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use warifu_contract::card_office::{
    Action, CallerAnswers, Card, CardList, CardSearch, NewApplication, PersonEnded, Stage,
};
use warifu_contract::identity::FourItems;
use warifu_contract::linking::ProvedWard;
use warifu_service::http::{ListenConfig, Server};
use warifu_service::tls::TlsConfig;

use super::pki::{CA, Identity};
use crate::samples::office as samples;

/// What is remembered of a call: method and path, then what mattered of it.
pub type Call = (String, String);

pub struct OfficePeer {
    pub url: String,
    desk: Desk,
    stop: CancellationToken,
}

#[derive(Clone, Default)]
struct Desk(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    cards: BTreeMap<String, Card>,
    asked: Vec<Call>,
    /// The next answers, before it does anything.
    refusals: Vec<(StatusCode, &'static str)>,
    batch: (u32, u32),
    caller_known: bool,
}

impl OfficePeer {
    /// Listens with mutual TLS under that certificate.
    pub async fn start_as(folder: &Path, identity: &Identity) -> Self {
        let (key, certificate) = identity.write(folder, "office");
        let (_, ca) = CA.write(folder, "ca");
        let tls = TlsConfig { certificate, key, client_ca: Some(ca) };
        let config = ListenConfig { address: "127.0.0.1:0".parse().unwrap(), tls: Some(tls) };
        let server = Server::bind(&config).await.unwrap();
        let url = format!("https://localhost:{}", server.address().port());
        let desk = Desk::default();
        let stop = CancellationToken::new();
        tokio::spawn(server.serve(router(desk.clone()), stop.clone()));
        Self { url, desk, stop }
    }

    pub fn stop(&self) {
        self.stop.cancel();
    }

    pub fn put(&self, card: Card) {
        self.desk.lock().cards.insert(card.id.clone(), card);
    }

    pub fn card(&self, id: &str) -> Card {
        self.desk.lock().cards[id].clone()
    }

    pub fn refuse_next(&self, status: StatusCode, code: &'static str) {
        self.desk.lock().refusals.push((status, code));
    }

    pub fn know_the_caller(&self) {
        self.desk.lock().caller_known = true;
    }

    pub fn batch_is(&self, done: u32, failed: u32) {
        self.desk.lock().batch = (done, failed);
    }

    /// What was asked so far, and is forgotten.
    pub fn asked(&self) -> Vec<Call> {
        std::mem::take(&mut self.desk.lock().asked)
    }
}

impl Desk {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Notes the call, and refuses it when the test wants so.
    fn admit(&self, call: &str, headers: &HeaderMap, what: &str) -> Result<(), Refused> {
        let of = |name| headers.get(name).map_or("", |value| value.to_str().unwrap());
        assert_eq!(of("authorization"), "Bearer ticket-to-the-office");
        assert!(["ja", "en"].contains(&of("accept-language")));
        let marks = format!("{}{}", of("if-match"), of("idempotency-key"));
        let mut inner = self.lock();
        inner.asked.push((call.to_owned(), format!("{marks} {what}")));
        if inner.refusals.is_empty() {
            return Ok(());
        }
        let (status, code) = inner.refusals.remove(0);
        Err(Refused(status, code))
    }
}

/// A problem document, small enough for an error.
struct Refused(StatusCode, &'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        problem(self.0, self.1)
    }
}

fn problem(status: StatusCode, code: &str) -> Response {
    let document = json!({
        "type": format!("urn:warifu:problem:{code}"), "title": "窓口の言葉", "status": status.as_u16(),
        "code": code, "advice": { "person": "窓口の助言", "engineer": "x" }, "instance": "x",
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(document)).into_response()
}

fn router(desk: Desk) -> Router {
    Router::new()
        .route("/cards", get(list).post(apply))
        .route("/cards/ending", get(ending))
        .route("/cards/search", post(search))
        .route("/cards/{id}", get(card))
        .route("/cards/{id}/history", get(history))
        .route("/cards/{id}/actions", post(act))
        .route("/cards/{id}/person-ended", post(end_person))
        .route("/cards/{id}/face.pdf", get(pdf))
        .route("/cards/{id}/cover.pdf", get(pdf))
        .route("/cards/{id}/letter.pdf", get(pdf))
        .route("/batches/{id}/faces.pdf", get(pdf))
        .route("/calls/identify", post(identify))
        .route("/wards", post(prove))
        .route("/batches", post(batch))
        .route("/batches/{id}", get(batch))
        .with_state(desk)
}

async fn list(
    State(desk): State<Desk>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<CardList>, Refused> {
    desk.admit("GET /cards", &headers, uri.query().unwrap_or_default())?;
    Ok(Json(samples::list()))
}

async fn ending(
    State(desk): State<Desk>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<CardList>, Refused> {
    desk.admit("GET /cards/ending", &headers, uri.query().unwrap_or_default())?;
    Ok(Json(samples::list()))
}

async fn apply(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Json(new): Json<NewApplication>,
) -> Result<Response, Refused> {
    desk.admit("POST /cards", &headers, &serde_json::to_string(&new).unwrap())?;
    let card = Card { applicant: Some(new.applicant), ..samples::card(Stage::Applied) };
    desk.lock().cards.insert(card.id.clone(), card.clone());
    Ok((StatusCode::CREATED, Json(card)).into_response())
}

async fn prove(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Json(items): Json<FourItems>,
) -> Result<Json<ProvedWard>, Refused> {
    desk.admit("POST /wards", &headers, &serde_json::to_string(&items).unwrap())?;
    Ok(Json(ProvedWard { holder: "sealed-by-the-office".to_owned() }))
}

async fn search(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Json(search): Json<CardSearch>,
) -> Result<Json<CardList>, Refused> {
    desk.admit("POST /cards/search", &headers, &serde_json::to_string(&search).unwrap())?;
    let cards = desk.lock().cards.values().map(samples::line).collect();
    Ok(Json(CardList { cards, next: None, counts: Vec::new() }))
}

async fn card(
    State(desk): State<Desk>,
    In(id): In<String>,
    headers: HeaderMap,
) -> Result<Json<Card>, Refused> {
    desk.admit("GET /cards/{id}", &headers, &id)?;
    let found = desk.lock().cards.get(&id).cloned();
    found.map(Json).ok_or(Refused(StatusCode::NOT_FOUND, "office.none"))
}

async fn history(
    State(desk): State<Desk>,
    In(id): In<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    desk.admit("GET /cards/{id}/history", &headers, &id)?;
    Ok(Json(samples::events()).into_response())
}

async fn act(
    State(desk): State<Desk>,
    In(id): In<String>,
    headers: HeaderMap,
    Json(action): Json<Action>,
) -> Result<Json<Card>, Refused> {
    desk.admit("POST /cards/{id}/actions", &headers, &serde_json::to_string(&action).unwrap())?;
    let mut inner = desk.lock();
    let card = inner.cards.get_mut(&id).unwrap();
    if headers["if-match"] != format!("\"{}\"", card.version) {
        return Err(Refused(StatusCode::CONFLICT, "office.moved-on"));
    }
    let stage = match action {
        Action::Approve => Stage::Ordered,
        Action::Suspend { .. } => Stage::Suspended,
        Action::Revoke { .. } => Stage::Revoked,
        _ => card.stage,
    };
    *card = Card { version: card.version + 1, ..samples::card(stage) };
    Ok(Json(card.clone()))
}

async fn end_person(
    State(desk): State<Desk>,
    In(id): In<String>,
    headers: HeaderMap,
    Json(ended): Json<PersonEnded>,
) -> Result<Json<Card>, Refused> {
    desk.admit("POST /cards/{id}/person-ended", &headers, &format!("{ended:?}"))?;
    Ok(Json(desk.lock().cards[&id].clone()))
}

async fn pdf(State(desk): State<Desk>, uri: Uri, headers: HeaderMap) -> Result<Bytes, Refused> {
    desk.admit("GET pdf", &headers, uri.path())?;
    Ok(Bytes::from_static(b"%PDF-1.7 sample"))
}

async fn identify(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Json(answers): Json<CallerAnswers>,
) -> Result<Json<CardList>, Refused> {
    desk.admit("POST /calls/identify", &headers, &answers.second)?;
    let inner = desk.lock();
    let cards = inner.cards.values().filter(|_| inner.caller_known).map(samples::line).collect();
    Ok(Json(CardList { cards, next: None, counts: Vec::new() }))
}

async fn batch(
    State(desk): State<Desk>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    desk.admit("batch", &headers, uri.path())?;
    let (done, failed) = desk.lock().batch;
    Ok(Json(samples::batch(done, failed)).into_response())
}
