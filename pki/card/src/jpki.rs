//! JPKI, the public key application of Japan's individual number card: its user authentication key
//! and what belongs to it (as OpenSC's driver `jpki` and the tool `myna` speak to the card).
//!
//! The key for legal signatures (001A, PIN 001B) has no name here on purpose: a login never signs
//! with it, and its certificate tells name, address and birth date.

use crate::{
    apdu::{Command, Response, StatusWord, exchange},
    pin::{Pin, PinForm},
    piv::KeyAlgorithm,
    pki_card::{self, CardError, MAX_CERTIFICATE, PinError, PkiCard, pkcs1},
    reader::Transaction,
};

/// The application's identifier.
pub(crate) const APPLICATION: [u8; 10] =
    [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
/// How the label of a card's token begins. A telephone has another, and keeps even its certificate
/// behind the PIN.
pub(crate) const CARD_LABEL: &[u8] = b"JPKIAPICC";
/// Bytes of the label.
pub(crate) const LABEL: usize = 32;

/// The class of a command of the application's own.
pub(crate) const OWN_CLASS: u8 = 0x80;
/// P2 of VERIFY: the PIN of the file that is selected.
pub(crate) const SELECTED_PIN: u8 = 0x80;
/// The most that one READ BINARY brings.
const MOST_READ: usize = 256;
/// Bytes of a certificate's tag and length.
const HEADER: usize = 4;

/// Elementary files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum File {
    /// What kind of token this is.
    Label = 0x0006,
    /// The user authentication certificate.
    Certificate = 0x000A,
    /// Its key.
    Key = 0x0017,
    /// Its PIN.
    Pin = 0x0018,
}

impl File {
    /// The two bytes that select it.
    pub(crate) const fn id(self) -> [u8; 2] {
        (self as u16).to_be_bytes()
    }
}

/// A card whose JPKI application is selected, for as long as the transaction lasts.
pub struct Jpki<'t> {
    transaction: &'t mut dyn Transaction,
}

impl<'t> Jpki<'t> {
    /// Selects the application. What is no card with it, a telephone too, is
    /// [`CardError::OtherKind`].
    pub fn select(transaction: &'t mut dyn Transaction) -> Result<Self, CardError> {
        let mut card = Self { transaction };
        let command = Command::new(0xA4, 0x04, 0x0C).with_data(&APPLICATION);
        let found = card.send(&command)?.status == StatusWord::OK;
        if found && card.label()?.starts_with(CARD_LABEL) {
            Ok(card)
        } else {
            Err(CardError::OtherKind)
        }
    }

    /// What kind of token this says it is.
    pub fn label(&mut self) -> Result<Vec<u8>, CardError> {
        self.open(File::Label)?;
        self.read(0, LABEL)
    }

    fn open(&mut self, file: File) -> Result<(), CardError> {
        match self.send(&Command::new(0xA4, 0x02, 0x0C).with_data(&file.id()))?.status {
            StatusWord::OK => Ok(()),
            StatusWord::NOT_FOUND => Err(CardError::NoCertificate),
            status => Err(CardError::Refused(status)),
        }
    }

    /// At most `length` bytes of the open file from `offset` on, at least one.
    fn read(&mut self, offset: usize, length: usize) -> Result<Vec<u8>, CardError> {
        let place = u16::try_from(offset).map_err(|_| CardError::Malformed("length"))?;
        let [high, low] = place.to_be_bytes();
        let mut command = Command::new(0xB0, high, low);
        command.expected = u16::try_from(length.min(MOST_READ)).ok();
        let response = self.send(&command)?;
        match response.status {
            StatusWord::OK if (1..=length).contains(&response.data.len()) => Ok(response.data),
            StatusWord::OK => Err(CardError::Malformed("length")),
            StatusWord::SECURITY_NOT_SATISFIED => Err(CardError::PinRequired),
            status => Err(CardError::Refused(status)),
        }
    }

    fn send(&mut self, command: &Command) -> Result<Response, CardError> {
        Ok(exchange(self.transaction, command)?)
    }
}

