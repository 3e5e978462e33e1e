//! A PIN on its way to the card: checked, never shown, wiped when done.

use std::{fmt, ops::RangeInclusive};

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    digits::{self, WeakRandomness},
    transport_code::TransportCode,
};

/// PIV pads a PIN to this many bytes (SP 800-73-4 part 2, section 2.4.3).
pub(crate) const PIN_BLOCK: usize = 8;

/// What the PIN of a kind of card looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PinForm {
    /// 6 to 8 digits.
    Piv,
    /// 4 digits, for the user authentication key of JPKI.
    Jpki,
}

impl PinForm {
    /// How many digits there may be.
    pub const fn lengths(self) -> RangeInclusive<usize> {
        match self {
            Self::Piv => 6..=PIN_BLOCK,
            Self::Jpki => 4..=4,
        }
    }
}

/// A PIN of decimal digits. Its memory is wiped when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Pin([u8; PIN_BLOCK]);

/// The text is not as many decimal digits as the card's PIN has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a PIN of this card has another number of digits")]
pub struct PinFormatError;

impl PinFormatError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        "pin.format"
    }
}

/// The PIN has the right form, but nobody should choose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnfitPin {
    /// One that anybody would try first, such as 000000 or 123456.
    #[error("the PIN is one that anybody would try first")]
    Trivial,
    /// The digits of the transport code, which stand in a letter.
    #[error("the PIN is the transport code")]
    SameAsCode,
    /// The PIN that the card has already.
    #[error("the PIN is the one before")]
    Unchanged,
}

impl UnfitPin {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Trivial => "pin.trivial",
            Self::SameAsCode => "pin.same-as-code",
            Self::Unchanged => "pin.unchanged",
        }
    }
}

impl Pin {
    /// A PIN for PIV; wiping `digits` is up to the caller.
    pub fn new(digits: &str) -> Result<Self, PinFormatError> {
        Self::of(PinForm::Piv, digits)
    }

    /// Checks and copies the digits; wiping `digits` is up to the caller.
    pub fn of(form: PinForm, digits: &str) -> Result<Self, PinFormatError> {
        let digits = digits.as_bytes();
        if !form.lengths().contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
            return Err(PinFormatError);
        }
        let mut block = [0xFF; PIN_BLOCK];
        for (place, digit) in block.iter_mut().zip(digits) {
            *place = *digit;
        }
        Ok(Self(block))
    }

    /// Eight random digits, for a PIN that nobody is to know. `fill` fills a buffer with
    /// unpredictable bytes.
    pub fn random(fill: &mut dyn FnMut(&mut [u8])) -> Result<Self, WeakRandomness> {
        Ok(Self(*digits::random(fill)?))
    }

    /// A PIN of digits that are known to be right, padded with FF.
    pub(crate) const fn of_block(block: [u8; PIN_BLOCK]) -> Self {
        Self(block)
    }

    /// Whether a person who unblocks the card with this code should choose this PIN.
    pub fn fits_code(&self, code: &TransportCode) -> Result<(), UnfitPin> {
        self.differs_from_code(code)?;
        self.is_hard_to_guess()
    }

    /// Whether a person whose PIN is `old` should choose this one next.
    pub fn fits_after(&self, old: &Self) -> Result<(), UnfitPin> {
        if self.is(old) {
            return Err(UnfitPin::Unchanged);
        }
        self.is_hard_to_guess()
    }

    /// Whether both are the same digits.
    pub fn is(&self, other: &Self) -> bool {
        openssl::memcmp::eq(&self.0, &other.0)
    }

    pub(crate) fn differs_from_code(&self, code: &TransportCode) -> Result<(), UnfitPin> {
        let same = openssl::memcmp::eq(&self.0, code.block().as_slice());
        if same { Err(UnfitPin::SameAsCode) } else { Ok(()) }
    }

    /// Whether it is none that anybody would try first: one digit all over, a run, a repetition.
    pub fn is_hard_to_guess(&self) -> Result<(), UnfitPin> {
        if digits::is_trivial(self.digits()) { Err(UnfitPin::Trivial) } else { Ok(()) }
    }

    /// Whether it has this form.
    pub fn is_of(&self, form: PinForm) -> bool {
        form.lengths().contains(&self.digits().len())
    }

    /// Itself, if it has this form.
    pub(crate) fn require(&self, form: PinForm) -> Result<&Self, PinFormatError> {
        if self.is_of(form) { Ok(self) } else { Err(PinFormatError) }
    }

    /// The digits alone.
    pub fn digits(&self) -> &[u8] {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.0.get(..length).unwrap_or_default()
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

    #[test]
    fn a_person_chooses_neither_the_code_nor_the_old_pin_nor_what_anybody_would_try() {
        let pin = |digits| Pin::new(digits).unwrap();
        let code = TransportCode::new("4826 1937").unwrap();
        assert_eq!(pin("48261937").fits_code(&code), Err(UnfitPin::SameAsCode));
        assert_eq!(pin("111111").fits_code(&code), Err(UnfitPin::Trivial));
        assert_eq!(pin("482619").fits_code(&code), Ok(()));
        assert_eq!(pin("271828").fits_after(&pin("271828")), Err(UnfitPin::Unchanged));
        assert_eq!(pin("123456").fits_after(&pin("271828")), Err(UnfitPin::Trivial));
        assert_eq!(pin("2718281").fits_after(&pin("271828")), Ok(()));
    }

    #[test]
    fn a_pin_of_four_digits_is_no_piv_pin() {
        let short = Pin::of(PinForm::Jpki, "2718").unwrap();
        assert_eq!(short.digits(), b"2718");
        assert_eq!(short.require(PinForm::Piv).err(), Some(PinFormatError));
        assert_eq!(Pin::new("2718").err(), Some(PinFormatError));
        assert_eq!(Pin::of(PinForm::Jpki, "271828").err(), Some(PinFormatError));
        assert_eq!(Pin::of(PinForm::Jpki, "27a8").err(), Some(PinFormatError));
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
