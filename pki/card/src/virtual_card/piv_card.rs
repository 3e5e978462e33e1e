//! A PIV card made of software (SP 800-73-4 part 2).

use std::path::Path;

use super::{
    Randomness, VirtualCard, VirtualCardError, VirtualPivBuilder,
    chain::{Chain, Pending},
    kept::Kept,
    management::Asked,
    memory::Memory,
};
use crate::{
    apdu::{CHAINED, Command, StatusWord},
    pin::Pin,
    piv::{APPLICATION, Guid, metadata::GET_METADATA},
    tlv::{self, TlvError},
};

/// T=0 and T=1, and in the historical bytes (ISO/IEC 7816-4, 8.1) the application identifier of
/// PIV (tag F), by which OpenSC knows a card that keeps to the standard.
const ATR: [u8; 16] = [
    0x3B, 0x8B, 0x80, 0x01, 0x80, 0xF9, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0xC8,
];
/// The version of the application, which completes its identifier.
const APPLICATION_VERSION: [u8; 2] = [0x01, 0x00];
/// The shortest part of the application identifier by which PIV is known: the registered issuer.
const ISSUER: usize = 5;
/// The firmware version that is told to tools that ask in the way of Yubico's cards.
const FIRMWARE: [u8; 3] = [5, 4, 3];

const GET_RESPONSE: u8 = 0xC0;
const SELECT: u8 = 0xA4;

/// A virtual PIV card: keys, certificates, PIN and PUK with their counters. Kept in a file, it
/// stays as it was used: a blocked card stays blocked.
pub struct VirtualPiv {
    pub(super) kept: Kept<Memory>,
    pub(super) session: Session,
    pub(super) random: Randomness,
    chain: Chain,
    pending: Pending,
}

/// What the card knows only while it has power.
#[derive(Default)]
pub(super) struct Session {
    pub selected: bool,
    pub pin: PinState,
    pub administrator: bool,
    pub asked: Option<Asked>,
}

/// What the card has seen of the PIN.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum PinState {
    /// Not the right one.
    #[default]
    Hidden,
    /// The right one, and a key was used since.
    Verified,
    /// The right one, and no key was used since.
    Fresh,
}

impl VirtualPiv {
    /// A card as it comes from the factory, with this serial number: PIN 123456, PUK 12345678, the
    /// management key that everybody knows, and nothing on it.
    pub fn blank(serial: u32) -> VirtualPivBuilder {
        VirtualPivBuilder::blank(serial)
    }

    /// Begins to make a finished card: its GUID (every card has its own), PIN and PUK.
    pub fn builder(guid: Guid, pin: &Pin, puk: &Pin) -> VirtualPivBuilder {
        VirtualPivBuilder::new(guid, pin, puk)
    }

    /// Takes a card out of the file it is kept in; changes go on being written there.
    pub fn load(file: &Path, random: Randomness) -> Result<Self, VirtualCardError> {
        Ok(Self::new(Kept::load(file)?, random))
    }

    pub(super) fn new(kept: Kept<Memory>, random: Randomness) -> Self {
        let (session, chain, pending) = Default::default();
        Self { kept, session, random, chain, pending }
    }

    /// How many wrong PINs the card will still bear.
    pub const fn tries_left(&self) -> u8 {
        self.kept.memory.pin.tries_left()
    }

    /// Keeps what changed. A card that cannot must not go on as if it had.
    pub(super) fn save(&self) -> Result<(), StatusWord> {
        self.kept.save().map_err(|_| StatusWord::MEMORY_FAILURE)
    }

    fn execute(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        if command.instruction == SELECT {
            return self.select(command);
        }
        if !self.session.selected {
            return Err(StatusWord::UNKNOWN_INSTRUCTION);
        }
        match command.instruction {
            0x20 => self.verify(command),
            0x24 => self.change_reference(command),
            0x2C => self.reset_retry(command),
            0x47 => self.generate(command),
            0x87 => self.general_authenticate(command),
            0xCB => self.get_data(command),
            0xDB => self.put_data(command),
            // Yubico's own.
            GET_METADATA => self.metadata(command),
            0xFA => self.set_tries(command),
            0xFB => self.forget_everything(),
            0xFF => self.set_management_key(command),
            // The serial number and the version.
            0xF8 => Ok(self.kept.memory.serial.to_be_bytes().to_vec()),
            0xFD => Ok(FIRMWARE.to_vec()),
            _ => Err(StatusWord::UNKNOWN_INSTRUCTION),
        }
    }

    /// Selecting PIV again changes nothing, nor does asking for what is not there
    /// (SP 800-73-4 part 2, 3.1.1).
    fn select(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        let full = [&APPLICATION[..], &APPLICATION_VERSION].concat();
        let ours = command.data.len() >= ISSUER && full.starts_with(&command.data);
        if command.p1 != 0x04 || !ours {
            return Err(StatusWord::NOT_FOUND);
        }
        self.session.selected = true;
        Ok(property_template()?)
    }
}

impl VirtualCard for VirtualPiv {
    fn atr(&self) -> &[u8] {
        &ATR
    }

    fn reset(&mut self) {
        (self.session, self.chain, self.pending) = Default::default();
    }

    fn handle(&mut self, apdu: &[u8]) -> Vec<u8> {
        let Some(command) = Command::parse(apdu) else {
            return StatusWord::WRONG_LENGTH.bytes().to_vec();
        };
        let expected = command.expected;
        if command.instruction == GET_RESPONSE {
            return self.pending.fetch(expected);
        }
        if command.class & !CHAINED != 0 {
            return StatusWord::UNKNOWN_CLASS.bytes().to_vec();
        }
        let answer = match self.chain.add(command) {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(command)) => self.execute(&command),
            Err(status) => Err(status),
        };
        match answer {
            Ok(data) => self.pending.begin(data, expected),
            Err(status) => {
                self.pending = Pending::default();
                status.bytes().to_vec()
            }
        }
    }
}

/// What SELECT tells about the application (SP 800-73-4 part 2, tables 3 and 4).
fn property_template() -> Result<Vec<u8>, TlvError> {
    let (issuer, pix) = APPLICATION.split_at_checked(ISSUER).ok_or(TlvError)?;
    let mut inner = Vec::new();
    tlv::write(&mut inner, 0x4F, &[pix, &APPLICATION_VERSION].concat())?;
    tlv::write(&mut inner, 0x79, &tlv::object(0x4F, issuer)?)?;
    tlv::write(&mut inner, 0x50, b"Warifu virtual card")?;
    let algorithms = [0x80, 0x01, 0x07, 0x80, 0x01, 0x11, 0x80, 0x01, 0x14, 0x06, 0x00];
    tlv::write(&mut inner, 0xAC, &algorithms)?;
    tlv::object(0x61, &inner)
}
