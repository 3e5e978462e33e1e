//! The master keys of FeliCa cards, by version: the card office and the identity provider both make
//! each card's own key from them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DiversificationKey, KeyError, KeySource};

/// A master key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MasterSettings {
    /// Its version, from 1 on, which is written onto each card; the highest is the newest.
    pub version: u16,
    /// Where the key is: a triple-DES key of 48 hexadecimal digits in a file, or a secret key in a
    /// token.
    pub key: KeySource,
}

/// Why master keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeysError {
    /// There are none, one has version zero, or two have the same version.
    #[error("{0}")]
    Settings(&'static str),
    /// One cannot be opened.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// At least one, none of version zero, which is a blank card's.
#[derive(Debug)]
pub struct MasterKeys {
    newest: u16,
    keys: BTreeMap<u16, DiversificationKey>,
}

impl MasterKeys {
    /// Opens the keys; those in a token are logged in to.
    pub fn open(settings: &[MasterSettings]) -> Result<Self, MasterKeysError> {
        let mut keys = BTreeMap::new();
        for master in settings {
            if master.version == 0 {
                return Err(MasterKeysError::Settings("version 0 is that of blank cards"));
            }
            let key = DiversificationKey::open(&master.key)?;
            if keys.insert(master.version, key).is_some() {
                return Err(MasterKeysError::Settings("two master keys have the same version"));
            }
        }
        let newest = keys.last_key_value().map(|(version, _)| *version);
        let newest = newest.ok_or(MasterKeysError::Settings("no master key is configured"))?;
        Ok(Self { newest, keys })
    }

    /// The version that new cards get.
    pub fn newest(&self) -> u16 {
        self.newest
    }

    /// All versions, oldest first.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = u16> {
        self.keys.keys().copied()
    }

    /// The key of that version.
    pub fn of_version(&self, version: u16) -> Option<&DiversificationKey> {
        self.keys.get(&version)
    }
}
