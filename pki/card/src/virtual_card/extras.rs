//! What a virtual card says and does in the way of Yubico's cards, beyond the standard: metadata,
//! counters, and the reset to how it came from the factory.

use super::{
    key::KeySlot,
    memory::{Memory, Secret},
    piv_card::{PinState, VirtualPiv},
};
use crate::{
    apdu::{Command, StatusWord},
    personalise::{Factory, administrator, factory},
    pin::PIN_BLOCK,
    piv::{
        metadata::{ALGORITHM, IS_DEFAULT, PUBLIC_KEY, TRIES},
        reference::{PIN, PUK},
    },
    tlv,
};

/// Tag of the policies for PIN and touch.
const POLICY: u32 = 0x02;
/// No touch is ever wanted.
const NO_TOUCH: u8 = 0x01;
/// The algorithm of what is no key.
const NO_ALGORITHM: u8 = 0xFF;

impl VirtualPiv {
    pub(super) fn metadata(&self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        let memory = &self.kept.memory;
        match command.p2 {
            _ if command.p1 != 0x00 => Err(StatusWord::WRONG_PARAMETERS),
            PIN => of_secret(&memory.pin, factory::PIN),
            PUK => of_secret(&memory.puk, factory::PUK),
            administrator::MANAGEMENT_KEY => self.of_management_key(),
            reference => self.of_key(reference),
        }
    }

    fn of_management_key(&self) -> Result<Vec<u8>, StatusWord> {
        let (key, default) = (&self.kept.memory.management_key, Factory::default().management_key);
        let is_default = administrator::same(key.bytes(), default.bytes());
        let mut answer = tlv::object(ALGORITHM, &[key.algorithm().piv_id()])?;
        tlv::write(&mut answer, POLICY, &[0x00, NO_TOUCH])?;
        tlv::write(&mut answer, IS_DEFAULT, &[u8::from(is_default)])?;
        Ok(answer)
    }

    fn of_key(&self, reference: u8) -> Result<Vec<u8>, StatusWord> {
        let slot = KeySlot::of_reference(reference).ok_or(StatusWord::WRONG_PARAMETERS)?;
        let key = self.kept.memory.keys.get(&slot).ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        let mut answer = tlv::object(ALGORITHM, &[key.algorithm().piv_id()])?;
        tlv::write(&mut answer, POLICY, &[pin_policy(slot), NO_TOUCH])?;
        tlv::write(&mut answer, PUBLIC_KEY, &key.public_parts()?)?;
        Ok(answer)
    }

    /// Counters of PIN (P1) and PUK (P2): both get their factory values.
    pub(super) fn set_tries(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        self.require_administrator()?;
        if self.session.pin == PinState::Hidden {
            return Err(StatusWord::SECURITY_NOT_SATISFIED);
        }
        let counts = 1..=15;
        if !counts.contains(&command.p1) || !counts.contains(&command.p2) {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        self.session.pin = PinState::Hidden;
        self.kept.memory.pin = Secret::new(factory::PIN, command.p1);
        self.kept.memory.puk = Secret::new(factory::PUK, command.p2);
        self.save()?;
        Ok(Vec::new())
    }

    /// Everything goes, once neither PIN nor PUK can be shown any more.
    pub(super) fn forget_everything(&mut self) -> Result<Vec<u8>, StatusWord> {
        if self.kept.memory.pin.tries_left() > 0 || self.kept.memory.puk.tries_left() > 0 {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        self.kept.memory = Memory::blank(self.kept.memory.serial);
        self.session.pin = PinState::Hidden;
        self.session.administrator = false;
        self.save()?;
        Ok(Vec::new())
    }
}

fn of_secret(secret: &Secret, default: [u8; PIN_BLOCK]) -> Result<Vec<u8>, StatusWord> {
    let mut answer = tlv::object(ALGORITHM, &[NO_ALGORITHM])?;
    tlv::write(&mut answer, IS_DEFAULT, &[u8::from(secret.is(default))])?;
    tlv::write(&mut answer, TRIES, &[secret.tries(), secret.tries_left()])?;
    Ok(answer)
}

/// Never (1), once in a session (2), before each use (3).
const fn pin_policy(slot: KeySlot) -> u8 {
    match slot {
        KeySlot::CardAuthentication => 1,
        KeySlot::Authentication | KeySlot::KeyManagement => 2,
        KeySlot::Signature => 3,
    }
}
