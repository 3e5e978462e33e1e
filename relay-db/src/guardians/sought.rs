//! Mandates on papers that staff found by the other's insurance card: for a while the way to them,
//! and while one is stopped, who stopped it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use warifu_contract::linking::MaskedTarget;
use warifu_service::storage::{Transaction, micros};
use warifu_service::{execute, fetch_all, fetch_optional};

use super::store::{GuardianStoreError, Guardians, WayRow};
use crate::links::place;

/// How long staff can stop what they found.
const FOUND: SignedDuration = SignedDuration::from_hours(1);
/// In `waiting` of a way: a stopped mandate waits for a second member of staff.
const STOPPED: i64 = 2;

/// A mandate that staff found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sought {
    /// Whose records they are.
    pub principal: String,
    /// The mandate.
    pub id: String,
    /// Whom the insurer found for the card.
    pub target: MaskedTarget,
    /// Who of the staff stopped it, in the relay's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<String>,
}

impl Guardians {
    /// Keeps the way to a mandate for a while; to one that is stopped it stays as it is.
    pub async fn lay(&self, sought: &Sought, now: Timestamp) -> Result<(), GuardianStoreError> {
        let (id, body) = self.sought_row(sought)?;
        let until = micros(now.checked_add(FOUND).unwrap_or(now));
        let sql = "INSERT INTO relay_guardian_way (id, waiting, expires, body) \
                   VALUES ($1, 0, $2, $3) ON CONFLICT (id) DO UPDATE SET \
                   expires = excluded.expires, body = excluded.body \
                   WHERE relay_guardian_way.waiting = 0";
        execute!(self.database.write(), sql, id.as_slice(), until, body)?;
        Ok(())
    }

    /// The mandate `id`, if staff found it lately, or stopped it.
    pub async fn sought(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<Sought>, GuardianStoreError> {
        let id = self.sought_key(id);
        let sql = "SELECT id, body FROM relay_guardian_way WHERE id = $1 AND expires >= $2";
        let row = fetch_optional!(self.database.read(), WayRow, sql, id.as_slice(), micros(now))?;
        row.map(|row| self.sought_in(&row)).transpose()
    }

    /// What is stopped, `most` of it.
    pub async fn stopped(&self, most: i64) -> Result<Vec<Sought>, GuardianStoreError> {
        let sql = "SELECT id, body FROM relay_guardian_way WHERE waiting = $1 ORDER BY id LIMIT $2";
        let rows = fetch_all!(self.database.read(), WayRow, sql, STOPPED, most)?;
        rows.iter().map(|row| self.sought_in(row)).collect()
    }

    /// It is stopped, and waits for a second member of staff until the mandate ends by itself.
    pub async fn stop_in(
        &self,
        transaction: &mut Transaction,
        sought: &Sought,
        expires: Timestamp,
    ) -> Result<(), GuardianStoreError> {
        let (id, body) = self.sought_row(sought)?;
        let sql = "INSERT INTO relay_guardian_way (id, waiting, expires, body) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET \
                   waiting = excluded.waiting, expires = excluded.expires, body = excluded.body";
        execute!(transaction.on(), sql, id.as_slice(), STOPPED, micros(expires), body)?;
        Ok(())
    }

    /// Nothing waits any more, and no way leads to it.
    pub async fn release_in(
        &self,
        transaction: &mut Transaction,
        id: &str,
    ) -> Result<(), GuardianStoreError> {
        let id = self.sought_key(id);
        let sql = "DELETE FROM relay_guardian_way WHERE id = $1";
        execute!(transaction.on(), sql, id.as_slice())?;
        Ok(())
    }

    fn sought_row(&self, sought: &Sought) -> Result<([u8; 32], Vec<u8>), GuardianStoreError> {
        let id = self.sought_key(&sought.id);
        Ok((id, self.seal(&place("relay_guardian_way.body", &[&id]), sought)?))
    }

    fn sought_in(&self, row: &WayRow) -> Result<Sought, GuardianStoreError> {
        self.open(&place("relay_guardian_way.body", &[&row.id]), &row.body)
    }

    fn sought_key(&self, id: &str) -> [u8; 32] {
        self.ring.lookup("relay_guardian_way.mandate", id.as_bytes())
    }
}
