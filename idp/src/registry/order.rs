//! Changing the registry. What is to be registered is read and shown first, and counts when
//! somebody says that it is meant; each change leaves its line in the history.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use warifu_saml::Entity;

use super::place::Place;
use super::report::EntityReport;
use super::{Entry, Registry};
use crate::config::EncryptionChoice;
use crate::fetch::Validators;
use crate::provider::{Document, Provider, ProviderError, Registration, Source, Terms};
use crate::store::{Change, Deed, Kept, Registered, StoreError, Unchanged};

/// How often an address is asked, where nobody says otherwise, in seconds.
const REFRESH_SECONDS: u32 = 3600;

/// Where the metadata of a provider to be registered stands.
#[derive(Debug, Clone)]
pub enum MetadataOrder {
    /// Here it is.
    Document(Vec<u8>),
    /// At this address, to be read again and again.
    Url(String),
    /// In an aggregate, under this entity id.
    Entity(String),
}

/// A service provider to be registered.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its metadata.
    pub metadata: MetadataOrder,
    /// The certificate (PEM) that must have signed that.
    pub signer: Option<String>,
    /// Its client certificate (PEM) towards relay and card office.
    pub client_certificate: Option<String>,
}

/// What was read for an order.
#[derive(Debug)]
pub(crate) struct Proposal {
    pub(crate) entity: Arc<Entity>,
    pub(crate) registration: Registration,
    /// What is kept of it, unless it stands in an aggregate.
    pub(crate) kept: Option<Kept>,
}

/// Why the registry was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    /// What was ordered is not believed.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// What was read is not believed.
    #[error("{0}")]
    Look(Arc<ProviderError>),
    /// There is no such registration.
    #[error("no service provider is registered under that id or name")]
    NoSuch,
    /// It stands in the configuration file.
    #[error("it stands in the configuration file, and is changed there")]
    InConfiguration,
    /// Somebody else was first, or the registry is full.
    #[error(transparent)]
    Unchanged(#[from] Unchanged),
}

impl From<Arc<ProviderError>> for OrderError {
    fn from(cause: Arc<ProviderError>) -> Self {
        Self::Look(cause)
    }
}

impl From<StoreError> for OrderError {
    fn from(cause: StoreError) -> Self {
        Self::Unchanged(cause.into())
    }
}

impl OrderError {
    /// The stable code of this error.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Provider(cause) => cause.code(),
            Self::Look(cause) => cause.code(),
            Self::NoSuch => "registry.no-such",
            Self::InConfiguration => "registry.in-configuration",
            Self::Unchanged(Unchanged::Twice) => "provider.twice",
            Self::Unchanged(Unchanged::Overtaken) => "registry.overtaken",
            Self::Unchanged(Unchanged::Full) => "registry.full",
            Self::Unchanged(Unchanged::Store(_)) => "internal",
        }
    }

    /// The codes that are told here alone, for the catalogues' test.
    #[cfg(test)]
    pub(crate) const CODES: [&str; 4] =
        ["registry.no-such", "registry.in-configuration", "registry.overtaken", "registry.full"];
}

impl Proposal {
    /// What there is to see of it.
    pub(crate) fn report(&self, now: Timestamp) -> Option<EntityReport> {
        EntityReport::of(&self.entity, &self.registration, now)
    }
}

/// What is remembered of a proposal until it is confirmed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) registration: Registration,
    /// The registration whose metadata it replaces, and its revision.
    pub(crate) replaces: Option<(String, i64)>,
}

impl Registry {
    /// Reads what is ordered. Nothing counts yet.
    pub(crate) async fn propose(&self, order: Order) -> Result<Proposal, OrderError> {
        let (source, document) = match order.metadata {
            MetadataOrder::Document(document) => (Source::Pasted, Some(document)),
            MetadataOrder::Url(url) => {
                (Source::Url { url, refresh_seconds: REFRESH_SECONDS }, None)
            }
            MetadataOrder::Entity(entity) => (Source::Aggregate { entity }, None),
        };
        let registration = Registration {
            source,
            signer: order.signer,
            client_certificate: order.client_certificate,
            terms: Terms::default(),
            enabled: true,
        };
        self.propose_registration(registration, document).await
    }

    /// Reads the metadata of a registration, or takes the document that was read before.
    pub(crate) async fn propose_registration(
        &self,
        mut registration: Registration,
        document: Option<Vec<u8>>,
    ) -> Result<Proposal, OrderError> {
        registration.thumbprint()?;
        let (entity, kept) = match &registration.source {
            Source::Aggregate { entity } => (self.find_in_aggregates(entity)?, None),
            _ => self.read(&registration, document).await?,
        };
        let role = entity.sp.as_ref().ok_or(ProviderError::NotOne)?;
        if role.encryption_key().is_none() {
            registration.terms.encryption = EncryptionChoice::IfPossible;
        }
        Ok(Proposal { entity, registration, kept })
    }

