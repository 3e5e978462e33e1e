//! Deposits looked at, approved and given up: by those who deposit for the insurer, and nobody else.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use warifu_contract::deposits::{
    ApprovalBar, ApproveRequest, Deposit, DepositDetail, DepositFault, DepositList, DepositWarning,
    DepositingInsurer,
};
use warifu_contract::records::DisplayName;
use warifu_log::Action;
use warifu_service::Problem;

use super::sender::{Sender, deposits};
use super::view::{bar, count, lag, view};
use super::{Approver, approved, not_live, problem};
use crate::relay::Relay;

/// Deposits of an insurer that are listed.
const LISTED: u32 = 50;
/// Faults that are told of one deposit; the rest are in the file of faults.
const TOLD: usize = 100;

/// The insurers for which the caller deposits, and their deposits, newest first.
#[utoipa::path(
    get,
    path = "/deposits",
    responses(
        (status = 200, body = DepositList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn list(
    State(relay): State<Relay>,
    sender: Sender,
) -> Result<Json<DepositList>, Problem> {
    let deposits = deposits(&relay)?;
    let mut insurers = Vec::new();
    for insurer in sender.insurers() {
        let key = sender.insurer(&insurer.id)?;
        let all = deposits.history(&key, LISTED).await.map_err(|error| problem(&error))?;
        let usual = deposits.usual_lag(&key).await.map_err(|error| problem(&error))?;
        let shown = all.iter().map(|status| view(&relay, &sender, &insurer.id, status));
        insurers.push(DepositingInsurer {
            id: insurer.id.clone(),
            name: DisplayName { ja: insurer.name.clone(), en: insurer.name_en.clone() },
            lag: usual.map(lag),
            deposits: shown.collect(),
        });
    }
    Ok(Json(DepositList { insurers }))
}

/// One deposit: how far it is, what it would change, what is wrong and what is odd.
#[utoipa::path(
    get,
    path = "/deposits/{insurer}/{number}",
    params(
        ("insurer" = String, Path, description = "The insurer's id within the federation"),
        ("number" = i64, Path, description = "The deposit"),
    ),
    responses(
        (status = 200, body = DepositDetail),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(relay): State<Relay>,
    sender: Sender,
    Path((insurer, number)): Path<(String, i64)>,
) -> Result<Json<DepositDetail>, Problem> {
    let (key, deposits) = (sender.insurer(&insurer)?, deposits(&relay)?);
    let status = deposits.status(&key, number).await.map_err(|error| problem(&error))?;
    let faults = deposits.faults(&key, number).await.map_err(|error| problem(&error))?;
    let faults = faults.into_iter().take(TOLD).map(|fault| DepositFault {
        line: count(fault.line),
        field: fault.field,
        code: fault.code,
    });
    let warnings = deposits.warnings(&key, number).await.map_err(|error| problem(&error))?;
    let warnings = warnings.into_iter().map(|one| DepositWarning {
        field: one.field,
        code: one.code,
        first_line: count(one.first_line),
        count: count(one.count),
    });
    Ok(Json(DepositDetail {
        deposit: view(&relay, &sender, &insurer, &status),
        faults: faults.collect(),
        warnings: warnings.collect(),
    }))
}

/// Lets a deposit go live that is ready: all of it from one instant on. Somebody else than who sent
/// it has to, unless the relay is configured otherwise.
#[utoipa::path(
    post,
    path = "/deposits/{insurer}/{number}/approve",
    params(
        ("insurer" = String, Path, description = "The insurer's id within the federation"),
        ("number" = i64, Path, description = "The deposit"),
    ),
    request_body = ApproveRequest,
    responses(
        (status = 200, body = Deposit),
        (status = 403, description = "The caller only proposes, or sent it",
         body = warifu_service::problem::ProblemDocument),
        (status = 409, description = "Not ready, or so many cards would end that it must be confirmed",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn approve(
    State(relay): State<Relay>,
    sender: Sender,
    Path((insurer, number)): Path<(String, i64)>,
    Json(request): Json<ApproveRequest>,
) -> Result<Json<Deposit>, Problem> {
    let (key, deposits) = (sender.insurer(&insurer)?, deposits(&relay)?);
    let status = deposits.status(&key, number).await.map_err(|error| problem(&error))?;
    match bar(&relay, &sender, &status) {
        None => {}
        Some(ApprovalBar::State) => {
            return Err(Problem::new(StatusCode::CONFLICT, "deposit.state"));
        }
        Some(ApprovalBar::Duty) => return Err(Problem::new(StatusCode::FORBIDDEN, "duty.none")),
        Some(ApprovalBar::SameEyes) => {
            return Err(Problem::new(StatusCode::FORBIDDEN, "deposit.same-eyes"));
        }
    }
    let name = sender.name();
    let by = Approver { client: &sender.party, actor: sender.actor(), name: Some(&name) };
    let log = relay.log();
    let live = approved(deposits, log, (&key, number), request.confirm_ended, by).await;
    Ok(Json(view(&relay, &sender, &insurer, &live.map_err(not_live)?)))
}

/// Gives a deposit up that is not live; its file and what was written of it are dropped.
#[utoipa::path(
    post,
    path = "/deposits/{insurer}/{number}/abandon",
    params(
        ("insurer" = String, Path, description = "The insurer's id within the federation"),
        ("number" = i64, Path, description = "The deposit"),
    ),
    responses(
        (status = 200, body = Deposit),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn abandon(
    State(relay): State<Relay>,
    sender: Sender,
    Path((insurer, number)): Path<(String, i64)>,
) -> Result<Json<Deposit>, Problem> {
    let (key, deposits) = (sender.insurer(&insurer)?, deposits(&relay)?);
    let status = deposits.status(&key, number).await.map_err(|error| problem(&error))?;
    if status.state == warifu_deposit::State::Cancelled {
        return Ok(Json(view(&relay, &sender, &insurer, &status)));
    }
    if !status.state.is_open() {
        return Err(Problem::new(StatusCode::CONFLICT, "deposit.state"));
    }
    sender.enter(&relay, (Action::DepositSteered, "abandon"), &insurer, &status).await?;
    let over = deposits.cancel(&key, number).await.map_err(|error| problem(&error))?;
    Ok(Json(view(&relay, &sender, &insurer, &over)))
}
