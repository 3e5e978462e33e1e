//! `GET /history`: who looked at the records of the token's subject; with a proof for each entry.

mod sought;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;
use warifu_contract::CheckNumber;
use warifu_contract::history::{
    AccessResult, Asked, HistoryEntry, HistoryPage, Purpose, Reader as Who,
};
use warifu_contract::records::{Basis, DisplayName};
use warifu_log::{Action, Actor, Entry, LogError, Logged, Outcome, Series};
use warifu_service::Problem;

use self::sought::Sought;
use crate::caller::Caller;
use crate::consents::{Reading, Unread};
use crate::events::{HISTORY, disputed, meaning};
use crate::records::enter;
use crate::relay::Relay;
use crate::token::log_problem;

/// Entries on a page when the client does not say.
const PAGE: u32 = 50;
/// Entries on a page at most.
const LONGEST_PAGE: u32 = 200;

/// Which page.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// Only entries whose index is lower; none means the newest.
    before: Option<u64>,
    /// Entries at most: 1 to 200, 50 when absent.
    limit: Option<u32>,
    /// Only by `oneself`, by `others`, or by the organisation with this code.
    who: Option<String>,
    /// Only `eligibility`, or the service of this name.
    service: Option<String>,
    /// Only what stands on the consent with this id.
    consent: Option<String>,
    /// For a proxy: the id of the mandate, whose principal's history it is.
    mandate: Option<String>,
}

/// Which event.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndexQuery {
    /// Position in the log.
    pub index: u64,
}

/// A page of the subject's own history, newest first. Where something is sought, 2,000 entries are
/// looked through at most; `before` leads on, also from a page on which nothing was found. With a
/// mandate, the history of whom the subject is a proxy for.
#[utoipa::path(
    get,
    path = "/history",
    params(PageQuery),
    responses(
        (status = 200, body = HistoryPage),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn page(
    State(relay): State<Relay>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<HistoryPage>, Problem> {
    caller.require_own()?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let mut sought = Sought::of([&query.who, &query.service, &query.consent])?;
    let subject = match query.mandate {
        None => caller.grant.subject.clone(),
        Some(id) => {
            // What the person read for others is the others' business.
            sought.without_on_behalf();
            read_by_proxy(&relay, &caller, id).await?
        }
    };
    let page = sought::page(&relay, &subject, &sought, query.before, limit).await;
    page.map(Json).map_err(|error| log_problem(&error))
}

/// Whose history the caller may read as proxy; that it is read stands in it, and in the proxy's own.
async fn read_by_proxy(relay: &Relay, caller: &Caller, id: String) -> Result<String, Problem> {
    let refused = |code| Problem::new(StatusCode::FORBIDDEN, code);
    let reading = match Reading::of(relay, caller, Some(Basis::Mandate { id })).await {
        Ok(reading) => reading,
        Err(Unread::Refused(code)) => return Err(refused(code)),
        Err(Unread::Failed(problem)) => return Err(problem),
    };
    let ground = reading.ground(Asked::History, None, relay.surroundings().now());
    let outcome = match &ground {
        Ok(_) => Outcome::Shown,
        Err(refusal) => Outcome::Refused(refusal.code().to_owned()),
    };
    let events = reading.events(Asked::History, None, ground.as_ref().ok(), outcome);
    enter(relay, events).await.map_err(|error| log_problem(&error))?;
    match ground {
        Ok(_) => Ok(reading.subject),
        Err(refusal) => Err(refused(refusal.code())),
    }
}

/// The subject's whole history with its proofs, as a file that is checked offline.
#[utoipa::path(
    get,
    path = "/history/export",
    responses(
        (status = 200, description = "JSON Lines: a signed head, then each event with its proof",
         body = String, content_type = "application/x-ndjson"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn export(
    State(relay): State<Relay>,
    caller: Caller,
) -> Result<impl IntoResponse, Problem> {
    caller.require_own()?;
    let lines = relay.log().export_series(&caller.grant.subject, Series::Disclosure).await;
    let lines = lines.map_err(|error| log_problem(&error))?;
    // A failure in the middle breaks the answer off, so that nobody takes a part for the whole.
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)))
}

/// A proof, with the event in it, that one of the subject's events is in the log.
#[utoipa::path(
    get,
    path = "/history/proof",
    params(IndexQuery),
    responses(
        (status = 200, description = "C2SP tlog-proof; the extra line is the event",
         body = String, content_type = "text/plain"),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn proof(
    State(relay): State<Relay>,
    caller: Caller,
    Query(query): Query<IndexQuery>,
) -> Result<impl IntoResponse, Problem> {
    caller.require_own()?;
    let proof = relay.log().proof_for(&caller.grant.subject, query.index).await;
    let proof = proof.map_err(|error| proof_problem(&error))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], proof.to_string()))
}

