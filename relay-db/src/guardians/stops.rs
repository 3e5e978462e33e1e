//! `POST /guardians/held`, `/guardians/{id}/stop`, `/guardians/{id}/resume`, `/guardians/{id}/end`:
//! one member of staff stops a mandate on papers, at once; another says what becomes of it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use warifu_contract::duty::May;
use warifu_contract::mandate::stop::{
    Guardianship, GuardianshipList, HeldRequest, Stop, StopRequest,
};
use warifu_contract::mandate::{EndedBy, Ending};
use warifu_log::{Action, Outcome};
use warifu_service::Problem;
use warifu_service::http::Deadline;
use warifu_service::storage::Transaction;

use super::sought::Sought;
use super::staff::{NAME, conflict, enter, on_duty, require_tries, unknown};
use super::wards;
use crate::caller::Caller;
use crate::grants::Staff;
use crate::proxies::Kept;
use crate::relay::Relay;
use crate::token::log_problem;
use crate::{asking, events};

/// Stopped mandates in a list.
const LISTED: i64 = 100;

/// Who reads on papers for the person on an insurance card.
#[utoipa::path(
    post,
    path = "/guardians/held",
    operation_id = "find_guardianships",
    request_body = HeldRequest,
    responses(
        (status = 200, body = GuardianshipList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
        (status = 503, description = "The insurer gives no answer",
         body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn held(
    State(relay): State<Relay>,
    caller: Caller,
    deadline: Deadline,
    Json(request): Json<HeldRequest>,
) -> Result<Json<GuardianshipList>, Problem> {
    let (staff, _) = on_duty(&caller)?;
    require_tries(&relay, &staff).await?;
    let (ceremony, until) = (relay.surroundings().hex(NAME), deadline.less(asking::OWN)?);
    let found = wards::look(&relay, &ceremony, request.ward, until).await?;
    let Some(principal) = found.subject else { return Ok(Json(GuardianshipList::default())) };
    if principal == staff.member {
        return Err(conflict("guardian.oneself"));
    }
    let now = relay.surroundings().now();
    let kept = relay.proxies().given(&principal).await?.into_iter();
    let open: Vec<_> = kept.filter(|one| on_papers(one) && one.mandate.is_open(now)).collect();
    if !open.is_empty() {
        let event = events::guardian_sought(&caller.party, &staff, &principal, &found.connector);
        relay.log().append(event).await.map_err(|error| log_problem(&error))?;
    }
    let mut guardianships = Vec::with_capacity(open.len());
    for one in &open {
        let (id, target) = (one.mandate.id.clone(), found.target.clone());
        let fresh = Sought { principal: principal.clone(), id, target, stopped_by: None };
        relay.guardians().lay(&fresh, now).await?;
        let sought = relay.guardians().sought(&fresh.id, now).await?.unwrap_or(fresh);
        guardianships.extend(view(one, sought, &staff));
    }
    Ok(Json(GuardianshipList { guardianships }))
}

/// What one of them stopped and another looks into, as `staff` sees it.
pub(super) async fn stopped(relay: &Relay, staff: &Staff) -> Result<Vec<Guardianship>, Problem> {
    let now = relay.surroundings().now();
    let mut stopped = Vec::new();
    for sought in relay.guardians().stopped(LISTED).await? {
        let kept = relay.proxies().one(&sought.principal, &sought.id).await?;
        let waits = |one: &Kept| one.mandate.is_open(now) && !is_about(one, staff);
        let Some(kept) = kept.filter(waits) else { continue };
        stopped.extend(view(&kept, sought, staff));
    }
    stopped.sort_by_key(|one| one.stopped.map(|stop| stop.at));
    Ok(stopped)
}

/// It opens nothing from now on. One member of staff is enough for that.
#[utoipa::path(
    post,
    path = "/guardians/{id}/stop",
    operation_id = "stop_guardianship",
    params(("id" = String, Path)),
    request_body = StopRequest,
    responses(
        (status = 204, description = "Stopped"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn stop(
    State(relay): State<Relay>,
    caller: Caller,
    Path(id): Path<String>,
    Json(request): Json<StopRequest>,
) -> Result<StatusCode, Problem> {
    let (staff, _) = on_duty(&caller)?;
    let (mut kept, sought) = known(&relay, &staff, &id).await?;
    if kept.mandate.stopped.is_some() {
        return Err(conflict("guardian.changed"));
    }
    let stop = Stop { at: relay.surroundings().now(), reason: request.reason };
    kept.mandate.stopped = Some(stop);
    let staged = Step { relay: &relay, client: &caller.party, staff: &staff, stop };
    let mut transaction = staged.take(&kept, Action::GuardianStopped).await?;
    let sought = Sought { stopped_by: Some(staff.member.clone()), ..sought };
    relay.guardians().stop_in(&mut transaction, &sought, kept.mandate.expiry()).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Another member of staff lets a stopped mandate go on.
#[utoipa::path(
    post,
    path = "/guardians/{id}/resume",
    operation_id = "resume_guardianship",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "It goes on"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn resume(
    State(relay): State<Relay>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (staff, mut kept, stop) = second(&relay, &caller, &id).await?;
    kept.mandate.stopped = None;
    let staged = Step { relay: &relay, client: &caller.party, staff: &staff, stop };
    staged.settle(&kept, Action::GuardianResumed).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Another member of staff ends a stopped mandate for good.
#[utoipa::path(
    post,
    path = "/guardians/{id}/end",
    operation_id = "end_guardianship",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "Ended"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn end(
    State(relay): State<Relay>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (staff, mut kept, stop) = second(&relay, &caller, &id).await?;
    let (at, by, reason) = (relay.surroundings().now(), EndedBy::Staff, Some(stop.reason));
    kept.mandate.ended = Some(Ending { at, by, reason });
    let staged = Step { relay: &relay, client: &caller.party, staff: &staff, stop };
    staged.settle(&kept, Action::GuardianEnded).await?;
    wards::close_left(&relay, &kept.principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One step of staff's, which stands in the log of both people before it takes effect.
struct Step<'a> {
    relay: &'a Relay,
    client: &'a str,
    staff: &'a Staff,
    stop: Stop,
}

impl Step<'_> {
    /// To be committed.
    async fn take(&self, next: &Kept, action: Action) -> Result<Transaction, Problem> {
        let transaction = self.relay.proxies().step(next).await?;
        let transaction = transaction.ok_or_else(|| conflict("guardian.changed"))?;
        let outcome = Outcome::Answered(self.stop.reason.as_str().to_owned());
        // A mandate may be stopped again after it went on: each stop has its own steps.
        let once = format!("{}\n{}", next.mandate.id, self.stop.at);
        for event in events::mandate_by_staff(self.client, (action, outcome), next, self.staff) {
            enter(self.relay, &once, event).await?;
        }
        Ok(transaction)
    }

    async fn settle(&self, next: &Kept, action: Action) -> Result<(), Problem> {
        let mut transaction = self.take(next, action).await?;
        self.relay.guardians().release_in(&mut transaction, &next.mandate.id).await?;
        Ok(transaction.commit().await?)
    }
}

/// The open mandate `id` that staff found, and that is not about this member.
async fn known(relay: &Relay, staff: &Staff, id: &str) -> Result<(Kept, Sought), Problem> {
    let now = relay.surroundings().now();
    let sought = relay.guardians().sought(id, now).await?.ok_or_else(unknown)?;
    let kept = relay.proxies().one(&sought.principal, id).await?;
    let kept = kept.filter(|kept| kept.mandate.is_open(now)).ok_or_else(unknown)?;
    if is_about(&kept, staff) { Err(conflict("guardian.oneself")) } else { Ok((kept, sought)) }
}

/// The caller as the second member of staff, and what the first stopped.
async fn second(relay: &Relay, caller: &Caller, id: &str) -> Result<(Staff, Kept, Stop), Problem> {
    let (staff, may) = on_duty(caller)?;
    let (kept, sought) = known(relay, &staff, id).await?;
    let stop = kept.mandate.stopped.ok_or_else(|| conflict("guardian.changed"))?;
    if may != May::Do || sought.stopped_by.as_ref() == Some(&staff.member) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "guardian.same-eyes"));
    }
    Ok((staff, kept, stop))
}

fn on_papers(kept: &Kept) -> bool {
    kept.mandate.papers.is_some()
}

/// Whether the member of staff is one of the two.
fn is_about(kept: &Kept, staff: &Staff) -> bool {
    kept.principal == staff.member || kept.proxy.as_ref() == Some(&staff.member)
}

/// None for a mandate that does not stand on papers.
fn view(kept: &Kept, sought: Sought, staff: &Staff) -> Option<Guardianship> {
    let mandate = &kept.mandate;
    Some(Guardianship {
        id: sought.id,
        guardian: mandate.accepted.as_ref().map(|one| one.name.clone()).unwrap_or_default(),
        name: mandate.terms.name.clone(),
        papers: mandate.papers.clone()?,
        until: mandate.terms.until,
        target: sought.target,
        stopped: mandate.stopped,
        by_you: sought.stopped_by.as_ref() == Some(&staff.member),
    })
}
