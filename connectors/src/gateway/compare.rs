//! `POST /v1/links/compare`: where a candidate and the person differ, for the people who decide a
//! doubt. Nothing is kept for it: the voucher is the one of the search, and counts as of then.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use warifu_contract::linking::{CompareRequest, Comparison, compared};
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::Inner;
use super::caller::Caller;
use super::links::{SERVICE, closed, vouched};

/// Where does this candidate differ?
#[utoipa::path(
    post,
    path = "/v1/links/compare",
    request_body = CompareRequest,
    responses((status = 200, body = Comparison), (status = "4XX", body = ProblemDocument)),
    security(("relay" = [])),
)]
pub(super) async fn post(
    State(inner): State<Arc<Inner>>,
    caller: Caller,
    Json(request): Json<CompareRequest>,
) -> Result<Json<Comparison>, Problem> {
    let opener = inner.vouchers.as_ref().ok_or_else(closed)?;
    let errand = caller.require_linking()?;
    let not_offered = || Problem::new(StatusCode::NOT_FOUND, "link.not-offered");
    let book = inner.book()?;
    let offered = book.offered(errand, &request.pseudonym, caller.now()).await?;
    let (key, made) = offered.ok_or_else(not_offered)?;
    // The voucher was good when the offer was made, by this connector's own book.
    let said = vouched(opener, errand, &request.voucher, made)?;
    let near = book.near(&said).await?.members;
    let held = near.iter().find(|one| one.person.reference == key);
    let comparison = compared(&said, held.ok_or_else(not_offered)?);
    caller.log(&inner, SERVICE, Some(book.called(&key).as_str()), "compared").await?;
    Ok(Json(comparison))
}
