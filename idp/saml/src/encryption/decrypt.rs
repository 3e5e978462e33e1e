//! Decrypting what an identity provider encrypted to us.

use openssl::encrypt::Decrypter;
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::symm::{Cipher, decrypt_aead};
use zeroize::Zeroizing;

use crate::base64;
use crate::certificate::{KeyError, KeyKind, kind_of};
use crate::encryption::{NONCE_BYTES, TAG_BYTES};
use crate::names::{AES128_GCM, AES256_GCM, RSA_OAEP_MGF1P};
use crate::namespace::Namespace::{Encryption, Signature};
use crate::tree::{Element, ShapeError};

/// Our own RSA key that others encrypt to.
pub struct DecryptionKey(PKey<Private>);

/// It could not be decrypted. Deliberately without a cause: whoever sends ciphertexts learns
/// nothing about how they fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the assertion cannot be decrypted with the keys at hand")]
pub struct DecryptionError;

impl DecryptionKey {
    /// Takes an RSA key of at least 2048 bits.
    pub fn new(key: PKey<Private>) -> Result<Self, KeyError> {
        match kind_of(&key)? {
            KeyKind::Rsa => Ok(Self(key)),
            KeyKind::P256 | KeyKind::P384 => Err(KeyError::Unsuitable),
        }
    }

    /// Reads a PEM text.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::new(PKey::private_key_from_pem(pem)?)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
        let mut decrypter = Decrypter::new(&self.0)?;
        decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
        let mut key = Zeroizing::new(vec![0; decrypter.decrypt_len(wrapped)?]);
        let length = decrypter.decrypt(wrapped, &mut key)?;
        key.truncate(length);
        Ok(key)
    }
}

impl std::fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DecryptionKey").finish_non_exhaustive()
    }
}

/// Decrypts a `saml:EncryptedAssertion` that passed the gate, trying each key.
pub(crate) fn decrypt(
    encrypted: &Element,
    keys: &[DecryptionKey],
) -> Result<Vec<u8>, DecryptionError> {
    let sealed = Sealed::read(encrypted).ok_or(DecryptionError)?;
    keys.iter().find_map(|key| sealed.open(key)).ok_or(DecryptionError)
}

struct Sealed {
    cipher: Cipher,
    wrapped: Vec<u8>,
    content: Vec<u8>,
}

impl Sealed {
    fn read(encrypted: &Element) -> Option<Self> {
        let data = encrypted.find(Encryption, "EncryptedData")?;
        let key = data.find(Signature, "KeyInfo")?.find(Encryption, "EncryptedKey")?;
        let cipher = match algorithm(data)? {
            AES256_GCM => Cipher::aes_256_gcm(),
            AES128_GCM => Cipher::aes_128_gcm(),
            _ => return None,
        };
        if algorithm(key)? != RSA_OAEP_MGF1P {
            return None;
        }
        Some(Self { cipher, wrapped: cipher_value(key).ok()?, content: cipher_value(data).ok()? })
    }

    fn open(&self, key: &DecryptionKey) -> Option<Vec<u8>> {
        let content_key = key.unwrap(&self.wrapped).ok()?;
        if content_key.len() != self.cipher.key_len() {
            return None;
        }
        let (nonce, rest) = self.content.split_at_checked(NONCE_BYTES)?;
        let (ciphertext, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_BYTES)?)?;
        decrypt_aead(self.cipher, &content_key, Some(nonce), &[], ciphertext, tag).ok()
    }
}

fn algorithm(element: &Element) -> Option<&str> {
    element.find(Encryption, "EncryptionMethod")?.attribute("Algorithm")
}

fn cipher_value(element: &Element) -> Result<Vec<u8>, ShapeError> {
    const WHAT: &str = "CipherValue";
    let data = element.find(Encryption, "CipherData").ok_or(ShapeError::Missing(WHAT))?;
    let value = data.find(Encryption, WHAT).ok_or(ShapeError::Missing(WHAT))?;
    base64::decode(value.some_text(WHAT)?).ok_or(ShapeError::Value(WHAT))
}
