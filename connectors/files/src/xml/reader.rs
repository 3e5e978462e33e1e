//! Elements of XML as rows of a layout.

use std::io::Read;

use quick_xml::Error;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::decoded::{Decoded, WRONG};
use crate::LONGEST_RECORD;
use crate::code::Code;
use crate::error::RowError;
use crate::layout::{COUNT, Layout};
use crate::row::{Row, trimmed};
use crate::shape::{HeaderStyle, Shape};

/// Root, row, field, and what is wrong already.
const DEEPEST: usize = 8;

/// Reads rows from XML.
#[derive(Debug)]
pub(crate) struct XmlReader<R> {
    xml: quick_xml::Reader<Decoded<R>>,
    layout: &'static Layout,
    shape: Shape,
    event: Vec<u8>,
    /// The line on which the next event begins.
    line: u64,
    /// Elements that are open.
    depth: usize,
    /// The root has been closed.
    closed: bool,
    place: Place,
    field: Option<usize>,
    /// The names of the fields of the row before, and their columns.
    names: Vec<(String, usize)>,
    next_name: usize,
    /// Where the text of the field begins in the row.
    start: usize,
    /// What is wrong with the row at hand.
    wrong: Option<RowError>,
    /// The trailer's text.
    count: Option<String>,
}

/// Inside of what the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Row,
    Field,
    Count,
}

/// What an event meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    On,
    RowBegins,
    RowEnds,
    End,
}

