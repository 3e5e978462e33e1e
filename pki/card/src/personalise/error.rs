//! What can go wrong while a card is personalised.

use openssl::error::ErrorStack;
use thiserror::Error;

use crate::{
    pki_card::{CardError, PinError},
    tlv::TlvError,
};

/// Why a step of the personalisation was not done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PersonaliseError {
    /// The card or the reader failed, or the card refused.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The PIN, or the code in its place, was judged and not accepted.
    #[error(transparent)]
    Pin(PinError),
    /// The card has neither the office's management key nor the factory's: it is another office's,
    /// or was made for another order.
    #[error("the card does not know this office")]
    Stranger,
    /// The PUK is neither the factory's nor the code: the code of an earlier try was lost.
    #[error("the card was locked with another transport code")]
    PukUnknown,
    /// What was written is not what is read; the word says which part.
    #[error("the card did not keep what was written: {0}")]
    NotKept(&'static str),
    /// The key in the slot is another one.
    #[error("the card holds another key")]
    WrongKey,
    /// The card is locked: what gives PIN and PUK their factory values must come before.
    #[error("the card is locked already")]
    Locked,
    /// The card cannot be set back to how it came from the factory.
    #[error("the card cannot be reset")]
    CannotReset,
    /// The crypto library failed.
    #[error("the computation failed")]
    Crypto,
}

impl PersonaliseError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Card(error) => error.code(),
            Self::Pin(error) => error.code(),
            Self::Stranger => "card.stranger",
            Self::PukUnknown => "card.puk-unknown",
            Self::NotKept(_) => "card.not-kept",
            Self::WrongKey => "card.wrong-key",
            Self::Locked => "card.locked",
            Self::CannotReset => "card.cannot-reset",
            Self::Crypto => "card.crypto",
        }
    }
}

impl From<PinError> for PersonaliseError {
    fn from(error: PinError) -> Self {
        match error {
            PinError::Card(error) => Self::Card(error),
            judged => Self::Pin(judged),
        }
    }
}

impl From<TlvError> for PersonaliseError {
    fn from(error: TlvError) -> Self {
        Self::Card(error.into())
    }
}

impl From<ErrorStack> for PersonaliseError {
    fn from(_: ErrorStack) -> Self {
        Self::Crypto
    }
}
