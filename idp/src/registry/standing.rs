//! Drawing the picture: how each registration stands, given what was read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use warifu_saml::Entity;

use super::entry::Entry;
use super::{Held, Known, Picture};
use crate::provider::{Provider, ProviderError, Registration, Source};
use crate::store::Kept;

/// How a registration stands.
pub(crate) struct Standing {
    pub(crate) entry: Arc<Entry>,
    /// What its metadata says, even where it may not ask.
    pub(crate) entity: Option<Arc<Entity>>,
    /// It as a service provider, or why it is none.
    pub(crate) provider: Result<Arc<Provider>, Arc<ProviderError>>,
    /// Why the last look at its metadata changed nothing.
    pub(crate) trouble: Option<Arc<ProviderError>>,
    /// When its metadata was confirmed last.
    pub(crate) read_at: Option<Timestamp>,
}

/// How it stands, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It may ask.
    Good,
    /// It may ask, on what was read before: the last look went wrong.
    Trouble,
    /// It may not ask, because somebody decided so.
    Disabled,
    /// It may not ask, because it is not believed.
    NotBelieved,
    /// It may not ask: its metadata was not renewed in time.
    Expired,
}

impl State {
    /// Whether it may ask.
    pub const fn is_in_use(self) -> bool {
        matches!(self, Self::Good | Self::Trouble)
    }

    /// Its word in the catalogues, after `provider-state-`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Trouble => "trouble",
            Self::Disabled => "disabled",
            Self::NotBelieved => "not-believed",
            Self::Expired => "expired",
        }
    }
}

impl Standing {
    /// How it stands now.
    pub(crate) fn state(&self, now: Timestamp) -> State {
        let enabled = self.entry.registration.as_ref().is_ok_and(|it| it.enabled);
        match &self.provider {
            _ if !enabled && self.entry.registration.is_ok() => State::Disabled,
            Err(_) => State::NotBelieved,
            Ok(provider) if !provider.is_current(now) => State::Expired,
            Ok(_) if self.trouble.is_some() => State::Trouble,
            Ok(_) => State::Good,
        }
    }

    /// Its entity id, as far as it is known.
    pub(crate) fn entity_id(&self) -> Option<&str> {
        let read = self.entity.as_ref().map(|entity| entity.entity_id.as_str());
        self.entry.entity_id.as_deref().or(read)
    }

    /// The provider that was admitted before from the same registration and the same metadata.
    fn provider_of(&self, entry: &Entry, found: &Found) -> Option<Arc<Provider>> {
        let (known, entity) = (self.entity.as_ref()?, found.entity.as_ref().ok()?);
        let same = Arc::ptr_eq(known, entity)
            && self.registration().is_some_and(|it| entry.registration.as_ref().ok() == Some(it));
        self.provider.as_ref().ok().filter(|_| same).cloned()
    }

    pub(crate) fn registration(&self) -> Option<&Registration> {
        self.entry.registration.as_ref().ok()
    }
}

/// How an aggregate stands.
#[derive(Clone)]
pub(crate) struct AggregateStanding {
    /// Where it stands.
    pub(crate) place: String,
    /// How many entities are in it, or why there are none.
    pub(crate) entities: Result<usize, Arc<ProviderError>>,
    /// Why the last look changed nothing.
    pub(crate) trouble: Option<Arc<ProviderError>>,
    pub(crate) read_at: Option<Timestamp>,
}

impl Known {
    /// The picture that follows from what is known; what is as it was `before` is taken from there.
    pub(super) fn draw(&self, before: &Picture) -> Picture {
        let before = before.standings.iter().map(|it| (it.entry.id.as_str(), &**it));
        let before: HashMap<_, _> = before.collect();
        let mut taken = HashSet::new();
        let stand = |entry: &Arc<Entry>| {
            let before = before.get(entry.id.as_str()).copied();
            Arc::new(self.stand(entry, before, &mut taken))
        };
        let standings: Vec<_> = self.entries.iter().map(stand).collect();
        let asking = standings.iter().filter(|it| it.registration().is_some_and(|it| it.enabled));
        let providers = asking.filter_map(|it| it.provider.as_ref().ok().cloned()).collect();
        let aggregates = self.aggregates.iter().map(|it| self.aggregate(it)).collect();
        Picture { providers: Arc::new(providers), standings, aggregates }
    }

