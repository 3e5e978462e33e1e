//! Bytes into records, in constant memory whatever the bytes are.

use std::io::{self, Read};
use std::ops::Range;

use memchr::{memchr, memchr2};

use super::{FieldEnd, MOST_LINES, next_field};
use crate::LONGEST_RECORD;

/// The room for bytes read ahead.
const BUFFER: usize = 4 * LONGEST_RECORD;

/// The records of a source of bytes.
#[derive(Debug)]
pub(crate) struct Records<R> {
    source: R,
    buffer: Box<[u8]>,
    /// What is read and not yet given out.
    ahead: Range<usize>,
    /// The source has no more.
    ended: bool,
    /// The number of the line that begins at `ahead.start`, from 1.
    line: u64,
    /// Where in the source `ahead.start` is.
    offset: u64,
    /// Line and offset of what was given out last.
    given: (u64, u64),
    /// What the last record leaves to be done.
    behind: Behind,
    wide_blank: &'static [u8],
}

/// What is behind the record given out last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behind {
    /// The next line.
    Line,
    /// A CR was, and an LF next belongs to it.
    Return,
    /// The rest of a line that was too long, still to be passed over.
    RestOfLine,
    /// No line end: the file ends in the record.
    Nothing,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A record: where in [`Records::bytes`], without its line end.
    Record(Range<usize>),
    /// A quotation mark that nothing closes; reading goes on behind this line.
    Unclosed(Range<usize>),
    /// The same in the last line, which ends nowhere.
    Cut(Range<usize>),
    /// A line that is too long; reading goes on behind it.
    TooLong,
    /// No more.
    End,
}

/// Where the record at the start of some bytes ends.
enum Extent {
    /// Length, and lines in it.
    Whole { length: usize, lines: u64 },
    /// More bytes are needed.
    More,
    /// It has an open quotation mark: the length of its first line, if that ends.
    Open(Option<usize>),
}

impl<R: Read> Records<R> {
    pub(crate) fn new(source: R, wide_blank: &'static [u8]) -> Self {
        Self {
            source,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            ahead: 0..0,
            ended: false,
            line: 1,
            offset: 0,
            given: (1, 0),
            behind: Behind::Line,
            wide_blank,
        }
    }

    /// The line and the byte at which what was given out last begins.
    pub(crate) fn given(&self) -> (u64, u64) {
        self.given
    }

    /// The line on which the next record begins.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Where the next record begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The source.
    pub(crate) fn source(&mut self) -> &mut R {
        &mut self.source
    }

    /// Forgets what was read ahead: the source stands at `offset`, where `line` begins.
    pub(crate) fn restart(&mut self, line: u64, offset: u64) {
        self.ahead = 0..0;
        self.ended = false;
        self.behind = Behind::Line;
        self.line = line;
        self.offset = offset;
    }

    /// The bytes of what was found.
    pub(crate) fn bytes(&self, range: &Range<usize>) -> &[u8] {
        self.buffer.get(range.clone()).unwrap_or_default()
    }

    /// Passes over `prefix`, if the source begins with it.
    pub(crate) fn pass_over(&mut self, prefix: &[u8]) -> io::Result<bool> {
        while self.ahead.len() < prefix.len() && self.fill()? {}
        let there = self.bytes(&self.ahead).starts_with(prefix);
        if there {
            self.consume(prefix.len(), 0);
        }
        Ok(there)
    }

    /// The next record.
    pub(crate) fn next(&mut self) -> io::Result<Found> {
        if self.behind == Behind::RestOfLine {
            self.skip_line()?;
        }
        self.pass_line_feed()?;
        self.given = (self.line, self.offset);
        loop {
            match self.extent() {
                Extent::Whole { length, lines } => {
                    return Ok(Found::Record(self.give(length, lines)));
                }
                Extent::Open(Some(length)) => return Ok(Found::Unclosed(self.give(length, 1))),
                Extent::Open(None) => {
                    return Ok(Found::Cut(self.give(self.ahead.len(), 0)));
                }
                Extent::More if self.ahead.len() > LONGEST_RECORD => {
                    self.behind = Behind::RestOfLine;
                    return Ok(Found::TooLong);
                }
                Extent::More => {
                    if !self.fill()? && self.ahead.is_empty() {
                        return Ok(Found::End);
                    }
                }
            }
        }
    }

