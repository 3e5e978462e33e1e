//! A card with JPKI made of software. Of the two keys that such a card has only the one for user
//! authentication is there; the PIN of the other is blocked, as with a holder who never had it.

use std::path::Path;

use openssl::{pkey::PKey, x509::X509};
use serde::{Deserialize, Serialize};

use super::{
    VirtualCard, VirtualCardError,
    kept::Kept,
    key::CardKey,
    memory::{Object, Secret},
};
use crate::{
    apdu::{Command, StatusWord},
    jpki::{APPLICATION, CARD_LABEL, File, LABEL, OWN_CLASS, SELECTED_PIN},
    pin::{PIN_BLOCK, Pin, PinForm},
    piv::KeyAlgorithm,
    pki_card::pkcs1,
};

/// The answer to reset by which OpenSC knows these cards.
const ATR: [u8; 9] = [0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14];
/// Wrong PINs that the card bears.
const TRIES: u8 = 3;
/// The file of the certificate is longer than any certificate in it.
const CERTIFICATE_FILE: usize = 2048;
/// The PIN of the key for legal signatures.
const SIGNATURE_PIN: [u8; 2] = [0x00, 0x1B];
/// RSA with PKCS#1 v1.5 signs at most so many bytes fewer than its modulus has.
const LEAST_PADDING: usize = 11;
/// The offset is behind the end of the file.
const WRONG_OFFSET: StatusWord = StatusWord(0x6B00);

/// Everything lasting.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    key: CardKey,
    certificate: Object,
    pin: Secret,
}

/// What the card knows only while it has power.
#[derive(Default)]
struct Session {
    selected: bool,
    open: Option<Open>,
    pin_shown: bool,
}

#[derive(Clone, Copy)]
enum Open {
    Ours(File),
    SignaturePin,
}

/// A virtual JPKI card: user authentication key, certificate, PIN of 4 digits with its counter.
/// Kept in a file, it stays as it was used.
pub struct VirtualJpki {
    kept: Kept<Memory>,
    session: Session,
}

impl VirtualJpki {
    /// A card in memory only: its PIN (4 digits), its key (RSA-2048, PEM, PKCS#8) and the
    /// certificate for it (DER).
    pub fn new(
        pin: &Pin,
        private_key_pem: &[u8],
        certificate_der: &[u8],
    ) -> Result<Self, VirtualCardError> {
        let key = PKey::private_key_from_pem(private_key_pem)?;
        if !X509::from_der(certificate_der)?.public_key()?.public_eq(&key) {
            return Err(VirtualCardError::KeyMismatch);
        }
        let key = CardKey::new(&key)?;
        if key.algorithm() != KeyAlgorithm::Rsa2048 {
            return Err(VirtualCardError::UnsupportedKey);
        }
        if certificate_der.len() > CERTIFICATE_FILE {
            return Err(VirtualCardError::TooLarge);
        }
        let pin = pin.require(PinForm::Jpki).map_err(|_| VirtualCardError::Pin)?;
        let pin = Secret::new(*pin.block(), TRIES);
        let certificate = Object(certificate_der.to_vec());
        Ok(Self::of(Kept::loose(Memory { key, certificate, pin })))
    }

    /// The same card, kept in a file (mode 0600) that is written now and at every change.
    pub fn kept_in(self, file: &Path) -> Result<Self, VirtualCardError> {
        Ok(Self::of(Kept::in_file(self.kept.memory, file)?))
    }

    /// Takes a card out of the file it is kept in; changes go on being written there.
    pub fn load(file: &Path) -> Result<Self, VirtualCardError> {
        Ok(Self::of(Kept::load(file)?))
    }

    fn of(kept: Kept<Memory>) -> Self {
        Self { kept, session: Session::default() }
    }

    /// How many wrong PINs the card will still bear.
    pub const fn tries_left(&self) -> u8 {
        self.kept.memory.pin.tries_left()
    }

    fn save(&self) -> Result<(), StatusWord> {
        self.kept.save().map_err(|_| StatusWord::MEMORY_FAILURE)
    }

    fn execute(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        let class = if command.instruction == 0x2A { OWN_CLASS } else { 0x00 };
        if command.class != class {
            return Err(StatusWord::UNKNOWN_CLASS);
        }
        match (command.instruction, command.p1, command.p2) {
            (0xA4, 0x04, _) => self.select(&command.data),
            _ if !self.session.selected => Err(StatusWord::UNKNOWN_INSTRUCTION),
            (0xA4, 0x02, 0x0C) => self.open(&command.data),
            (0xB0, high, low) => self.read(u16::from_be_bytes([high, low]), command.expected),
            (0x20, 0x00, SELECTED_PIN) if command.data.is_empty() => self.count(),
            (0x20, 0x00, SELECTED_PIN) => self.verify(&command.data),
            (0x24, 0x01, SELECTED_PIN) => self.change(&command.data),
            (0x2A, 0x00, 0x80) => self.sign(&command.data),
            (0xA4 | 0x20 | 0x24 | 0x2A, ..) => Err(StatusWord::WRONG_PARAMETERS),
            _ => Err(StatusWord::UNKNOWN_INSTRUCTION),
        }
    }

