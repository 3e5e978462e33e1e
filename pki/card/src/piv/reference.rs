//! The PIN, and the code that sets it anew: PIV's reference data (SP 800-73-4 part 2, 3.2.1 to
//! 3.2.3).

use zeroize::Zeroizing;

use super::Piv;
use crate::{
    apdu::{Command, StatusWord},
    pin::{PIN_BLOCK, Pin, PinForm},
    pki_card::{self, CardError, PinError},
    transport_code::TransportCode,
};

/// The key reference of the application PIN.
pub(crate) const PIN: u8 = 0x80;
/// The key reference of the PIN unblocking key (PUK).
pub(crate) const PUK: u8 = 0x81;

/// A PIN or code, padded.
type Block = Zeroizing<[u8; PIN_BLOCK]>;

impl Piv<'_> {
    /// How many wrong PINs the card will still bear; 0 means blocked. Costs no try.
    ///
    /// A PIN that is already verified is forgotten, because the card tells no count with it.
    pub fn tries_left(&mut self) -> Result<u8, CardError> {
        let query = Command::new(0x20, 0x00, PIN);
        let mut status = self.send(&query)?.status;
        if status == StatusWord::OK {
            self.send(&Command::new(0x20, 0xFF, PIN))?;
            status = self.send(&query)?.status;
        }
        pki_card::tries_told(status)
    }

    /// How many wrong transport codes the card will still bear; 0 means that it cannot be unblocked
    /// any more. Costs no try. `None` from a card that does not tell: most only count.
    pub fn code_tries_left(&mut self) -> Result<Option<u8>, CardError> {
        Ok(self.metadata(PUK)?.and_then(|metadata| metadata.tries_left))
    }

    /// Shows the PIN to the card. A wrong one costs a try.
    pub fn verify_pin(&mut self, pin: &Pin) -> Result<(), PinError> {
        self.refer(0x20, PIN, pin.require(PinForm::Piv)?.block().as_slice())
    }

    /// Gives the card another PIN. A wrong old one costs a try; afterwards the PIN counts as shown.
    pub fn change_pin(&mut self, old: &Pin, new: &Pin) -> Result<(), PinError> {
        let [old, new] = [old.require(PinForm::Piv)?, new.require(PinForm::Piv)?];
        self.exchange(0x24, PIN, &old.block(), &new.block())
    }

    /// Gives the card a PIN by the transport code, whatever the PIN was before, and all its tries
    /// back. A wrong code costs a try of the code's own, which [`PinError::Wrong`] then counts.
    /// The code itself is refused as PIN: it stands in a letter.
    pub fn unblock(&mut self, code: &TransportCode, new: &Pin) -> Result<(), PinError> {
        new.require(PinForm::Piv)?.differs_from_code(code)?;
        self.exchange(0x2C, PIN, &code.block(), &new.block())
    }

    /// Gives the card another PUK. A wrong old one costs a try of the PUK.
    pub(crate) fn change_puk(&mut self, old: &Block, new: &Block) -> Result<(), PinError> {
        self.exchange(0x24, PUK, old, new)
    }

    fn exchange(
        &mut self,
        instruction: u8,
        reference: u8,
        known: &Block,
        new: &Block,
    ) -> Result<(), PinError> {
        let mut blocks = Zeroizing::new([0; 2 * PIN_BLOCK]);
        for (place, byte) in blocks.iter_mut().zip(known.iter().chain(new.iter())) {
            *place = *byte;
        }
        self.refer(instruction, reference, blocks.as_slice())
    }

    fn refer(&mut self, instruction: u8, reference: u8, data: &[u8]) -> Result<(), PinError> {
        let command = Command::new(instruction, 0x00, reference).with_data(data);
        pki_card::judged(self.send(&command)?.status)
    }
}
