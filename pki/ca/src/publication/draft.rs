//! One list, from the records to its row.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use warifu_pki::{RevokedEntry, crl};
use warifu_service::storage::{Transaction, instant, micros};
use warifu_service::{execute, fetch_all, sqlx};

use super::{Due, ListKey};
use crate::folder::Authorities;
use crate::{Ca, CaError, store};

/// How many lists of a shard are kept: the one that is out, and those that somebody may be fetching.
const KEPT: i64 = 3;

/// What a list is to say.
pub(super) struct Draft {
    key: ListKey,
    number: i64,
    this_update: Timestamp,
    next_update: Timestamp,
    entries: Vec<RevokedEntry>,
    changed: Vec<Changed>,
}

/// A list, signed.
pub(super) struct Signed {
    draft: Draft,
    der: Vec<u8>,
}

/// A certificate whose state the previous list does not show.
#[derive(sqlx::FromRow)]
struct Changed {
    serial: String,
    state: String,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    serial: String,
    since: i64,
    reason: Option<i64>,
}

impl Ca {
    /// Reads what a list is to say. What changes while this reads shows as a change again, and makes
    /// the next list.
    pub(super) async fn draft(&self, due: Due) -> Result<Draft, CaError> {
        // A list tells the time in whole seconds, and the records are to agree with it.
        let now = self.now();
        let this_update = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let changed = self.changed(due.key).await?;
        let still_of_interest = due.previous.map_or(Timestamp::MIN, |list| list.this_update);
        Ok(Draft {
            key: due.key,
            number: due.previous.map_or(1, |list| list.number.saturating_add(1)),
            this_update,
            next_update: this_update + self.inner.config.publication.list_lifetime(),
            entries: self.entries(due.key, still_of_interest).await?,
            changed,
        })
    }

    async fn changed(&self, key: ListKey) -> Result<Vec<Changed>, CaError> {
        let sql = "SELECT serial, state FROM certificates \
                   WHERE authority = $1 AND generation = $2 AND shard = $3 AND state <> listed \
                   ORDER BY serial";
        let (branch, generation, shard) = key.columns();
        Ok(fetch_all!(self.inner.database.read(), Changed, sql, branch, generation, shard)?)
    }

    /// RFC 5280 §3.3: a revoked certificate stays for one list after it has expired.
    async fn entries(
        &self,
        key: ListKey,
        still_of_interest: Timestamp,
    ) -> Result<Vec<RevokedEntry>, CaError> {
        let sql = "SELECT serial, since, reason FROM certificates \
                   WHERE authority = $1 AND generation = $2 AND shard = $3 AND state <> 'valid' \
                   AND not_after >= $4 ORDER BY serial";
        let (branch, generation, shard) = key.columns();
        let from = micros(still_of_interest);
        let read = self.inner.database.read();
        let rows = fetch_all!(read, EntryRow, sql, branch, generation, shard, from)?;
        rows.into_iter().map(RevokedEntry::try_from).collect()
    }
}

impl ListKey {
    /// Authority, generation, shard as the records write them.
    pub(crate) fn columns(self) -> (&'static str, i64, i64) {
        (self.branch.name(), i64::from(self.generation), i64::from(self.shard))
    }
}

impl TryFrom<EntryRow> for RevokedEntry {
    type Error = CaError;

    fn try_from(row: EntryRow) -> Result<Self, CaError> {
        let serial = HEXLOWER.decode(row.serial.as_bytes()).ok();
        let (Some(serial), Some(reason)) = (serial, row.reason.and_then(store::reason)) else {
            return Err(CaError::Record { table: "certificates", key: row.serial });
        };
        Ok(Self { serial, at: instant(row.since), reason })
    }
}

impl Draft {
    pub(super) fn sign(self, authorities: &Authorities) -> Result<Signed, CaError> {
        let issuing = self.key.authority(&authorities.issuing);
        let missing = CaError::NoGeneration(self.key.branch, self.key.generation);
        let authority = &issuing.ok_or(missing)?.authority;
        let url = authority.publication().lists.url(self.key.shard).unwrap_or_default();
        let number = u64::try_from(self.number).unwrap_or_default();
        let der =
            crl::build(authority, &url, &self.entries, number, self.this_update, self.next_update)?;
        Ok(Signed { draft: self, der })
    }
}

impl Signed {
    pub(super) fn key(&self) -> ListKey {
        self.draft.key
    }

    pub(super) fn entries(&self) -> usize {
        self.draft.entries.len()
    }

    /// Whether it only renews what the previous list said.
    pub(super) fn changes_nothing(&self) -> bool {
        self.draft.changed.is_empty()
    }

    /// Puts the list out and notes what it shows; `false`, and nothing done, if there is a list of
    /// that number already.
    pub(super) async fn insert(&self, on: &mut Transaction) -> Result<bool, CaError> {
        let Draft { key, number, this_update, next_update, changed, .. } = &self.draft;
        let (branch, generation, shard) = key.columns();
        let sql = "INSERT INTO lists \
                   (authority, generation, shard, number, this_update, next_update, der) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) \
                   ON CONFLICT (authority, generation, shard, number) DO NOTHING";
        let (from, until) = (micros(*this_update), micros(*next_update));
        let der = self.der.as_slice();
        let inserted =
            execute!(on.on(), sql, branch, generation, shard, *number, from, until, der)?;
        if inserted == 0 {
            return Ok(false);
        }
        for certificate in changed {
            let sql = "UPDATE certificates SET listed = $2 WHERE serial = $1";
            execute!(on.on(), sql, certificate.serial.as_str(), certificate.state.as_str())?;
        }
        let sql = "DELETE FROM lists \
                   WHERE authority = $1 AND generation = $2 AND shard = $3 AND number <= $4";
        execute!(on.on(), sql, branch, generation, shard, number - KEPT)?;
        Ok(true)
    }
}
