//! `GET` and `POST /disputes`, `POST /disputes/{number}/answer`.
//!
//! Every step is idempotent by what it says: the same again changes nothing, another in its place is
//! refused. Each stands in the log before it takes effect.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use warifu_contract::CheckNumber;
use warifu_contract::dispute::{
    Dispute, DisputeAnswer, DisputeAnswerRequest, DisputeList, DisputeRequest, check_text,
};
use warifu_contract::duty::{Duty, May};
use warifu_log::{Actor, Entry, Event, LogError, Once, Outcome};
use warifu_service::Problem;

use super::store::{Kept, Side};
use crate::caller::Caller;
use crate::checks::{entry_of, holders_of, member_of};
use crate::events::{self, meaning};
use crate::grants::Staff;
use crate::relay::Relay;
use crate::token::log_problem;

/// Disputes in a list.
const MOST: u32 = 200;
/// Disputes of one clinic that may wait at a time.
const WAITING: u64 = 500;

/// The clinic's own disputes, or those about the insurer's answers.
#[utoipa::path(
    get,
    path = "/disputes",
    responses(
        (status = 200, body = DisputeList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn disputes(
    State(relay): State<Relay>,
    caller: Caller,
) -> Result<Json<DisputeList>, Problem> {
    if let Some(desk) = caller.grant.desk() {
        let side = Side::Clinic(&desk.organization.code);
        let kept = relay.disputes().list(side, MOST + 1).await?;
        return Ok(Json(list(kept, for_clinic)));
    }
    let (_, holders) = insurer(&relay, &caller)?;
    let mut kept = Vec::new();
    for holder in &holders {
        kept.extend(relay.disputes().list(Side::Holder(holder), MOST + 1).await?);
    }
    kept.sort_by_key(|one| one.dispute.answer.is_some());
    Ok(Json(list(kept, |kept| kept.dispute)))
}

fn list(kept: Vec<Kept>, view: impl Fn(Kept) -> Dispute) -> DisputeList {
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    let more = kept.len() > most;
    DisputeList { disputes: kept.into_iter().take(most).map(view).collect(), more }
}

/// What is only proposed is not the clinic's to see.
fn for_clinic(kept: Kept) -> Dispute {
    Dispute { proposal: None, ..kept.dispute }
}

/// Questions an answer that the own organisation was given.
#[utoipa::path(
    post,
    path = "/disputes",
    request_body = DisputeRequest,
    responses(
        (status = 200, body = Dispute),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn dispute(
    State(relay): State<Relay>,
    caller: Caller,
    Json(request): Json<DisputeRequest>,
) -> Result<Json<Dispute>, Problem> {
    let none = || Problem::new(StatusCode::FORBIDDEN, "role.none");
    let desk = caller.grant.desk().ok_or_else(none)?;
    require_text(&request.text)?;
    let entry = entry_of(&relay, &request.check_number).await?;
    let entry = entry.filter(|entry| asked_by(entry, &desk)).ok_or_else(unknown)?;
    if let Some(earlier) = relay.disputes().of(&request.check_number).await? {
        let known = &earlier.dispute;
        let same = known.kind == request.kind && known.text == request.text.trim();
        let exists = || Problem::new(StatusCode::CONFLICT, "dispute.exists");
        return same.then(|| Json(for_clinic(earlier))).ok_or_else(exists);
    }
    if relay.disputes().waiting(&desk.organization.code).await? >= WAITING {
        return Err(Problem::new(StatusCode::CONFLICT, "dispute.too-many"));
    }
    let kept = opened(&relay, &desk, &entry, request)?;
    let event = events::dispute_opened(&caller.party, &desk, &entry, &kept.dispute.check_number);
    enter(&relay, event, &kept.dispute.check_number).await?;
    relay.disputes().save(&kept).await?;
    Ok(Json(kept.dispute))
}

fn asked_by(entry: &Entry, desk: &Staff) -> bool {
    matches!(&entry.actor, Actor::Staff { code, .. } if *code == desk.organization.code)
}

fn opened(
    relay: &Relay,
    desk: &Staff,
    entry: &Entry,
    request: DisputeRequest,
) -> Result<Kept, Problem> {
    let nobody = || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "dispute.no-insurer");
    let holder = entry.source.clone().ok_or_else(nobody)?;
    let Outcome::Answered(verdict) = &entry.outcome else { return Err(nobody()) };
    let dispute = Dispute {
        check_number: request.check_number,
        verdict: meaning(verdict).ok_or_else(nobody)?,
        clinic: desk.organization.name.clone(),
        insurer: relay.directory().name_of(&holder),
        kind: request.kind,
        text: request.text.trim().to_owned(),
        at: relay.surroundings().now(),
        proposal: None,
        answer: None,
    };
    Ok(Kept { clinic: desk.organization.code.clone(), holder, dispute })
}

/// Answers a dispute; or proposes an answer, where the caller's role allows no more.
#[utoipa::path(
    post,
    path = "/disputes/{number}/answer",
    params(("number" = String, Path, description = "認証番号, 20 digits")),
    request_body = DisputeAnswerRequest,
    responses(
        (status = 200, body = Dispute),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn answer_dispute(
    State(relay): State<Relay>,
    caller: Caller,
    Path(number): Path<String>,
    Json(request): Json<DisputeAnswerRequest>,
) -> Result<Json<Dispute>, Problem> {
    let ((staff, may), holders) = insurer(&relay, &caller)?;
    require_text(&request.text)?;
    let number: CheckNumber = number.parse().map_err(|_| unknown())?;
    let kept = relay.disputes().of(&number).await?;
    let mut kept = kept.filter(|kept| holders.contains(&kept.holder)).ok_or_else(unknown)?;
    let said = DisputeAnswer {
        finding: request.finding,
        text: request.text.trim().to_owned(),
        at: relay.surroundings().now(),
        member: member_of(&relay, &staff.organization.code, &staff.member),
    };
    if let Some(earlier) = &kept.dispute.answer {
        let same = earlier.finding == said.finding && earlier.text == said.text;
        return same.then_some(Json(kept.dispute)).ok_or_else(answered);
    }
    if may == May::Propose {
        kept.dispute.proposal = Some(said);
    } else {
        let entry = entry_of(&relay, &number).await?;
        let subject = entry.and_then(|entry| entry.subject);
        let about = (subject, kept.holder.clone(), &number);
        enter(
            &relay,
            events::dispute_answered(&caller.party, &staff, about, said.finding),
            &number,
        )
        .await?;
        kept.dispute.answer = Some(said);
    }
    let replaced = relay.disputes().replace(&kept).await?;
    replaced.then_some(Json(kept.dispute)).ok_or_else(answered)
}

/// The caller as an insurer's member of staff, what the roles allow, and for which holders.
fn insurer(relay: &Relay, caller: &Caller) -> Result<((Staff, May), Vec<String>), Problem> {
    let none = || Problem::new(StatusCode::FORBIDDEN, "duty.none");
    let staff = caller.grant.staff(Duty::AnswerDisputes).ok_or_else(none)?;
    let holders = holders_of(relay, &staff.0);
    if holders.is_empty() { Err(none()) } else { Ok((staff, holders)) }
}

fn require_text(text: &str) -> Result<(), Problem> {
    let refused = |code| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code);
    check_text(text).map_err(|error| refused(error.code()))
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "check.unknown")
}

fn answered() -> Problem {
    Problem::new(StatusCode::CONFLICT, "dispute.answered")
}

/// Enters what happens to a dispute, before it does. A repetition is not entered again.
async fn enter(relay: &Relay, event: Event, number: &CheckNumber) -> Result<(), Problem> {
    let named = format!("{}\n{number}", event.action.name());
    let key = relay.ring().lookup("relay.dispute-once", named.as_bytes());
    match relay.log().append_once(event, Once { key, answer: Vec::new() }).await {
        Ok(_) | Err(LogError::Repeated) => Ok(()),
        Err(error) => Err(log_problem(&error)),
    }
}
