//! What a virtual card keeps when it has no power, and the JSON file it is kept in.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use openssl::error::ErrorStack;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::key::{CardKey, KeySlot};
use crate::{
    personalise::{Factory, ManagementKey, factory},
    pin::PIN_BLOCK,
    tlv::TlvError,
};

/// No card file is longer.
const MAX_FILE: u64 = 1024 * 1024;
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

    pub fn load(file: &Path) -> Result<Self, VirtualCardError> {
        let mut text = Zeroizing::new(Vec::new());
        fs::File::open(file)?.take(MAX_FILE).read_to_end(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Replaces the file whole, so that a crash leaves the old one or the new one.
    pub fn save(&self, file: &Path) -> Result<(), VirtualCardError> {
        let text = Zeroizing::new(serde_json::to_vec_pretty(self)?);
        let draft = draft_of(file);
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&draft)?.write_all(&text)?;
        Ok(fs::rename(&draft, file)?)
    }
}

fn draft_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
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

/// Bytes as lower-case hexadecimal text.
mod hex {
    use data_encoding::HEXLOWER_PERMISSIVE as HEX;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &impl AsRef<[u8]>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&HEX.encode(bytes.as_ref()))
    }

    pub fn deserialize<'de, D, B>(from: D) -> Result<B, D::Error>
    where
        D: Deserializer<'de>,
        B: TryFrom<Vec<u8>>,
    {
        let text = String::deserialize(from)?;
        let bytes = HEX.decode(text.as_bytes()).map_err(D::Error::custom)?;
        B::try_from(bytes).map_err(|_| D::Error::custom("wrong number of bytes"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    #[test]
    fn a_saved_card_is_loaded_the_same_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("card.json");
        let mut memory = Memory::blank(9);
        memory.pin.spend_try();
        memory.save(&file).unwrap();
        let loaded = Memory::load(&file).unwrap();
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
        assert!(matches!(Memory::load(&file), Err(VirtualCardError::File(_))));
        fs::write(&file, "{}").unwrap();
        assert!(matches!(Memory::load(&file), Err(VirtualCardError::Format(_))));
    }

    proptest! {
        #[test]
        fn any_file_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("card.json");
            fs::write(&file, bytes).unwrap();
            prop_assert!(Memory::load(&file).is_err());
        }
    }
}