    fn select(&mut self, name: &[u8]) -> Result<Vec<u8>, StatusWord> {
        if name != APPLICATION {
            return Err(StatusWord::NOT_FOUND);
        }
        self.session = Session { selected: true, ..Session::default() };
        Ok(Vec::new())
    }

    fn open(&mut self, id: &[u8]) -> Result<Vec<u8>, StatusWord> {
        let ours = [File::Label, File::Certificate, File::Key, File::Pin];
        self.session.open = match ours.into_iter().find(|file| id == file.id()) {
            Some(file) => Some(Open::Ours(file)),
            None if id == SIGNATURE_PIN => Some(Open::SignaturePin),
            None => return Err(StatusWord::NOT_FOUND),
        };
        Ok(Vec::new())
    }

    fn read(&self, offset: u16, expected: Option<u16>) -> Result<Vec<u8>, StatusWord> {
        let (mut content, length) = match self.session.open {
            Some(Open::Ours(File::Label)) => ([CARD_LABEL, b"TOKEN2"].concat(), LABEL),
            Some(Open::Ours(File::Certificate)) => {
                (self.kept.memory.certificate.0.clone(), CERTIFICATE_FILE)
            }
            _ => return Err(StatusWord::CONDITIONS_NOT_SATISFIED),
        };
        content.resize(length, 0x00);
        let rest = content.get(usize::from(offset)..).filter(|rest| !rest.is_empty());
        let wanted = usize::from(expected.unwrap_or(256));
        Ok(rest.ok_or(WRONG_OFFSET)?.iter().take(wanted).copied().collect())
    }

    /// Tells the tries left, also after the PIN was shown.
    fn count(&self) -> Result<Vec<u8>, StatusWord> {
        match self.session.open {
            Some(Open::Ours(File::Pin)) => Err(StatusWord::tries(self.tries_left())),
            Some(Open::SignaturePin) => Err(StatusWord::tries(0)),
            _ => Err(StatusWord::CONDITIONS_NOT_SATISFIED),
        }
    }

    fn verify(&mut self, digits: &[u8]) -> Result<Vec<u8>, StatusWord> {
        self.require_pin_file()?;
        self.session.pin_shown = false;
        if self.tries_left() == 0 {
            return Err(StatusWord::BLOCKED);
        }
        self.kept.memory.pin.spend_try();
        self.save()?;
        let right = block(digits).is_some_and(|guess| self.kept.memory.pin.is(guess));
        if !right {
            return Err(StatusWord::tries(self.tries_left()));
        }
        self.kept.memory.pin.restore_tries();
        self.save()?;
        self.session.pin_shown = true;
        Ok(Vec::new())
    }

    fn change(&mut self, digits: &[u8]) -> Result<Vec<u8>, StatusWord> {
        self.require_pin_file()?;
        self.require_pin()?;
        let new = block(digits).ok_or(StatusWord::WRONG_DATA)?;
        self.kept.memory.pin.replace(new);
        self.save()?;
        Ok(Vec::new())
    }

    /// The card pads what it is given, whatever that is.
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, StatusWord> {
        let Some(Open::Ours(File::Key)) = self.session.open else {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        };
        self.require_pin()?;
        let width = KeyAlgorithm::Rsa2048.width();
        if !(1..=width - LEAST_PADDING).contains(&input.len()) {
            return Err(StatusWord::WRONG_LENGTH);
        }
        self.kept.memory.key.operate(&pkcs1::block(input, width))
    }

    fn require_pin_file(&self) -> Result<(), StatusWord> {
        match self.session.open {
            Some(Open::Ours(File::Pin)) => Ok(()),
            Some(Open::SignaturePin) => Err(StatusWord::BLOCKED),
            _ => Err(StatusWord::CONDITIONS_NOT_SATISFIED),
        }
    }

    fn require_pin(&self) -> Result<(), StatusWord> {
        if self.session.pin_shown { Ok(()) } else { Err(StatusWord::SECURITY_NOT_SATISFIED) }
    }
}

impl VirtualCard for VirtualJpki {
    fn atr(&self) -> &[u8] {
        &ATR
    }

    fn reset(&mut self) {
        self.session = Session::default();
    }

    fn handle(&mut self, apdu: &[u8]) -> Vec<u8> {
        let answer = match Command::parse(apdu) {
            Some(command) => self.execute(&command),
            None => Err(StatusWord::WRONG_LENGTH),
        };
        match answer {
            Ok(data) => [data.as_slice(), &StatusWord::OK.bytes()].concat(),
            Err(status) => status.bytes().to_vec(),
        }
    }
}

/// Four digits as they are kept; `None` for anything else.
fn block(digits: &[u8]) -> Option<[u8; PIN_BLOCK]> {
    let pin = Pin::of(PinForm::Jpki, std::str::from_utf8(digits).ok()?).ok()?;
    Some(*pin.block())
}
