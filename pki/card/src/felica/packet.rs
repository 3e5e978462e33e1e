//! Packets: a length that counts itself, a code, the rest (JIS X 6319-4). Only the few commands that
//! Lite-S needs; a card agent lets no others pass.

use super::{FelicaError, Idm};

/// The system code of Lite and Lite-S.
const SYSTEM: [u8; 2] = [0x88, 0xB4];
/// Read-only access to blocks without a key.
const READ_SERVICE: [u8; 2] = [0x0B, 0x00];
/// Read and write access to blocks without a key.
const WRITE_SERVICE: [u8; 2] = [0x09, 0x00];
/// A two-byte element of a block list.
const ELEMENT: u8 = 0x80;
/// The most blocks that Lite-S reads at once.
pub(crate) const MOST_READ: usize = 4;
/// A block with its MAC.
pub(crate) const MOST_WRITTEN: usize = 2;
const LONGEST: usize = 255;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// Who is there?
    Polling,
    /// Read Without Encryption.
    Read {
        /// Which card.
        idm: Idm,
        /// Which blocks: 1 to 4.
        blocks: Vec<u8>,
    },
    /// Write Without Encryption.
    Write {
        /// Which card.
        idm: Idm,
        /// Which blocks with what: one, or one and its MAC.
        blocks: Vec<(u8, [u8; 16])>,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A card is there.
    Polled {
        /// Its identifier.
        idm: Idm,
        /// Its timing parameters.
        pmm: [u8; 8],
    },
    /// What the blocks hold.
    Blocks(Vec<[u8; 16]>),
    /// The blocks are written.
    Written,
}

impl Packet {
    /// The packet's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0];
        match self {
            Self::Polling => bytes.extend([0x00, SYSTEM[0], SYSTEM[1], 0x00, 0x00]),
            Self::Read { idm, blocks } => {
                list(&mut bytes, 0x06, *idm, READ_SERVICE, blocks);
            }
            Self::Write { idm, blocks } => {
                let numbers: Vec<u8> = blocks.iter().map(|(number, _)| *number).collect();
                list(&mut bytes, 0x08, *idm, WRITE_SERVICE, &numbers);
                for (_, data) in blocks {
                    bytes.extend(data);
                }
            }
        }
        let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
        bytes.first_mut().into_iter().for_each(|first| *first = length);
        bytes
    }

    /// Reads the packet of a command, as a card does; nothing else passes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let body = body(bytes)?;
        match body.split_first()? {
            (0x00, [a, b, _, _]) if [*a, *b] == SYSTEM || [*a, *b] == [0xFF, 0xFF] => {
                Some(Self::Polling)
            }
            (0x06, rest) => {
                let (idm, blocks, data) = numbers(rest, READ_SERVICE, MOST_READ)?;
                data.is_empty().then_some(Self::Read { idm, blocks })
            }
            (0x08, rest) => {
                let (idm, numbers, data) = numbers(rest, WRITE_SERVICE, MOST_WRITTEN)?;
                let (data, []) = data.as_chunks::<16>() else { return None };
                let fits = data.len() == numbers.len();
                let blocks = numbers.into_iter().zip(data.iter().copied()).collect();
                fits.then_some(Self::Write { idm, blocks })
            }
            _ => None,
        }
    }

    /// Reads the card's answer to this command.
    pub fn answer(&self, bytes: &[u8]) -> Result<Reply, FelicaError> {
        let body = body(bytes).ok_or(FelicaError::Malformed("length"))?;
        let (code, rest) = body.split_first().ok_or(FelicaError::Malformed("code"))?;
        match (self, *code) {
            (Self::Polling, 0x01) => polled(rest),
            (Self::Read { idm, blocks }, 0x07) => read(after(rest, *idm)?, blocks.len()),
            (Self::Write { idm, .. }, 0x09) => flags(after(rest, *idm)?).map(|_| Reply::Written),
            _ => Err(FelicaError::Malformed("code")),
        }
    }
}

impl Reply {
    /// The answer's bytes, as a card sends them.
    pub fn encode(&self, idm: Idm) -> Vec<u8> {
        let mut bytes = vec![0];
        match self {
            Self::Polled { idm, pmm } => bytes.extend([&[0x01], &idm[..], pmm].concat()),
            Self::Blocks(blocks) => {
                let count = u8::try_from(blocks.len()).unwrap_or(u8::MAX);
                bytes.extend(
                    [&[0x07], &idm[..], &[0, 0, count], blocks.concat().as_slice()].concat(),
                );
            }
            Self::Written => bytes.extend([&[0x09], &idm[..], &[0, 0]].concat()),
        }
        let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
        bytes.first_mut().into_iter().for_each(|first| *first = length);
        bytes
    }
}

/// A refusal's bytes: the answer's code and two status flags.
#[cfg(feature = "virtual")]
pub(crate) fn refusal(code: u8, idm: Idm, first: u8, second: u8) -> Vec<u8> {
    [&[12, code][..], &idm, &[first, second]].concat()
}

