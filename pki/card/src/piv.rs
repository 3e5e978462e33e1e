//! The PIV card application as its user sees it (NIST SP 800-73-4 part 2): certificates, the
//! PIN, and signatures with the two keys that log people in.
//!
//! The digital-signature key (9C) has no name here on purpose: a login never signs with the key
//! that is meant for legal signatures.

mod algorithm;
pub(crate) mod metadata;
pub(crate) mod object;
pub(crate) mod reference;
mod signature;

pub use algorithm::KeyAlgorithm;
pub use object::Guid;

use crate::{
    apdu::{Command, Response, StatusWord, exchange},
    pin::Pin,
    pki_card::{CardError, PinError, PkiCard},
    reader::Transaction,
    tlv,
};

/// The application identifier of PIV without its version (SP 800-73-4 part 1, section 2.2).
pub(crate) const APPLICATION: [u8; 9] = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00];
/// Tag of the card holder unique identifier (CHUID).
pub(crate) const CHUID: u32 = 0x5F_C102;

/// The keys that log people in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// 9A, PIV authentication: usable after the PIN.
    Authentication,
    /// 9E, card authentication: usable without a PIN; shows that the card is there, no more.
    Presence,
}

impl Slot {
    /// The key reference of the slot.
    pub const fn key_reference(self) -> u8 {
        match self {
            Self::Authentication => 0x9A,
            Self::Presence => 0x9E,
        }
    }

    /// The tag of the object that holds the certificate.
    pub(crate) const fn certificate_tag(self) -> u32 {
        match self {
            Self::Authentication => 0x5F_C105,
            Self::Presence => 0x5F_C101,
        }
    }
}

/// A card whose PIV application is selected, for as long as the transaction lasts.
pub struct Piv<'t> {
    transaction: &'t mut dyn Transaction,
}

impl<'t> Piv<'t> {
    /// Selects the PIV application. A card without it is [`CardError::OtherKind`].
    pub fn select(transaction: &'t mut dyn Transaction) -> Result<Self, CardError> {
        let mut card = Self { transaction };
        let command = Command::new(0xA4, 0x04, 0x00).with_data(&APPLICATION).expecting_answer();
        match card.send(&command)?.status {
            StatusWord::OK => Ok(card),
            _ => Err(CardError::OtherKind),
        }
    }

    /// The certificate of the slot, as DER, unpacked where the card keeps it compressed.
    ///
    /// At most 16 KiB. It is the card's word only: nothing about it has been verified.
    pub fn certificate(&mut self, slot: Slot) -> Result<Vec<u8>, CardError> {
        let object = self.object(slot.certificate_tag())?.ok_or(CardError::NoCertificate)?;
        object::certificate(&object)
    }

    /// The GUID out of the CHUID, which tells this card from every other.
    pub fn card_guid(&mut self) -> Result<Guid, CardError> {
        let object = self.object(CHUID)?.ok_or(CardError::Malformed("chuid"))?;
        object::guid(&object)
    }

    /// Signs `message` (hashed here) with the key of the slot, which must be of `algorithm`.
    ///
    /// SHA-256 for P-256 and RSA, SHA-384 for P-384. ECDSA comes as `r || s`, each of the
    /// curve's length (as in JWS, RFC 7518, 3.4); RSA as PKCS#1 v1.5.
    /// [`CardError::PinRequired`] when the slot wants the PIN first.
    pub fn sign(
        &mut self,
        slot: Slot,
        algorithm: KeyAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        let input = signature::input(algorithm, message);
        let command = Command::new(0x87, algorithm.piv_id(), slot.key_reference())
            .with_data(&signature::request(&input)?)
            .expecting_answer();
        let response = self.send(&command)?;
        match response.status {
            StatusWord::OK => signature::from_answer(algorithm, &response.data),
            StatusWord::SECURITY_NOT_SATISFIED => Err(CardError::PinRequired),
            status => Err(CardError::Refused(status)),
        }
    }

    /// The content of a data object (what is inside tag 53), `None` if the card has none.
    pub(crate) fn object(&mut self, tag: u32) -> Result<Option<Vec<u8>>, CardError> {
        let [_, name @ ..] = tag.to_be_bytes();
        let query = tlv::object(0x5C, &name)?;
        let response =
            self.send(&Command::new(0xCB, 0x3F, 0xFF).with_data(&query).expecting_answer())?;
        match response.status {
            StatusWord::OK => {
                let content = tlv::find(&response.data, 0x53)?;
                Ok(content.filter(|bytes| !bytes.is_empty()).map(<[u8]>::to_vec))
            }
            StatusWord::NOT_FOUND | StatusWord::REFERENCE_NOT_FOUND => Ok(None),
            status => Err(CardError::Refused(status)),
        }
    }

    /// Sends a command that must end well, and gives its answer.
    pub(crate) fn done(&mut self, command: &Command) -> Result<Vec<u8>, CardError> {
        let response = self.send(command)?;
        match response.status {
            StatusWord::OK => Ok(response.data),
            status => Err(CardError::Refused(status)),
        }
    }

    pub(crate) fn send(&mut self, command: &Command) -> Result<Response, CardError> {
        Ok(exchange(self.transaction, command)?)
    }
}

impl PkiCard for Piv<'_> {
    fn login_certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.certificate(Slot::Authentication)
    }

    fn tries_left(&mut self) -> Result<u8, CardError> {
        self.tries_left()
    }

    fn verify_pin(&mut self, pin: &Pin) -> Result<(), PinError> {
        self.verify_pin(pin)
    }

    fn sign_login(
        &mut self,
        algorithm: KeyAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        self.sign(Slot::Authentication, algorithm, message)
    }
}
