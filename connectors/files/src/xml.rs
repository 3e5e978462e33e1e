//! XML: one element per row, in it one element per field.
//!
//! Only what tables need: no document types, no entities but the five, characters by number, no
//! attributes on rows and fields. Streamed; no piece between two brackets and no row is longer
//! than [`LONGEST_RECORD`](crate::LONGEST_RECORD).

mod decoded;
mod reader;

pub(crate) use decoded::cut;

pub(crate) use reader::XmlReader;
