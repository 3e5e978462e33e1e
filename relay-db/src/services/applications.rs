//! `GET /services/applications`, `/services/applications/{connector}/{reference}`, `POST …/settle`:
//! what residents applied for, for staff of the organisation that they applied to. Each look into an
//! application, and each decision, stands in the resident's log.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use futures::future::join_all;
use serde::Deserialize;
use utoipa::IntoParams;
use warifu_connectors::SourceError;
use warifu_contract::duty::Duty;
use warifu_contract::services::{
    Application, ApplicationList, ApplicationState, ConnectorApplication,
    ConnectorApplicationRequest, Content, Declaration, MOST_LISTED, ServiceId, SettleError,
    SettleRequest,
};
use warifu_log::{LogError, Once};
use warifu_service::Problem;
use warifu_service::http::Deadline;

use super::declared;
use crate::asking;
use crate::caller::Caller;
use crate::directory::Connector;
use crate::events;
use crate::grants::Staff;
use crate::mint::Errand;
use crate::relay::Relay;
use crate::token::log_problem;

/// Which applications.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// `open` or `closed`.
    state: ApplicationState,
}

/// The applications to the organisation of the member of staff who asks. Its holders are asked side by
/// side; one that is silent costs its own applications only.
#[utoipa::path(
    get,
    path = "/services/applications",
    operation_id = "list_applications",
    params(Wanted),
    responses(
        (status = 200, body = ApplicationList),
        (status = 502, description = "No holder gives an answer",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn list(
    State(relay): State<Relay>,
    caller: Caller,
    deadline: Deadline,
    Query(wanted): Query<Wanted>,
) -> Result<Json<ApplicationList>, Problem> {
    let staff = on_duty(&caller)?;
    let until = deadline.less(asking::OWN)?;
    let services = theirs(&relay, &staff);
    let mut holders: Vec<&str> = services.iter().map(|(id, _)| id.connector()).collect();
    holders.dedup();
    let holders = holders.into_iter().filter_map(|id| relay.directory().by_id(id));
    let answers = join_all(holders.map(async |connector| {
        let errand = Errand::of_nobody(&staff);
        let told = asking::applications(relay.mint(), connector, errand, wanted.state, until).await;
        (connector, told)
    }));
    let mut list = ApplicationList::default();
    let (mut answered, mut silence) = (false, None);
    for (connector, told) in answers.await {
        let is_of = |id: &ServiceId| id.connector() == connector.id;
        match told {
            Ok(told) => {
                answered = true;
                list.count = list.count.saturating_add(told.count);
                let own = told.applications.into_iter().take(MOST_LISTED);
                list.applications.extend(own.filter(|one| is_of(&one.service)));
            }
            Err(error) => {
                list.silent.extend(services.iter().map(|(id, _)| *id).filter(is_of));
                silence = Some(error);
            }
        }
    }
    if let Some(error) = silence.filter(|_| !answered) {
        return Err(not_told(&error));
    }
    list.applications = wanted.state.in_order(list.applications);
    list.services = services;
    Ok(Json(list))
}

/// One application: what it says, where it stands, what was decided.
#[utoipa::path(
    get,
    path = "/services/applications/{connector}/{reference}",
    operation_id = "read_application",
    params(("connector" = String, Path), ("reference" = String, Path)),
    responses(
        (status = 200, body = Application),
        (status = 502, description = "The holder gives no answer",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn one(
    State(relay): State<Relay>,
    caller: Caller,
    deadline: Deadline,
    Path((connector, reference)): Path<(String, String)>,
) -> Result<Json<Application>, Problem> {
    let staff = on_duty(&caller)?;
    let connector = holder(&relay, &staff, &connector)?;
    let until = deadline.less(asking::OWN)?;
    let question = ConnectorApplicationRequest { reference, settle: None };
    let seen = Seen::ask(&relay, &staff, connector, &question, until).await?;
    let event = events::application_read(&caller, &staff, &seen.about());
    relay.log().append(event).await.map_err(|error| log_problem(&error))?;
    let Seen { service, declaration, told, .. } = seen;
    Ok(Json(Application { service, declaration, sent: told.sent }))
}

/// Staff decide where an application goes. The same decision again changes nothing.
#[utoipa::path(
    post,
    path = "/services/applications/{connector}/{reference}/settle",
    operation_id = "settle_application",
    params(("connector" = String, Path), ("reference" = String, Path)),
    request_body = SettleRequest,
    responses(
        (status = 204, description = "It stands there"),
        (status = 502, description = "The holder gives no answer",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn settle(
    State(relay): State<Relay>,
    caller: Caller,
    deadline: Deadline,
    Path((connector, reference)): Path<(String, String)>,
    Json(request): Json<SettleRequest>,
) -> Result<StatusCode, Problem> {
    let staff = on_duty(&caller)?;
    let connector = holder(&relay, &staff, &connector)?;
    let until = deadline.less(asking::OWN)?;
    let look = ConnectorApplicationRequest { reference: reference.clone(), settle: None };
    let before = Seen::ask(&relay, &staff, connector, &look, until).await?;
    if before.subject.as_ref() == Some(&staff.member) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "application.own"));
    }
    let settle = ConnectorApplicationRequest { reference, settle: Some(request) };
    let seen = Seen::ask(&relay, &staff, connector, &settle, until).await?;
    entered(&relay, &caller, &staff, &seen).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One decision is one event, however often it is sent.
async fn entered(
    relay: &Relay,
    caller: &Caller,
    staff: &Staff,
    seen: &Seen,
) -> Result<(), Problem> {
    let sent = &seen.told.sent;
    let named = format!("{}\n{}\n{}", seen.service, sent.reference, sent.steps.len());
    let key = relay.ring().lookup("relay.application-once", named.as_bytes());
    let event = events::application_settled(caller, staff, &seen.about());
    match relay.log().append_once(event, Once { key, answer: Vec::new() }).await {
        Ok(_) | Err(LogError::Repeated) => Ok(()),
        Err(error) => Err(log_problem(&error)),
    }
}

/// One application as its holder tells it, and whose it is.
struct Seen {
    service: ServiceId,
    declaration: Declaration,
    told: ConnectorApplication,
    subject: Option<String>,
}

impl Seen {
    async fn ask(
        relay: &Relay,
        staff: &Staff,
        connector: &Connector,
        question: &ConnectorApplicationRequest,
        until: Deadline,
    ) -> Result<Self, Problem> {
        let errand = Errand::of_nobody(staff);
        let told = asking::application(relay.mint(), connector, errand, question, until).await;
        let told = told.map_err(|error| not_told(&error))?;
        let service = ServiceId::new(&connector.id, &told.service).map_err(|_| silent())?;
        let declaration = declared(relay, service)?;
        let content = Content { submissions: vec![told.sent.clone()], ..Content::default() };
        content.check().map_err(|error| silent().caused_by(&error))?;
        let subject = match &told.subject {
            Some(pseudonym) => relay.links().subject_of(&connector.id, pseudonym).await?,
            None => None,
        };
        Ok(Self { service, declaration, told, subject })
    }

    fn about(&self) -> events::AboutApplication<'_> {
        events::AboutApplication {
            service: self.service,
            reference: &self.told.sent.reference,
            subject: self.subject.as_deref(),
        }
    }
}

/// The caller as a member of staff who decides about applications.
fn on_duty(caller: &Caller) -> Result<Staff, Problem> {
    let none = || Problem::new(StatusCode::FORBIDDEN, "duty.none");
    caller.grant.staff(Duty::Applications).map(|(staff, _)| staff).ok_or_else(none)
}

/// The services with applications of the organisation whose staff ask, by their holders.
fn theirs(relay: &Relay, staff: &Staff) -> Vec<(ServiceId, Declaration)> {
    let is_theirs = |id: &ServiceId| holder(relay, staff, id.connector()).is_ok();
    let offers = relay.manifests().offers(relay.surroundings().now()).into_iter();
    offers.filter(|(id, one)| one.applications().is_some() && is_theirs(id)).collect()
}

/// The holder of that id, if the staff are its own.
fn holder<'r>(relay: &'r Relay, staff: &Staff, id: &str) -> Result<&'r Arc<Connector>, Problem> {
    let is_own = |one: &&Arc<Connector>| {
        one.organization.as_deref() == Some(staff.organization.code.as_str())
    };
    relay.directory().by_id(id).filter(is_own).ok_or_else(unknown)
}

fn not_told(error: &SourceError) -> Problem {
    let SourceError::Refused { code } = error else { return silent().caused_by(error) };
    let known = SettleError::ALL.into_iter().find(|one| one.code() == code);
    match known {
        Some(SettleError::Changed) => {
            Problem::new(StatusCode::CONFLICT, SettleError::Changed.code())
        }
        Some(known) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, known.code()),
        None if code == "application.unknown" => unknown(),
        None => silent().caused_by(error),
    }
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "application.unknown")
}

fn silent() -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, "application.silent")
}
