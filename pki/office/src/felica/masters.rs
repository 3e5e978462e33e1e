//! The keys of cards, made from the master keys.

use warifu_card::felica::{CardKey, diversify};
use warifu_pki::MasterKeys;

use super::{FelicaDeskError, FelicaSettings};

/// The master keys, as the desk uses them.
#[derive(Debug)]
pub(super) struct Masters(MasterKeys);

impl Masters {
    pub(super) fn open(settings: &FelicaSettings) -> Result<Self, FelicaDeskError> {
        Ok(Self(MasterKeys::open(&settings.masters)?))
    }

    pub(super) fn newest(&self) -> u16 {
        self.0.newest()
    }

    /// All versions, newest first.
    pub(super) fn versions(&self) -> Vec<u16> {
        self.0.versions().rev().collect()
    }

    /// That version, then each later one.
    pub(super) fn from(&self, version: u16) -> Result<Vec<u16>, FelicaDeskError> {
        if self.0.of_version(version).is_none() {
            return Err(FelicaDeskError::NoMaster(version));
        }
        Ok(self.0.versions().filter(|other| *other >= version).collect())
    }

    /// The key of the card with that ID block.
    pub(super) fn key(&self, version: u16, id: &[u8; 16]) -> Result<CardKey, FelicaDeskError> {
        let master = self.0.of_version(version).ok_or(FelicaDeskError::NoMaster(version))?;
        Ok(diversify(&|block: [u8; 8]| master.encrypt_block(block), id)?)
    }
}
