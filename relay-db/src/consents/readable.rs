//! `GET /consents/readable`: what the staff who tapped a card may read of that person, and why not.
//! Tells nothing but what the person told their organisation, or any clinic in an emergency.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use warifu_contract::consent::{Held, ReadableList, readable};
use warifu_service::Problem;

use crate::caller::Caller;
use crate::relay::Relay;

/// For the presence token of a tapped card.
#[utoipa::path(
    get,
    path = "/consents/readable",
    responses(
        (status = 200, body = ReadableList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn list(
    State(relay): State<Relay>,
    caller: Caller,
) -> Result<Json<ReadableList>, Problem> {
    let tapped = caller.grant.tapped_as();
    let (staff, who) = tapped.map_err(|code| Problem::new(StatusCode::FORBIDDEN, code))?;
    let consents = relay.consents().of(&caller.grant.subject).await?;
    let sources = relay.directory().linked();
    let sources = sources.map(|source| (source.id(), source.services()));
    let sources: Vec<_> = sources.collect();
    let now = relay.surroundings().now();
    let offers = relay.manifests().offers(now);
    let held = Held { sources: &sources, offers: &offers };
    Ok(Json(readable((&staff.organization.code, who), &consents, &held, now)))
}
