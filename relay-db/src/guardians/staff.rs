//! `POST /guardians/find`, `/guardians/propose`, `GET /guardians`, `POST /guardians/{id}/approve`,
//! `/guardians/{id}/refuse`: staff with the papers before them, two for each.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use warifu_contract::calendar::{end_of_day_in_japan, today_in_japan};
use warifu_contract::consent::Giving;
use warifu_contract::duty::May;
use warifu_contract::mandate::guardian::{
    Application, ApplicationState, FindRequest, Papers, Proposal, ProposalList, ProposalRequest,
    RefusalRequest,
};
use warifu_contract::mandate::{Acceptance, InviteCode, Mandate, MandateRequest};
use warifu_log::{Action, Event, LogError, Once, Outcome};
use warifu_service::Problem;
use warifu_service::http::Deadline;

use super::store::{Case, Proposed};
use super::vouched::Search;
use super::{stops, wards};
use crate::caller::Caller;
use crate::grants::Staff;
use crate::proxies::Kept;
use crate::relay::Relay;
use crate::token::log_problem;
use crate::{asking, events};

/// Codes and cards that one member of staff may enter within the hour.
const TRIES: i64 = 60;
/// Seconds after which it is worth trying again.
const TRY_AGAIN: u32 = 3600;
/// Bytes of a search's random name.
pub(super) const NAME: usize = 16;
/// Proposals in a list.
const LISTED: usize = 100;
/// The level of a mandate that nobody gave with a card.
const ON_PAPERS: &str = "papers";

