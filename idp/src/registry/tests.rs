//! The registry with real servers that publish metadata, on both databases.

mod aggregates;
mod changes;
mod files;
mod publisher;
mod urls;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use warifu_service::Surroundings;
use warifu_service::clock::{FrozenClock, SystemEntropy};

use super::{Registry, Standing, State};
use crate::IdpConfig;
use crate::config::{MetadataSource, ServiceProviderConfig};
use crate::store::Store;
use crate::testing::{self, Rig, days};

/// An identity provider's configuration, and what keeps its files alive.
pub(super) struct Bed {
    pub(super) rig: Rig,
    pub(super) clock: Arc<FrozenClock>,
    pub(super) config: IdpConfig,
}

impl Bed {
    /// On the machine's own clock, since TLS looks at it; without service providers.
    async fn new() -> Self {
        let now = Surroundings::system().now();
        let now = Timestamp::from_second(now.as_second()).unwrap();
        let rig = Rig::at(now, "portal.example").await;
        let mut config = rig.config.clone();
        config.service_providers.clear();
        Self { clock: Arc::new(FrozenClock::at(now)), config, rig }
    }

    fn now(&self) -> Timestamp {
        use warifu_service::clock::Clock as _;
        self.clock.now()
    }

    /// A service provider to be registered.
    fn provider(&self, host: &str) -> testing::Provider {
        testing::Provider::new(&self.rig.pki, host)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.rig.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The certificate that a provider signs its metadata with.
    fn signer(&self, provider: &testing::Provider) -> PathBuf {
        self.file(&format!("{}.signer", provider.host()), &provider.signer_pem())
    }

    fn add(&mut self, metadata: MetadataSource) -> &mut ServiceProviderConfig {
        self.config.service_providers.push(ServiceProviderConfig::of(metadata));
        self.config.service_providers.last_mut().unwrap()
    }

    /// Opens the registry, as at a start.
    async fn open(&self, store: &Store) -> Registry {
        let surroundings =
            Surroundings { clock: self.clock.clone(), entropy: Arc::new(SystemEntropy) };
        let patience = Duration::from_millis(500);
        Registry::open(&self.config, store.clone(), surroundings, patience).await.unwrap()
    }
}

impl Registry {
    /// Moves on to when everything is due, and looks.
    async fn look_later(&self, clock: &FrozenClock) {
        clock.advance(jiff::SignedDuration::from_hours(2));
        self.look_at_due().await;
    }

    fn standing(&self, number: usize) -> Arc<Standing> {
        self.picture().standings[number].clone()
    }

    fn state(&self, number: usize) -> State {
        self.standing(number).state(self.now())
    }

    /// Why the first is not believed, or why its last look changed nothing.
    fn fault(&self) -> &'static str {
        let standing = self.standing(0);
        let fault = standing.provider.as_ref().err().or(standing.trouble.as_ref());
        fault.map_or("", |fault| fault.code())
    }

    fn serves(&self, provider: &testing::Provider) -> bool {
        self.picture().providers.find(&provider.entity_id).is_some()
    }
}

/// Metadata that holds for a week.
fn week(bed: &Bed, provider: &testing::Provider) -> String {
    provider.metadata(bed.now() + days(7))
}

#[test]
fn every_fault_and_every_warning_has_its_words() {
    use crate::provider::ProviderError;
    use crate::registry::{OrderError, Warning};
    use std::collections::BTreeMap;
    use warifu_service::words::{Language, lacking_advice};
    let words = crate::words::words().unwrap();
    assert_eq!(lacking_advice(&words, &ProviderError::CODES), BTreeMap::new());
    assert_eq!(lacking_advice(&words, &OrderError::CODES), BTreeMap::new());
    for attribute in crate::config::AttributeName::ALL {
        let key = format!("attribute-{}", attribute.as_str());
        assert!(!words.in_(Language::Ja).attribute(&key, "person").is_empty(), "{key}");
    }
    for warning in Warning::ALL {
        let key = format!("provider-warning-{}", warning.as_str());
        assert!(words.in_(Language::Ja).knows(&key), "{key}");
    }
}