    async fn read(
        &self,
        registration: &Registration,
        document: Option<Vec<u8>>,
    ) -> Result<(Arc<Entity>, Option<Kept>), OrderError> {
        let entry = Entry::proposed(registration.clone());
        let place = Place::of(&entry, registration)?.ok_or(ProviderError::Unread)?;
        let mut validators = Validators::default();
        let bytes = if let Some(bytes) = document {
            bytes
        } else {
            let fetched = self.fetcher.fetch(&place, &validators).await?;
            let fetched = fetched.ok_or(ProviderError::Unread)?;
            validators = fetched.validators;
            fetched.bytes
        };
        let (document, bytes): (Document, _) = self.judge(bytes, &place.rules).await?;
        let kept = Kept { validators, ..Kept::of(bytes, document.valid_until, self.now()) };
        Ok((document.one()?.clone(), Some(kept)))
    }

    fn find_in_aggregates(&self, entity_id: &str) -> Result<Arc<Entity>, OrderError> {
        let known = self.known();
        let mut held = known.aggregates.iter().flatten().filter_map(|key| known.held.get(key));
        let found = held.find_map(|held| held.document.as_ref()?.find(entity_id).cloned());
        Ok(found.ok_or(ProviderError::NotInAggregates)??)
    }

    /// Registers what was shown, on these terms. Its id.
    pub(crate) async fn add(
        &self,
        proposal: &Proposal,
        terms: Terms,
        who: &str,
    ) -> Result<String, OrderError> {
        let registration = Registration { terms, ..proposal.registration.clone() };
        Provider::admit(&proposal.entity, &registration)?;
        let entity_id = proposal.entity.entity_id.clone();
        let picture = self.picture();
        if picture.standings.iter().any(|it| it.entity_id() == Some(&entity_id)) {
            return Err(ProviderError::Twice.into());
        }
        let details = differences(None, &registration, proposal.kept.as_ref());
        let id = self.surroundings.hex(16);
        let row = Registered { id: id.clone(), entity_id, revision: 1, registration };
        let change = self.change(Deed::Added, &row, details, who);
        self.store.add_provider(&row, proposal.kept.as_ref(), &change).await?;
        self.reload().await?;
        Ok(id)
    }

    /// Puts the metadata that was shown in the place of the one before, the terms staying.
    pub(crate) async fn replace(
        &self,
        (id, revision): (&str, i64),
        proposal: &Proposal,
        who: &str,
    ) -> Result<(), OrderError> {
        let before = self.registered(id).await?;
        if before.entity_id != proposal.entity.entity_id {
            return Err(ProviderError::Another(proposal.entity.entity_id.clone()).into());
        }
        let registration = Registration {
            terms: before.registration.terms.clone(),
            enabled: before.registration.enabled,
            ..proposal.registration.clone()
        };
        Provider::admit(&proposal.entity, &registration)?;
        let kept = proposal.kept.as_ref();
        let details = differences(Some(&before.registration), &registration, kept);
        let row = Registered { revision, registration, ..before };
        let change = self.change(Deed::Metadata, &row, details, who);
        self.store.change_provider(&row, kept, &change).await?;
        Ok(self.reload().await?)
    }

    /// Changes a registration as `alter` says. `revision` is what somebody looked at; none: now.
    pub(crate) async fn alter(
        &self,
        (id, revision): (&str, Option<i64>),
        deed: Deed,
        alter: impl FnOnce(&mut Registration),
        who: &str,
    ) -> Result<(), OrderError> {
        let before = self.registered(id).await?;
        let mut registration = before.registration.clone();
        alter(&mut registration);
        registration.thumbprint()?;
        registration.trusted()?;
        if registration == before.registration {
            return Ok(());
        }
        if deed == Deed::Changed && registration.enabled {
            self.check(id, &registration)?;
        }
        let details = differences(Some(&before.registration), &registration, None);
        let revision = revision.unwrap_or(before.revision);
        let row = Registered { revision, registration, ..before };
        let change = self.change(deed, &row, details, who);
        self.store.change_provider(&row, None, &change).await?;
        Ok(self.reload().await?)
    }

    /// Lets a provider ask, or not.
    pub(crate) async fn enable(
        &self,
        which: (&str, Option<i64>),
        enabled: bool,
        who: &str,
    ) -> Result<(), OrderError> {
        let deed = if enabled { Deed::Enabled } else { Deed::Disabled };
        self.alter(which, deed, |registration| registration.enabled = enabled, who).await
    }

    /// Whether what is known of a provider would be admitted on other terms.
    fn check(&self, id: &str, registration: &Registration) -> Result<(), ProviderError> {
        let picture = self.picture();
        let standing = picture.standings.iter().find(|it| it.entry.id == id);
        let entity = standing.and_then(|standing| standing.entity.as_ref());
        entity.map_or(Ok(()), |entity| Provider::admit(entity, registration).map(drop))
    }

