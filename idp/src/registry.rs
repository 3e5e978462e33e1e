//! The registry of service providers as it runs: the registrations of the configuration file and of
//! the database, the metadata that was read for them, and the picture of the federation that follows
//! from both.
//!
//! Whoever asks gets one picture that does not change under them, and waits for nobody: documents
//! are fetched, read and judged beside it, and a new picture takes its place at once. What is wrong
//! with one provider is said about that provider and touches no other.

mod desk;
mod entry;
mod keep;
mod look;
mod order;
pub(crate) mod pages;
mod place;
mod report;
mod standing;
mod warning;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use warifu_service::Surroundings;
use warifu_service::tls::TlsError;

use crate::IdpConfig;
use crate::config::{AggregateConfig, ServiceProviderConfig};
use crate::fetch::Validators;
use crate::provider::{Document, ProviderError, Providers};
use crate::store::{Store, StoreError};

pub(crate) use desk::COMMAND_LINE;
pub use desk::{Offer, Registrar, RegistrarError};
pub(crate) use keep::keep;
pub(crate) use order::{Draft, OrderError, Proposal};
pub use order::{MetadataOrder, Order};
pub(crate) use place::PATIENCE;
pub use report::{AddressReport, EntityReport, KeyReport, ProviderReport};
pub use standing::State;
pub(crate) use standing::{AggregateStanding, Standing};
pub use warning::Warning;

use entry::Entry;
use place::{Fetcher, Place};

/// The registry.
pub(crate) struct Registry {
    founding: Vec<ServiceProviderConfig>,
    aggregates: Vec<AggregateConfig>,
    signed_requests_only: bool,
    fetcher: Fetcher,
    pub(crate) store: Store,
    pub(crate) surroundings: Surroundings,
    /// Held while the registrations are read anew, so that they are not read twice at once.
    reading: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
    picture: RwLock<Arc<Picture>>,
}

/// What the picture is drawn from.
#[derive(Default)]
struct Known {
    /// The version of the database that the registrations are of.
    version: i64,
    /// Whether everybody must sign requests.
    signed_requests_only: bool,
    entries: Vec<Arc<Entry>>,
    /// The aggregates, each by the key of its place, or why it has none.
    aggregates: Vec<Result<String, Arc<ProviderError>>>,
    /// What was read, by the keys of the places.
    held: HashMap<String, Held>,
}

/// What is known of a place.
#[derive(Clone)]
struct Held {
    place: Arc<Place>,
    /// What was believed last.
    document: Option<Arc<Document>>,
    /// When that was confirmed last.
    read_at: Option<Timestamp>,
    /// By what the address knows that.
    validators: Validators,
    /// Why the last look changed nothing.
    trouble: Option<Arc<ProviderError>>,
    failures: u32,
    due_at: Timestamp,
}

impl Held {
    /// Nothing yet; to be looked at now.
    fn nothing(place: Arc<Place>, now: Timestamp) -> Self {
        let due_at = if place.origin.is_read_again() { now } else { Timestamp::MAX };
        Self {
            place,
            document: None,
            read_at: None,
            validators: Validators::default(),
            trouble: None,
            failures: 0,
            due_at,
        }
    }

    /// Why there is no document.
    fn fault(&self) -> Arc<ProviderError> {
        self.trouble.clone().unwrap_or_else(|| Arc::new(ProviderError::Unread))
    }
}

/// The federation as it is believed at a moment.
#[derive(Default)]
pub(crate) struct Picture {
    pub(crate) providers: Arc<Providers>,
    /// Every registration, in the order of the configuration file, then by entity id.
    pub(crate) standings: Vec<Arc<Standing>>,
    pub(crate) aggregates: Vec<AggregateStanding>,
}

impl Registry {
    /// Reads the registrations, and the metadata that is on this machine: files, and what was kept.
    /// Addresses are asked later, by [`keep`]; nobody waits for them.
    pub(crate) async fn open(
        config: &IdpConfig,
        store: Store,
        surroundings: Surroundings,
        patience: Duration,
    ) -> Result<Self, OpenRegistryError> {
        let registry = Self {
            founding: config.service_providers.clone(),
            aggregates: config.aggregates.clone(),
            signed_requests_only: config.signed_requests_only,
            fetcher: Fetcher::new(&config.outgoing, patience)?,
            store,
            surroundings,
            reading: tokio::sync::Mutex::default(),
            known: Mutex::default(),
            picture: RwLock::default(),
        };
        registry.reload().await?;
        registry.look_at_files().await;
        Ok(registry)
    }

    /// The federation as it is believed now.
    pub(crate) fn picture(&self) -> Arc<Picture> {
        self.picture.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What there is to see of each registration.
    pub(crate) fn reports(&self) -> Vec<ProviderReport> {
        let (picture, now) = (self.picture(), self.now());
        picture.standings.iter().map(|standing| ProviderReport::of(standing, now)).collect()
    }

    fn now(&self) -> Timestamp {
        self.surroundings.now()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known, and draws the picture anew from it.
    fn learn(&self, change: impl FnOnce(&mut Known)) {
        let mut known = self.known();
        change(&mut known);
        let picture = Arc::new(known.draw(&self.picture()));
        *self.picture.write().unwrap_or_else(PoisonError::into_inner) = picture;
    }
}

/// Why the registry cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenRegistryError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The clients that fetch metadata cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

#[cfg(test)]
mod tests;
