//! Records of a CSV as rows of a layout.

use std::io::{self, Read};

use super::{Field, FieldEnd, Found, Records, next_field};
use crate::MOST_COLUMNS;
use crate::code::Code;
use crate::encoding::{Encoding, is_foreign, resolve};
use crate::error::RowError;
use crate::header::Header;
use crate::layout::{COUNT, Layout};
use crate::row::{Row, trimmed};
use crate::shape::{HeaderStyle, Shape};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The end of file of DOS, which some systems still write.
const SUB: &[u8] = b"\x1a";

/// Reads rows from CSV.
#[derive(Debug)]
pub(crate) struct CsvReader<R> {
    records: Records<R>,
    layout: &'static Layout,
    header: Header,
    header_line: Vec<u8>,
    shape: Shape,
    /// The first record, when it turned out to be no header.
    first: Option<Box<Row>>,
    /// The fields of the record at hand.
    split: Vec<Field>,
}

/// What a record is.
enum Taken {
    Row,
    Blank,
    /// The trailer, with the number it says.
    Count(Option<u64>),
}

impl<R: Read> CsvReader<R> {
    pub(crate) fn new(source: R, layout: &'static Layout, shape: Shape) -> Result<Self, RowError> {
        let records = Records::new(source, shape.encoding.wide_blank());
        let header = Header::by_order(layout);
        let (header_line, split) = (Vec::new(), Vec::new());
        let mut reader = Self { records, layout, header, header_line, shape, first: None, split };
        reader.open()?;
        Ok(reader)
    }

    fn open(&mut self) -> Result<(), RowError> {
        let bom = self.shape.encoding == Encoding::Utf8
            && self.records.pass_over(BOM).map_err(|_| unreadable(1))?;
        let mut first = Row::new();
        let found = self.records.next().map_err(|_| unreadable(1))?;
        let Found::Record(range) = found else {
            let code = match found {
                Found::End => Code::Empty,
                Found::Cut(_) => Code::Truncated,
                Found::TooLong => Code::LineTooLong,
                _ => Code::Quote,
            };
            return Err(RowError::fatal(code, 1));
        };
        first.begin(1, Some(0), self.layout.columns.len());
        first.raw.extend_from_slice(self.records.bytes(&range));
        let decoded = self.decode(&mut first);
        self.split(&first.text);
        let names: Vec<&str> = self.split.iter().map(|field| content(&first.text, field)).collect();
        let header = Header::read(&names, self.layout)?;
        self.shape = Shape { bom, header: HeaderStyle::None, ..self.shape };
        match header {
            Some(header) => {
                decoded?;
                self.shape.header = header.style;
                self.header = header;
                self.header_line = first.raw;
            }
            None => self.first = Some(Box::new(first)),
        }
        Ok(())
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    pub(crate) fn header_line(&self) -> &[u8] {
        &self.header_line
    }

    pub(crate) fn fault_columns(&self) -> usize {
        self.header.columns.iter().take_while(|column| column.is_none()).count()
    }

    pub(crate) fn source(&mut self) -> &mut R {
        self.records.source()
    }

    pub(crate) fn place(&mut self) -> io::Result<(u64, u64)> {
        if self.first.is_some() {
            return Ok((1, if self.shape.bom { BOM.len() as u64 } else { 0 }));
        }
        self.records.pass_line_feed()?;
        Ok((self.records.line(), self.records.offset()))
    }

    pub(crate) fn restart(&mut self, line: u64, offset: u64) {
        self.first = None;
        self.records.restart(line, offset);
    }

    /// Reads the next row; `rows` were before it.
    pub(crate) fn read(&mut self, row: &mut Row, rows: u64) -> Result<bool, RowError> {
        loop {
            if !self.next_record(row)? {
                let empty = RowError::fatal(Code::Empty, self.records.line());
                return if rows == 0 { Err(empty) } else { Ok(false) };
            }
            match self.take(row)? {
                Taken::Row => return Ok(true),
                Taken::Blank => {}
                Taken::Count(count) => return self.end(row, rows, count),
            }
        }
    }

    /// Puts the next record into `row`, as it came; false at the end.
    fn next_record(&mut self, row: &mut Row) -> Result<bool, RowError> {
        if let Some(first) = self.first.take() {
            *row = *first;
            row.text.clear();
            return Ok(true);
        }
        let found = self.records.next();
        let line = self.records.line();
        let (range, code) = match found.map_err(|_| unreadable(line))? {
            Found::Record(range) => (range, None),
            Found::Unclosed(range) => (range, Some(Code::Quote)),
            Found::Cut(range) => (range, Some(Code::Truncated)),
            Found::TooLong => (0..0, Some(Code::LineTooLong)),
            Found::End => return Ok(false),
        };
        let (line, offset) = self.records.given();
        row.begin(line, Some(offset), self.layout.columns.len());
        row.raw.extend_from_slice(self.records.bytes(&range));
        match code {
            None => Ok(true),
            Some(Code::Truncated) => Err(RowError::fatal(Code::Truncated, line).at(offset)),
            Some(code) => Err(RowError::new(code, line).at(offset)),
        }
    }

    /// Reads the record in `row` into its fields.
    fn take(&mut self, row: &mut Row) -> Result<Taken, RowError> {
        if row.raw.is_empty() || row.raw == SUB {
            return Ok(Taken::Blank);
        }
        self.decode(row)?;
        self.split(&row.text);
        if self.split.iter().all(|field| content(&row.text, field).is_empty()) {
            return Ok(Taken::Blank);
        }
        if let Some(count) = self.count(&row.text) {
            return Ok(Taken::Count(count.parse().ok()));
        }
        self.place_fields(row)?;
        row.check(self.layout)?;
        Ok(Taken::Row)
    }

    fn decode(&self, row: &mut Row) -> Result<(), RowError> {
        let Row { raw, text, line, offset, .. } = row;
        let start = offset.unwrap_or_default();
        let wrong = |at: usize| RowError::new(Code::Encoding, *line).at(start + at as u64);
        let encoding = self.shape.encoding;
        encoding.decode(raw, text).map_err(wrong)?;
        if is_foreign(encoding, raw, text) {
            let first = raw.iter().position(|byte| !byte.is_ascii());
            return Err(wrong(first.unwrap_or_default()));
        }
        if let Some(resolved) = resolve(encoding, text) {
            *text = resolved;
        }
        Ok(())
    }

    fn split(&mut self, text: &str) {
        self.split.clear();
        if memchr::memchr(b'"', text.as_bytes()).is_none() {
            self.split_plain(text);
            return;
        }
        let mut at = 0;
        loop {
            let field = next_field(text.as_bytes(), at, "\u{3000}".as_bytes());
            at = field.next;
            let more = field.end == FieldEnd::Comma;
            self.split.push(field);
            if !more || self.split.len() > MOST_COLUMNS {
                return;
            }
        }
    }

    /// Without quotation marks every comma parts fields.
    fn split_plain(&mut self, text: &str) {
        let mut from = 0;
        let commas = memchr::memchr_iter(b',', text.as_bytes());
        for comma in commas.chain([text.len()]).take(MOST_COLUMNS + 1) {
            self.split.push(Field::plain(from..comma));
            from = comma + 1;
        }
    }

    /// What a trailer says is the number of rows.
    fn count<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut fields = self.split.iter().map(|field| content(text, field));
        let named = fields.next().is_some_and(|name| COUNT.contains(&name));
        let number = fields.next().filter(|_| named)?;
        fields.all(str::is_empty).then_some(number)
    }

