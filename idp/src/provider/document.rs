//! A metadata document that is believed: the entities in it, and until when it holds.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use warifu_saml::metadata::{self, Aggregate};
use warifu_saml::{Certificate, Entity, MetadataPolicy};

use super::ProviderError;

/// Metadata that claims to hold for longer is not believed.
const LONGEST_VALIDITY: SignedDuration = SignedDuration::from_hours(24 * 400);
/// No single entity has more.
pub(crate) const MOST_BYTES: u64 = 1024 * 1024;
/// No aggregate has more.
pub(crate) const MOST_BYTES_OF_MANY: u64 = 32 * 1024 * 1024;

/// What a document must bring along to be believed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rules {
    /// If not empty, one of these must have signed it.
    pub(crate) trusted: Vec<Certificate>,
    /// It came over the network: it must say until when it holds.
    pub(crate) from_afar: bool,
    /// It is an aggregate: a wrong member does not spoil the others.
    pub(crate) of_many: bool,
}

/// A metadata document that is believed.
#[derive(Debug)]
pub(crate) struct Document {
    /// The entities, each as it is or with what is wrong with it.
    entities: HashMap<String, Member>,
    /// The latest end of what is in it.
    pub(crate) valid_until: Option<Timestamp>,
    /// After how long it wants to be read again.
    pub(crate) cache_duration: Option<SignedDuration>,
    /// SHA-256 of its bytes.
    pub(crate) digest: Digest,
}

/// An entity of a document, or what is wrong with it.
type Member = Result<Arc<Entity>, Arc<ProviderError>>;

/// SHA-256 of a document's bytes.
pub(crate) type Digest = [u8; 32];

impl Document {
    /// Reads and judges a document. An aggregate takes its time: not on a thread that serves.
    pub(crate) fn read(xml: &[u8], rules: &Rules, now: Timestamp) -> Result<Self, ProviderError> {
        let policy = MetadataPolicy {
            trusted: &rules.trusted,
            require_valid_until: rules.from_afar || !rules.trusted.is_empty(),
            longest_validity: LONGEST_VALIDITY,
        };
        let Aggregate { entities, refused } = if rules.of_many {
            metadata::parse_aggregate(xml, &policy, now)?
        } else {
            let entities = metadata::parse(xml, &policy, now)?;
            Aggregate { entities, refused: Vec::new() }
        };
        if entities.is_empty() {
            let refused = refused.into_iter().next();
            return Err(refused.map_or(ProviderError::NotOne, |(_, cause)| cause.into()));
        }
        let valid_until = entities.iter().filter_map(|entity| entity.valid_until).max();
        let cache_duration = entities.iter().filter_map(|entity| entity.cache_duration).min();
        let good = entities.into_iter().map(|it| (it.entity_id.clone(), Ok(Arc::new(it))));
        let wrong = refused.into_iter().map(|(id, cause)| (id, Err(Arc::new(cause.into()))));
        let entities = wrong.chain(good).collect();
        Ok(Self { entities, valid_until, cache_duration, digest: digest(xml) })
    }

    /// The entity of that id, or what is wrong with it.
    pub(crate) fn find(&self, entity_id: &str) -> Option<&Member> {
        self.entities.get(entity_id)
    }

    /// The one entity in it.
    pub(crate) fn one(&self) -> Result<&Arc<Entity>, Arc<ProviderError>> {
        let mut all = self.entities.values();
        match (all.next(), all.next()) {
            (Some(entity), None) => entity.as_ref().map_err(Arc::clone),
            _ => Err(Arc::new(ProviderError::NotOne)),
        }
    }

    /// How many entities are in it.
    pub(crate) fn len(&self) -> usize {
        self.entities.len()
    }

    /// An older document does not take the place of a newer one that still holds: it may bring
    /// back a key that was withdrawn. Who signs metadata moves its end on each time.
    pub(crate) fn check_not_older(
        &self,
        known: &Self,
        now: Timestamp,
    ) -> Result<(), ProviderError> {
        match (self.valid_until, known.valid_until) {
            (Some(fresh), Some(known)) if fresh < known && now < known => {
                Err(ProviderError::Older { fresh, known })
            }
            _ => Ok(()),
        }
    }
}

/// SHA-256 of a document.
pub(crate) fn digest(bytes: &[u8]) -> Digest {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().try_into().unwrap_or_default()
}
