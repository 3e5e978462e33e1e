//! The secrets that a card comes with.

use super::{ManagementAlgorithm, ManagementKey};
use crate::pin::{PIN_BLOCK, Pin};

pub(crate) const PIN: [u8; PIN_BLOCK] = *b"123456\xFF\xFF";
pub(crate) const PUK: [u8; PIN_BLOCK] = *b"12345678";
const MANAGEMENT_KEY: [u8; 24] =
    [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8];

/// What a blank card knows. The default are the values that everybody knows: PIN 123456, PUK
/// 12345678, and the management key 01 02 … 08, three times over.
#[derive(Clone, Debug)]
pub struct Factory {
    /// The PIN.
    pub pin: Pin,
    /// The PUK, in the form of a PIN.
    pub puk: Pin,
    /// The management key. One of 24 bytes is 3DES on some cards and AES-192 on others: it counts
    /// as what the card says.
    pub management_key: ManagementKey,
}

impl Default for Factory {
    fn default() -> Self {
        let (algorithm, bytes) = (ManagementAlgorithm::TripleDes, MANAGEMENT_KEY.to_vec());
        Self {
            pin: Pin::of_block(PIN),
            puk: Pin::of_block(PUK),
            management_key: ManagementKey::of_length(algorithm, bytes),
        }
    }
}