impl<R: Read> XmlReader<R> {
    pub(crate) fn new(source: R, layout: &'static Layout, shape: Shape) -> Result<Self, RowError> {
        let mut decoded = Decoded::new(source, shape.encoding);
        let bom = decoded.pass_bom().map_err(|_| RowError::fatal(Code::Unreadable, 1))?;
        let mut reader = Self {
            xml: quick_xml::Reader::from_reader(decoded),
            layout,
            shape: Shape { bom, ..shape },
            event: Vec::new(),
            line: 1,
            depth: 0,
            closed: false,
            place: Place::Outside,
            field: None,
            names: Vec::new(),
            next_name: 0,
            start: 0,
            wrong: None,
            count: None,
        };
        let mut nothing = Row::new();
        while reader.depth == 0 && reader.step(&mut nothing)? != Step::End {}
        if reader.depth == 0 { Err(reader.fatal(Code::Empty)) } else { Ok(reader) }
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Reads the next row; `rows` were before it.
    pub(crate) fn read(&mut self, row: &mut Row, rows: u64) -> Result<bool, RowError> {
        row.begin(self.line, None, self.layout.columns.len());
        loop {
            match self.step(row)? {
                Step::On => {}
                Step::RowBegins => row.begin(self.line, None, self.layout.columns.len()),
                Step::RowEnds => {
                    if let Some(wrong) = self.wrong.take() {
                        return Err(RowError { line: row.line, ..wrong });
                    }
                    if !row.is_blank() {
                        return row.check(self.layout).map(|()| true);
                    }
                }
                Step::End => return self.end(rows),
            }
        }
    }

    fn end(&self, rows: u64) -> Result<bool, RowError> {
        let counted = self.count.as_ref().map(|count| count.trim().parse().ok());
        match counted {
            Some(count) if count != Some(rows) => Err(self.fatal(Code::Count)),
            _ if rows == 0 => Err(self.fatal(Code::Empty)),
            _ => Ok(false),
        }
    }

    fn step(&mut self, row: &mut Row) -> Result<Step, RowError> {
        self.event.clear();
        self.xml.get_mut().allow();
        let mut buffer = std::mem::take(&mut self.event);
        let step = match self.xml.read_event_into(&mut buffer) {
            Ok(event) => self.understand(&event, row),
            Err(error) => Err(self.refused(&error)),
        };
        self.event = buffer;
        step
    }

    fn understand(&mut self, event: &Event<'_>, row: &mut Row) -> Result<Step, RowError> {
        let text: &str = event;
        let step = self.take(event, row)?;
        self.line += memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
        for _ in text.matches(WRONG) {
            let offset = self.xml.get_mut().next_wrong();
            let wrong = RowError { offset, ..RowError::new(Code::Encoding, self.line) };
            self.wrong = Some(self.wrong.filter(|w| w.code == Code::Encoding).unwrap_or(wrong));
        }
        Ok(step)
    }

    fn take(&mut self, event: &Event<'_>, row: &mut Row) -> Result<Step, RowError> {
        match event {
            Event::Start(start) => self.open(start, row),
            Event::Empty(start) => {
                let step = self.open(start, row)?;
                let closed = self.close(row);
                Ok(if step == Step::RowBegins { Step::On } else { closed })
            }
            Event::End(_) => Ok(self.close(row)),
            Event::Text(text) => self.text(text, row),
            Event::CData(text) => self.text(text, row),
            Event::GeneralRef(reference) => self.reference(reference, row),
            Event::Comment(_) | Event::Decl(_) => Ok(Step::On),
            Event::PI(_) | Event::DocType(_) => Err(self.fatal(Code::Xml)),
            Event::Eof if self.closed => Ok(Step::End),
            Event::Eof if self.depth == 0 => Err(self.fatal(Code::Empty)),
            Event::Eof => Err(self.fatal(Code::Truncated)),
        }
    }

    fn open(&mut self, start: &BytesStart<'_>, row: &mut Row) -> Result<Step, RowError> {
        if self.closed || self.depth >= DEEPEST {
            return Err(self.fatal(Code::Xml));
        }
        self.depth += 1;
        let name = start.local_name();
        let name: &str = name.as_ref();
        let plain = start.attributes_raw().trim().is_empty();
        match (self.depth, self.place) {
            (1, _) => {
                let english = name.is_ascii();
                self.shape.header =
                    if english { HeaderStyle::English } else { HeaderStyle::Japanese };
                Ok(Step::On)
            }
            (2, _) if COUNT.contains(&name) => {
                self.place = Place::Count;
                self.count = Some(String::new());
                Ok(Step::On)
            }
            (2, _) if self.count.is_some() => Err(self.fatal(Code::Count)),
            (2, _) => {
                self.place = Place::Row;
                self.next_name = 0;
                self.wrong = (!plain).then(|| RowError::new(Code::Xml, self.line));
                Ok(Step::RowBegins)
            }
            (3, Place::Row) if plain => {
                self.begin_field(name, row);
                Ok(Step::On)
            }
            _ => {
                self.note(RowError::new(Code::Xml, self.line));
                Ok(Step::On)
            }
        }
    }

    fn begin_field(&mut self, name: &str, row: &Row) {
        self.place = Place::Field;
        self.start = row.text.len();
        self.field = self.find(name);
        let again = self
            .field
            .is_some_and(|column| row.fields.get(column).is_some_and(|range| !range.is_empty()));
        if self.field.is_none() || again {
            let column = self.field.and_then(|column| self.layout.columns.get(column));
            let wrong = RowError::new(Code::Columns, self.line);
            self.note(RowError { column: column.map(|column| column.name), ..wrong });
        }
    }

    /// The column of that name. Rows are alike: what followed the last time is tried first.
    fn find(&mut self, name: &str) -> Option<usize> {
        let known = self.names.get(self.next_name).filter(|(known, _)| known == name);
        let column = match known {
            Some((_, column)) => *column,
            None => self.layout.find(name)?,
        };
        if known.is_none() {
            self.names.truncate(self.next_name.min(self.layout.columns.len()));
            self.names.push((name.to_owned(), column));
        }
        self.next_name += 1;
        Some(column)
    }

    fn close(&mut self, row: &mut Row) -> Step {
        self.depth = self.depth.saturating_sub(1);
        match (self.depth, self.place) {
            (0, _) => {
                self.closed = true;
                Step::On
            }
            (1, Place::Row) => {
                self.place = Place::Outside;
                Step::RowEnds
            }
            (1, _) => {
                self.place = Place::Outside;
                Step::On
            }
            (2, Place::Field) => {
                self.place = Place::Row;
                if let Some(column) = self.field.take() {
                    let range = trimmed(&row.text, self.start..row.text.len());
                    row.put(column, range);
                }
                Step::On
            }
            _ => Step::On,
        }
    }

    fn text(&mut self, text: &str, row: &mut Row) -> Result<Step, RowError> {
        match self.place {
            Place::Field if row.text.len() + text.len() > LONGEST_RECORD => {
                self.note(RowError::new(Code::LineTooLong, self.line));
            }
            Place::Field => row.text.push_str(text),
            Place::Count => {
                let count = self.count.get_or_insert_default();
                if count.len() + text.len() > 32 {
                    return Err(self.fatal(Code::Count));
                }
                count.push_str(text);
            }
            _ if text.trim().is_empty() => {}
            Place::Row => self.note(RowError::new(Code::Xml, self.line)),
            Place::Outside => return Err(self.fatal(Code::Xml)),
        }
        Ok(Step::On)
    }

    fn reference(&mut self, reference: &BytesRef<'_>, row: &mut Row) -> Result<Step, RowError> {
        let named = match &**reference {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => reference.resolve_char_ref().ok().flatten(),
        };
        let Some(character) = named else {
            return Err(self.fatal(Code::Xml));
        };
        self.text(character.encode_utf8(&mut [0; 4]), row)
    }

    /// Keeps the first thing that is wrong with the row.
    fn note(&mut self, error: RowError) {
        self.wrong.get_or_insert(error);
    }

    fn refused(&self, error: &Error) -> RowError {
        self.fatal(match error {
            Error::Io(_) if self.xml.get_ref().is_exhausted() => Code::LineTooLong,
            Error::Io(_) => Code::Unreadable,
            Error::Syntax(_) => Code::Truncated,
            _ => Code::Xml,
        })
    }

    fn fatal(&self, code: Code) -> RowError {
        RowError::fatal(code, self.line)
    }
}

#[cfg(test)]
mod tests;
