//! How an entry lies in its row: its canonical bytes, packed against a text that most entries are
//! like, and sealed for their leaf. What is unpacked is what was hashed, to the byte.
//!
//! Packed: one byte for the packing, two for the length of the bytes (little-endian), and an LZ4
//! block. Bytes that begin with `{` are not packed: those of before, and those that would not become
//! shorter.

use lz4_flex::block::{compress_with_dict, decompress_into_with_dict};
use warifu_service::Entropy;
use warifu_service::seal::KeyRing;

use crate::error::LogError;

/// The packing against [`USUAL_WORDS`].
const PACKED: u8 = 1;
/// Before the block.
const HEAD: usize = 3;
/// What entries are made of. What was packed is read with it: never to be altered; another one is
/// another packing.
const USUAL_WORDS: &[u8] = br#"{"action":"token-issued","actor":{"as":"party","name":"relay"},"asked":[],"at":"2026-11-20T01:15:00.000000000Z","client":"portal","ground":"consent:","outcome":"done","purpose":"own-look","salt":"{"action":"record-read","actor":{"as":"oneself"},"asked":["insurance","health-checks"],"at":"2027-01-01T00:00:00.000000Z","client":"portal","outcome":"shown","previous":"","purpose":"own-look","salt":"","sequence":1,"source":"insurer","subject":"","version":1}{"action":"eligibility-checked","actor":{"as":"staff","code":"131","member":"","name":""},"asked":["eligibility"],"at":"2026-12-01T02:30:00.000000000Z","check_number":"2026120","client":"portal","ground":"law:treatment batch:","outcome":{"answered":"valid"},"previous":"","purpose":"treatment","salt":"","sequence":0,"source":"city","subject":"","version":1}"#;

/// Packs and seals the `entry` of this `leaf`.
pub(crate) fn seal(ring: &KeyRing, leaf: &[u8], entry: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
    match packed(entry) {
        Some(packed) => ring.seal(&context(leaf), &packed, entropy),
        None => ring.seal(&context(leaf), entry, entropy),
    }
}

/// The canonical bytes of the entry of this `leaf`.
pub(crate) fn open(ring: &KeyRing, leaf: &[u8], sealed: &[u8]) -> Result<Vec<u8>, LogError> {
    let opened = ring.open(&context(leaf), sealed).map_err(LogError::altered)?;
    if opened.first() != Some(&PACKED) {
        return Ok(opened);
    }
    unpacked(&opened).ok_or_else(|| LogError::altered("an entry that cannot be unpacked"))
}

/// The place for which an entry is sealed.
fn context(leaf: &[u8]) -> Vec<u8> {
    [b"log_event/", leaf].concat()
}

fn packed(entry: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(entry.len()).ok()?;
    let block = compress_with_dict(entry, USUAL_WORDS);
    let mut packed = Vec::with_capacity(HEAD + block.len());
    packed.push(PACKED);
    packed.extend_from_slice(&length.to_le_bytes());
    packed.extend_from_slice(&block);
    (packed.len() < entry.len()).then_some(packed)
}

fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let ([PACKED, length @ ..], block) = packed.split_first_chunk::<HEAD>()? else { return None };
    let mut entry = vec![0; usize::from(u16::from_le_bytes(*length))];
    let written = decompress_into_with_dict(block, &mut entry, USUAL_WORDS).ok()?;
    (written == entry.len()).then_some(entry)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use warifu_service::clock::SeededEntropy;

    use super::*;
    use crate::event::tests::check_of;
    use crate::event::{Entry, Place};

    fn entry() -> Vec<u8> {
        let place = Place {
            at: "2026-11-20T00:00:00.000001Z".parse().unwrap(),
            sequence: 2,
            previous: None,
            salt: "0123456789abcdef0123456789abcdef".into(),
        };
        Entry::bytes_of(&check_of(Some("subject")), &place).unwrap()
    }

    fn ring() -> (KeyRing, SeededEntropy) {
        let entropy = SeededEntropy::new(1);
        (KeyRing::generate("test", &entropy).unwrap(), entropy)
    }

    #[test]
    fn an_entry_takes_less_than_half_and_comes_back_to_the_byte() {
        let (ring, entropy) = ring();
        let sealed = seal(&ring, b"leaf", &entry(), &entropy);
        assert!(sealed.len() < entry().len() / 2, "{} of {}", sealed.len(), entry().len());
        assert_eq!(open(&ring, b"leaf", &sealed).unwrap(), entry());
        assert!(open(&ring, b"other", &sealed).is_err());
    }

    #[test]
    fn an_entry_of_before_is_read_as_it_lies() {
        let (ring, entropy) = ring();
        let sealed = ring.seal(&context(b"leaf"), &entry(), &entropy);
        assert_eq!(open(&ring, b"leaf", &sealed).unwrap(), entry());
    }

    #[test]
    fn a_block_must_give_what_it_says() {
        let mut packed = packed(&entry()).unwrap();
        assert_eq!(unpacked(&packed).unwrap(), entry());
        for length in [0, entry().len() - 1, entry().len() + 1, usize::from(u16::MAX)] {
            packed[1..HEAD].copy_from_slice(&u16::try_from(length).unwrap().to_le_bytes());
            assert_eq!(unpacked(&packed), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(words in prop::collection::vec(any::<u8>(), 0..3_000)) {
            let (ring, entropy) = ring();
            let text = [b"{", words.as_slice()].concat();
            let sealed = seal(&ring, b"leaf", &text, &entropy);
            prop_assert_eq!(open(&ring, b"leaf", &sealed).unwrap(), text);
        }

        #[test]
        fn any_bytes_are_unpacked_or_refused(block in prop::collection::vec(any::<u8>(), 0..300)) {
            let packed = [&[PACKED], block.as_slice()].concat();
            let entry = unpacked(&packed);
            prop_assert!(entry.is_none_or(|entry| u16::try_from(entry.len()).is_ok()));
        }
    }
}
