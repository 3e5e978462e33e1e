//! Who may take which step, each taken once: the person, and the holder's people.

use axum::http::StatusCode;
use warifu_connectors::SourceError;
use warifu_log::{Event, LogError, Once};
use warifu_service::Problem;

use super::Read;
use crate::caller::Caller;
use crate::directory::Answerer;
use crate::grants::Staff;
use crate::idempotency::require_key;
use crate::links::Link;
use crate::relay::Relay;
use crate::token::log_problem;

pub(super) fn problem(status: StatusCode, code: &'static str) -> Problem {
    Problem::new(status, code)
}

pub(super) fn conflict(code: &'static str) -> Problem {
    problem(StatusCode::CONFLICT, code)
}

pub(super) fn unknown() -> Problem {
    problem(StatusCode::NOT_FOUND, "link.unknown")
}

/// The holders about whose doubts the caller may decide, and as whom.
pub(super) fn decides(relay: &Relay, caller: &Caller) -> Result<(Staff, Vec<Answerer>), Problem> {
    let grant = &caller.grant;
    let mut staff = None;
    let mut holders = Vec::new();
    for holder in relay.directory().linked() {
        if let Some(one) = grant.link_approver(holder.organization()) {
            staff = Some(one);
            holders.push(holder.clone());
        }
    }
    let none = || problem(StatusCode::FORBIDDEN, "link.not-yours");
    Ok((staff.ok_or_else(none)?, holders))
}

/// One step that a client may repeat under its key.
pub(super) struct Step<'a> {
    pub relay: &'a Relay,
    pub caller: &'a Caller,
    /// What is done, and to what.
    pub name: &'static str,
    pub id: &'a str,
    pub key: &'a str,
}

impl Step<'_> {
    /// Enters the step into the log. A repetition is not entered again.
    pub async fn log(&self, event: Event) -> Result<(), Problem> {
        require_key(self.key)?;
        let subject = &self.caller.grant.subject;
        let named = format!("{subject}\n{}\n{}\n{}", self.name, self.id, self.key);
        let key = self.relay.ring().lookup("relay.link-once", named.as_bytes());
        match self.relay.log().append_once(event, Once { key, answer: Vec::new() }).await {
            Ok(_) | Err(LogError::Repeated) => Ok(()),
            Err(error) => Err(log_problem(&error)),
        }
    }
}

/// What stands under an id of the caller's.
pub(super) enum Found {
    Ceremony(Read),
    Link(Link),
}

pub(super) async fn find(relay: &Relay, subject: &str, id: &str) -> Result<Found, Problem> {
    let links = relay.links().of(subject).await?;
    if let Some(link) = links.into_iter().find(|link| link.terms.id == id) {
        return Ok(Found::Link(link));
    }
    let ceremonies = relay.links().ceremonies(subject).await?;
    let found = ceremonies.into_iter().find(|read| read.ceremony.id == id);
    found.map(Found::Ceremony).ok_or_else(unknown)
}

pub(super) fn holder<'a>(relay: &'a Relay, id: &str) -> Result<&'a Answerer, Problem> {
    relay.directory().holder(id).ok_or_else(unknown)
}

/// A holder that gave no answer, for whom it is worth trying again.
pub(super) fn silent(error: &SourceError) -> Problem {
    let silent = problem(StatusCode::SERVICE_UNAVAILABLE, "link.silent");
    silent.retry_after(5).caused_by(error)
}
