//! A line of a file, and what came of it.

use jiff::Timestamp;
use jiff::civil::Date;
use lz4_flex::block::{compress_prepend_size, decompress, uncompressed_size};
use serde::{Deserialize, Serialize};
use warifu_contract::batch::BatchCounts;
use warifu_contract::coverage::{Coverage, Relation};
use warifu_contract::eligibility::{FieldHint, ReasonCheck, TypedCard, Verdict, deciding};
use warifu_files::ResultRow;
use warifu_log::Event;

use crate::check::Found;
use crate::events;

use super::asker::Desk;

/// A line as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The line of the file on which it begins, from 1.
    pub number: u64,
    /// The question as it was written.
    pub echo: Echo,
    /// What it asks, or what is wrong with it.
    pub asks: Result<Asks, Vec<Fault>>,
}

/// A question as it was written, to be given back beside its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Echo {
    pub target_date: String,
    pub insurer_number: String,
    pub symbol: String,
    pub number: String,
    pub branch: String,
    pub birth_date: String,
    /// The sender's own word for it.
    pub reference: String,
}

impl Echo {
    /// What stands in `row`.
    pub fn of(row: &warifu_files::Row) -> Self {
        let written = ResultRow::to(row, "");
        Self {
            target_date: written.target_date.to_owned(),
            insurer_number: written.insurer_number.to_owned(),
            symbol: written.symbol.to_owned(),
            number: written.number.to_owned(),
            branch: written.branch.to_owned(),
            birth_date: written.birth_date.to_owned(),
            reference: written.reference.to_owned(),
        }
    }

    /// The columns of the question in its answer.
    pub fn row<'r>(&'r self, line: &'r str) -> ResultRow<'r> {
        ResultRow {
            line,
            target_date: &self.target_date,
            insurer_number: &self.insurer_number,
            symbol: &self.symbol,
            number: &self.number,
            branch: &self.branch,
            birth_date: &self.birth_date,
            reference: &self.reference,
            ..ResultRow::default()
        }
    }
}

/// What a line asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asks {
    pub card: TypedCard,
    /// 対象年月日, where the line names one.
    pub day: Option<Date>,
    /// 本人 or 家族, where the line says it.
    pub relation: Option<Relation>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    /// The stable code.
    pub code: String,
    /// The column's name, when one is meant.
    pub column: Option<String>,
}

/// What came of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub line: u64,
    pub echo: Echo,
    pub came: Came,
}

/// An answer, or an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Came {
    Answered(Box<Answered>),
    Wrong(Vec<Fault>),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answered {
    /// 認証番号.
    pub number: String,
    pub verdict: Verdict,
    /// The step that decided against it.
    pub failed: Option<ReasonCheck>,
    pub hint: Option<FieldHint>,
    /// 対象年月日.
    pub day: Date,
    /// The connector, or insurer, that answered or should have.
    pub source: Option<String>,
    /// When the source's data were last changed.
    pub as_of: Option<Timestamp>,
    /// The person, in the relay's own words: only until the chunk is in the access log.
    pub subject: Option<String>,
    /// It differs from what was answered for the same card before.
    pub changed: bool,
    pub told: Option<Told>,
}

/// What the answer tells of the coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub insurer: String,
    pub name: String,
    pub kana: String,
    pub birth_date: Date,
    pub relation: Relation,
    pub from: Date,
    pub until: Option<Date>,
    pub copay_percent: Option<u8>,
}

impl Told {
    fn of(coverage: Coverage) -> Self {
        Self {
            insurer: coverage.insurer.name,
            name: coverage.name.text,
            kana: coverage.name.kana,
            birth_date: coverage.birth_date,
            relation: coverage.relation,
            from: coverage.validity.from,
            until: coverage.validity.until,
            copay_percent: coverage.copay_percent,
        }
    }
}

impl Answered {
    /// What was found, under that 認証番号.
    pub fn new(found: Found, number: String, day: Date) -> Self {
        Self {
            number,
            verdict: found.decision.verdict,
            failed: deciding(&found.decision.reasons),
            hint: found.decision.hint,
            day,
            source: found.source.map(|source| source.id().to_owned()),
            as_of: found.as_of,
            subject: found.subject,
            changed: false,
            told: found.decision.coverage.map(Told::of),
        }
    }

