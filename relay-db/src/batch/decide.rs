//! The answers to a chunk of lines: from deposits in one look, from real-time insurers side by side.
//!
//! Real-time insurers are asked through their gates, as desks ask them, and by all jobs of this
//! server together with a share of each insurer's places only: a file can wait, a patient cannot.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use jiff::civil::Date;
use tokio::sync::Semaphore;
use warifu_contract::card_key::{CardQuery, TypedCardError};
use warifu_contract::eligibility::{TypedCard, Verdict};
use warifu_deposit::Question;
use warifu_service::http::Deadline;

use super::marks::{Earlier, Mark};
use super::row::{Answered, Came, Fault, Line, Row};
use crate::check::{self, CheckError, Found};
use crate::config::{ConnectorConfig, RelayConfig};
use crate::grants::Staff;
use crate::links::LinkStoreError;
use crate::ratios::Doubt;
use crate::relay::Relay;

use super::job::Job;

/// Lines of a chunk that are asked about side by side at most.
const SIDE_BY_SIDE: usize = 256;
/// Lines that are looked up among the deposits at once.
const AT_A_LOOK: usize = 512;
/// Longer than any insurer is waited for, and for one's turn.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a silent insurer is left alone before it is asked again.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// The places that jobs may take at each real-time insurer.
#[derive(Debug)]
pub(crate) struct Shares(HashMap<String, Arc<Semaphore>>);

impl Shares {
    /// A share of what each connector bears.
    pub fn of(config: &RelayConfig) -> Self {
        let percent = usize::try_from(config.batches.share_percent).unwrap_or(1);
        let share = |connector: &ConnectorConfig| {
            let places = (connector.limits.places() * percent / 100).max(1);
            (connector.id.clone(), Arc::new(Semaphore::new(places)))
        };
        Self(config.connectors.iter().map(share).collect())
    }
}

/// A line whose card can be one.
struct Asked {
    /// Its place in the chunk.
    place: usize,
    typed: TypedCard,
    query: CardQuery,
    day: Date,
}

/// The rows of a chunk, with their 認証番号, and the marks of those that were answered.
pub(crate) struct Decided {
    pub rows: Vec<Row>,
    pub marks: Vec<Mark>,
}

/// Answers `lines`, all of them.
pub(crate) async fn decide(
    relay: &Relay,
    job: &Job,
    earlier: &Earlier,
    lines: Vec<Line>,
) -> Result<Decided, CheckError> {
    let mut rows = Vec::with_capacity(lines.len());
    let mut asked = Vec::with_capacity(lines.len());
    for (place, line) in lines.into_iter().enumerate() {
        let (row, question) = sort_out(job, place, line);
        rows.push(row);
        asked.extend(question);
    }
    let found = find(relay, &job.terms.staff(), &asked).await?;
    let mut marks = Vec::with_capacity(asked.len());
    let mut doubts = Vec::new();
    let now = relay.surroundings().now();
    for (one, found) in asked.into_iter().zip(found) {
        let number = relay.numbers().next(now);
        doubts.extend(Doubt::of(&found, &number));
        let mut answered = Answered::new(found, number.to_string(), one.day);
        let mark = Mark::new(relay.ring(), &job.organization, &one.query, &answered);
        answered.changed = earlier.differs(&mark);
        marks.push(mark);
        if let Some(row) = rows.get_mut(one.place) {
            row.came = Came::Answered(Box::new(answered));
        }
    }
    relay.ratios().note(&doubts).await;
    Ok(Decided { rows, marks })
}

/// A line's row, and what it asks if it can be asked.
fn sort_out(job: &Job, place: usize, line: Line) -> (Row, Option<Asked>) {
    let row = |came| Row { line: line.number, echo: line.echo, came };
    let asks = match line.asks {
        Ok(asks) => asks,
        Err(faults) => return (row(Came::Wrong(faults)), None),
    };
    match CardQuery::try_from(&asks.card) {
        Err(wrong) => (row(Came::Wrong(vec![fault(wrong)])), None),
        Ok(query) => {
            let named = asks.day.filter(|_| !job.terms.target_for_all);
            let day = named.unwrap_or(job.terms.target);
            let asked = Asked { place, typed: asks.card, query, day };
            // Replaced once there is an answer.
            (row(Came::Wrong(Vec::new())), Some(asked))
        }
    }
}

