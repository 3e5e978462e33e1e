//! The signer seam and its first implementation, a key kept in a file.

mod diversification;
mod encrypted;
mod masters;
mod source;

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Private};
use openssl::rsa::Rsa;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use zeroize::Zeroizing;

use crate::pkcs11::TokenError;
use crate::{KeyAlgorithm, PublicKey};

pub use diversification::DiversificationKey;
pub use masters::{MasterKeys, MasterKeysError, MasterSettings};
pub(crate) use source::read_secret;
pub use source::{KeySource, TokenKey};

/// A PKCS#8 file of the largest key we take is below 3 KiB.
const MAX_KEY_FILE: u64 = 16 * 1024;

/// Something that signs: a key in a file, in a PKCS#11 token, in a card.
pub trait Signer: Send + Sync {
    /// The kind of the key, which also fixes the digest.
    fn algorithm(&self) -> KeyAlgorithm;

    /// The public key as `SubjectPublicKeyInfo`, DER.
    fn public_key_der(&self) -> &[u8];

    /// Signs the message (not its digest). ECDSA signatures are DER (RFC 3279 §2.2.3), RSA ones
    /// PKCS#1 v1.5.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// The signer could not sign.
#[derive(Debug, thiserror::Error)]
#[error("the key could not sign")]
pub struct SignError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl SignError {
    /// Wraps what the key's home said.
    pub fn new(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

/// A key could not be read, made or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not a key at all, or not in canonical form.
    #[error("this is not a key")]
    Malformed,
    /// A key of a kind or size that Warifu does not use.
    #[error("keys of this kind or size are not used")]
    Unsupported,
    /// The file could not be read or written; an existing file is never replaced.
    #[error("the key file {path} could not be used")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A key that is encrypted, where no passphrase was given.
    #[error("the key is encrypted, and no passphrase is given")]
    Encrypted,
    /// A passphrase was given for a key that is not encrypted PKCS#8.
    #[error("a passphrase is given, but the key is not encrypted")]
    NotEncrypted,
    /// Not this key's passphrase.
    #[error("the passphrase does not open the key")]
    WrongPassphrase,
    /// A file that should hold a passphrase or a PIN on its one line.
    #[error("{path} should hold one line of at most 256 characters, and nothing else")]
    NoSecret {
        /// The file.
        path: String,
    },
    /// The token that holds the key refused.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Which key of the configuration it is that cannot be used.
    #[error("{place}: {cause}")]
    At {
        /// The file, or the `pkcs11:` address (RFC 7512).
        place: String,
        /// What is wrong with it.
        cause: Box<KeyError>,
    },
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Library(#[from] ErrorStack),
}

/// A private key in memory, parsed once, at home in a PKCS#8 PEM file.
#[derive(Clone)]
pub struct FileKey {
    private: PKey<Private>,
    /// The same key where it is P-256, with which most is signed: ring takes three quarters of the
    /// time that OpenSSL 3 takes through its providers, and no lock that many threads share.
    p256: Option<Arc<EcdsaKeyPair>>,
    public: PublicKey,
}

impl FileKey {
    /// Makes a new key. Its randomness is OpenSSL's, which no caller may replace.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, KeyError> {
        let private = match algorithm {
            KeyAlgorithm::P256 => generate_on(Nid::X9_62_PRIME256V1)?,
            KeyAlgorithm::P384 => generate_on(Nid::SECP384R1)?,
            KeyAlgorithm::Rsa2048 => PKey::from_rsa(Rsa::generate(2048)?)?,
            KeyAlgorithm::Rsa3072 => PKey::from_rsa(Rsa::generate(3072)?)?,
        };
        Self::around(private)
    }

    /// Reads an unencrypted private key, PEM.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        if encrypted::is_encrypted(pem) {
            return Err(KeyError::Encrypted);
        }
        // With the empty passphrase OpenSSL never asks the terminal for one.
        let private =
            PKey::private_key_from_pem_passphrase(pem, b"").map_err(|_| KeyError::Malformed)?;
        Self::around(private)
    }

    /// Reads a private key that is encrypted (PKCS#8, RFC 5958 §3), PEM.
    pub fn from_encrypted_pem(pem: &[u8], passphrase: &[u8]) -> Result<Self, KeyError> {
        if !encrypted::is_encrypted(pem) {
            return Err(KeyError::NotEncrypted);
        }
        let private = PKey::private_key_from_pem_passphrase(pem, passphrase)
            .map_err(|_| KeyError::WrongPassphrase)?;
        Self::around(private)
    }

