//! A card's answer to a challenge, carried by somebody who knows no key to somebody who does.

use openssl::sha::sha256;

use super::{Block, CardKey, Session, mac};

/// What a card said when it was challenged. Not proved: see [`verify_answer`].
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The ID block. A tracking number: keep it as a keyed hash only.
    pub id_block: [u8; 16],
    /// The block with the version of the card key.
    pub version_block: [u8; 16],
    /// `MAC_A` over both.
    pub mac: [u8; 8],
}

/// Shows no identifier.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer(…)")
    }
}

/// The challenge RC, as written to the card, of a login at `origin` with this nonce (its text): the
/// first half of SHA-256 over the hashes of both. So whoever carries it cannot choose it, and an
/// answer fetched for one site is worthless at every other.
pub fn login_challenge(origin: &str, nonce: &str) -> [u8; 16] {
    let both = [sha256(origin.as_bytes()), sha256(nonce.as_bytes())].concat();
    sha256(&both).first_chunk().copied().unwrap_or_default()
}

/// Whether the card that said this to the challenge `rc` knows `key`. Takes the same time wherever
/// a wrong MAC differs.
pub fn verify_answer(
    key: &CardKey,
    rc: &[u8; 16],
    id_block: &[u8; 16],
    version_block: &[u8; 16],
    mac: &[u8],
) -> bool {
    let session = Session::new(key, rc);
    session.is_ok_and(|session| is_proved(&session, id_block, version_block, mac))
}

/// Whether `mac` is the session's over these blocks.
pub(super) fn is_proved(
    session: &Session,
    id_block: &[u8; 16],
    version_block: &[u8; 16],
    mac: &[u8],
) -> bool {
    let read = [(Block::Id.number(), *id_block), (Block::KeyVersion.number(), *version_block)];
    session.read_mac(&read).is_ok_and(|expected| mac::is_same(&expected, mac))
}

/// The version that a version block tells: two bytes, little-endian.
pub fn key_version(version_block: &[u8; 16]) -> u16 {
    version_block.first_chunk().copied().map_or(0, u16::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    const ID: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    const VERSION: [u8; 16] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// On the wire the halves of key and challenge are reversed.
    fn wire(block: &[u8; 16]) -> [u8; 16] {
        let mut halves = *block;
        halves.chunks_mut(8).for_each(<[u8]>::reverse);
        halves
    }

    #[test]
    fn an_answer_is_checked_to_the_last_bit() {
        let key = CardKey::new(wire(b"0123456789abcdef"));
        let rc = wire(&std::array::from_fn(|i| u8::try_from(i).unwrap()));
        let mac: [u8; 8] = HEXLOWER.decode(b"724305fe37bc7963").unwrap().try_into().unwrap();
        assert!(verify_answer(&key, &rc, &ID, &VERSION, &mac));
        for bit in 0..64 {
            let mut wrong = mac;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify_answer(&key, &rc, &ID, &VERSION, &wrong), "bit {bit}");
        }
        assert!(!verify_answer(&key, &[9; 16], &ID, &VERSION, &mac));
        assert!(!verify_answer(&CardKey::new([9; 16]), &rc, &ID, &VERSION, &mac));
        assert!(!verify_answer(&key, &rc, &VERSION, &VERSION, &mac));
        assert!(!verify_answer(&key, &rc, &ID, &ID, &mac));
    }

    #[test]
    fn the_challenge_is_bound_to_origin_and_nonce() {
        let (origin, nonce) = ("https://idp.example", "bm9uY2U=");
        let inner = [sha256(origin.as_bytes()), sha256(nonce.as_bytes())].concat();
        let here = login_challenge(origin, nonce);
        assert_eq!(here, sha256(&inner)[..16]);
        assert_ne!(here, login_challenge("https://evil.example", nonce));
        assert_ne!(here, login_challenge(origin, "bm9uY2X="));
    }

    #[test]
    fn what_identifies_a_card_is_not_shown() {
        let answer = Answer { id_block: ID, version_block: VERSION, mac: [7; 8] };
        assert_eq!(format!("{answer:?}"), "Answer(…)");
        assert_eq!(key_version(&VERSION), 1);
    }
}
