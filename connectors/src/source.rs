//! An insurer's existing database as the source of eligibility: read only, through one configured
//! query that gives a row per coverage of a person, with the columns of an exchanged file.
//!
//! Nothing is copied. Each check reads the rows of one card and decides on them as on the
//! connector's own store; what residents read of themselves comes by further queries. [`check`]
//! proves them before they go live.

mod cards;
pub mod check;
mod config;
mod engine;
mod members;
mod records;
mod row;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;
use std::time::Duration;

use warifu_contract::card_key::{CardQuery, InsurerKey};
use warifu_contract::register::{Enrolment, RegisteredInsurer};
use warifu_service::Problem;

pub use config::{SourceConfig, SourceConfigError, SourceInsurer, Writing};
use engine::{DayKind, Engine};
use row::{Columns, SourceRow};
use view::{Shape, View};

use crate::store::InsurerEntry;

/// The most rows that one lookup reads: a card has a family, and a past.
const MOST_ROWS: usize = 256;

/// The most cards of one person that are read.
const MOST_CARDS: usize = 8;

/// A condition over `q`, with its values.
type Condition = (String, Vec<String>);

/// An insurer's database.
#[derive(Debug, Clone)]
pub struct Source {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    engine: Engine,
    columns: Columns,
    query: String,
    expenses: Option<View>,
    progress: Option<View>,
    limits: Option<View>,
    aids: Option<View>,
    members: Option<Members>,
    insurers: Vec<InsurerEntry>,
    writing: Writing,
    patience: Duration,
    notice_days: i64,
}

/// The people whom cards can be linked to.
#[derive(Debug)]
struct Members {
    view: View,
    /// As what their birth dates are kept.
    days: DayKind,
}

