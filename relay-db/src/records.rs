//! `POST /records`: every linked holder is asked side by side; each answer leaves, in order of
//! arrival, as soon as its entry in the log is durable.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::task::JoinSet;
use warifu_connectors::SourceError;
use warifu_contract::records::{
    ConnectorRecord, Panel, PanelOutcome, Record, RecordsRequest, Service,
};
use warifu_log::{LogError, Outcome};
use warifu_pki::Purpose;
use warifu_service::Problem;
use warifu_service::http::Deadline;

use crate::asking;
use crate::caller::Caller;
use crate::directory::Connector;
use crate::events;
use crate::links::Link;
use crate::relay::Relay;

/// A connector's word for a pseudonym that it does not know.
const SUBJECT_UNKNOWN: &str = "subject.unknown";
/// Why a panel stays empty whose link was stopped.
const LINK_FROZEN: &str = "link.frozen";
/// What the log says of a connector that was not asked.
const RESTING: &str = "source.resting";
/// Lines of one answer at most; nobody is linked to so many holders.
const PANELS: usize = 32;

/// One line of the answer, still to be filled.
struct Ask {
    service: Service,
    holder: Holder,
}

/// Whom to ask.
enum Holder {
    /// Nobody is linked.
    Nobody,
    /// This one, under this pseudonym.
    Linked(Arc<Connector>, String),
    /// This one is linked, and must not be asked.
    Frozen(Arc<Connector>),
}

/// Streams the records of the token's subject.
#[utoipa::path(
    post,
    path = "/records",
    request_body = RecordsRequest,
    responses(
        (status = 200, description = "NDJSON: one Panel a line, in order of arrival",
         body = Panel, content_type = "application/x-ndjson"),
        (status = 504, description = "The caller's deadline is over",
         body = warifu_service::problem::ProblemDocument),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn read(
    State(relay): State<Relay>,
    caller: Caller,
    deadline: Deadline,
    Json(request): Json<RecordsRequest>,
) -> Result<Response, Problem> {
    let services = distinct(&request)?;
    if let Err(code) = allowed(&caller) {
        for service in services {
            let (party, subject) = (&caller.party, &caller.grant.subject);
            let outcome = Outcome::Refused(code.to_owned());
            relay.note(events::record_read(party, subject, service, None, outcome)).await;
        }
        return Err(Problem::new(StatusCode::FORBIDDEN, code));
    }
    let until = deadline.less(asking::OWN)?;
    let links = relay.links().of(&caller.grant.subject).await;
    let links = links.map_err(|error| Problem::internal(&error))?;
    let asks = plan(&relay, &services, &links);
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(lines(&relay, &Arc::new(caller), asks, until))).into_response())
}

fn distinct(request: &RecordsRequest) -> Result<BTreeSet<Service>, Problem> {
    let services: BTreeSet<_> = request.services.iter().copied().collect();
    if services.is_empty() || services.len() != request.services.len() {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "records.services"));
    }
    Ok(services)
}

/// Records are for their subject, signed in with card and PIN.
fn allowed(caller: &Caller) -> Result<(), &'static str> {
    if caller.grant.purpose != Purpose::Records {
        return Err("token.purpose");
    }
    if caller.grant.is_high() { Ok(()) } else { Err("level.low") }
}

fn plan(relay: &Relay, services: &BTreeSet<Service>, links: &[Link]) -> Vec<Ask> {
    let mut asks = Vec::new();
    for service in services.iter().copied() {
        let holders = links.iter().filter_map(|link| {
            let connector = relay.directory().by_id(&link.connector)?;
            let holds = connector.services.contains(&service);
            holds.then(|| holder(connector, link))
        });
        let before = asks.len();
        asks.extend(holders.map(|holder| Ask { service, holder }));
        if asks.len() == before {
            asks.push(Ask { service, holder: Holder::Nobody });
        }
    }
    asks.truncate(PANELS);
    asks
}

