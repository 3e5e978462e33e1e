//! The rows that were refused, as they came, to be corrected and sent again.

use std::io::{self, Read, Write};
use std::ops::Range;

use crate::csv::next_field;
use crate::encoding::Encoding;
use crate::error::RowError;
use crate::header::FAULTS;
use crate::layout::Layout;
use crate::reader::Reader;
use crate::row::Row;
use crate::shape::{HeaderStyle, Shape};
use crate::writer::push_csv_field;

/// What is wrong with a row, in whoever's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<'t> {
    /// The column as the layout names it; empty for the row as a whole.
    pub column: &'t str,
    /// The stable code.
    pub code: &'t str,
    /// A sentence that says what to do.
    pub text: &'t str,
}

impl From<&RowError> for Told<'static> {
    fn from(error: &RowError) -> Self {
        let column = error.column.unwrap_or_default();
        Self { column, code: error.code.as_str(), text: error.code.in_japanese() }
    }
}

/// Writes a CSV in the encoding of the file: in front of each row its line, the columns that are
/// wrong, the codes and a sentence for each; then the row byte for byte. Readers pass over the
/// columns in front, so that the corrected file can be sent as it is. Rows of XML become CSV.
#[derive(Debug)]
pub struct FaultWriter<W> {
    sink: W,
    layout: &'static Layout,
    shape: Shape,
    /// Columns of this kind that the file itself had in front.
    stale: usize,
    record: Vec<u8>,
}

impl<W: Write> FaultWriter<W> {
    /// Writes the names of the columns: those of the file that `reader` reads.
    pub fn new<R: Read>(sink: W, reader: &Reader<R>) -> io::Result<Self> {
        let mut writer = Self::resume(sink, reader);
        writer.begin(reader.header_line())?;
        Ok(writer)
    }

    /// Goes on where one for the same file was stopped.
    pub fn resume<R: Read>(sink: W, reader: &Reader<R>) -> Self {
        let stale = reader.fault_columns();
        Self { sink, layout: reader.layout(), shape: reader.shape(), stale, record: Vec::new() }
    }

    /// Writes a row and what is wrong with it.
    pub fn write(&mut self, row: &Row, errors: &[RowError]) -> io::Result<()> {
        let told: Vec<Told<'_>> = errors.iter().map(Told::from).collect();
        self.write_told(row, &told)
    }

    /// Writes a row and what is wrong with it, where not all of that was found in the row itself.
    pub fn write_told(&mut self, row: &Row, told: &[Told<'_>]) -> io::Result<()> {
        let line = row.line().to_string();
        let columns = joined(told, |one| one.column);
        let codes = joined(told, |one| one.code);
        let texts = joined(told, |one| one.text);
        self.record.clear();
        for field in [line.as_str(), &columns, &codes, &texts] {
            push_csv_field(self.shape.encoding, field, &mut self.record);
            self.record.push(b',');
        }
        self.push_row(row);
        self.end_line()
    }

    /// Gives the sink back.
    pub fn finish(mut self) -> io::Result<W> {
        self.sink.flush()?;
        Ok(self.sink)
    }

    fn begin(&mut self, header: &[u8]) -> io::Result<()> {
        if self.shape.bom && self.shape.encoding == Encoding::Utf8 {
            self.record.extend_from_slice(b"\xef\xbb\xbf");
        }
        let english = self.shape.header == HeaderStyle::English;
        for [japanese, in_english] in FAULTS {
            let name = if english { in_english } else { japanese };
            push_csv_field(self.shape.encoding, name, &mut self.record);
            self.record.push(b',');
        }
        if header.is_empty() {
            let names =
                self.layout.columns.iter().map(|c| if english { c.english } else { c.name });
            push_fields(self.shape.encoding, names, &mut self.record);
        } else {
            let own = self.own_part(header);
            self.record.extend_from_slice(header.get(own).unwrap_or_default());
        }
        self.end_line()
    }

    fn push_row(&mut self, row: &Row) {
        if row.raw().is_empty() {
            let fields = (0..self.layout.columns.len()).map(|column| row.field(column));
            push_fields(self.shape.encoding, fields, &mut self.record);
        } else {
            let own = self.own_part(row.raw());
            self.record.extend_from_slice(row.raw().get(own).unwrap_or_default());
        }
    }

    /// What is behind the columns that told what was wrong the last time.
    fn own_part(&self, raw: &[u8]) -> Range<usize> {
        let blank = self.shape.encoding.wide_blank();
        let start = (0..self.stale).fold(0, |at, _| next_field(raw, at, blank).next);
        start..raw.len()
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.record.extend_from_slice(self.shape.line_end.as_str().as_bytes());
        self.sink.write_all(&self.record)?;
        self.record.clear();
        Ok(())
    }
}

fn push_fields<'f>(
    encoding: Encoding,
    fields: impl Iterator<Item = &'f str>,
    record: &mut Vec<u8>,
) {
    for (position, field) in fields.enumerate() {
        if position > 0 {
            record.push(b',');
        }
        push_csv_field(encoding, field, record);
    }
}

fn joined<'t>(told: &[Told<'t>], part: impl Fn(&Told<'t>) -> &'t str) -> String {
    told.iter().map(part).collect::<Vec<_>>().join(" / ")
}
