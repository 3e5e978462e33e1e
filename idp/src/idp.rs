//! The identity provider as the program that runs it sees it.

use std::sync::Arc;

use axum::Router;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use warifu_pki::MasterKeysError;
use warifu_pki::security_event::SecurityEvent;
use warifu_service::Surroundings;
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::StorageError;
use warifu_service::tls::{self, TlsError};
use warifu_service::words::WordsError;

use crate::centre::Centre;
use crate::config::{CardHostError, IdpConfig};
use crate::event;
use crate::felica::Felica;
use crate::keys::{Keys, KeysError};
use crate::notice::{self, Listener};
use crate::pairwise::RELAY;
use crate::person::PersonId;
use crate::pin::Pins;
use crate::refusals::Refusals;
use crate::registry::{self, OpenRegistryError, Registry};
use crate::store::{ApplyError, Store, StoreError, Tells};
use crate::throttle::Throttle;
use crate::trust::{CardsError, Trust, watches};
use crate::{card_host, router, tasks, words};

/// Why the identity provider cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The column keys cannot be used.
    #[error(transparent)]
    Columns(#[from] SealError),
    /// Another key cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The registry of service providers cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Cards cannot be believed as configured.
    #[error(transparent)]
    Cards(#[from] CardsError),
    /// The master keys of FeliCa cards cannot be used.
    #[error("felica.masters: {0}")]
    Felica(#[from] MasterKeysError),
    /// The host that asks for certificates cannot be as configured.
    #[error(transparent)]
    CardHost(#[from] CardHostError),
    /// The clients for outgoing calls cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The catalogues do not fit together.
    #[error(transparent)]
    Words(#[from] WordsError),
}

impl From<OpenRegistryError> for OpenError {
    fn from(error: OpenRegistryError) -> Self {
        match error {
            OpenRegistryError::Store(cause) => Self::Store(cause),
            OpenRegistryError::Tls(cause) => Self::Tls(cause),
        }
    }
}

/// The identity provider, ready to serve; cheap to clone.
#[derive(Clone)]
pub struct Idp {
    centre: Arc<Centre>,
}

impl Idp {
    /// Reads keys, certificates and metadata, and opens the database.
    pub async fn open(config: IdpConfig, surroundings: Surroundings) -> Result<Self, OpenError> {
        config.card_host.as_ref().map_or(Ok(()), |host| host.check(&config.public_url))?;
        let ring = KeyRing::load(&config.keys.columns)?;
        let (relay, card_office) = listeners(&config)?;
        let tells = Tells { relay: relay.is_some(), card_office: card_office.is_some() };
        let entropy = surroundings.entropy.clone();
        let store = Store::open(&config.database, ring, entropy, tells).await?;
        let patience = registry::PATIENCE;
        let registry =
            Registry::open(&config, store.clone(), surroundings.clone(), patience).await?;
        let centre = Centre {
            entity_id: config.entity_id(),
            sso_url: config.sso_url(),
            keys: Keys::load(&config)?,
            trust: Trust::open(&config.cards, &store, surroundings.now()).await?,
            watches: watches(&config.cards, &config.outgoing)?,
            refusals: Refusals::default(),
            felica: config.felica.as_ref().map(Felica::open).transpose()?,
            pins: Pins::new(),
            throttle: Throttle::new(&config.limits),
            words: Arc::new(words::words()?.with_call_centre(config.call_centre.clone())),
            client: tls::client(&config.outgoing, notice::PATIENCE)?,
            relay,
            card_office,
            bell: Notify::new(),
            registry,
            config,
            surroundings,
            store,
        };
        Ok(Self { centre: Arc::new(centre) })
    }

    /// Everything it answers over HTTP, limits and headers included.
    pub fn router(&self) -> Router {
        router::router(&self.centre)
    }

    /// What the host answers that asks browsers for a card's certificate, where one is configured:
    /// for the server that [`CardHostConfig::bind`](crate::config::CardHostConfig::bind) gives.
    pub fn card_host(&self) -> Option<Router> {
        card_host::router(&self.centre)
    }

    /// The work beside it, until `stop`: without it there are no revocation lists, so no logins.
    pub async fn tasks(&self, stop: CancellationToken) {
        tasks::run(&self.centre, stop).await;
    }

    /// Obeys an event of the card office, as if it had been pushed: whoever calls vouches for it. The
    /// same event again changes nothing.
    pub async fn apply(&self, event: &SecurityEvent) -> Result<(), ApplyError> {
        event::apply(&self.centre, event).await
    }

    /// Whose card this is, by its holder reference.
    pub async fn person_of_card(&self, holder: &str) -> Result<Option<PersonId>, StoreError> {
        let store = &self.centre.store;
        Ok(store.card(&store.card_id(holder)).await?.map(|card| card.person))
    }

    /// The relay's own name for a person.
    pub fn relay_subject(&self, person: &PersonId) -> String {
        self.centre.keys.pairwise.subject(RELAY, person)
    }
}

#[cfg(test)]
impl Idp {
    pub(crate) fn centre(&self) -> &Centre {
        &self.centre
    }
}

/// Those who take security events, as far as they are configured.
fn listeners(config: &IdpConfig) -> Result<(Option<Listener>, Option<Listener>), TlsError> {
    let (relay, outgoing) = (&config.relay, &config.outgoing);
    let told = relay.events_url.as_deref();
    let told = told.map(|url| Listener::new(url, &relay.audience, &relay.party, outgoing));
    let office = config
        .card_office
        .as_ref()
        .map(|office| Listener::new(&office.events_url, &office.issuer, &office.party, outgoing));
    Ok((told.transpose()?, office.transpose()?))
}
