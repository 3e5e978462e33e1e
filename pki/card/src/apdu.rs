//! Command and response APDUs in short form (ISO/IEC 7816-4, 5.2 and 5.3).

mod exchange;
mod status;

use zeroize::Zeroizing;

pub use exchange::{ApduError, exchange};
pub use status::StatusWord;

/// The CLA bit that says: more of this command follows.
pub const CHAINED: u8 = 0x10;
/// The most data one short command carries.
pub const MAX_DATA: usize = 255;

/// A command, before it is cut into APDUs. Its data is wiped when dropped: it may hold a PIN.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// The class byte.
    pub class: u8,
    /// The instruction byte.
    pub instruction: u8,
    /// The first parameter byte.
    pub p1: u8,
    /// The second parameter byte.
    pub p2: u8,
    /// The data; more than [`MAX_DATA`] bytes are sent as a chain.
    pub data: Zeroizing<Vec<u8>>,
    /// How many bytes of answer data are welcome, 1 to 256; `None` for none.
    pub expected: Option<u16>,
}

impl Command {
    /// A command of class 00 without data that expects no answer data.
    pub fn new(instruction: u8, p1: u8, p2: u8) -> Self {
        let data = Zeroizing::default();
        Self { class: 0, instruction, p1, p2, data, expected: None }
    }

    /// The same command with data.
    #[must_use]
    pub fn with_data(mut self, data: &[u8]) -> Self {
        self.data = Zeroizing::new(data.to_vec());
        self
    }

    /// The same command, expecting as much answer data as there is.
    #[must_use]
    pub const fn expecting_answer(mut self) -> Self {
        self.expected = Some(256);
        self
    }

    /// The APDUs to send one after the other: one, or a chain when the data is long.
    pub fn apdus(&self) -> Vec<Zeroizing<Vec<u8>>> {
        let pieces = self.data.len().div_ceil(MAX_DATA).max(1);
        (1..=pieces)
            .map(|number| {
                let piece = self.data.chunks(MAX_DATA).nth(number - 1).unwrap_or_default();
                self.apdu(piece, number == pieces)
            })
            .collect()
    }

    fn apdu(&self, piece: &[u8], last: bool) -> Zeroizing<Vec<u8>> {
        // Room for all of it at once: a vector that grows leaves copies behind.
        let mut apdu = Zeroizing::new(Vec::with_capacity(6 + MAX_DATA));
        let class = if last { self.class } else { self.class | CHAINED };
        apdu.extend([class, self.instruction, self.p1, self.p2]);
        if let (false, Ok(length)) = (piece.is_empty(), u8::try_from(piece.len())) {
            apdu.push(length);
            apdu.extend_from_slice(piece);
        }
        if let (true, Some(expected)) = (last, self.expected) {
            // 256 is written as 00.
            apdu.push(expected.to_be_bytes()[1]);
        }
        apdu
    }

    /// Reads one APDU in short form, as the card does; `None` if it is not one.
    pub fn parse(apdu: &[u8]) -> Option<Self> {
        let (&[class, instruction, p1, p2], body) = apdu.split_first_chunk()?;
        let (data, expected) = match body {
            [] => (&[][..], None),
            [expected] => (&[][..], Some(*expected)),
            [0, ..] => return None,
            [length, rest @ ..] => match rest.split_at_checked(usize::from(*length))? {
                (data, []) => (data, None),
                (data, [expected]) => (data, Some(*expected)),
                _ => return None,
            },
        };
        let expected = expected.map(|byte| if byte == 0 { 256 } else { u16::from(byte) });
        Some(Self { class, expected, ..Self::new(instruction, p1, p2).with_data(data) })
    }
}

/// An answer: all its data, and the status that came last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The answer data, put together when it came in pieces.
    pub data: Vec<u8>,
    /// The status word.
    pub status: StatusWord,
}

impl Response {
    /// Cuts the status word off one answer; `None` if it has not even that.
    pub fn parse(answer: &[u8]) -> Option<Self> {
        let (data, &[sw1, sw2]) = answer.split_last_chunk()?;
        Some(Self { data: data.to_vec(), status: StatusWord::from_bytes(sw1, sw2) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_the_four_cases() {
        let bare = Command::new(0x20, 0x00, 0x80);
        assert_eq!(bare.apdus()[0].as_slice(), [0x00, 0x20, 0x00, 0x80]);
        let asking = bare.clone().expecting_answer();
        assert_eq!(asking.apdus()[0].as_slice(), [0x00, 0x20, 0x00, 0x80, 0x00]);
        let telling = bare.clone().with_data(&[1, 2]);
        assert_eq!(telling.apdus()[0].as_slice(), [0x00, 0x20, 0x00, 0x80, 2, 1, 2]);
        let both = telling.expecting_answer();
        assert_eq!(both.apdus()[0].as_slice(), [0x00, 0x20, 0x00, 0x80, 2, 1, 2, 0]);
    }

    #[test]
    fn long_data_becomes_a_chain() {
        let command = Command::new(0x87, 0x07, 0x9A).with_data(&[9; 266]).expecting_answer();
        let chain = command.apdus();
        assert_eq!(chain.len(), 2);
        assert_eq!(chain[0][..5], [0x10, 0x87, 0x07, 0x9A, 0xFF]);
        assert_eq!(chain[0].len(), 260);
        assert_eq!(chain[1][..5], [0x00, 0x87, 0x07, 0x9A, 0x0B]);
        assert_eq!(chain[1].last(), Some(&0));
    }

    #[test]
    fn refuses_extended_and_torn_apdus() {
        for apdu in [&[0, 0x20, 0][..], &[0, 0xCB, 0, 0, 0, 1, 0, 5], &[0, 0xCB, 0, 0, 3, 1]] {
            assert!(Command::parse(apdu).is_none(), "{apdu:02X?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(command) = Command::parse(&bytes) {
                prop_assert!(command.data.len() <= MAX_DATA);
            }
            if let Some(response) = Response::parse(&bytes) {
                prop_assert_eq!(response.data.len() + 2, bytes.len());
            }
        }

        #[test]
        fn a_chain_carries_the_data_whole(
            header in any::<[u8; 3]>(),
            data in prop::collection::vec(any::<u8>(), 0..1000),
            expected in prop::option::of(1u16..=256),
        ) {
            let [instruction, p1, p2] = header;
            let command =
                Command { expected, ..Command::new(instruction, p1, p2).with_data(&data) };
            let pieces: Vec<_> =
                command.apdus().iter().map(|apdu| Command::parse(apdu).unwrap()).collect();
            let (last, first) = pieces.split_last().unwrap();
            prop_assert!(first.iter().all(|piece| piece.class == CHAINED));
            prop_assert_eq!(last.class, 0);
            prop_assert_eq!(last.expected, expected);
            let whole: Vec<u8> = pieces.iter().flat_map(|piece| piece.data.to_vec()).collect();
            prop_assert_eq!(whole, data);
        }
    }
}
