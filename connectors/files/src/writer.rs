//! Rows into a file of a given shape.

use std::io::{self, Write};

use crate::encoding::{Encoding, write_escape};
use crate::layout::{COUNT, Layout, ROW};
use crate::shape::{Format, HeaderStyle, Shape};

/// Writes rows of a layout. Every row is one call of the sink's `write_all`: buffer the sink.
///
/// A character that the encoding does not have is written as `&#x29E3D;`, in XML a reference
/// like any other, in CSV undone by the [`Reader`](crate::Reader).
#[derive(Debug)]
pub struct Writer<W> {
    sink: W,
    layout: &'static Layout,
    shape: Shape,
    record: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Writes what is before the first row.
    pub fn new(sink: W, layout: &'static Layout, shape: Shape) -> io::Result<Self> {
        let mut writer = Self::resume(sink, layout, shape);
        writer.begin()?;
        Ok(writer)
    }

    /// Goes on where a writer of the same layout and shape was stopped after a row.
    pub fn resume(sink: W, layout: &'static Layout, shape: Shape) -> Self {
        Self { sink, layout, shape, record: Vec::new() }
    }

    /// Writes a row, the fields in the layout's order. Gives the number of characters that the
    /// encoding does not have, which were written as references.
    ///
    /// # Errors
    /// Those of the sink; `InvalidInput` for characters that XML cannot have.
    pub fn write(&mut self, fields: &[&str]) -> io::Result<usize> {
        self.record.clear();
        let escapes = match self.shape.format {
            Format::Csv => self.csv_row(fields.iter().copied()),
            Format::Xml => self.xml_row(fields)?,
        };
        self.sink.write_all(&self.record)?;
        Ok(escapes)
    }

    /// Writes what is behind the last row, and gives the sink back.
    pub fn finish(mut self) -> io::Result<W> {
        if self.shape.format == Format::Xml {
            self.record.clear();
            let root = self.name(self.layout.name, self.layout.english);
            self.plain(&format!("</{root}>"));
            self.end_line();
            self.sink.write_all(&self.record)?;
        }
        self.sink.flush()?;
        Ok(self.sink)
    }

    /// The sink.
    pub fn sink(&mut self) -> &mut W {
        &mut self.sink
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.shape.bom && self.shape.encoding == Encoding::Utf8 {
            self.record.extend_from_slice(b"\xef\xbb\xbf");
        }
        match self.shape.format {
            Format::Csv if self.shape.header == HeaderStyle::None => {}
            Format::Csv => {
                let columns = self.layout.columns.iter();
                let english = self.shape.header == HeaderStyle::English;
                self.csv_row(columns.map(|c| if english { c.english } else { c.name }));
            }
            Format::Xml => {
                let encoding = self.shape.encoding.name();
                self.plain(&format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>"));
                self.end_line();
                let root = self.name(self.layout.name, self.layout.english);
                self.plain(&format!("<{root}>"));
                self.end_line();
            }
        }
        self.sink.write_all(&self.record)
    }

    fn csv_row<'f>(&mut self, fields: impl Iterator<Item = &'f str>) -> usize {
        let mut escapes = 0;
        for (position, field) in fields.enumerate() {
            if position > 0 {
                self.record.push(b',');
            }
            escapes += push_csv_field(self.shape.encoding, field, &mut self.record);
        }
        self.end_line();
        escapes
    }

    fn xml_row(&mut self, fields: &[&str]) -> io::Result<usize> {
        let mut escapes = 0;
        let row = self.name(ROW[0], ROW[1]);
        self.plain(&format!("<{row}>"));
        for (field, column) in fields.iter().zip(self.layout.columns) {
            if !field.is_empty() {
                let name = self.name(column.name, column.english);
                self.plain(&format!("<{name}>"));
                escapes += self.xml_text(field)?;
                self.plain(&format!("</{name}>"));
            }
        }
        self.plain(&format!("</{row}>"));
        self.end_line();
        Ok(escapes)
    }

    fn xml_text(&mut self, text: &str) -> io::Result<usize> {
        let mut escapes = 0;
        for character in text.chars() {
            match character {
                '&' => self.plain("&amp;"),
                '<' => self.plain("&lt;"),
                '>' => self.plain("&gt;"),
                '\r' => self.plain("&#xD;"),
                '\t' | '\n' => self.plain(character.encode_utf8(&mut [0; 4])),
                '\0'..' ' | '\u{fffe}' | '\u{ffff}' => {
                    return Err(io::ErrorKind::InvalidInput.into());
                }
                _ => {
                    escapes += push_text(
                        self.shape.encoding,
                        character.encode_utf8(&mut [0; 4]),
                        &mut self.record,
                    );
                }
            }
        }
        Ok(escapes)
    }

    /// The trailer that counts the rows, for those who want one.
    pub fn count(&mut self, rows: u64) -> io::Result<()> {
        self.record.clear();
        let name = self.name(COUNT[0], COUNT[1]);
        match self.shape.format {
            Format::Csv => self.plain(&format!("{name},{rows}")),
            Format::Xml => self.plain(&format!("<{name}>{rows}</{name}>")),
        }
        self.end_line();
        self.sink.write_all(&self.record)
    }

    fn name(&self, japanese: &'static str, english: &'static str) -> &'static str {
        if self.shape.header == HeaderStyle::English { english } else { japanese }
    }

    /// Text of our own, which every encoding has.
    fn plain(&mut self, text: &str) {
        push_text(self.shape.encoding, text, &mut self.record);
    }

    fn end_line(&mut self) {
        self.record.extend_from_slice(self.shape.line_end.as_str().as_bytes());
    }
}

/// Appends a field of CSV, in quotation marks where it needs them; the number of references.
pub(crate) fn push_csv_field(encoding: Encoding, field: &str, record: &mut Vec<u8>) -> usize {
    let reference = encoding != Encoding::Utf8 && field.contains("&#x");
    let field = if reference { &field.replace("&#x", "&#x26;#x") } else { field };
    if !field.contains([',', '"', '\r', '\n']) {
        return push_text(encoding, field, record);
    }
    record.push(b'"');
    let escapes = push_text(encoding, &field.replace('"', "\"\""), record);
    record.push(b'"');
    escapes
}

/// Appends text; the number of characters written as references.
fn push_text(encoding: Encoding, text: &str, record: &mut Vec<u8>) -> usize {
    let mut escapes = 0;
    let done: Result<(), std::convert::Infallible> =
        encoding.encode_or(text, record, |character, record| {
            escapes += 1;
            write_escape(character, record);
            Ok(())
        });
    let Ok(()) = done;
    escapes
}
