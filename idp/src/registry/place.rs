//! Where a metadata document comes from, and how often one looks there.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Client;
use warifu_service::tls::{self, ClientConfig, TlsError};

use super::Entry;
use crate::config::{AggregateConfig, AggregateSource};
use crate::fetch::{self, Fetched, Validators};
use crate::provider::{MOST_BYTES, MOST_BYTES_OF_MANY, ProviderError, Registration, Rules, Source};
use crate::store::Kept;

/// A fetch that takes longer is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Files are looked at so often: that costs next to nothing.
const FILES_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// Nobody is asked more often.
const SHORTEST: SignedDuration = SignedDuration::from_secs(30);
/// Nobody is asked less often.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// The first pause after a failure; it doubles with each.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Where a document comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    /// Under what it is kept in the database.
    pub(super) key: String,
    pub(super) origin: Origin,
    /// Of the registration: another may have brought another document.
    pub(super) revision: i64,
    pub(super) rules: Rules,
    /// So often it is read, at least.
    refresh: SignedDuration,
    most_bytes: u64,
}

/// A file, an address, or our own database.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Origin {
    File(PathBuf),
    Url(String),
    Database,
}

impl Origin {
    /// What was pasted stays as it is.
    pub(super) fn is_read_again(&self) -> bool {
        !matches!(self, Self::Database)
    }
}

impl Place {
    /// Where a provider's own document stands; none for one in an aggregate.
    pub(super) fn of(
        entry: &Entry,
        registration: &Registration,
    ) -> Result<Option<Self>, ProviderError> {
        let trusted = registration.trusted()?;
        let own = Kept::place_of(&entry.id);
        let (key, origin, refresh) = match &registration.source {
            Source::File { path } => (own, Origin::File(path.clone()), FILES_EVERY),
            Source::Pasted => (own, Origin::Database, LONGEST),
            Source::Aggregate { .. } => return Ok(None),
            Source::Url { url, refresh_seconds } => {
                let key = if entry.founding { url.clone() } else { own };
                (key, address(url, !trusted.is_empty())?, seconds(*refresh_seconds))
            }
        };
        let from_afar = matches!(origin, Origin::Url(_));
        let rules = Rules { trusted, from_afar, of_many: false };
        let revision = entry.revision;
        Ok(Some(Self { key, origin, revision, rules, refresh, most_bytes: MOST_BYTES }))
    }

    /// Where an aggregate stands.
    pub(super) fn of_aggregate(config: &AggregateConfig) -> Result<Self, ProviderError> {
        let signer = config.signer.as_deref();
        let signer = signer.map(crate::provider::read_certificate).transpose()?;
        let trusted: Vec<_> = signer.into_iter().collect();
        let (key, origin, refresh) = match &config.metadata {
            AggregateSource::File(path) => {
                (path.display().to_string(), Origin::File(path.clone()), FILES_EVERY)
            }
            AggregateSource::Url { .. } if trusted.is_empty() => {
                return Err(ProviderError::NoSigner);
            }
            AggregateSource::Url { url, refresh_seconds } => {
                (url.clone(), address(url, true)?, seconds(*refresh_seconds))
            }
        };
        let from_afar = matches!(origin, Origin::Url(_));
        let rules = Rules { trusted, from_afar, of_many: true };
        Ok(Self { key, origin, revision: 0, rules, refresh, most_bytes: MOST_BYTES_OF_MANY })
    }

    /// When it is looked at next. `spread` moves that by a tenth to either side, so that not
    /// everybody asks at the same moment; before its end a document is read early.
    pub(super) fn next_look(
        &self,
        now: Timestamp,
        failures: u32,
        wish: Wish,
        spread: u8,
    ) -> Timestamp {
        if !self.rules.from_afar {
            return now + self.refresh;
        }
        let mut pause = self.refresh.min(wish.cache.unwrap_or(self.refresh));
        if let Some(until) = wish.valid_until {
            pause = pause.min(until.duration_since(now) / 2);
        }
        if failures > 0 {
            let doubled = 2_i32.saturating_pow(failures.min(16) - 1);
            pause = pause.min(FIRST_PAUSE.checked_mul(doubled).unwrap_or(LONGEST));
        }
        let pause = pause.clamp(SHORTEST, LONGEST);
        now + pause * (90 + i32::from(spread % 21)) / 100
    }
}

