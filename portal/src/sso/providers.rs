//! The identity providers that the portal trusts, from their metadata files; read again while
//! running, so that a rolled key needs no restart.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use url::Url;
use warifu_saml::metadata::{self, Endpoint};
use warifu_saml::names::BINDING_REDIRECT;
use warifu_saml::{Certificate, Entity, IdpRole, MetadataPolicy};
use warifu_service::words::Language;

use super::{SamlSetupError, file, keyed};
use crate::config::SamlConfig;

/// Metadata that hold for longer are refused.
const LONGEST_VALIDITY: SignedDuration = SignedDuration::from_hours(24 * 400);

/// One trusted identity provider.
#[derive(Debug)]
pub struct Provider {
    /// Its entity id.
    pub entity_id: String,
    /// What its metadata say.
    pub role: IdpRole,
    valid_until: Option<Timestamp>,
}

impl Provider {
    /// Where requests go by redirect.
    pub fn sso(&self) -> Option<&str> {
        self.role.sso_at(BINDING_REDIRECT).map(|endpoint| endpoint.location.as_str())
    }

    /// Where requests to end sessions go by redirect.
    pub fn slo(&self) -> Option<&str> {
        self.role.slo_at(BINDING_REDIRECT).map(|endpoint| endpoint.location.as_str())
    }

    /// Its name for people.
    pub fn name(&self, language: Language) -> &str {
        let names = &self.role.display_names;
        let chosen = names.iter().find(|name| name.language == language.tag()).or(names.first());
        chosen.map_or(self.entity_id.as_str(), |name| name.text.as_str())
    }

    fn holds_at(&self, now: Timestamp) -> bool {
        self.valid_until.is_none_or(|until| now < until)
    }
}

/// All of them.
#[derive(Debug)]
pub struct Providers {
    files: Vec<PathBuf>,
    signers: Vec<Certificate>,
    known: RwLock<Arc<Vec<Arc<Provider>>>>,
}

impl Providers {
    /// Reads the metadata files.
    pub fn load(config: &SamlConfig, now: Timestamp) -> Result<Self, SamlSetupError> {
        let signers = config
            .metadata_signers
            .iter()
            .map(|path| keyed(path, Certificate::from_pem))
            .collect::<Result<Vec<_>, _>>()?;
        let files = config.identity_providers.clone();
        let known = read(&files, &signers, now)?;
        Ok(Self { files, signers, known: RwLock::new(Arc::new(known)) })
    }

    /// Reads the files again; when they cannot be used, what was known stays.
    pub fn reload(&self, now: Timestamp) {
        match read(&self.files, &self.signers, now) {
            Ok(known) => {
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
            }
            Err(error) => tracing::warn!(%error, "identity providers were not read again"),
        }
    }

    /// Those whose metadata hold at `now`.
    pub fn at(&self, now: Timestamp) -> Vec<Arc<Provider>> {
        self.all().iter().filter(|one| one.holds_at(now)).cloned().collect()
    }

    /// The one of that entity id.
    pub fn find(&self, entity_id: &str, now: Timestamp) -> Option<Arc<Provider>> {
        self.at(now).into_iter().find(|one| one.entity_id == entity_id)
    }

    /// Where their pages for signing in and out live, as origins.
    pub fn origins(&self) -> Vec<String> {
        let all = self.all();
        let urls = all.iter().flat_map(|one| [one.sso(), one.slo()]).flatten();
        let urls = urls.filter_map(|address| Url::parse(address).ok());
        let mut origins: Vec<_> = urls.map(|url| url.origin().ascii_serialization()).collect();
        origins.sort();
        origins.dedup();
        origins
    }

    fn all(&self) -> Arc<Vec<Arc<Provider>>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn read(
    files: &[PathBuf],
    signers: &[Certificate],
    now: Timestamp,
) -> Result<Vec<Arc<Provider>>, SamlSetupError> {
    let policy = MetadataPolicy {
        trusted: signers,
        require_valid_until: false,
        longest_validity: LONGEST_VALIDITY,
    };
    let mut known = Vec::new();
    for path in files {
        known.extend(entities(path, &policy, now)?.into_iter().filter_map(provider));
    }
    if known.is_empty() { Err(SamlSetupError::NoProvider) } else { Ok(known) }
}

fn entities(
    path: &Path,
    policy: &MetadataPolicy<'_>,
    now: Timestamp,
) -> Result<Vec<Entity>, SamlSetupError> {
    let failed = |cause| SamlSetupError::Metadata { path: path.display().to_string(), cause };
    metadata::parse(&file(path)?, policy, now).map_err(failed)
}

fn provider(entity: Entity) -> Option<Arc<Provider>> {
    let role = entity.idp?;
    let _: &Endpoint = role.sso_at(BINDING_REDIRECT)?;
    let (entity_id, valid_until) = (entity.entity_id, entity.valid_until);
    Some(Arc::new(Provider { entity_id, role, valid_until }))
}
