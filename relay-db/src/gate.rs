//! What stands between the relay and one connector: its breaker, its bounded places, its deadline
//! and its budget for second attempts. A connector that is slow or gone costs its own callers a
//! quick answer, and nobody else anything.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::Gauge;
use tokio::time::timeout;
use warifu_connectors::SourceError;
use warifu_service::Surroundings;
use warifu_service::http::Deadline;
use warifu_service::places::Places;

use crate::breaker::{Breaker, Change, Outcome, Rest, Ticket};
use crate::budget::Budget;
use crate::limits::ConnectorLimits;

/// The gate before one connector.
#[derive(Debug)]
pub(crate) struct Gate {
    connector: String,
    /// How long the connector is waited for.
    deadline: Duration,
    places: Places,
    breaker: Mutex<Breaker>,
    budget: Mutex<Budget>,
    /// One more while nobody asks.
    resting: Gauge,
    surroundings: Surroundings,
}

impl Gate {
    /// The gate before `connector`, which is waited for so long.
    pub fn new(
        connector: &str,
        deadline: Duration,
        limits: &ConnectorLimits,
        surroundings: &Surroundings,
    ) -> Self {
        let gauge = |name: &'static str| metrics::gauge!(name, "connector" => connector.to_owned());
        let taken = gauge("warifu_connector_calls_in_flight");
        let waiting = gauge("warifu_connector_calls_waiting");
        let resting = gauge("warifu_connector_resting");
        // Shown from the start.
        resting.increment(0.0);
        Self {
            connector: connector.to_owned(),
            deadline,
            places: Places::new(limits.places(), limits.wait()).shown(taken, waiting),
            breaker: Mutex::new(Breaker::new(limits.rules())),
            budget: Mutex::new(Budget::new(limits.retries_percent)),
            resting,
            surroundings: surroundings.clone(),
        }
    }

    /// Makes a call that may be repeated: `ask` is told how much time is left, and is asked a
    /// second time, within the same time, when the connection breaks off before an answer.
    pub async fn call<A, F>(
        &self,
        until: Deadline,
        ask: impl Fn(Duration) -> F,
    ) -> Result<A, SourceError>
    where
        F: Future<Output = Result<A, SourceError>>,
    {
        let answer = match self.admit() {
            Ok(pass) => {
                let time = self.deadline.min(until.left());
                let answer = timeout(time, self.attempts(Deadline::after(time), ask)).await;
                let answer = answer.unwrap_or(Err(SourceError::Slow));
                pass.end(outcome(&answer, time == self.deadline));
                answer
            }
            Err(Rest { since, again }) => Err(SourceError::Resting { since, again }),
        };
        self.count(&answer);
        answer
    }

    /// Since when the connector is not asked, if that is so.
    pub fn rest(&self) -> Option<Rest> {
        lock(&self.breaker).rest()
    }

    fn admit(&self) -> Result<Pass<'_>, Rest> {
        let ticket = lock(&self.breaker).admit(self.surroundings.now())?;
        Ok(Pass { gate: self, ticket: Some(ticket) })
    }

    async fn attempts<A, F>(
        &self,
        end: Deadline,
        ask: impl Fn(Duration) -> F,
    ) -> Result<A, SourceError>
    where
        F: Future<Output = Result<A, SourceError>>,
    {
        let _place = self.places.take(end.left()).await.map_err(|_| SourceError::Busy)?;
        lock(&self.budget).earn();
        let first = ask(end.left()).await;
        if !matches!(first, Err(SourceError::Cut)) || !lock(&self.budget).spend() {
            return first;
        }
        metrics::counter!("warifu_connector_retries_total", "connector" => self.connector.clone())
            .increment(1);
        ask(end.left()).await
    }

    fn settle(&self, ticket: Ticket, outcome: Outcome) {
        let [chance] = self.surroundings.bytes::<1>();
        let turn = lock(&self.breaker).settle(ticket, outcome, self.surroundings.now(), chance);
        let connector = &self.connector;
        match turn {
            Some(Change::Opened) => {
                self.resting.increment(1.0);
                tracing::warn!(connector, "too many calls failed: it is not asked for a while");
            }
            Some(Change::Closed) => {
                self.resting.decrement(1.0);
                tracing::warn!(connector, "it answers again");
            }
            Some(Change::StaysOpen) | None => {}
        }
    }

    fn count<A>(&self, answer: &Result<A, SourceError>) {
        let outcome = match answer {
            Ok(_) => "answered",
            Err(error) => error.code(),
        };
        let labels = [("connector", self.connector.clone()), ("outcome", outcome.to_owned())];
        metrics::counter!("warifu_connector_calls_total", &labels).increment(1);
        match answer {
            Ok(_) | Err(SourceError::Resting { .. }) => {}
            Err(error) => {
                tracing::warn!(%error, connector = self.connector, "a connector gave no answer");
            }
        }
    }
}

/// What an answer says about its connector. A refusal is an answer. Silence counts only after the
/// connector's `whole` time: whoever asks in a hurry shall not close it to the others.
fn outcome<A>(answer: &Result<A, SourceError>, whole: bool) -> Outcome {
    match answer {
        Ok(_) | Err(SourceError::Refused { .. }) => Outcome::Answered,
        Err(SourceError::Slow) if !whole => Outcome::Unknown,
        Err(SourceError::Busy | SourceError::Resting { .. }) => Outcome::Unknown,
        Err(SourceError::Slow | SourceError::Cut | SourceError::Down | SourceError::Broken) => {
            Outcome::Failed
        }
    }
}

/// A call under way. One that is dropped, because nobody waits any more, proves nothing.
struct Pass<'a> {
    gate: &'a Gate,
    ticket: Option<Ticket>,
}

impl Pass<'_> {
    fn end(mut self, outcome: Outcome) {
        if let Some(ticket) = self.ticket.take() {
            self.gate.settle(ticket, outcome);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.gate.settle(ticket, Outcome::Unknown);
        }
    }
}

/// Nothing in here can be left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
