//! The master keys, by version.

use std::collections::BTreeMap;

use warifu_card::felica::{BlockCipher, CardKey, diversify};
use warifu_pki::{DiversificationKey, KeyError};

use super::{FelicaDeskError, FelicaSettings};

/// At least one, none of version zero, which is a blank card's.
#[derive(Debug)]
pub(super) struct Masters {
    newest: u16,
    keys: BTreeMap<u16, Master>,
}

#[derive(Debug)]
struct Master(DiversificationKey);

impl BlockCipher for Master {
    type Error = KeyError;

    fn encrypt(&self, block: [u8; 8]) -> Result<[u8; 8], KeyError> {
        self.0.encrypt_block(block)
    }
}

impl Masters {
    pub(super) fn open(settings: &FelicaSettings) -> Result<Self, FelicaDeskError> {
        let mut keys = BTreeMap::new();
        for master in &settings.masters {
            if master.version == 0 {
                return Err(FelicaDeskError::Settings("version 0 is that of blank cards"));
            }
            let key = Master(DiversificationKey::open(&master.key)?);
            if keys.insert(master.version, key).is_some() {
                return Err(FelicaDeskError::Settings("two master keys have the same version"));
            }
        }
        let newest = keys.last_key_value().map(|(version, _)| *version);
        let newest = newest.ok_or(FelicaDeskError::Settings("no master key is configured"))?;
        Ok(Self { newest, keys })
    }

    pub(super) fn newest(&self) -> u16 {
        self.newest
    }

    /// All versions, newest first.
    pub(super) fn versions(&self) -> Vec<u16> {
        self.keys.keys().rev().copied().collect()
    }

    /// That version, then each later one.
    pub(super) fn from(&self, version: u16) -> Result<Vec<u16>, FelicaDeskError> {
        if !self.keys.contains_key(&version) {
            return Err(FelicaDeskError::NoMaster(version));
        }
        Ok(self.keys.range(version..).map(|(version, _)| *version).collect())
    }

    /// The key of the card with that ID block.
    pub(super) fn key(&self, version: u16, id: &[u8; 16]) -> Result<CardKey, FelicaDeskError> {
        let master = self.keys.get(&version).ok_or(FelicaDeskError::NoMaster(version))?;
        Ok(diversify(master, id)?)
    }
}
