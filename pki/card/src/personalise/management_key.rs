//! The key with which a card is administered (9B), and the block cipher it is used with.

use std::fmt;

use openssl::{
    error::ErrorStack,
    symm::{Cipher, Crypter, Mode},
};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The ciphers of management keys (SP 800-78-4, table 6-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ManagementAlgorithm {
    /// 3DES with three keys.
    TripleDes,
    /// AES-128.
    Aes128,
    /// AES-192.
    Aes192,
    /// AES-256.
    Aes256,
}

impl ManagementAlgorithm {
    const ALL: [Self; 4] = [Self::TripleDes, Self::Aes128, Self::Aes192, Self::Aes256];

    /// How many bytes a key has.
    pub const fn key_length(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes192 => 24,
            Self::Aes128 => 16,
            Self::Aes256 => 32,
        }
    }

    /// The number of the algorithm on the card.
    pub(crate) const fn piv_id(self) -> u8 {
        match self {
            Self::TripleDes => 0x03,
            Self::Aes128 => 0x08,
            Self::Aes192 => 0x0A,
            Self::Aes256 => 0x0C,
        }
    }

    /// The algorithm of that number.
    pub(crate) fn of_piv_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.piv_id() == id)
    }

    /// Bytes of one block, which is also the length of a challenge.
    pub(crate) const fn block(self) -> usize {
        match self {
            Self::TripleDes => 8,
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
        }
    }

    fn cipher(self) -> Cipher {
        match self {
            Self::TripleDes => Cipher::des_ede3_ecb(),
            Self::Aes128 => Cipher::aes_128_ecb(),
            Self::Aes192 => Cipher::aes_192_ecb(),
            Self::Aes256 => Cipher::aes_256_ecb(),
        }
    }
}

/// The key has another length than its algorithm wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the management key has the wrong length for its algorithm")]
pub struct KeyLengthError;

/// A management key. Its memory is wiped when it is dropped.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ManagementKey {
    #[zeroize(skip)]
    algorithm: ManagementAlgorithm,
    bytes: Vec<u8>,
}

impl ManagementKey {
    /// Checks the length and copies the key; wiping `key` is up to the caller.
    pub fn new(algorithm: ManagementAlgorithm, key: &[u8]) -> Result<Self, KeyLengthError> {
        if key.len() == algorithm.key_length() {
            Ok(Self::of_length(algorithm, key.to_vec()))
        } else {
            Err(KeyLengthError)
        }
    }

    /// A key whose length is known to be right.
    pub(crate) const fn of_length(algorithm: ManagementAlgorithm, bytes: Vec<u8>) -> Self {
        Self { algorithm, bytes }
    }

    /// The cipher it is for.
    pub const fn algorithm(&self) -> ManagementAlgorithm {
        self.algorithm
    }

    /// The same key for the cipher that the card says it uses, if it can be one.
    pub(crate) fn for_cipher(&self, algorithm: ManagementAlgorithm) -> Option<Self> {
        Self::new(algorithm, &self.bytes).ok()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// One block, encrypted.
    pub(crate) fn encrypt(&self, block: &[u8]) -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
        self.apply(Mode::Encrypt, block)
    }

    /// One block, decrypted.
    pub(crate) fn decrypt(&self, block: &[u8]) -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
        self.apply(Mode::Decrypt, block)
    }

    fn apply(&self, mode: Mode, block: &[u8]) -> Result<Zeroizing<Vec<u8>>, ErrorStack> {
        let mut crypter = Crypter::new(self.algorithm.cipher(), mode, &self.bytes, None)?;
        crypter.pad(false);
        // The crypter wants room for one block more than it writes.
        let mut output = Zeroizing::new(vec![0; block.len() + self.algorithm.block()]);
        let written = crypter.update(block, &mut output)?;
        output.truncate(written);
        Ok(output)
    }
}

impl Zeroize for ManagementKey {
    fn zeroize(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for ManagementKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ManagementKey({:?}, hidden)", self.algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    /// FIPS 197, appendix C, for AES; SP 800-67 with three equal keys is DES (FIPS 81's example).
    #[test]
    fn blocks_are_encrypted_as_the_standards_say() {
        let plain = "00112233445566778899aabbccddeeff";
        let key: Vec<u8> = (0..32).collect();
        for (algorithm, cipher) in [
            (ManagementAlgorithm::Aes128, "69c4e0d86a7b0430d8cdb78070b4c55a"),
            (ManagementAlgorithm::Aes192, "dda97ca4864cdfe06eaf70a0ec0d7191"),
            (ManagementAlgorithm::Aes256, "8ea2b7ca516745bfeafc49904b496089"),
        ] {
            let key = ManagementKey::new(algorithm, &key[..algorithm.key_length()]).unwrap();
            assert_eq!(*key.encrypt(&hex(plain)).unwrap(), hex(cipher));
            assert_eq!(*key.decrypt(&hex(cipher)).unwrap(), hex(plain));
        }
        let des = hex("0123456789abcdef").repeat(3);
        let key = ManagementKey::new(ManagementAlgorithm::TripleDes, &des).unwrap();
        assert_eq!(*key.encrypt(b"Now is t").unwrap(), hex("3fa40e8a984d4815"));
    }

    #[test]
    fn keys_have_the_length_of_their_cipher_and_stay_hidden() {
        assert!(ManagementKey::new(ManagementAlgorithm::Aes256, &[0; 24]).is_err());
        let key = ManagementKey::new(ManagementAlgorithm::TripleDes, &[7; 24]).unwrap();
        assert_eq!(format!("{key:?}"), "ManagementKey(TripleDes, hidden)");
        assert!(key.for_cipher(ManagementAlgorithm::Aes192).is_some());
        assert!(key.for_cipher(ManagementAlgorithm::Aes128).is_none());
    }
}
