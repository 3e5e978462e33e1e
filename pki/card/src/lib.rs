//! What is said to a card: PIV, JPKI and FeliCa Lite-S over a reader seam, with PC/SC and virtual
//! cards.
//!
//! A program asks [`Readers`] which readers there are, [`begins`](Readers::begin) a
//! [`Transaction`] with the card in one of them, and talks [`piv`] through it:
//!
//! ```no_run
//! # use warifu_card::{PcscReaders, Pin, Readers, piv::{KeyAlgorithm, Piv, Slot}};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut transaction = PcscReaders::new().begin("Some Reader 00 00")?;
//! let mut card = Piv::select(transaction.as_mut())?;
//! let certificate = card.certificate(Slot::Authentication)?;
//! card.verify_pin(&Pin::new("123456")?)?;
//! let algorithm = KeyAlgorithm::of_certificate(&certificate)?;
//! let signature = card.sign(Slot::Authentication, algorithm, b"challenge")?;
//! # drop(signature); Ok(()) }
//! ```
//!
//! [`PkiCard`] is what a login needs of PIV and of [`jpki`] alike; [`felica`] has no PIN and no
//! certificate. [`personalise`] is what a card office says to a card before it is handed out.
//!
//! With the feature `virtual` there are cards that exist only in memory or in a file:
//! [`virtual_card`] is the card, [`vpcd`] puts it into a virtual reader of a real pcscd,
//! [`drawer`] into a reader that exists only in this process.

pub mod apdu;
mod digits;
pub mod felica;
pub mod jpki;
pub mod pcsc_readers;
pub mod personalise;
mod pin;
pub mod piv;
mod pki_card;
mod reader;
pub mod tlv;
mod transport_code;

#[cfg(feature = "virtual")]
pub mod drawer;
#[cfg(feature = "virtual")]
pub mod virtual_card;
#[cfg(feature = "virtual")]
pub mod vpcd;

pub use digits::WeakRandomness;
pub use pcsc_readers::PcscReaders;
pub use pin::{Pin, PinForm, PinFormatError, UnfitPin};
pub use pki_card::{Application, CardError, PinError, PkiCard, PkiKind};
pub use reader::{ReaderError, ReaderState, Readers, Transaction};
pub use transport_code::{TransportCode, TransportCodeFormatError};
