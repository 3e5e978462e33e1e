//! `/v1/services`: what is declared, what is held, and what members enter.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use jiff::Timestamp;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::services::{
    Becomes, ConnectorContent, ConnectorEntry, ConnectorServiceRequest, Content, Declaration,
    EntryReceipt, MOST_ROWS,
};
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::Inner;
use super::caller::{Caller, Relay};
use crate::services::Published;
use crate::store::{Entered, Entry, MemberId};

/// Where something entered begins when the form has no statuses.
const RECORDED: &str = "recorded";
/// Bytes of the reference of something entered.
const REFERENCE: usize = 5;

/// What is declared here: a JWS. It tells nothing about anybody, so the relay needs no token.
#[utoipa::path(
    get,
    path = "/v1/services",
    responses(
        (status = 200, description = "The signed manifest, JWS compact form",
         body = String, content_type = "application/jose"),
        (status = "4XX", body = ProblemDocument),
    ),
)]
pub(super) async fn manifest(
    State(inner): State<Arc<Inner>>,
    _: Relay,
) -> Result<impl IntoResponse, Problem> {
    let text = published(&inner)?.text().await;
    Ok(([(header::CONTENT_TYPE, "application/jose")], text))
}

/// Asks for the records of one service of the token's subject.
#[utoipa::path(
    post,
    path = "/v1/services/read",
    request_body = ConnectorServiceRequest,
    responses(
        (status = 200, body = ConnectorContent),
        (status = "4XX", body = ProblemDocument),
    ),
    security(("relay" = [])),
)]
pub(super) async fn read(
    State(inner): State<Arc<Inner>>,
    caller: Caller,
    Json(request): Json<ConnectorServiceRequest>,
) -> Result<Json<ConnectorContent>, Problem> {
    let service = declared(&inner, &request.service)?;
    caller.require_reading()?;
    if service.level_of(caller.purpose()).is_none() {
        return Err(Problem::new(StatusCode::FORBIDDEN, "token.purpose"));
    }
    let member = member(&inner, &caller, &service.id).await?;
    let (content, as_of) = content(&inner, &service, &member, caller.now()).await?;
    let content = content.map(|content| sound(&service, content, caller.now())).transpose()?;
    let result = if content.is_some() { "shown" } else { "empty" };
    caller.log(&inner, &service.id, Some(member.as_str()), result).await?;
    Ok(Json(ConnectorContent { content, as_of }))
}

/// Takes what the token's subject entered into a service's form; once under its key.
#[utoipa::path(
    post,
    path = "/v1/services/enter",
    request_body = ConnectorEntry,
    responses(
        (status = 200, body = EntryReceipt),
        (status = "4XX", body = ProblemDocument),
    ),
    security(("relay" = [])),
)]
pub(super) async fn enter(
    State(inner): State<Arc<Inner>>,
    caller: Caller,
    Json(request): Json<ConnectorEntry>,
) -> Result<Json<EntryReceipt>, Problem> {
    let service = declared(&inner, &request.service)?;
    caller.require_own_look()?;
    let refused = |code| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code);
    let form = service.form.as_ref().ok_or_else(|| refused("entry.no-form"))?;
    if !is_key(&request.key) {
        return Err(refused("entry.key"));
    }
    let today = today_in_japan(caller.now());
    service
        .check_entry(form, &request.values, today)
        .map_err(|(_, error)| refused(error.code()))?;
    let member = member(&inner, &caller, &service.id).await?;
    let entry = Entry {
        member: &member,
        service: &service.id,
        key: &request.key,
        reference: inner.surroundings.hex(REFERENCE).to_uppercase(),
        status: form.statuses.first().map_or(RECORDED, |status| &status.code),
        values: &request.values,
        at: caller.now(),
    };
    let conflict = |code| Problem::new(StatusCode::CONFLICT, code);
    match inner.store.enter(&entry).await? {
        Entered::Kept(receipt) => {
            caller.log(&inner, &service.id, Some(member.as_str()), "entered").await?;
            Ok(Json(receipt))
        }
        Entered::Other => Err(conflict("entry.other")),
        Entered::Full => Err(conflict("entry.full")),
    }
}

pub(super) fn published(inner: &Inner) -> Result<&Published, Problem> {
    inner.services.as_ref().ok_or_else(unknown)
}

pub(super) fn declared(inner: &Inner, name: &str) -> Result<Declaration, Problem> {
    published(inner)?.look(|manifest| manifest.service(name).cloned()).ok_or_else(unknown)
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "service.unknown")
}

fn is_key(key: &str) -> bool {
    (32..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_hexdigit())
}

async fn member(inner: &Inner, caller: &Caller, service: &str) -> Result<MemberId, Problem> {
    let pseudonym =
        caller.pseudonym().ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "token.subject"))?;
    if let Some(member) = inner.member_of(pseudonym).await? {
        return Ok(member);
    }
    caller.log(inner, service, None, "subject.unknown").await?;
    Err(Problem::new(StatusCode::NOT_FOUND, "subject.unknown"))
}

/// What is held, with what was entered; none when there is nothing and nothing can be entered.
async fn content(
    inner: &Inner,
    service: &Declaration,
    member: &MemberId,
    now: Timestamp,
) -> Result<(Option<Content>, Timestamp), Problem> {
    let (mut rows, changed_at) = inner.store.service_rows(member, &service.id).await?;
    let mut submissions = match &service.form {
        Some(_) => inner.store.service_entries(member, &service.id).await?,
        None => Vec::new(),
    };
    let entered_at = submissions.first().map(|entry| entry.at);
    if service.form.as_ref().is_some_and(|form| form.becomes == Becomes::Row) {
        let room = MOST_ROWS.saturating_sub(rows.len());
        rows.splice(0..0, submissions.drain(..).take(room).map(|entry| entry.values));
    }
    let has_some = !rows.is_empty() || !submissions.is_empty() || service.form.is_some();
    let as_of = match changed_at.max(entered_at) {
        Some(as_of) => as_of,
        None => inner.store.member(member).await?.map_or(now, |known| known.changed_at),
    };
    Ok((has_some.then_some(Content { rows, submissions }), as_of))
}

/// Nothing leaves that is not as it was declared.
fn sound(service: &Declaration, content: Content, now: Timestamp) -> Result<Content, Problem> {
    let held_back = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "service.content");
    content.check().map_err(|error| held_back().caused_by(&error))?;
    if let Some((name, fault)) = content.fault(service, now) {
        let why = format!("{}: the value {name}: {}", service.id, fault.as_str());
        return Err(held_back().caused_by(&why));
    }
    Ok(content)
}
