//! A FeliCa Lite-S card made of software, together with the contactless reader that it lies on: the
//! virtual reader hands pseudo-APDUs through, so the card answers them in the reader's place.

use std::collections::BTreeMap;

use super::VirtualCard;
use crate::apdu::StatusWord;
use crate::felica::{Block, CardKey, Idm, Packet, Reply, Session, refusal};

/// PC/SC part 3: a FeliCa card (standard 11) without a name, and its check byte.
const ATR: [u8; 20] = [
    0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, 0x11, 0x00, 0x3B, 0x00,
    0x00, 0x00, 0x00, 0x42,
];
const PMM: [u8; 8] = [0x00, 0xF1, 0x00, 0x00, 0x00, 0x01, 0x43, 0x00];
/// `S_PAD0` to `S_PAD13` and REG.
const LAST_USER_BLOCK: u8 = 0x0E;
/// MC of a new card: everything open.
const OPEN_CONFIGURATION: [u8; 16] =
    [0xFF, 0xFF, 0xFF, 0x01, 0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// "Illegal block number" and "access denied" of Lite-S.
const NO_SUCH_BLOCK: (u8, u8) = (0xFF, 0xA8);
const DENIED: (u8, u8) = (0xFF, 0xA5);
const WRONG_MAC: (u8, u8) = (0xFF, 0xB1);

type Blocks = BTreeMap<u8, [u8; 16]>;
type Refused = (u8, u8);

/// A virtual Lite-S card.
pub struct VirtualLiteS {
    idm: Idm,
    blocks: Blocks,
    key: CardKey,
    writes: u32,
    session: Option<Session>,
    challenge: [u8; 16],
    verifier_proved: bool,
    transparent: bool,
}

impl VirtualLiteS {
    /// A card as it comes from the factory: an all-zero key, everything open.
    pub fn blank(idm: Idm) -> Self {
        let mut id = [0; 16];
        id.iter_mut().zip(idm).for_each(|(to, from)| *to = from);
        let blocks = [
            (Block::Id.number(), id),
            (Block::KeyVersion.number(), [0; 16]),
            (Block::Configuration.number(), OPEN_CONFIGURATION),
        ];
        Self {
            idm,
            blocks: blocks.into_iter().collect(),
            key: CardKey::new([0; 16]),
            writes: 0,
            session: None,
            challenge: [0; 16],
            verifier_proved: false,
            transparent: false,
        }
    }

    /// A copy of what anybody can read of this card, as an attacker makes one: without the key.
    #[must_use]
    pub fn copied_by_reading(&self) -> Self {
        Self { blocks: self.blocks.clone(), ..Self::blank(self.idm) }
    }

    fn answer(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let (idm, pmm) = (self.idm, PMM);
        let (code, done) = match Packet::decode(packet)? {
            Packet::Polling => (0x01, Ok(Reply::Polled { idm, pmm })),
            Packet::Read { idm, blocks } if idm == self.idm => (0x07, self.read(&blocks)),
            Packet::Write { idm, blocks } if idm == self.idm => (0x09, self.write(&blocks)),
            Packet::Read { .. } | Packet::Write { .. } => return None,
        };
        Some(match done {
            Ok(reply) => reply.encode(self.idm),
            Err((first, second)) => refusal(code, self.idm, first, second),
        })
    }

    fn read(&self, numbers: &[u8]) -> Result<Reply, Refused> {
        let mut read: Vec<(u8, [u8; 16])> = Vec::new();
        for &number in numbers {
            let block = self.block(number, &read)?;
            read.push((number, block));
        }
        Ok(Reply::Blocks(read.into_iter().map(|(_, block)| block).collect()))
    }

    fn block(&self, number: u8, before: &[(u8, [u8; 16])]) -> Result<[u8; 16], Refused> {
        const KEY: u8 = Block::Key.number();
        const CHALLENGE: u8 = Block::Challenge.number();
        const COUNTER: u8 = Block::WriteCounter.number();
        const MAC_A: u8 = Block::MacA.number();
        const STATE: u8 = Block::State.number();
        match number {
            // Written, never read.
            KEY | CHALLENGE => Ok([0; 16]),
            COUNTER => Ok(starting(&self.counter())),
            STATE => Ok(starting(&[u8::from(self.verifier_proved)])),
            MAC_A => {
                let session = self.session.as_ref().ok_or(DENIED)?;
                session.read_mac(before).map(|mac| starting(&mac)).map_err(|_| DENIED)
            }
            _ => {
                let known = self.blocks.get(&number).copied();
                let is_user = number <= LAST_USER_BLOCK;
                known.or_else(|| is_user.then_some([0; 16])).ok_or(NO_SUCH_BLOCK)
            }
        }
    }

    fn write(&mut self, blocks: &[(u8, [u8; 16])]) -> Result<Reply, Refused> {
        const MAC_A: u8 = Block::MacA.number();
        let (number, data, proved) = match blocks {
            [(number, data)] => (*number, *data, false),
            [(number, data), (MAC_A, mac)] => {
                self.check(*number, data, mac)?;
                (*number, *data, true)
            }
            _ => return Err(NO_SUCH_BLOCK),
        };
        self.require_writable(number, proved)?;
        self.put(number, data)?;
        Ok(Reply::Written)
    }

    fn check(&self, number: u8, data: &[u8; 16], mac: &[u8; 16]) -> Result<(), Refused> {
        let session = self.session.as_ref().ok_or(DENIED)?;
        let counter = self.counter();
        let expected = session.write_mac(number, data, counter).map_err(|_| DENIED)?;
        if mac.starts_with(&[&expected[..], &counter].concat()) { Ok(()) } else { Err(WRONG_MAC) }
    }

    /// What the configuration block says: system blocks open, or key and version with a MAC by a
    /// proved verifier only.
    fn require_writable(&self, number: u8, proved: bool) -> Result<(), Refused> {
        const KEY: u8 = Block::Key.number();
        const VERSION: u8 = Block::KeyVersion.number();
        const STATE: u8 = Block::State.number();
        let configuration = self.blocks.get(&Block::Configuration.number());
        let says = |place: usize, value: u8| {
            configuration.and_then(|bytes| bytes.get(place)).is_some_and(|byte| *byte == value)
        };
        let allowed = match number {
            _ if number == Block::Challenge.number() || number <= LAST_USER_BLOCK => true,
            STATE => proved || says(12, 0),
            KEY | VERSION if proved => says(2, 0xFF) || (says(5, 1) && self.verifier_proved),
            _ => says(2, 0xFF),
        };
        if allowed { Ok(()) } else { Err(DENIED) }
    }

    fn put(&mut self, number: u8, data: [u8; 16]) -> Result<(), Refused> {
        self.writes += 1;
        if number == Block::Challenge.number() {
            self.challenge = data;
            self.session = Session::new(&self.key, &data).ok();
            self.verifier_proved = false;
        } else if number == Block::Key.number() {
            self.key = CardKey::new(data);
        } else if number == Block::State.number() {
            self.verifier_proved = data.first() == Some(&1);
        } else if number <= LAST_USER_BLOCK || self.blocks.contains_key(&number) {
            self.blocks.insert(number, data);
        } else {
            return Err(NO_SUCH_BLOCK);
        }
        Ok(())
    }

    fn counter(&self) -> [u8; 3] {
        let [a, b, c, _] = self.writes.to_le_bytes();
        [a, b, c]
    }

    /// The reader's part: PC/SC part 3 transparent sessions.
    fn reader(&mut self, apdu: &[u8]) -> Vec<u8> {
        match apdu {
            [0xFF, 0xCA, 0x00, 0x00, ..] => ok(&self.idm),
            [0xFF, 0xC2, 0x00, 0x00, 0x02, 0x81, 0x00, ..] => {
                self.transparent = true;
                ok(&[0xC0, 0x03, 0x00, 0x90, 0x00])
            }
            [0xFF, 0xC2, 0x00, 0x00, 0x02, 0x82, 0x00, ..] => {
                self.transparent = false;
                ok(&[0xC0, 0x03, 0x00, 0x90, 0x00])
            }
            [0xFF, 0xC2, 0x00, 0x02, 0x04, 0x8F, 0x02, 0x03, 0x00, ..] => {
                ok(&[0xC0, 0x03, 0x00, 0x90, 0x00])
            }
            [0xFF, 0xC2, 0x00, 0x01, _, 0x5F, 0x46, 0x04, _, _, _, _, 0x95, length, rest @ ..]
                if self.transparent =>
            {
                let packet = rest.get(..usize::from(*length)).unwrap_or_default();
                self.received(packet)
            }
            _ => StatusWord::UNKNOWN_INSTRUCTION.bytes().to_vec(),
        }
    }

    fn received(&mut self, packet: &[u8]) -> Vec<u8> {
        let status = [0xC0, 0x03, 0x00, 0x90, 0x00];
        let Some(answer) = self.answer(packet) else {
            // The card says nothing: an error status and no received data.
            return ok(&[0xC0, 0x03, 0x01, 0x64, 0x01]);
        };
        let length = u8::try_from(answer.len()).unwrap_or(u8::MAX);
        ok(&[&status[..], &[0x97, length], &answer].concat())
    }
}

impl VirtualCard for VirtualLiteS {
    fn atr(&self) -> &[u8] {
        &ATR
    }

    fn reset(&mut self) {
        self.session = None;
        self.verifier_proved = false;
        self.transparent = false;
    }

    fn handle(&mut self, apdu: &[u8]) -> Vec<u8> {
        self.reader(apdu)
    }
}

fn ok(data: &[u8]) -> Vec<u8> {
    [data, &StatusWord::OK.bytes()].concat()
}

fn starting(bytes: &[u8]) -> [u8; 16] {
    let mut block = [0; 16];
    block.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_reset_ends_with_its_check_byte() {
        let check = ATR[1..19].iter().fold(0, |all, byte| all ^ byte);
        assert_eq!(check, ATR[19]);
    }
}
