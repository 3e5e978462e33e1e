//! `/v1/services/applications`, `/v1/services/application`: what members applied for, for the staff
//! who decide. The relay asks only for staff of the holder itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use warifu_contract::services::{
    ApplicationState, ConnectorApplication, ConnectorApplicationRequest, ConnectorApplications,
    ConnectorApplicationsRequest, Declaration, Form, Listed, MOST_LISTED, ServiceId, SettleError,
    SettleRequest, is_reference,
};
use warifu_service::Problem;
use warifu_service::problem::ProblemDocument;

use super::Inner;
use super::caller::Caller;
use super::service::{declared, published};
use crate::store::{Application, Decision};

/// What the access log calls a list.
const LIST: &str = "applications";

/// The applications to this holder in one state: nothing of what they say.
#[utoipa::path(
    post,
    path = "/v1/services/applications",
    operation_id = "list_applications",
    request_body = ConnectorApplicationsRequest,
    responses(
        (status = 200, body = ConnectorApplications),
        (status = "4XX", body = ProblemDocument),
    ),
    security(("relay" = [])),
)]
pub(super) async fn list(
    State(inner): State<Arc<Inner>>,
    caller: Caller,
    Json(request): Json<ConnectorApplicationsRequest>,
) -> Result<Json<ConnectorApplications>, Problem> {
    caller.require_applications()?;
    let services = published(&inner)?.look(|manifest| manifest.services.clone());
    let (mut applications, mut count) = (Vec::new(), 0);
    for service in &services {
        if let Some(form) = service.applications() {
            count += gather(&inner, service, form, request.state, &mut applications).await?;
        }
    }
    let applications = request.state.in_order(applications);
    caller.log(&inner, LIST, None, "shown").await?;
    Ok(Json(ConnectorApplications { applications, count }))
}

/// Adds the oldest applications of one service to `all`, and gives how many there are.
async fn gather(
    inner: &Inner,
    service: &Declaration,
    form: &Form,
    state: ApplicationState,
    all: &mut Vec<Listed>,
) -> Result<u64, Problem> {
    let Ok(id) = ServiceId::new(&inner.config.id, &service.id) else { return Ok(0) };
    let is_closed = |status: &str| form.last().any(|last| last == status);
    let mut count = 0;
    for (status, number) in inner.store.application_counts(&service.id).await? {
        if is_closed(&status) != (state == ApplicationState::Closed) {
            continue;
        }
        count += number;
        let (at, newest) =
            ((service.id.as_str(), status.as_str()), state == ApplicationState::Closed);
        let found = inner.store.applications_at(at, newest, MOST_LISTED).await?;
        all.extend(found.into_iter().map(|(reference, at)| Listed {
            service: id,
            reference,
            at,
            status: status.clone(),
        }));
    }
    Ok(count)
}

/// One application; with a decision, where it stands after that. The same decision again changes
/// nothing.
#[utoipa::path(
    post,
    path = "/v1/services/application",
    operation_id = "read_or_settle_application",
    request_body = ConnectorApplicationRequest,
    responses(
        (status = 200, body = ConnectorApplication),
        (status = "4XX", body = ProblemDocument),
    ),
    security(("relay" = [])),
)]
pub(super) async fn one(
    State(inner): State<Arc<Inner>>,
    caller: Caller,
    Json(request): Json<ConnectorApplicationRequest>,
) -> Result<Json<ConnectorApplication>, Problem> {
    let organization = caller.require_applications()?;
    let (mut found, form) = find(&inner, &request.reference).await?;
    if let Some(settle) = &request.settle
        && !is_done(settle, &found)
    {
        decide(&inner, &caller, organization, settle, (&found, &form)).await?;
        found = find(&inner, &request.reference).await?.0;
    }
    let result = if request.settle.is_some() { "settled" } else { "shown" };
    caller.log(&inner, &found.service, Some(&found.member), result).await?;
    let subject = inner.store.pseudonym_of(&found.member).await?;
    Ok(Json(ConnectorApplication { service: found.service, subject, sent: found.sent }))
}

async fn find(inner: &Inner, reference: &str) -> Result<(Application, Form), Problem> {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "application.unknown");
    if !is_reference(reference) {
        return Err(unknown());
    }
    let found = inner.store.application(reference).await?.ok_or_else(unknown)?;
    let declaration = declared(inner, &found.service).map_err(|_| unknown())?;
    let form = declaration.applications().cloned().ok_or_else(unknown)?;
    Ok((found, form))
}

/// Whether it is what was decided last.
fn is_done(settle: &SettleRequest, found: &Application) -> bool {
    let steps = &found.sent.steps;
    let before = steps.iter().rev().nth(1).map(|step| step.status.as_str());
    steps.last().is_some_and(|last| last.status == settle.to && last.reason == settle.reason)
        && before.is_none_or(|before| before == settle.from)
        && found.sent.status == settle.to
}

async fn decide(
    inner: &Inner,
    caller: &Caller,
    organization: &str,
    settle: &SettleRequest,
    (found, form): (&Application, &Form),
) -> Result<(), Problem> {
    settle.check(form, &found.sent.status).map_err(refused)?;
    let decision = Decision {
        reference: &found.sent.reference,
        from: &settle.from,
        to: &settle.to,
        reason: settle.reason.as_deref(),
        organization,
        at: caller.now(),
    };
    if inner.store.decide(&decision).await? { Ok(()) } else { Err(refused(SettleError::Changed)) }
}

fn refused(error: SettleError) -> Problem {
    let status = match error {
        SettleError::Changed => StatusCode::CONFLICT,
        SettleError::State | SettleError::Reason | SettleError::Text => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    Problem::new(status, error.code())
}
