//! What a file tells that is taken as it is, but worth a look: counted, never with a value.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use warifu_files::{COVERAGE, Warning};

/// How often something odd stands in a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct WarningCount {
    /// The column as the layout names it.
    pub field: String,
    /// What: [`Warning::as_str`].
    pub code: String,
    /// The first line with it, from 1.
    pub first_line: i64,
    /// In how many records.
    pub count: i64,
}

/// The counts of one file, while it is read. As many as columns times kinds at most.
#[derive(Debug, Default)]
pub(crate) struct Warnings(Mutex<Counts>);

/// By column and kind: the first line, and how often.
type Counts = BTreeMap<(&'static str, Warning), (u64, u64)>;

impl Warnings {
    /// Notes what is odd about a row.
    pub fn note(&self, row: &warifu_files::Row) {
        Warning::of(row, &COVERAGE, |field, warning| {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            counts.entry((field, warning)).or_insert((row.line(), 0)).1 += 1;
        });
    }

    /// What was noted so far.
    pub fn counts(&self) -> Vec<WarningCount> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let count = |((field, warning), (first_line, count)): (&(&str, Warning), &(u64, u64))| {
            WarningCount {
                field: (*field).to_owned(),
                code: warning.as_str().to_owned(),
                first_line: number(*first_line),
                count: number(*count),
            }
        };
        counts.iter().map(count).collect()
    }
}
