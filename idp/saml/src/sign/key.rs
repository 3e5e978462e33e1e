//! A signing key held in memory, parsed once.

use openssl::ec::EcKey;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;

use crate::algorithm::{DigestAlgorithm, SignatureAlgorithm};
use crate::certificate::{Certificate, KeyError, KeyKind, kind_of};
use crate::sign::{SignError, XmlSigner};

/// Signs with an OpenSSL key. SHA-256, or SHA-384 on P-384.
pub struct KeySigner {
    key: PKey<Private>,
    /// The same key where it is one of a curve: signing with it directly takes two thirds of the
    /// time that OpenSSL 3 takes through its providers.
    curve_key: Option<EcKey<Private>>,
    certificate: Certificate,
    algorithm: SignatureAlgorithm,
}

impl KeySigner {
    /// Joins a key and its certificate, which must belong together.
    pub fn new(key: PKey<Private>, certificate: Certificate) -> Result<Self, KeyError> {
        if !key.public_eq(certificate.key()) {
            return Err(KeyError::Mismatch);
        }
        let algorithm = match kind_of(&key)? {
            KeyKind::Rsa => SignatureAlgorithm::RsaSha256,
            KeyKind::P256 => SignatureAlgorithm::EcdsaSha256,
            KeyKind::P384 => SignatureAlgorithm::EcdsaSha384,
        };
        Ok(Self { curve_key: key.ec_key().ok(), key, certificate, algorithm })
    }

    /// Reads both from PEM.
    pub fn from_pem(key: &[u8], certificate: &[u8]) -> Result<Self, KeyError> {
        Self::new(PKey::private_key_from_pem(key)?, Certificate::from_pem(certificate)?)
    }
}

impl XmlSigner for KeySigner {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SignError> {
        let digest = message_digest(self.algorithm.digest());
        Ok(match &self.curve_key {
            Some(key) => EcdsaSig::sign(&hash(digest, bytes)?, key)?.to_der()?,
            None => Signer::new(digest, &self.key)?.sign_oneshot_to_vec(bytes)?,
        })
    }
}

/// The digest as OpenSSL names it.
pub(crate) fn message_digest(digest: DigestAlgorithm) -> MessageDigest {
    match digest {
        DigestAlgorithm::Sha256 => MessageDigest::sha256(),
        DigestAlgorithm::Sha384 => MessageDigest::sha384(),
        DigestAlgorithm::Sha512 => MessageDigest::sha512(),
    }
}
