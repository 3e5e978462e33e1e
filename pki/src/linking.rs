//! `[linking]` of a holder of records: whose vouchers it believes, and with which key it opens them.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::jose::JoseError;
use crate::{FileKey, KeyError, PublicKey, VoucherOpener};

/// Whose vouchers are believed when a card is to be linked to a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkingConfig {
    /// PEM file with the holder's own private key (P-256), to which vouchers are sealed.
    pub key: PathBuf,
    /// The card office as its vouchers name it, e.g. `https://office.example.jp`.
    pub office: String,
    /// PEM file with the public key (P-256) that the office signs its vouchers with.
    pub office_key: PathBuf,
}

/// Why vouchers cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum LinkingKeyError {
    /// A key cannot be used.
    #[error("linking.key: {}: {cause}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: KeyError,
    },
    /// A key is not P-256.
    #[error("linking.key: {0}")]
    Kind(#[from] JoseError),
}

impl LinkingConfig {
    /// Reads the keys. `audience` is the holder as vouchers name it.
    pub fn opener(&self, audience: impl Into<String>) -> Result<VoucherOpener, LinkingKeyError> {
        let own = FileKey::load(&self.key).map_err(failed(&self.key))?;
        let path = &self.office_key;
        let pem = std::fs::read(path)
            .map_err(|source| KeyError::File { path: path.display().to_string(), source })
            .map_err(failed(path))?;
        let office = PublicKey::from_pem(&pem).map_err(failed(path))?;
        Ok(VoucherOpener::new(&own, office, &self.office, audience)?)
    }
}

fn failed(path: &Path) -> impl Fn(KeyError) -> LinkingKeyError {
    let path = path.to_owned();
    move |cause| LinkingKeyError::Key { path: path.clone(), cause }
}
