//! The proof of a source before it goes live: `warifu connector check-source`.
//!
//! The query of the coverages is checked first, then each of those that residents read from, then
//! that of the people whom cards can be linked to.
//!
//! People are told by the SHA-256 of their key in the database, so that the insurer's staff find
//! the row and nobody else learns of whom it speaks.

mod members;
mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use openssl::sha::sha256;
use serde::Serialize;
use warifu_contract::card_key::InsurerKey;
use warifu_contract::coverage::Relation;
use warifu_files::{COVERAGE, RowError};

use super::cards::is_on;
use super::engine::{Dialect, Engine};
use super::row::{SourceRow, fault};
use super::{Condition, DatabaseError, Source, SourceConfig, in_time};

/// How long a question over the whole table may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// Cards that are looked up, to find out how long it takes and what is found.
const LOOKUPS: usize = 50;

/// The query that is always there.
const COVERAGES: &str = "coverages";
/// Examples that are told of one fault.
const EXAMPLES: usize = 5;

/// What came of the checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The checks in order.
    pub findings: Vec<Finding>,
    /// Rows that were read.
    pub rows: usize,
    /// What is wrong with rows, by code and column.
    pub faults: Vec<Fault>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which query, by its key in the configuration.
    pub query: &'static str,
    /// Which.
    pub check: Check,
    /// Whether all is well.
    pub holds: bool,
    /// What was seen.
    pub seen: String,
}

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The database answers.
    Connected,
    /// It is on this machine, or its server is proved by a certificate.
    Line,
    /// The account can write nothing.
    ReadOnly,
    /// The query has the columns.
    Columns,
    /// Rows can be read.
    Rows,
    /// Every 保険者番号 is of a configured insurer.
    Insurers,
    /// 記号 and 番号 stand in the database as lookups write them.
    Writing,
    /// Every dependant is on an insured person's card.
    Dependants,
    /// No coverage is there twice.
    Unique,
    /// Lookups by card use an index.
    IndexByCard,
    /// Lookups by person use an index.
    IndexByPerson,
    /// Lookups by birth date use an index.
    IndexByBirthDate,
    /// Whoever the rows speak of stands on a card.
    People,
    /// Whom a card can be linked to has the birth date and the sex that stand on the own cards.
    SamePerson,
    /// Whom a card can be linked to is found by birth date.
    Found,
    /// Lookups are quick.
    Speed,
}

/// One kind of fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The stable code and the column.
    pub fault: String,
    /// Rows that have it.
    pub rows: usize,
    /// SHA-256 of `person`, in hexadecimal, of some.
    pub people: Vec<String>,
}

impl Report {
    /// Whether the source may go live.
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.holds)
    }

    fn note(&mut self, check: Check, holds: bool, seen: impl Into<String>) {
        self.note_of(COVERAGES, check, holds, seen);
    }

    fn note_of(&mut self, query: &'static str, check: Check, holds: bool, seen: impl Into<String>) {
        self.findings.push(Finding { query, check, holds, seen: seen.into() });
    }

    fn note_result(&mut self, check: Check, result: Result<(bool, String), DatabaseError>) {
        self.note_result_of(COVERAGES, check, result);
    }

    fn note_result_of(
        &mut self,
        query: &'static str,
        check: Check,
        result: Result<(bool, String), DatabaseError>,
    ) {
        match result {
            Ok((holds, seen)) => self.note_of(query, check, holds, seen),
            Err(error) => self.note_of(query, check, false, error.to_string()),
        }
    }
}

/// Checks a source; reads `most_rows` rows at most. It writes nothing.
pub async fn check(config: &SourceConfig, most_rows: usize) -> Report {
    let mut report = Report { findings: Vec::new(), rows: 0, faults: Vec::new() };
    let source = match Source::open(config).await {
        Ok(source) => source,
        Err(error @ (DatabaseError::Columns(_) | DatabaseError::View(..))) => {
            report.note(Check::Connected, true, "");
            report.note(Check::Columns, false, error.to_string());
            return report;
        }
        Err(error) => {
            report.note(Check::Connected, false, error.to_string());
            return report;
        }
    };
    report.note(Check::Connected, true, "");
    report.note_result(Check::Line, line(config));
    report.note_result(Check::ReadOnly, read_only(&source).await);
    report.note(Check::Columns, true, source.inner.columns.names());
    let rows = read_rows(&source, most_rows, &mut report).await;
    report.note_insurers(&source, &rows);
    report.note_writing(&source, &rows);
    report.note_result(Check::Dependants, dependants(&source, &rows).await);
    report.note_result(Check::Unique, unique(&source).await);
    if let Some(row) = rows.first() {
        let by_card = source.card_condition(row);
        report.note_result(Check::IndexByCard, index(&source, by_card).await);
        let by_person = source.person_condition(&row.enrolled.person);
        report.note_result(Check::IndexByPerson, index(&source, by_person).await);
    }
    report.note_result(Check::Speed, speed(&source, &rows).await);
    records::check(&source, most_rows, &mut report).await;
    members::check(&source, most_rows, &mut report).await;
    report
}

