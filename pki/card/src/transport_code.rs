//! The code in the letter that comes apart from the card.
//!
//! On the card it is the PUK: it signs nobody in, but lets its holder choose the PIN.

use std::fmt;

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::digits::{self, DIGITS, WeakRandomness};

/// Eight decimal digits. Their memory is wiped when they are dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct TransportCode([u8; DIGITS]);

/// The text is not eight decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a transport code is 8 digits")]
pub struct TransportCodeFormatError;

impl TransportCodeFormatError {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        "code.format"
    }
}

impl TransportCode {
    /// Reads what a person typed off the letter: eight digits, also full-width ones, with any
    /// spaces and hyphens between. Wiping `typed` is up to the caller.
    pub fn new(typed: &str) -> Result<Self, TransportCodeFormatError> {
        let mut digits = Zeroizing::new([0; DIGITS]);
        let mut places = digits.iter_mut();
        for typed in typed.chars().filter(|c| !is_separator(*c)) {
            let place = places.next().ok_or(TransportCodeFormatError)?;
            *place = digit(typed).ok_or(TransportCodeFormatError)?;
        }
        if places.next().is_some() { Err(TransportCodeFormatError) } else { Ok(Self(*digits)) }
    }

    /// A new code, never one that anybody would try first. `fill` fills a buffer with
    /// unpredictable bytes.
    pub fn random(fill: &mut dyn FnMut(&mut [u8])) -> Result<Self, WeakRandomness> {
        Ok(Self(*digits::random(fill)?))
    }

    /// The eight digits, for the letter alone.
    pub fn digits(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The digits as the card wants a PUK.
    pub(crate) fn block(&self) -> Zeroizing<[u8; DIGITS]> {
        Zeroizing::new(self.0)
    }
}

/// What people put between digits, also by a Japanese keyboard.
const fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '\u{3000}' | '-' | '‐' | '－' | 'ー')
}

fn digit(c: char) -> Option<u8> {
    let number = match c {
        '０'..='９' => u32::from(c) - u32::from('０'),
        other => other.to_digit(10)?,
    };
    u8::try_from(number).ok().map(|number| b'0' + number)
}

impl fmt::Debug for TransportCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TransportCode(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_read_as_people_type_it_and_stays_hidden() {
        for typed in ["48261937", "4826 1937", " 4826-1937", "４８２６　１９３７", "4826ー1937"]
        {
            assert_eq!(TransportCode::new(typed).unwrap().digits(), "48261937", "{typed}");
        }
        let code = TransportCode::new("48261937").unwrap();
        assert_eq!(format!("{code:?}"), "TransportCode(hidden)");
    }

    #[test]
    fn refuses_what_is_no_code() {
        for typed in ["", "4826193", "482619370", "4826193a", "4826.1937", "٤٨٢٦١٩٣٧"] {
            assert_eq!(TransportCode::new(typed).err(), Some(TransportCodeFormatError), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(typed in "\\PC{0,20}|[0-9 ０-９-]{0,14}") {
            if let Ok(code) = TransportCode::new(&typed) {
                prop_assert_eq!(code.digits().len(), DIGITS);
            }
        }

        #[test]
        fn what_is_drawn_can_be_typed(seed in any::<[u8; 4]>()) {
            if let Ok(code) = TransportCode::random(&mut |bytes| bytes.copy_from_slice(&seed)) {
                let typed = TransportCode::new(code.digits()).unwrap();
                prop_assert_eq!(typed.digits(), code.digits());
            }
        }
    }
}
