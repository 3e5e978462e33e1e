//! The reader seam: where cards come from, and one undisturbed talk with one of them.

use std::time::Duration;

use thiserror::Error;

/// A set of card readers, real or virtual.
pub trait Readers: Send + Sync {
    /// The readers there are now, in the order the system names them. No reader is an empty list.
    fn list(&self) -> Result<Vec<ReaderState>, ReaderError>;

    /// Blocks until the readers differ from `known`, at most for `timeout`.
    ///
    /// `true`: something changed (a reader came or went, a card went in or out), also when it
    /// happened before the call. `false`: the time is over and nothing changed.
    fn wait_for_change(
        &self,
        known: &[ReaderState],
        timeout: Duration,
    ) -> Result<bool, ReaderError>;

    /// Takes the card in `reader` (a name from [`Readers::list`]) for this caller alone.
    ///
    /// Waits a bounded time for another program to let the card go, then [`ReaderError::Busy`].
    fn begin(&self, reader: &str) -> Result<Box<dyn Transaction>, ReaderError>;
}

/// One undisturbed talk with one card. Dropping it resets the card, which forgets its PIN state.
pub trait Transaction: Send {
    /// What the card said first, where it is known (answer to reset, ISO/IEC 7816-3, 8).
    fn atr(&self) -> Option<&[u8]> {
        None
    }

    /// Sends one command APDU and returns the answer, `data || SW1 SW2`.
    ///
    /// Once an error was returned, every later call fails too.
    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, ReaderError>;
}

impl dyn Transaction + '_ {
    /// Whether the answer to reset is the one that a contactless reader makes up for a card without
    /// applications, such as FeliCa (PC/SC part 3, 3.1.3.2.3.2: the identifier of PC/SC itself).
    pub fn is_storage_card(&self) -> bool {
        const PCSC: [u8; 5] = [0xA0, 0x00, 0x00, 0x03, 0x06];
        self.atr().is_some_and(|atr| atr.windows(PCSC.len()).any(|part| part == PCSC))
    }
}

/// One reader as it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderState {
    /// The system's name of the reader, unique among the readers.
    pub name: String,
    /// Whether a card is in it (a card that does not answer counts as present).
    pub card_present: bool,
    /// Changes each time a card goes in or out, so that a quick swap does not go unseen.
    /// Compare for equality only.
    pub event: u64,
}

/// Why a reader or the card in it could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReaderError {
    /// The smart-card service (pcscd) is not running or cannot be reached.
    #[error("the smart-card service is not running")]
    NoService,
    /// There is no reader of that name (any more).
    #[error("there is no such card reader")]
    NoReader,
    /// The reader is there, the card is not.
    #[error("there is no card in the reader")]
    NoCard,
    /// The card was pulled out during the transaction.
    #[error("the card was removed")]
    Removed,
    /// The card does not answer: inserted the wrong way round, dirty, broken, or no smart card.
    #[error("the card does not answer")]
    Unresponsive,
    /// The reader cannot give the card power.
    #[error("the card has no power")]
    Unpowered,
    /// Another program reset the card during the transaction.
    #[error("the card was reset by another program")]
    Reset,
    /// Another program holds the card.
    #[error("the card is in use by another program")]
    Busy,
    /// Anything else, in the words of the smart-card service.
    #[error("the card reader failed: {0}")]
    Failed(String),
}

impl ReaderError {
    /// The stable code of this error, for machines and catalogues of advice.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoService => "reader.no-service",
            Self::NoReader => "reader.none",
            Self::NoCard => "card.none",
            Self::Removed => "card.removed",
            Self::Unresponsive => "card.unresponsive",
            Self::Unpowered => "card.unpowered",
            Self::Reset => "card.reset",
            Self::Busy => "reader.busy",
            Self::Failed(_) => "reader.failed",
        }
    }
}