    /// Its event: the same words, whenever it is asked for.
    pub fn event(&self, desk: &Desk, ground: &str) -> Event {
        events::check_answered(
            &desk.party,
            &desk.staff,
            (self.subject.clone(), self.source.clone()),
            (self.verdict, &self.number),
            ground,
        )
    }
}

impl Row {
    /// The answer, if there is one.
    pub fn answered(&self) -> Option<&Answered> {
        match &self.came {
            Came::Answered(answered) => Some(answered),
            Came::Wrong(_) => None,
        }
    }

    /// Whether somebody should look at it: anything but valid.
    pub fn is_error(&self) -> bool {
        self.answered().is_none_or(|answered| !answered.verdict.covers())
    }

    /// Whether it differs from before. What cannot be read is always worth a look.
    pub fn is_change(&self) -> bool {
        self.answered().is_none_or(|answered| answered.changed)
    }
}

/// Counts `row`.
pub(crate) fn count(counts: &mut BatchCounts, row: &Row) {
    counts.lines += 1;
    let Some(answered) = row.answered() else {
        counts.unreadable += 1;
        return;
    };
    counts.changed += u64::from(answered.changed);
    let kind = match answered.verdict {
        Verdict::Valid | Verdict::Provisional => &mut counts.valid,
        Verdict::Expired | Verdict::Superseded | Verdict::NotYetStarted => &mut counts.expired,
        Verdict::InsurerUnknown => &mut counts.insurer,
        Verdict::InsurerSilent => &mut counts.silent,
        _ => &mut counts.number,
    };
    *kind += 1;
}

/// Stands before rows that are packed; what begins otherwise is of an earlier version, and is not.
const PACKED: u8 = 1;
/// Bytes of the rows of a chunk, as they are unpacked.
const MOST: usize = 256 * 1024 * 1024;

/// Why a chunk's rows cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RowsError {
    #[error("batch.rows: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("batch.rows-packed: what is kept cannot be unpacked")]
    Packed,
}

/// A chunk's rows as they are kept: packed by LZ4, because one row is much like the next.
pub(crate) fn write(rows: &[Row]) -> Result<Vec<u8>, RowsError> {
    let packed = compress_prepend_size(&serde_json::to_vec(rows)?);
    let mut bytes = Vec::with_capacity(1 + packed.len());
    bytes.push(PACKED);
    bytes.extend_from_slice(&packed);
    Ok(bytes)
}

/// Reads them back.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Row>, RowsError> {
    let Some((&PACKED, packed)) = bytes.split_first() else {
        return Ok(serde_json::from_slice(bytes)?);
    };
    let (size, block) = uncompressed_size(packed).map_err(|_| RowsError::Packed)?;
    if size > MOST {
        return Err(RowsError::Packed);
    }
    Ok(serde_json::from_slice(&decompress(block, size).map_err(|_| RowsError::Packed)?)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(count: u64) -> Vec<Row> {
        let fault = Fault { code: "file.date".into(), column: Some("生年月日".into()) };
        let row = |line| Row {
            line,
            echo: Echo { reference: format!("P-{line}"), ..Echo::default() },
            came: Came::Wrong(vec![fault.clone()]),
        };
        (0..count).map(row).collect()
    }

    #[test]
    fn rows_take_little_room_and_come_back() {
        let plain = serde_json::to_vec(&rows(1_000)).unwrap();
        let kept = write(&rows(1_000)).unwrap();
        assert!(kept.len() < plain.len() / 4, "{} of {}", kept.len(), plain.len());
        assert_eq!(read(&kept).unwrap(), rows(1_000));
        assert_eq!(read(&plain).unwrap(), rows(1_000), "of an earlier version");
        let huge = [&[PACKED], u32::MAX.to_le_bytes().as_slice(), &[0; 8]].concat();
        assert!(matches!(read(&huge), Err(RowsError::Packed)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_rows_or_refused(block in prop::collection::vec(any::<u8>(), 0..300)) {
            let packed = [&[PACKED, 200, 1, 0, 0], block.as_slice()].concat();
            prop_assert!(read(&packed).is_err() && read(&block).map_or(true, |rows| rows.is_empty()));
        }
    }
}
