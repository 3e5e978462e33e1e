//! Finding out how a file is written.
//!
//! The encoding is found by decoding strictly, to the end of the file where need be: one that
//! fits alone is it. Where two fit and would read differently, the names of the columns decide;
//! a file without them is [ambiguous](SniffError::Ambiguous), and somebody must say.

use std::io::{self, Read};

use crate::LONGEST_RECORD;
use crate::code::Code;
use crate::csv::read_some;
use crate::encoding::Encoding;
use crate::error::RowError;
use crate::layout::Layout;
use crate::shape::{Format, HeaderStyle, LineEnd, Shape};
use crate::xml::cut;

/// What is known of a file before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hint {
    /// Its format.
    pub format: Option<Format>,
    /// Its encoding.
    pub encoding: Option<Encoding>,
}

/// Why the shape of a file cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum SniffError {
    /// It is none of the files that are read here.
    #[error(transparent)]
    Refused(RowError),
    /// Several encodings fit and would read differently: a [`Hint`] is needed.
    #[error("file.ambiguous: {}", names(.0))]
    Ambiguous(Vec<Encoding>),
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl SniffError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(error) => error.code,
            Self::Ambiguous(_) => Code::Ambiguous,
            Self::Io(_) => Code::Unreadable,
        }
    }
}

fn names(encodings: &[Encoding]) -> String {
    encodings.iter().map(|encoding| encoding.name()).collect::<Vec<_>>().join(", ")
}

/// Beginnings of files that are no text in the three encodings.
const REFUSED: [&[u8]; 11] = [
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf\x27\x1c",
    b"\x28\xb5\x2f\xfd",
    b"Rar!",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xd0\xcf\x11\xe0",
];

/// Once so many bytes were wrong, and four times more than in another encoding, it is not it.
const TOLERATED: u64 = 64;

/// Finds out how the file is written that `source` is at the start of, reading on as far as it
/// must. The caller goes back to the start and makes a [`Reader`](crate::Reader).
///
/// # Errors
/// [`SniffError`].
pub fn sniff(
    mut source: impl Read,
    layout: &'static Layout,
    hint: Hint,
) -> Result<Shape, SniffError> {
    let mut head = Vec::with_capacity(LONGEST_RECORD);
    let ended = fill(&mut source, &mut head)?;
    refuse(&head)?;
    let bom = head.starts_with(b"\xef\xbb\xbf");
    let format = hint.format.unwrap_or_else(|| format(&head));
    let told = hint.encoding.or_else(|| bom.then_some(Encoding::Utf8));
    let declared = || if format == Format::Xml { declared(&head) } else { Ok(None) };
    let encoding = match told {
        Some(encoding) => encoding,
        None => match declared()? {
            Some(encoding) => encoding,
            None => find_encoding(source, &head, ended, layout)?,
        },
    };
    let line_end = LineEnd::of(&head);
    Ok(Shape { format, encoding, bom, line_end, header: HeaderStyle::Japanese })
}

fn refused(code: Code) -> SniffError {
    SniffError::Refused(RowError::fatal(code, 1))
}

/// Reads until `head` is full; whether the source has ended.
fn fill(source: &mut impl Read, head: &mut Vec<u8>) -> io::Result<bool> {
    let mut length = head.len();
    head.resize(LONGEST_RECORD, 0);
    while length < LONGEST_RECORD {
        let read = read_some(source, head.get_mut(length..).unwrap_or_default())?;
        if read == 0 {
            break;
        }
        length += read;
    }
    head.truncate(length);
    Ok(length < LONGEST_RECORD)
}

fn refuse(head: &[u8]) -> Result<(), SniffError> {
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(refused(Code::Empty));
    }
    let magic = REFUSED.iter().any(|magic| head.starts_with(magic));
    // UTF-16 without a mark has a zero in every other byte; text has none.
    let zero = memchr::memchr(0, head.get(..head.len().min(1024)).unwrap_or_default());
    if magic || zero.is_some() { Err(refused(Code::Compressed)) } else { Ok(()) }
}

fn format(head: &[u8]) -> Format {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut text = text.iter().skip_while(|byte| byte.is_ascii_whitespace());
    let opens = text.next() == Some(&b'<');
    let names =
        |byte: &u8| matches!(byte, b'?' | b'!' | b'_' | 0x80..) || byte.is_ascii_alphabetic();
    if opens && text.next().is_some_and(names) { Format::Xml } else { Format::Csv }
}

