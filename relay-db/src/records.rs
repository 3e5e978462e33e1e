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
use warifu_contract::history::Asked;
use warifu_contract::records::{
    ConnectorRecord, InsuranceRecord, Panel, PanelOutcome, Record, RecordsRequest, Service,
};
use warifu_deposit::Membership;
use warifu_log::{Event, LogError, Outcome};
use warifu_service::Problem;
use warifu_service::http::Deadline;

use crate::asking;
use crate::caller::Caller;
use crate::consents::{Reading, Unread};
use crate::directory::{Answerer, Depositor};
use crate::events;
use crate::links::Link;
use crate::relay::Relay;

/// A connector's word for a pseudonym that it does not know.
pub(crate) const SUBJECT_UNKNOWN: &str = "subject.unknown";
/// Why a panel stays empty whose link was stopped.
pub(crate) const LINK_FROZEN: &str = "link.frozen";
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
    Linked(Answerer, String),
    /// This one is linked, and must not be asked.
    Frozen(Answerer),
}

impl Holder {
    fn answerer(&self) -> Option<&Answerer> {
        match self {
            Self::Nobody => None,
            Self::Linked(answerer, _) | Self::Frozen(answerer) => Some(answerer),
        }
    }
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
    let taken = request.taken;
    let reading = match Reading::of(&relay, &caller, request.basis).await {
        Ok(reading) => Arc::new(if taken { reading.taking() } else { reading }),
        Err(Unread::Refused(code)) => {
            for service in services {
                relay.note(events::record_refused(&caller, service.as_str(), code)).await;
            }
            return Err(Problem::new(StatusCode::FORBIDDEN, code));
        }
        Err(Unread::Failed(problem)) => return Err(problem),
    };
    let until = deadline.less(asking::OWN)?;
    let links = relay.links().of(&reading.subject).await?;
    let asks = plan(&relay, &services, &links);
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(lines(&relay, &reading, asks, until))).into_response())
}

fn distinct(request: &RecordsRequest) -> Result<BTreeSet<Service>, Problem> {
    let services: BTreeSet<_> = request.services.iter().copied().collect();
    if services.is_empty() || services.len() != request.services.len() {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "records.services"));
    }
    Ok(services)
}

fn plan(relay: &Relay, services: &BTreeSet<Service>, links: &[Link]) -> Vec<Ask> {
    let mut asks = Vec::new();
    for service in services.iter().copied() {
        let holders = links.iter().filter_map(|link| {
            let answerer = relay.directory().holder(&link.connector)?;
            let holds = answerer.services().contains(&service);
            holds.then(|| holder(answerer.clone(), link))
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

fn holder(answerer: Answerer, link: &Link) -> Holder {
    if link.terms.is_frozen() {
        Holder::Frozen(answerer)
    } else {
        Holder::Linked(answerer, link.pseudonym.clone())
    }
}

/// The lines as they come. Dropping the stream, when the client goes away, ends the calls.
fn lines(
    relay: &Relay,
    reading: &Arc<Reading>,
    asks: Vec<Ask>,
    until: Deadline,
) -> impl futures::Stream<Item = Result<Bytes, Infallible>> + use<> {
    let mut calls = JoinSet::new();
    for ask in asks {
        calls.spawn(panel(relay.clone(), Arc::clone(reading), ask, until));
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

async fn panel(relay: Relay, reading: Arc<Reading>, ask: Ask, until: Deadline) -> Panel {
    let service = ask.service;
    let started = relay.surroundings().now();
    let answerer = ask.holder.answerer();
    let source = answerer.map(Answerer::id);
    let asked = Asked::Record(service);
    let ground = reading.ground(asked, source, started);
    let outcome = match (&ground, &ask.holder) {
        (Err(refusal), _) => PanelOutcome::Refused { code: refusal.code().to_owned() },
        (Ok(_), Holder::Nobody) => {
            return Panel { service, source: None, outcome: PanelOutcome::NotLinked, took_ms: 0 };
        }
        (Ok(_), Holder::Frozen(_)) => PanelOutcome::Refused { code: LINK_FROZEN.to_owned() },
        (Ok(ground), Holder::Linked(Answerer::Connector(connector), pseudonym)) => {
            let names = reading.names(&relay, &connector.id, ground);
            let errand = reading.errand(pseudonym, &names);
            let answer = asking::record(relay.mint(), connector, errand, service, until).await;
            outcome(service, answer)
        }
        (Ok(_), Holder::Linked(Answerer::Deposit(insurer), pseudonym)) => {
            outcome(service, deposited(&relay, insurer, pseudonym, until).await)
        }
    };
    let took_ms = relay.millis_since(started);
    let events = reading.events(asked, source, ground.as_ref().ok(), result_of(&outcome));
    let outcome = logged(&relay, events, outcome).await;
    Panel { service, source: answerer.map(|answerer| answerer.name().clone()), outcome, took_ms }
}

/// What an insurer deposited about the person, as its connector would answer.
async fn deposited(
    relay: &Relay,
    insurer: &Depositor,
    pseudonym: &str,
    until: Deadline,
) -> Result<ConnectorRecord, SourceError> {
    let deposits = relay.deposits().ok_or(SourceError::Down)?;
    let read = tokio::time::timeout(until.left(), deposits.membership(&insurer.number, pseudonym));
    let read = read.await.map_err(|_| SourceError::Slow)?.map_err(|error| {
        tracing::error!(%error, "deposits cannot be read");
        SourceError::Down
    })?;
    let unknown = || SourceError::Refused { code: SUBJECT_UNKNOWN.to_owned() };
    let Membership { coverages, as_of, usual_lag_days } = read.ok_or_else(unknown)?;
    let record = Record::Insurance(InsuranceRecord {
        coverages,
        usual_lag_days,
        ..InsuranceRecord::default()
    });
    let has_any = matches!(&record, Record::Insurance(one) if !one.coverages.is_empty());
    Ok(ConnectorRecord { record: has_any.then_some(record), as_of })
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
        Record::Expenses(_) => Service::Expenses,
        Record::Checkup(_) => Service::Checkup,
        Record::Pension(_) => Service::Pension,
    }
}

/// The result as the log names it.
fn result_of(outcome: &PanelOutcome) -> Outcome {
    match outcome {
        PanelOutcome::Ready { .. } => Outcome::Shown,
        PanelOutcome::Empty | PanelOutcome::NotLinked => Outcome::Empty,
        PanelOutcome::Refused { code } => Outcome::Refused(code.clone()),
        PanelOutcome::Failed { code } => Outcome::Failed(code.clone()),
        PanelOutcome::Resting { .. } => Outcome::Failed(RESTING.to_owned()),
    }
}

/// The outcome, once it is in the log; a failure instead, when it cannot be entered.
async fn logged(
    relay: &Relay,
    events: (Event, Option<Event>),
    outcome: PanelOutcome,
) -> PanelOutcome {
    match enter(relay, events).await {
        Ok(()) => outcome,
        Err(error) => {
            tracing::error!(%error, "a record was held back: it could not be entered in the log");
            let code = if matches!(error, LogError::Full) { "log.full" } else { "log.busy" };
            PanelOutcome::Failed { code: code.to_owned() }
        }
    }
}

/// Enters what was told; with a proxy, in the same commit if they come together.
pub(crate) async fn enter(
    relay: &Relay,
    (event, twin): (Event, Option<Event>),
) -> Result<(), LogError> {
    let twin = async {
        match twin {
            Some(twin) => relay.log().append(twin).await.map(drop),
            None => Ok(()),
        }
    };
    tokio::try_join!(relay.log().append(event), twin).map(drop)
}
