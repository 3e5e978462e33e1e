//! Looking for newer revocation lists and authorities, again and again.

use std::time::Duration;

use futures::StreamExt as _;
use jiff::Timestamp;
use warifu_pki::CrlError;
use warifu_service::tls::{ClientConfig, TlsError};

use super::fetch::{ListError, Source};
use super::index::{self, IndexError, Named};
use super::{CardsError, Taken, Trust};
use crate::config::CardIssuerConfig;
use crate::fetch::{FetchError, Fetched};
use crate::store::Store;

/// Lists fetched side by side.
const AT_ONCE: usize = 8;
/// Others publish their lists by the hour or the day.
const FOREIGN_EVERY: Duration = Duration::from_mins(1);
/// After a failure the next look comes soon, so that logins come back soon.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One publication to look at.
pub(crate) struct Watch {
    /// Where newer authorities are announced.
    authorities: Option<Source>,
    /// An index of lists, or one list.
    lists: Source,
    /// The address that one list must have been made for; none where it may be any.
    scope: Option<String>,
    every: Duration,
}

/// Why a look did not succeed.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Named(#[from] ListError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("a revocation list was not believed: {0}")]
    List(#[from] CrlError),
    #[error("the authorities were not believed: {0}")]
    Authorities(#[from] CardsError),
    #[error("{0} of the lists could not be had")]
    Some(usize),
}

impl Watch {
    /// The publication of our own issuers.
    pub(super) fn own(
        config: &CardIssuerConfig,
        outgoing: &ClientConfig,
    ) -> Result<Self, TlsError> {
        let authorities = config.authorities.as_deref();
        Ok(Self {
            authorities: authorities.map(|place| Source::of(place, outgoing)).transpose()?,
            lists: Source::of(&config.lists, outgoing)?,
            scope: None,
            every: Duration::from_secs(config.refresh_seconds.max(1).into()),
        })
    }

    /// A list of others, for the certificates that name `url`.
    pub(super) fn foreign(
        url: &str,
        place: &str,
        outgoing: &ClientConfig,
    ) -> Result<Self, TlsError> {
        let lists = Source::of(place, outgoing)?;
        Ok(Self { authorities: None, lists, scope: Some(url.to_owned()), every: FOREIGN_EVERY })
    }

    /// Looks once, puts in force what is new and genuine, and gives it. A failure leaves what was
    /// there, which counts until its own end. And how long to wait for the next look.
    pub(crate) async fn look(
        &self,
        trust: &Trust,
        store: &Store,
        now: Timestamp,
    ) -> (Vec<Taken>, Duration) {
        let mut taken = Vec::new();
        let learnt = self.learn(trust, store, now).await;
        let looked = self.take(trust, now, &mut taken).await;
        let failed = [learnt, looked].into_iter().filter_map(Result::err);
        let failures = failed
            .inspect(|error| tracing::warn!(place = %self.lists, %error, "lists are not renewed"))
            .count();
        let wait = if failures == 0 { self.every } else { self.every.min(RETRY_AFTER) };
        (taken, wait)
    }

    async fn learn(&self, trust: &Trust, store: &Store, now: Timestamp) -> Result<(), LookError> {
        let Some(source) = &self.authorities else { return Ok(()) };
        let Some(fetched) = source.fetch().await? else { return Ok(()) };
        trust.learn(&source.to_string(), fetched.bytes.clone(), store, now).await?;
        source.believed(fetched);
        Ok(())
    }

    async fn take(
        &self,
        trust: &Trust,
        now: Timestamp,
        taken: &mut Vec<Taken>,
    ) -> Result<(), LookError> {
        let Some(fetched) = self.lists.fetch().await? else { return Ok(()) };
        if index::is_index(&fetched.bytes) {
            return self.take_named(trust, fetched, now, taken).await;
        }
        let list = trust.believed().take(self.scope.as_deref(), &fetched.bytes, now)?;
        if self.scope.is_none() {
            let name = (list.issuer.clone(), list.list.url.clone());
            trust.name(&self.lists.to_string(), vec![name]);
        }
        taken.push(list);
        self.lists.believed(fetched);
        Ok(())
    }

    /// Takes what an index names and we do not have. The index counts as read only when all of it
    /// was had, so that the next look asks for the rest.
    async fn take_named(
        &self,
        trust: &Trust,
        index: Fetched,
        now: Timestamp,
        taken: &mut Vec<Taken>,
    ) -> Result<(), LookError> {
        let believed = trust.believed();
        let mut named = index::read(&index.bytes)?;
        named.retain(|list| believed.wants(&list.issuer));
        let name = |list: &Named| (list.issuer.clone(), list.url.clone());
        trust.name(&self.lists.to_string(), named.iter().map(name).collect());
        let missing = |list: &Named| believed.number(&list.issuer, &list.url) < Some(list.number);
        let fetches = named.into_iter().filter(missing).map(|list| self.fetch_named(list));
        let mut fetches = futures::stream::iter(fetches).buffer_unordered(AT_ONCE);
        let mut failed = 0;
        while let Some((list, fetched)) = fetches.next().await {
            let der = fetched.map_err(LookError::from);
            let put =
                der.and_then(|der| Ok(believed.take_at(&list.issuer, &list.url, &der, now)?));
            match put {
                Ok(list) => taken.push(list),
                Err(error) => {
                    tracing::warn!(url = list.url, %error, "a revocation list could not be had");
                    failed += 1;
                }
            }
        }
        if failed > 0 {
            return Err(LookError::Some(failed));
        }
        self.lists.believed(index);
        Ok(())
    }

    async fn fetch_named(&self, list: Named) -> (Named, Result<Vec<u8>, ListError>) {
        let fetched = self.lists.fetch_named(&list.url).await;
        (list, fetched)
    }
}
