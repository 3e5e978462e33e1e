//! A FeliCa Lite-S card made of software, together with the contactless [reader](FelicaReader) that
//! it lies on.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    VirtualCard, VirtualCardError,
    kept::{Kept, hex},
    reader::{FelicaReader, Reader},
};
use crate::felica::{
    Block, BlockNumber, CardKey, FelicaError, FelicaTransport, Idm, LiteS, Packet, Registration,
    Reply, Session, refusal, register,
};

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
/// "Memory error".
const BROKEN: (u8, u8) = (0xFF, 0x70);

type Blocks = BTreeMap<BlockNumber, Block16>;
type Refused = (u8, u8);

/// A block's content.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
struct Block16(#[serde(with = "hex")] [u8; 16]);

/// Everything lasting.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    #[serde(with = "hex")]
    idm: Idm,
    blocks: Blocks,
    #[serde(with = "card_key")]
    key: CardKey,
    writes: u32,
}

/// A virtual Lite-S card. Kept in a file, it stays as it was used.
pub struct VirtualLiteS {
    kept: Kept<Memory>,
    session: Option<Session>,
    verifier_proved: bool,
    reader: Reader,
}

impl VirtualLiteS {
    /// A card as it comes from the factory: an all-zero key, everything open.
    pub fn blank(idm: Idm) -> Self {
        let blocks = [
            (Block::Id.number(), starting(&idm)),
            (Block::KeyVersion.number(), [0; 16]),
            (Block::Configuration.number(), OPEN_CONFIGURATION),
        ];
        let blocks = blocks.map(|(number, content)| (number, Block16(content))).into();
        let key = CardKey::new([0; 16]);
        Self::of(Kept::loose(Memory { idm, blocks, key, writes: 0 }))
    }

    /// A card that an office registered with this key.
    pub fn registered(idm: Idm, key: CardKey, key_version: u16) -> Result<Self, FelicaError> {
        let mut card = Self::blank(idm);
        let new = Registration { key, key_version, challenge: [0; 16] };
        register(&mut LiteS::find(&mut card)?, &new)?;
        card.reset();
        Ok(card)
    }

    /// The same card, kept in a file (mode 0600) that is written now and at every change.
    pub fn kept_in(self, file: &Path) -> Result<Self, VirtualCardError> {
        Ok(Self { kept: Kept::in_file(self.kept.memory, file)?, ..self })
    }

    /// Takes a card out of the file it is kept in; changes go on being written there.
    pub fn load(file: &Path) -> Result<Self, VirtualCardError> {
        Ok(Self::of(Kept::load(file)?))
    }

    /// The same card on a reader of another kind.
    #[must_use]
    pub fn on(self, reader: FelicaReader) -> Self {
        Self { reader: Reader::new(reader), ..self }
    }

    fn of(kept: Kept<Memory>) -> Self {
        Self { kept, session: None, verifier_proved: false, reader: Reader::default() }
    }

    /// A copy of what anybody can read of this card, as an attacker makes one: without the key.
    #[must_use]
    pub fn copied_by_reading(&self) -> Self {
        let mut copy = Self::blank(self.kept.memory.idm);
        copy.kept.memory.blocks.clone_from(&self.kept.memory.blocks);
        copy
    }

    fn answer(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let (own, pmm) = (self.kept.memory.idm, PMM);
        let (code, done) = match Packet::decode(packet)? {
            Packet::Polling => (0x01, Ok(Reply::Polled { idm: own, pmm })),
            Packet::Read { idm, blocks } if idm == own => (0x07, self.read(&blocks)),
            Packet::Write { idm, blocks } if idm == own => (0x09, self.write(&blocks)),
            Packet::Read { .. } | Packet::Write { .. } => return None,
        };
        Some(match done {
            Ok(reply) => reply.encode(own),
            Err((first, second)) => refusal(code, own, first, second),
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
                let known = self.kept.memory.blocks.get(&number).map(|block| block.0);
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
        let configuration = self.kept.memory.blocks.get(&Block::Configuration.number());
        let says = |place: usize, value: u8| {
            configuration.and_then(|block| block.0.get(place)).is_some_and(|byte| *byte == value)
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
        let memory = &mut self.kept.memory;
        memory.writes += 1;
        if number == Block::Challenge.number() {
            self.session = Session::new(&memory.key, &data).ok();
            self.verifier_proved = false;
        } else if number == Block::Key.number() {
            memory.key = CardKey::new(data);
        } else if number == Block::State.number() {
            self.verifier_proved = data.first() == Some(&1);
        } else if number <= LAST_USER_BLOCK || memory.blocks.contains_key(&number) {
            memory.blocks.insert(number, Block16(data));
        } else {
            return Err(NO_SUCH_BLOCK);
        }
        self.kept.save().map_err(|_| BROKEN)
    }

    fn counter(&self) -> [u8; 3] {
        let [a, b, c, _] = self.kept.memory.writes.to_le_bytes();
        [a, b, c]
    }
}

impl VirtualCard for VirtualLiteS {
    fn atr(&self) -> &[u8] {
        &ATR
    }

    fn reset(&mut self) {
        self.session = None;
        self.verifier_proved = false;
        self.reader.reset();
    }

    fn handle(&mut self, apdu: &[u8]) -> Vec<u8> {
        let (mut reader, idm) = (std::mem::take(&mut self.reader), self.kept.memory.idm);
        let answer = reader.handle(apdu, &idm, |packet| self.answer(packet));
        self.reader = reader;
        answer
    }
}

/// Without a reader in between.
impl FelicaTransport for VirtualLiteS {
    fn exchange(&mut self, packet: &[u8]) -> Result<Vec<u8>, FelicaError> {
        self.answer(packet).ok_or(FelicaError::NotLiteS)
    }
}

/// The card key as hexadecimal text.
mod card_key {
    use serde::{Deserializer, Serializer};
    use zeroize::Zeroizing;

    use super::{CardKey, hex};

    pub fn serialize<S: Serializer>(key: &CardKey, to: S) -> Result<S::Ok, S::Error> {
        hex::serialize(key.bytes(), to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<CardKey, D::Error> {
        let bytes: Zeroizing<[u8; 16]> = Zeroizing::new(hex::deserialize(from)?);
        Ok(CardKey::new(*bytes))
    }
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
