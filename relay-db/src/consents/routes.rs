//! `GET` and `POST /consents`, `POST /consents/{id}/withdraw`, `GET /consents/{id}/receipt`: for
//! their subject only.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::consent::{
    Consent, ConsentList, ConsentReader, ConsentRequest, ConsentState, Giving,
};
use warifu_log::{Action, Event, LogError, Once};
use warifu_service::Problem;

use super::receipt as signed;
use crate::caller::Caller;
use crate::events;
use crate::idempotency::key_in;
use crate::relay::Relay;
use crate::token::log_problem;

/// To a service that consents are about.
const ELSEWHERE: &str = "consent.elsewhere";
/// Consents of one person that hold, or will.
const MOST: usize = 200;
/// Consents of one person at all: what was given and is over is read, too, at every question.
const MOST_EVER: usize = 2_000;

/// Every consent of the token's subject.
#[utoipa::path(
    get,
    path = "/consents",
    responses(
        (status = 200, body = ConsentList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn list(
    State(relay): State<Relay>,
    caller: Caller,
) -> Result<Json<ConsentList>, Problem> {
    caller.require_window(&relay, ELSEWHERE)?;
    let consents = relay.consents().of(&caller.grant.subject).await?;
    Ok(Json(ConsentList { consents }))
}

/// Writes a consent down. The same key gives the same consent again.
#[utoipa::path(
    post,
    path = "/consents",
    request_body = ConsentRequest,
    params(("Idempotency-Key" = String, Header, description = "16 to 64 of A-Z, a-z, 0-9, _, -")),
    responses(
        (status = 200, body = Consent),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn give(
    State(relay): State<Relay>,
    caller: Caller,
    headers: HeaderMap,
    Json(request): Json<ConsentRequest>,
) -> Result<Json<Consent>, Problem> {
    caller.require_window(&relay, ELSEWHERE)?;
    let key = key_in(&headers)?;
    let subject = &caller.grant.subject;
    let id = relay.consents().id_for(subject, key);
    let known = relay.consents().of(subject).await?;
    if let Some(earlier) = known.iter().find(|consent| consent.id == id) {
        return the_same(earlier.clone(), &request).map(Json);
    }
    let now = relay.surroundings().now();
    require_room(&known, now)?;
    require_sound(&relay, &request, now)?;
    let given = Giving { at: now, level: caller.grant.class.clone(), client: caller.party.clone() };
    let consent = Consent { id, terms: request.clone(), given, withdrawn: None };
    let event = events::consent(&caller, Action::ConsentGiven, &consent);
    // Entered already where the relay stopped before it was written down: then as it was entered.
    let consent = the_same(enter(&relay, event, consent).await?, &request)?;
    relay.consents().save(subject, &consent).await?;
    Ok(Json(consent))
}

/// Takes a consent back, from the next question on. One that is over stays as it is.
#[utoipa::path(
    post,
    path = "/consents/{id}/withdraw",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Consent),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn withdraw(
    State(relay): State<Relay>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Consent>, Problem> {
    let consent = find(&relay, &caller, &id).await?;
    if consent.withdrawn.is_some() {
        return Ok(Json(consent));
    }
    let consent = Consent { withdrawn: Some(relay.surroundings().now()), ..consent };
    let event = events::consent(&caller, Action::ConsentWithdrawn, &consent);
    let consent = enter(&relay, event, consent).await?;
    relay.consents().replace(&caller.grant.subject, &consent).await?;
    Ok(Json(consent))
}

/// The signed receipt of a consent, as it stands now.
#[utoipa::path(
    get,
    path = "/consents/{id}/receipt",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "JWS, typ consent-receipt+jwt", body = String,
         content_type = "application/jose"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn receipt(
    State(relay): State<Relay>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let consent = find(&relay, &caller, &id).await?;
    let now = relay.surroundings().now();
    let receipt = signed::sign(&relay, &caller.grant.subject, &consent, now);
    let receipt = receipt.map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/jose")], receipt))
}

fn require_sound(
    relay: &Relay,
    request: &ConsentRequest,
    now: jiff::Timestamp,
) -> Result<(), Problem> {
    let refused = |code| Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code));
    if let Err(error) = request.validate(today_in_japan(now)) {
        return refused(error.code());
    }
    let source = request.scope.source.as_deref();
    if source.is_some_and(|source| relay.directory().holder(source).is_none()) {
        return refused("consent.scope");
    }
    match &request.reader {
        ConsentReader::Service { party } if !relay.config().consent_clients.contains(party) => {
            refused("consent.reader")
        }
        _ => Ok(()),
    }
}

async fn find(relay: &Relay, caller: &Caller, id: &str) -> Result<Consent, Problem> {
    caller.require_window(relay, ELSEWHERE)?;
    let consents = relay.consents().of(&caller.grant.subject).await?;
    let found = consents.into_iter().find(|consent| consent.id == id);
    found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "consent.unknown"))
}

/// A client's key stands for one request.
fn the_same(earlier: Consent, request: &ConsentRequest) -> Result<Consent, Problem> {
    let other = || Problem::new(StatusCode::CONFLICT, "idempotency.other-request");
    if earlier.terms == *request { Ok(earlier) } else { Err(other()) }
}

fn require_room(known: &[Consent], now: jiff::Timestamp) -> Result<(), Problem> {
    let is_open = |consent: &&Consent| {
        matches!(consent.state(now), ConsentState::Active | ConsentState::Ahead)
    };
    let is_full = known.iter().filter(is_open).count() >= MOST || known.len() >= MOST_EVER;
    let full = || Problem::new(StatusCode::CONFLICT, "consent.too-many");
    if is_full { Err(full()) } else { Ok(()) }
}

/// Enters what happens to a consent, before it does, and gives it as it was entered: what is
/// repeated is not entered again.
async fn enter(relay: &Relay, event: Event, consent: Consent) -> Result<Consent, Problem> {
    let named = format!("{}\n{}", event.action.name(), consent.id);
    let key = relay.ring().lookup("relay.consent-once", named.as_bytes());
    let answer = serde_json::to_vec(&consent).map_err(|error| Problem::internal(&error))?;
    match relay.log().append_once(event, Once { key, answer }).await {
        Ok(_) => Ok(consent),
        Err(LogError::Repeated) => {
            let kept = relay.log().answer(&key).await.map_err(|error| log_problem(&error))?;
            let kept = kept.map(|kept| serde_json::from_slice(&kept)).transpose();
            Ok(kept.map_err(|error| Problem::internal(&error))?.unwrap_or(consent))
        }
        Err(error) => Err(log_problem(&error)),
    }
}
