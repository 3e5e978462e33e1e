//! What a card office says to a PIV card before it is handed out: keys made on the card, their
//! possession proved, certificates and identity written, and at the end the card locked so that
//! only the transport code of the letter lets somebody choose its PIN.
//!
//! Every step may be repeated, and what is done already can be read off the card, so that a
//! personalisation that broke off goes on where it was. The secrets change last, in an order in
//! which each half-way state can be finished with the same code. GENERATE and PUT DATA are
//! SP 800-73-4 part 2, 3.3; what the standard leaves to the card (another management key, counters,
//! the reset) is said in the way of Yubico's cards.

pub(crate) mod administrator;
mod error;
pub(crate) mod factory;
mod lock;
mod management_key;
mod public_key;
mod reset;

use jiff::civil::Date;

pub use error::PersonaliseError;
pub use factory::Factory;
pub use management_key::{KeyLengthError, ManagementAlgorithm, ManagementKey};
pub use reset::reset;

use crate::{
    apdu::{Command, StatusWord},
    pin::Pin,
    piv::{CHUID, Guid, KeyAlgorithm, Piv, Slot, object},
    pki_card::{CardError, PinError},
    reader::Transaction,
    tlv,
};

/// Tag of the card capability container.
pub(crate) const CAPABILITIES: u32 = 0x5F_C107;

/// A card in the hands of its office, for as long as the transaction lasts.
pub struct Personalisation<'t> {
    card: Piv<'t>,
    own: ManagementKey,
    factory: Factory,
    fill: &'t mut dyn FnMut(&mut [u8]),
    locked: bool,
    pin_shown: bool,
}

impl<'t> Personalisation<'t> {
    /// Selects PIV and proves the management key, while the card proves it too: `own`, the key that
    /// the office gives this card, if the card has it already, and otherwise the factory's.
    ///
    /// `fill` fills a buffer with unpredictable bytes. [`PersonaliseError::Stranger`] when the card
    /// has neither key.
    pub fn open(
        transaction: &'t mut dyn Transaction,
        own: &ManagementKey,
        factory: &Factory,
        fill: &'t mut dyn FnMut(&mut [u8]),
    ) -> Result<Self, PersonaliseError> {
        let mut card = Piv::select(transaction)?;
        let locked = match administrator::become_one(&mut card, own, fill)? {
            true => true,
            false if administrator::become_one(&mut card, &factory.management_key, fill)? => false,
            false => return Err(PersonaliseError::Stranger),
        };
        let (own, factory) = (own.clone(), factory.clone());
        Ok(Self { card, own, factory, fill, locked, pin_shown: false })
    }

    /// Whether the office's own management key is in force, which is the end of
    /// [`lock`](Self::lock).
    pub const fn is_locked(&self) -> bool {
        self.locked
    }

    /// The GUID that the card has, if it has one.
    pub fn guid(&mut self) -> Result<Option<Guid>, PersonaliseError> {
        match self.card.object(CHUID)? {
            Some(object) => Ok(Some(object::guid(&object)?)),
            None => Ok(None),
        }
    }

    /// The public key (`SubjectPublicKeyInfo`, DER) in the slot. `None`: there is none, or there is
    /// no certificate for it yet and the card does not tell.
    pub fn public_key(&mut self, slot: Slot) -> Result<Option<Vec<u8>>, PersonaliseError> {
        let metadata = self.card.metadata(slot.key_reference())?.unwrap_or_default();
        if let (Some(id), Some(key)) = (metadata.algorithm, metadata.public_key) {
            let algorithm = KeyAlgorithm::of_piv_id(id).ok_or(CardError::UnsupportedKey)?;
            return Ok(Some(public_key::from_template(algorithm, &key)?));
        }
        match self.certificate(slot)? {
            Some(der) => Ok(Some(public_key::of_certificate(&der)?)),
            None => Ok(None),
        }
    }

