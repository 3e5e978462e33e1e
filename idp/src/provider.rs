//! The service providers of the federation: their metadata, and what each may be told.

mod terms;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use warifu_saml::names::BINDING_SOAP;
use warifu_saml::{
    Certificate, EncryptionKey, Entity, KeyError, MetadataError, MetadataPolicy,
    SignatureAlgorithm, SpRole, metadata,
};
use warifu_service::tls::{TlsError, thumbprint_of_file};
use warifu_service::words::Language;

use crate::config::{
    AttributeName, EncryptionChoice, MetadataSource, Origin, ServiceProviderConfig, SigningChoice,
};

pub use terms::Terms;

/// Metadata that claims to hold for longer is not believed.
const LONGEST_VALIDITY: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Why a service provider cannot be admitted.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The metadata is not believed.
    #[error("{path}: {source}")]
    Metadata {
        /// The file.
        path: PathBuf,
        /// Why.
        source: MetadataError,
    },
    /// The signer's certificate cannot be used.
    #[error("{path}: {source}")]
    Signer {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// The metadata does not describe exactly one service provider.
    #[error("{0}: not the metadata of one service provider")]
    NotOne(PathBuf),
    /// Assertions are always encrypted, and there is no key to encrypt to.
    #[error("{0}: no RSA certificate for encryption")]
    NoEncryptionKey(PathBuf),
    /// The client certificate cannot be read.
    #[error(transparent)]
    ClientCertificate(#[from] TlsError),
    /// Two files describe the same entity.
    #[error("{0} stands twice among the service providers")]
    Twice(String),
}

/// A service provider.
pub(crate) struct Provider {
    pub(crate) entity_id: String,
    pub(crate) role: SpRole,
    /// What assertions are encrypted to; none where they are not.
    pub(crate) encrypt_to: Option<EncryptionKey>,
    /// Thumbprint (`x5t#S256`) of its client certificate towards the relay.
    pub(crate) thumbprint: Option<String>,
    /// The key that signs for it.
    pub(crate) signing: SigningChoice,
    pub(crate) terms: Terms,
    valid_until: Option<Timestamp>,
}

impl Provider {
    /// Whether it may be told that.
    pub(crate) fn may_know(&self, attribute: AttributeName) -> bool {
        self.terms.attributes.contains(&attribute)
    }

    /// Whether its metadata still holds.
    pub(crate) fn is_current(&self, now: Timestamp) -> bool {
        self.valid_until.is_none_or(|until| now < until)
    }

    /// Its name for people; where it gives none, the host that the answer goes to.
    pub(crate) fn name(&self, language: Language) -> String {
        let all = &self.role.display_names;
        let fitting = all.iter().find(|name| name.language == language.tag()).or(all.first());
        let host = || self.origin().map(|origin| origin.host().to_owned());
        fitting
            .map(|name| name.text.clone())
            .or_else(host)
            .unwrap_or_else(|| self.entity_id.clone())
    }

    /// Where people begin: the origin of its first address for answers.
    pub(crate) fn origin(&self) -> Option<Origin> {
        self.role.acs.first().and_then(|acs| Origin::of(&acs.location))
    }

    /// Where it takes logout requests from server to server.
    pub(crate) fn logout_address(&self) -> Option<&str> {
        self.role.slo_at(BINDING_SOAP).map(|endpoint| endpoint.location.as_str())
    }
}

/// All service providers, by entity id.
pub(crate) struct Providers(HashMap<String, Provider>);

impl Providers {
    /// Reads and believes the metadata of all of them.
    pub(crate) fn load(
        configs: &[ServiceProviderConfig],
        now: Timestamp,
    ) -> Result<Self, ProviderError> {
        let mut all = HashMap::new();
        for config in configs.iter().filter(|config| config.enabled) {
            let provider = load(config, now)?;
            if let Some(twice) = all.insert(provider.entity_id.clone(), provider) {
                return Err(ProviderError::Twice(twice.entity_id));
            }
        }
        Ok(Self(all))
    }

    /// All of them, by name.
    pub(crate) fn all(&self, language: Language) -> Vec<(String, &Provider)> {
        let named = self.0.values().map(|provider| (provider.name(language), provider));
        let mut all: Vec<_> = named.collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    }

    pub(crate) fn find(&self, entity_id: &str) -> Option<&Provider> {
        self.0.get(entity_id)
    }
}

fn load(config: &ServiceProviderConfig, now: Timestamp) -> Result<Provider, ProviderError> {
    let MetadataSource::File(path) = &config.metadata else {
        return Err(ProviderError::NotOne(PathBuf::new()));
    };
    let entity = one_entity(config, path, now)?;
    let role = entity.sp.ok_or_else(|| ProviderError::NotOne(path.clone()))?;
    let terms = Terms::from(config);
    let encrypt_to = match terms.encryption {
        EncryptionChoice::Never => None,
        EncryptionChoice::IfPossible => role.encryption_key(),
        EncryptionChoice::Required => {
            let key = role.encryption_key();
            Some(key.ok_or_else(|| ProviderError::NoEncryptionKey(path.clone()))?)
        }
    };
    let thumbprint = config.client_certificate.as_deref().map(thumbprint_of_file).transpose()?;
    Ok(Provider {
        entity_id: entity.entity_id,
        encrypt_to,
        thumbprint,
        signing: signing(&role, terms.signing),
        role,
        terms,
        valid_until: entity.valid_until,
    })
}

fn one_entity(
    config: &ServiceProviderConfig,
    path: &Path,
    now: Timestamp,
) -> Result<Entity, ProviderError> {
    let trusted: Vec<_> =
        config.metadata_signer.as_deref().map(signer).transpose()?.into_iter().collect();
    let policy = MetadataPolicy {
        trusted: &trusted,
        require_valid_until: !trusted.is_empty(),
        longest_validity: LONGEST_VALIDITY,
    };
    let entities = metadata::parse(&read(path)?, &policy, now)
        .map_err(|source| ProviderError::Metadata { path: path.to_owned(), source })?;
    <[Entity; 1]>::try_from(entities)
        .map(|[entity]| entity)
        .map_err(|_| ProviderError::NotOne(path.to_owned()))
}

/// The first algorithm it asks for that we can do; where it does not say, as configured.
fn signing(role: &SpRole, configured: SigningChoice) -> SigningChoice {
    let known = role.signing_methods.iter().find_map(|method| match method {
        SignatureAlgorithm::EcdsaSha256 => Some(SigningChoice::P256),
        SignatureAlgorithm::RsaSha256 => Some(SigningChoice::Rsa),
        _ => None,
    });
    known.unwrap_or(configured)
}

fn signer(path: &Path) -> Result<Certificate, ProviderError> {
    Certificate::from_pem(&read(path)?)
        .map_err(|source| ProviderError::Signer { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, ProviderError> {
    std::fs::read(path).map_err(|source| ProviderError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, Pki, days};

    struct Desk {
        pki: Pki,
        folder: tempfile::TempDir,
    }

    impl Desk {
        fn new() -> Self {
            let pki = Pki::new("2026-11-20T01:15:00Z".parse().unwrap());
            Self { pki, folder: tempfile::tempdir().unwrap() }
        }

        /// The configuration of a service provider, its metadata written until then.
        fn config(&self, host: &str, until: Timestamp) -> ServiceProviderConfig {
            let path = self.folder.path().join(format!("{host}.xml"));
            testing::Provider::new(&self.pki, host).write_metadata(&path, until);
            ServiceProviderConfig {
                attributes: vec![AttributeName::DisplayName],
                ..ServiceProviderConfig::of(MetadataSource::File(path))
            }
        }

        fn load(&self, configs: &[ServiceProviderConfig]) -> Result<Providers, ProviderError> {
            Providers::load(configs, self.pki.now)
        }
    }

    #[test]
    fn a_provider_is_known_by_its_metadata() {
        let desk = Desk::new();
        let all = desk.load(&[desk.config("portal.example", desk.pki.now + days(7))]).unwrap();
        let provider = all.find("https://portal.example/saml/metadata").unwrap();
        assert_eq!(provider.name(Language::Ja), "割符ポータル");
        assert_eq!(provider.name(Language::En), "Warifu portal");
        assert_eq!(provider.origin().unwrap().as_str(), "https://portal.example");
        assert_eq!(provider.logout_address(), Some("https://portal.example/saml/slo"));
        assert_eq!(provider.signing, SigningChoice::P256, "its metadata asks for ECDSA");
        assert!(provider.may_know(AttributeName::DisplayName));
        assert!(!provider.may_know(AttributeName::PairwiseId), "told more than configured");
        assert!(provider.is_current(desk.pki.now) && !provider.is_current(desk.pki.now + days(7)));
        assert!(all.find("https://other.example").is_none());
    }

    #[test]
    fn a_provider_stands_once() {
        let desk = Desk::new();
        let config = desk.config("portal.example", desk.pki.now + days(7));
        let other = desk.config("other.example", desk.pki.now + days(7));
        assert!(desk.load(&[config.clone(), other]).is_ok());
        let twice = desk.load(&[config.clone(), config]);
        assert!(matches!(twice, Err(ProviderError::Twice(_))));
    }

    #[test]
    fn metadata_that_is_over_or_endless_is_not_believed() {
        let desk = Desk::new();
        for until in [desk.pki.now - days(1), desk.pki.now + days(500)] {
            let refused = desk.load(&[desk.config("portal.example", until)]);
            assert!(matches!(refused, Err(ProviderError::Metadata { .. })), "{until}");
        }
    }

    #[test]
    fn a_signer_once_named_must_have_signed() {
        let desk = Desk::new();
        let mut config = desk.config("portal.example", desk.pki.now + days(7));
        let stranger = desk.folder.path().join("stranger.crt");
        let key = testing::p256();
        let certificate = desk.pki.party("portal", &["portal.example"], key.public_key());
        std::fs::write(&stranger, certificate.pem()).unwrap();
        config.metadata_signer = Some(stranger);
        assert!(matches!(desk.load(&[config]), Err(ProviderError::Metadata { .. })));
    }

    #[test]
    fn what_is_no_metadata_of_a_service_provider_is_refused() {
        let desk = Desk::new();
        let mut config = desk.config("portal.example", desk.pki.now + days(7));
        let MetadataSource::File(path) = &config.metadata else { panic!("a file") };
        std::fs::write(path, "<a/>").unwrap();
        assert!(matches!(desk.load(&[config.clone()]), Err(ProviderError::Metadata { .. })));
        config.metadata = MetadataSource::File("/nowhere.xml".into());
        assert!(matches!(desk.load(&[config]), Err(ProviderError::File { .. })));
    }
}