/// What the XML declaration says.
fn declared(head: &[u8]) -> Result<Option<Encoding>, SniffError> {
    let end = memchr::memmem::find(head, b"?>").filter(|_| head.starts_with(b"<?xml"));
    let declaration = end.and_then(|end| head.get(..end)).unwrap_or_default();
    let declaration = String::from_utf8_lossy(declaration);
    let Some((_, value)) = declaration.split_once("encoding") else {
        return Ok(None);
    };
    let value = value.trim_start_matches([' ', '\t', '\r', '\n', '=']);
    let name = value.trim_matches(['"', '\'', ' ', '?']).split(['"', '\'']).next();
    name.and_then(Encoding::parse).map(Some).ok_or_else(|| refused(Code::Encoding))
}

/// An encoding that may be it.
struct Candidate {
    encoding: Encoding,
    wrong: u64,
}

fn find_encoding(
    mut source: impl Read,
    head: &[u8],
    mut ended: bool,
    layout: &'static Layout,
) -> Result<Encoding, SniffError> {
    let mut candidates: Vec<Candidate> =
        Encoding::ALL.map(|encoding| Candidate { encoding, wrong: 0 }).into();
    let (mut bytes, mut ascii) = (head.to_vec(), true);
    let mut text = String::new();
    loop {
        let whole = if ended { bytes.len() } else { cut(&bytes) };
        let piece = bytes.get(..whole).unwrap_or_default();
        if !piece.is_ascii() {
            ascii = false;
            for candidate in &mut candidates {
                candidate.wrong += count_wrong(candidate.encoding, piece, &mut text);
            }
            drop_unlikely(&mut candidates);
        }
        if ended || candidates.len() == 1 {
            break;
        }
        bytes.drain(..whole);
        ended = fill(&mut source, &mut bytes)?;
    }
    if ascii { Ok(Encoding::Utf8) } else { decide(&candidates, head, layout) }
}

fn count_wrong(encoding: Encoding, bytes: &[u8], text: &mut String) -> u64 {
    let (mut wrong, mut at) = (0, 0);
    text.clear();
    while let Err(place) = encoding.decode(bytes.get(at..).unwrap_or_default(), text) {
        text.clear();
        wrong += 1;
        at += place + 1;
        if wrong > 16 * TOLERATED {
            break;
        }
    }
    wrong
}

fn drop_unlikely(candidates: &mut Vec<Candidate>) {
    let fewest = candidates.iter().map(|candidate| candidate.wrong).min().unwrap_or_default();
    candidates.retain(|candidate| candidate.wrong <= TOLERATED || candidate.wrong / 4 <= fewest);
}

fn decide(
    candidates: &[Candidate],
    head: &[u8],
    layout: &'static Layout,
) -> Result<Encoding, SniffError> {
    let fewest = candidates.iter().map(|candidate| candidate.wrong).min().unwrap_or_default();
    let likely = candidates.iter().filter(|candidate| candidate.wrong / 4 <= fewest);
    let likely: Vec<Encoding> =
        likely.filter(|c| fewest > 0 || c.wrong == 0).map(|c| c.encoding).collect();
    match likely.as_slice() {
        [one] => Ok(*one),
        [] => Err(refused(Code::Encoding)),
        _ => {
            let mut named =
                likely.iter().filter(|encoding| names_columns(**encoding, head, layout));
            match (named.next(), named.next()) {
                (Some(one), None) => Ok(*one),
                _ if fewest > 0 => Err(refused(Code::Encoding)),
                _ => Err(SniffError::Ambiguous(likely)),
            }
        }
    }
}

/// Whether the first line has a Japanese name of the layout's in it, read in that encoding.
fn names_columns(encoding: Encoding, head: &[u8], layout: &'static Layout) -> bool {
    let end = memchr::memchr2(b'\n', b'\r', head).unwrap_or(head.len());
    let mut text = String::new();
    let read = encoding.decode(head.get(..end).unwrap_or_default(), &mut text);
    let mut names = text.split([',', '"', '<', '>', '/']).map(str::trim);
    read.is_ok() && names.any(|name| !name.is_ascii() && layout.find(name).is_some())
}
