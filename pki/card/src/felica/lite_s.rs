//! One Lite-S card: its blocks, and the proof that it knows its key.

use super::answer::{self, Answer, key_version};
use super::mac::BlockNumber;
use super::packet::{Packet, Reply};
use super::{CardKey, FelicaError, FelicaTransport, Idm, Session};

/// A block that has a meaning of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Block {
    /// The verifier's challenge.
    Challenge = 0x80,
    /// The card's ID.
    Id = 0x82,
    /// The version of the card key.
    KeyVersion = 0x86,
    /// The card key: written, never read.
    Key = 0x87,
    /// What may be written, and how.
    Configuration = 0x88,
    /// How often was written.
    WriteCounter = 0x90,
    /// The MAC of what was read or written.
    MacA = 0x91,
    /// Whether the verifier has proved itself.
    State = 0x92,
}

impl Block {
    /// Its number.
    pub const fn number(self) -> BlockNumber {
        self as u8
    }
}

/// What names a card and its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The ID block. A tracking number: keep it as a keyed hash only.
    pub id_block: [u8; 16],
    /// The version of the card key, and so of the master key.
    pub key_version: u16,
}

/// Shows no identifier.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("key_version", &self.key_version).finish_non_exhaustive()
    }
}

/// A card that was found.
pub struct LiteS<'t> {
    transport: &'t mut dyn FelicaTransport,
    idm: Idm,
}

impl<'t> LiteS<'t> {
    /// Asks who is there.
    pub fn find(transport: &'t mut dyn FelicaTransport) -> Result<Self, FelicaError> {
        let answer = transport.exchange(&Packet::Polling.encode())?;
        match Packet::Polling.answer(&answer)? {
            Reply::Polled { idm, .. } => Ok(Self { transport, idm }),
            _ => Err(FelicaError::NotLiteS),
        }
    }

    /// What the card says it is; not proved.
    pub fn identity(&mut self) -> Result<Identity, FelicaError> {
        let [id_block, version] = self.read([Block::Id, Block::KeyVersion])?;
        Ok(Identity { id_block, key_version: key_version(&version) })
    }

    /// Proves that the card knows `key`: it answers a challenge, which must be new and random,
    /// with a MAC over what it says it is.
    pub fn authenticate(
        &mut self,
        key: &CardKey,
        challenge: [u8; 16],
    ) -> Result<(Identity, Session), FelicaError> {
        let Answer { id_block, version_block, mac } = self.answer(challenge)?;
        let session = Session::new(key, &challenge)?;
        if answer::is_proved(&session, &id_block, &version_block, &mac) {
            Ok((Identity { id_block, key_version: key_version(&version_block) }, session))
        } else {
            Err(FelicaError::WrongMac)
        }
    }

    /// What the card answers to a challenge, for somebody who knows its key: nothing is checked.
    pub fn answer(&mut self, challenge: [u8; 16]) -> Result<Answer, FelicaError> {
        self.write(Block::Challenge, challenge)?;
        let blocks = [Block::Id, Block::KeyVersion, Block::MacA];
        let [id_block, version_block, mac_a] = self.read(blocks)?;
        let mac = mac_a.first_chunk().copied().unwrap_or_default();
        Ok(Answer { id_block, version_block, mac })
    }

    /// Reads up to four blocks.
    pub fn read<const N: usize>(
        &mut self,
        blocks: [Block; N],
    ) -> Result<[[u8; 16]; N], FelicaError> {
        let blocks = blocks.map(Block::number).to_vec();
        let packet = Packet::Read { idm: self.idm, blocks };
        match packet.answer(&self.transport.exchange(&packet.encode())?)? {
            Reply::Blocks(read) => read.try_into().map_err(|_| FelicaError::Malformed("blocks")),
            _ => Err(FelicaError::Malformed("code")),
        }
    }

    /// Writes a block that may be written freely.
    pub fn write(&mut self, block: Block, data: [u8; 16]) -> Result<(), FelicaError> {
        self.send(vec![(block.number(), data)])
    }

    /// Writes a block with a MAC that shows that the writer knows the card key.
    pub fn write_proved(
        &mut self,
        session: &Session,
        block: Block,
        data: [u8; 16],
    ) -> Result<(), FelicaError> {
        let [counter] = self.read([Block::WriteCounter])?;
        let [a, b, c, ..] = counter;
        let mac = session.write_mac(block.number(), &data, [a, b, c])?;
        let mut mac_block = [0; 16];
        let bytes = mac.into_iter().chain([a, b, c]);
        mac_block.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        self.send(vec![(block.number(), data), (Block::MacA.number(), mac_block)])
    }

    /// Proves the verifier to the card, which then lets blocks be written that ask for it.
    pub fn prove_verifier(&mut self, session: &Session) -> Result<(), FelicaError> {
        let mut granted = [0; 16];
        granted.first_mut().into_iter().for_each(|first| *first = 1);
        self.write_proved(session, Block::State, granted)
    }

    fn send(&mut self, blocks: Vec<(BlockNumber, [u8; 16])>) -> Result<(), FelicaError> {
        let packet = Packet::Write { idm: self.idm, blocks };
        let answer = self.transport.exchange(&packet.encode())?;
        packet.answer(&answer).map(drop)
    }
}

pub(super) fn version_block(version: u16) -> [u8; 16] {
    let mut block = [0; 16];
    block.iter_mut().zip(version.to_le_bytes()).for_each(|(to, from)| *to = from);
    block
}
