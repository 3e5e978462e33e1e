//! What the printer gets.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::OfficeApi;
use super::caller::{Staff, require};
use super::cards::ById;
use super::problem::plain;
use crate::life::Refusal;
use crate::print::{PrintError, Printer};
use crate::{OfficeError, StaffRole};

/// The card's face: one page of 85.60 × 53.98 mm. For clerks.
#[utoipa::path(
    get,
    path = "/cards/{id}/face.pdf",
    params(("id" = String, Path, description = "受付番号")),
    responses(
        (status = 200, content_type = "application/pdf"),
        (status = "4XX", body = ProblemDocument),
    )
)]
pub(super) async fn face(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    ById(key): ById,
) -> Result<Response, Problem> {
    let face = api.office().face(&actor, &key).await.map_err(|error| plain(&error))?;
    pdf(&api, "face.pdf", move |printer| printer.faces(&[face])).await
}

/// The letter with the initialisation code, A4. For clerks, once; again only for approvers, and it
/// is an event.
#[utoipa::path(
    get,
    path = "/cards/{id}/letter.pdf",
    params(("id" = String, Path, description = "受付番号")),
    responses(
        (status = 200, content_type = "application/pdf"),
        (status = 409, description = "office.letter-printed", body = ProblemDocument),
        (status = "4XX", body = ProblemDocument),
    )
)]
pub(super) async fn letter(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    ById(key): ById,
) -> Result<Response, Problem> {
    // Nobody else learns how far the card is.
    require(&actor, &[StaffRole::Clerk, StaffRole::Approver])?;
    let letter = api.office().letter(&actor, &key).await.map_err(|error| plain(&error))?;
    pdf(&api, "letter.pdf", move |printer| printer.letter(&letter)).await
}

/// The sheet that goes with the card by restricted mail, A4. For clerks.
#[utoipa::path(
    get,
    path = "/cards/{id}/cover.pdf",
    params(("id" = String, Path, description = "受付番号")),
    responses(
        (status = 200, content_type = "application/pdf"),
        (status = "4XX", body = ProblemDocument),
    )
)]
pub(super) async fn cover(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    ById(key): ById,
) -> Result<Response, Problem> {
    let cover = api.office().cover(&actor, &key).await.map_err(|error| plain(&error))?;
    pdf(&api, "cover.pdf", move |printer| printer.cover(&cover)).await
}

/// The faces of every card of a batch that is finished, a page for each. For clerks.
#[utoipa::path(
    get,
    path = "/batches/{id}/faces.pdf",
    params(("id" = String, Path)),
    responses(
        (status = 200, content_type = "application/pdf"),
        (status = "4XX", body = ProblemDocument),
    )
)]
pub(super) async fn faces(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    Path(batch): Path<String>,
) -> Result<Response, Problem> {
    let office = api.office();
    require(&actor, &[StaffRole::Clerk])?;
    office.batch(&batch).await.map_err(|error| plain(&error))?;
    let done = office.store().done(&batch).await.map_err(|error| plain(&error))?;
    let mut faces = Vec::with_capacity(done.len());
    for card in done {
        match office.face(&actor, &card.into()).await {
            Ok(face) => faces.push(face),
            // It has ended meanwhile.
            Err(OfficeError::Refused(Refusal::Impossible)) => {}
            Err(error) => return Err(plain(&error)),
        }
    }
    pdf(&api, "faces.pdf", move |printer| printer.faces(&faces)).await
}

/// Drawing takes a while and must not hold up others.
async fn pdf(
    api: &OfficeApi,
    name: &'static str,
    draw: impl FnOnce(&Printer) -> Result<Vec<u8>, PrintError> + Send + 'static,
) -> Result<Response, Problem> {
    let printer = Arc::clone(&api.0.printer);
    let drawn = tokio::task::spawn_blocking(move || draw(&printer)).await;
    let drawn = drawn.map_err(|error| Problem::internal(&error))?;
    let bytes = drawn.map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
    ];
    Ok((headers, bytes).into_response())
}
