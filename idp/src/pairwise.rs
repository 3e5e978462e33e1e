//! Pairwise identifiers: every service provider knows a person by a name of its own, and no two
//! providers can join theirs (SAML V2.0 Subject Identifier Attributes Profile §3.4).

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::{BASE32_NOPAD, HEXLOWER_PERMISSIVE};
use ring::hmac;
use warifu_service::clock::Entropy;
use zeroize::Zeroizing;

use crate::person::PersonId;

/// The name under which the relay's own pairwise subject is made.
pub(crate) const RELAY: &str = "urn:warifu:relay";
/// The same for the card office.
pub(crate) const CARD_OFFICE: &str = "urn:warifu:ca";

const KEY_BYTES: usize = 32;
const SUBJECT_BYTES: usize = 20;

/// The secret that the identifiers hang on. Losing it gives everybody a new name everywhere;
/// leaking it lets providers join theirs.
pub struct PairwiseKey {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    key: hmac::Key,
}

/// Why there is no pairwise key.
#[derive(Debug, thiserror::Error)]
pub enum PairwiseKeyError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file does not hold 64 hexadecimal digits.
    #[error("{0}: a pairwise key is 64 hexadecimal digits")]
    Malformed(PathBuf),
}

impl PairwiseKey {
    /// Makes a new key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        entropy.fill(bytes.as_mut_slice());
        Self::new(bytes)
    }

    /// Reads a key that [`PairwiseKey::save`] wrote.
    pub fn load(path: &Path) -> Result<Self, PairwiseKeyError> {
        let text = std::fs::read(path).map(Zeroizing::new).map_err(|source| file(path, source))?;
        let decoded = HEXLOWER_PERMISSIVE.decode(text.trim_ascii()).map(Zeroizing::new);
        let bytes = decoded.ok().and_then(|bytes| bytes.as_slice().try_into().ok());
        bytes
            .map(|bytes| Self::new(Zeroizing::new(bytes)))
            .ok_or_else(|| PairwiseKeyError::Malformed(path.to_owned()))
    }

    /// Writes the key to a new file that its owner alone may read; never overwrites one.
    pub fn save(&self, path: &Path) -> Result<(), PairwiseKeyError> {
        let text = Zeroizing::new(HEXLOWER_PERMISSIVE.encode(self.bytes.as_slice()) + "\n");
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut out| out.write_all(text.as_bytes()))
            .map_err(|source| file(path, source))
    }

    /// The name of `person` for the party called `entity_id`: 32 lowercase base32 characters,
    /// always the same, 160 bits.
    pub fn subject(&self, entity_id: &str, person: &PersonId) -> String {
        self.name(&[entity_id, person.as_str()])
    }

    /// The name of `person` that lasts as a `NameID` (SAML core §8.3.7) for the party called
    /// `entity_id`; it has nothing in common with any pairwise identifier, its own included.
    pub(crate) fn lasting_name(&self, entity_id: &str, person: &PersonId) -> String {
        self.name(&["name-id", entity_id, person.as_str()])
    }

    /// The name of `person` that is the same for everybody (Subject Identifier Attributes Profile
    /// §3.3). Whoever is given it can join what they know with all others who are.
    pub(crate) fn everywhere(&self, person: &PersonId) -> String {
        self.name(&["subject-id", "", person.as_str()])
    }

    /// No part holds the byte that stands between them, so no two lists of parts look alike.
    fn name(&self, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                context.update(&[0]);
            }
            context.update(part.as_bytes());
        }
        let tag = context.sign();
        let head = tag.as_ref().get(..SUBJECT_BYTES).unwrap_or_default();
        BASE32_NOPAD.encode(head).to_ascii_lowercase()
    }

    fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, bytes.as_slice());
        Self { bytes, key }
    }
}

fn file(path: &Path, source: std::io::Error) -> PairwiseKeyError {
    PairwiseKeyError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warifu_service::clock::SeededEntropy;

    fn key() -> PairwiseKey {
        PairwiseKey::new(Zeroizing::new([7; KEY_BYTES]))
    }

    fn person(digit: char) -> PersonId {
        PersonId::parse(&digit.to_string().repeat(32)).unwrap()
    }

    #[test]
    fn a_name_is_stable_for_a_party_and_different_for_every_other() {
        let portal = key().subject("https://portal.example/saml", &person('a'));
        assert_eq!(portal, key().subject("https://portal.example/saml", &person('a')));
        assert_ne!(portal, key().subject("https://other.example/saml", &person('a')));
        assert_ne!(portal, key().subject("https://portal.example/saml", &person('b')));
        assert_ne!(portal, key().subject(RELAY, &person('a')));
    }

    #[test]
    fn no_kind_of_name_is_another_kinds() {
        let (key, portal, taro) = (key(), "https://portal.example/saml", person('a'));
        let names = [
            key.subject(portal, &taro),
            key.lasting_name(portal, &taro),
            key.lasting_name("https://other.example/saml", &taro),
            key.everywhere(&taro),
            key.everywhere(&person('b')),
            key.subject("name-id", &taro),
            key.subject("subject-id", &taro),
        ];
        for (at, name) in names.iter().enumerate() {
            assert!(!names.get(at + 1..).unwrap().contains(name), "{at}");
            assert!(name.len() == 32 && !name.starts_with('_'));
        }
    }

    /// The expected value was computed with another program (Python's hmac and base64).
    #[test]
    fn a_name_is_the_head_of_an_hmac_in_base32() {
        let subject = key().subject(RELAY, &person('a'));
        assert_eq!(subject.len(), 32);
        assert!(subject.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')));
        assert_eq!(subject, "r55sudz75y7gvu4itg7bgk34f37su53o");
    }

    #[test]
    fn a_key_file_is_private_and_reads_back() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairwise");
        let made = PairwiseKey::generate(&SeededEntropy::new(1));
        made.save(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let read = PairwiseKey::load(&path).unwrap();
        assert_eq!(read.subject(RELAY, &person('a')), made.subject(RELAY, &person('a')));
        assert!(made.save(&path).is_err(), "overwrote the key");
    }

    #[test]
    fn a_short_key_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "00ff").unwrap();
        assert!(matches!(PairwiseKey::load(file.path()), Err(PairwiseKeyError::Malformed(_))));
    }
}
