//! The authentication centre (認証センター): everything that its pages work with.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Notify;
use warifu_service::words::Words;
use warifu_service::{Problem, Surroundings};

use crate::browser::Browser;
use crate::config::IdpConfig;
use crate::felica::Felica;
use crate::keys::Keys;
use crate::notice::Listener;
use crate::person::{Person, PersonId};
use crate::pin::Pins;
use crate::provider::Providers;
use crate::refusals::Refusals;
use crate::registry::Registry;
use crate::store::{Session, Store, StoreError};
use crate::throttle::Throttle;
use crate::trust::{Trust, Watch};

pub(crate) struct Centre {
    pub(crate) config: IdpConfig,
    pub(crate) entity_id: String,
    pub(crate) sso_url: String,
    pub(crate) surroundings: Surroundings,
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) trust: Trust,
    pub(crate) watches: Vec<Watch>,
    /// FeliCa cards, where they are offered.
    pub(crate) felica: Option<Felica>,
    pub(crate) pins: Pins,
    pub(crate) throttle: Throttle,
    pub(crate) refusals: Refusals,
    pub(crate) words: Arc<Words>,
    /// Calls the service providers.
    pub(crate) client: reqwest::Client,
    /// The relay, where it takes security events.
    pub(crate) relay: Option<Listener>,
    /// The card office, where it takes security events.
    pub(crate) card_office: Option<Listener>,
    /// Rings when there is something to tell.
    pub(crate) bell: Notify,
    pub(crate) registry: Registry,
}

impl Centre {
    pub(crate) fn now(&self) -> Timestamp {
        self.surroundings.now()
    }

    /// The service providers as their metadata says now.
    pub(crate) fn providers(&self) -> Arc<Providers> {
        self.registry.picture().providers.clone()
    }

    /// Whether it tells desks who it might be by a FeliCa card's number.
    pub(crate) fn identifies(&self) -> bool {
        self.config.felica.as_ref().is_some_and(|felica| felica.identification)
    }

    /// The session of this browser, if it has one.
    pub(crate) async fn session(&self, browser: &Browser) -> Result<Option<Session>, StoreError> {
        let Some(id) = browser.session() else { return Ok(None) };
        self.store.session(&id, self.now()).await
    }

    /// The person of a card, who is always there.
    pub(crate) async fn person(&self, id: &PersonId) -> Result<Person, StoreError> {
        self.store.person(id).await?.ok_or(StoreError::Corrupt("persons"))
    }

    /// Makes random bytes for the SAML writer.
    pub(crate) fn random(&self) -> impl FnMut(&mut [u8]) {
        |bytes| self.surroundings.entropy.fill(bytes)
    }

    /// 128 random bits in 32 hexadecimal digits.
    pub(crate) fn reference(&self) -> String {
        self.surroundings.hex(16)
    }
}

/// A refusal with a code of this crate, answered with that status.
pub(crate) fn refuse(status: axum::http::StatusCode, code: &'static str) -> Problem {
    tracing::info!(code, "refused");
    Problem::new(status, code)
}