/// What a proof that cannot be given looks like to its client.
pub(crate) fn proof_problem(error: &LogError) -> Problem {
    match error {
        LogError::NoSuchEvent => Problem::new(StatusCode::NOT_FOUND, "log.no-such-event"),
        LogError::Erased => Problem::new(StatusCode::GONE, "log.erased"),
        other => log_problem(other),
    }
}

/// The entry in the contract's words; none for what is erased or has no words there.
fn entry(relay: &Relay, logged: Logged) -> Option<HistoryEntry> {
    let Logged { index, entry, .. } = logged;
    let entry = entry?;
    Some(HistoryEntry {
        index,
        subject_sequence: entry.sequence,
        at: entry.at,
        reader: reader(&entry),
        purpose: meaning::<Purpose>(entry.purpose.as_deref()?)?,
        named: named(relay, &entry),
        asked: asked(&entry)?,
        check_number: check_number(&entry),
        result: result(entry.action, entry.outcome)?,
        source: entry.source.map(|id| relay.directory().name_of(&id)),
        ground: entry.ground,
    })
}

fn reader(entry: &Entry) -> Who {
    match &entry.actor {
        Actor::Oneself if entry.action == Action::ProxyRead => {
            Who::OnBehalf { name: other_of(entry.ground.as_deref()) }
        }
        Actor::Oneself => Who::Oneself,
        Actor::Staff { code, name, .. } => {
            Who::Organization { code: code.clone(), name: name.clone() }
        }
        Actor::Party { name } => Who::Organization { code: name.clone(), name: name.clone() },
        Actor::Person { name, .. } => Who::Proxy { name: name.clone() },
    }
}

/// Whom the ground of a proxy's own entry names, after the mandate.
fn other_of(ground: Option<&str>) -> String {
    let named = ground.and_then(|ground| ground.split_once(' '));
    named.map(|(_, name)| name.to_owned()).unwrap_or_default()
}

fn asked(entry: &Entry) -> Option<Asked> {
    match entry.action {
        Action::EligibilityChecked => Some(Asked::Eligibility),
        Action::DisputeOpened | Action::DisputeAnswered => Some(Asked::Dispute),
        Action::RecordRead | Action::ProxyRead => match entry.asked.first()?.as_str() {
            HISTORY => Some(Asked::History),
            word => declared(word).or_else(|| Some(Asked::Record(meaning(word)?))),
        },
        Action::RecordTaken => Some(Asked::Record(meaning(entry.asked.first()?)?)),
        Action::FormSent | Action::ApplicationSettled => declared(entry.asked.first()?),
        _ => None,
    }
}

fn declared(word: &str) -> Option<Asked> {
    word.parse().ok().map(Asked::Declared)
}

/// What a declared service is called now.
fn named(relay: &Relay, entry: &Entry) -> Option<DisplayName> {
    relay.manifests().name_of(entry.asked.first()?.parse().ok()?)
}

/// Its own, or that of the check which it questions.
fn check_number(entry: &Entry) -> Option<CheckNumber> {
    let own = entry.check_number.as_ref().and_then(|number| number.parse().ok());
    own.or_else(|| disputed(entry.ground.as_deref()))
}

fn result(action: Action, outcome: Outcome) -> Option<AccessResult> {
    Some(match outcome {
        Outcome::Done if action == Action::DisputeOpened => AccessResult::Questioned,
        Outcome::Answered(found) if action == Action::DisputeAnswered => {
            AccessResult::Settled(meaning(&found)?)
        }
        Outcome::Done if action == Action::FormSent => AccessResult::Sent,
        Outcome::Shown if action == Action::RecordTaken => AccessResult::Taken,
        Outcome::Done if action == Action::ApplicationSettled => AccessResult::Moved,
        Outcome::Shown => AccessResult::Shown,
        Outcome::Answered(verdict) => AccessResult::Answered(meaning(&verdict)?),
        Outcome::Empty => AccessResult::Empty,
        Outcome::Refused(code) => AccessResult::Refused(code),
        Outcome::Failed(code) => AccessResult::Failed(code),
        Outcome::Done => return None,
    })
}
