//! The manifests of the connectors: asked for again and again, believed by the keys of the
//! configuration, kept. An older or a wrong one is refused, and the last good one stands.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use warifu_connectors::services::{ManifestVerifier, SignedManifestError};
use warifu_connectors::{ConnectorClient, SourceError};
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::DisplayName;
use warifu_contract::services::{Declaration, ServiceId, ServiceManifest};
use warifu_service::{Database, execute, fetch_optional};

use crate::directory::Directory;

/// How long one connector is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often connectors are asked; and, while one has said nothing yet.
const PACE: Duration = Duration::from_secs(30);
const FIRST_PACE: Duration = Duration::from_secs(2);
/// As often at that pace.
const FIRST_TRIES: u32 = 30;

/// What every connector declares.
#[derive(Debug)]
pub(crate) struct Manifests {
    database: Database,
    verifiers: BTreeMap<String, ManifestVerifier>,
    current: RwLock<BTreeMap<String, Arc<Kept>>>,
}

#[derive(Debug)]
struct Kept {
    text: String,
    manifest: ServiceManifest,
}

/// Why a connector's manifest is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestStoreError {
    #[error("{0}")]
    Source(#[from] SourceError),
    #[error(transparent)]
    Signed(#[from] SignedManifestError),
    #[error("manifest.older: version {0} came before")]
    Older(u32),
    #[error("manifest.same-version: version {0} says something else than before")]
    SameVersion(u32),
    #[error("manifest.days: it does not hold today")]
    Days,
    #[error("manifest.storage: {0}")]
    Storage(#[from] sqlx::Error),
}

impl Manifests {
    /// With the keys of the connectors that declare services.
    pub fn new(database: Database, verifiers: BTreeMap<String, ManifestVerifier>) -> Self {
        Self { database, verifiers, current: RwLock::default() }
    }

    /// Every service that is declared today.
    pub fn offers(&self, now: Timestamp) -> Vec<(ServiceId, Declaration)> {
        let today = today_in_japan(now);
        let current = self.current();
        let in_force = current.iter().filter(|(_, kept)| kept.manifest.holds_on(today));
        let named = in_force.flat_map(|(connector, kept)| {
            kept.manifest.services.iter().filter_map(|service| {
                Some((ServiceId::new(connector, &service.id).ok()?, service.clone()))
            })
        });
        named.collect()
    }

    /// The declaration of a service, if it is in force.
    pub fn declaration(&self, service: ServiceId, now: Timestamp) -> Option<Declaration> {
        let current = self.current();
        let kept = current.get(service.connector())?;
        let in_force = kept.manifest.holds_on(today_in_japan(now));
        kept.manifest.service(service.service()).filter(|_| in_force).cloned()
    }

    /// What a service is called, whether or not it is in force.
    pub fn name_of(&self, service: ServiceId) -> Option<DisplayName> {
        let current = self.current();
        Some(current.get(service.connector())?.manifest.service(service.service())?.name.clone())
    }

    fn current(&self) -> BTreeMap<String, Arc<Kept>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps the manifests fresh until `stop`.
    pub async fn keep(
        &self,
        directory: &Directory,
        now: impl Fn() -> Timestamp,
        stop: &CancellationToken,
    ) {
        for round in 0_u32.. {
            let complete = self.refresh(directory, now()).await;
            let early = !complete && round < FIRST_TRIES;
            let pause = if early { FIRST_PACE } else { PACE };
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Reads what is kept, then asks every connector; whether each has a manifest.
    pub async fn refresh(&self, directory: &Directory, now: Timestamp) -> bool {
        if let Err(error) = self.load().await {
            tracing::warn!(%error, "the kept manifests could not be read");
        }
        let clients = self.verifiers.keys().filter_map(|id| Some((id, directory.by_id(id)?)));
        let asked = clients.map(|(id, connector)| self.ask(id, &connector.client, now));
        futures::future::join_all(asked).await;
        self.current().len() == self.verifiers.len()
    }

    async fn ask(&self, id: &str, client: &ConnectorClient, now: Timestamp) {
        let taken = match client.service_manifest(PATIENCE).await {
            Ok(text) => self.take(id, text, now).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = taken {
            let stands = self.current().get(id).map(|kept| kept.manifest.version);
            tracing::warn!(connector = id, %error, ?stands, "a manifest was not taken");
        }
    }

    /// Takes what a connector published, if it may be.
    pub async fn take(
        &self,
        id: &str,
        text: String,
        now: Timestamp,
    ) -> Result<(), ManifestStoreError> {
        let verifier = self.verifiers.get(id).ok_or(SignedManifestError::Signature)?;
        let manifest = verifier.verify(&text)?;
        if let Some(kept) = self.current().get(id) {
            let before = kept.manifest.version;
            if kept.text == text {
                return Ok(());
            }
            if manifest.version < before {
                return Err(ManifestStoreError::Older(before));
            }
            // Signing the same again gives other signatures.
            if manifest.version == before {
                let same = manifest == kept.manifest;
                return if same { Ok(()) } else { Err(ManifestStoreError::SameVersion(before)) };
            }
        }
        if !manifest.holds_on(today_in_japan(now)) {
            return Err(ManifestStoreError::Days);
        }
        let sql = "INSERT INTO relay_manifest (connector, version, body) VALUES ($1, $2, $3) \
                   ON CONFLICT (connector) DO UPDATE \
                   SET version = excluded.version, body = excluded.body \
                   WHERE relay_manifest.version < excluded.version";
        let version = i64::from(manifest.version);
        execute!(self.database.write(), sql, id, version, text.as_str())?;
        tracing::info!(connector = id, version, "a manifest was taken");
        self.load().await
    }

    /// What is kept, believed anew: a key that was taken out of the configuration takes its
    /// manifests with it.
    async fn load(&self) -> Result<(), ManifestStoreError> {
        let sql = "SELECT body FROM relay_manifest WHERE connector = $1";
        let mut believed = BTreeMap::new();
        for (connector, verifier) in &self.verifiers {
            let row = fetch_optional!(self.database.read(), (String,), sql, connector.as_str())?;
            let kept = row.and_then(|(text,)| {
                let manifest = verifier.verify(&text).ok()?;
                Some(Arc::new(Kept { text, manifest }))
            });
            believed.extend(kept.map(|kept| (connector.clone(), kept)));
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = believed;
        Ok(())
    }
}