impl PkiCard for Jpki<'_> {
    /// The file is longer than the certificate, whose own header says where it ends.
    fn login_certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.open(File::Certificate)?;
        let mut certificate = self.read(0, HEADER)?;
        let length = certificate_length(&certificate)?;
        while certificate.len() < length {
            let left = length - certificate.len();
            certificate.append(&mut self.read(certificate.len(), left)?);
        }
        Ok(certificate)
    }

    fn tries_left(&mut self) -> Result<u8, CardError> {
        self.open(File::Pin)?;
        pki_card::tries_told(self.send(&Command::new(0x20, 0x00, SELECTED_PIN))?.status)
    }

    fn verify_pin(&mut self, pin: &Pin) -> Result<(), PinError> {
        let pin = pin.require(PinForm::Jpki)?;
        self.open(File::Pin)?;
        let command = Command::new(0x20, 0x00, SELECTED_PIN).with_data(pin.digits());
        pki_card::judged(self.send(&command)?.status)
    }

    /// The key is RSA-2048; the card pads.
    fn sign_login(
        &mut self,
        algorithm: KeyAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, CardError> {
        if algorithm != KeyAlgorithm::Rsa2048 {
            return Err(CardError::UnsupportedKey);
        }
        self.open(File::Key)?;
        let mut command = Command::new(0x2A, 0x00, 0x80).with_data(&pkcs1::digest_info(message));
        command.class = OWN_CLASS;
        let response = self.send(&command.expecting_answer())?;
        match response.status {
            StatusWord::OK if response.data.len() == algorithm.width() => Ok(response.data),
            StatusWord::OK => Err(CardError::Malformed("signature")),
            StatusWord::SECURITY_NOT_SATISFIED => Err(CardError::PinRequired),
            status => Err(CardError::Refused(status)),
        }
    }
}

/// How long the certificate is that begins like this (X.690, 8.1.3), its header included.
fn certificate_length(header: &[u8]) -> Result<usize, CardError> {
    match header {
        // An empty file is filled with one or the other.
        [0x00 | 0xFF, ..] => Err(CardError::NoCertificate),
        [0x30, 0x82, high, low] => {
            let length = HEADER + usize::from(u16::from_be_bytes([*high, *low]));
            let bounded = length <= MAX_CERTIFICATE;
            bounded.then_some(length).ok_or(CardError::Malformed("certificate"))
        }
        _ => Err(CardError::Malformed("certificate")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reader::ReaderError;

    #[test]
    fn a_certificate_says_its_length_and_a_lie_is_bounded() {
        assert_eq!(certificate_length(&[0x30, 0x82, 0x05, 0x00]), Ok(0x504));
        assert_eq!(certificate_length(&[0; 4]), Err(CardError::NoCertificate));
        assert_eq!(certificate_length(&[0xFF; 4]), Err(CardError::NoCertificate));
        let malformed = Err(CardError::Malformed("certificate"));
        assert_eq!(certificate_length(&[0x30, 0x82, 0xFF, 0xFF]), malformed);
        assert_eq!(certificate_length(&[0x30, 0x82]), malformed);
    }

    /// Says the same answers again and again.
    struct Parrot {
        answers: Vec<Vec<u8>>,
        heard: usize,
    }

    impl Transaction for Parrot {
        fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, ReaderError> {
            self.heard += 1;
            let place = self.heard.checked_rem(self.answers.len()).unwrap_or_default();
            self.answers.get(place).cloned().ok_or(ReaderError::Removed)
        }
    }

    proptest! {
        #[test]
        fn any_card_is_survived(answers in prop::collection::vec(
            prop_oneof![
                Just(vec![0x90, 0x00]),
                Just([CARD_LABEL, &[0x90, 0x00]].concat()),
                Just(vec![0x30, 0x82, 0x10, 0x00, 0x90, 0x00]),
                prop::collection::vec(any::<u8>(), 0..260),
            ], 0..8,
        )) {
            let mut card = Parrot { answers, heard: 0 };
            if let Ok(mut card) = Jpki::select(&mut card) {
                if let Ok(certificate) = card.login_certificate() {
                    prop_assert!(certificate.len() <= MAX_CERTIFICATE);
                }
                let _ = card.tries_left();
                let _ = card.sign_login(KeyAlgorithm::Rsa2048, b"x");
            }
            prop_assert!(card.heard <= 2 * MAX_CERTIFICATE);
        }
    }
}
