//! PIN and PUK of a virtual PIV card (SP 800-73-4 part 2, 3.2.1 to 3.2.3).

use zeroize::Zeroizing;

use super::{
    memory::{Memory, Secret},
    piv_card::{PinState, VirtualPiv},
};
use crate::{
    apdu::{Command, StatusWord},
    pin::PIN_BLOCK,
    piv::reference::{PIN, PUK},
};

/// P1 of a VERIFY that takes the verification back.
const LOG_OUT: u8 = 0xFF;

type Block = Zeroizing<[u8; PIN_BLOCK]>;
/// Picks the PIN or the PUK out of the memory.
type Which = fn(&mut Memory) -> &mut Secret;

fn pin(memory: &mut Memory) -> &mut Secret {
    &mut memory.pin
}

fn puk(memory: &mut Memory) -> &mut Secret {
    &mut memory.puk
}

impl VirtualPiv {
    pub(super) fn verify(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        if command.p2 != PIN {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        }
        match (command.p1, command.data.is_empty()) {
            (0x00, true) => self.pin_status(),
            (0x00, false) => {
                let guess = block(&command.data)?;
                self.show_pin(|card| card.compare(pin, &guess))
            }
            (LOG_OUT, true) => {
                self.session.pin = PinState::Hidden;
                Ok(Vec::new())
            }
            _ => Err(StatusWord::WRONG_PARAMETERS),
        }
    }

    fn pin_status(&self) -> Result<Vec<u8>, StatusWord> {
        match self.kept.memory.pin.tries_left() {
            _ if self.session.pin != PinState::Hidden => Ok(Vec::new()),
            0 => Err(StatusWord::BLOCKED),
            left => Err(StatusWord::tries(left)),
        }
    }

    pub(super) fn change_reference(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        let (old, new) = blocks(&command.data)?;
        match (command.p1, command.p2) {
            (0x00, PIN) => {
                require_digits(&new)?;
                self.show_pin(|card| card.exchange(pin, &old, pin, &new))
            }
            (0x00, PUK) => self.exchange(puk, &old, puk, &new).map(|()| Vec::new()),
            (0x00, _) => Err(StatusWord::REFERENCE_NOT_FOUND),
            _ => Err(StatusWord::WRONG_PARAMETERS),
        }
    }

    pub(super) fn reset_retry(&mut self, command: &Command) -> Result<Vec<u8>, StatusWord> {
        if (command.p1, command.p2) != (0x00, PIN) {
            return Err(StatusWord::WRONG_PARAMETERS);
        }
        let (key, new) = blocks(&command.data)?;
        require_digits(&new)?;
        self.session.pin = PinState::Hidden;
        self.exchange(puk, &key, pin, &new)?;
        Ok(Vec::new())
    }

    /// Does something that shows the PIN: afterwards it counts as verified, or not at all.
    fn show_pin(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<(), StatusWord>,
    ) -> Result<Vec<u8>, StatusWord> {
        self.session.pin = PinState::Hidden;
        act(self)?;
        self.session.pin = PinState::Fresh;
        Ok(Vec::new())
    }

    /// Checks `guess` against `known`, and if it is right gives `target` a new value.
    fn exchange(
        &mut self,
        known: Which,
        guess: &Block,
        target: Which,
        new: &Block,
    ) -> Result<(), StatusWord> {
        self.compare(known, guess)?;
        target(&mut self.kept.memory).replace(**new);
        self.save()
    }

    fn compare(&mut self, known: Which, guess: &Block) -> Result<(), StatusWord> {
        if known(&mut self.kept.memory).tries_left() == 0 {
            return Err(StatusWord::BLOCKED);
        }
        known(&mut self.kept.memory).spend_try();
        self.save()?;
        let secret = known(&mut self.kept.memory);
        if !secret.is(**guess) {
            return Err(StatusWord::tries(secret.tries_left()));
        }
        secret.restore_tries();
        self.save()
    }
}

fn block(data: &[u8]) -> Result<Block, StatusWord> {
    data.try_into().map(Zeroizing::new).map_err(|_| StatusWord::WRONG_DATA)
}

fn blocks(data: &[u8]) -> Result<(Block, Block), StatusWord> {
    let (first, second) = data.split_at_checked(PIN_BLOCK).ok_or(StatusWord::WRONG_LENGTH)?;
    Ok((block(first)?, block(second)?))
}

/// A PIN is 6 to 8 digits, filled up with FF (SP 800-73-4 part 2, 2.4.3).
fn require_digits(block: &Block) -> Result<(), StatusWord> {
    let digits = block.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let filled = block.iter().skip(digits).all(|byte| *byte == 0xFF);
    if digits >= 6 && filled { Ok(()) } else { Err(StatusWord::WRONG_DATA) }
}
