//! How a file is written, so that the answer can be written alike.

use crate::encoding::Encoding;

/// The kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// One row per line, fields parted by commas (RFC 4180).
    Csv,
    /// One element per row, in it one element per field.
    Xml,
}

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineEnd {
    /// CR LF.
    CrLf,
    /// LF.
    Lf,
    /// CR alone.
    Cr,
}

/// What columns, in XML elements, are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeaderStyle {
    /// In Japanese.
    Japanese,
    /// In English.
    English,
    /// A CSV without a header: the columns stand in the layout's order.
    None,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// CSV or XML.
    pub format: Format,
    /// The encoding.
    pub encoding: Encoding,
    /// Whether UTF-8 begins with a byte order mark.
    pub bom: bool,
    /// How lines end.
    pub line_end: LineEnd,
    /// What columns are called.
    pub header: HeaderStyle,
}

impl Format {
    /// `csv`, `xml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xml => "xml",
        }
    }

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Csv, Self::Xml].into_iter().find(|format| name.eq_ignore_ascii_case(format.name()))
    }
}

impl LineEnd {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::CrLf, Self::Lf, Self::Cr];

    /// Its characters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CrLf => "\r\n",
            Self::Lf => "\n",
            Self::Cr => "\r",
        }
    }

    /// The end of the first line of `bytes`; LF where there is none.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let end = memchr::memchr2(b'\r', b'\n', bytes);
        match end.and_then(|at| bytes.get(at..)) {
            Some([b'\r', b'\n', ..]) => Self::CrLf,
            Some([b'\r', ..]) => Self::Cr,
            _ => Self::Lf,
        }
    }
}
