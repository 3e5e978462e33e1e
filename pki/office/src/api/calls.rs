//! Calls to the call centre.

use axum::Json;
use axum::extract::State;
use warifu_contract::card_office::{CallerAnswers, CardList};
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::OfficeApi;
use super::caller::Staff;
use super::problem::plain;

/// Asks whether a caller's answers are right. All of that person's cards, or none; never which
/// answer was wrong. For the call centre.
#[utoipa::path(
    post,
    path = "/calls/identify",
    request_body = CallerAnswers,
    responses(
        (status = 200, body = CardList),
        (status = 429, description = "office.too-many-calls", body = ProblemDocument),
        (status = "4XX", body = ProblemDocument),
    )
)]
pub(super) async fn identify(
    State(api): State<OfficeApi>,
    Staff(actor): Staff,
    Json(answers): Json<CallerAnswers>,
) -> Result<Json<CardList>, Problem> {
    let cards = api.office().identify(&actor, &answers).await;
    cards.map(Json).map_err(|error| plain(&error))
}
