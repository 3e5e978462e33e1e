//! `GET` and `POST /proxies`, `POST /proxies/offer`, `/proxies/accept`, `/proxies/{id}/confirm`,
//! `/proxies/{id}/end`, `GET /proxies/{id}/receipt`: for the two people of a mandate only.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use jiff::{SignedDuration, Timestamp};
use warifu_contract::calendar::today_in_japan;
use warifu_contract::consent::Giving;
use warifu_contract::mandate::{
    AcceptRequest, Invitation, InviteCode, Mandate, MandateList, MandateRequest, MandateState,
    Offer, OfferRequest, Side,
};
use warifu_service::Problem;

use super::Kept;
use super::receipt as signed;
use super::steps::{Step, conflict};
use crate::caller::Caller;
use crate::idempotency::key_in;
use crate::relay::Relay;
use crate::{events, guardians};

/// To a service beside the portal.
const ELSEWHERE: &str = "proxy.elsewhere";
/// How long a code can be entered.
const CODE_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// Codes that one person may enter within the hour.
const TRIES: i64 = 10;
/// Seconds after which it is worth trying again.
const TRY_AGAIN: u32 = 3600;
/// Mandates that one person may have open as principal, and as proxy.
const MOST_GIVEN: usize = 20;
const MOST_HELD: usize = 50;
/// Mandates of one person on either side, those that are over included.
const MOST: usize = 500;

