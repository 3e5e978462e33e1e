//! CSV: bytes into records, records into fields.
//!
//! Records are found in the bytes as they come and decoded one by one, because a comma, a
//! quotation mark or a line end is the same byte in all three encodings and part of no other
//! character. So a wrong byte costs its own row, and every row can be given back as it came.

mod fields;
mod reader;
mod records;

pub(crate) use fields::next_field;
use fields::{Field, FieldEnd};
pub(crate) use reader::CsvReader;
pub(crate) use records::read_some;
use records::{Found, Records};

/// The most lines of one record whose fields have line ends in quotation marks: a mark that is
/// never closed would take in the rest of the file.
const MOST_LINES: usize = 16;