fn holder(connector: &Arc<Connector>, link: &Link) -> Holder {
    let connector = Arc::clone(connector);
    if link.terms.is_frozen() {
        Holder::Frozen(connector)
    } else {
        Holder::Linked(connector, link.pseudonym.clone())
    }
}

/// The lines as they come. Dropping the stream, when the client goes away, ends the calls.
fn lines(
    relay: &Relay,
    caller: &Arc<Caller>,
    asks: Vec<Ask>,
    until: Deadline,
) -> impl futures::Stream<Item = Result<Bytes, Infallible>> + use<> {
    let mut calls = JoinSet::new();
    for ask in asks {
        calls.spawn(panel(relay.clone(), Arc::clone(caller), ask, until));
    }
    async_stream::stream! {
        while let Some(finished) = calls.join_next().await {
            let Ok(panel) = finished else { continue };
            if let Ok(mut line) = serde_json::to_vec(&panel) {
                line.push(b'\n');
                yield Ok(Bytes::from(line));
            }
        }
    }
}

async fn panel(relay: Relay, caller: Arc<Caller>, ask: Ask, until: Deadline) -> Panel {
    let service = ask.service;
    let started = relay.surroundings().now();
    let (connector, outcome) = match ask.holder {
        Holder::Nobody => {
            return Panel { service, source: None, outcome: PanelOutcome::NotLinked, took_ms: 0 };
        }
        Holder::Frozen(connector) => {
            (connector, PanelOutcome::Refused { code: LINK_FROZEN.to_owned() })
        }
        Holder::Linked(connector, pseudonym) => {
            let answer = asking::record(relay.mint(), &connector, &pseudonym, service, until).await;
            (connector, outcome(service, answer))
        }
    };
    let took_ms = relay.millis_since(started);
    let outcome = logged(&relay, &caller, service, &connector.id, outcome).await;
    Panel { service, source: Some(connector.name.clone()), outcome, took_ms }
}

fn outcome(service: Service, answer: Result<ConnectorRecord, SourceError>) -> PanelOutcome {
    match answer {
        Ok(ConnectorRecord { record: None, .. }) => PanelOutcome::Empty,
        Ok(ConnectorRecord { record: Some(record), as_of }) if kind_of(&record) == service => {
            PanelOutcome::Ready { record: Box::new(record), as_of }
        }
        Ok(_) => failed(&SourceError::Broken),
        Err(SourceError::Refused { code }) if code == SUBJECT_UNKNOWN => PanelOutcome::NotLinked,
        Err(SourceError::Resting { since, again }) => PanelOutcome::Resting { since, again },
        Err(error) => failed(&error),
    }
}

fn failed(error: &SourceError) -> PanelOutcome {
    PanelOutcome::Failed { code: error.code().to_owned() }
}

fn kind_of(record: &Record) -> Service {
    match record {
        Record::Insurance(_) => Service::Insurance,
        Record::Checkup(_) => Service::Checkup,
        Record::Pension(_) => Service::Pension,
    }
}

/// The outcome, once it is in the log; a failure instead, when it cannot be entered.
async fn logged(
    relay: &Relay,
    caller: &Caller,
    service: Service,
    source: &str,
    outcome: PanelOutcome,
) -> PanelOutcome {
    let result = match &outcome {
        PanelOutcome::Ready { .. } => Outcome::Shown,
        PanelOutcome::Empty | PanelOutcome::NotLinked => Outcome::Empty,
        PanelOutcome::Refused { code } => Outcome::Refused(code.clone()),
        PanelOutcome::Failed { code } => Outcome::Failed(code.clone()),
        PanelOutcome::Resting { .. } => Outcome::Failed(RESTING.to_owned()),
    };
    let (party, subject) = (&caller.party, &caller.grant.subject);
    let event = events::record_read(party, subject, service, Some(source), result);
    match relay.log().append(event).await {
        Ok(_) => outcome,
        Err(error) => {
            tracing::error!(%error, "a record was held back: it could not be entered in the log");
            let code = if matches!(error, LogError::Full) { "log.full" } else { "log.busy" };
            PanelOutcome::Failed { code: code.to_owned() }
        }
    }
}
