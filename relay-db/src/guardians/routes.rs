//! `POST /guardians`: the guardian's side. What was asked for stands with the mandates of
//! `GET /proxies`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use jiff::SignedDuration;
use warifu_contract::mandate::guardian::{Application, ApplicationRequest, ApplicationState};
use warifu_log::{Action, Outcome};
use warifu_service::Problem;

use super::staff::{conflict, enter};
use super::store::{Case, SHOWN};
use crate::caller::Caller;
use crate::events;
use crate::idempotency::key_in;
use crate::relay::Relay;

/// How long staff can decide.
const DECIDED: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Applications of one person.
const MOST: usize = 20;

/// Asks to be registered as the guardian of somebody. The same key gives the same one again.
#[utoipa::path(
    post,
    path = "/guardians",
    operation_id = "apply_as_guardian",
    request_body = ApplicationRequest,
    params(("Idempotency-Key" = String, Header, description = "16 to 64 of A-Z, a-z, 0-9, _, -")),
    responses(
        (status = 200, body = Application),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn apply(
    State(relay): State<Relay>,
    caller: Caller,
    headers: HeaderMap,
    Json(request): Json<ApplicationRequest>,
) -> Result<Json<Application>, Problem> {
    caller.require_window(&relay, "proxy.elsewhere")?;
    let key = key_in(&headers)?;
    let guardian = &caller.grant.subject;
    let id = relay.guardians().id_for(guardian, key);
    if let Some(case) = relay.guardians().one(guardian, &id).await? {
        let same = case.application.request == request;
        let other = || conflict("idempotency.other-request");
        return same.then(|| Json(shown(&relay, case))).ok_or_else(other);
    }
    let invalid = |code| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code);
    request.validate().map_err(|error| invalid(error.code()))?;
    if relay.guardians().of(guardian).await?.len() >= MOST {
        return Err(conflict("proxy.too-many"));
    }
    let case = Case::new(guardian, applied_for(&relay, id, request));
    let what = (format!("mandate:{}", case.application.id), Outcome::Done);
    let about = (caller.party.as_str(), guardian.as_str());
    let asked = &case.application.request;
    let event = events::guardian(Action::GuardianApplied, None, about, asked, what);
    enter(&relay, &case.application.id, event).await?;
    relay.guardians().save(&case).await?;
    Ok(Json(shown(&relay, case)))
}

fn applied_for(relay: &Relay, id: String, request: ApplicationRequest) -> Application {
    let at = relay.surroundings().now();
    let until = at.checked_add(DECIDED).unwrap_or(at);
    let state = ApplicationState::Applied;
    Application { id, request, at, until, state, refused: None, code: None }
}

/// What `guardian` asked for and nobody has granted.
pub(crate) async fn applied(relay: &Relay, guardian: &str) -> Result<Vec<Application>, Problem> {
    let now = relay.surroundings().now();
    let is_shown = |case: &Case| now < case.application.until.checked_add(SHOWN).unwrap_or(now);
    let cases = relay.guardians().of(guardian).await?.into_iter();
    Ok(cases.filter(is_shown).map(|case| shown(relay, case)).collect())
}

/// With its code, while that can be used.
fn shown(relay: &Relay, case: Case) -> Application {
    let application = case.application;
    let is_open = application.state == ApplicationState::Applied
        && relay.surroundings().now() < application.until;
    let code = is_open.then(|| relay.guardians().code_for(&case.guardian, &application.id));
    Application { code, ..application }
}
