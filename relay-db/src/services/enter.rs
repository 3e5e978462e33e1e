//! `POST /services/enter`: what a person enters into a service's form, once under its key.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use warifu_connectors::SourceError;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::history::Purpose;
use warifu_contract::services::{ConnectorEntry, EntryReceipt, EntryRequest};
use warifu_log::{LogError, Once, Outcome};
use warifu_service::Problem;
use warifu_service::http::Deadline;

use super::{declared, require_records, too_low};
use crate::asking;
use crate::caller::Caller;
use crate::events;
use crate::idempotency::key_in;
use crate::mint::Errand;
use crate::records;
use crate::relay::Relay;
use crate::token::log_problem;

/// What is kept under the client's key.
#[derive(Serialize, Deserialize)]
struct Kept {
    request: [u8; 32],
    receipt: EntryReceipt,
}

/// Hands on what the token's subject entered. Comes with an `Idempotency-Key`.
#[utoipa::path(
    post,
    path = "/services/enter",
    request_body = EntryRequest,
    responses(
        (status = 200, body = EntryReceipt),
        (status = 502, description = "The holder did not take it; the code says why",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn enter(
    State(relay): State<Relay>,
    caller: Caller,
    deadline: Deadline,
    headers: HeaderMap,
    Json(request): Json<EntryRequest>,
) -> Result<Json<EntryReceipt>, Problem> {
    let key = key_in(&headers)?;
    allowed(&relay, &caller, &request).await?;
    let named = format!("{}\n{key}", caller.grant.subject);
    let once = relay.ring().lookup("relay.entry-once", named.as_bytes());
    let body = serde_json::to_vec(&request).map_err(|error| Problem::internal(&error))?;
    let fingerprint = relay.ring().lookup("relay.entry", &body);
    if let Some(kept) = kept(&relay, &once).await? {
        return the_same(kept, fingerprint).map(Json);
    }
    let until = deadline.less(asking::OWN)?;
    let receipt = handed_on(&relay, &caller, &request, &once, until).await?;
    let ground = Some(format!("entry:{}", receipt.reference));
    let event = events::form_sent(&caller, request.service, ground, Outcome::Done);
    let kept_now = Kept { request: fingerprint, receipt: receipt.clone() };
    let answer = serde_json::to_vec(&kept_now).map_err(|error| Problem::internal(&error))?;
    match relay.log().append_once(event, Once { key: once, answer }).await {
        Ok(_) => Ok(Json(receipt)),
        Err(LogError::Repeated) => {
            let earlier = kept(&relay, &once).await?.unwrap_or(kept_now);
            the_same(earlier, fingerprint).map(Json)
        }
        Err(error) => Err(log_problem(&error)),
    }
}

/// The person, at the level that the service asks for, enters what its form asks for.
async fn allowed(relay: &Relay, caller: &Caller, request: &EntryRequest) -> Result<(), Problem> {
    let declaration = declared(relay, request.service)?;
    let refused = |status, code| Problem::new(status, code);
    require_records(caller)?;
    if relay.config().consent_clients.contains(&caller.party) {
        return Err(refused(StatusCode::FORBIDDEN, "consent.elsewhere"));
    }
    let least = declaration.level_of(Purpose::OwnLook);
    let code = match least {
        None => Some("service.audience"),
        Some(least) => too_low(caller.grant.level(), least),
    };
    if let Some(code) = code {
        let outcome = Outcome::Refused(code.to_owned());
        relay.note(events::form_sent(caller, request.service, None, outcome)).await;
        return Err(refused(StatusCode::FORBIDDEN, code));
    }
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let form = declaration.form.as_ref().ok_or_else(|| refused(unprocessable, "entry.no-form"))?;
    let today = today_in_japan(relay.surroundings().now());
    let sound = declaration.check_entry(form, &request.values, today);
    sound.map_err(|(_, error)| refused(unprocessable, error.code()))
}

async fn handed_on(
    relay: &Relay,
    caller: &Caller,
    request: &EntryRequest,
    once: &[u8; 32],
    until: Deadline,
) -> Result<EntryReceipt, Problem> {
    let (service, subject) = (request.service, caller.grant.subject.as_str());
    let links = relay.links().of(subject).await?;
    let link = links.into_iter().find(|link| link.connector == service.connector());
    let conflict = |code| Problem::new(StatusCode::CONFLICT, code);
    let link = link.ok_or_else(|| conflict("link.unknown"))?;
    if link.terms.is_frozen() {
        return Err(conflict(records::LINK_FROZEN));
    }
    let connector = relay.directory().by_id(service.connector());
    let connector =
        connector.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "service.unknown"))?;
    // No two connectors hear the same key.
    let key = relay
        .ring()
        .lookup("connector.entry", &[once.as_slice(), service.connector().as_bytes()].concat());
    let entry = ConnectorEntry {
        service: service.service().to_owned(),
        key: HEXLOWER.encode(&key),
        values: request.values.clone(),
    };
    let errand = Errand::reading(&link.pseudonym, None, Purpose::OwnLook, None);
    let answer = asking::enter(relay.mint(), connector, errand, &entry, until).await;
    match answer {
        Ok(receipt) => Ok(receipt),
        Err(error) => {
            let outcome = Outcome::Failed(error.code().to_owned());
            relay.note(events::form_sent(caller, service, None, outcome)).await;
            Err(not_taken(&error))
        }
    }
}

fn not_taken(error: &SourceError) -> Problem {
    let code = match error {
        SourceError::Refused { code } if code == "entry.full" => "entry.full",
        SourceError::Refused { code } if code == "entry.other" => "idempotency.other-request",
        _ => "entry.not-taken",
    };
    let status =
        if code == "entry.not-taken" { StatusCode::BAD_GATEWAY } else { StatusCode::CONFLICT };
    Problem::new(status, code).caused_by(error)
}

async fn kept(relay: &Relay, once: &[u8; 32]) -> Result<Option<Kept>, Problem> {
    let found = relay.log().answer(once).await.map_err(|error| log_problem(&error))?;
    let kept = found.map(|bytes| serde_json::from_slice(&bytes)).transpose();
    kept.map_err(|error| Problem::internal(&error))
}

/// A client's key stands for one request.
fn the_same(kept: Kept, request: [u8; 32]) -> Result<EntryReceipt, Problem> {
    let other = || Problem::new(StatusCode::CONFLICT, "idempotency.other-request");
    if kept.request == request { Ok(kept.receipt) } else { Err(other()) }
}
