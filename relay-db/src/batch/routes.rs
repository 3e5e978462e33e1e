//! Jobs looked at, and steered: by the organisation whose they are, and by nobody else.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;
use warifu_contract::batch::{BatchJob, BatchList, BatchPreview, BatchState};
use warifu_log::Action;
use warifu_service::Problem;

use super::asker::Desk;
use super::job::{Job, Terms, hours_after};
use super::receive::{enter, new_job, require_room};
use super::settle::ground;
use crate::events;
use crate::relay::Relay;
use crate::token::log_problem;

/// The organisation's jobs, newest first.
#[utoipa::path(
    get,
    path = "/batches",
    responses(
        (status = 200, body = BatchList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn list(
    State(relay): State<Relay>,
    desk: Desk,
) -> Result<Json<BatchList>, Problem> {
    let organization = relay.batches().organization(&desk.staff.organization.code);
    let now = relay.surroundings().now();
    let jobs = relay.batches().all_of(&organization).await?;
    Ok(Json(BatchList { jobs: jobs.iter().map(|job| job.shown(now)).collect() }))
}

/// One job and how far it has come.
#[utoipa::path(
    get,
    path = "/batches/{id}",
    responses(
        (status = 200, body = BatchJob),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(relay): State<Relay>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Json<BatchJob>, Problem> {
    let job = find(&relay, &desk, &id).await?;
    Ok(Json(job.shown(relay.surroundings().now())))
}

/// The job of that id, if it is the organisation's of whoever asks.
pub(crate) async fn find(relay: &Relay, desk: &Desk, id: &str) -> Result<Job, Problem> {
    let organization = relay.batches().organization(&desk.staff.organization.code);
    let job = relay.batches().of(&organization, id).await?;
    job.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "batch.unknown"))
}

/// What the file of a job looks like that is not started.
#[utoipa::path(
    get,
    path = "/batches/{id}/preview",
    responses(
        (status = 200, body = BatchPreview),
        (status = 410, description = "It is started",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn preview(
    State(relay): State<Relay>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Json<BatchPreview>, Problem> {
    let job = find(&relay, &desk, &id).await?;
    let preview = relay.batches().preview(&job).await?;
    preview.map(Json).ok_or_else(|| Problem::new(StatusCode::GONE, "batch.gone"))
}

/// Starts a job that was looked over.
#[utoipa::path(
    post,
    path = "/batches/{id}/start",
    responses(
        (status = 200, body = BatchJob),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn start(
    State(relay): State<Relay>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Json<BatchJob>, Problem> {
    start_now(&relay, &desk, &id).await.map(Json)
}

/// Starts the job `id`; one that is started already goes on as it does.
pub(super) async fn start_now(relay: &Relay, desk: &Desk, id: &str) -> Result<BatchJob, Problem> {
    let job = find(relay, desk, id).await?;
    if matches!(job.state, BatchState::Running | BatchState::Done) {
        return Ok(job.shown(relay.surroundings().now()));
    }
    let started = steer(relay, desk, id, ("start", &[BatchState::Ready], BatchState::Received));
    let started = started.await?;
    relay.work().notify_one();
    Ok(started)
}

/// Stops a job until it is resumed.
#[utoipa::path(
    post,
    path = "/batches/{id}/pause",
    responses(
        (status = 200, body = BatchJob),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn pause(
    State(relay): State<Relay>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Json<BatchJob>, Problem> {
    let from = [BatchState::Received, BatchState::Running];
    steer(&relay, &desk, &id, ("pause", &from, BatchState::Paused)).await.map(Json)
}

/// Lets a paused job go on.
#[utoipa::path(
    post,
    path = "/batches/{id}/resume",
    responses(
        (status = 200, body = BatchJob),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn resume(
    State(relay): State<Relay>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Json<BatchJob>, Problem> {
    let resumed =
        steer(&relay, &desk, &id, ("resume", &[BatchState::Paused], BatchState::Received)).await?;
    relay.work().notify_one();
    Ok(Json(resumed))
}

/// Gives a job up; its file and its answers are dropped at once.
#[utoipa::path(
    post,
    path = "/batches/{id}/cancel",
    responses(
        (status = 200, body = BatchJob),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn cancel(
    State(relay): State<Relay>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Json<BatchJob>, Problem> {
    let from = [BatchState::Ready, BatchState::Received, BatchState::Running, BatchState::Paused];
    let done = steer(&relay, &desk, &id, ("cancel", &from, BatchState::Cancelled)).await?;
    let job = find(&relay, &desk, &id).await?;
    relay.batches().empty(&job).await?;
    Ok(Json(done))
}

/// Its event first: a change without its event never happens.
async fn steer(
    relay: &Relay,
    desk: &Desk,
    id: &str,
    (what, from, to): (&str, &[BatchState], BatchState),
) -> Result<BatchJob, Problem> {
    let job = find(relay, desk, id).await?;
    let now = relay.surroundings().now();
    if job.state == to {
        return Ok(job.shown(now));
    }
    let wrong = || Problem::new(StatusCode::CONFLICT, "batch.state");
    if !from.contains(&job.state) {
        return Err(wrong());
    }
    let caller = (desk.party.as_str(), &desk.staff);
    let event = events::batch(Action::BatchSteered, caller, what, ground(&job));
    relay.log().append(event).await.map_err(|error| log_problem(&error))?;
    if !relay.batches().steer(&job, from, to).await? {
        return Err(wrong());
    }
    Ok(find(relay, desk, id).await?.shown(now))
}

/// For which day a job's lines are checked again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecheckRequest {
    /// 対象年月日 for every line; none, or absent, means the last day of the month of the job's own day.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    target_date: Option<Date>,
}

/// Checks the lines of a job that is done once more, e.g. before claims are made, and compares: a
/// new job, or the one of the same day.
#[utoipa::path(
    post,
    path = "/batches/{id}/recheck",
    request_body = RecheckRequest,
    responses(
        (status = 202, description = "A new job", body = BatchJob),
        (status = 200, description = "The job of the same day", body = BatchJob),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn recheck(
    State(relay): State<Relay>,
    desk: Desk,
    Path(id): Path<String>,
    Json(request): Json<RecheckRequest>,
) -> Result<(StatusCode, Json<BatchJob>), Problem> {
    let earlier = find(&relay, &desk, &id).await?;
    if earlier.state != BatchState::Done {
        return Err(Problem::new(StatusCode::CONFLICT, "batch.state"));
    }
    if !earlier.has_results(relay.surroundings().now()) {
        return Err(Problem::new(StatusCode::GONE, "batch.gone"));
    }
    let organization = earlier.organization.clone();
    require_room(&relay, &organization).await?;
    let target = request.target_date.unwrap_or_else(|| earlier.terms.target.last_of_month());
    let named = [organization.as_slice(), id.as_bytes(), target.to_string().as_bytes()].concat();
    let fingerprint = relay.ring().lookup("relay_batch.recheck", &named);
    let now = relay.surroundings().now();
    let new = relay.batches().begin(&organization, hours_after(now, 1)).await?;
    let terms = again(&earlier, &desk, target);
    let job = new_job(&relay, organization, new, terms);
    // The file stands under the earlier job: it stays until this one is over.
    relay.batches().keep_until(&earlier, job.expires).await?;
    enter(&relay, &desk, &fingerprint, &job).await
}

fn again(earlier: &Job, desk: &Desk, target: Date) -> Terms {
    Terms {
        client: desk.party.clone(),
        member: desk.staff.member.clone(),
        level: desk.level,
        target,
        target_for_all: true,
        recheck_of: Some(earlier.id.clone()),
        ..earlier.terms.clone()
    }
}
