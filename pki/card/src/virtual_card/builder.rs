//! Personalising a virtual card: what an issuer puts on it before it is handed out.

use std::{collections::BTreeMap, path::Path};

use openssl::{pkey::PKey, x509::X509};

use super::{
    Randomness, VirtualPiv,
    key::{CardKey, KeySlot},
    memory::{Memory, Secret, VirtualCardError},
    objects,
};
use crate::{pin::Pin, piv::Guid};

/// The management key that cards of this kind come with from the factory.
const FACTORY_MANAGEMENT_KEY: [u8; 24] =
    [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8];
/// Wrong PINs and PUKs that the card bears.
const TRIES: u8 = 3;

/// A card in the making.
pub struct VirtualPivBuilder {
    memory: Memory,
}

impl VirtualPivBuilder {
    pub(super) fn new(guid: Guid, pin: &Pin, puk: &Pin) -> Self {
        let [.., a, b, c, d] = guid.0;
        let memory = Memory {
            guid: guid.0,
            serial: u32::from_be_bytes([a, b, c, d]),
            pin: Secret::new(*pin.block(), TRIES),
            puk: Secret::new(*puk.block(), TRIES),
            management_key: FACTORY_MANAGEMENT_KEY.to_vec(),
            keys: BTreeMap::new(),
            objects: objects::of_new_card(guid),
        };
        Self { memory }
    }

    /// Puts a key (PEM, PKCS#8) and the certificate for it (DER) into a slot.
    ///
    /// RSA-2048, P-256 or P-384; key and certificate must belong together.
    pub fn key(
        mut self,
        slot: KeySlot,
        private_key_pem: &[u8],
        certificate_der: &[u8],
    ) -> Result<Self, VirtualCardError> {
        let key = PKey::private_key_from_pem(private_key_pem)?;
        if !X509::from_der(certificate_der)?.public_key()?.public_eq(&key) {
            return Err(VirtualCardError::KeyMismatch);
        }
        self.memory.keys.insert(slot, CardKey::new(&key)?);
        let object = objects::certificate(certificate_der)?;
        self.memory.objects.insert(slot.certificate_name(), object);
        Ok(self)
    }

    /// The 3DES key (24 bytes) with which the card is administered, instead of the well-known one.
    #[must_use]
    pub fn management_key(mut self, key: [u8; 24]) -> Self {
        self.memory.management_key = key.to_vec();
        self
    }

    /// How many wrong PINs (and PUKs) block the card, 1 to 15, instead of 3.
    #[must_use]
    pub fn tries(mut self, tries: u8) -> Self {
        let tries = tries.clamp(1, 15);
        self.memory.pin.set_limit(tries);
        self.memory.puk.set_limit(tries);
        self
    }

    #[cfg(test)]
    pub(super) fn into_memory(self) -> Memory {
        self.memory
    }

    /// The card, in memory only.
    pub fn finish(self, random: Randomness) -> VirtualPiv {
        VirtualPiv::new(self.memory, None, random)
    }

    /// The card, kept in a file (mode 0600) that is written now and at every change.
    pub fn finish_in(
        self,
        file: &Path,
        random: Randomness,
    ) -> Result<VirtualPiv, VirtualCardError> {
        self.memory.save(file)?;
        Ok(VirtualPiv::new(self.memory, Some(file.to_owned()), random))
    }
}
