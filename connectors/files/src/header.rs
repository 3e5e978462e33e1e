//! Which column of the file is which of the layout.

use crate::MOST_COLUMNS;
use crate::code::Code;
use crate::error::RowError;
use crate::layout::Layout;
use crate::shape::HeaderStyle;

/// The columns of files that give back refused rows: in front of the row, passed over when the
/// file comes again.
pub(crate) const FAULTS: [[&str; 2]; 4] = [
    ["エラー行", "error_line"],
    ["エラー項目", "error_column"],
    ["エラーコード", "error_code"],
    ["エラー内容", "error_text"],
];

/// The columns of a file by their order in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The layout's column, or none for one that is passed over.
    pub columns: Vec<Option<usize>>,
    /// The fewest columns of a row.
    pub fewest: usize,
    /// How they are called.
    pub style: HeaderStyle,
}

impl Header {
    /// The columns in the layout's order; optional ones at the end may be left out.
    pub(crate) fn by_order(layout: &Layout) -> Self {
        let required = layout.columns.iter().rposition(|column| column.required);
        Self {
            columns: (0..layout.columns.len()).map(Some).collect(),
            fewest: required.map_or(1, |last| last + 1),
            style: HeaderStyle::None,
        }
    }

    /// Reads the names in the first record; none if no field of it is a column's name.
    pub(crate) fn read(names: &[&str], layout: &Layout) -> Result<Option<Self>, RowError> {
        if !names.iter().any(|name| layout.find(name).is_some()) {
            return Ok(None);
        }
        let wrong = |position: usize| RowError::fatal(Code::Columns, 1).at_position(position + 1);
        let mut columns = Vec::new();
        for (position, name) in names.iter().enumerate().take(MOST_COLUMNS + 1) {
            let column = layout.find(name);
            let again = column.is_some() && columns.contains(&column);
            if again || (column.is_none() && !is_fault(name)) || position >= MOST_COLUMNS {
                return Err(wrong(position));
            }
            columns.push(column);
        }
        require(&columns, layout)?;
        let style = style(names, layout);
        Ok(Some(Self { fewest: columns.len(), columns, style }))
    }
}

fn require(columns: &[Option<usize>], layout: &Layout) -> Result<(), RowError> {
    let mut required = layout.columns.iter().enumerate().filter(|(_, column)| column.required);
    let missing = required.find(|(number, _)| !columns.contains(&Some(*number)));
    missing
        .map_or(Ok(()), |(_, column)| Err(RowError::fatal(Code::Columns, 1).in_column(column.name)))
}

fn is_fault(name: &str) -> bool {
    FAULTS.iter().any(|names| names.contains(&name))
}

fn style(names: &[&str], layout: &Layout) -> HeaderStyle {
    let english = |name: &&str| layout.columns.iter().any(|c| c.english.eq_ignore_ascii_case(name));
    if names.iter().any(english) { HeaderStyle::English } else { HeaderStyle::Japanese }
}