    fn extent(&self) -> Extent {
        let bytes = self.bytes(&self.ahead);
        let first = memchr2(b'\n', b'\r', bytes);
        if first.is_none() && !self.ended {
            return Extent::More;
        }
        let line = bytes.get(..first.unwrap_or(bytes.len())).unwrap_or_default();
        if line.len() > LONGEST_RECORD || bytes.is_empty() {
            return Extent::More;
        }
        if memchr(b'"', line).is_none() {
            return Extent::Whole { length: line.len(), lines: u64::from(first.is_some()) };
        }
        self.quoted_extent(bytes, first)
    }

    /// The same where a quotation mark is in the first line, which ends at `first`.
    fn quoted_extent(&self, bytes: &[u8], first: Option<usize>) -> Extent {
        let (mut at, mut lines) = (0, 0);
        loop {
            let field = next_field(bytes, at, self.wide_blank);
            let ends = field.next;
            lines += line_ends(bytes.get(at..ends).unwrap_or_default());
            match field.end {
                _ if lines > MOST_LINES || ends > LONGEST_RECORD => return Extent::Open(first),
                FieldEnd::Comma => at = field.next,
                FieldEnd::Line => {
                    return Extent::Whole { length: ends - 1, lines: lines as u64 };
                }
                FieldEnd::Input | FieldEnd::Open if !self.ended => return Extent::More,
                FieldEnd::Input => return Extent::Whole { length: ends, lines: lines as u64 },
                FieldEnd::Open => return Extent::Open(first),
            }
        }
    }

    /// Gives out so many bytes, and passes over the line end behind them.
    fn give(&mut self, length: usize, lines: u64) -> Range<usize> {
        let range = self.ahead.start..self.ahead.start + length;
        self.consume(length, lines);
        let (end, behind) = match self.bytes(&self.ahead) {
            [b'\r', b'\n', ..] => (2, Behind::Line),
            [b'\r'] => (1, Behind::Return),
            [b'\r' | b'\n', ..] => (1, Behind::Line),
            _ => (0, Behind::Nothing),
        };
        self.consume(end, 0);
        self.behind = behind;
        range
    }

    /// Whether the record given out last had no line end: the file ends in it.
    pub(crate) fn at_end(&self) -> bool {
        self.behind == Behind::Nothing
    }

    /// Passes over the LF of a CR LF, so that the place is the next record's.
    pub(crate) fn pass_line_feed(&mut self) -> io::Result<()> {
        if self.behind == Behind::Return {
            self.behind = Behind::Line;
            if self.ahead.is_empty() {
                self.fill()?;
            }
            if self.bytes(&self.ahead).first() == Some(&b'\n') {
                self.consume(1, 0);
            }
        }
        Ok(())
    }

    /// Passes over the rest of a line without keeping it.
    fn skip_line(&mut self) -> io::Result<()> {
        self.behind = Behind::Line;
        loop {
            if let Some(end) = memchr2(b'\n', b'\r', self.bytes(&self.ahead)) {
                self.give(end, 1);
                return Ok(());
            }
            self.consume(self.ahead.len(), 0);
            if !self.fill()? {
                return Ok(());
            }
        }
    }

    fn consume(&mut self, length: usize, lines: u64) {
        self.ahead.start += length;
        self.offset += length as u64;
        self.line += lines;
    }

    /// Reads on; whether there was anything.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.buffer.len() - self.ahead.end < LONGEST_RECORD {
            self.buffer.copy_within(self.ahead.clone(), 0);
            self.ahead = 0..self.ahead.len();
        }
        let room = self.buffer.get_mut(self.ahead.end..).unwrap_or_default();
        let read = read_some(&mut self.source, room)?;
        self.ended = read == 0;
        self.ahead.end += read;
        Ok(read > 0)
    }
}

/// Reads once, again when interrupted.
pub(crate) fn read_some(source: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Line ends in `bytes`, CR LF being one.
fn line_ends(bytes: &[u8]) -> usize {
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    let returns = memchr::memchr_iter(b'\r', bytes);
    feeds + returns.filter(|at| bytes.get(at + 1) != Some(&b'\n')).count()
}
