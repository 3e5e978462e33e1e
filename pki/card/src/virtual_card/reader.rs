//! The contactless reader that a virtual FeliCa card lies on: the virtual reader hands pseudo-APDUs
//! through, so that the card must answer them in the reader's place.

use crate::apdu::StatusWord;

/// Transparent session done.
const DONE: [u8; 5] = [0xC0, 0x03, 0x00, 0x90, 0x00];
/// The card says nothing.
const SILENCE: [u8; 5] = [0xC0, 0x03, 0x01, 0x64, 0x01];
const NO_ANSWER: StatusWord = StatusWord(0x6401);

/// In which way the reader carries FeliCa packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FelicaReader {
    /// Transparent sessions of PC/SC part 3 (RC-S300 and others).
    #[default]
    Transparent,
    /// Direct commands (ACS).
    Acs,
    /// A pseudo-APDU for each command (SCM, Identiv).
    Identiv,
}

/// The reader with what it remembers.
#[derive(Default)]
pub(super) struct Reader {
    pub way: FelicaReader,
    session: bool,
}

impl Reader {
    pub const fn new(way: FelicaReader) -> Self {
        Self { way, session: false }
    }

    pub const fn reset(&mut self) {
        self.session = false;
    }

    /// Answers an APDU; `card` answers a packet, or says nothing.
    pub fn handle(
        &mut self,
        apdu: &[u8],
        idm: &[u8],
        card: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> Vec<u8> {
        match (self.way, apdu) {
            (_, [0xFF, 0xCA, 0x00, 0x00, ..]) => ok(idm),
            (FelicaReader::Transparent, [0xFF, 0xC2, ..]) => self.transparent(apdu, card),
            (FelicaReader::Acs, [0xFF, 0x00, 0x00, 0x00, length, packet @ ..])
                if usize::from(*length) == packet.len() =>
            {
                card(packet).map_or_else(|| NO_ANSWER.bytes().to_vec(), |answer| ok(&answer))
            }
            (FelicaReader::Identiv, [0xFF, 0x40..=0x48, ..]) => identiv(apdu, idm, card),
            _ => StatusWord::UNKNOWN_INSTRUCTION.bytes().to_vec(),
        }
    }

    fn transparent(&mut self, apdu: &[u8], card: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
        match apdu {
            [_, _, 0x00, 0x00, 0x02, verb @ (0x81 | 0x82), 0x00, ..] => {
                self.session = *verb == 0x81;
                ok(&DONE)
            }
            [_, _, 0x00, 0x02, 0x04, 0x8F, 0x02, 0x03, 0x00, ..] => ok(&DONE),
            [_, _, 0x00, 0x01, _, 0x5F, 0x46, 0x04, _, _, _, _, 0x95, length, rest @ ..]
                if self.session =>
            {
                let packet = rest.get(..usize::from(*length)).unwrap_or_default();
                let Some(answer) = card(packet) else { return ok(&SILENCE) };
                let length = u8::try_from(answer.len()).unwrap_or(u8::MAX);
                ok(&[&DONE[..], &[0x97, length], &answer].concat())
            }
            _ => StatusWord::UNKNOWN_INSTRUCTION.bytes().to_vec(),
        }
    }
}

fn identiv(apdu: &[u8], idm: &[u8], card: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
    let packet = match apdu {
        [_, 0x40, 0x00, 0x00, 0x04, rest @ ..] => [&[0x06, 0x00], rest].concat(),
        [_, instruction @ (0x46 | 0x48), services, blocks, _, low, high, rest @ ..] => {
            let code = instruction & 0x0F;
            let counts = [*services, *low, *high, *blocks];
            let length = u8::try_from(14 + rest.len()).unwrap_or(u8::MAX);
            [&[length, code], idm, &counts, rest].concat()
        }
        _ => return StatusWord::UNKNOWN_INSTRUCTION.bytes().to_vec(),
    };
    match card(&packet).as_deref() {
        // Length and code stay with the reader.
        Some([_, _, answer @ ..]) => ok(answer),
        _ => NO_ANSWER.bytes().to_vec(),
    }
}

fn ok(data: &[u8]) -> Vec<u8> {
    [data, &StatusWord::OK.bytes()].concat()
}
