//! The index over the access log, which follows it: nothing is added to a check's own commit.
//!
//! It is read from the log page by page, and some pages together are written in one transaction, with
//! how far the log has been read: the list many rows at a time, each count once. Whatever server of
//! the relay comes first does it; what another has written already is dropped.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::checks::DayCount;
use warifu_contract::eligibility::Verdict;
use warifu_log::{Action, Actor, Entry, Log, LogError, Outcome};
use warifu_service::seal::KeyRing;
use warifu_service::{Database, Problem, execute, execute_over, fetch_all, fetch_one};

use crate::events::meaning;
use crate::token::log_problem;

/// Events read in one go.
const PAGE: u32 = 500;
/// Pages whose checks are written together.
const PAGES: usize = 8;
/// So often is written at most before a question is answered; the rest follows in the background.
const ROUNDS: usize = 5;
/// Rows of the list in one statement.
const ROWS: usize = 1_024;
/// Into the list, many at once.
const LIST: &str = "WITH v (party, idx) AS (VALUES {rows}) \
    INSERT INTO relay_check (party, idx) SELECT party, idx FROM v WHERE party IS NOT NULL";
/// Onto a count.
const COUNT: &str = "INSERT INTO relay_check_count (party, day, verdict, count) \
    VALUES ($1, $2, $3, $4) ON CONFLICT (party, day, verdict) \
    DO UPDATE SET count = relay_check_count.count + excluded.count";
