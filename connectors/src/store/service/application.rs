//! Applications as the holder's staff see them: how many stand where, the oldest, one of them, and
//! what is decided.

use std::collections::HashMap;

use jiff::Timestamp;
use warifu_contract::services::{Step, Submitted};
use warifu_service::storage::{instant, micros};
use warifu_service::{execute, fetch_all, fetch_one, fetch_optional};

use super::super::{Store, StoreError};
use super::{ENTRIES, EntryRow};

/// Something that a member sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Application {
    /// By whom, as [`MemberId`](super::super::MemberId) says it.
    pub member: String,
    /// Into which service's form.
    pub service: String,
    /// What, where it stands, and what was decided.
    pub sent: Submitted,
}

/// What staff decide about an application.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// Which.
    pub reference: &'a str,
    /// Where it stood when they looked.
    pub from: &'a str,
    /// Where it goes.
    pub to: &'a str,
    /// Why, for the member.
    pub reason: Option<&'a str>,
    /// The code of the organisation whose staff they are.
    pub organization: &'a str,
    /// When.
    pub at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct ApplicationRow {
    member_id: String,
    service: String,
    reference: String,
    status: String,
    body: String,
    at: i64,
}

#[derive(sqlx::FromRow)]
struct StepRow {
    reference: String,
    status: String,
    reason: Option<String>,
    at: i64,
}

impl StepRow {
    fn step(self) -> (String, Step) {
        let at = instant(self.at);
        (self.reference, Step { status: self.status, at, reason: self.reason })
    }
}

impl Store {
    /// How many applications of a service stand where.
    pub async fn application_counts(
        &self,
        service: &str,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT status, COUNT(*) FROM service_entries WHERE service = $1 GROUP BY status";
        let rows = fetch_all!(self.database.read(), (String, i64), sql, service)?;
        Ok(rows.into_iter().map(|(status, n)| (status, n.unsigned_abs())).collect())
    }

    /// The `most` oldest applications of a service that stand at `status`, or the newest: number and
    /// time.
    pub async fn applications_at(
        &self,
        (service, status): (&str, &str),
        newest: bool,
        most: usize,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let sql = if newest {
            "SELECT reference, at FROM service_entries \
             WHERE service = $1 AND status = $2 ORDER BY at DESC, reference LIMIT $3"
        } else {
            "SELECT reference, at FROM service_entries \
             WHERE service = $1 AND status = $2 ORDER BY at, reference LIMIT $3"
        };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let read = self.database.read();
        let rows = fetch_all!(read, (String, i64), sql, service, status, most)?;
        Ok(rows.into_iter().map(|(reference, at)| (reference, instant(at))).collect())
    }

    /// The application of that number.
    pub async fn application(&self, reference: &str) -> Result<Option<Application>, StoreError> {
        let sql = "SELECT member_id, service, reference, status, body, at FROM service_entries \
                   WHERE reference = $1";
        let row = fetch_optional!(self.database.write(), ApplicationRow, sql, reference)?;
        let Some(row) = row else { return Ok(None) };
        let sql = "SELECT reference, status, reason, at FROM service_steps \
                   WHERE reference = $1 ORDER BY position";
        let steps = fetch_all!(self.database.write(), StepRow, sql, reference)?;
        let sent = EntryRow {
            service: row.service.clone(),
            reference: row.reference,
            status: row.status,
            body: row.body,
            at: row.at,
        };
        let steps = steps.into_iter().map(|row| row.step().1).collect();
        let sent = sent.submitted(steps)?;
        Ok(Some(Application { member: row.member_id, service: row.service, sent }))
    }

    /// Moves an application on; `false` when it no longer stands where staff saw it, and nothing is
    /// changed.
    pub async fn decide(&self, decision: &Decision<'_>) -> Result<bool, StoreError> {
        let Decision { reference, from, to, reason, organization, at } = *decision;
        let mut transaction = self.database.begin().await?;
        let sql = "UPDATE service_entries SET status = $3 WHERE reference = $1 AND status = $2";
        if execute!(transaction.on(), sql, reference, from, to)? != 1 {
            return Ok(false);
        }
        let sql = "SELECT COUNT(*) FROM service_steps WHERE reference = $1";
        let (position,) = fetch_one!(transaction.on(), (i64,), sql, reference)?;
        let sql = "INSERT INTO service_steps \
                   (reference, position, status, reason, organization, at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let at = micros(at);
        execute!(transaction.on(), sql, reference, position, to, reason, organization, at)?;
        transaction.commit().await?;
        Ok(true)
    }

    /// What was decided about what a member sent since `oldest`, by number.
    pub(super) async fn service_steps(
        &self,
        member: &str,
        service: &str,
        oldest: i64,
    ) -> Result<HashMap<String, Vec<Step>>, StoreError> {
        let sql = "SELECT s.reference, s.status, s.reason, s.at FROM service_steps s \
                   JOIN service_entries e ON e.reference = s.reference \
                   WHERE e.member_id = $1 AND e.service = $2 AND e.at >= $3 \
                   ORDER BY s.reference, s.position";
        let rows = fetch_all!(self.database.read(), StepRow, sql, member, service, oldest)?;
        let mut steps: HashMap<String, Vec<Step>> = HashMap::new();
        for (reference, step) in rows.into_iter().map(StepRow::step) {
            steps.entry(reference).or_default().push(step);
        }
        Ok(steps)
    }
}

impl EntryRow {
    /// With what was decided since.
    pub(super) fn submitted(self, steps: Vec<Step>) -> Result<Submitted, StoreError> {
        Ok(Submitted {
            values: ENTRIES.json("body", &self.body)?,
            reference: self.reference,
            at: instant(self.at),
            status: self.status,
            steps,
        })
    }
}
