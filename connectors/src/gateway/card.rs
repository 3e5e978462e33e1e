//! `POST /v1/links/card`: whose insurance card is this? Asked for a guardian with papers, when whom
//! they speak for has no card to sign in with.
//!
//! As with a voucher nobody is named, and the pseudonym opens nothing before it is confirmed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::eligibility::TypedCard;
use warifu_contract::linking::{CardMatchAnswer, CardMatchRequest, CardMember};
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::caller::Caller;
use super::eligibility::{self, Answer};
use super::links::{PSEUDONYM, SERVICE, closed};
use super::{Inner, sourced};

/// Whose card is this?
#[utoipa::path(
    post,
    path = "/v1/links/card",
    request_body = CardMatchRequest,
    responses((status = 200, body = CardMatchAnswer), (status = "4XX", body = ProblemDocument)),
    security(("relay" = [])),
)]
pub(super) async fn find_member(
    State(inner): State<Arc<Inner>>,
    caller: Caller,
    Json(request): Json<CardMatchRequest>,
) -> Result<Json<CardMatchAnswer>, Problem> {
    if inner.vouchers.is_none() {
        return Err(closed());
    }
    let errand = caller.require_linking()?;
    let found = ask(&inner, &caller, &request.card, today_in_japan(caller.now())).await?;
    let Some((key, member)) = found else {
        caller.log(&inner, SERVICE, None, "unknown").await?;
        return Ok(Json(CardMatchAnswer::Unknown));
    };
    let book = inner.book()?;
    caller.log(&inner, SERVICE, Some(book.called(&key).as_str()), "card").await?;
    book.offer(errand, &[(member.pseudonym.clone(), key)], caller.now()).await?;
    Ok(Json(CardMatchAnswer::Found { member }))
}

/// The holder's key of the member; none unless the card is of one member, and of today.
async fn ask(
    inner: &Inner,
    caller: &Caller,
    card: &TypedCard,
    day: Date,
) -> Result<Option<(String, CardMember)>, Problem> {
    let Answer { found, pseudonym, .. } = match &inner.source {
        Some(source) => sourced::by_number(inner, source, card, day, caller.now()).await?,
        None => eligibility::by_number(&inner.store, card, day).await?,
    };
    let covered = found.decision.coverage.filter(|_| found.decision.verdict.covers());
    let Some((key, coverage)) = found.person.zip(covered) else { return Ok(None) };
    let membership = inner.book()?.membership(&key).await?;
    let (organization, new) = (inner.config.name.clone(), inner.surroundings.hex(PSEUDONYM));
    let member = CardMember::insured(&coverage, organization, new, pseudonym);
    let period = membership.map(|(period, _)| period);
    Ok(Some((key, CardMember { period, ..member })))
}
