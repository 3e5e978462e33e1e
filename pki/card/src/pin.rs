//! A PIN on its way to the card: checked, never shown, wiped when done.

use std::fmt;

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// PIV pads a PIN to this many bytes (SP 800-73-4 part 2, section 2.4.3).
pub(crate) const PIN_BLOCK: usize = 8;

/// A PIV PIN of 6 to 8 decimal digits. Its memory is wiped when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Pin([u8; PIN_BLOCK]);

/// The text is not 6 to 8 decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a PIN is 6 to 8 digits")]
pub struct PinFormatError;

impl PinFormatError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        "pin.format"
    }
}

impl Pin {
    /// Checks and copies the digits; wiping `digits` is up to the caller.
    pub fn new(digits: &str) -> Result<Self, PinFormatError> {
        let digits = digits.as_bytes();
        if !(6..=PIN_BLOCK).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
            return Err(PinFormatError);
        }
        let mut block = [0xFF; PIN_BLOCK];
        for (place, digit) in block.iter_mut().zip(digits) {
            *place = *digit;
        }
        Ok(Self(block))
    }

    /// The digits, padded with FF to eight bytes as the card wants them.
    pub(crate) fn block(&self) -> Zeroizing<[u8; PIN_BLOCK]> {
        Zeroizing::new(self.0)
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pin(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pads_with_ff_and_stays_hidden() {
        let pin = Pin::new("123456").unwrap();
        assert_eq!(*pin.block(), *b"123456\xFF\xFF");
        assert_eq!(format!("{pin:?}"), "Pin(hidden)");
    }

    #[test]
    fn refuses_what_is_no_pin() {
        for text in ["", "12345", "123456789", "12345a", "１２３４５６", "123 456"] {
            assert_eq!(Pin::new(text).err(), Some(PinFormatError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn accepts_exactly_six_to_eight_digits(text in "\\PC{0,12}|[0-9]{0,10}") {
            let digits = text.len() >= 6
                && text.len() <= 8
                && text.bytes().all(|byte| byte.is_ascii_digit());
            prop_assert_eq!(Pin::new(&text).is_ok(), digits);
        }
    }
}
