//! `POST /v1/records`: the record of the token's subject, for the subject's own eyes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::{
    ConnectorRecord, ConnectorRecordRequest, InsuranceRecord, Record, Service,
};
use warifu_contract::register::coverages_of;
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::caller::Caller;
use super::{Inner, sourced};
use crate::store::{MemberId, Store, StoreError};

/// Asks for the record of the token's subject.
#[utoipa::path(
    post,
    path = "/v1/records",
    request_body = ConnectorRecordRequest,
    responses(
        (status = 200, body = ConnectorRecord),
        (status = "4XX", body = ProblemDocument),
    ),
    security(("relay" = [])),
)]
pub(super) async fn post(
    State(inner): State<Arc<Inner>>,
    caller: Caller,
    Json(request): Json<ConnectorRecordRequest>,
) -> Result<Json<ConnectorRecord>, Problem> {
    let service = request.service;
    if !inner.config.kind.services().contains(&service) {
        return Err(Problem::new(StatusCode::NOT_FOUND, "service.unknown"));
    }
    caller.require_reading()?;
    let pseudonym =
        caller.pseudonym().ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "token.subject"))?;
    let Some(key) = inner.key_of(pseudonym).await? else {
        caller.log(&inner, service.as_str(), None, "subject.unknown").await?;
        return Err(Problem::new(StatusCode::NOT_FOUND, "subject.unknown"));
    };
    let member = inner.book()?.called(&key);
    let record = match &inner.source {
        Some(source) => sourced::record(source, service, &key, caller.now()).await?,
        None => record_of(&inner.store, service, &member, caller.now()).await?,
    };
    let result = if record.record.is_some() { "shown" } else { "empty" };
    caller.log(&inner, service.as_str(), Some(member.as_str()), result).await?;
    Ok(Json(record))
}

async fn record_of(
    store: &Store,
    service: Service,
    member: &MemberId,
    now: Timestamp,
) -> Result<ConnectorRecord, StoreError> {
    let found = match service {
        Service::Insurance => insurance(store, member, now).await?,
        Service::Expenses => {
            let found = store.expenses(member).await?;
            found.map(|(record, as_of)| (Record::Expenses(record), as_of))
        }
        Service::Checkup => {
            let found = store.checkups(member).await?;
            found.map(|(record, as_of)| (Record::Checkup(record), as_of))
        }
        Service::Pension => {
            let found = store.pension(member).await?;
            found.map(|(record, as_of)| (Record::Pension(record), as_of))
        }
    };
    if let Some((record, as_of)) = found {
        return Ok(ConnectorRecord { record: Some(record), as_of });
    }
    let as_of = store.member(member).await?.map_or(now, |known| known.changed_at);
    Ok(ConnectorRecord { record: None, as_of })
}

async fn insurance(
    store: &Store,
    member: &MemberId,
    now: Timestamp,
) -> Result<Option<(Record, Timestamp)>, StoreError> {
    let (enrolments, insurers) = store.enrolments_of(member).await?;
    let coverages = coverages_of(member.as_str(), today_in_japan(now), &enrolments);
    let as_of = insurers.iter().map(|entry| entry.changed_at).max();
    let has_any = !coverages.is_empty();
    let limits = store.cost_limits(member).await?;
    let aids = store.public_aids(member).await?;
    let usual_lag_days = insurers.iter().filter_map(|entry| entry.usual_lag_days).max();
    let record = Record::Insurance(InsuranceRecord { coverages, limits, aids, usual_lag_days });
    Ok(as_of.filter(|_| has_any).map(|as_of| (record, as_of)))
}
