//! Services as data: the signed manifest that a connector publishes.
//!
//! An organisation writes its manifest as TOML, has it checked, and signs it where its key is: the
//! gateway only hands the signed form on. The relay believes it by a key of its configuration.

mod published;
mod signed;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_contract::services::{LARGEST_MANIFEST, ManifestError, ServiceManifest};

pub use published::{Published, PublishedError};
pub use signed::{ManifestVerifier, SignedManifestError, danger_unverified, sign};

/// The services that a gateway answers for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServicesConfig {
    /// The signed manifest, as `warifu connector sign-manifest` wrote it. It is read again
    /// whenever the relay asks for it.
    pub manifest: PathBuf,
}

/// Why a text is no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestTextError {
    /// Longer than [`LARGEST_MANIFEST`].
    #[error("manifest.large: more than {LARGEST_MANIFEST} bytes")]
    Large,
    /// Not TOML of the form.
    #[error("manifest.form: {0}")]
    Form(String),
    /// It contradicts itself.
    #[error(transparent)]
    Content(#[from] ManifestError),
}

/// Reads a manifest as an organisation writes it, and checks it.
pub fn read(text: &str) -> Result<ServiceManifest, ManifestTextError> {
    if text.len() > LARGEST_MANIFEST {
        return Err(ManifestTextError::Large);
    }
    let manifest: ServiceManifest =
        toml::from_str(text).map_err(|cause| ManifestTextError::Form(cause.to_string()))?;
    manifest.check()?;
    Ok(manifest)
}

#[cfg(test)]
mod tests;
