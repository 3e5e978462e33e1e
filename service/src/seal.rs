//! Sealed columns: a stolen copy of one database must tell nothing about who is who elsewhere.
//!
//! What is sensitive is sealed with AES-256-GCM (NIST SP 800-38D) under the ring's current key,
//! whose id stands in front of it, so that keys rotate without downtime. What must be found again
//! is looked up by a keyed hash (HMAC-SHA256), which without the key says nothing.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::clock::Entropy;

const KEY_BYTES: usize = 32;

/// Why a sealed column or a key file cannot be used. Says nothing about what was sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key file cannot be read or written.
    #[error("seal.file: {}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The key file is not what it should be.
    #[error("seal.keys: {}: the key file is not valid", .0.display())]
    Keys(PathBuf),
    /// Sealed with a key that the ring does not hold.
    #[error("seal.unknown-key: sealed with a key that is not in the ring")]
    UnknownKey,
    /// Altered, of another place, or not sealed at all.
    #[error("seal.broken: the sealed bytes do not open")]
    Broken,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    current: String,
    lookup: String,
    keys: BTreeMap<String, String>,
}

/// The keys of one party's columns.
pub struct KeyRing {
    current: String,
    keys: BTreeMap<String, LessSafeKey>,
    lookup: hmac::Key,
    file: Zeroizing<String>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing").field("current", &self.current).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// A ring of one new key, named `id` (at most 255 bytes).
    pub fn generate(id: &str, entropy: &dyn Entropy) -> Result<Self, SealError> {
        let fresh = || {
            let mut bytes = Zeroizing::new([0; KEY_BYTES]);
            entropy.fill(bytes.as_mut());
            BASE64.encode(bytes.as_ref())
        };
        let file = KeyFile {
            current: id.to_owned(),
            lookup: fresh(),
            keys: BTreeMap::from([(id.to_owned(), fresh())]),
        };
        let text = toml::to_string(&file).map_err(|_| SealError::Keys(PathBuf::new()))?;
        Self::parse(&text).ok_or_else(|| SealError::Keys(PathBuf::new()))
    }

