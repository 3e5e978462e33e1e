//! Signed notes (C2SP signed-note): the text form in which a tree head is signed and published.
//!
//! Ed25519 (signature type 0x01) rather than ECDSA, because it is the type that the witnesses and
//! verifiers of other transparency logs all read, and it needs no randomness at signing.

use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use data_encoding::BASE64;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use warifu_service::Entropy;
use zeroize::Zeroizing;

use crate::named_key::{NamedKey, Role};

/// Bytes of a note that is read.
const MAX_NOTE: usize = 16 * 1024;
/// What stands before an Ed25519 seed in PKCS#8 (RFC 8410 section 7).
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Why a note is not accepted, or a key not read.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// Not a signed note, or a longer one than is read.
    #[error("log.note-malformed: not a signed note")]
    Malformed,
    /// No signature by the expected key.
    #[error("log.note-unsigned: not signed by the expected key")]
    Unsigned,
    /// A signature by the expected key that does not fit the text.
    #[error("log.note-signature: the signature does not fit the text")]
    Signature,
    /// Empty, or with a blank or a plus in it.
    #[error("log.key-name: {0:?} cannot name a key")]
    Name(String),
    /// Not a verifier key of type Ed25519.
    #[error("log.verifier-key: not an Ed25519 verifier key")]
    VerifierKey,
    /// The key file cannot be read or written.
    #[error("log.key-file: {}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The file holds no Ed25519 private key in PKCS#8.
    #[error("log.key-file: not an Ed25519 private key in PKCS#8")]
    PrivateKey,
    /// The signing device refuses.
    #[error("log.signer: {0}")]
    Signer(String),
}

/// Signs notes. Where the private key lives is the implementor's business.
pub trait NoteSigner: Send + Sync + 'static {
    /// What verifies the signatures.
    fn verifier(&self) -> &NoteVerifier;

    /// The Ed25519 signature over `text`.
    fn sign(&self, text: &[u8]) -> Result<[u8; 64], NoteError>;
}

/// A private key from a file.
pub struct NoteKey {
    pair: Ed25519KeyPair,
    pkcs8: Zeroizing<Vec<u8>>,
    verifier: NoteVerifier,
}

/// The public half: a name and an Ed25519 key. Its text form is the verifier key (vkey).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteVerifier(NamedKey);

impl NoteKey {
    /// A new key under `name`, which should be the log's origin.
    pub fn generate(name: &str, entropy: &dyn Entropy) -> Result<Self, NoteError> {
        let mut seed = Zeroizing::new([0; 32]);
        entropy.fill(seed.as_mut());
        let mut pkcs8 = Zeroizing::new(PKCS8_HEAD.to_vec());
        pkcs8.extend_from_slice(seed.as_ref());
        Self::from_pkcs8(name, pkcs8)
    }

    /// Reads a PEM file (`PRIVATE KEY`) as `openssl genpkey -algorithm ed25519` writes it.
    pub fn load(name: &str, path: &Path) -> Result<Self, NoteError> {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|cause| NoteError::File { path: path.to_owned(), cause })?;
        let body: Zeroizing<String> =
            Zeroizing::new(text.lines().filter(|line| !line.starts_with("-----")).collect());
        let pkcs8 = BASE64.decode(body.as_bytes()).map_err(|_| NoteError::PrivateKey)?;
        Self::from_pkcs8(name, Zeroizing::new(pkcs8))
    }

    /// Writes the key to a new PEM file that only its owner can read.
    pub fn save(&self, path: &Path) -> Result<(), NoteError> {
        let body = Zeroizing::new(BASE64.encode(&self.pkcs8));
        let pem = Zeroizing::new(format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            body.as_str()
        ));
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| file.write_all(pem.as_bytes()))
            .map_err(|cause| NoteError::File { path: path.to_owned(), cause })
    }

    fn from_pkcs8(name: &str, pkcs8: Zeroizing<Vec<u8>>) -> Result<Self, NoteError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8)
            .map_err(|_| NoteError::PrivateKey)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| NoteError::PrivateKey)?;
        Ok(Self { pair, pkcs8, verifier: NoteVerifier::new(name, public)? })
    }
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoteKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl NoteSigner for NoteKey {
    fn verifier(&self) -> &NoteVerifier {
        &self.verifier
    }

    fn sign(&self, text: &[u8]) -> Result<[u8; 64], NoteError> {
        let signature = self.pair.sign(text);
        signature.as_ref().try_into().map_err(|_| NoteError::Signer("wrong length".into()))
    }
}

