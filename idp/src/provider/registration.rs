//! A service provider as it is registered, in the configuration file or in the database: where its
//! metadata stands, who must have signed it, and on which terms it is served.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use warifu_saml::Certificate;
use warifu_service::tls::thumbprint;

use super::{ProviderError, Terms};
use crate::config::{MetadataSource, ServiceProviderConfig};

/// Where metadata stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Source {
    /// In a file of this machine; in the configuration alone.
    File { path: PathBuf },
    /// In our own database, where somebody pasted it.
    Pasted,
    /// At an address, read again after so many seconds at most.
    Url { url: String, refresh_seconds: u32 },
    /// In one of the aggregates, under this entity id.
    Aggregate { entity: String },
}

/// A service provider as it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registration {
    pub(crate) source: Source,
    /// The certificate (PEM) that must have signed the metadata.
    pub(crate) signer: Option<String>,
    /// Its client certificate (PEM) towards relay and card office.
    pub(crate) client_certificate: Option<String>,
    pub(crate) terms: Terms,
    /// Whether it may ask at all.
    pub(crate) enabled: bool,
}

impl Registration {
    /// As the configuration file has it; reads the certificates' files.
    pub(crate) fn founding(config: &ServiceProviderConfig) -> Result<Self, ProviderError> {
        Ok(Self {
            source: Source::from(&config.metadata),
            signer: config.metadata_signer.as_deref().map(read).transpose()?,
            client_certificate: config.client_certificate.as_deref().map(read).transpose()?,
            terms: Terms::from(config),
            enabled: config.enabled,
        })
    }

    /// Who must have signed its metadata; nobody: an empty list.
    pub(crate) fn trusted(&self) -> Result<Vec<Certificate>, ProviderError> {
        let signer = self.signer.as_deref().map(|pem| Certificate::from_pem(pem.as_bytes()));
        Ok(signer.transpose().map_err(ProviderError::Signer)?.into_iter().collect())
    }

    /// The thumbprint (`x5t#S256`) of its client certificate.
    pub(crate) fn thumbprint(&self) -> Result<Option<String>, ProviderError> {
        let Some(pem) = &self.client_certificate else { return Ok(None) };
        Certificate::from_pem(pem.as_bytes())
            .map(|certificate| Some(thumbprint(certificate.der())))
            .map_err(|_| ProviderError::ClientCertificate)
    }

    /// Whether its metadata is believed only because of the way it came. Aggregates are signed.
    pub(crate) fn is_unsigned(&self) -> bool {
        self.signer.is_none() && !matches!(self.source, Source::Aggregate { .. })
    }

    /// Whether its metadata is as it is until somebody brings another.
    pub(crate) fn is_pasted(&self) -> bool {
        self.source == Source::Pasted
    }
}

impl From<&MetadataSource> for Source {
    fn from(source: &MetadataSource) -> Self {
        match source.clone() {
            MetadataSource::File(path) => Self::File { path },
            MetadataSource::Url { url, refresh_seconds } => Self::Url { url, refresh_seconds },
            MetadataSource::Entity { entity } => Self::Aggregate { entity },
        }
    }
}

/// The certificate in a file.
pub(crate) fn read_certificate(path: &Path) -> Result<Certificate, ProviderError> {
    Certificate::from_pem(read(path)?.as_bytes()).map_err(ProviderError::Signer)
}

/// A certificate's file as text.
fn read(path: &Path) -> Result<String, ProviderError> {
    std::fs::read_to_string(path)
        .map_err(|source| ProviderError::File { path: path.to_owned(), source })
}