    /// Reads a ring from its TOML file.
    pub fn load(path: &Path) -> Result<Self, SealError> {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|cause| SealError::File { path: path.to_owned(), cause })?;
        Self::parse(&text).ok_or_else(|| SealError::Keys(path.to_owned()))
    }

    /// Writes the ring to a new file that only its owner can read.
    pub fn save(&self, path: &Path) -> Result<(), SealError> {
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| file.write_all(self.file.as_bytes()))
            .map_err(|cause| SealError::File { path: path.to_owned(), cause })
    }

    fn parse(text: &str) -> Option<Self> {
        let file: KeyFile = toml::from_str(text).ok()?;
        let mut keys = BTreeMap::new();
        for (id, key) in &file.keys {
            let bytes = Zeroizing::new(BASE64.decode(key.as_bytes()).ok()?);
            let key = UnboundKey::new(&AES_256_GCM, &bytes).ok()?;
            u8::try_from(id.len()).ok()?;
            keys.insert(id.clone(), LessSafeKey::new(key));
        }
        let lookup = Zeroizing::new(BASE64.decode(file.lookup.as_bytes()).ok()?);
        if lookup.len() != KEY_BYTES || !keys.contains_key(&file.current) {
            return None;
        }
        let lookup = hmac::Key::new(hmac::HMAC_SHA256, &lookup);
        Some(Self { current: file.current, keys, lookup, file: Zeroizing::new(text.to_owned()) })
    }

    /// Seals `plain` for one place, named by `context` (table, column, row): it opens nowhere
    /// else. Shape: one byte key-id length, key id, 12-byte nonce, ciphertext with tag.
    pub fn seal(&self, context: &[u8], plain: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let length = u8::try_from(self.current.len()).unwrap_or(u8::MAX);
        let head = 1 + self.current.len() + NONCE_LEN;
        let mut out = Vec::with_capacity(head + plain.len() + AES_256_GCM.tag_len());
        out.push(length);
        out.extend_from_slice(self.current.as_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plain);
        let sealed = self.keys.get(&self.current).zip(out.get_mut(head..)).map(|(key, body)| {
            let nonce = Nonce::assume_unique_for_key(nonce);
            key.seal_in_place_separate_tag(nonce, Aad::from(context), body)
        });
        let Some(Ok(tag)) = sealed else {
            // The ring always holds its current key, and GCM fails only beyond 64 GiB.
            std::process::abort();
        };
        out.extend_from_slice(tag.as_ref());
        out
    }

    /// Whether `sealed` names the current key; if not, it is to be sealed again before its key
    /// leaves the ring.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        let Some((length, rest)) = sealed.split_first() else { return false };
        rest.get(..usize::from(*length)) == Some(self.current.as_bytes())
    }

    /// Opens what was sealed for the same `context`.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (length, rest) = sealed.split_first().ok_or(SealError::Broken)?;
        let (id, rest) = rest.split_at_checked(usize::from(*length)).ok_or(SealError::Broken)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(SealError::Broken)?;
        let id = std::str::from_utf8(id).map_err(|_| SealError::Broken)?;
        let key = self.keys.get(id).ok_or(SealError::UnknownKey)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Broken)?;
        let mut body = body.to_vec();
        let opened = key.open_in_place(nonce, Aad::from(context), &mut body);
        let length = opened.map_err(|_| SealError::Broken)?.len();
        body.truncate(length);
        Ok(body)
    }

    /// As [`open`](Self::open), for text.
    pub fn open_text(&self, context: &[u8], sealed: &[u8]) -> Result<String, SealError> {
        String::from_utf8(self.open(context, sealed)?).map_err(|_| SealError::Broken)
    }

    /// The keyed hash under which `value` is found again in the column named by `context`.
    pub fn lookup(&self, context: &str, value: &[u8]) -> [u8; 32] {
        let mut hash = hmac::Context::with_key(&self.lookup);
        hash.update(context.as_bytes());
        hash.update(&[0]);
        hash.update(value);
        let mut out = [0; 32];
        for (to, from) in out.iter_mut().zip(hash.sign().as_ref()) {
            *to = *from;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededEntropy;

    fn ring(seed: u64) -> (KeyRing, SeededEntropy) {
        let entropy = SeededEntropy::new(seed);
        (KeyRing::generate("2026-11", &entropy).unwrap(), entropy)
    }

    #[test]
    fn sealed_opens_only_in_its_place() {
        let (ring, entropy) = ring(1);
        let sealed = ring.seal(b"link/1", b"secret", &entropy);
        assert_eq!(ring.open(b"link/1", &sealed).unwrap(), b"secret");
        assert!(matches!(ring.open(b"link/2", &sealed), Err(SealError::Broken)));
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn any_altered_byte_is_noticed() {
        let (ring, entropy) = ring(1);
        let sealed = ring.seal(b"x", b"secret", &entropy);
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[place] ^= 1;
            assert!(ring.open(b"x", &altered).is_err(), "byte {place}");
            assert!(ring.open(b"x", &sealed[..place]).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn another_ring_opens_nothing_and_finds_nothing() {
        let ((one, entropy), (other, _)) = (ring(1), ring(2));
        let sealed = one.seal(b"x", b"secret", &entropy);
        assert!(other.open(b"x", &sealed).is_err());
        assert_ne!(one.lookup("c", b"v"), other.lookup("c", b"v"));
        assert_ne!(one.lookup("c", b"v"), one.lookup("d", b"v"));
        assert_eq!(one.lookup("c", b"v"), one.lookup("c", b"v"));
    }

    #[test]
    fn a_saved_ring_reads_back_and_is_not_overwritten() {
        use std::os::unix::fs::PermissionsExt as _;
        let (ring, entropy) = ring(1);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.toml");
        ring.save(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let sealed = ring.seal(b"x", b"secret", &entropy);
        assert_eq!(KeyRing::load(&path).unwrap().open(b"x", &sealed).unwrap(), b"secret");
        assert!(matches!(ring.save(&path), Err(SealError::File { .. })));
    }

    #[test]
    fn a_retired_key_still_opens() {
        let (old, entropy) = ring(1);
        let sealed = old.seal(b"x", b"secret", &entropy);
        let fresh = BASE64.encode(&[7; 32]);
        let text = old
            .file
            .replace("current = \"2026-11\"", "current = \"2027-01\"")
            .replace("[keys]", &format!("[keys]\n2027-01 = \"{fresh}\""));
        let rotated = KeyRing::parse(&text).unwrap();
        assert_eq!(rotated.open(b"x", &sealed).unwrap(), b"secret");
        assert!(!rotated.is_current(&sealed) && old.is_current(&sealed));
        let again = rotated.seal(b"x", b"secret", &entropy);
        assert!(rotated.is_current(&again) && !rotated.is_current(b""));
        assert!(matches!(old.open(b"x", &again), Err(SealError::UnknownKey)));
    }
}