impl NoteVerifier {
    /// A verifier for signatures under `name` by the key with these 32 `public` bytes (RFC 8032).
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, NoteError> {
        Ok(Self(NamedKey::new(name, Role::Signs, public)?))
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The 32 bytes of the key.
    pub fn public(&self) -> [u8; 32] {
        self.0.public()
    }

    /// Gives the text of `note` once a signature by this key is found to fit it.
    pub fn open<'note>(&self, note: &'note str) -> Result<&'note str, NoteError> {
        let (text, _) = split(note)?;
        let own = self.0.signatures_on(note)?;
        let own = own.first().ok_or(NoteError::Unsigned)?;
        self.0.verify(text.as_bytes(), own)?;
        Ok(text)
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for NoteVerifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NamedKey::parse(text, Role::Signs).map(Self)
    }
}

/// Signs `text`, which must end in a newline.
pub fn sign(text: &str, signer: &dyn NoteSigner) -> Result<String, NoteError> {
    let line = signer.verifier().0.line(&signer.sign(text.as_bytes())?);
    Ok(format!("{text}\n{line}"))
}

/// Text (with its final newline) and signature lines.
pub(crate) fn split(note: &str) -> Result<(&str, &str), NoteError> {
    if note.len() > MAX_NOTE || note.chars().any(|c| c < ' ' && c != '\n') || !note.ends_with('\n')
    {
        return Err(NoteError::Malformed);
    }
    let place = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
    let (text, rest) = note.split_at_checked(place + 1).ok_or(NoteError::Malformed)?;
    rest.strip_prefix('\n').map(|signatures| (text, signatures)).ok_or(NoteError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use warifu_service::clock::SeededEntropy;

    fn key(seed: u64) -> NoteKey {
        NoteKey::generate("relay.example/log", &SeededEntropy::new(seed)).unwrap()
    }

    /// The example of the C2SP signed-note specification.
    #[test]
    fn the_published_example_is_accepted() {
        let verifier: NoteVerifier =
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
                .parse()
                .unwrap();
        let note = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1\
                    YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        assert_eq!(verifier.open(note).unwrap(), "This is an example message.\n");
    }

    #[test]
    fn a_signed_note_opens_and_the_verifier_key_reads_back() {
        let key = key(1);
        let note = sign("a\n1\nb\n", &key).unwrap();
        let verifier: NoteVerifier = key.verifier().to_string().parse().unwrap();
        assert_eq!(verifier.open(&note).unwrap(), "a\n1\nb\n");
    }

    #[test]
    fn other_keys_and_other_texts_are_refused() {
        let note = sign("a\n1\nb\n", &key(1)).unwrap();
        assert!(matches!(key(2).verifier().open(&note), Err(NoteError::Unsigned)));
        let altered = note.replacen('1', "2", 1);
        assert!(matches!(key(1).verifier().open(&altered), Err(NoteError::Signature)));
        assert!(matches!(key(1).verifier().open("a\n1\nb\n"), Err(NoteError::Malformed)));
    }

    #[test]
    fn signatures_of_witnesses_are_passed_over() {
        let key = key(1);
        let note = sign("a\n", &key).unwrap();
        let cosigned = note.replace("\n\n", "\n\n— witness.example AAAAAAAA\n");
        assert_eq!(key.verifier().open(&cosigned).unwrap(), "a\n");
    }

    #[test]
    fn a_saved_key_signs_the_same_and_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log-key.pem");
        let first = key(1);
        first.save(&path).unwrap();
        let again = NoteKey::load("relay.example/log", &path).unwrap();
        assert_eq!(sign("a\n", &first).unwrap(), sign("a\n", &again).unwrap());
        assert!(matches!(first.save(&path), Err(NoteError::File { .. })));
    }

    #[test]
    fn names_that_break_the_form_are_refused() {
        for name in ["", "a b", "a+b"] {
            let made = NoteKey::generate(name, &SeededEntropy::new(1));
            assert!(matches!(made, Err(NoteError::Name(_))), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_known(text in "(?s).{0,300}") {
            prop_assert!(key(1).verifier().open(&text).is_err());
            let _ = text.parse::<NoteVerifier>();
        }

        #[test]
        fn a_note_with_any_byte_changed_is_refused(place in 0usize..100, add in 1u8..26) {
            let key = key(1);
            let note = sign("relay.example/log\n12\nroot\n", &key).unwrap();
            let mut bytes = note.clone().into_bytes();
            let place = place % bytes.len();
            bytes[place] = bytes[place].wrapping_add(add);
            if let Ok(altered) = String::from_utf8(bytes) {
                prop_assert!(key.verifier().open(&altered).is_err());
            }
        }
    }
}
