//! Applications and cards: taken, found, read, and acted upon.

use axum::Json;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use warifu_contract::card_office::{
    Action, Card, CardEvent, CardList, CardSearch, NewApplication, PersonEnded, Stage,
};
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::OfficeApi;
use super::caller::Staff;
use super::problem::{plain, problem, unprintable};
use super::versions::{Fresh, IfMatch, tag};
use crate::{CardId, CardKey, OfficeError};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const KEY_LENGTHS: std::ops::RangeInclusive<usize> = 16..=64;

/// A card by 受付番号. Card numbers never stand in an address.
#[derive(Debug)]
pub(super) struct ById(pub CardKey);

impl<S: Send + Sync> FromRequestParts<S> for ById {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let unreadable = || Problem::new(StatusCode::NOT_FOUND, "office.key");
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|_| unreadable())?;
        text.parse::<CardId>().map(|id| Self(id.into())).map_err(|_| unreadable())
    }
}

/// What a client calls its request, so that it may send it again.
#[derive(Debug)]
pub(super) struct IdempotencyKey(String);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        parts
            .headers
            .get(IDEMPOTENCY_KEY)
            .and_then(|value| value.to_str().ok())
            .filter(|key| KEY_LENGTHS.contains(&key.len()) && key.bytes().all(plain))
            .map(|key| Self(key.to_owned()))
            .ok_or_else(|| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency.key"))
    }
}

/// Which cards a list shows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Only cards at this stage.
    stage: Option<Stage>,
    /// `next` of the list before.
    cursor: Option<String>,
}

/// Takes an application (様式1). For clerks.
#[utoipa::path(
    post,
    path = "/cards",
    params(("Idempotency-Key" = String, Header, description = "16 to 64 of A-Z a-z 0-9 _ -")),
    request_body = NewApplication,
    responses(
        (status = 201, body = Card, headers(("ETag" = String), ("Location" = String))),
        (status = "4XX", body = ProblemDocument),
    )
)]
pub(super) async fn apply(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    IdempotencyKey(key): IdempotencyKey,
    Json(application): Json<NewApplication>,
) -> Result<Response, Problem> {
    let person = &application.applicant;
    api.printer()
        .require_printable(&person.name, person.kana.as_deref(), &person.address)
        .map_err(|error| unprintable(&error))?;
    let taken = api.office().apply(&actor, application, Some(&key)).await;
    let card = taken.map_err(|error| plain(&error))?;
    let place = [(axum::http::header::LOCATION, format!("/cards/{}", card.id))];
    Ok((StatusCode::CREATED, tag(card.version), place, Json(card)).into_response())
}

/// Lists cards, newest first. For clerks and approvers.
#[utoipa::path(
    get,
    path = "/cards",
    params(Listing),
    responses((status = 200, body = CardList), (status = "4XX", body = ProblemDocument))
)]
pub(super) async fn list(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    Query(listing): Query<Listing>,
) -> Result<Json<CardList>, Problem> {
    let listed = api.office().list(&actor, listing.stage, listing.cursor.as_deref()).await;
    listed.map(Json).map_err(|error| plain(&error))
}

/// From where on a list goes on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Further {
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Lists cards in use that end within 90 days and whose next one is not ordered. For clerks and
/// approvers.
#[utoipa::path(
    get,
    path = "/cards/ending",
    params(Further),
    responses((status = 200, body = CardList), (status = "4XX", body = ProblemDocument))
)]
pub(super) async fn ending(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    Query(further): Query<Further>,
) -> Result<Json<CardList>, Problem> {
    let listed = api.office().ending(&actor, further.cursor.as_deref()).await;
    listed.map(Json).map_err(|error| plain(&error))
}

/// Finds cards by number, or by name and birth date. For clerks and approvers.
#[utoipa::path(
    post,
    path = "/cards/search",
    request_body = CardSearch,
    responses((status = 200, body = CardList), (status = "4XX", body = ProblemDocument))
)]
pub(super) async fn search(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    Json(search): Json<CardSearch>,
) -> Result<Json<CardList>, Problem> {
    let found = api.office().search(&actor, &search).await;
    found.map(Json).map_err(|error| plain(&error))
}

/// Reads a card. For clerks and approvers; for the call centre after the identity questions.
#[utoipa::path(
    get,
    path = "/cards/{id}",
    params(("id" = String, Path, description = "受付番号")),
    responses(
        (status = 200, body = Card, headers(("ETag" = String, description = "The version"))),
        (status = "4XX", body = ProblemDocument),
    )
)]
pub(super) async fn card(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    ById(key): ById,
) -> Result<Response, Problem> {
    let found = api.office().card(&actor, &key).await.map_err(|error| plain(&error))?;
    let card = found.ok_or_else(|| plain(&OfficeError::UnknownCard))?;
    Ok((tag(card.version), Json(card)).into_response())
}

/// What happened to a card, in order. For those who may read the card.
#[utoipa::path(
    get,
    path = "/cards/{id}/history",
    params(("id" = String, Path, description = "受付番号")),
    responses((status = 200, body = [CardEvent]), (status = "4XX", body = ProblemDocument))
)]
pub(super) async fn history(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    ById(key): ById,
) -> Result<Json<Vec<CardEvent>>, Problem> {
    let events = api.office().history(&actor, &key).await;
    events.map(Json).map_err(|error| plain(&error))
}

/// Does something to a card. Which role may do what is said by the card itself, in `possible`.
#[utoipa::path(
    post,
    path = "/cards/{id}/actions",
    params(
        ("id" = String, Path, description = "受付番号"),
        ("If-Match" = String, Header, description = "The version that was looked at, in quotes"),
    ),
    request_body = Action,
    responses(
        (status = 200, body = Card, headers(("ETag" = String))),
        (status = 403, description = "office.role, office.same-person", body = ProblemDocument),
        (status = 409, description = "office.moved-on: somebody was faster; ETag is the version \
                                      now", body = ProblemDocument),
        (status = 422, description = "office.impossible and others", body = ProblemDocument),
        (status = 428, description = "office.version-needed", body = ProblemDocument),
        (status = 503, description = "office.register-silent", body = ProblemDocument),
    )
)]
pub(super) async fn act(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    ById(key): ById,
    IfMatch(version): IfMatch,
    fresh: Fresh,
    Json(action): Json<Action>,
) -> Result<Response, Problem> {
    let done = api.office().act(&actor, &key, Some(version), action).await;
    let card = done.map_err(|error| problem(&error, &fresh))?;
    Ok((tag(card.version), Json(card)).into_response())
}

/// The holder died or moved away. Whoever says so first stops every card of the person; an
/// approver, another person, confirms it and ends them.
#[utoipa::path(
    post,
    path = "/cards/{id}/person-ended",
    params(("id" = String, Path, description = "受付番号 of any of the person's cards")),
    request_body = PersonEnded,
    responses(
        (status = 200, body = Card, headers(("ETag" = String))),
        (status = "4XX", body = ProblemDocument),
    )
)]
pub(super) async fn end_person(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    ById(key): ById,
    Json(ended): Json<PersonEnded>,
) -> Result<Response, Problem> {
    let done = api.office().end_person(&actor, &key, ended.why).await;
    let card = done.map_err(|error| plain(&error))?;
    Ok((tag(card.version), Json(card)).into_response())
}