/// What a document says about how long it may be used.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish {
    pub(super) cache: Option<SignedDuration>,
    pub(super) valid_until: Option<Timestamp>,
}

/// TLS says whose answer it is, or the signature.
fn address(url: &str, signed: bool) -> Result<Origin, ProviderError> {
    let parsed = url::Url::parse(url).ok();
    let safe = parsed.is_some_and(|url| match url.scheme() {
        "https" => url.has_host(),
        "http" => url.has_host() && signed,
        _ => false,
    });
    if safe { Ok(Origin::Url(url.to_owned())) } else { Err(ProviderError::Address(url.to_owned())) }
}

fn seconds(seconds: u32) -> SignedDuration {
    SignedDuration::from_secs(seconds.into()).clamp(SHORTEST, LONGEST)
}

/// Where it is, for the log and for people.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.origin {
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Url(url) => f.write_str(url),
            Origin::Database => f.write_str(&self.key),
        }
    }
}

/// Fetches documents.
pub(crate) struct Fetcher {
    https: Client,
    http: Client,
}

impl Fetcher {
    /// Believes servers as `outgoing` says, and shows them no certificate of ours.
    pub(crate) fn new(outgoing: &ClientConfig, patience: Duration) -> Result<Self, TlsError> {
        let ca = outgoing.ca.clone();
        let bare = ClientConfig { ca, certificate: None, key: None };
        Ok(Self { https: tls::client(&bare, patience)?, http: tls::plain_client(patience)? })
    }

    /// What stands there now; `None` when it is what was known.
    pub(super) async fn fetch(
        &self,
        place: &Place,
        known: &Validators,
    ) -> Result<Option<Fetched>, ProviderError> {
        match &place.origin {
            Origin::File(path) => {
                let bytes = fetch::read(path, place.most_bytes).await?;
                Ok(Some(Fetched { bytes, validators: Validators::default() }))
            }
            Origin::Url(url) => {
                let client = if url.starts_with("https:") { &self.https } else { &self.http };
                Ok(fetch::get(url, client, known, place.most_bytes).await?)
            }
            Origin::Database => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(refresh: u32) -> Place {
        Place {
            key: "k".into(),
            origin: Origin::Url("https://sp.example/md".into()),
            revision: 0,
            rules: Rules { trusted: Vec::new(), from_afar: true, of_many: false },
            refresh: seconds(refresh),
            most_bytes: MOST_BYTES,
        }
    }

    fn pause(refresh: u32, failures: u32, wish: Wish, spread: u8) -> i64 {
        let now = "2026-11-20T01:15:00Z".parse().unwrap();
        place(refresh).next_look(now, failures, wish, spread).duration_since(now).as_secs()
    }

    #[test]
    fn looks_are_spread_and_bounded() {
        let none = Wish::default();
        assert_eq!((pause(3600, 0, none, 0), pause(3600, 0, none, 20)), (3240, 3960));
        assert_eq!(pause(1, 0, none, 10), 30, "nobody is asked every second");
        assert_eq!(pause(u32::MAX, 0, none, 10), 24 * 3600);
    }

    #[test]
    fn failures_bring_the_next_look_forward_and_then_space_it_out() {
        let pauses = [1, 2, 3, 40].map(|failures| pause(3600, failures, Wish::default(), 10));
        assert_eq!(pauses, [60, 120, 240, 3600]);
    }

    #[test]
    fn the_document_may_ask_to_be_read_sooner() {
        let cache = Some(SignedDuration::from_mins(10));
        assert_eq!(pause(3600, 0, Wish { cache, valid_until: None }, 10), 600);
        let valid_until = Some("2026-11-20T01:35:00Z".parse().unwrap());
        assert_eq!(pause(3600, 0, Wish { cache: None, valid_until }, 10), 600, "half of the rest");
    }

    #[test]
    fn an_address_is_https_or_its_document_is_signed() {
        assert!(address("https://sp.example/md", false).is_ok());
        assert!(address("http://sp.example/md", true).is_ok());
        for (url, signed) in
            [("http://sp.example/md", false), ("file:///etc/passwd", true), ("md", true)]
        {
            assert!(matches!(address(url, signed), Err(ProviderError::Address(_))), "{url}");
        }
    }
}