    /// The certificate (DER) in the slot, if there is one.
    pub fn certificate(&mut self, slot: Slot) -> Result<Option<Vec<u8>>, PersonaliseError> {
        match self.card.certificate(slot) {
            Ok(der) => Ok(Some(der)),
            Err(CardError::NoCertificate) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a new key in the slot, in place of the one there was, and gives its public part
    /// (`SubjectPublicKeyInfo`, DER). An RSA key may take the card a minute.
    pub fn generate(
        &mut self,
        slot: Slot,
        algorithm: KeyAlgorithm,
    ) -> Result<Vec<u8>, PersonaliseError> {
        let wish = tlv::object(0xAC, &tlv::object(0x80, &[algorithm.piv_id()])?)?;
        let command =
            Command::new(0x47, 0x00, slot.key_reference()).with_data(&wish).expecting_answer();
        let answer = self.card.done(&command)?;
        let key = tlv::find(&answer, 0x7F49)?.ok_or(CardError::Malformed("public key"))?;
        public_key::from_template(algorithm, key)
    }

    /// Signs `message` (hashed here, by the kind of the key) with the key in the slot and checks the
    /// signature with `public_key` (`SubjectPublicKeyInfo`, DER) before it gives it: ECDSA as
    /// `r || s`, RSA as PKCS#1 v1.5.
    ///
    /// 9A wants the PIN: the factory's is shown here as long as the card is not locked, another
    /// before by [`verify_pin`](Self::verify_pin). [`PersonaliseError::WrongKey`] when another key
    /// is in the slot.
    pub fn prove(
        &mut self,
        slot: Slot,
        public_key: &[u8],
        message: &[u8],
    ) -> Result<Vec<u8>, PersonaliseError> {
        let algorithm = public_key::algorithm(public_key)?;
        if slot == Slot::Authentication && !self.locked && !self.pin_shown {
            self.verify_pin(&self.factory.pin.clone())?;
        }
        let signature = match self.card.sign(slot, algorithm, message) {
            Err(CardError::Refused(StatusWord::WRONG_DATA | StatusWord::REFERENCE_NOT_FOUND)) => {
                return Err(PersonaliseError::WrongKey);
            }
            signature => signature?,
        };
        if public_key::signed(public_key, algorithm, message, &signature)? {
            Ok(signature)
        } else {
            Err(PersonaliseError::WrongKey)
        }
    }

    /// Shows the PIN, which counts until the transaction ends. A wrong one costs a try.
    pub fn verify_pin(&mut self, pin: &Pin) -> Result<(), PinError> {
        self.pin_shown = false;
        self.card.verify_pin(pin)?;
        self.pin_shown = true;
        Ok(())
    }

    /// Writes the certificate (DER) for the key in the slot and reads it back.
    /// [`PersonaliseError::WrongKey`] when it is for another key, as far as the card tells.
    pub fn write_certificate(&mut self, slot: Slot, der: &[u8]) -> Result<(), PersonaliseError> {
        let subject = public_key::of_certificate(der)?;
        let metadata = self.card.metadata(slot.key_reference())?.unwrap_or_default();
        if metadata.public_key.is_some() && self.public_key(slot)? != Some(subject) {
            return Err(PersonaliseError::WrongKey);
        }
        self.write(slot.certificate_tag(), &object::certificate_object(der)?, "certificate")
    }

    /// Writes who the card is, and until which day it is good: the card holder unique identifier
    /// and the capability container. Reads both back.
    pub fn write_identity(&mut self, guid: Guid, expires: Date) -> Result<(), PersonaliseError> {
        self.write(CAPABILITIES, &object::capabilities(guid), "capabilities")?;
        self.write(CHUID, &object::chuid(guid, expires), "chuid")
    }

    fn write(
        &mut self,
        tag: u32,
        content: &[u8],
        what: &'static str,
    ) -> Result<(), PersonaliseError> {
        let [_, name @ ..] = tag.to_be_bytes();
        let mut data = tlv::object(0x5C, &name)?;
        tlv::write(&mut data, 0x53, content)?;
        self.card.done(&Command::new(0xDB, 0x3F, 0xFF).with_data(&data))?;
        if self.card.object(tag)?.as_deref() == Some(content) {
            Ok(())
        } else {
            Err(PersonaliseError::NotKept(what))
        }
    }
}
