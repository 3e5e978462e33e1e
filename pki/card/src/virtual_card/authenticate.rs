//! GENERAL AUTHENTICATE with the asymmetric keys of a virtual PIV card
//! (SP 800-73-4 part 2, 3.2.4 and appendix A.4, A.5).

use super::{
    key::KeySlot,
    piv_card::{PinState, VirtualPiv},
};
use crate::{
    apdu::{Command, StatusWord},
    personalise::administrator::{CHALLENGE, MANAGEMENT_KEY, RESPONSE, TEMPLATE},
    tlv,
};

const EXPONENTIATION: u32 = 0x85;

impl VirtualPiv {
    pub(super) fn general_authenticate(
        &mut self,
        command: &Command,
    ) -> Result<Vec<u8>, StatusWord> {
        if command.p2 == MANAGEMENT_KEY {
            return self.authenticate_administrator(command);
        }
        let slot = KeySlot::of_reference(command.p2).ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        self.require_pin_for(slot)?;
        let key = self.kept.memory.keys.get(&slot).ok_or(StatusWord::REFERENCE_NOT_FOUND)?;
        if command.p1 != key.algorithm().piv_id() {
            return Err(StatusWord::WRONG_DATA);
        }
        let template = tlv::find(&command.data, TEMPLATE)?.ok_or(StatusWord::WRONG_DATA)?;
        let output = match (tlv::find(template, CHALLENGE)?, tlv::find(template, EXPONENTIATION)?) {
            (Some(input), None) => key.operate(input)?,
            (None, Some(point)) if slot == KeySlot::KeyManagement => key.agree(point)?,
            _ => return Err(StatusWord::WRONG_DATA),
        };
        Ok(tlv::object(TEMPLATE, &tlv::object(RESPONSE, &output)?)?)
    }

    /// 9C takes the PIN right before each use, so any use of a key wears it off.
    fn require_pin_for(&mut self, slot: KeySlot) -> Result<(), StatusWord> {
        let pin = self.session.pin;
        if pin == PinState::Fresh {
            self.session.pin = PinState::Verified;
        }
        let allowed = match slot {
            KeySlot::CardAuthentication => true,
            KeySlot::Authentication | KeySlot::KeyManagement => pin != PinState::Hidden,
            KeySlot::Signature => pin == PinState::Fresh,
        };
        if allowed { Ok(()) } else { Err(StatusWord::SECURITY_NOT_SATISFIED) }
    }
}
