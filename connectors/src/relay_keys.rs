//! The keys that the relay signs its tokens with, as it publishes them: asked for over mutual TLS
//! every few seconds, and once more when a token names a key that is not among them. The last good
//! set stands while the relay is silent, for a day, also over a restart.

mod config;
mod set;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;
use warifu_service::tls::{self, TlsError};
use warifu_service::{Problem, Surroundings};

use crate::store::{Store, StoreError};

pub use config::RelayJwksConfig;
pub use set::{KeySet, KeySetError};

/// The longest document that is read, in bytes.
const LONGEST: usize = 16 * 1024;
/// The longest that the relay is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two questions that unknown keys give rise to.
const ONCE_IN: Duration = Duration::from_secs(1);
/// The same while there is no set to believe, as when both have just been started: every token
/// waits for an answer then.
const SOON: Duration = Duration::from_millis(100);
/// A set that the relay has not confirmed for so long is believed no more: it may have dropped a
/// key, and somebody may keep us from hearing of it.
const BELIEVED: SignedDuration = SignedDuration::from_hours(24);
/// How often the store is told that nothing has changed.
const CONFIRMED_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// The relay's present keys.
#[derive(Debug)]
pub struct RelayKeys {
    http: reqwest::Client,
    url: Url,
    pace: Duration,
    store: Store,
    surroundings: Surroundings,
    held: RwLock<Option<Held>>,
    /// When the relay was asked last; locked while it is being asked.
    asked: Mutex<Option<Instant>>,
}

/// A set, and when the relay last said that it is so.
#[derive(Debug, Clone)]
struct Held {
    keys: Arc<KeySet>,
    text: String,
    confirmed: Timestamp,
    /// What the store has as `confirmed`.
    stored: Timestamp,
}

/// Why the relay's keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RelayKeysError {
    /// Not an address.
    #[error("connector.relay-jwks: {0}")]
    Url(#[from] url::ParseError),
    /// The certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The relay cannot be reached, or is too slow.
    #[error("the relay cannot be asked for its keys: {0}")]
    Silent(#[from] reqwest::Error),
    /// The relay answers something else.
    #[error("the relay answers {0} when asked for its keys")]
    Status(StatusCode),
    /// The document is longer than any set of keys.
    #[error("the relay's keys are longer than {LONGEST} bytes")]
    TooLong,
    /// The document is no set of keys.
    #[error(transparent)]
    Set(#[from] KeySetError),
    /// The set cannot be kept or read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RelayKeys {
    /// The set that was kept; the relay is not asked yet.
    pub async fn open(
        config: &RelayJwksConfig,
        store: Store,
        surroundings: Surroundings,
    ) -> Result<Self, RelayKeysError> {
        let kept = store.relay_keys().await?;
        let held = kept.and_then(|(text, at)| {
            let keys = Arc::new(KeySet::parse(text.as_bytes()).ok()?);
            Some(Held { keys, text, confirmed: at, stored: at })
        });
        Ok(Self {
            http: tls::client_to(&config.party, &config.tls, PATIENCE)?,
            url: config.url.parse()?,
            pace: Duration::from_secs(config.refresh_seconds.into()),
            store,
            surroundings,
            held: RwLock::new(held),
            asked: Mutex::new(None),
        })
    }

    /// Asks the relay again and again until `stop`.
    pub async fn keep(&self, stop: &CancellationToken) {
        let mut silent = false;
        while !stop.is_cancelled() {
            let asked = self.refresh().await;
            if let (Err(error), false) = (&asked, silent) {
                tracing::warn!(%error, "the relay's last keys stand");
            } else if asked.is_ok() && silent {
                tracing::warn!("the relay says its keys again");
            }
            silent = asked.is_err();
            let _ = stop.run_until_cancelled(tokio::time::sleep(self.pace)).await;
        }
    }

    /// The set for a token that names the key `kid`. The relay is asked once more when that is none
    /// of them. 503 `relay.keys` when there is no set to believe.
    pub async fn for_key(&self, kid: Option<&str>) -> Result<Arc<KeySet>, Problem> {
        let is_known = |keys: &Arc<KeySet>| kid.is_none_or(|kid| keys.verifier(kid).is_some());
        if let Some(keys) = self.believed().filter(is_known) {
            return Ok(keys);
        }
        if let Err(error) = self.refresh_if_due().await {
            tracing::warn!(%error, "a token names an unknown key, and the relay does not say its keys");
        }
        let missing = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "relay.keys").retry_after(2);
        self.believed().ok_or_else(missing)
    }

    /// Asks the relay now.
    pub async fn refresh(&self) -> Result<(), RelayKeysError> {
        let mut asked = self.asked.lock().await;
        let answer = self.ask().await;
        *asked = Some(Instant::now());
        answer
    }

    /// Whoever waited while another asked has that answer.
    async fn refresh_if_due(&self) -> Result<(), RelayKeysError> {
        let came = Instant::now();
        let mut asked = self.asked.lock().await;
        match *asked {
            Some(last) if last >= came => return Ok(()),
            Some(last) if self.believed().is_none() => {
                tokio::time::sleep_until(last + SOON).await;
            }
            Some(last) if last.elapsed() < ONCE_IN => return Ok(()),
            _ => {}
        }
        let answer = self.ask().await;
        *asked = Some(Instant::now());
        answer
    }

    async fn ask(&self) -> Result<(), RelayKeysError> {
        let text = self.fetch().await?;
        let confirmed = self.surroundings.now();
        let before = self.held();
        let same = before.filter(|held| held.text.as_bytes() == text);
        let held = match same {
            Some(held) => Held { confirmed, ..held },
            None => Held {
                keys: Arc::new(KeySet::parse(&text)?),
                text: String::from_utf8(text).map_err(|_| KeySetError)?,
                confirmed,
                stored: Timestamp::MIN,
            },
        };
        // Taken at once, also when it cannot be kept: a key may have been dropped.
        self.hold(held.clone());
        if confirmed.duration_since(held.stored) >= CONFIRMED_EVERY {
            self.store.keep_relay_keys(&held.text, confirmed).await?;
            self.hold(Held { stored: confirmed, ..held });
        }
        Ok(())
    }

    async fn fetch(&self) -> Result<Vec<u8>, RelayKeysError> {
        let mut response = self.http.get(self.url.clone()).send().await?;
        if response.status() != StatusCode::OK {
            return Err(RelayKeysError::Status(response.status()));
        }
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if text.len() + chunk.len() > LONGEST {
                return Err(RelayKeysError::TooLong);
            }
            text.extend_from_slice(&chunk);
        }
        Ok(text)
    }

    fn believed(&self) -> Option<Arc<KeySet>> {
        let now = self.surroundings.now();
        let held = self.held().filter(|held| now.duration_since(held.confirmed) < BELIEVED)?;
        Some(held.keys)
    }

    fn held(&self) -> Option<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, held: Held) {
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
    }
}

#[cfg(test)]
mod tests;