    /// The first registration of an entity counts; a later one does not touch it.
    fn stand(
        &self,
        entry: &Arc<Entry>,
        before: Option<&Standing>,
        taken: &mut HashSet<String>,
    ) -> Standing {
        let found = match &entry.registration {
            Ok(registration) => self.find(entry, registration),
            Err(fault) => Found::fault(fault.clone()),
        };
        let same = before.and_then(|before| before.provider_of(entry, &found));
        let provider = same.map_or_else(|| self.admit(entry, &found), Ok);
        let provider = provider.and_then(|provider| {
            let first = taken.insert(provider.entity_id.clone());
            if first { Ok(provider) } else { Err(Arc::new(ProviderError::Twice)) }
        });
        let Found { entity, trouble, read_at } = found;
        Standing { entry: entry.clone(), entity: entity.ok(), provider, trouble, read_at }
    }

    fn admit(&self, entry: &Entry, found: &Found) -> Result<Arc<Provider>, Arc<ProviderError>> {
        let registration = entry.registration.as_ref().map_err(Arc::clone)?;
        let entity = found.entity.as_ref().map_err(Arc::clone)?;
        if entry.entity_id.as_ref().is_some_and(|expected| *expected != entity.entity_id) {
            return Err(Arc::new(ProviderError::Another(entity.entity_id.clone())));
        }
        let mut provider = Provider::admit(entity, registration)?;
        provider.role.authn_requests_signed |= self.signed_requests_only;
        Ok(Arc::new(provider))
    }

    fn find(&self, entry: &Entry, registration: &Registration) -> Found {
        match &registration.source {
            Source::Aggregate { entity } => self.find_in_aggregates(entity),
            Source::Url { url, .. } if entry.founding => self.find_own(url),
            _ => self.find_own(&Kept::place_of(&entry.id)),
        }
    }

    fn find_own(&self, key: &str) -> Found {
        let Some(held) = self.held.get(key) else {
            return Found::fault(Arc::new(ProviderError::Unread));
        };
        let document = held.document.as_ref().ok_or_else(|| held.fault());
        let entity = document.and_then(|document| Ok(document.one()?.clone()));
        let trouble = held.trouble.clone().filter(|_| entity.is_ok());
        Found { entity, trouble, read_at: held.read_at }
    }

    /// In the first of the aggregates that has it.
    fn find_in_aggregates(&self, entity_id: &str) -> Found {
        let mut held = self.aggregates.iter().flatten().filter_map(|key| self.held.get(key));
        let found = held.find_map(|held| {
            let entity = held.document.as_ref()?.find(entity_id)?.clone();
            let trouble = held.trouble.clone().filter(|_| entity.is_ok());
            Some(Found { entity, trouble, read_at: held.read_at })
        });
        found.unwrap_or_else(|| Found::fault(Arc::new(ProviderError::NotInAggregates)))
    }

    fn aggregate(&self, key: &Result<String, Arc<ProviderError>>) -> AggregateStanding {
        let held = key.as_ref().map(|key| self.held.get(key));
        let (place, read_at) = match held {
            Ok(Some(Held { place, read_at, .. })) => (place.to_string(), *read_at),
            _ => (String::new(), None),
        };
        let (entities, trouble) = match held {
            Err(fault) => (Err(fault.clone()), None),
            Ok(None) => (Err(Arc::new(ProviderError::Unread)), None),
            Ok(Some(held)) => match &held.document {
                Some(document) => (Ok(document.len()), held.trouble.clone()),
                None => (Err(held.fault()), None),
            },
        };
        AggregateStanding { place, entities, trouble, read_at }
    }
}

/// What was found for a registration.
struct Found {
    entity: Result<Arc<Entity>, Arc<ProviderError>>,
    trouble: Option<Arc<ProviderError>>,
    read_at: Option<Timestamp>,
}

impl Found {
    fn fault(fault: Arc<ProviderError>) -> Self {
        Self { entity: Err(fault), trouble: None, read_at: None }
    }
}