    /// Reads the metadata of a registration now, and takes it even where it is older than what is
    /// believed: somebody decides so.
    pub(crate) async fn refresh(&self, id: &str, who: &str) -> Result<(), OrderError> {
        let row = match self.registered(id).await {
            Err(OrderError::InConfiguration) => return self.refresh_founding(id).await,
            row => row?,
        };
        match &row.registration.source {
            Source::Aggregate { .. } => self.refresh_aggregates().await,
            Source::Url { .. } => {
                let registration = row.registration.clone();
                let proposal = self.propose_registration(registration, None).await?;
                self.replace((id, row.revision), &proposal, who).await
            }
            Source::File { .. } | Source::Pasted => Ok(()),
        }
    }

    async fn refresh_founding(&self, id: &str) -> Result<(), OrderError> {
        let picture = self.picture();
        let standing = picture.standings.iter().find(|it| it.entry.id == id);
        match standing.and_then(|it| it.registration()).map(|it| &it.source) {
            Some(Source::Aggregate { .. }) => self.refresh_aggregates().await,
            Some(Source::Url { url, .. }) => self.look_again(url).await,
            _ => self.look_again(&Kept::place_of(id)).await,
        }
    }

    async fn refresh_aggregates(&self) -> Result<(), OrderError> {
        let keys: Vec<_> = self.known().aggregates.iter().flatten().cloned().collect();
        for key in keys {
            self.look_again(&key).await?;
        }
        Ok(())
    }

    /// Looks, and says what went wrong.
    async fn look_again(&self, key: &str) -> Result<(), OrderError> {
        self.look(key, true).await;
        let trouble = self.known().held.get(key).and_then(|held| held.trouble.clone());
        trouble.map_or(Ok(()), |trouble| Err(OrderError::Look(trouble)))
    }

    /// Takes a registration away.
    pub(crate) async fn remove(
        &self,
        (id, revision): (&str, Option<i64>),
        who: &str,
    ) -> Result<(), OrderError> {
        let before = self.registered(id).await?;
        let revision = revision.unwrap_or(before.revision);
        let row = Registered { revision, ..before };
        let change = self.change(Deed::Removed, &row, Vec::new(), who);
        self.store.remove_provider(&row, &change).await?;
        Ok(self.reload().await?)
    }

    /// The registration of that id in the database.
    async fn registered(&self, id: &str) -> Result<Registered, OrderError> {
        if self.picture().standings.iter().any(|it| it.entry.founding && it.entry.id == id) {
            return Err(OrderError::InConfiguration);
        }
        let mut all = self.store.registered().await?.into_iter();
        all.find(|row| row.id == id).ok_or(OrderError::NoSuch)
    }

    fn change(&self, what: Deed, row: &Registered, details: Vec<String>, who: &str) -> Change {
        tracing::info!(entity = row.entity_id, what = what.as_str(), who, "registry changed");
        Change {
            at: self.now(),
            who: who.to_owned(),
            what,
            entity_id: row.entity_id.clone(),
            details,
        }
    }
}

/// One line for each thing that is different: `name: before → after`.
fn differences(
    before: Option<&Registration>,
    after: &Registration,
    document: Option<&Kept>,
) -> Vec<String> {
    let (before, after) = (before.map(facts).unwrap_or_default(), facts(after));
    let old = |name: &str| before.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    let mut lines = Vec::new();
    for (name, value) in &after {
        match old(name) {
            Some(old) if old == value => {}
            Some(old) => lines.push(format!("{name}: {old} → {value}")),
            None => lines.push(format!("{name}: {value}")),
        }
    }
    if let Some(document) = document {
        let digest = crate::provider::digest(&document.document);
        lines.push(format!("document: sha256 {}", data_encoding::HEXLOWER.encode(&digest)));
    }
    lines
}

/// What there is to a registration, in words of the configuration.
fn facts(registration: &Registration) -> Vec<(String, String)> {
    let certificate = |pem: &Option<String>| {
        let pem = pem.as_deref();
        let read = pem.and_then(|pem| warifu_saml::Certificate::from_pem(pem.as_bytes()).ok());
        read.map_or_else(|| "none".to_owned(), |read| super::report::fingerprint(&read))
    };
    let mut facts = vec![
        ("metadata".to_owned(), registration.source.to_string()),
        ("metadata_signer".to_owned(), certificate(&registration.signer)),
        ("client_certificate".to_owned(), certificate(&registration.client_certificate)),
        ("enabled".to_owned(), registration.enabled.to_string()),
    ];
    // The terms by the names that they are written with, so that none is forgotten.
    if let Ok(serde_json::Value::Object(terms)) = serde_json::to_value(&registration.terms) {
        let terms = terms.into_iter().map(|(name, value)| (name, value.to_string()));
        facts.extend(
            terms.map(|(name, value)| (name, value.replace('"', "").replace("null", "none"))),
        );
    }
    facts
}