/// What a guardian asked for, by the code that the guardian tells.
#[utoipa::path(
    post,
    path = "/guardians/find",
    operation_id = "find_guardian",
    request_body = FindRequest,
    responses(
        (status = 200, body = Application),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn find(
    State(relay): State<Relay>,
    caller: Caller,
    Json(request): Json<FindRequest>,
) -> Result<Json<Application>, Problem> {
    let (staff, _) = on_duty(&caller)?;
    Ok(Json(told(&relay, &staff, &request.code).await?.application))
}

/// One member of staff has seen the papers: the insurer is asked whose the insurance card is, and
/// whoever else holds what was asked for, whom the office's voucher means.
#[utoipa::path(
    post,
    path = "/guardians/propose",
    operation_id = "propose_guardian",
    request_body = ProposalRequest,
    responses(
        (status = 200, body = Proposal),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
        (status = 503, description = "The insurer gives no answer",
         body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn propose(
    State(relay): State<Relay>,
    caller: Caller,
    deadline: Deadline,
    Json(request): Json<ProposalRequest>,
) -> Result<Json<Proposal>, Problem> {
    let (staff, _) = on_duty(&caller)?;
    let mut case = told(&relay, &staff, &request.code).await?;
    let now = relay.surroundings().now();
    let capacity = case.application.request.capacity;
    let valid = request.validate(capacity, today_in_japan(now));
    valid.map_err(|error| invalid(error.code()))?;
    let papers = Papers { capacity, paper: request.paper, dated: request.dated };
    let (member, until, note) = (staff.member.clone(), request.until, request.note);
    let (deadline, cards) = (deadline.less(asking::OWN)?, (request.ward, request.more));
    let ceremony = relay.surroundings().hex(NAME);
    let (ward, more) = wards::look_everywhere(&relay, &ceremony, cards, deadline).await?;
    let proposed =
        Proposed { member, at: now, papers, until, note, ward, more, without: Vec::new() };
    let wanted = &case.application.request;
    let search = Search { ceremony, sealed: request.holder, wanted, until: deadline };
    let proposed = search.among_holders(&relay, proposed).await?;
    if proposed.subject().is_some_and(|one| [&case.guardian, &staff.member].contains(&one)) {
        return Err(conflict("guardian.oneself"));
    }
    case.application.state = ApplicationState::Proposed;
    case.proposed = Some(proposed.clone());
    write_proposal(&relay, (&caller.party, &staff), &case, &proposed).await?;
    Ok(Json(view(&relay, case.application, proposed, &staff)))
}

async fn write_proposal(
    relay: &Relay,
    (client, staff): (&str, &Staff),
    case: &Case,
    proposed: &Proposed,
) -> Result<(), Problem> {
    let transaction = relay.guardians().step(case).await?;
    let mut transaction = transaction.ok_or_else(|| conflict("guardian.changed"))?;
    relay.guardians().queue_in(&mut transaction, case).await?;
    let ground = format!("{} {}", proposed.papers.paper.as_str(), proposed.papers.dated);
    let asked = &case.application.request;
    for subject in std::iter::once(&case.guardian).chain(proposed.subject()) {
        let what = (ground.clone(), Outcome::Done);
        let about = (client, subject.as_str());
        let event = events::guardian(Action::GuardianProposed, Some(staff), about, asked, what);
        let event = Event { source: Some(proposed.ward.connector.clone()), ..event };
        enter(relay, &case.application.id, event).await?;
    }
    Ok(transaction.commit().await?)
}

/// What waits for a second member of staff.
#[utoipa::path(
    get,
    path = "/guardians",
    operation_id = "list_guardians",
    responses(
        (status = 200, body = ProposalList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn queue(
    State(relay): State<Relay>,
    caller: Caller,
) -> Result<Json<ProposalList>, Problem> {
    let (staff, _) = on_duty(&caller)?;
    let most = i64::try_from(LISTED + 1).unwrap_or(i64::MAX);
    let cases = relay.guardians().waiting(most).await?;
    let more = cases.len() > LISTED;
    let others = cases.into_iter().filter(|case| !is_about(case, &staff)).take(LISTED);
    let views =
        others.filter_map(|case| Some(view(&relay, case.application, case.proposed?, &staff)));
    let stopped = stops::stopped(&relay, &staff).await?;
    Ok(Json(ProposalList { proposals: views.collect(), stopped, more }))
}

/// A second member of staff approves: the mandate holds.
#[utoipa::path(
    post,
    path = "/guardians/{id}/approve",
    operation_id = "approve_guardian",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "It holds"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
        (status = 503, description = "The insurer gives no answer",
         body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn approve(
    State(relay): State<Relay>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (staff, may) = on_duty(&caller)?;
    let (case, proposed) = waiting(&relay, &staff, &id).await?;
    if may != May::Do || proposed.member == staff.member {
        return Err(Problem::new(StatusCode::FORBIDDEN, "guardian.same-eyes"));
    }
    let now = relay.surroundings().now();
    if today_in_japan(now) > proposed.until {
        return Err(conflict("guardian.changed"));
    }
    let expires = end_of_day_in_japan(proposed.until);
    let ward = wards::subject_of(&relay, &id, &proposed, expires).await?;
    let mandate = mandate(&case, &proposed, &caller.party, now);
    let kept = Kept::held(&ward, &case.guardian, mandate);
    register(&relay, (&caller.party, &staff), &case, &kept).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn register(
    relay: &Relay,
    (client, staff): (&str, &Staff),
    case: &Case,
    kept: &Kept,
) -> Result<(), Problem> {
    let transaction = relay.guardians().step(case).await?;
    let mut transaction = transaction.ok_or_else(|| conflict("guardian.changed"))?;
    relay.guardians().settle_in(&mut transaction, case).await?;
    relay.guardians().forget_in(&mut transaction, case).await?;
    relay.proxies().register_in(&mut transaction, kept).await?;
    let asked = &case.application.request;
    for subject in [&case.guardian, &kept.principal] {
        let what = (format!("mandate:{}", kept.mandate.id), Outcome::Done);
        let about = (client, subject.as_str());
        let event = events::guardian(Action::GuardianApproved, Some(staff), about, asked, what);
        enter(relay, &case.application.id, event).await?;
    }
    Ok(transaction.commit().await?)
}

/// Staff say no. One is enough: nothing opens by it.
#[utoipa::path(
    post,
    path = "/guardians/{id}/refuse",
    operation_id = "refuse_guardian",
    params(("id" = String, Path)),
    request_body = RefusalRequest,
    responses(
        (status = 204, description = "Refused"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn refuse(
    State(relay): State<Relay>,
    caller: Caller,
    Path(id): Path<String>,
    Json(request): Json<RefusalRequest>,
) -> Result<StatusCode, Problem> {
    let (staff, _) = on_duty(&caller)?;
    let (mut case, _) = waiting(&relay, &staff, &id).await?;
    case.application.state = ApplicationState::Refused;
    case.application.refused = Some(request.reason);
    let transaction = relay.guardians().step(&case).await?;
    let mut transaction = transaction.ok_or_else(|| conflict("guardian.changed"))?;
    relay.guardians().settle_in(&mut transaction, &case).await?;
    let about = (caller.party.as_str(), case.guardian.as_str());
    let what = (format!("mandate:{id}"), Outcome::Answered(request.reason.as_str().to_owned()));
    let asked = &case.application.request;
    let event = events::guardian(Action::GuardianRefused, Some(&staff), about, asked, what);
    enter(&relay, &id, event).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller as a member of staff who sees papers, and whether they may approve.
pub(super) fn on_duty(caller: &Caller) -> Result<(Staff, May), Problem> {
    let none = || Problem::new(StatusCode::FORBIDDEN, "duty.none");
    caller.grant.papers_staff().ok_or_else(none)
}

/// The case that waits for papers under `code`, and is not about the member of staff.
async fn told(relay: &Relay, staff: &Staff, code: &InviteCode) -> Result<Case, Problem> {
    require_tries(relay, staff).await?;
    let now = relay.surroundings().now();
    let found = relay.guardians().by_code(code).await?;
    let waits = |case: &Case| {
        case.application.state == ApplicationState::Applied && now < case.application.until
    };
    let case = found.filter(waits).ok_or_else(unknown)?;
    if is_about(&case, staff) { Err(conflict("guardian.oneself")) } else { Ok(case) }
}

/// Codes and cards of one member of staff are counted, so that nobody tries them all.
pub(super) async fn require_tries(relay: &Relay, staff: &Staff) -> Result<(), Problem> {
    let now = relay.surroundings().now();
    if relay.proxies().count_try(&staff.member, now).await? > TRIES {
        let many = Problem::new(StatusCode::TOO_MANY_REQUESTS, "proxy.tries");
        return Err(many.retry_after(TRY_AGAIN));
    }
    Ok(())
}

/// The case `id` that waits for a second member of staff, and is not about this one.
async fn waiting(relay: &Relay, staff: &Staff, id: &str) -> Result<(Case, Proposed), Problem> {
    let mut case = relay.guardians().waiting_one(id).await?.ok_or_else(unknown)?;
    if is_about(&case, staff) {
        return Err(conflict("guardian.oneself"));
    }
    let proposed = case.proposed.clone().ok_or_else(unknown)?;
    case.application.code = None;
    Ok((case, proposed))
}

/// Whether the member of staff is one of the two.
fn is_about(case: &Case, staff: &Staff) -> bool {
    let ward = case.proposed.as_ref().and_then(Proposed::subject);
    case.guardian == staff.member || ward == Some(&staff.member)
}

fn mandate(case: &Case, proposed: &Proposed, client: &str, now: Timestamp) -> Mandate {
    let request = case.application.request.clone();
    let terms = MandateRequest {
        services: request.services,
        declared: request.declared,
        history: request.history,
        until: proposed.until,
        name: request.name,
        text_version: request.text_version,
    };
    Mandate {
        id: case.application.id.clone(),
        terms,
        given: Giving { at: now, level: ON_PAPERS.to_owned(), client: client.to_owned() },
        code_until: now,
        accepted: Some(Acceptance { name: request.own_name, at: case.application.at }),
        confirmed: Some(now),
        rests: Vec::new(),
        papers: Some(proposed.papers.clone()),
        stopped: None,
        ended: None,
    }
}

fn view(relay: &Relay, application: Application, proposed: Proposed, staff: &Staff) -> Proposal {
    let without = proposed.without.iter().map(|id| relay.directory().name_of(id));
    Proposal {
        application,
        by_you: proposed.member == staff.member,
        papers: proposed.papers,
        until: proposed.until,
        target: proposed.ward.target,
        more: proposed.more.into_iter().map(|found| found.target).collect(),
        without: without.collect(),
        note: proposed.note,
        at: proposed.at,
    }
}

/// Enters a step, before it is taken. A repetition is not entered again.
pub(super) async fn enter(relay: &Relay, id: &str, event: Event) -> Result<(), Problem> {
    let subject = event.subject.as_deref().unwrap_or_default();
    let named = format!("{}\n{id}\n{subject}", event.action.name());
    let key = relay.ring().lookup("relay.guardian-once", named.as_bytes());
    match relay.log().append_once(event, Once { key, answer: Vec::new() }).await {
        Ok(_) | Err(LogError::Repeated) => Ok(()),
        Err(error) => Err(log_problem(&error)),
    }
}

pub(super) fn conflict(code: &'static str) -> Problem {
    Problem::new(StatusCode::CONFLICT, code)
}

/// The insurer gives no answer, for whom it is worth trying again.
pub(super) fn silent() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "guardian.silent").retry_after(5)
}

pub(super) fn invalid(code: &'static str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code)
}

pub(super) fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "guardian.unknown")
}
