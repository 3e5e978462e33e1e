//! FeliCa Lite-S (JIS X 6319-4): finding a card, proving it genuine by its card key, registering a
//! new one.
//!
//! What any reader can read of a card (`IDm`, ID block) is a name and no credential: anybody can
//! emulate it. Only a MAC by the card key over a challenge of the verifier's own proves the card,
//! and it proves no more than that the card is somewhere at the other end: a live relay works.
//!
//! A reader carries [packets](packet) in one of several ways: [`FelicaTransport`] is that seam.

mod answer;
mod card_key;
mod identiv;
mod lite_s;
mod mac;
mod packet;
mod registration;
mod transport;

use thiserror::Error;

use crate::reader::ReaderError;

pub use answer::{Answer, key_version, login_challenge, verify_answer};
#[cfg(any(test, feature = "virtual"))]
pub use card_key::MasterKey;
pub use card_key::{BlockCipher, CardKey, diversify};
pub use identiv::IdentivReader;
pub use lite_s::{Block, Identity, LiteS};
pub use mac::{BlockNumber, Session};
#[cfg(feature = "virtual")]
pub(crate) use packet::refusal;
pub use packet::{Packet, Reply};
pub use registration::{Registration, register, rotate};
pub use transport::{AcsReader, FelicaTransport, TransparentReader, connect, read_idm};

/// Manufacturer's identifier of a card, sent in the clear to every reader: a name, no secret proof.
pub type Idm = [u8; 8];

/// Why a FeliCa card could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FelicaError {
    /// The reader failed, or the card left.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The reader knows none of our ways to speak FeliCa.
    #[error("the reader cannot carry FeliCa commands")]
    Unsupported,
    /// There is no FeliCa Lite-S card.
    #[error("this is not a FeliCa Lite-S card")]
    NotLiteS,
    /// The card answered what no such card answers.
    #[error("the card's answer is malformed: {0}")]
    Malformed(&'static str),
    /// The card refused, with its two status flags.
    #[error("the card refused ({0:02x} {1:02x})")]
    Refused(u8, u8),
    /// The MAC is not by the card key: a copy, or a card of somebody else's.
    #[error("the card does not know its key")]
    WrongMac,
    /// The card's system blocks are locked already: it was registered before, here or elsewhere.
    #[error("the card was registered before")]
    Locked,
    /// The cryptographic library failed.
    #[error("the card's cipher failed")]
    Cipher,
}

impl FelicaError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Reader(error) => error.code(),
            Self::Unsupported => "reader.no-felica",
            Self::NotLiteS => "card.not-lite-s",
            Self::Malformed(_) => "card.malformed",
            Self::Refused(..) => "card.refused",
            Self::WrongMac => "card.wrong-mac",
            Self::Locked => "card.registered",
            Self::Cipher => "card.cipher",
        }
    }
}

impl From<openssl::error::ErrorStack> for FelicaError {
    fn from(_: openssl::error::ErrorStack) -> Self {
        Self::Cipher
    }
}
