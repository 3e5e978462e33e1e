//! What is wrong, and where.

use crate::code::Code;

/// One thing wrong with a row, or with the file. Shows the place and never a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}: line {line}{}", code.as_str(), self.place())]
pub struct RowError {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// Where the row, or for [`Code::Encoding`] the first wrong byte, is in the file, in bytes
    /// from 0; in XML of another encoding than UTF-8 only the latter is known.
    pub offset: Option<u64>,
    /// The column as the layout names it.
    pub column: Option<&'static str>,
    /// The column of the file, from 1.
    pub position: Option<usize>,
    /// What is wrong.
    pub code: Code,
    /// Nothing can be read after it.
    pub fatal: bool,
}

impl RowError {
    /// Something wrong with the row on `line`; reading goes on after it.
    pub fn new(code: Code, line: u64) -> Self {
        Self { line, offset: None, column: None, position: None, code, fatal: false }
    }

    /// In that column of the layout.
    #[must_use]
    pub fn in_column(self, column: &'static str) -> Self {
        Self { column: Some(column), ..self }
    }

    pub(crate) fn fatal(code: Code, line: u64) -> Self {
        Self { fatal: true, ..Self::new(code, line) }
    }

    pub(crate) fn at(self, offset: u64) -> Self {
        Self { offset: Some(offset), ..self }
    }

    pub(crate) fn at_position(self, position: usize) -> Self {
        Self { position: Some(position), ..self }
    }

    fn place(&self) -> String {
        let column = self.column.map(|name| format!(", column {name}"));
        let position = self.position.map(|position| format!(", field {position}"));
        let offset = self.offset.map(|offset| format!(", byte {offset}"));
        [column, position, offset].into_iter().flatten().collect()
    }
}
