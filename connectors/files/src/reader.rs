//! Rows of a file, one after the other, in constant memory.

use std::io::{self, Read, Seek, SeekFrom};

use crate::code::Code;
use crate::csv::CsvReader;
use crate::error::RowError;
use crate::layout::Layout;
use crate::row::Row;
use crate::shape::{Format, Shape};
use crate::xml::XmlReader;

/// Reads the rows of a layout. As an iterator it makes a [`Row`] each; [`Reader::read`] uses one
/// again and again.
#[derive(Debug)]
pub struct Reader<R> {
    layout: &'static Layout,
    inner: Inner<R>,
    rows: u64,
    over: bool,
}

#[derive(Debug)]
enum Inner<R> {
    Csv(Box<CsvReader<R>>),
    Xml(Box<XmlReader<R>>),
}

/// A place between two rows, from which reading can go on later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The rows before it, wrong ones included.
    pub rows: u64,
    /// The line that follows.
    pub line: u64,
    /// The byte that follows; for XML without meaning.
    pub offset: u64,
}

impl<R: Read> Reader<R> {
    /// Reads the header, or in XML what is before the first row. `shape` is what
    /// [`sniff`](crate::sniff) found, or what is known of the file; its header is found anew.
    ///
    /// # Errors
    /// What makes the whole file unreadable, e.g. a column that is missing.
    pub fn new(source: R, layout: &'static Layout, shape: Shape) -> Result<Self, RowError> {
        let inner = match shape.format {
            Format::Csv => Inner::Csv(Box::new(CsvReader::new(source, layout, shape)?)),
            Format::Xml => Inner::Xml(Box::new(XmlReader::new(source, layout, shape)?)),
        };
        Ok(Self { layout, inner, rows: 0, over: false })
    }

    /// How the file is written.
    pub fn shape(&self) -> Shape {
        match &self.inner {
            Inner::Csv(csv) => csv.shape(),
            Inner::Xml(xml) => xml.shape(),
        }
    }

    /// What its columns are.
    pub fn layout(&self) -> &'static Layout {
        self.layout
    }

    /// The names of the columns as they came; empty for XML and without a header.
    pub(crate) fn header_line(&self) -> &[u8] {
        match &self.inner {
            Inner::Csv(csv) => csv.header_line(),
            Inner::Xml(_) => &[],
        }
    }

    /// How many columns in front tell what was wrong with a row before.
    pub(crate) fn fault_columns(&self) -> usize {
        match &self.inner {
            Inner::Csv(csv) => csv.fault_columns(),
            Inner::Xml(_) => 0,
        }
    }

    /// Reads the next row into `row`; false at the end.
    ///
    /// # Errors
    /// What is wrong with the row, which [`Row::raw`] and [`Row::line`] tell all the same. Unless
    /// [`RowError::fatal`], the next call gives the next row.
    pub fn read(&mut self, row: &mut Row) -> Result<bool, RowError> {
        if self.over {
            return Ok(false);
        }
        let read = match &mut self.inner {
            Inner::Csv(csv) => csv.read(row, self.rows),
            Inner::Xml(xml) => xml.read(row, self.rows),
        };
        match read {
            Ok(true) => self.rows += 1,
            Ok(false) => self.over = true,
            Err(error) => {
                self.rows += 1;
                self.over = error.fatal;
            }
        }
        read
    }

    /// How far it has read.
    pub fn position(&mut self) -> io::Result<Position> {
        let (line, offset) = match &mut self.inner {
            Inner::Csv(csv) => csv.place()?,
            Inner::Xml(xml) => (xml.line(), 0),
        };
        Ok(Position { rows: self.rows, line, offset })
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Goes on at a position that a reader of the same file has given: at once in CSV, by reading
    /// over the rows before it in XML.
    pub fn resume(&mut self, position: Position) -> io::Result<()> {
        match &mut self.inner {
            Inner::Csv(csv) => {
                csv.source().seek(SeekFrom::Start(position.offset))?;
                csv.restart(position.line, position.offset);
                self.rows = position.rows;
            }
            Inner::Xml(_) => {
                let mut row = Row::new();
                while self.rows < position.rows && !self.over {
                    if let Err(RowError { code: Code::Unreadable, .. }) = self.read(&mut row) {
                        return Err(io::ErrorKind::Other.into());
                    }
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = Row::new();
        match self.read(&mut row) {
            Ok(true) => Some(Ok(row)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests;
