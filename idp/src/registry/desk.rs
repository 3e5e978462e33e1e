//! The registry for the command line: the same steps as the pages', on the same tables; servers that
//! run take them up within seconds.

use warifu_service::Surroundings;
use warifu_service::seal::KeyRing;
use warifu_service::words::Language;

use super::{
    EntityReport, Order, OrderError, PATIENCE, Proposal, ProviderReport, Registry, Warning,
};
use crate::idp::OpenError;
use crate::provider::Terms;
use crate::store::{Change, Deed, Store, StoreError, Tells};
use crate::{IdpConfig, words};

/// Who stands in the history for what was done here.
pub(crate) const COMMAND_LINE: &str = "command-line";

/// The registry of service providers, for whoever may read the identity provider's configuration.
pub struct Registrar {
    registry: Registry,
}

/// Why it did not work: in English, after a stable code.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {0}", code = .0.code())]
pub struct RegistrarError(#[from] OrderError);

impl From<StoreError> for RegistrarError {
    fn from(cause: StoreError) -> Self {
        Self(cause.into())
    }
}

/// What was read for an order, to be looked at before it counts.
pub struct Offer(Proposal);

impl Offer {
    /// The entity that would be registered.
    pub fn entity_id(&self) -> &str {
        &self.0.entity.entity_id
    }
}

impl Registrar {
    /// Opens the registry, without a server. Files and what was kept are read; no address is asked.
    pub async fn open(config: &IdpConfig, surroundings: Surroundings) -> Result<Self, OpenError> {
        let ring = KeyRing::load(&config.keys.columns)?;
        // Nothing is done here that anybody is told of.
        let tells = Tells { relay: false, card_office: false };
        let entropy = surroundings.entropy.clone();
        let store = Store::open(&config.database, ring, entropy, tells).await?;
        let registry = Registry::open(config, store, surroundings, PATIENCE).await?;
        Ok(Self { registry })
    }

    /// All registrations.
    pub fn list(&self) -> Vec<ProviderReport> {
        self.registry.reports()
    }

    /// The registration of that id or entity id.
    pub fn show(&self, which: &str) -> Result<ProviderReport, RegistrarError> {
        let mut all = self.list().into_iter();
        let found = all.find(|it| it.id == which || it.entity_id.as_deref() == Some(which));
        Ok(found.ok_or(OrderError::NoSuch)?)
    }

    /// What was done to it, the latest first.
    pub async fn history(&self, which: &str) -> Result<Vec<Change>, RegistrarError> {
        Ok(self.registry.store.changes_of(&self.show(which)?.id).await?)
    }

    /// Reads what is ordered; nothing counts yet.
    pub async fn propose(&self, order: Order) -> Result<(Offer, EntityReport), RegistrarError> {
        let proposal = self.registry.propose(order).await?;
        let report = proposal.report(self.registry.surroundings.now());
        let report = report.ok_or(OrderError::NoSuch)?;
        Ok((Offer(proposal), report))
    }

    /// Registers what was read, on the usual terms with these changes. Its id.
    pub async fn add(
        &self,
        offer: &Offer,
        alter: impl FnOnce(&mut Terms),
    ) -> Result<String, RegistrarError> {
        let mut terms = offer.0.registration.terms.clone();
        alter(&mut terms);
        Ok(self.registry.add(&offer.0, terms, COMMAND_LINE).await?)
    }

    /// Changes the terms of one.
    pub async fn set(
        &self,
        which: &str,
        alter: impl FnOnce(&mut Terms),
    ) -> Result<(), RegistrarError> {
        let id = self.show(which)?.id;
        let alter = |it: &mut crate::provider::Registration| alter(&mut it.terms);
        Ok(self.registry.alter((&id, None), Deed::Changed, alter, COMMAND_LINE).await?)
    }

    /// Lets it ask, or not.
    pub async fn enable(&self, which: &str, enabled: bool) -> Result<(), RegistrarError> {
        let id = self.show(which)?.id;
        Ok(self.registry.enable((&id, None), enabled, COMMAND_LINE).await?)
    }

    /// Takes it away.
    pub async fn remove(&self, which: &str) -> Result<(), RegistrarError> {
        let id = self.show(which)?.id;
        Ok(self.registry.remove((&id, None), COMMAND_LINE).await?)
    }

    /// Reads its metadata now, and takes it even where it is older than what is believed.
    pub async fn refresh(&self, which: &str) -> Result<(), RegistrarError> {
        let id = self.show(which)?.id;
        Ok(self.registry.refresh(&id, COMMAND_LINE).await?)
    }
}

impl Warning {
    /// What it means, in English.
    pub fn in_english(self) -> String {
        let key = format!("provider-warning-{}", self.as_str());
        words::words().map_or_else(|_| key.clone(), |words| words.in_(Language::En).say(&key))
    }
}
