//! Bytes of any of the encodings as UTF-8, with a bound on how much is read for one event.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

use crate::LONGEST_RECORD;
use crate::csv::read_some;
use crate::encoding::Encoding;

/// Stands for bytes that are not of the encoding. XML has no such character.
pub(super) const WRONG: char = '\u{ffff}';

/// A source of bytes, decoded.
#[derive(Debug)]
pub(super) struct Decoded<R> {
    source: R,
    encoding: Encoding,
    buffer: Box<[u8]>,
    /// How much of `buffer` is read and not yet decoded.
    filled: usize,
    /// Where in the source `buffer` begins.
    offset: u64,
    text: String,
    at: usize,
    ended: bool,
    /// How much may still be taken.
    allowance: usize,
    /// Places of wrong bytes, for each [`WRONG`] in the text not yet taken.
    wrong: VecDeque<u64>,
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(source: R, encoding: Encoding) -> Self {
        Self {
            source,
            encoding,
            buffer: vec![0; LONGEST_RECORD].into_boxed_slice(),
            filled: 0,
            offset: 0,
            text: String::new(),
            at: 0,
            ended: false,
            allowance: LONGEST_RECORD,
            wrong: VecDeque::new(),
        }
    }

    /// Lets another event be read.
    pub(super) fn allow(&mut self) {
        self.allowance = LONGEST_RECORD;
    }

    /// The event was longer than allowed.
    pub(super) fn is_exhausted(&self) -> bool {
        self.allowance == 0
    }

    /// Where the wrong bytes were for which the next [`WRONG`] stands.
    pub(super) fn next_wrong(&mut self) -> Option<u64> {
        self.wrong.pop_front()
    }

    /// Whether the text began with a byte order mark.
    pub(super) fn pass_bom(&mut self) -> io::Result<bool> {
        while self.text.is_empty() && self.fill()? {}
        let there = self.text.starts_with('\u{feff}');
        if there {
            self.at = '\u{feff}'.len_utf8();
        }
        Ok(there)
    }

    /// Reads and decodes on; whether there was anything.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let read = read_some(&mut self.source, room)?;
        self.filled += read;
        self.ended = read == 0;
        self.decode();
        Ok(true)
    }

    fn decode(&mut self) {
        let bytes = self.buffer.get(..self.filled).unwrap_or_default();
        let whole = if self.ended { bytes.len() } else { cut(bytes) };
        self.text.clear();
        self.at = 0;
        let mut from = 0;
        while from < whole {
            let piece = bytes.get(from..whole).unwrap_or_default();
            let Err(wrong) = self.encoding.decode(piece, &mut self.text) else { break };
            from += wrong;
            self.wrong.push_back(self.offset + from as u64);
            self.text.push(WRONG);
            from += 1;
        }
        self.buffer.copy_within(whole..self.filled, 0);
        self.filled -= whole;
        self.offset += whole as u64;
    }
}

/// How much of `bytes` ends between two characters: behind the last byte that is part of no
/// longer character in any of the encodings; all, if there is none in so many.
pub(crate) fn cut(bytes: &[u8]) -> usize {
    let last = bytes.iter().rposition(|byte| *byte < 0x40);
    match last {
        Some(last) => last + 1,
        None if bytes.len() < LONGEST_RECORD => 0,
        None => bytes.len(),
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(room)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.allowance == 0 {
            return Err(io::Error::other("longer than allowed"));
        }
        while self.at >= self.text.len() && self.fill()? {}
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        Ok(rest.get(..rest.len().min(self.allowance)).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
        self.allowance = self.allowance.saturating_sub(amount);
    }
}