fn line(config: &SourceConfig) -> Result<(bool, String), DatabaseError> {
    let is_safe = Engine::is_line_safe(&config.url)?;
    let seen = if is_safe { "" } else { "set sslmode=verify-full or ssl-mode=VERIFY_IDENTITY" };
    Ok((is_safe, seen.to_owned()))
}

async fn read_only(source: &Source) -> Result<(bool, String), DatabaseError> {
    let engine = &source.inner.engine;
    let rights = in_time(PATIENCE, engine.rights_to_write()).await?;
    if !rights.is_empty() {
        return Ok((false, format!("the account may write: {}", rights.join("; "))));
    }
    // Making a table ends a transaction there, so it is not tried; the grants tell all.
    if engine.dialect() == Dialect::MySql {
        return Ok((true, "grants for reading alone".to_owned()));
    }
    Ok(match in_time(PATIENCE, engine.try_writing()).await {
        Ok(()) => (false, "the account made a table (undone)".to_owned()),
        Err(_) => (true, "a write was refused".to_owned()),
    })
}

async fn read_rows(source: &Source, most: usize, report: &mut Report) -> Vec<SourceRow> {
    let inner = &source.inner;
    let sql = inner.columns.select(inner.engine.dialect(), &inner.query);
    let sql = format!("{sql} LIMIT {most}");
    let found = match in_time(PATIENCE, inner.engine.fetch(&sql, &[])).await {
        Ok(found) => found,
        Err(error) => {
            report.note(Check::Rows, false, error.to_string());
            return Vec::new();
        }
    };
    report.rows = found.len();
    let mut faults = Faults::default();
    let mut rows = Vec::new();
    for fields in &found {
        match inner.columns.read(fields, inner.notice_days) {
            Ok(row) => rows.push(row),
            Err(errors) => faults.add(fields.first().and_then(Option::as_deref), &errors),
        }
    }
    let wrong = found.len() - rows.len();
    report.faults = faults.into_list();
    report.note(
        Check::Rows,
        wrong == 0 && !rows.is_empty(),
        format!("{wrong} of {} wrong", found.len()),
    );
    rows
}

/// Faults while they are counted.
#[derive(Default)]
struct Faults(BTreeMap<String, (usize, BTreeSet<String>)>);

impl Faults {
    fn add(&mut self, person: Option<&str>, errors: &[RowError]) {
        for error in errors {
            let (rows, people) = self.0.entry(fault(error)).or_default();
            *rows += 1;
            if people.len() < EXAMPLES {
                people.insert(HEXLOWER.encode(&sha256(person.unwrap_or_default().as_bytes())));
            }
        }
    }

    fn into_list(self) -> Vec<Fault> {
        let list = self.0.into_iter();
        let fault = |(fault, (rows, people)): (String, (usize, BTreeSet<String>))| Fault {
            fault,
            rows,
            people: people.into_iter().collect(),
        };
        list.map(fault).collect()
    }
}

impl Report {
    fn note_insurers(&mut self, source: &Source, rows: &[SourceRow]) {
        let known = |row: &&SourceRow| {
            let key = InsurerKey::parse(&row.insurer_number);
            let entry = key.and_then(|key| source.insurer(&key));
            entry.is_some_and(|entry| entry.registered.insurer.number == row.insurer_number)
        };
        let others = rows.iter().filter(|row| !known(row)).count();
        self.note(Check::Insurers, others == 0, format!("{others} rows of no configured insurer"));
    }

    fn note_writing(&mut self, source: &Source, rows: &[SourceRow]) {
        let writing = source.inner.writing;
        let same = |row: &&SourceRow| {
            writing.of(row.key.number()) == row.number && writing.of(row.key.symbol()) == row.symbol
        };
        let others = rows.iter().filter(|row| !same(row)).count();
        self.note(Check::Writing, others == 0, format!("{others} rows that no lookup finds"));
    }
}

