//! What can go wrong with a FeliCa card, each with a stable code.

use warifu_card::ReaderError;
use warifu_card::felica::FelicaError;
use warifu_pki::{KeyError, MasterKeysError};

use crate::OfficeError;

/// Why a FeliCa card was not registered, given a new key or recognised. Says nothing that
/// identifies the card.
#[derive(Debug, thiserror::Error)]
pub enum FelicaDeskError {
    /// The card or its reader refused. [`FelicaError::Locked`]: it was registered elsewhere.
    /// [`FelicaError::WrongMac`]: it is a copy.
    #[error(transparent)]
    Card(#[from] FelicaError),
    /// It is registered, for somebody else or for this very card.
    #[error("office.felica-taken: this FeliCa card is registered already")]
    Taken,
    /// It is not registered here, or another has taken its place.
    #[error("office.felica-unknown: this FeliCa card is not registered here")]
    Unknown,
    /// Another card lies on the reader than a moment before.
    #[error("office.felica-swapped: another card lies on the reader now; begin again")]
    Swapped,
    /// There are no master keys, one has version zero, or two have the same version.
    #[error("office.felica-masters: {0}")]
    Settings(&'static str),
    /// A card's key is made from a master key that is not configured.
    #[error("office.felica-no-master: there is no master key of version {0}")]
    NoMaster(u16),
    /// A master key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Everything else that the office says.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl FelicaDeskError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Card(error) => error.code(),
            Self::Taken => "office.felica-taken",
            Self::Unknown => "office.felica-unknown",
            Self::Swapped => "office.felica-swapped",
            Self::Settings(_) => "office.felica-masters",
            Self::NoMaster(_) => "office.felica-no-master",
            Self::Key(_) => "internal",
            Self::Office(error) => error.code(),
        }
    }
}

impl From<MasterKeysError> for FelicaDeskError {
    fn from(error: MasterKeysError) -> Self {
        match error {
            MasterKeysError::Settings(why) => Self::Settings(why),
            MasterKeysError::Key(cause) => Self::Key(cause),
        }
    }
}

impl From<ReaderError> for FelicaDeskError {
    fn from(error: ReaderError) -> Self {
        Self::Card(error.into())
    }
}

impl From<tokio::task::JoinError> for FelicaDeskError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Office(error.into())
    }
}
