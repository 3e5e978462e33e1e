//! Personalising a virtual card: what an issuer puts on it before it is handed out.

use std::path::Path;

use openssl::{pkey::PKey, x509::X509};

use super::{
    Randomness, VirtualPiv,
    kept::Kept,
    key::{CardKey, KeySlot},
    memory::{Memory, VirtualCardError},
    objects,
};
use crate::{personalise::ManagementKey, pin::Pin, piv::Guid};

/// A card in the making.
pub struct VirtualPivBuilder {
    memory: Memory,
}

impl VirtualPivBuilder {
    /// A card as it comes from the factory.
    pub(super) fn blank(serial: u32) -> Self {
        Self { memory: Memory::blank(serial) }
    }

    pub(super) fn new(guid: Guid, pin: &Pin, puk: &Pin) -> Self {
        let [.., a, b, c, d] = guid.0;
        let mut memory = Memory::blank(u32::from_be_bytes([a, b, c, d]));
        memory.pin.replace(*pin.block());
        memory.puk.replace(*puk.block());
        memory.objects = objects::of_new_card(guid);
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

    /// The key with which the card is administered, instead of the well-known one.
    #[must_use]
    pub fn management_key(mut self, key: ManagementKey) -> Self {
        self.memory.management_key = key;
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

    /// The card, in memory only.
    pub fn finish(self, random: Randomness) -> VirtualPiv {
        VirtualPiv::new(Kept::loose(self.memory), random)
    }

    /// The card, kept in a file (mode 0600) that is written now and at every change.
    pub fn finish_in(
        self,
        file: &Path,
        random: Randomness,
    ) -> Result<VirtualPiv, VirtualCardError> {
        Ok(VirtualPiv::new(Kept::in_file(self.memory, file)?, random))
    }
}
