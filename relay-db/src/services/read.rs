//! `POST /services/read`: the records of one declared service.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use warifu_connectors::SourceError;
use warifu_contract::history::{Asked, Purpose};
use warifu_contract::records::Basis;
use warifu_contract::services::{
    ConnectorContent, Declaration, ServiceAnswer, ServiceId, ServiceOutcome, ServiceRequest,
};
use warifu_log::Outcome;
use warifu_service::Problem;
use warifu_service::http::Deadline;

use super::{declared, require_records, too_low};
use crate::asking;
use crate::caller::Caller;
use crate::consents::{Reading, Unread};
use crate::directory::Connector;
use crate::events;
use crate::records;
use crate::relay::Relay;

/// Nobody whom the manifest names asks.
const NOT_FOR_YOU: &str = "service.audience";

/// The records of one declared service, of the token's subject or on a basis.
#[utoipa::path(
    post,
    path = "/services/read",
    request_body = ServiceRequest,
    responses(
        (status = 200, body = ServiceAnswer),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn read(
    State(relay): State<Relay>,
    caller: Caller,
    deadline: Deadline,
    Json(request): Json<ServiceRequest>,
) -> Result<Json<ServiceAnswer>, Problem> {
    let ServiceRequest { service, basis } = request;
    let declaration = declared(&relay, service)?;
    let until = deadline.less(asking::OWN)?;
    let connector = relay.directory().by_id(service.connector());
    let connector =
        connector.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "service.unknown"))?;
    let source = connector.name.clone();
    let answer =
        |outcome| Json(ServiceAnswer { declaration: declaration.clone(), source, outcome });
    match reading(&relay, &caller, basis, &declaration).await {
        Ok(reading) => {
            let outcome = told(&relay, &reading, (service, connector), until).await;
            Ok(answer(outcome))
        }
        Err(Unread::Refused(code)) => {
            let asked = events::asked_word(Asked::Declared(service));
            relay.note(events::record_refused(&caller, &asked, code)).await;
            Ok(answer(ServiceOutcome::Refused { code: code.to_owned() }))
        }
        Err(Unread::Failed(problem)) => Err(problem),
    }
}

/// Who reads, if the manifest lets them, at the level that it asks for.
async fn reading(
    relay: &Relay,
    caller: &Caller,
    basis: Option<Basis>,
    declaration: &Declaration,
) -> Result<Reading, Unread> {
    let purpose = match &basis {
        None => Purpose::OwnLook,
        Some(Basis::Mandate { .. }) => Purpose::OnBehalf,
        Some(Basis::Consent { purpose, .. }) => *purpose,
        Some(Basis::Emergency { .. }) => Purpose::Emergency,
    };
    let least = declaration.level_of(purpose).ok_or(Unread::Refused(NOT_FOR_YOU))?;
    if purpose == Purpose::OwnLook || purpose == Purpose::OnBehalf {
        require_records(caller).map_err(|_| Unread::Refused("token.purpose"))?;
        if let Some(code) = too_low(caller.grant.level(), least) {
            return Err(Unread::Refused(code));
        }
    }
    Reading::at(relay, caller, basis, least).await
}

async fn told(
    relay: &Relay,
    reading: &Reading,
    (service, connector): (ServiceId, &Arc<Connector>),
    until: Deadline,
) -> ServiceOutcome {
    let (asked, now) = (Asked::Declared(service), relay.surroundings().now());
    let source = Some(connector.id.as_str());
    let ground = reading.ground(asked, source, now);
    let outcome = match &ground {
        Err(refusal) => ServiceOutcome::Refused { code: refusal.code().to_owned() },
        Ok(ground) => {
            let links = relay.links().of(&reading.subject).await;
            let link =
                links.map(|links| links.into_iter().find(|link| link.connector == connector.id));
            match link {
                Err(error) => {
                    tracing::error!(%error, "a link could not be read");
                    return ServiceOutcome::Failed { code: "log.busy".to_owned() };
                }
                Ok(None) => return ServiceOutcome::NotLinked,
                Ok(Some(link)) if link.terms.is_frozen() => {
                    ServiceOutcome::Refused { code: records::LINK_FROZEN.to_owned() }
                }
                Ok(Some(link)) => {
                    let names = reading.names(relay, &connector.id, ground);
                    let errand = reading.errand(&link.pseudonym, &names);
                    let name = service.service();
                    outcome(asking::service(relay.mint(), connector, errand, name, until).await)
                }
            }
        }
    };
    let events = reading.events(asked, source, ground.as_ref().ok(), result_of(&outcome));
    match records::enter(relay, events).await {
        Ok(()) => outcome,
        Err(error) => {
            tracing::error!(%error, "a record was held back: it could not be entered in the log");
            ServiceOutcome::Failed { code: "log.busy".to_owned() }
        }
    }
}

fn outcome(answer: Result<ConnectorContent, SourceError>) -> ServiceOutcome {
    match answer {
        Ok(ConnectorContent { content: None, .. }) => ServiceOutcome::Empty,
        Ok(ConnectorContent { content: Some(content), as_of }) => match content.check() {
            Ok(()) => ServiceOutcome::Ready { content: Box::new(content), as_of },
            Err(error) => ServiceOutcome::Failed { code: error.code().to_owned() },
        },
        Err(SourceError::Refused { code }) if code == records::SUBJECT_UNKNOWN => {
            ServiceOutcome::NotLinked
        }
        Err(error) => ServiceOutcome::Failed { code: error.code().to_owned() },
    }
}

fn result_of(outcome: &ServiceOutcome) -> Outcome {
    match outcome {
        ServiceOutcome::Ready { .. } => Outcome::Shown,
        ServiceOutcome::Empty | ServiceOutcome::NotLinked => Outcome::Empty,
        ServiceOutcome::Refused { code } => Outcome::Refused(code.clone()),
        ServiceOutcome::Failed { code } => Outcome::Failed(code.clone()),
    }
}