fn fault(wrong: TypedCardError) -> Fault {
    Fault { code: wrong.code().to_owned(), column: None }
}

/// What is found of each, in the same order.
async fn find(relay: &Relay, desk: &Staff, asked: &[Asked]) -> Result<Vec<Found>, CheckError> {
    let mut all: Vec<_> = (0..asked.len()).map(|_| None).collect();
    put(&mut all, ask_all(relay, desk, asked, &(0..asked.len()).collect::<Vec<_>>()).await?);
    for pause in PAUSES {
        let silent: Vec<_> = (0..asked.len()).filter(|at| is_silent(all.get(*at))).collect();
        if silent.is_empty() {
            break;
        }
        tokio::time::sleep(pause).await;
        put(&mut all, ask_all(relay, desk, asked, &silent).await?);
    }
    Ok(all.into_iter().flatten().collect())
}

fn put(all: &mut [Option<Found>], found: Vec<(usize, Found)>) {
    for (at, one) in found {
        if let Some(place) = all.get_mut(at) {
            *place = Some(one);
        }
    }
}

fn is_silent(found: Option<&Option<Found>>) -> bool {
    let found = found.and_then(Option::as_ref);
    found.is_some_and(|found| found.decision.verdict == Verdict::InsurerSilent)
}

async fn ask_all(
    relay: &Relay,
    desk: &Staff,
    asked: &[Asked],
    places: &[usize],
) -> Result<Vec<(usize, Found)>, CheckError> {
    let questions = places.iter().filter_map(|at| Some((*at, asked.get(*at)?)));
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        questions.partition(|(_, one)| relay.directory().is_deposited(&one.query.insurer));
    let calls = elsewhere.into_iter().map(|(at, one)| async move {
        let _turn = turn(relay, one).await;
        let until = Deadline::after(PATIENCE);
        let found = check::by_number(relay, desk, one.typed.clone(), one.day, until).await?;
        Ok::<_, CheckError>((at, found))
    });
    let calls: Vec<_> = calls.collect();
    let mut calls = stream::iter(calls).buffer_unordered(SIDE_BY_SIDE);
    let mut found = Vec::with_capacity(places.len());
    for some in here.chunks(AT_A_LOOK) {
        found.extend(ask_deposits(relay, some).await?);
    }
    while let Some(one) = calls.next().await {
        found.push(one?);
    }
    Ok(found)
}

async fn ask_deposits(
    relay: &Relay,
    some: &[(usize, &Asked)],
) -> Result<Vec<(usize, Found)>, CheckError> {
    let question = |one: &Asked| Question { query: one.query.clone(), day: one.day };
    let questions: Vec<_> = some.iter().map(|(_, one)| question(one)).collect();
    let found = check::deposited(relay, &questions, Deadline::after(PATIENCE)).await?;
    Ok(some.iter().map(|(at, _)| *at).zip(found).collect())
}

/// The turn of a job at the insurer that `one` is about.
async fn turn(relay: &Relay, one: &Asked) -> Option<tokio::sync::OwnedSemaphorePermit> {
    let answerer = relay.directory().by_insurer(&one.query.insurer)?;
    let share = relay.shares().0.get(answerer.id())?;
    Arc::clone(share).acquire_owned().await.ok()
}

/// Storage that does not answer is no answer about a card.
impl From<CheckError> for super::runner::Broken {
    fn from(cause: CheckError) -> Self {
        match cause {
            CheckError::Links(LinkStoreError::Storage(cause)) => Self::Storage(cause.to_string()),
            other => Self::Storage(other.to_string()),
        }
    }
}
