//! Long commands that come in pieces, and long answers that leave in pieces
//! (ISO/IEC 7816-4, 5.3.3 and 5.3.4).

use zeroize::Zeroizing;

use crate::apdu::{CHAINED, Command, StatusWord};

/// No command is longer, all its pieces together.
const MAX_COMMAND: usize = 6 * 1024;

/// The pieces of a command that have come so far.
#[derive(Default)]
pub(super) struct Chain(Option<Command>);

impl Chain {
    /// Adds a piece. `Ok(Some)`: the whole command; `Ok(None)`: more is to come.
    pub fn add(&mut self, piece: Command) -> Result<Option<Command>, StatusWord> {
        let more = piece.class & CHAINED != 0;
        let mut whole = match self.0.take() {
            Some(begun) if belongs(&begun, &piece) => joined(begun, &piece)?,
            // Another command in the middle of a chain means that the chain was given up.
            _ => piece,
        };
        whole.class &= !CHAINED;
        if more {
            self.0 = Some(whole);
            return Ok(None);
        }
        Ok(Some(whole))
    }
}

fn belongs(begun: &Command, piece: &Command) -> bool {
    (begun.instruction, begun.p1, begun.p2) == (piece.instruction, piece.p1, piece.p2)
}

fn joined(mut begun: Command, piece: &Command) -> Result<Command, StatusWord> {
    let length = begun.data.len() + piece.data.len();
    if length > MAX_COMMAND {
        return Err(StatusWord::WRONG_LENGTH);
    }
    let mut data = Zeroizing::new(Vec::with_capacity(length));
    data.extend_from_slice(&begun.data);
    data.extend_from_slice(&piece.data);
    begun.data = data;
    begun.expected = piece.expected;
    Ok(begun)
}

/// What of an answer has not been fetched yet.
#[derive(Default)]
pub(super) struct Pending(Vec<u8>);

impl Pending {
    /// Takes a new answer and gives its first part.
    pub fn begin(&mut self, answer: Vec<u8>, expected: Option<u16>) -> Vec<u8> {
        self.0 = answer;
        self.next(expected)
    }

    /// The next part with its status; nothing left is an error of the host's.
    pub fn fetch(&mut self, expected: Option<u16>) -> Vec<u8> {
        if self.0.is_empty() {
            return StatusWord::WRONG_PARAMETERS.bytes().to_vec();
        }
        self.next(expected)
    }

    fn next(&mut self, expected: Option<u16>) -> Vec<u8> {
        let length = usize::from(expected.unwrap_or(256)).min(self.0.len());
        let rest = self.0.split_off(length);
        let mut part = std::mem::replace(&mut self.0, rest);
        let status = match self.0.len() {
            0 => StatusWord::OK,
            // 256 and more are written as 00.
            left => StatusWord::from_bytes(0x61, u8::try_from(left).unwrap_or(0)),
        };
        part.extend(status.bytes());
        part
    }
}