/// Why the database cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] SourceConfigError),
    /// The engine refuses.
    #[error("source.query: {0}")]
    Query(#[from] sqlx::Error),
    /// It takes longer than `source.patience_ms`.
    #[error("source.slow: no answer in time")]
    Slow,
    /// The query lacks columns, or one of two.
    #[error("source.columns: the query has no column {}", .0.join(", "))]
    Columns(Vec<&'static str>),
    /// A query beside that of the coverages lacks columns.
    #[error("source.columns: {} has no column {}", .0, .1.join(", "))]
    View(&'static str, Vec<&'static str>),
    /// A row that no file could have either; the columns and codes, never a value.
    #[error("source.row: {0}")]
    Row(String),
    /// More rows for one card than a card can have.
    #[error("source.many: more than {MOST_ROWS} rows for one card")]
    Many,
}

impl From<DatabaseError> for Problem {
    fn from(cause: DatabaseError) -> Self {
        Self::internal(&cause)
    }
}

impl Source {
    /// Connects, and asks the database which columns the query has.
    pub async fn open(config: &SourceConfig) -> Result<Self, DatabaseError> {
        let insurers = config.insurers()?;
        let engine = Engine::connect(config).await?;
        let patience = Duration::from_millis(config.patience_ms);
        let query = bare(&config.coverages);
        let names = in_time(patience, engine.column_names(&query)).await?;
        let view = |shape, query| open_view(&engine, patience, shape, query);
        let inner = Inner {
            columns: Columns::new(&names)?,
            expenses: view(&view::EXPENSES, config.expenses.as_deref()).await?,
            progress: view(&view::PROGRESS, config.expense_progress.as_deref()).await?,
            limits: view(&view::LIMITS, config.cost_limits.as_deref()).await?,
            aids: view(&view::AIDS, config.public_aids.as_deref()).await?,
            members: open_members(&engine, patience, config.members.as_deref()).await?,
            engine,
            query,
            insurers,
            writing: config.writing,
            patience,
            notice_days: i64::from(config.notice_days),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The numbers of its insurers, as configured.
    pub fn insurer_numbers(&self) -> Vec<String> {
        let numbers = self.inner.insurers.iter().map(|entry| &entry.registered.insurer.number);
        numbers.cloned().collect()
    }

    /// The insurer with this number.
    pub fn insurer(&self, key: &InsurerKey) -> Option<&InsurerEntry> {
        self.inner.insurers.iter().find(|entry| entry.registered.key == *key)
    }

    /// The insurer's cards with the typed 記号・番号; where there is none, those with the typed
    /// 番号, so that a hint can be given.
    pub async fn enrolments_near(
        &self,
        insurer: &Arc<RegisteredInsurer>,
        query: &CardQuery,
    ) -> Result<Vec<Enrolment>, DatabaseError> {
        let number = insurer.insurer.number.as_str();
        let (symbol, card) = (query.card.symbol(), query.card.number());
        let mut rows = self.card_rows(number, Some(symbol), card).await?;
        if rows.is_empty() {
            rows = self.card_rows(number, None, card).await?;
        }
        Ok(self.enrolments(rows))
    }

    /// Every card that a person of the source is or was on.
    pub async fn enrolments_of(&self, person: &str) -> Result<Vec<Enrolment>, DatabaseError> {
        let own = self.rows(self.person_condition(person)).await?;
        let mut cards: Vec<(String, String, String)> = own.iter().map(SourceRow::card).collect();
        cards.sort();
        cards.dedup();
        let mut rows = Vec::new();
        for (insurer, symbol, number) in cards.iter().take(MOST_CARDS) {
            rows.extend(self.card_rows(insurer, Some(symbol), number).await?);
        }
        Ok(self.enrolments(rows))
    }

    fn enrolments(&self, rows: Vec<SourceRow>) -> Vec<Enrolment> {
        let insurers = self.inner.insurers.iter().map(|entry| &entry.registered);
        cards::enrolments(rows, &insurers.cloned().collect::<Vec<_>>())
    }

    /// The rows of the card that a row is of.
    async fn card_of(&self, row: &SourceRow) -> Result<Vec<SourceRow>, DatabaseError> {
        self.rows(self.card_condition(row)).await
    }

    /// The rows of a card, of every 記号 if none is said.
    async fn card_rows(
        &self,
        insurer: &str,
        symbol: Option<&str>,
        number: &str,
    ) -> Result<Vec<SourceRow>, DatabaseError> {
        self.rows(self.number_condition(insurer, symbol, number)).await
    }

    fn card_condition(&self, row: &SourceRow) -> Condition {
        let (insurer, symbol, number) = row.card();
        self.number_condition(&insurer, Some(&symbol), &number)
    }

    fn number_condition(&self, insurer: &str, symbol: Option<&str>, number: &str) -> Condition {
        let writing = self.inner.writing;
        let value = |nth| self.inner.engine.dialect().placeholder(nth);
        let mut values = vec![insurer.to_owned(), writing.of(number)];
        let mut text = format!("q.insurer_number = {} AND q.number = {}", value(1), value(2));
        match symbol {
            None => {}
            Some("") => text.push_str(" AND (q.symbol IS NULL OR q.symbol = '')"),
            Some(symbol) => {
                values.push(writing.of(symbol));
                text.push_str(" AND q.symbol = ");
                text.push_str(&value(3));
            }
        }
        (text, values)
    }

    fn person_condition(&self, person: &str) -> Condition {
        let value = self.inner.engine.dialect().placeholder(1);
        (format!("q.person = {value}"), vec![person.to_owned()])
    }

    /// The rows for which a condition holds.
    async fn rows(&self, (condition, values): Condition) -> Result<Vec<SourceRow>, DatabaseError> {
        let inner = &self.inner;
        let limit = MOST_ROWS + 1;
        let sql = inner.columns.select(inner.engine.dialect(), &inner.query);
        let sql = format!("{sql} WHERE {condition} LIMIT {limit}");
        let found = in_time(inner.patience, inner.engine.fetch(&sql, &values)).await?;
        if found.len() > MOST_ROWS {
            return Err(DatabaseError::Many);
        }
        let read = |fields: Vec<Option<String>>| {
            inner.columns.read(&fields, inner.notice_days).map_err(|errors| {
                let faults: Vec<String> = errors.iter().map(row::fault).collect();
                DatabaseError::Row(faults.join(", "))
            })
        };
        found.into_iter().map(read).collect()
    }
}

/// A query as it may stand in another.
fn bare(query: &str) -> String {
    query.trim().trim_end_matches(';').to_owned()
}

/// A configured query, asked for its columns.
async fn open_view(
    engine: &Engine,
    patience: Duration,
    shape: &'static Shape,
    query: Option<&str>,
) -> Result<Option<View>, DatabaseError> {
    let Some(query) = query.map(bare) else { return Ok(None) };
    let names = in_time(patience, engine.column_names(&query)).await?;
    View::new(shape, query, &names).map(Some)
}

async fn open_members(
    engine: &Engine,
    patience: Duration,
    query: Option<&str>,
) -> Result<Option<Members>, DatabaseError> {
    let Some(view) = open_view(engine, patience, &view::MEMBERS, query).await? else {
        return Ok(None);
    };
    let days = in_time(patience, engine.day_kind(view.query(), "birth_date")).await?;
    Ok(Some(Members { view, days }))
}

async fn in_time<T>(
    patience: Duration,
    asking: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, DatabaseError> {
    match tokio::time::timeout(patience, asking).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(DatabaseError::Slow),
    }
}
