//! `POST /links/doubts/{id}/compare`: whoever decides a doubt is shown where a candidate differs.
//! The relay passes it on and keeps nothing; each reading stands in the person's log first.

use axum::Json;
use axum::extract::{Path, State as Part};
use axum::http::StatusCode;
use warifu_contract::linking::portal::ApproveRequest;
use warifu_contract::linking::{CompareRequest, Comparison};
use warifu_log::{Action, Outcome};
use warifu_service::Problem;
use warifu_service::http::Deadline;

use super::access::{conflict, problem, silent};
use super::doubts::Case;
use super::holders;
use crate::asking;
use crate::caller::Caller;
use crate::events::{self, LinkActor};
use crate::relay::Relay;
use crate::token::log_problem;

/// Where a candidate and the person differ.
#[utoipa::path(
    post,
    path = "/links/doubts/{id}/compare",
    request_body = ApproveRequest,
    responses(
        (status = 200, body = Comparison),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
        (status = 503, description = "The holder gives no answer",
         body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn compare(
    Part(relay): Part<Relay>,
    caller: Caller,
    deadline: Deadline,
    Path(id): Path<String>,
    Json(request): Json<ApproveRequest>,
) -> Result<Json<Comparison>, Problem> {
    let case = Case::find(&relay, &caller, &id, &request.idempotency_key).await?;
    let ceremony = &case.read.ceremony;
    let closed = || problem(StatusCode::NOT_FOUND, "link.compare-closed");
    let voucher = ceremony.voucher.clone().ok_or_else(closed)?;
    let chosen = ceremony.candidate(request.candidate).ok_or_else(|| conflict("link.state"))?;
    let about = (caller.party.as_str(), case.subject.as_str(), case.holder.id());
    let shown = Outcome::Answered(format!("candidate-{}", request.candidate));
    let event = events::link((Action::LinkCompared, LinkActor::Staff(&case.staff)), about, shown);
    relay.log().append(event).await.map_err(|error| log_problem(&error))?;
    let question = CompareRequest { voucher, pseudonym: chosen.pseudonym.clone() };
    let until = deadline.less(asking::OWN)?;
    let asked = holders::compare(&relay, &case.holder, &ceremony.errand, &question, until).await;
    asked.map(Json).map_err(|error| match error {
        warifu_connectors::SourceError::Refused { .. } => closed().caused_by(&error),
        _ => silent(&error),
    })
}
