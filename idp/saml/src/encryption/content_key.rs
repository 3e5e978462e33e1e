//! The key that encrypts content, and how it travels: wrapped for one recipient.

use data_encoding::BASE64;
use openssl::encrypt::Encrypter;
use openssl::error::ErrorStack;
use openssl::pkey::{PKeyRef, Public};
use openssl::rsa::Padding;
use openssl::symm::{Cipher, encrypt_aead};
use zeroize::Zeroizing;

use crate::canonical::{WriteError, Writer};
use crate::encryption::{NONCE_BYTES, TAG_BYTES};
use crate::id::Random;
use crate::names::{AES256_GCM, ENCRYPTED_ELEMENT, RSA_OAEP_MGF1P, SHA1};
use crate::namespace::Namespace::{Assertion, Encryption, Signature};

/// An AES-256 key, and the document around what it encrypts.
pub(super) struct ContentKey {
    key: Zeroizing<[u8; 32]>,
    around: Around,
}

/// `saml:EncryptedAssertion` before and after its content.
struct Around {
    document: String,
    /// Where the content belongs.
    position: usize,
}

/// An assertion could not be encrypted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncryptError {
    #[error("the encryption failed")]
    Crypto(#[from] ErrorStack),
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl ContentKey {
    /// A fresh one, wrapped for this recipient.
    pub fn new(recipient: &PKeyRef<Public>, random: Random<'_>) -> Result<Self, EncryptError> {
        let mut key = Zeroizing::new([0; 32]);
        random(key.as_mut());
        let around = Around::write(&wrap(recipient, key.as_ref())?)?;
        Ok(Self { key, around })
    }

    /// `saml:EncryptedAssertion` around this assertion, encrypted under a nonce of its own.
    pub fn encrypt(&self, assertion: &str, random: Random<'_>) -> Result<String, EncryptError> {
        let sealed = self.seal(assertion.as_bytes(), random)?;
        Ok(self.around.filled(&sealed))
    }

    /// Nonce, ciphertext, tag.
    fn seal(&self, plain: &[u8], random: Random<'_>) -> Result<Vec<u8>, ErrorStack> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce);
        let mut tag = [0; TAG_BYTES];
        let cipher = Cipher::aes_256_gcm();
        let content = encrypt_aead(cipher, &*self.key, Some(&nonce), &[], plain, &mut tag)?;
        Ok([&nonce, content.as_slice(), &tag].concat())
    }
}

fn wrap(recipient: &PKeyRef<Public>, content_key: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let mut encrypter = Encrypter::new(recipient)?;
    encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
    let mut wrapped = vec![0; encrypter.encrypt_len(content_key)?];
    let length = encrypter.encrypt(content_key, &mut wrapped)?;
    wrapped.truncate(length);
    Ok(wrapped)
}

impl Around {
    fn write(wrapped: &[u8]) -> Result<Self, WriteError> {
        let mut writer = Writer::new();
        writer.open(Assertion, "EncryptedAssertion", &[]);
        writer.open(Encryption, "EncryptedData", &[("Type", ENCRYPTED_ELEMENT)]);
        writer.leaf(Encryption, "EncryptionMethod", &[("Algorithm", AES256_GCM)], "");
        writer.open(Signature, "KeyInfo", &[]);
        write_key(&mut writer, wrapped);
        writer.close();
        writer.open(Encryption, "CipherData", &[]);
        writer.open(Encryption, "CipherValue", &[]);
        let position = writer.position();
        for _ in 0..4 {
            writer.close();
        }
        Ok(Self { document: writer.finish()?, position })
    }

    fn filled(&self, content: &[u8]) -> String {
        let (before, after) = self.document.split_at(self.position);
        let length = self.document.len() + BASE64.encode_len(content.len());
        let mut filled = String::with_capacity(length);
        filled.push_str(before);
        BASE64.encode_append(content, &mut filled);
        filled.push_str(after);
        filled
    }
}

fn write_key(writer: &mut Writer, wrapped: &[u8]) {
    writer.open(Encryption, "EncryptedKey", &[]);
    writer.open(Encryption, "EncryptionMethod", &[("Algorithm", RSA_OAEP_MGF1P)]);
    writer.leaf(Signature, "DigestMethod", &[("Algorithm", SHA1)], "");
    writer.close();
    writer.open(Encryption, "CipherData", &[]);
    writer.base64(Encryption, "CipherValue", wrapped);
    writer.close();
    writer.close();
}
