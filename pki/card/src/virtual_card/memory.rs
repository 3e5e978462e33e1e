//! What a virtual PIV card keeps when it has no power.

use std::{collections::BTreeMap, io};

use openssl::error::ErrorStack;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    kept::hex,
    key::{CardKey, KeySlot},
};
use crate::{
    personalise::{Factory, ManagementKey, factory},
    pin::PIN_BLOCK,
    tlv::TlvError,
};

/// Wrong PINs and PUKs that a card bears.
const TRIES: u8 = 3;

/// Why a virtual card could not be made, loaded or saved.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VirtualCardError {
    /// The file could not be read or written.
    #[error("the card file cannot be used: {0}")]
    File(#[from] io::Error),
    /// The file is no card.
    #[error("the card file is not a card: {0}")]
    Format(#[from] serde_json::Error),
    /// The key or certificate cannot be read.
    #[error("the key or certificate cannot be read: {0}")]
    Crypto(#[from] ErrorStack),
    /// Neither RSA-2048 nor P-256 nor P-384.
    #[error("the card cannot hold a key of this kind")]
    UnsupportedKey,
    /// The certificate is for another key.
    #[error("the certificate does not belong to the key")]
    KeyMismatch,
    /// The PIN has not the form of such a card's.
    #[error("the card has PINs of another form")]
    Pin,
    /// The certificate is too large for the card.
    #[error("the certificate is too large for the card")]
    TooLarge,
}

impl From<TlvError> for VirtualCardError {
    fn from(_: TlvError) -> Self {
        Self::TooLarge
    }
}

/// Everything lasting.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Memory {
    pub serial: u32,
    pub pin: Secret,
    pub puk: Secret,
    #[serde(with = "management_key")]
    pub management_key: ManagementKey,
    pub keys: BTreeMap<KeySlot, CardKey>,
    pub objects: BTreeMap<ObjectName, Object>,
}

/// The tag of a data object: three bytes, the first of which is 5F.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ObjectName(#[serde(with = "hex")] pub [u8; 3]);

impl ObjectName {
    pub const fn of_tag(tag: u32) -> Self {
        let [_, name @ ..] = tag.to_be_bytes();
        Self(name)
    }
}

/// The content of a data object, which GET DATA wraps in tag 53.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Object(#[serde(with = "hex")] pub Vec<u8>);

/// A PIN or PUK with its counter.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(super) struct Secret {
    #[serde(with = "hex")]
    value: [u8; PIN_BLOCK],
    tries_left: u8,
    tries: u8,
}

impl Secret {
    pub fn new(value: [u8; PIN_BLOCK], tries: u8) -> Self {
        Self { value, tries_left: tries, tries }
    }

    pub fn set_limit(&mut self, tries: u8) {
        self.tries = tries;
        self.tries_left = tries;
    }

    pub const fn tries_left(&self) -> u8 {
        self.tries_left
    }

    pub const fn tries(&self) -> u8 {
        self.tries
    }

    /// Takes one try away. To be saved before the guess is looked at, or pulling the card at the
    /// right moment would give endless guesses.
    pub const fn spend_try(&mut self) {
        self.tries_left = self.tries_left.saturating_sub(1);
    }

    pub const fn restore_tries(&mut self) {
        self.tries_left = self.tries;
    }

    pub fn is(&self, guess: [u8; PIN_BLOCK]) -> bool {
        openssl::memcmp::eq(&self.value, &guess)
    }

    /// Takes a new value and gives all tries back.
    pub const fn replace(&mut self, value: [u8; PIN_BLOCK]) {
        self.value = value;
        self.restore_tries();
    }
}

impl Memory {
    /// As it comes from the factory.
    pub fn blank(serial: u32) -> Self {
        Self {
            serial,
            pin: Secret::new(factory::PIN, TRIES),
            puk: Secret::new(factory::PUK, TRIES),
            management_key: Factory::default().management_key,
            keys: BTreeMap::new(),
            objects: BTreeMap::new(),
        }
    }
}

/// The number of the cipher and the key, as hexadecimal text.
mod management_key {
    use data_encoding::HEXLOWER_PERMISSIVE as HEX;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use zeroize::Zeroizing;

    use crate::personalise::{ManagementAlgorithm, ManagementKey};

    pub fn serialize<S: Serializer>(key: &ManagementKey, to: S) -> Result<S::Ok, S::Error> {
        let whole = Zeroizing::new([&[key.algorithm().piv_id()], key.bytes()].concat());
        to.serialize_str(&Zeroizing::new(HEX.encode(&whole)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ManagementKey, D::Error> {
        let text = Zeroizing::new(String::deserialize(from)?);
        let whole = Zeroizing::new(HEX.decode(text.as_bytes()).map_err(D::Error::custom)?);
        let (id, bytes) = whole.split_first().ok_or_else(|| D::Error::custom("no key"))?;
        let algorithm = ManagementAlgorithm::of_piv_id(*id);
        let algorithm = algorithm.ok_or_else(|| D::Error::custom("an unknown cipher"))?;
        ManagementKey::new(algorithm, bytes).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use std::{fs, path::Path};

    use super::*;
    use crate::virtual_card::kept::Kept;

    fn load(file: &Path) -> Result<Memory, VirtualCardError> {
        Ok(Kept::load(file)?.memory)
    }

    #[test]
    fn a_saved_card_is_loaded_the_same_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("card.json");
        let mut memory = Memory::blank(9);
        memory.pin.spend_try();
        let memory = Kept::in_file(memory, &file).unwrap().memory;
        let loaded = load(&file).unwrap();
        assert_eq!(loaded.pin.tries_left(), 2);
        assert!(loaded.pin.is(*b"123456\xFF\xFF"));
        assert!(loaded.objects == memory.objects);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn what_is_no_card_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("card.json");
        assert!(matches!(load(&file), Err(VirtualCardError::File(_))));
        fs::write(&file, "{}").unwrap();
        assert!(matches!(load(&file), Err(VirtualCardError::Format(_))));
    }

    proptest! {
        #[test]
        fn any_file_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("card.json");
            fs::write(&file, bytes).unwrap();
            prop_assert!(load(&file).is_err());
        }
    }
}
