//! Card keys: each card has its own, made from a master key and the card's ID block, so that one
//! opened card opens no other.

#[cfg(any(test, feature = "virtual"))]
pub use master::MasterKey;
use zeroize::Zeroizing;

/// The key of one card (block CK), in the order in which it is written.
#[derive(Clone, PartialEq, Eq)]
pub struct CardKey(Zeroizing<[u8; 16]>);

impl CardKey {
    /// Takes the sixteen bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Shows no key.
impl std::fmt::Debug for CardKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardKey(…)")
    }
}

/// Triple DES of one block under a master key, wherever that key lives: a file, a security module.
pub trait BlockCipher {
    /// Why it could not.
    type Error;

    /// Encrypts one block.
    fn encrypt(&self, block: [u8; 8]) -> Result<[u8; 8], Self::Error>;
}

impl<F, E> BlockCipher for F
where
    F: Fn([u8; 8]) -> Result<[u8; 8], E>,
{
    type Error = E;

    fn encrypt(&self, block: [u8; 8]) -> Result<[u8; 8], E> {
        self(block)
    }
}

/// The key of the card with this ID block: CMAC (NIST SP 800-38B) by the master key over the block,
/// and over the block with its highest bit turned, one after the other.
pub fn diversify<C: BlockCipher + ?Sized>(
    master: &C,
    id_block: &[u8; 16],
) -> Result<CardKey, C::Error> {
    let mut turned = *id_block;
    turned.first_mut().into_iter().for_each(|first| *first ^= 0x80);
    let halves = Zeroizing::new([cmac(master, id_block)?, cmac(master, &turned)?].concat());
    Ok(CardKey::new(halves.first_chunk().copied().unwrap_or_default()))
}

/// CMAC of a message of two whole blocks, so that only the first subkey is needed.
fn cmac<C: BlockCipher + ?Sized>(master: &C, message: &[u8; 16]) -> Result<[u8; 8], C::Error> {
    let subkey = doubled(master.encrypt([0; 8])?);
    let (first, second) = halves(message);
    let chained = master.encrypt(first)?;
    master.encrypt(xor(xor(second, subkey), chained))
}

/// Multiplication by x in GF(2^64): SP 800-38B §6.1.
fn doubled(block: [u8; 8]) -> [u8; 8] {
    let value = u64::from_be_bytes(block);
    let carry = if value >> 63 == 1 { 0x1B } else { 0 };
    ((value << 1) ^ carry).to_be_bytes()
}

fn halves(message: &[u8; 16]) -> ([u8; 8], [u8; 8]) {
    let first = message.first_chunk().copied().unwrap_or_default();
    let last = message.last_chunk().copied().unwrap_or_default();
    (first, last)
}

fn xor(one: [u8; 8], other: [u8; 8]) -> [u8; 8] {
    (u64::from_be_bytes(one) ^ u64::from_be_bytes(other)).to_be_bytes()
}

/// For cards made of software only: a real master key stays in a security module.
#[cfg(any(test, feature = "virtual"))]
mod master {
    use openssl::error::ErrorStack;
    use openssl::symm::{Cipher, Crypter, Mode};
    use zeroize::{Zeroize, Zeroizing};

    use super::BlockCipher;

    /// A master key in memory: three-key triple DES.
    pub struct MasterKey(Zeroizing<[u8; 24]>);

    impl MasterKey {
        /// Takes the 24 bytes.
        pub fn new(mut bytes: [u8; 24]) -> Self {
            let key = Self(Zeroizing::new(bytes));
            bytes.zeroize();
            key
        }
    }

    impl BlockCipher for MasterKey {
        type Error = ErrorStack;

        fn encrypt(&self, block: [u8; 8]) -> Result<[u8; 8], ErrorStack> {
            let cipher = Cipher::des_ede3_ecb();
            let mut crypter = Crypter::new(cipher, Mode::Encrypt, &self.0[..], None)?;
            crypter.pad(false);
            let mut out = [0; 16];
            crypter.update(&block, &mut out)?;
            Ok(out.first_chunk().copied().unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use openssl::pkey::PKey;
    use openssl::sign::Signer;
    use openssl::symm::Cipher;

    use super::*;

    fn master() -> [u8; 24] {
        std::array::from_fn(|i| u8::try_from(i).unwrap())
    }

    #[test]
    fn a_card_key_is_as_a_published_vector_has_it() {
        let id = [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0];
        let key = diversify(&MasterKey::new(master()), &id).unwrap();
        assert_eq!(HEXLOWER.encode(key.bytes()), "b4be12ff829129d77c27ffff1563e5f6");
    }

    #[test]
    fn the_cmac_is_that_of_another_implementation() {
        for first in [0_u8, 0x41, 0x80, 0xFF] {
            let message = std::array::from_fn(|i| first.wrapping_add(u8::try_from(i).unwrap()));
            let key = PKey::cmac(&Cipher::des_ede3_cbc(), &master()).unwrap();
            let theirs = Signer::new_without_digest(&key).unwrap().sign_oneshot_to_vec(&message);
            let ours = cmac(&MasterKey::new(master()), &message).unwrap();
            assert_eq!(ours.as_slice(), theirs.unwrap());
        }
    }
}
