//! The lines of a file of checks, and how the file is written.

use std::io::Read;

use serde::{Deserialize, Serialize};
use warifu_contract::eligibility::TypedCard;
use warifu_files::{
    CHECKS, CheckRow, Encoding, Format, HeaderStyle, Hint, LineEnd, Reader, Row, RowError, Shape,
    SniffError, sniff,
};

use super::row::{Asks, Echo, Fault, Line};

/// Faults of a line that are told.
const TOLD: usize = 4;

/// Why a file is not read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is no file of checks: the code.
    File(&'static str),
    /// Nobody wants more of it.
    Unwanted,
    /// It has more lines than may be.
    Enough,
    /// It cannot be read just now.
    Storage,
}

/// How a file is written, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    xml: bool,
    encoding: String,
    bom: bool,
    line_end: String,
    /// `ja`, `en`, or none without a header.
    header: Option<String>,
}

impl Written {
    fn of(shape: Shape) -> Self {
        Self {
            xml: shape.format == Format::Xml,
            encoding: shape.encoding.name().to_owned(),
            bom: shape.bom,
            line_end: shape.line_end.as_str().to_owned(),
            header: match shape.header {
                HeaderStyle::Japanese => Some("ja".to_owned()),
                HeaderStyle::English => Some("en".to_owned()),
                HeaderStyle::None => None,
            },
        }
    }

    /// As files are read and written.
    pub fn shape(&self) -> Shape {
        let line_end = LineEnd::ALL.into_iter().find(|end| end.as_str() == self.line_end);
        Shape {
            format: if self.xml { Format::Xml } else { Format::Csv },
            encoding: Encoding::parse(&self.encoding).unwrap_or(Encoding::Utf8),
            bom: self.bom,
            line_end: line_end.unwrap_or(LineEnd::CrLf),
            header: match self.header.as_deref() {
                Some("en") => HeaderStyle::English,
                Some(_) => HeaderStyle::Japanese,
                None => HeaderStyle::None,
            },
        }
    }
}

/// Finds out how the file is written that `source` begins.
pub(crate) fn written(source: impl Read) -> Result<Written, Unreadable> {
    match sniff(source, &CHECKS, Hint::default()) {
        Ok(shape) => Ok(Written::of(shape)),
        Err(SniffError::Io(_)) => Err(Unreadable::Storage),
        Err(refused) => Err(Unreadable::File(refused.code().as_str())),
    }
}

/// Reads the file that `source` begins, and gives each line to `take`. How it is written, now that
/// its header is read, is told first.
pub(crate) fn read(
    source: impl Read,
    written: &Written,
    told: impl FnOnce(Written),
    mut take: impl FnMut(Line) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let refused = |error: RowError| Unreadable::File(error.code.as_str());
    let mut reader = Reader::new(source, &CHECKS, written.shape()).map_err(refused)?;
    told(Written::of(reader.shape()));
    let (mut row, mut first) = (Row::new(), true);
    loop {
        match reader.read(&mut row) {
            Ok(false) => return Ok(()),
            Ok(true) => take(line(&row))?,
            // Nothing could be read of it at all.
            Err(error) if error.fatal && first => return Err(refused(error)),
            Err(error) => take(wrong(&row, &error))?,
        }
        first = false;
    }
}

fn line(row: &Row) -> Line {
    let mut errors = Vec::new();
    let read = CheckRow::read(row, &mut errors);
    let asks = match read {
        Some(check) => Ok(asks(&check)),
        None => Err(errors.iter().take(TOLD).map(fault).collect()),
    };
    Line { number: row.line(), echo: Echo::of(row), asks }
}

fn asks(check: &CheckRow<'_>) -> Asks {
    let card = TypedCard {
        insurer_number: check.insurer_number.to_owned(),
        symbol: check.symbol.to_owned(),
        number: check.number.to_owned(),
        branch: check.branch.map(|branch| format!("{branch:02}")),
        birth_date: check.birth_date,
    };
    Asks { card, day: check.target_date, relation: check.relation }
}

fn wrong(row: &Row, error: &RowError) -> Line {
    Line { number: error.line, echo: Echo::of(row), asks: Err(vec![fault(error)]) }
}

fn fault(error: &RowError) -> Fault {
    Fault { code: error.code.as_str().to_owned(), column: error.column.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(bytes: &[u8]) -> Result<(Written, Vec<Line>), Unreadable> {
        let (mut all, mut how) = (Vec::new(), None);
        let written = written(bytes)?;
        read(
            bytes,
            &written,
            |written| how = Some(written),
            |line| {
                all.push(line);
                Ok(())
            },
        )?;
        Ok((how.unwrap(), all))
    }

    const FILE: &str = "患者番号,保険者番号,記号,番号,枝番,生年月日,対象年月日\n\
        P-1,00330019,東京,001,00,S30.5.5,2026-11-20\n\
        P-2,00330019,東京,001,1,1960-13-01,\n\
        P-3,06130488,,7,,19800505,\n";

    #[test]
    fn good_and_bad_lines_come_in_their_order() {
        let (written, lines) = lines(FILE.as_bytes()).unwrap();
        assert_eq!(written.header.as_deref(), Some("ja"));
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(lines[0].echo.reference, "P-1");
        let asks = lines[0].asks.as_ref().unwrap();
        assert_eq!(asks.card.birth_date.to_string(), "1955-05-05");
        assert_eq!(asks.card.branch.as_deref(), Some("00"));
        assert_eq!(asks.day.unwrap().to_string(), "2026-11-20");
        let faults = lines[1].asks.as_ref().unwrap_err();
        assert_eq!(faults[0].column.as_deref(), Some("生年月日"));
        assert!(lines[2].asks.as_ref().unwrap().day.is_none());
    }

    #[test]
    fn every_shape_is_kept_and_found_again() {
        for encoding in Encoding::ALL {
            let mut bytes = Vec::new();
            encoding.encode(FILE, &mut bytes).unwrap();
            let (written, lines) = lines(&bytes).unwrap();
            assert_eq!(written.shape().encoding, encoding);
            assert_eq!(lines.len(), 3);
            assert_eq!(Written::of(written.shape()), written);
        }
    }

    #[test]
    fn what_is_no_file_of_checks_is_refused() {
        assert_eq!(lines(b"PK\x03\x04...."), Err(Unreadable::File("file.compressed")));
        assert_eq!(lines(b"  \n"), Err(Unreadable::File("file.empty")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_lines_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok((_, lines)) = lines(&bytes) {
                prop_assert!(lines.len() <= bytes.len());
            }
        }
    }
}
