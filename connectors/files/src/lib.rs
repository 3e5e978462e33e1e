//! The files that insurers and clinics exchange: CSV and XML, in CP932, UTF-8 and EUC-JP.
//!
//! [`sniff`] finds out how a file is written, its [`Shape`]. A [`Reader`] gives the rows of a
//! declared [`Layout`] one after the other in constant memory, whatever the bytes are; what is
//! wrong with a row is a [`RowError`] and the next row follows. On top of rows stand the typed
//! ones: [`CoverageRow`] of insurers' deposits, [`CheckRow`] of clinics' batches. A [`Writer`]
//! answers in the shape of the question, and a [`FaultWriter`] gives back the rows that were
//! refused, as they came, to be corrected and sent again.
//!
//! No I/O but [`std::io::Read`] and [`std::io::Write`].

mod check;
mod code;
mod coverage;
mod csv;
mod encoding;
mod error;
mod faults;
mod header;
mod layout;
mod reader;
mod row;
mod shape;
mod sniff;
mod value;
mod warning;
mod writer;
mod xml;

pub use check::{CHECKS, CheckRow, RESULTS, ResultRow};
pub use code::{CATALOGUES, Code};
pub use coverage::{COVERAGE, Change, CoverageRow, Standing, sex_called};
pub use encoding::{Encoding, Unmappable};
pub use error::RowError;
pub use faults::{FaultWriter, Told};
pub use layout::{Column, Kind, Layout, Word};
pub use reader::{Position, Reader};
pub use row::Row;
pub use shape::{Format, HeaderStyle, LineEnd, Shape};
pub use sniff::{Hint, SniffError, sniff};
pub use warning::Warning;
pub use writer::Writer;

/// The longest record, in bytes: a line of CSV, or one piece of XML between two brackets.
pub const LONGEST_RECORD: usize = 64 * 1024;

/// The most columns of a file, those that only carry errors included.
pub const MOST_COLUMNS: usize = 64;