    fn place_fields(&self, row: &mut Row) -> Result<(), RowError> {
        let (fewest, most) = (self.header.fewest, self.header.columns.len());
        let columns = self.split.len();
        if columns < fewest || columns > most {
            return Err(self.wrong_columns(row, columns));
        }
        for (position, (field, column)) in self.split.iter().zip(&self.header.columns).enumerate() {
            if field.stray {
                let error = RowError::new(Code::Quote, row.line).at_position(position + 1);
                return Err(RowError { offset: row.offset, ..error });
            }
            if let Some(column) = *column {
                let range = place_content(&mut row.text, field);
                row.put(column, range);
            }
        }
        Ok(())
    }

    /// The last record of a file that ends in it is cut off, when it has too few columns.
    fn wrong_columns(&self, row: &Row, columns: usize) -> RowError {
        let cut = columns < self.header.fewest && self.records.at_end();
        let code = if cut { Code::Truncated } else { Code::Columns };
        RowError { offset: row.offset, fatal: cut, ..RowError::new(code, row.line) }
            .at_position(columns)
    }

    /// Behind the trailer nothing may follow.
    fn end(&mut self, row: &mut Row, rows: u64, count: Option<u64>) -> Result<bool, RowError> {
        let wrong = RowError::fatal(Code::Count, row.line);
        if count != Some(rows) {
            return Err(wrong);
        }
        loop {
            if !self.next_record(row)? {
                return Ok(false);
            }
            if !row.raw.is_empty() && row.raw != SUB {
                return Err(RowError { line: row.line, ..wrong });
            }
        }
    }
}

fn unreadable(line: u64) -> RowError {
    RowError::fatal(Code::Unreadable, line)
}

fn content<'t>(text: &'t str, field: &Field) -> &'t str {
    text.get(trimmed(text, field.content.clone())).unwrap_or_default()
}

/// Where in `text` the field's content is, doubled quotation marks made one behind the text.
fn place_content(text: &mut String, field: &Field) -> std::ops::Range<usize> {
    let range = trimmed(text, field.content.clone());
    if !field.doubled {
        return range;
    }
    let single = text.get(range).unwrap_or_default().replace("\"\"", "\"");
    let start = text.len();
    text.push_str(&single);
    start..text.len()
}
