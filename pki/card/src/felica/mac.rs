//! The MACs of Lite and Lite-S: two-key triple DES in CBC, every half of a block byte-reversed.

use openssl::error::ErrorStack;
use openssl::memcmp;
use openssl::symm::{Cipher, Crypter, Mode};
use zeroize::Zeroizing;

use super::CardKey;

/// The number of a block.
pub type BlockNumber = u8;

type Half = [u8; 8];

/// A session between a verifier and a card: made from the card key and the verifier's challenge RC.
pub struct Session {
    keys: Zeroizing<[u8; 16]>,
    start: Half,
}

impl Session {
    /// Both sides make the same session from the card key and the challenge, in wire order.
    pub fn new(key: &CardKey, challenge: &[u8; 16]) -> Result<Self, ErrorStack> {
        let challenge = reversed(challenge);
        let key = Zeroizing::new(reversed(key.bytes()));
        let encrypted = Zeroizing::new(encrypt(&key[..], [0; 8], &challenge)?);
        let mut keys = Zeroizing::new([0; 16]);
        keys.iter_mut().zip(encrypted.iter()).for_each(|(to, from)| *to = *from);
        Ok(Self { keys, start: first_half(&challenge) })
    }

    /// The MAC of Lite (block 81): over the blocks read with it.
    pub fn mac(&self, blocks: &[[u8; 16]]) -> Result<Half, ErrorStack> {
        mac(&blocks.concat(), &self.keys[..], self.start)
    }

    /// `MAC_A` of Lite-S over what was read (block 91 last): the numbers in order, then the blocks.
    pub fn read_mac(&self, blocks: &[(BlockNumber, [u8; 16])]) -> Result<Half, ErrorStack> {
        let mut data = header(blocks.iter().map(|(number, _)| *number)).to_vec();
        for (_, block) in blocks {
            data.extend(block);
        }
        mac(&data, &self.keys[..], self.start)
    }

    /// `MAC_A` of Lite-S over one block to be written, with the card's write counter WCNT.
    pub fn write_mac(
        &self,
        number: BlockNumber,
        block: &[u8; 16],
        counter: [u8; 3],
    ) -> Result<Half, ErrorStack> {
        let [a, b, c] = counter;
        let data = [&[a, b, c, 0, number, 0, 0x91, 0][..], block].concat();
        let (first, second) = self.keys.split_at(8);
        let flipped = Zeroizing::new([second, first].concat());
        mac(&data, &flipped, self.start)
    }
}

/// Compares without telling by the time where they differ.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && memcmp::eq(one, other)
}

/// Numbers as two bytes each, little-endian, `MAC_A` itself last, filled with FF.
fn header(numbers: impl Iterator<Item = BlockNumber>) -> Half {
    let mut header = [0xFF; 8];
    let numbers = numbers.chain([0x91]).flat_map(|number| [number, 0]);
    header.iter_mut().zip(numbers).for_each(|(to, from)| *to = from);
    header
}

/// The last encrypted half, reversed again.
fn mac(data: &[u8], keys: &[u8], start: Half) -> Result<Half, ErrorStack> {
    let encrypted = encrypt(keys, start, &reversed_halves(data))?;
    let mut last: Half = encrypted.last_chunk().copied().unwrap_or_default();
    last.reverse();
    Ok(last)
}

fn reversed_halves(data: &[u8]) -> Vec<u8> {
    data.chunks(8).flat_map(|half| half.iter().rev().copied()).collect()
}

fn reversed(block: &[u8; 16]) -> [u8; 16] {
    let mut bytes = reversed_halves(block).into_iter();
    std::array::from_fn(|_| bytes.next().unwrap_or_default())
}

fn first_half(block: &[u8; 16]) -> Half {
    block.first_chunk().copied().unwrap_or_default()
}

fn encrypt(keys: &[u8], start: Half, data: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let (first, _) = keys.split_at_checked(8).unwrap_or_default();
    let key = Zeroizing::new([keys, first].concat());
    let cipher = Cipher::des_ede3_cbc();
    let mut crypter = Crypter::new(cipher, Mode::Encrypt, &key, Some(&start))?;
    crypter.pad(false);
    let mut out = vec![0; data.len() + cipher.block_size()];
    let mut length = crypter.update(data, &mut out)?;
    length += crypter.finalize(out.get_mut(length..).unwrap_or_default())?;
    out.truncate(length);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// Published test constants of nfcpy (`tests/test_tag_tt3_sony.py`), which name key and
    /// challenge as the cipher sees them; on the wire their halves are reversed.
    fn session() -> Session {
        let challenge = reversed(&std::array::from_fn(|i| u8::try_from(i).unwrap()));
        Session::new(&CardKey::new(reversed(b"0123456789abcdef")), &challenge).unwrap()
    }

    fn hex(bytes: &[u8]) -> String {
        HEXLOWER.encode(bytes)
    }

    #[test]
    fn the_bare_mac_is_as_published() {
        let key: Vec<u8> = (0..16).collect();
        let start = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let data: Vec<u8> = (0..32).collect();
        assert_eq!(hex(&mac(&data, &key, start).unwrap()), "0b1268d7a4ac6932");
        let flipped: Vec<u8> = (8..16).chain(0..8).collect();
        assert_eq!(hex(&mac(&data, &flipped, start).unwrap()), "18cdd33c0fb25dd7");
    }

    #[test]
    fn the_session_key_and_the_macs_of_lite_are_as_published() {
        assert_eq!(hex(&session().keys[..]), "b636d955a9f0e2cc48b106f95506c3f6");
        assert_eq!(hex(&session().mac(&[[0; 16]]).unwrap()), "cc97f1b97b8bbc79");
        let id = [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(hex(&session().mac(&[id]).unwrap()), "91aec5b6d9b3b12d");
    }

    #[test]
    fn the_macs_of_lite_s_are_as_published() {
        let state = std::array::from_fn(|i| u8::from(i == 0));
        let written = session().write_mac(0x92, &state, [0x00, 0xFE, 0xFF]).unwrap();
        assert_eq!(hex(&written), "17c19e3bbdc3e8bd");
        assert_eq!(hex(&session().mac(&[state]).unwrap()), "bd73eb7294a00279");
        let id = [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0];
        let version = std::array::from_fn(|i| u8::from(i == 0));
        let read = session().read_mac(&[(0x82, id), (0x86, version)]).unwrap();
        assert_eq!(hex(&read), "724305fe37bc7963");
    }
}