/// The mandates that the token's subject gave, and those that the subject holds.
#[utoipa::path(
    get,
    path = "/proxies",
    responses(
        (status = 200, body = MandateList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn list(
    State(relay): State<Relay>,
    caller: Caller,
) -> Result<Json<MandateList>, Problem> {
    caller.require_window(&relay, ELSEWHERE)?;
    let subject = &caller.grant.subject;
    let mandates = |kept: Vec<Kept>| kept.into_iter().map(|one| one.mandate).collect();
    let given = mandates(relay.proxies().given(subject).await?);
    let held = mandates(relay.proxies().held(subject).await?);
    let applied = guardians::applied(&relay, subject).await?;
    Ok(Json(MandateList { given, held, applied }))
}

/// Offers a mandate to whoever will enter its code. The same key gives the same one again.
#[utoipa::path(
    post,
    path = "/proxies",
    request_body = MandateRequest,
    params(("Idempotency-Key" = String, Header, description = "16 to 64 of A-Z, a-z, 0-9, _, -")),
    responses(
        (status = 200, body = Invitation),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn invite(
    State(relay): State<Relay>,
    caller: Caller,
    headers: HeaderMap,
    Json(terms): Json<MandateRequest>,
) -> Result<Json<Invitation>, Problem> {
    caller.require_window(&relay, ELSEWHERE)?;
    let key = key_in(&headers)?;
    let subject = &caller.grant.subject;
    let id = relay.proxies().id_for(subject, key);
    let code = relay.proxies().code_for(subject, &id);
    if let Some(Kept { mandate, .. }) = relay.proxies().one(subject, &id).await? {
        let same = mandate.terms == terms;
        let invitation = same.then_some(Invitation { mandate, code });
        return invitation.map(Json).ok_or_else(|| conflict("idempotency.other-request"));
    }
    let now = relay.surroundings().now();
    require_room(&relay.proxies().given(subject).await?, MOST_GIVEN, now)?;
    let invalid = |code| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code);
    terms.validate(today_in_japan(now)).map_err(|error| invalid(error.code()))?;
    let kept = Kept::new(subject, offered(id, terms, &caller, now));
    Step { relay: &relay, client: &caller.party }.offer(&kept).await?;
    Ok(Json(Invitation { mandate: kept.mandate, code }))
}

/// What a code offers. Only so many codes are looked at for one person in an hour.
#[utoipa::path(
    post,
    path = "/proxies/offer",
    request_body = OfferRequest,
    responses(
        (status = 200, body = Offer),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn offer(
    State(relay): State<Relay>,
    caller: Caller,
    Json(request): Json<OfferRequest>,
) -> Result<Json<Offer>, Problem> {
    let Mandate { terms, code_until, .. } = find_by(&relay, &caller, &request.code).await?.mandate;
    Ok(Json(Offer { terms, code_until }))
}

/// Takes a mandate up by its code. It opens nothing before its principal confirms.
#[utoipa::path(
    post,
    path = "/proxies/accept",
    request_body = AcceptRequest,
    responses(
        (status = 200, body = Mandate),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn accept(
    State(relay): State<Relay>,
    caller: Caller,
    Json(request): Json<AcceptRequest>,
) -> Result<Json<Mandate>, Problem> {
    let invalid = |code| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code);
    request.validate().map_err(|error| invalid(error.code()))?;
    let kept = find_by(&relay, &caller, &request.code).await?;
    let proxy = &caller.grant.subject;
    let now = relay.surroundings().now();
    require_room(&relay.proxies().held(proxy).await?, MOST_HELD, now)?;
    let step = Step { relay: &relay, client: &caller.party };
    Ok(Json(step.accept(kept, proxy, request.name).await?.mandate))
}

/// The principal says that it is the right person who took the mandate up: now it holds.
#[utoipa::path(
    post,
    path = "/proxies/{id}/confirm",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Mandate),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn confirm(
    State(relay): State<Relay>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Mandate>, Problem> {
    let kept = given(&relay, &caller, &id).await?.ok_or_else(unknown)?;
    let step = Step { relay: &relay, client: &caller.party };
    Ok(Json(step.confirm(kept).await?.mandate))
}

/// Either side ends a mandate, from the next question on.
#[utoipa::path(
    post,
    path = "/proxies/{id}/end",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Mandate),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn end(
    State(relay): State<Relay>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Mandate>, Problem> {
    let (kept, by) = if let Some(kept) = given(&relay, &caller, &id).await? {
        (kept, Side::Principal)
    } else {
        let held = relay.proxies().held_one(&caller.grant.subject, &id).await?;
        (held.ok_or_else(unknown)?, Side::Proxy)
    };
    let step = Step { relay: &relay, client: &caller.party };
    Ok(Json(step.end(kept, by).await?.mandate))
}

/// The signed receipt of a mandate, for its principal, as it stands now.
#[utoipa::path(
    get,
    path = "/proxies/{id}/receipt",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "JWS, typ mandate-receipt+jwt", body = String,
         content_type = "application/jose"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn receipt(
    State(relay): State<Relay>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let kept = given(&relay, &caller, &id).await?.ok_or_else(unknown)?;
    let receipt = signed::sign(&relay, &kept, relay.surroundings().now());
    let receipt = receipt.map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/jose")], receipt))
}

fn require_room(known: &[Kept], most_open: usize, now: Timestamp) -> Result<(), Problem> {
    let open = known.iter().filter(|kept| kept.mandate.is_open(now)).count();
    if open >= most_open || known.len() >= MOST { Err(conflict("proxy.too-many")) } else { Ok(()) }
}

fn offered(id: String, terms: MandateRequest, caller: &Caller, now: Timestamp) -> Mandate {
    Mandate {
        id,
        terms,
        given: Giving { at: now, level: caller.grant.class.clone(), client: caller.party.clone() },
        code_until: now.checked_add(CODE_LIFE).unwrap_or(now),
        accepted: None,
        confirmed: None,
        rests: Vec::new(),
        papers: None,
        stopped: None,
        ended: None,
    }
}

/// The mandate that waits for a code, entered by somebody else than its principal.
async fn find_by(relay: &Relay, caller: &Caller, code: &InviteCode) -> Result<Kept, Problem> {
    caller.require_window(relay, ELSEWHERE)?;
    let (subject, now) = (&caller.grant.subject, relay.surroundings().now());
    // Counted before it is looked up: many at a time are as many.
    if relay.proxies().count_try(subject, now).await? > TRIES {
        let many = Problem::new(StatusCode::TOO_MANY_REQUESTS, "proxy.tries");
        return Err(many.retry_after(TRY_AGAIN));
    }
    let found = relay.proxies().by_code(code, now).await?;
    let waiting = found.filter(|kept| kept.mandate.state(now) == MandateState::Offered);
    let Some(kept) = waiting else {
        relay.note(events::code_refused(caller, "proxy.code-unknown")).await;
        return Err(Problem::new(StatusCode::NOT_FOUND, "proxy.code-unknown"));
    };
    if kept.principal == *subject {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "proxy.oneself"));
    }
    Ok(kept)
}

/// The mandate `id`, if the caller gave it.
async fn given(relay: &Relay, caller: &Caller, id: &str) -> Result<Option<Kept>, Problem> {
    caller.require_window(relay, ELSEWHERE)?;
    Ok(relay.proxies().one(&caller.grant.subject, id).await?)
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "proxy.unknown")
}
