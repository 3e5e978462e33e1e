//! The card office over HTTP: for the pages of its staff, for the identity provider's events, and for
//! the relay, which asks for vouchers.
//!
//! Mutual TLS. Staff come through a portal and show a ticket of the identity provider on every call;
//! what a role may do is the office's own rule, the same on the office's own machine.

mod batches;
mod caller;
mod calls;
mod cards;
mod events;
pub mod openapi;
mod opening;
mod papers;
mod problem;
mod received;
mod versions;
mod vouchers;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;
use warifu_pki::security_event::EventReceiver;
use warifu_service::health::health;
use warifu_service::http::{HttpLimits, finish};
use warifu_service::words::Words;

pub use opening::ApiError;

use crate::outbox::Outbox;
use crate::print::Printer;
use crate::ticket::Tickets;
use crate::vouchers::Vouching;
use crate::{CardOffice, OfficeConfig, OfficeError};

/// Bytes of a request: an application in full takes less than half.
const LARGEST_REQUEST: usize = 16 * 1024;
/// How often the office looks for what time has brought.
const ORDER_EVERY: Duration = Duration::from_mins(10);

/// The card office as a server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OfficeApi(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    office: CardOffice,
    portals: Vec<String>,
    providers: Vec<Provider>,
    tickets: Tickets,
    vouching: Option<Vouching>,
    printer: Arc<Printer>,
    outbox: Outbox,
    words: Arc<Words>,
}

/// An identity provider that sends events.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    party: String,
    receiver: EventReceiver,
}

impl OfficeApi {
    /// Reads keys and fonts. The office itself is open already.
    pub fn open(config: &OfficeConfig, office: CardOffice) -> Result<Self, ApiError> {
        config.validate()?;
        let audience = office.settings().names.office.clone();
        let openers = opening::openers(&config.api, &audience)?;
        Ok(Self(Arc::new(Parts {
            portals: config.api.portals.clone(),
            providers: opening::providers(&config.api, &audience)?,
            vouching: opening::vouching(config, &audience)?,
            tickets: Tickets::new(office.database().clone(), openers),
            printer: Arc::new(Printer::open(&config.font, config.letter.clone())?),
            outbox: Outbox::open(&config.notify, office.clone())?,
            words: Arc::new(opening::words()?),
            office,
        })))
    }

    /// Every route, with the limits that all servers have. For a listener on mutual TLS.
    pub fn router(&self) -> Router {
        let parts = &self.0;
        let router = self
            .for_staff()
            .merge(self.for_identity_providers())
            .merge(self.for_the_relay())
            .route("/openapi.json", get(openapi::get))
            .with_state(self.clone())
            .merge(health(Some(parts.office.database().clone())));
        let limits = HttpLimits { body: LARGEST_REQUEST, ..HttpLimits::default() };
        finish(router, parts.office.surroundings(), Arc::clone(&parts.words), limits)
            .layer(from_fn(versions::tell_fresh))
    }

    fn for_staff(&self) -> Router<Self> {
        Router::new()
            .route("/cards", get(cards::list).post(cards::apply))
            .route("/cards/ending", get(cards::ending))
            .route("/cards/search", post(cards::search))
            .route("/cards/{id}", get(cards::card))
            .route("/cards/{id}/history", get(cards::history))
            .route("/cards/{id}/actions", post(cards::act))
            .route("/cards/{id}/person-ended", post(cards::end_person))
            .route("/cards/{id}/face.pdf", get(papers::face))
            .route("/cards/{id}/letter.pdf", get(papers::letter))
            .route("/cards/{id}/cover.pdf", get(papers::cover))
            .route("/calls/identify", post(calls::identify))
            .route("/wards", post(vouchers::prove))
            .route("/batches", post(batches::make))
            .route("/batches/{id}", get(batches::batch))
            .route("/batches/{id}/faces.pdf", get(papers::faces))
            .route_layer(from_fn_with_state(self.clone(), caller::from_portal))
    }

    fn for_identity_providers(&self) -> Router<Self> {
        Router::new()
            .route("/events", post(events::take))
            .route_layer(from_fn_with_state(self.clone(), caller::from_provider))
    }

    fn for_the_relay(&self) -> Router<Self> {
        Router::new()
            .route("/vouchers", post(vouchers::give))
            .route_layer(from_fn_with_state(self.clone(), caller::from_relay))
    }

    /// The work behind the routes, until `stop`: tells the identity provider, warns of cards that end
    /// soon, ends those that are over, drops what is of no use any more.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(self.0.outbox.run(stop.clone()), self.keep_in_order(stop));
    }

    /// What tells the identity provider, for those who want it done now.
    pub fn outbox(&self) -> &Outbox {
        &self.0.outbox
    }

    /// What makes the papers.
    pub fn printer(&self) -> &Printer {
        &self.0.printer
    }

    pub(crate) fn office(&self) -> &CardOffice {
        &self.0.office
    }

    async fn keep_in_order(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.put_in_order().await {
                tracing::error!(%error, "the office could not be put in order");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(ORDER_EVERY) => {}
            }
        }
    }

    async fn put_in_order(&self) -> Result<(), OfficeError> {
        let (office, now) = (self.office(), self.office().now());
        self.0.tickets.sweep(now).await?;
        received::sweep(self, now).await?;
        let (reminders, expired) = (office.remind(now).await?, office.expire(now).await?);
        if !reminders.is_empty() || expired > 0 {
            tracing::info!(reminders = reminders.len(), expired, "cards come to their end");
        }
        Ok(())
    }
}
