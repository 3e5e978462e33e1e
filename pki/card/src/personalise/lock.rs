//! The end of a personalisation: secrets that only the letter's reader and the office know.

use zeroize::Zeroizing;

use super::{
    Personalisation, PersonaliseError,
    administrator::{self, MANAGEMENT_KEY},
};
use crate::{
    apdu::Command,
    pin::{PIN_BLOCK, Pin},
    piv::reference::{PIN, PUK},
    pki_card::{CardError, PinError},
    transport_code::TransportCode,
};

impl Personalisation<'_> {
    /// How many wrong PINs and PUKs the card bears, 1 to 15, where the card can be told
    /// (`false`: it cannot, and keeps its own count).
    ///
    /// It gives PIN and PUK their factory values, so it comes before [`lock`](Self::lock):
    /// afterwards it is [`PersonaliseError::Locked`].
    pub fn set_tries(&mut self, pin: u8, puk: u8) -> Result<bool, PersonaliseError> {
        if self.locked {
            return Err(PersonaliseError::Locked);
        }
        let [is_pin, is_puk] = [self.tries_of(PIN)?, self.tries_of(PUK)?];
        if (is_pin, is_puk) == (Some(pin), Some(puk)) {
            return Ok(true);
        }
        if is_pin.is_none() {
            return Ok(false);
        }
        self.verify_pin(&self.factory.pin.clone())?;
        self.card.done(&Command::new(0xFA, pin, puk))?;
        self.pin_shown = false;
        Ok(self.tries_of(PIN)? == Some(pin))
    }

    fn tries_of(&mut self, reference: u8) -> Result<Option<u8>, CardError> {
        Ok(self.card.metadata(reference)?.and_then(|metadata| metadata.tries))
    }

    /// Makes `code` the PUK, `unknown` the PIN, and the office's own key the management key, in
    /// this order. Whatever breaks it off, it can be done again with the same code.
    ///
    /// `unknown` is a PIN that nobody is to know ([`Pin::random`]). Afterwards the card lets nobody
    /// in before somebody chose a PIN with the code. [`PersonaliseError::PukUnknown`] when an
    /// earlier try used another code.
    pub fn lock(&mut self, unknown: &Pin, code: &TransportCode) -> Result<(), PersonaliseError> {
        self.make_puk(code)?;
        self.pin_shown = false;
        self.card.unblock(code, unknown)?;
        self.take_over()?;
        self.locked = true;
        Ok(())
    }

    /// Where the card does not tell whether the PUK is the factory's, the code is tried first: that
    /// costs a blank card one try, which the factory's PUK gives back.
    fn make_puk(&mut self, code: &TransportCode) -> Result<(), PersonaliseError> {
        let (new, factory) = (code.block(), self.factory.puk.block());
        let is_default = self.card.metadata(PUK)?.and_then(|metadata| metadata.is_default);
        let guesses: &[&Zeroizing<[u8; PIN_BLOCK]>] = match is_default {
            Some(true) => &[&factory],
            Some(false) => &[&new],
            None => &[&new, &factory],
        };
        for known in guesses {
            match self.card.change_puk(known, &new) {
                Err(PinError::Wrong { .. } | PinError::Blocked) => {}
                done => return Ok(done?),
            }
        }
        Err(PersonaliseError::PukUnknown)
    }

    /// Sets the management key and proves it once more.
    fn take_over(&mut self) -> Result<(), PersonaliseError> {
        let key = self.own.bytes();
        let length = u8::try_from(key.len()).unwrap_or(0);
        let mut data = Zeroizing::new(Vec::with_capacity(3 + key.len()));
        data.extend([self.own.algorithm().piv_id(), MANAGEMENT_KEY, length]);
        data.extend_from_slice(key);
        self.card.done(&Command::new(0xFF, 0xFF, 0xFF).with_data(&data))?;
        if administrator::become_one(&mut self.card, &self.own, self.fill)? {
            Ok(())
        } else {
            Err(PersonaliseError::NotKept("management key"))
        }
    }
}
