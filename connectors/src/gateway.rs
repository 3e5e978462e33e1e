//! The gateway: the server that stands at an organisation and answers the relay, nobody else.
//!
//! Every answer about a person goes the same way: who is at the other end of the connection,
//! what does the token allow, what does the store say, and, before the answer leaves, one row in
//! the access log. That row takes the token's id, so that a token is good for one answer.

mod application;
mod book;
mod caller;
mod card;
mod compare;
mod eligibility;
mod links;
mod manifest;
mod openapi;
mod record;
mod service;
mod sourced;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;
use warifu_contract::connector_token::audience;
use warifu_pki::{LinkingKeyError, VoucherOpener};
use warifu_service::Surroundings;
use warifu_service::health::health;
use warifu_service::http::{HttpLimits, finish};
use warifu_service::seal::SealError;
use warifu_service::storage::StorageError;
use warifu_service::words::{Words, WordsError};

use crate::config::{ConnectorKind, GatewayConfig, GatewayConfigError};
use crate::demo::{self, DemoError};
use crate::relay_keys::{RelayKeys, RelayKeysError};
use crate::services::{Published, PublishedError};
use crate::source::{DatabaseError, Source};
use crate::store::{MemberId, SealedLinks, Store, StoreError};
use crate::token::TokenVerifier;

const JA: &str = include_str!("../locales/ja/connector.ftl");
const EN: &str = include_str!("../locales/en/connector.ftl");

/// A connector's gateway.
#[derive(Debug, Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: GatewayConfig,
    store: Store,
    /// Answers eligibility instead of the store.
    source: Option<Source>,
    /// Which people of the source are linked; none while nobody of it is.
    links: Option<SealedLinks>,
    /// What is declared beside the record of its kind.
    services: Option<Published>,
    relay_keys: RelayKeys,
    verifier: TokenVerifier,
    /// Opens the card office's vouchers; none while nobody is linked here.
    vouchers: Option<VoucherOpener>,
    surroundings: Surroundings,
    words: Arc<Words>,
}

/// Why a gateway cannot open.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] GatewayConfigError),
    /// The relay cannot be asked for its keys, or those that were kept cannot be read.
    #[error(transparent)]
    RelayKeys(#[from] RelayKeysError),
    /// A key for linking cannot be used.
    #[error("connector.{0}")]
    Linking(#[from] LinkingKeyError),
    /// The database cannot be opened.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The keys that seal links cannot be read.
    #[error(transparent)]
    LinkKeys(#[from] SealError),
    /// The insurer's own database cannot be read.
    #[error(transparent)]
    Source(#[from] DatabaseError),
    /// There is no manifest to publish.
    #[error(transparent)]
    Manifest(#[from] PublishedError),
    /// The catalogues do not fit together.
    #[error(transparent)]
    Words(#[from] WordsError),
}

impl Gateway {
    /// Opens the database and reads the keys. The relay need not be there yet.
    pub async fn open(
        config: GatewayConfig,
        surroundings: Surroundings,
    ) -> Result<Self, GatewayError> {
        config.validate()?;
        let verifier = TokenVerifier::new(&config.id);
        let linking = config.linking.as_ref();
        let vouchers = linking.map(|linking| linking.opener(audience(&config.id))).transpose()?;
        let store = Store::open(&config.database).await?;
        let relay_keys =
            RelayKeys::open(&config.relay_jwks, store.clone(), surroundings.clone()).await?;
        let words = Arc::new(Words::new(&[JA], &[EN])?);
        let source = match &config.source {
            Some(source) => Some(Source::open(source).await?),
            None => None,
        };
        let keys = config.source.as_ref().and_then(|source| source.link_keys.as_deref());
        let links =
            keys.map(|keys| SealedLinks::open(&store, keys, surroundings.clone())).transpose()?;
        let services = config.services.as_ref();
        let services = services
            .map(|services| Published::open(services.manifest.clone(), &config.id))
            .transpose()?;
        let inner = Inner {
            config,
            store,
            source,
            links,
            services,
            relay_keys,
            verifier,
            vouchers,
            surroundings,
            words,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Every route, with the limits that all servers have.
    pub fn router(&self) -> Router {
        let inner = &self.inner;
        let router = Router::new()
            .route("/v1/eligibility", post(eligibility::post))
            .route("/v1/records", post(record::post))
            .route("/v1/manifest", get(manifest::get))
            .route("/v1/services", get(service::manifest))
            .route("/v1/services/read", post(service::read))
            .route("/v1/services/enter", post(service::enter))
            .route("/v1/services/applications", post(application::list))
            .route("/v1/services/application", post(application::one))
            .route("/v1/links/match", post(links::find_member))
            .route("/v1/links/card", post(card::find_member))
            .route("/v1/links/compare", post(compare::post))
            .route("/v1/links/confirm", post(links::confirm))
            .route("/v1/links/end", post(links::end))
            .route("/openapi.json", get(openapi::get))
            .with_state(inner.clone())
            .merge(health(Some(inner.store.database().clone())));
        finish(router, &inner.surroundings, inner.words.clone(), HttpLimits::default())
    }

    /// The work behind the routes, until `stop`: links are sealed again under the current key, then
    /// the relay's keys are asked for again and again.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(self.inner.relay_keys.keep(&stop), self.reseal(&stop));
    }

    async fn reseal(&self, stop: &CancellationToken) {
        let Some(links) = &self.inner.links else { return };
        match stop.run_until_cancelled(links.reseal()).await {
            None | Some(Ok(0)) => {}
            Some(Ok(count)) => tracing::info!(count, "links were sealed again"),
            Some(Err(error)) => tracing::warn!(%error, "links could not be sealed again"),
        }
    }

    /// The configuration it runs with.
    pub fn config(&self) -> &GatewayConfig {
        &self.inner.config
    }

    /// Its store.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Lets the relay speak of `member` as `pseudonym` (32 hex, random), without a ceremony.
    pub async fn bind_pseudonym(
        &self,
        member: &MemberId,
        pseudonym: &str,
    ) -> Result<(), StoreError> {
        self.inner.store.bind_pseudonym(member, pseudonym).await
    }

    /// Fills the store with the virtual people who are members of a connector of this kind, and
    /// gives their member ids by person key. May be run again at every start.
    pub async fn load_demo(&self) -> Result<BTreeMap<String, MemberId>, DemoError> {
        let (store, config) = (self.store(), &self.inner.config);
        match config.kind {
            ConnectorKind::Services => {
                demo::services::load(store, &config.id, &self.inner.surroundings).await
            }
            kind => demo::load(store, kind, &self.inner.surroundings).await,
        }
    }
}
