//! What a card tells about its keys, PIN and PUK to those who ask in the way of Yubico's cards
//! (GET METADATA, their firmware 5.3). Most cards do not know the question, and that is fine.

use super::Piv;
use crate::{
    apdu::{Command, StatusWord},
    pki_card::CardError,
    tlv,
};

/// GET METADATA.
pub(crate) const GET_METADATA: u8 = 0xF7;
/// Its tags.
pub(crate) const ALGORITHM: u32 = 0x01;
pub(crate) const PUBLIC_KEY: u32 = 0x04;
pub(crate) const IS_DEFAULT: u32 = 0x05;
pub(crate) const TRIES: u32 = 0x06;

/// What is known of one key reference; what the card leaves out is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// The number of the algorithm.
    pub algorithm: Option<u8>,
    /// The public key, as inside the answer to GENERATE.
    pub public_key: Option<Vec<u8>>,
    /// Whether it still has the factory's value.
    pub is_default: Option<bool>,
    /// How many wrong values are borne at most.
    pub tries: Option<u8>,
    /// How many of them are left.
    pub tries_left: Option<u8>,
}

impl Piv<'_> {
    /// Asks about a key, the PIN, the PUK or the management key by its reference. `None`: nothing
    /// there, or a card that does not answer such questions.
    pub(crate) fn metadata(&mut self, reference: u8) -> Result<Option<Metadata>, CardError> {
        let command = Command::new(GET_METADATA, 0x00, reference).expecting_answer();
        let response = self.send(&command)?;
        match response.status {
            StatusWord::OK => Metadata::parse(&response.data).map(Some),
            _ => Ok(None),
        }
    }
}

impl Metadata {
    fn parse(answer: &[u8]) -> Result<Self, CardError> {
        let byte = |tag| -> Result<Option<u8>, CardError> {
            Ok(tlv::find(answer, tag)?.and_then(|value| value.first().copied()))
        };
        let (tries, tries_left) = match tlv::find(answer, TRIES)? {
            Some(&[most, left]) => (Some(most), Some(left)),
            _ => (None, None),
        };
        Ok(Self {
            algorithm: byte(ALGORITHM)?,
            public_key: tlv::find(answer, PUBLIC_KEY)?.map(<[u8]>::to_vec),
            is_default: byte(IS_DEFAULT)?.map(|value| value == 1),
            tries,
            tries_left,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn says_what_it_was_told_and_no_more() {
        let answer = [0x01, 0x01, 0xFF, 0x05, 0x01, 0x01, 0x06, 0x02, 0x05, 0x03];
        let metadata = Metadata::parse(&answer).unwrap();
        assert_eq!((metadata.algorithm, metadata.is_default), (Some(0xFF), Some(true)));
        assert_eq!((metadata.tries, metadata.tries_left), (Some(5), Some(3)));
        assert_eq!(metadata.public_key, None);
        assert_eq!(Metadata::parse(&[]), Ok(Metadata::default()));
    }

    proptest! {
        #[test]
        fn any_answer_is_survived(answer in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Metadata::parse(&answer);
        }
    }
}