async fn dependants(source: &Source, rows: &[SourceRow]) -> Result<(bool, String), DatabaseError> {
    let dependants = rows.iter().filter(|row| row.relation == Relation::Dependant);
    let mut alone = 0;
    for row in dependants.take(LOOKUPS) {
        let card = source.card_of(row).await?;
        let mut insured = card.iter().filter(|other| other.relation == Relation::Insured);
        alone += usize::from(!insured.any(|insured| is_on(row, insured)));
    }
    Ok((alone == 0, format!("{alone} dependants without an insured person")))
}

async fn unique(source: &Source) -> Result<(bool, String), DatabaseError> {
    let keys = source.inner.columns.keys().join(", ");
    let count = twice(source, &source.inner.query, &keys).await?;
    Ok((count == "0", format!("{count} coverages more than once")))
}

/// How often rows of a query have the same `keys`.
async fn twice(source: &Source, query: &str, keys: &str) -> Result<String, DatabaseError> {
    let inner = &source.inner;
    let count = match inner.engine.dialect() {
        Dialect::MySql => "CAST(COUNT(*) AS CHAR)",
        Dialect::Postgres | Dialect::Sqlite => "CAST(COUNT(*) AS TEXT)",
    };
    let sql = format!(
        "SELECT {count} FROM (SELECT 1 AS one FROM ({query}) q GROUP BY {keys} \
         HAVING COUNT(*) > 1) d"
    );
    let told = in_time(PATIENCE, inner.engine.fetch(&sql, &[])).await?;
    Ok(told.into_iter().flatten().flatten().next().unwrap_or_default())
}

async fn index(source: &Source, condition: Condition) -> Result<(bool, String), DatabaseError> {
    let select = source.inner.columns.select(source.inner.engine.dialect(), &source.inner.query);
    index_of(source, &select, condition).await
}

/// Whether a query with that condition uses an index.
async fn index_of(
    source: &Source,
    select: &str,
    (condition, values): Condition,
) -> Result<(bool, String), DatabaseError> {
    let inner = &source.inner;
    let sql = format!("{select} WHERE {condition}");
    let plan = in_time(PATIENCE, inner.engine.plan(&sql, &values)).await?;
    let whole = plan.iter().any(|step| match inner.engine.dialect() {
        Dialect::Postgres => step.contains("Seq Scan"),
        Dialect::MySql => step.eq_ignore_ascii_case("ALL") || step.eq_ignore_ascii_case("index"),
        Dialect::Sqlite => step.starts_with("SCAN") && !step.contains("CONSTANT"),
    });
    Ok((!whole, if whole { "a whole table is read" } else { "by index" }.to_owned()))
}

async fn speed(source: &Source, rows: &[SourceRow]) -> Result<(bool, String), DatabaseError> {
    let mut took = Vec::new();
    for row in some_of(rows) {
        let start = Instant::now();
        source.card_of(row).await?;
        took.push(start.elapsed());
    }
    Ok(quick(source, took))
}

/// Some of what was read, from everywhere in it.
fn some_of<T>(rows: &[T]) -> impl Iterator<Item = &T> {
    rows.iter().step_by((rows.len() / LOOKUPS).max(1)).take(LOOKUPS)
}

/// Whether lookups were quick.
fn quick(source: &Source, mut took: Vec<Duration>) -> (bool, String) {
    took.sort();
    let middle = took.get(took.len() / 2).copied().unwrap_or_default();
    let longest = took.last().copied().unwrap_or_default();
    // Half of what the gateway waits, so that a busy hour is no outage.
    let holds = longest <= source.inner.patience / 2;
    (holds, format!("{} lookups, median {middle:.1?}, longest {longest:.1?}", took.len()))
}

impl super::Columns {
    fn names(&self) -> String {
        let columns = self.0.iter().filter_map(|number| COVERAGE.columns.get(*number));
        columns.map(|column| column.english).collect::<Vec<_>>().join(", ")
    }

    /// The columns that tell one coverage from another.
    fn keys(&self) -> Vec<String> {
        const KEYS: [&str; 6] =
            ["insurer_number", "symbol", "number", "acquired_on", "valid_from", "copay_from"];
        let columns = self.0.iter().filter_map(|number| COVERAGE.columns.get(*number));
        let keys = columns.map(|column| column.english).filter(|name| KEYS.contains(name));
        std::iter::once("person").chain(keys).map(|name| format!("q.{name}")).collect()
    }
}
