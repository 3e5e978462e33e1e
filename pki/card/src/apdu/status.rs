//! The status word that ends every answer.

use std::fmt;

/// SW1 SW2 (ISO/IEC 7816-4, 5.6).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// Done.
    pub const OK: Self = Self(0x9000);
    /// The length of the command is wrong.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// The PIN or key that this command needs was not shown.
    pub const SECURITY_NOT_SATISFIED: Self = Self(0x6982);
    /// The PIN or PUK is blocked.
    pub const BLOCKED: Self = Self(0x6983);
    /// The card is not in the state for this command.
    pub const CONDITIONS_NOT_SATISFIED: Self = Self(0x6985);
    /// The data of the command makes no sense.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// The object, key or application is not on the card.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// The card is full.
    pub const NO_SPACE: Self = Self(0x6A84);
    /// P1 or P2 is wrong.
    pub const WRONG_PARAMETERS: Self = Self(0x6A86);
    /// The PIN or key that is named does not exist.
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6A88);
    /// The instruction is unknown.
    pub const UNKNOWN_INSTRUCTION: Self = Self(0x6D00);
    /// The class byte is unknown.
    pub const UNKNOWN_CLASS: Self = Self(0x6E00);
    /// The card could not keep what it should.
    pub const MEMORY_FAILURE: Self = Self(0x6581);
    /// Something inside the card went wrong.
    pub const UNKNOWN_FAILURE: Self = Self(0x6F00);

    /// Puts the two bytes together.
    pub const fn from_bytes(sw1: u8, sw2: u8) -> Self {
        Self(u16::from_be_bytes([sw1, sw2]))
    }

    /// The two bytes, SW1 first.
    pub const fn bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }

    /// `63Cx`: the comparison failed, and `left` tries remain.
    pub const fn tries(left: u8) -> Self {
        Self::from_bytes(0x63, 0xC0 | (left & 0x0F))
    }

    /// The tries that a `63Cx` speaks of.
    pub const fn tries_left(self) -> Option<u8> {
        match self.bytes() {
            [0x63, counter] if counter & 0xF0 == 0xC0 => Some(counter & 0x0F),
            _ => None,
        }
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04X}", self.0)
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_tries() {
        assert_eq!(StatusWord::tries(3), StatusWord(0x63C3));
        assert_eq!(StatusWord(0x63C0).tries_left(), Some(0));
        assert_eq!(StatusWord(0x6300).tries_left(), None);
        assert_eq!(StatusWord::OK.tries_left(), None);
        assert_eq!(StatusWord::BLOCKED.to_string(), "6983");
    }
}
