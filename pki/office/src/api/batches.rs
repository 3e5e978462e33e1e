//! Batches: cards that are made in one go, at the office's own machine.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use warifu_contract::card_office::Batch;
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::OfficeApi;
use super::caller::{Staff, require};
use super::problem::plain;
use crate::StaffRole;

/// Makes a batch of every card that is ordered now. For clerks.
#[utoipa::path(
    post,
    path = "/batches",
    responses((status = 201, body = Batch), (status = "4XX", body = ProblemDocument))
)]
pub(super) async fn make(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
) -> Result<(StatusCode, Json<Batch>), Problem> {
    let batch = api.office().batch_make(&actor).await.map_err(|error| plain(&error))?;
    Ok((StatusCode::CREATED, Json(batch)))
}

/// How far a batch is. For clerks.
#[utoipa::path(
    get,
    path = "/batches/{id}",
    params(("id" = String, Path)),
    responses((status = 200, body = Batch), (status = "4XX", body = ProblemDocument))
)]
pub(super) async fn batch(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    Path(id): Path<String>,
) -> Result<Json<Batch>, Problem> {
    require(&actor, &[StaffRole::Clerk])?;
    api.office().batch(&id).await.map(Json).map_err(|error| plain(&error))
}
