//! The store of disputes: one for each check at most, its words sealed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use warifu_contract::CheckNumber;
use warifu_contract::dispute::{Dispute, DisputeState};
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::micros;
use warifu_service::{
    Database, Problem, Surroundings, execute, fetch_all, fetch_one, fetch_optional, fetch_over,
};

use crate::links::place;
use crate::sealed;

/// The disputes about several checks.
const ABOUT: &str = "WITH v (number) AS (VALUES {rows}) \
    SELECT d.number, d.body FROM v JOIN relay_dispute d ON d.number = v.number";

/// The disputes of the relay.
#[derive(Debug, Clone)]
pub(crate) struct Disputes {
    pub database: Database,
    pub ring: Arc<KeyRing>,
    pub surroundings: Surroundings,
}

/// A dispute, and between whom it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The clinic's code.
    pub clinic: String,
    /// The holder that answered, by the identifier of its connector.
    pub holder: String,
    /// As both see it; the clinic without the proposal.
    pub dispute: Dispute,
}

/// One side of disputes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side<'a> {
    /// The clinic with that code.
    Clinic(&'a str),
    /// The holder behind that connector.
    Holder(&'a str),
}

/// Why a dispute cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DisputeStoreError {
    #[error("dispute.storage: {0}")]
    Storage(#[from] sqlx::Error),
    #[error("dispute.sealed: {0}")]
    Sealed(#[from] SealError),
    #[error("dispute.unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl From<DisputeStoreError> for Problem {
    fn from(cause: DisputeStoreError) -> Self {
        Self::internal(&cause)
    }
}

#[derive(sqlx::FromRow)]
struct BodyRow {
    number: Vec<u8>,
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    count: i64,
}

impl Disputes {
    /// The dispute about the check `number`.
    pub async fn of(&self, number: &CheckNumber) -> Result<Option<Kept>, DisputeStoreError> {
        let number = self.number_key(number);
        let sql = "SELECT number, body FROM relay_dispute WHERE number = $1";
        let row = fetch_optional!(self.database.read(), BodyRow, sql, number.as_slice())?;
        row.as_ref().map(|row| self.open(row)).transpose()
    }

    /// The disputes about any of the checks `numbers`, in no order, in one statement.
    pub async fn about(&self, numbers: &[CheckNumber]) -> Result<Vec<Kept>, DisputeStoreError> {
        let keys: Vec<_> = numbers.iter().map(|number| self.number_key(number)).collect();
        let read = self.database.read();
        let rows = fetch_over!(read, BodyRow, ABOUT, &keys, |key| key.map(<[u8; 32]>::as_slice))?;
        rows.iter().map(|row| self.open(row)).collect()
    }

    /// At most `limit` of one side: the unanswered, oldest first, then the newest answered.
    pub async fn list(&self, side: Side<'_>, limit: u32) -> Result<Vec<Kept>, DisputeStoreError> {
        let (waiting, answered) = match side {
            Side::Clinic(_) => (
                "SELECT number, body FROM relay_dispute WHERE clinic = $1 AND waiting = 1 \
                 ORDER BY at LIMIT $2",
                "SELECT number, body FROM relay_dispute WHERE clinic = $1 AND waiting = 0 \
                 ORDER BY at DESC LIMIT $2",
            ),
            Side::Holder(_) => (
                "SELECT number, body FROM relay_dispute WHERE holder = $1 AND waiting = 1 \
                 ORDER BY at LIMIT $2",
                "SELECT number, body FROM relay_dispute WHERE holder = $1 AND waiting = 0 \
                 ORDER BY at DESC LIMIT $2",
            ),
        };
        let key = self.side_key(side);
        let (read, limit) = (self.database.read(), i64::from(limit));
        let mut rows = fetch_all!(read, BodyRow, waiting, key.as_slice(), limit)?;
        let read = self.database.read();
        rows.extend(fetch_all!(read, BodyRow, answered, key.as_slice(), limit)?);
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        rows.iter().map(|row| self.open(row)).collect()
    }

    /// How many of the clinic's wait for an answer.
    pub async fn waiting(&self, clinic: &str) -> Result<u64, DisputeStoreError> {
        let key = self.side_key(Side::Clinic(clinic));
        let sql = "SELECT COUNT(*) AS count FROM relay_dispute WHERE clinic = $1 AND waiting = 1";
        let row = fetch_one!(self.database.read(), CountRow, sql, key.as_slice())?;
        Ok(u64::try_from(row.count).unwrap_or(0))
    }

    /// Writes a new one down, unless there is one about that check already.
    pub async fn save(&self, kept: &Kept) -> Result<(), DisputeStoreError> {
        let number = self.number_key(&kept.dispute.check_number);
        let clinic = self.side_key(Side::Clinic(&kept.clinic));
        let holder = self.side_key(Side::Holder(&kept.holder));
        let (at, body) = (micros(kept.dispute.at), self.seal(&number, kept)?);
        let sql = "INSERT INTO relay_dispute (number, clinic, holder, waiting, at, body) \
                   VALUES ($1, $2, $3, 1, $4, $5) ON CONFLICT (number) DO NOTHING";
        let (clinic, holder) = (clinic.as_slice(), holder.as_slice());
        execute!(self.database.write(), sql, number.as_slice(), clinic, holder, at, body)?;
        Ok(())
    }

    /// Puts `kept` in the place of what waits about the same check. False when nothing waits.
    pub async fn replace(&self, kept: &Kept) -> Result<bool, DisputeStoreError> {
        let number = self.number_key(&kept.dispute.check_number);
        let waiting = i64::from(kept.dispute.state() == DisputeState::Open);
        let body = self.seal(&number, kept)?;
        let sql = "UPDATE relay_dispute SET body = $2, waiting = $3 \
                   WHERE number = $1 AND waiting = 1";
        let write = self.database.write();
        Ok(execute!(write, sql, number.as_slice(), body, waiting)? == 1)
    }

    fn open(&self, row: &BodyRow) -> Result<Kept, DisputeStoreError> {
        sealed::open(&self.ring, &body_place(&row.number), &row.body)
    }

    fn seal(&self, number: &[u8], kept: &Kept) -> Result<Vec<u8>, DisputeStoreError> {
        let entropy = self.surroundings.entropy.as_ref();
        Ok(sealed::seal(&self.ring, entropy, &body_place(number), kept)?)
    }

    fn number_key(&self, number: &CheckNumber) -> [u8; 32] {
        self.ring.lookup("relay_dispute.number", number.as_str().as_bytes())
    }

    fn side_key(&self, side: Side<'_>) -> [u8; 32] {
        match side {
            Side::Clinic(code) => self.ring.lookup("relay_dispute.clinic", code.as_bytes()),
            Side::Holder(id) => self.ring.lookup("relay_dispute.holder", id.as_bytes()),
        }
    }
}

fn body_place(number: &[u8]) -> Vec<u8> {
    place("relay_dispute.body", &[number])
}