fn list(bytes: &mut Vec<u8>, code: u8, idm: Idm, service: [u8; 2], blocks: &[u8]) {
    bytes.push(code);
    bytes.extend(idm);
    bytes.push(1);
    bytes.extend(service);
    bytes.push(u8::try_from(blocks.len()).unwrap_or(u8::MAX));
    for block in blocks {
        bytes.extend([ELEMENT, *block]);
    }
}

fn body(bytes: &[u8]) -> Option<&[u8]> {
    let (length, body) = bytes.split_first()?;
    (bytes.len() <= LONGEST && usize::from(*length) == bytes.len()).then_some(body)
}

fn numbers(rest: &[u8], service: [u8; 2], most: usize) -> Option<(Idm, Vec<u8>, &[u8])> {
    let (idm, rest) = rest.split_first_chunk::<8>()?;
    let (&[services, a, b, count], rest) = rest.split_first_chunk::<4>()?;
    let count = usize::from(count);
    let fits = services == 1 && [a, b] == service && (1..=most).contains(&count);
    let (elements, data) = rest.split_at_checked(2 * count).filter(|_| fits)?;
    let (elements, _) = elements.as_chunks::<2>();
    let is_plain = elements.iter().all(|[kind, _]| *kind == ELEMENT);
    is_plain.then(|| (*idm, elements.iter().map(|[_, number]| *number).collect(), data))
}

fn polled(rest: &[u8]) -> Result<Reply, FelicaError> {
    let (idm, rest) = rest.split_first_chunk().ok_or(FelicaError::Malformed("IDm"))?;
    let (pmm, _) = rest.split_first_chunk().ok_or(FelicaError::Malformed("PMm"))?;
    Ok(Reply::Polled { idm: *idm, pmm: *pmm })
}

fn after(rest: &[u8], idm: Idm) -> Result<&[u8], FelicaError> {
    rest.strip_prefix(&idm).ok_or(FelicaError::Malformed("IDm"))
}

fn flags(rest: &[u8]) -> Result<&[u8], FelicaError> {
    match rest {
        [0, 0, rest @ ..] => Ok(rest),
        [first, second, ..] => Err(FelicaError::Refused(*first, *second)),
        _ => Err(FelicaError::Malformed("status")),
    }
}

fn read(rest: &[u8], wanted: usize) -> Result<Reply, FelicaError> {
    let (count, data) = flags(rest)?.split_first().ok_or(FelicaError::Malformed("count"))?;
    let (blocks, trailing) = data.as_chunks::<16>();
    let fits = trailing.is_empty() && blocks.len() == wanted && usize::from(*count) == wanted;
    if fits { Ok(Reply::Blocks(blocks.to_vec())) } else { Err(FelicaError::Malformed("blocks")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IDM: Idm = [1, 2, 3, 4, 5, 6, 7, 8];

    #[test]
    fn the_challenge_is_written_and_the_mac_read_as_the_standard_writes_them() {
        let rc = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let write = Packet::Write { idm: IDM, blocks: vec![(0x80, rc)] }.encode();
        let head = [0x20, 0x08, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0x09, 0x00, 1, 0x80, 0x80];
        assert_eq!(write, [&head[..], &rc].concat());
        let read = Packet::Read { idm: IDM, blocks: vec![0x82, 0x81] }.encode();
        let whole = [0x12, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0x0B, 0, 2, 0x80, 0x82, 0x80, 0x81];
        assert_eq!(read, whole);
        assert_eq!(Packet::Polling.encode(), [6, 0, 0x88, 0xB4, 0, 0]);
    }

    #[test]
    fn an_answer_of_another_card_or_with_flags_is_refused() {
        let read = Packet::Read { idm: IDM, blocks: vec![0x82] };
        let good = Reply::Blocks(vec![[7; 16]]).encode(IDM);
        assert_eq!(read.answer(&good), Ok(Reply::Blocks(vec![[7; 16]])));
        let other = Reply::Blocks(vec![[7; 16]]).encode([9; 8]);
        assert_eq!(read.answer(&other), Err(FelicaError::Malformed("IDm")));
        let refused = [&[12, 0x07][..], &IDM, &[0x01, 0xA2]].concat();
        assert_eq!(read.answer(&refused), Err(FelicaError::Refused(0x01, 0xA2)));
    }

    fn packets() -> impl Strategy<Value = Packet> {
        prop_oneof![
            Just(Packet::Polling),
            (any::<Idm>(), prop::collection::vec(any::<u8>(), 1..=4))
                .prop_map(|(idm, blocks)| Packet::Read { idm, blocks }),
            (any::<Idm>(), prop::collection::vec(any::<(u8, [u8; 16])>(), 1..=2))
                .prop_map(|(idm, blocks)| Packet::Write { idm, blocks }),
        ]
    }

    proptest! {
        #[test]
        fn packets_survive_the_way(packet in packets()) {
            prop_assert_eq!(Packet::decode(&packet.encode()), Some(packet));
        }

        #[test]
        fn any_bytes_are_judged(packet in packets(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = packet.answer(&bytes);
            if let Some(read) = Packet::decode(&bytes) {
                prop_assert_eq!(Packet::decode(&read.encode()), Some(read));
            }
        }
    }
}
