//! The steps of a mandate. Each stands in the log, with both people, before it takes effect.

use axum::http::StatusCode;
use jiff::Timestamp;
use warifu_contract::mandate::{Acceptance, EndedBy, Ending, MandateState, Side};
use warifu_log::{Action, LogError, Once};
use warifu_service::Problem;
use warifu_service::storage::Transaction;

use super::Kept;
use crate::relay::Relay;
use crate::token::log_problem;
use crate::{events, guardians};

/// A step as it is taken.
pub(super) struct Step<'a> {
    pub relay: &'a Relay,
    /// Through which server, by its party name.
    pub client: &'a str,
}

impl Step<'_> {
    /// Writes an offered mandate down.
    pub async fn offer(&self, kept: &Kept) -> Result<(), Problem> {
        self.enter(kept, Action::MandateOffered, Some(Side::Principal), "").await?;
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
        self.finish(transaction, next, (Action::MandateAccepted, Some(Side::Proxy), "")).await
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
        self.finish(transaction, next, (Action::MandateConfirmed, Some(Side::Principal), "")).await
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
        self.end_by(kept, by.into(), Some(by), now).await
    }

    /// One of the two is gone for good.
    pub async fn part(&self, kept: Kept) -> Result<Kept, Problem> {
        let now = self.relay.surroundings().now();
        self.end_by(kept, EndedBy::Departure, None, now).await
    }

    async fn end_by(
        &self,
        kept: Kept,
        by: EndedBy,
        side: Option<Side>,
        at: Timestamp,
    ) -> Result<Kept, Problem> {
        let mut next = kept;
        next.mandate.ended = Some(Ending::by(by, at));
        let mut transaction = self.begin(&next).await?;
        self.relay.proxies().use_up_in(&mut transaction, &next).await?;
        let ended = self.finish(transaction, next, (Action::MandateEnded, side, "")).await?;
        guardians::close_left(self.relay, &ended.principal).await?;
        Ok(ended)
    }

    /// Since `at` the person on that side has, or has not, a card that opens.
    pub async fn rest(
        &self,
        kept: Kept,
        side: Side,
        opens: bool,
        at: Timestamp,
    ) -> Result<(), Problem> {
        let mandate = kept.mandate.with_card(side, opens, at);
        if mandate == kept.mandate {
            return Ok(());
        }
        let is_over = mandate.rests.is_empty();
        let action = if is_over { Action::MandateResumed } else { Action::MandateRested };
        let mut next = kept;
        next.mandate = mandate;
        let transaction = self.begin(&next).await?;
        self.finish(transaction, next, (action, None, &at.to_string())).await?;
        Ok(())
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
        (action, by, when): (Action, Option<Side>, &str),
    ) -> Result<Kept, Problem> {
        self.enter(&next, action, by, when).await?;
        transaction.commit().await?;
        Ok(next)
    }

    /// One event for each of the two. A repetition is not entered again; `when` tells steps apart
    /// that can be taken several times.
    async fn enter(
        &self,
        kept: &Kept,
        action: Action,
        by: Option<Side>,
        when: &str,
    ) -> Result<(), Problem> {
        for event in events::mandate(self.client, action, kept, by) {
            let subject = event.subject.as_deref().unwrap_or_default();
            let proxy = kept.proxy.as_deref().unwrap_or_default();
            let id = &kept.mandate.id;
            let named = format!("{}\n{id}\n{subject}\n{proxy}{when}", action.name());
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
