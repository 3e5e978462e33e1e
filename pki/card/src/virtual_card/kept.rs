//! A virtual card's lasting memory, in memory only or in a JSON file.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::VirtualCardError;

/// No card file is longer.
const MAX_FILE: u64 = 1024 * 1024;

/// What a card keeps when it has no power, and where.
pub(super) struct Kept<M> {
    pub memory: M,
    file: Option<PathBuf>,
}

impl<M: Serialize + DeserializeOwned> Kept<M> {
    /// In memory only.
    pub const fn loose(memory: M) -> Self {
        Self { memory, file: None }
    }

    /// In a file (mode 0600) that is written now and at every change.
    pub fn in_file(memory: M, file: &Path) -> Result<Self, VirtualCardError> {
        let kept = Self { memory, file: Some(file.to_owned()) };
        kept.save()?;
        Ok(kept)
    }

    /// Out of the file it is kept in.
    pub fn load(file: &Path) -> Result<Self, VirtualCardError> {
        let mut text = Zeroizing::new(Vec::new());
        fs::File::open(file)?.take(MAX_FILE).read_to_end(&mut text)?;
        Ok(Self { memory: serde_json::from_slice(&text)?, file: Some(file.to_owned()) })
    }

    /// Keeps what changed. Replaces the file whole, so that a crash leaves the old one or the new.
    pub fn save(&self) -> Result<(), VirtualCardError> {
        let Some(file) = &self.file else { return Ok(()) };
        let text = Zeroizing::new(serde_json::to_vec_pretty(&self.memory)?);
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

/// Bytes as lower-case hexadecimal text.
pub(super) mod hex {
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
