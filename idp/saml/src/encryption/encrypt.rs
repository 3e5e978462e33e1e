//! Encrypting to a service provider.

use openssl::encrypt::Encrypter;
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Public};
use openssl::rsa::Padding;
use openssl::symm::{Cipher, encrypt_aead};
use zeroize::Zeroizing;

use crate::canonical::{WriteError, Writer};
use crate::certificate::{Certificate, KeyError, KeyKind};
use crate::encryption::{NONCE_BYTES, TAG_BYTES};
use crate::id::Random;
use crate::names::{AES256_GCM, ENCRYPTED_ELEMENT, RSA_OAEP_MGF1P, SHA1};
use crate::namespace::Namespace::{Assertion, Encryption, Signature};

/// A service provider's key to encrypt to: RSA of at least 2048 bits.
#[derive(Clone)]
pub struct EncryptionKey(PKey<Public>);

/// An assertion could not be encrypted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncryptError {
    #[error("the encryption failed")]
    Crypto(#[from] ErrorStack),
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl EncryptionKey {
    /// Takes the key out of a certificate.
    pub fn from_certificate(certificate: &Certificate) -> Result<Self, KeyError> {
        match certificate.key_kind() {
            KeyKind::Rsa => Ok(Self(certificate.key().to_owned())),
            KeyKind::P256 | KeyKind::P384 => Err(KeyError::Unsuitable),
        }
    }

    fn wrap(&self, content_key: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let mut encrypter = Encrypter::new(&self.0)?;
        encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
        let mut wrapped = vec![0; encrypter.encrypt_len(content_key)?];
        let length = encrypter.encrypt(content_key, &mut wrapped)?;
        wrapped.truncate(length);
        Ok(wrapped)
    }
}

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncryptionKey").field("bits", &self.0.bits()).finish_non_exhaustive()
    }
}

/// Writes `saml:EncryptedAssertion` around the encrypted document.
pub(crate) fn encrypt(
    document: &str,
    key: &EncryptionKey,
    random: Random<'_>,
) -> Result<String, EncryptError> {
    let mut content_key = Zeroizing::new([0; 32]);
    random(content_key.as_mut());
    let sealed = seal(document.as_bytes(), content_key.as_ref(), random)?;
    let wrapped = key.wrap(content_key.as_ref())?;
    Ok(write(&sealed, &wrapped)?)
}

/// Nonce, ciphertext, tag.
fn seal(plain: &[u8], key: &[u8], random: Random<'_>) -> Result<Vec<u8>, ErrorStack> {
    let mut sealed = vec![0; NONCE_BYTES];
    random(&mut sealed);
    let mut tag = [0; TAG_BYTES];
    let ciphertext = encrypt_aead(Cipher::aes_256_gcm(), key, Some(&sealed), &[], plain, &mut tag)?;
    sealed.extend(ciphertext);
    sealed.extend(tag);
    Ok(sealed)
}

fn write(sealed: &[u8], wrapped: &[u8]) -> Result<String, WriteError> {
    let mut writer = Writer::new();
    writer.open(Assertion, "EncryptedAssertion", &[]);
    writer.open(Encryption, "EncryptedData", &[("Type", ENCRYPTED_ELEMENT)]);
    writer.leaf(Encryption, "EncryptionMethod", &[("Algorithm", AES256_GCM)], "");
    writer.open(Signature, "KeyInfo", &[]);
    write_key(&mut writer, wrapped);
    writer.close();
    write_cipher_data(&mut writer, sealed);
    writer.close();
    writer.close();
    writer.finish()
}

fn write_key(writer: &mut Writer, wrapped: &[u8]) {
    writer.open(Encryption, "EncryptedKey", &[]);
    writer.open(Encryption, "EncryptionMethod", &[("Algorithm", RSA_OAEP_MGF1P)]);
    writer.leaf(Signature, "DigestMethod", &[("Algorithm", SHA1)], "");
    writer.close();
    write_cipher_data(writer, wrapped);
    writer.close();
}

fn write_cipher_data(writer: &mut Writer, bytes: &[u8]) {
    writer.open(Encryption, "CipherData", &[]);
    writer.base64(Encryption, "CipherValue", bytes);
    writer.close();
}