/// The day that days are counted from.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Whose checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Party<'a> {
    /// An organisation whose staff asked, by its code.
    Clinic(&'a str),
    /// A holder that was asked, by the identifier of its connector.
    Holder(&'a str),
}

/// The index.
#[derive(Debug, Clone)]
pub(crate) struct Checks {
    pub database: Database,
    pub ring: Arc<KeyRing>,
}

/// Why the index cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChecksError {
    #[error("checks.storage: {0}")]
    Storage(#[from] sqlx::Error),
    #[error(transparent)]
    Log(#[from] LogError),
}

impl From<ChecksError> for Problem {
    fn from(cause: ChecksError) -> Self {
        match cause {
            ChecksError::Storage(cause) => Self::internal(&cause),
            ChecksError::Log(cause) => log_problem(&cause),
        }
    }
}

/// A party's key, and the position in the log of a check of its.
type Listed = ([u8; 32], i64);

/// What a stretch of the log says about checks.
#[derive(Debug, Default)]
struct News {
    list: Vec<Listed>,
    /// By party, day and verdict.
    counts: BTreeMap<([u8; 32], i64, String), i64>,
    /// The position after the last event that was read.
    read_up_to: i64,
    /// There was nothing after it.
    was_all: bool,
}

#[derive(sqlx::FromRow)]
struct IndexRow {
    idx: i64,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    day: i64,
    verdict: String,
    count: i64,
}

impl Checks {
    /// Reads what is new in `log`. Whether that was all.
    pub async fn follow(&self, log: &Log) -> Result<bool, ChecksError> {
        for _ in 0..ROUNDS {
            let from = self.read_up_to().await?;
            let news = self.gather(log, from).await?;
            if news.read_up_to > from {
                self.write(from, &news).await?;
            }
            if news.was_all {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is new in `log` from the position `from` on, as much as is written at once.
    async fn gather(&self, log: &Log, from: i64) -> Result<News, ChecksError> {
        let mut news = News { read_up_to: from, ..News::default() };
        for _ in 0..PAGES {
            let logged = log.since(number(news.read_up_to), PAGE).await?;
            for one in &logged {
                if let Some(check) = one.entry.as_ref().and_then(Check::of) {
                    self.enter(&mut news, column(one.index), &check);
                }
                news.read_up_to = column(one.index) + 1;
            }
            news.was_all = logged.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            if news.was_all {
                break;
            }
        }
        Ok(news)
    }

    /// Positions in the log of the checks of `party` below `before`, newest first.
    pub async fn of(
        &self,
        party: Party<'_>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<u64>, ChecksError> {
        let party = self.key(party);
        let sql = "SELECT idx FROM relay_check WHERE party = $1 AND idx < $2 \
                   ORDER BY idx DESC LIMIT $3";
        let before = before.map_or(i64::MAX, column);
        let read = self.database.read();
        let rows = fetch_all!(read, IndexRow, sql, party.as_slice(), before, i64::from(limit))?;
        Ok(rows.into_iter().map(|row| number(row.idx)).collect())
    }

    /// How many checks of `party` came to which result on each day since `first`, newest first.
    pub async fn counts(
        &self,
        party: Party<'_>,
        first: Date,
    ) -> Result<Vec<DayCount>, ChecksError> {
        let (party, first) = (self.key(party), day_column(first));
        let sql = "SELECT day, verdict, count FROM relay_check_count \
                   WHERE party = $1 AND day >= $2 ORDER BY day DESC, verdict";
        let rows = fetch_all!(self.database.read(), CountRow, sql, party.as_slice(), first)?;
        Ok(rows.iter().filter_map(counted).collect())
    }

    async fn read_up_to(&self) -> Result<i64, ChecksError> {
        let sql = "SELECT idx FROM relay_check_read WHERE id = 0";
        Ok(fetch_one!(self.database.read(), IndexRow, sql)?.idx)
    }

    /// Writes `news`, unless another server has written what comes after `from`.
    async fn write(&self, from: i64, news: &News) -> Result<(), ChecksError> {
        let mut transaction = self.database.begin().await?;
        let sql = "UPDATE relay_check_read SET idx = $2 WHERE id = 0 AND idx = $1";
        if execute!(transaction.on(), sql, from, news.read_up_to)? == 0 {
            return Ok(());
        }
        for rows in news.list.chunks(ROWS) {
            let (key, idx) = (|row: &Listed| row.0.to_vec(), |row: &Listed| row.1);
            execute_over!(transaction.on(), LIST, rows, |row| row.map(key), row.map(idx))?;
        }
        for ((party, day, verdict), count) in &news.counts {
            execute!(transaction.on(), COUNT, party.as_slice(), *day, verdict.as_str(), *count)?;
        }
        Ok(transaction.commit().await?)
    }

    fn enter(&self, news: &mut News, index: i64, check: &Check<'_>) {
        let holder = check.source.map(Party::Holder);
        for party in [Party::Clinic(check.clinic)].into_iter().chain(holder) {
            let party = self.key(party);
            news.list.push((party, index));
            let counted = (party, day_column(check.day), check.verdict.to_owned());
            *news.counts.entry(counted).or_default() += 1;
        }
    }

    fn key(&self, party: Party<'_>) -> [u8; 32] {
        match party {
            Party::Clinic(code) => self.ring.lookup("relay_check.party/clinic", code.as_bytes()),
            Party::Holder(id) => self.ring.lookup("relay_check.party/holder", id.as_bytes()),
        }
    }
}

/// A check that was answered.
struct Check<'a> {
    clinic: &'a str,
    source: Option<&'a str>,
    day: Date,
    verdict: &'a str,
}

impl<'a> Check<'a> {
    fn of(entry: &'a Entry) -> Option<Self> {
        let (Action::EligibilityChecked, Actor::Staff { code, .. }, Outcome::Answered(verdict)) =
            (entry.action, &entry.actor, &entry.outcome)
        else {
            return None;
        };
        entry.check_number.as_ref()?;
        let (source, day) = (entry.source.as_deref(), today_in_japan(entry.at));
        Some(Self { clinic: code, source, day, verdict })
    }
}

fn counted(row: &CountRow) -> Option<DayCount> {
    let span = jiff::Span::new().try_days(row.day).ok()?;
    let verdict: Verdict = meaning(&row.verdict)?;
    Some(DayCount { day: EPOCH.checked_add(span).ok()?, verdict, count: number(row.count) })
}

fn day_column(day: Date) -> i64 {
    EPOCH.until(day).map_or(0, |span| i64::from(span.get_days()))
}

fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn number(column: i64) -> u64 {
    u64::try_from(column).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_day_is_kept_as_it_is(days in -20_000_i64..40_000) {
            let row = CountRow { day: days, verdict: "valid".into(), count: 3 };
            let one = counted(&row).unwrap();
            prop_assert_eq!(day_column(one.day), days);
            prop_assert_eq!((one.verdict, one.count), (Verdict::Valid, 3));
        }
    }

    #[test]
    fn a_row_that_means_nothing_is_left_out() {
        assert_eq!(counted(&CountRow { day: 1, verdict: "??".into(), count: 1 }), None);
    }
}
