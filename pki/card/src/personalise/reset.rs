//! Back to how the card came from the factory, when a half-way card cannot be finished.

use zeroize::Zeroizing;

use super::PersonaliseError;
use crate::{
    apdu::{Command, StatusWord},
    pin::PIN_BLOCK,
    pin::Pin,
    piv::Piv,
    pki_card::{CardError, PinError},
    reader::Transaction,
};

/// No card counts further than this.
const MOST_TRIES: usize = 256;
/// Two guesses: one of them is surely wrong.
const GUESSES: [[u8; PIN_BLOCK]; 2] = [*b"00000000", *b"99999999"];

/// Sets a card back to the factory: every key and certificate on it is gone for good.
///
/// For cards that know the reset of Yubico's: it needs no secret, but PIN and PUK must be blocked
/// first, which is done here. [`PersonaliseError::CannotReset`] from others, before anything was
/// spent.
pub fn reset(transaction: &mut dyn Transaction) -> Result<(), PersonaliseError> {
    let mut card = Piv::select(transaction)?;
    let version = Command::new(0xFD, 0x00, 0x00).expecting_answer();
    if card.send(&version)?.status != StatusWord::OK {
        return Err(PersonaliseError::CannotReset);
    }
    // The PUK first: a guess that happened to be right would unblock the PIN.
    block(|guess| card.change_puk(guess, guess))?;
    block(|guess| card.verify_pin(&Pin::of_block(**guess)))?;
    card.done(&Command::new(0xFB, 0x00, 0x00))?;
    Ok(())
}

/// Guesses wrong until the card says that it is blocked.
fn block(
    mut guess: impl FnMut(&Zeroizing<[u8; PIN_BLOCK]>) -> Result<(), PinError>,
) -> Result<(), PersonaliseError> {
    for wrong in GUESSES.iter().cycle().take(2 * MOST_TRIES) {
        match guess(&Zeroizing::new(*wrong)) {
            Err(PinError::Blocked) => return Ok(()),
            Ok(()) | Err(PinError::Wrong { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CardError::Malformed("tries").into())
}
