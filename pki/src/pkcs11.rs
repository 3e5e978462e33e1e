//! Keys in a PKCS#11 token: a hardware security module, or SoftHSM2. The token signs; the key never
//! leaves it.

mod block_cipher;
mod module;
mod objects;
mod sessions;

use std::fmt;

use cryptoki::mechanism::Mechanism;
use openssl::hash::hash;

use crate::public_key::raw_to_der;
use crate::{KeyAlgorithm, KeyError, PublicKey, SignError, Signer, TokenKey};
use sessions::Sessions;

pub(crate) use block_cipher::TokenBlockCipher;
pub use module::TokenError;

/// `DigestInfo` of SHA-256 up to the digest itself: RFC 8017 §9.2, note 1.
const SHA_256_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];
/// What a key signs when it is opened, to show that its two halves belong together.
const TRIAL: &[u8] = b"warifu: does this private key belong to this public key?";

/// A private key in a token. Digests are made here, so the token sees few bytes whatever is signed.
/// If the token goes away and comes back, the next signature logs in again.
pub struct Pkcs11Key {
    public: PublicKey,
    sessions: Sessions,
}

impl Pkcs11Key {
    /// Logs in to the token and finds the one key pair of that label.
    pub fn open(place: &TokenKey) -> Result<Self, KeyError> {
        let sessions = Sessions::new(place);
        let public = sessions.with(|session| objects::public_key(session.session(), &place.key))?;
        let key = Self { public, sessions };
        let signature = key.sign_in_token(TRIAL)?;
        if key.public.verify(TRIAL, &signature) {
            Ok(key)
        } else {
            Err(TokenError::Mismatch.into())
        }
    }

    /// Makes a key pair in the token, sensitive and not extractable, and opens it. If the token has
    /// an object of that label already, nothing is made.
    pub fn generate(place: &TokenKey, algorithm: KeyAlgorithm) -> Result<Self, KeyError> {
        objects::generate(&module::log_in_to_write(place)?, &place.key, algorithm)?;
        Self::open(place)
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign_in_token(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let algorithm = self.public.algorithm();
        let digest = hash(algorithm.digest(), message)?;
        let Some(coordinate) = algorithm.coordinate_length() else {
            let input = [&SHA_256_INFO, digest.as_ref()].concat();
            return self.raw_signature(&Mechanism::RsaPkcs, &input);
        };
        let raw = self.raw_signature(&Mechanism::Ecdsa, &digest)?;
        raw_to_der(&raw, coordinate).ok_or(KeyError::Malformed)
    }

    fn raw_signature(&self, mechanism: &Mechanism<'_>, input: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.sessions.with(|session| Ok(session.sign(mechanism, input)?))
    }
}

impl Signer for Pkcs11Key {
    fn algorithm(&self) -> KeyAlgorithm {
        self.public.algorithm()
    }

    fn public_key_der(&self) -> &[u8] {
        self.public.der()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sign_in_token(message).map_err(SignError::new)
    }
}

impl fmt::Debug for Pkcs11Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Key").field("public", &self.public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
