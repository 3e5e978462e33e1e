//! Declared services: rows that the holder keeps, and what members entered.

mod application;

use jiff::Timestamp;
use warifu_contract::services::{
    EntryReceipt, LONGEST_NAME, MOST_ROWS, MOST_SUBMISSIONS, Row, Submitted,
};
use warifu_service::storage::{instant, micros};
use warifu_service::{execute, fetch_all, fetch_one, fetch_optional};

use super::column::Table;
use super::{MemberId, Store, StoreError, Update};

pub use application::{Application, Decision};

const ROWS: Table = Table("service_rows");
const ENTRIES: Table = Table("service_entries");

/// What one member can enter into one service's form, all together.
pub const MOST_ENTRIES: i64 = 2_000;

/// Something to be entered.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// By whom.
    pub member: &'a MemberId,
    /// Into which service's form.
    pub service: &'a str,
    /// The relay's key: the same key is the same entry.
    pub key: &'a str,
    /// Under which number one asks for it.
    pub reference: String,
    /// Where it begins.
    pub status: &'a str,
    /// What.
    pub values: &'a Row,
    /// When.
    pub at: Timestamp,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// It is kept, now or since before.
    Kept(EntryReceipt),
    /// Something else was entered under this key.
    Other,
    /// There are too many already.
    Full,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    service: String,
    reference: String,
    status: String,
    body: String,
    at: i64,
}

impl Store {
    /// The rows of a service, newest first, and when they were last changed; one more than may be
    /// told, so that too many are noticed.
    pub async fn service_rows(
        &self,
        member: &MemberId,
        service: &str,
    ) -> Result<(Vec<Row>, Option<Timestamp>), StoreError> {
        let sql = "SELECT body, changed_at FROM service_rows \
                   WHERE member_id = $1 AND service = $2 ORDER BY position LIMIT $3";
        let most = i64::try_from(MOST_ROWS + 1).unwrap_or(i64::MAX);
        let read = self.database.read();
        let rows = fetch_all!(read, (String, i64), sql, member.as_str(), service, most)?;
        let changed_at = rows.iter().map(|(_, changed_at)| *changed_at).max().map(instant);
        let rows = rows.iter().map(|(body, _)| ROWS.json("body", body));
        Ok((rows.collect::<Result<_, _>>()?, changed_at))
    }

    /// What the member entered into a service's form, newest first.
    pub async fn service_entries(
        &self,
        member: &MemberId,
        service: &str,
    ) -> Result<Vec<Submitted>, StoreError> {
        let sql = "SELECT service, reference, status, body, at FROM service_entries \
                   WHERE member_id = $1 AND service = $2 ORDER BY at DESC, reference LIMIT $3";
        let most = i64::try_from(MOST_SUBMISSIONS).unwrap_or(i64::MAX);
        let read = self.database.read();
        let rows = fetch_all!(read, EntryRow, sql, member.as_str(), service, most)?;
        let Some(oldest) = rows.last().map(|row| row.at) else { return Ok(Vec::new()) };
        let mut steps = self.service_steps(member.as_str(), service, oldest).await?;
        let submitted = |row: EntryRow| {
            let decided = steps.remove(&row.reference).unwrap_or_default();
            row.submitted(decided)
        };
        rows.into_iter().map(submitted).collect()
    }

    /// Keeps what a member entered, once under its key.
    pub async fn enter(&self, entry: &Entry<'_>) -> Result<Entered, StoreError> {
        let body = ENTRIES.to_json("body", entry.values)?;
        if let Some(before) = self.entered_under(entry, &body).await? {
            return Ok(before);
        }
        let sql = "SELECT COUNT(*) FROM service_entries WHERE member_id = $1 AND service = $2";
        let (member, service) = (entry.member.as_str(), entry.service);
        let (count,) = fetch_one!(self.database.read(), (i64,), sql, member, service)?;
        if count >= MOST_ENTRIES || service.len() > LONGEST_NAME {
            return Ok(Entered::Full);
        }
        let sql = "INSERT INTO service_entries \
                   (member_id, service, key, reference, status, body, at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (member_id, key) DO NOTHING";
        let write = self.database.write();
        let (reference, at) = (entry.reference.as_str(), micros(entry.at));
        let text = body.as_str();
        execute!(write, sql, member, service, entry.key, reference, entry.status, text, at)?;
        // Another server may have been quicker.
        let kept = self.entered_under(entry, &body).await?;
        kept.ok_or_else(|| ENTRIES.corrupt("key"))
    }

    async fn entered_under(
        &self,
        entry: &Entry<'_>,
        body: &str,
    ) -> Result<Option<Entered>, StoreError> {
        let sql = "SELECT service, reference, status, body, at FROM service_entries \
                   WHERE member_id = $1 AND key = $2";
        let member = entry.member.as_str();
        let row = fetch_optional!(self.database.write(), EntryRow, sql, member, entry.key)?;
        Ok(row.map(|row| {
            if row.service != entry.service || row.body != body {
                return Entered::Other;
            }
            let at = instant(row.at);
            Entered::Kept(EntryReceipt { reference: row.reference, at, status: row.status })
        }))
    }
}

impl Update {
    /// Puts the rows of one service, newest first, in the place of those that were there.
    pub async fn put_service_rows(
        &mut self,
        member: &MemberId,
        service: &str,
        rows: &[Row],
        changed_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM service_rows WHERE member_id = $1 AND service = $2";
        execute!(self.transaction.on(), sql, member.as_str(), service)?;
        let sql = "INSERT INTO service_rows (member_id, service, position, body, changed_at) \
                   VALUES ($1, $2, $3, $4, $5)";
        for (row, position) in rows.iter().zip(0_i64..) {
            let body = ROWS.to_json("body", row)?;
            let at = micros(changed_at);
            execute!(self.transaction.on(), sql, member.as_str(), service, position, body, at)?;
        }
        Ok(())
    }
}
