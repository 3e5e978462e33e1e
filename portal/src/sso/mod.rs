//! Signing in and out: the service provider's side of SAML 2.0.
//!
//! A sign-in begins in one browser and ends in the same: the AuthnRequest is bound to a cookie,
//! the assertion consumer hands out a handle that only that browser can turn into a session.

pub mod arrivals;
pub mod begin;
pub mod browser;
pub mod consume;
pub mod finish;
mod left;
pub mod logout;
pub mod metadata;
pub mod names;
pub mod providers;
pub mod requests;
pub mod sessions;
pub mod slo;

use std::path::Path;
use std::sync::Arc;

use axum::http::HeaderValue;
use jiff::Timestamp;
use warifu_saml::{
    Certificate, DecryptionKey, KeyError, KeySigner, MetadataError, Policy, ServiceProvider,
};

use self::providers::Providers;
use crate::config::PortalConfig;

/// Why the SAML side cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SamlSetupError {
    /// A file cannot be read.
    #[error("saml.file: {path}: {cause}")]
    File {
        /// Which file.
        path: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A key or certificate cannot be used.
    #[error("saml.key: {path}: {cause}")]
    Key {
        /// Which file.
        path: String,
        /// What is wrong.
        cause: KeyError,
    },
    /// The metadata of an identity provider cannot be used.
    #[error("saml.metadata: {path}: {cause}")]
    Metadata {
        /// Which file.
        path: String,
        /// What is wrong.
        cause: MetadataError,
    },
    /// The metadata files name no identity provider.
    #[error("saml.metadata: no identity provider in any file of saml.identity_providers")]
    NoProvider,
}

/// The portal as a service provider: its keys and addresses.
pub struct Own {
    /// Verifies and decrypts.
    pub provider: Arc<ServiceProvider>,
    /// Where identity providers end sessions.
    pub slo_url: String,
    /// Signs requests and metadata.
    pub signer: KeySigner,
    /// The certificate that assertions are encrypted to.
    pub encryption: Certificate,
}

/// The portal as a service provider, and whom it trusts.
pub struct Saml {
    /// The portal's own side.
    pub own: Own,
    /// Whom the portal trusts.
    pub providers: Providers,
}

impl Own {
    /// Reads the keys.
    pub fn load(config: &PortalConfig) -> Result<Self, SamlSetupError> {
        let saml = &config.saml;
        let decryption = keyed(&saml.decryption_key, DecryptionKey::from_pem)?;
        let provider = ServiceProvider {
            entity_id: config.entity_id(),
            acs_url: config.acs_url(),
            decryption_keys: vec![decryption],
            policy: Policy::default(),
        };
        let certificate = file(&saml.signing_certificate)?;
        Ok(Self {
            provider: Arc::new(provider),
            slo_url: config.slo_url(),
            signer: keyed(&saml.signing_key, |pem| KeySigner::from_pem(pem, &certificate))?,
            encryption: keyed(&saml.decryption_certificate, Certificate::from_pem)?,
        })
    }
}

impl Saml {
    /// Reads the keys, and the metadata of the others as of `now`.
    pub fn load(config: &PortalConfig, now: Timestamp) -> Result<Self, SamlSetupError> {
        Ok(Self { own: Own::load(config)?, providers: Providers::load(&config.saml, now)? })
    }

    /// The content security policy of pages: forms may lead on to the identity providers.
    pub fn page_policy(&self) -> HeaderValue {
        let origins = self.providers.origins().join(" ");
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
             connect-src 'self'; form-action 'self' {origins}; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        HeaderValue::from_str(&policy).unwrap_or_else(|_| warifu_service::web::page_policy())
    }
}

fn file(path: &Path) -> Result<Vec<u8>, SamlSetupError> {
    let failed = |cause| SamlSetupError::File { path: path.display().to_string(), cause };
    std::fs::read(path).map_err(failed)
}

/// Reads a file and makes a key or certificate of it.
fn keyed<T>(
    path: &Path,
    make: impl FnOnce(&[u8]) -> Result<T, KeyError>,
) -> Result<T, SamlSetupError> {
    let failed = |cause| SamlSetupError::Key { path: path.display().to_string(), cause };
    make(&file(path)?).map_err(failed)
}
