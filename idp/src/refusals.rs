//! Refused attempts (不正アクセスログ): every refusal of a page or of the login's own calls, with its
//! code, the address it came from, and the card and the service provider as far as they were known.
//!
//! Counted by the minute, so that an attack makes neither the log nor the memory grow beyond what a
//! minute may hold, and written down every second. They are shown to the administrators of the
//! federation.

mod page;

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use warifu_service::Problem;

use crate::centre::Centre;
use crate::store::{CardId, Refusal};
use crate::view::Address;

pub(crate) use page::show;

/// So late a refusal is written down.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// Different refusals counted between two writings; more are counted without saying whence.
const MOST_KINDS: usize = 500;

tokio::task_local! {
    /// Whom the request under way is about.
    static ABOUT: RefCell<About>;
}

/// What is known of whom a request is about.
#[derive(Debug, Clone, Default)]
struct About {
    card: Option<CardId>,
    provider: Option<String>,
}

/// Says which card has proven itself in this request.
pub(crate) fn about_card(card: &CardId) {
    // Outside of a request (in a test, say) there is nothing to note.
    let _ = ABOUT.try_with(|about| about.borrow_mut().card = Some(card.clone()));
}

/// Says which service provider this request is about.
pub(crate) fn about_provider(entity_id: &str) {
    let _ = ABOUT.try_with(|about| about.borrow_mut().provider = Some(entity_id.to_owned()));
}

/// Wraps the pages: notes what they refuse.
pub(crate) async fn note(
    State(centre): State<Arc<Centre>>,
    Address(address): Address,
    request: Request,
    next: Next,
) -> Response {
    let (response, about) = ABOUT
        .scope(RefCell::default(), async {
            let response = next.run(request).await;
            (response, ABOUT.with(RefCell::take))
        })
        .await;
    let problem = response.extensions().get::<Problem>();
    if let Some(problem) = problem.filter(|problem| problem.status().is_client_error()) {
        centre.refusals.count(problem.code(), address, about, centre.now());
    }
    response
}

/// What was refused and is not written down yet.
#[derive(Default)]
pub(crate) struct Refusals {
    counts: Mutex<HashMap<Kind, u32>>,
}

/// Refusals that are counted together.
#[derive(PartialEq, Eq, Hash)]
struct Kind {
    minute: Timestamp,
    code: &'static str,
    address: Option<IpAddr>,
    card: Option<CardId>,
    provider: Option<String>,
}

impl Refusals {
    /// Counts a refusal that a page tells with which the sign-in goes on: a wrong PIN.
    pub(crate) fn count_wrong_pin(&self, address: IpAddr, card: &CardId, now: Timestamp) {
        let about = About { card: Some(card.clone()), provider: None };
        self.count("felica.pin-wrong", address, about, now);
    }

    fn count(&self, code: &'static str, address: IpAddr, about: About, now: Timestamp) {
        let About { card, provider } = about;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = Kind { minute: minute_of(now), code, address: Some(address), card, provider };
        let kind = if counts.len() < MOST_KINDS || counts.contains_key(&kind) {
            kind
        } else {
            Kind { address: None, card: None, provider: None, ..kind }
        };
        let count = counts.entry(kind).or_default();
        *count = count.saturating_add(1);
    }

    fn take(&self) -> Vec<Refusal> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *counts).into_iter();
        taken
            .map(|(kind, count)| Refusal {
                minute: kind.minute,
                code: kind.code.to_owned(),
                address: kind.address,
                card: kind.card,
                provider: kind.provider,
                count: i64::from(count),
            })
            .collect()
    }
}

fn minute_of(now: Timestamp) -> Timestamp {
    let into = SignedDuration::from_secs(now.as_second().rem_euclid(60));
    let second = Timestamp::from_second(now.as_second()).unwrap_or(now);
    second - into
}

/// Writes down what was refused, for ever.
pub(crate) async fn keep(centre: &Centre) {
    loop {
        tokio::time::sleep(WRITE_EVERY).await;
        write(centre).await;
    }
}

pub(crate) async fn write(centre: &Centre) {
    let refused = centre.refusals.take();
    if refused.is_empty() {
        return;
    }
    if let Err(error) = centre.store.add_refusals(&refused).await {
        let lost = refused.len();
        tracing::error!(%error, lost, "refused attempts could not be written down");
    }
}

#[cfg(test)]
mod tests;