    /// Reads a key file of at most 16 KiB.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_pem(&read(path)?)
    }

    /// Reads an encrypted key file of at most 16 KiB.
    pub fn load_encrypted(path: &Path, passphrase: &[u8]) -> Result<Self, KeyError> {
        Self::from_encrypted_pem(&read(path)?, passphrase)
    }

    /// Writes the key as PKCS#8 PEM with mode 0600. An existing file is left alone and is an error.
    pub fn save(&self, path: &Path) -> Result<(), KeyError> {
        write_new(path, &self.private_key_pem()?)
    }

    /// The same, encrypted with AES-256 under the passphrase (scrypt).
    pub fn save_encrypted(&self, path: &Path, passphrase: &[u8]) -> Result<(), KeyError> {
        let der = Zeroizing::new(self.private.private_key_to_pkcs8()?);
        write_new(path, &encrypted::seal(&der, passphrase)?)
    }

    /// The private key as PKCS#8 PEM; wiped from memory when dropped.
    pub fn private_key_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let pem = self.private.private_key_to_pem_pkcs8()?;
        String::from_utf8(pem).map(Zeroizing::new).map_err(|_| KeyError::Malformed)
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The key as OpenSSL knows it, for libraries that sign or decrypt themselves.
    pub fn pkey(&self) -> &PKeyRef<Private> {
        &self.private
    }

    fn around(private: PKey<Private>) -> Result<Self, KeyError> {
        let public = PublicKey::from_der(&private.public_key_to_der()?)?;
        let p256 = match public.algorithm() {
            KeyAlgorithm::P256 => Some(Arc::new(pair(&private)?)),
            _ => None,
        };
        Ok(Self { private, p256, public })
    }

    fn sign_with_openssl(&self, message: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let digest = self.public.algorithm().digest();
        openssl::sign::Signer::new(digest, &self.private)?.sign_oneshot_to_vec(message)
    }
}

impl Signer for FileKey {
    fn algorithm(&self) -> KeyAlgorithm {
        self.public.algorithm()
    }

    fn public_key_der(&self) -> &[u8] {
        self.public.der()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let Some(pair) = &self.p256 else {
            return self.sign_with_openssl(message).map_err(SignError::new);
        };
        let signature = pair.sign(&SystemRandom::new(), message);
        let signature = signature.map_err(|cause| SignError::new(cause.to_string()))?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileKey").field("public", &self.public).finish_non_exhaustive()
    }
}

/// The key as ring holds it, which checks that both halves belong together.
fn pair(private: &PKeyRef<Private>) -> Result<EcdsaKeyPair, KeyError> {
    let der = Zeroizing::new(private.private_key_to_pkcs8()?);
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der, &SystemRandom::new())
        .map_err(|_| KeyError::Malformed)
}

fn generate_on(curve: Nid) -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(curve)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut pem = Zeroizing::new(Vec::new());
    File::open(path)
        .and_then(|file| file.take(MAX_KEY_FILE).read_to_end(&mut pem))
        .map_err(|source| file_error(path, source))?;
    Ok(pem)
}

fn write_new(path: &Path, pem: &str) -> Result<(), KeyError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(|source| file_error(path, source))
}

fn file_error(path: &Path, source: std::io::Error) -> KeyError {
    KeyError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;

    use super::*;

    const ALL: [KeyAlgorithm; 4] =
        [KeyAlgorithm::P256, KeyAlgorithm::P384, KeyAlgorithm::Rsa2048, KeyAlgorithm::Rsa3072];

    #[test]
    fn every_algorithm_signs_what_its_public_half_verifies() {
        for algorithm in ALL {
            let key = FileKey::generate(algorithm).unwrap();
            let signature = key.sign(b"tally").unwrap();
            assert_eq!(key.algorithm(), algorithm);
            assert!(key.public_key().verify(b"tally", &signature), "{algorithm:?}");
            assert!(!key.public_key().verify(b"tallz", &signature), "{algorithm:?}");
        }
    }

    #[test]
    fn a_saved_key_is_private_and_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        key.save(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(FileKey::load(&path).unwrap().public_key(), key.public_key());
        let other = FileKey::generate(KeyAlgorithm::P256).unwrap();
        assert!(matches!(other.save(&path), Err(KeyError::File { .. })));
        assert_eq!(FileKey::load(&path).unwrap().public_key(), key.public_key());
    }

    #[test]
    fn an_encrypted_key_is_refused_without_asking_anyone() {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let cipher = openssl::symm::Cipher::aes_256_cbc();
        let pem = key.pkey().private_key_to_pem_pkcs8_passphrase(cipher, b"secret").unwrap();
        assert!(matches!(FileKey::from_pem(&pem), Err(KeyError::Encrypted)));
        let wrong = FileKey::from_encrypted_pem(&pem, b"guess");
        assert!(matches!(wrong, Err(KeyError::WrongPassphrase)));
        let opened = FileKey::from_encrypted_pem(&pem, b"secret").unwrap();
        assert_eq!(opened.public_key(), key.public_key());
        let bare = key.private_key_pem().unwrap();
        let bare = FileKey::from_encrypted_pem(bare.as_bytes(), b"secret");
        assert!(matches!(bare, Err(KeyError::NotEncrypted)));
    }

    #[test]
    fn small_and_odd_keys_are_refused() {
        let small = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
        let pem = small.private_key_to_pem_pkcs8().unwrap();
        assert!(matches!(FileKey::from_pem(&pem), Err(KeyError::Unsupported)));
        let koblitz = generate_on(Nid::SECP256K1).unwrap().private_key_to_pem_pkcs8().unwrap();
        assert!(matches!(FileKey::from_pem(&koblitz), Err(KeyError::Unsupported)));
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains("P256") && !shown.contains("private"), "{shown}");
    }

    proptest! {
        #[test]
        fn reading_a_private_key_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
            prop_assert!(FileKey::from_pem(&bytes).is_err());
        }
    }
}
