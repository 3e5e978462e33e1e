//! What can go wrong with a card that has keys.

use thiserror::Error;

use crate::{
    apdu::{ApduError, StatusWord},
    pin::{PinFormatError, UnfitPin},
    reader::ReaderError,
    tlv::TlvError,
};

/// Why the card did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CardError {
    /// The reader failed, or the card is gone.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The card has no such application.
    #[error("the card is of another kind")]
    OtherKind,
    /// There is no certificate for this use.
    #[error("the card has no certificate for this use")]
    NoCertificate,
    /// The key is not of a kind that is known here.
    #[error("the card's key is of an unknown kind")]
    UnsupportedKey,
    /// The key wants the PIN first.
    #[error("the card asks for the PIN first")]
    PinRequired,
    /// What the card said makes no sense; the word says which part.
    #[error("the card's answer is malformed: {0}")]
    Malformed(&'static str),
    /// The card refused with this status.
    #[error("the card refused: {0}")]
    Refused(StatusWord),
}

impl CardError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Reader(error) => error.code(),
            Self::OtherKind => "card.other-kind",
            Self::NoCertificate => "card.no-certificate",
            Self::UnsupportedKey => "card.unsupported-key",
            Self::PinRequired => "pin.required",
            Self::Malformed(_) => "card.malformed",
            Self::Refused(_) => "card.refused",
        }
    }
}

impl From<ApduError> for CardError {
    fn from(error: ApduError) -> Self {
        match error {
            ApduError::Reader(error) => Self::Reader(error),
            ApduError::Malformed => Self::Malformed("apdu"),
            ApduError::TooLong => Self::Malformed("length"),
        }
    }
}

impl From<TlvError> for CardError {
    fn from(_: TlvError) -> Self {
        Self::Malformed("tlv")
    }
}

/// Why the PIN, or the code in its place, was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PinError {
    /// Wrong; `left` tries remain, at least one.
    #[error("the PIN or code is wrong, {left} tries left")]
    Wrong {
        /// The tries that remain before the card blocks itself.
        left: u8,
    },
    /// What was shown is blocked: for the PIN the code is needed, and for the code nothing helps.
    #[error("the card is blocked")]
    Blocked,
    /// The PIN is none of this card's by its form; it was not shown.
    #[error(transparent)]
    Form(#[from] PinFormatError),
    /// The new PIN was not even offered to the card.
    #[error(transparent)]
    Unfit(#[from] UnfitPin),
    /// The PIN was not judged at all.
    #[error(transparent)]
    Card(#[from] CardError),
}

impl PinError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wrong { .. } => "pin.wrong",
            Self::Blocked => "pin.blocked",
            Self::Form(error) => error.code(),
            Self::Unfit(error) => error.code(),
            Self::Card(error) => error.code(),
        }
    }
}
