//! The steps of a mandate. Each stands in the log, with both people, before it takes effect.

use axum::http::StatusCode;
use warifu_contract::mandate::{Acceptance, Ending, MandateState, Side};
use warifu_log::{Action, LogError, Once};
use warifu_service::Problem;
use warifu_service::storage::Transaction;

use super::Kept;
use crate::events;
use crate::relay::Relay;
use crate::token::log_problem;

/// A step as it is taken.
pub(super) struct Step<'a> {
    pub relay: &'a Relay,
    /// Through which server, by its party name.
    pub client: &'a str,
}

impl Step<'_> {
    /// Writes an offered mandate down.
    pub async fn offer(&self, kept: &Kept) -> Result<(), Problem> {
        self.enter(kept, Action::MandateOffered, Side::Principal).await?;
        Ok(self.relay.proxies().save(kept).await?)
    }

    /// `proxy` takes the mandate up, and the code with it.
    pub async fn accept(&self, kept: Kept, proxy: &str, name: String) -> Result<Kept, Problem> {
        let mut next = kept;
        let at = self.relay.surroundings().now();
        next.proxy = Some(proxy.to_owned());
        next.mandate.accepted = Some(Acceptance { name, at });
        let mut transaction = self.begin(&next).await?;
        if !self.relay.proxies().use_up_in(&mut transaction, &next).await? {
            return Err(conflict("proxy.changed"));
        }
        self.relay.proxies().hold_in(&mut transaction, &next).await?;
        self.finish(transaction, next, Action::MandateAccepted, Side::Proxy).await
    }

    /// The principal says that it is the right person.
    pub async fn confirm(&self, kept: Kept) -> Result<Kept, Problem> {
        let now = self.relay.surroundings().now();
        match kept.mandate.state(now) {
            MandateState::Active => return Ok(kept),
            MandateState::Accepted => {}
            _ => return Err(conflict("proxy.state")),
        }
        let mut next = kept;
        next.mandate.confirmed = Some(now);
        let transaction = self.begin(&next).await?;
        self.finish(transaction, next, Action::MandateConfirmed, Side::Principal).await
    }

    /// One of the two ends it.
    pub async fn end(&self, kept: Kept, by: Side) -> Result<Kept, Problem> {
        let now = self.relay.surroundings().now();
        if kept.mandate.ended.is_some() {
            return Ok(kept);
        }
        if !kept.mandate.is_open(now) {
            return Err(conflict("proxy.state"));
        }
        let mut next = kept;
        next.mandate.ended = Some(Ending { at: now, by });
        let mut transaction = self.begin(&next).await?;
        self.relay.proxies().use_up_in(&mut transaction, &next).await?;
        self.finish(transaction, next, Action::MandateEnded, by).await
    }

    async fn begin(&self, next: &Kept) -> Result<Transaction, Problem> {
        let transaction = self.relay.proxies().step(next).await?;
        transaction.ok_or_else(|| conflict("proxy.changed"))
    }

    /// Enters the step; only then it is made to last.
    async fn finish(
        &self,
        transaction: Transaction,
        next: Kept,
        action: Action,
        by: Side,
    ) -> Result<Kept, Problem> {
        self.enter(&next, action, by).await?;
        transaction.commit().await?;
        Ok(next)
    }

    /// One event for each of the two. A repetition is not entered again.
    async fn enter(&self, kept: &Kept, action: Action, by: Side) -> Result<(), Problem> {
        for event in events::mandate(self.client, action, kept, by) {
            let subject = event.subject.as_deref().unwrap_or_default();
            let proxy = kept.proxy.as_deref().unwrap_or_default();
            let id = &kept.mandate.id;
            let named = format!("{}\n{id}\n{subject}\n{proxy}", action.name());
            let key = self.relay.ring().lookup("relay.mandate-once", named.as_bytes());
            let once = Once { key, answer: Vec::new() };
            match self.relay.log().append_once(event, once).await {
                Ok(_) | Err(LogError::Repeated) => {}
                Err(error) => return Err(log_problem(&error)),
            }
        }
        Ok(())
    }
}

pub(super) fn conflict(code: &'static str) -> Problem {
    Problem::new(StatusCode::CONFLICT, code)
}
