//! Whole series and the whole log, read page by page for who takes all of it.

use futures::Stream;

use crate::action::Series;
use crate::error::LogError;
use crate::log::{Log, Logged, MAX_PAGE, subject_key};
use crate::store::number;

impl Log {
    /// All entries of `subject`'s `series`, oldest first, read in pages: for who takes them all.
    pub fn series(
        &self,
        subject: &str,
        series: Series,
    ) -> impl Stream<Item = Result<Logged, LogError>> + Send + use<> {
        let (log, key) = (self.clone(), subject_key(&self.ring, subject, series));
        async_stream::try_stream! {
            let mut from = 0;
            loop {
                let rows = log.store.of_subject_since(&key, from, MAX_PAGE).await?;
                let Some(last) = rows.last() else { break };
                from = number(last.idx) + 1;
                for row in &rows {
                    yield log.logged(row)?;
                }
            }
        }
    }

    /// All entries of the log below index `before`, oldest first, read in pages.
    pub fn all(&self, before: u64) -> impl Stream<Item = Result<Logged, LogError>> + Send + use<> {
        let log = self.clone();
        async_stream::try_stream! {
            let mut from = 0;
            while from < before {
                let rows = log.store.since(from, MAX_PAGE).await?;
                let Some(last) = rows.last() else { break };
                from = number(last.idx) + 1;
                for row in rows.iter().filter(|row| number(row.idx) < before) {
                    yield log.logged(row)?;
                }
            }
        }
    }
}
