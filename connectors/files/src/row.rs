//! One row, in a buffer that is used again for the next.

use std::ops::Range;

use crate::code::Code;
use crate::error::RowError;
use crate::layout::Layout;

/// The fields of one row by the columns of a layout, without the blanks around them.
#[derive(Clone, Default)]
pub struct Row {
    pub(crate) text: String,
    pub(crate) fields: Vec<Range<usize>>,
    pub(crate) raw: Vec<u8>,
    pub(crate) line: u64,
    pub(crate) offset: Option<u64>,
}

/// Shows nothing of a person.
impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row(line {})", self.line)
    }
}

impl Row {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fields that come from elsewhere than a file, by the columns of `layout`: line `line` of
    /// whatever that is.
    ///
    /// # Errors
    /// What a file with these fields would be refused for.
    pub fn of<'f>(
        layout: &Layout,
        line: u64,
        fields: impl IntoIterator<Item = (usize, &'f str)>,
    ) -> Result<Self, RowError> {
        let mut row = Self::new();
        row.begin(line, None, layout.columns.len());
        for (column, field) in fields {
            let start = row.text.len();
            row.text.push_str(field);
            let range = trimmed(&row.text, start..row.text.len());
            row.put(column, range);
        }
        row.check(layout).map(|()| row)
    }

    /// The field of the layout's column of that number; empty where the file has no such column.
    pub fn field(&self, column: usize) -> &str {
        self.fields.get(column).and_then(|range| self.text.get(range.clone())).unwrap_or_default()
    }

    /// Whether blanks stood around that field, which were left out.
    pub fn was_trimmed(&self, column: usize) -> bool {
        let Some(range) = self.fields.get(column).filter(|range| !range.is_empty()) else {
            return false;
        };
        let before = self.text.get(..range.start).and_then(|text| text.chars().next_back());
        let after = self.text.get(range.end..).and_then(|text| text.chars().next());
        before.is_some_and(is_blank) || after.is_some_and(is_blank)
    }

    /// The line on which the row begins, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Where the row begins in the file, in bytes; unknown in XML of another encoding than UTF-8.
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }

    /// The row as it came, in its own encoding and without its line end. Empty for XML, and for
    /// lines that were too long to keep.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Something wrong with this row, in that column of the layout.
    pub fn error(&self, code: Code, layout: &Layout, column: usize) -> RowError {
        let name = layout.columns.get(column).map(|column| column.name);
        RowError { offset: self.offset, column: name, ..RowError::new(code, self.line) }
    }

    pub(crate) fn begin(&mut self, line: u64, offset: Option<u64>, columns: usize) {
        self.text.clear();
        self.raw.clear();
        self.fields.clear();
        self.fields.resize(columns, 0..0);
        self.line = line;
        self.offset = offset;
    }

    pub(crate) fn put(&mut self, column: usize, range: Range<usize>) {
        if let Some(field) = self.fields.get_mut(column) {
            *field = range;
        }
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.fields.iter().all(Range::is_empty)
    }

    /// What is wrong with the fields, whatever their columns mean.
    pub(crate) fn check(&self, layout: &Layout) -> Result<(), RowError> {
        let wrong = is_suspicious(&self.text) && has_wrong_character(&self.text);
        for (number, (column, range)) in layout.columns.iter().zip(&self.fields).enumerate() {
            // A field of so few bytes has no more characters.
            if range.len() > column.longest && self.field(number).chars().count() > column.longest {
                return Err(self.error(Code::FieldTooLong, layout, number));
            }
            if wrong && has_wrong_character(self.field(number)) {
                return Err(self.error(Code::Character, layout, number));
            }
        }
        Ok(())
    }
}

/// Whether a byte is there that wrong characters have: a control character of ASCII, the first
/// byte of the others, the first two of U+FFC0 to U+FFFF.
#[expect(clippy::needless_bitwise_bool, reason = "without branches it takes many bytes at once")]
fn is_suspicious(text: &str) -> bool {
    let bytes = text.as_bytes();
    let one = bytes.iter().fold(false, |seen, b| seen | (*b < 0x20) | (*b == 0x7f) | (*b == 0xc2));
    let next = bytes.iter().skip(1);
    let two = bytes.iter().zip(next).fold(false, |seen, (a, b)| seen | (*a == 0xef) & (*b == 0xbf));
    one | two
}

/// Control characters, and U+FFFD, which says that somebody has lost a character already.
fn has_wrong_character(text: &str) -> bool {
    text.contains(|c: char| c.is_control() || matches!(c, '\u{fffd}' | '\u{ffff}'))
}

/// `range` of `text` without the blanks around it: ASCII's, the full-width one, the unbroken one.
pub(crate) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let field = text.get(range.clone()).unwrap_or_default();
    let behind = field.trim_start_matches(is_blank);
    let start = range.start + (field.len() - behind.len());
    start..start + behind.trim_end_matches(is_blank).len()
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{3000}' | '\u{a0}')
}
