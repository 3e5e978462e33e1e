//! The revocation list: made at once when a card is revoked, and again long before it runs out.

use std::time::Duration;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use warifu_pki::{RevokedEntry, crl};
use warifu_service::storage::{Transaction, instant, is_duplicate, micros};
use warifu_service::{execute, fetch_all, fetch_one, fetch_optional, sqlx};

use crate::{CardOffice, OfficeError, store};

/// The authority in the rows of `lists`.
const CARDS: &str = "cards";
/// How often a running office looks whether a list is due.
const LOOK: Duration = Duration::from_secs(2);
/// Offices that publish at the same moment collide; one of them succeeds each time.
const ATTEMPTS: usize = 8;
/// How many lists are kept.
const KEPT: i64 = 8;

/// The list that is out, without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
struct Latest {
    number: i64,
    this_update: i64,
    next_update: i64,
}

#[derive(sqlx::FromRow)]
struct RevokedRow {
    serial: String,
    revoked_at: i64,
    reason: i64,
}

impl CardOffice {
    /// Publishes until told to stop. To be run once by every office that serves; an error is logged
    /// and tried again.
    pub async fn keep_published(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.publish_if_due().await {
                tracing::error!(%error, "the revocation list could not be published");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Publishes if the list is missing, half over, or silent about a revoked card. Gives the
    /// number of the list that is out.
    pub async fn publish_if_due(&self) -> Result<u64, OfficeError> {
        for _ in 0..ATTEMPTS {
            match self.latest().await? {
                Some(latest) if !self.is_due(latest).await? => return Ok(number(latest.number)),
                latest => match self.publish_after(latest).await {
                    Err(error) if is_collision(&error) => {}
                    other => return other,
                },
            }
        }
        Err(OfficeError::Contention)
    }

    /// The number of the list that is out.
    pub(crate) async fn list_number(&self) -> Result<Option<i64>, OfficeError> {
        Ok(self.latest().await?.map(|latest| latest.number))
    }

    /// A list's bytes, DER.
    pub(crate) async fn list(&self, number: i64) -> Result<Vec<u8>, OfficeError> {
        let sql = "SELECT der FROM lists WHERE authority = $1 AND number = $2";
        let (der,) = fetch_one!(self.inner.database.read(), (Vec<u8>,), sql, CARDS, number)?;
        Ok(der)
    }

    async fn latest(&self) -> Result<Option<Latest>, OfficeError> {
        let sql = "SELECT number, this_update, next_update FROM lists \
                   WHERE authority = $1 ORDER BY number DESC LIMIT 1";
        Ok(fetch_optional!(self.inner.database.read(), Latest, sql, CARDS)?)
    }

    async fn is_due(&self, latest: Latest) -> Result<bool, OfficeError> {
        let half = latest.this_update.midpoint(latest.next_update);
        if micros(self.now()) >= half {
            return Ok(true);
        }
        let sql = "SELECT serial FROM certificates \
                   WHERE state = 'revoked' AND listed_in IS NULL LIMIT 1";
        let unlisted = fetch_optional!(self.inner.database.read(), (String,), sql)?;
        Ok(unlisted.is_some())
    }

    /// Makes the list that follows `latest`. If another office has made it meanwhile, the number
    /// collides and everything here is undone.
    async fn publish_after(&self, latest: Option<Latest>) -> Result<u64, OfficeError> {
        let next = latest.map_or(1, |latest| latest.number + 1);
        let still_of_interest = latest.map_or(0, |latest| latest.this_update);
        let this_update = self.now();
        let next_update = this_update + self.inner.config.publication.list_lifetime();

        let mut transaction = self.begin().await?;
        let entries = take_entries(&mut transaction, next, still_of_interest).await?;
        let cards = &self.inner.authorities.cards;
        let der = crl::build(cards, &entries, number(next), this_update, next_update)?;
        insert(&mut transaction, next, this_update, next_update, der).await?;
        transaction.commit().await?;
        tracing::info!(number = next, entries = entries.len(), "revocation list published");
        Ok(number(next))
    }
}

/// Marks what is revoked as listed and gives all that is listed. RFC 5280 §3.3: a revoked
/// certificate stays for one list after it has expired.
async fn take_entries(
    on: &mut Transaction,
    number: i64,
    still_of_interest: i64,
) -> Result<Vec<RevokedEntry>, OfficeError> {
    let sql = "UPDATE certificates SET listed_in = $1 \
               WHERE state = 'revoked' AND listed_in IS NULL";
    execute!(on.on(), sql, number)?;
    let sql = "SELECT serial, revoked_at, reason FROM certificates \
               WHERE state = 'revoked' AND listed_in IS NOT NULL AND not_after >= $1 \
               ORDER BY serial";
    let rows = fetch_all!(on.on(), RevokedRow, sql, still_of_interest)?;
    rows.iter().map(entry).collect()
}

fn entry(row: &RevokedRow) -> Result<RevokedEntry, OfficeError> {
    let serial = HEXLOWER.decode(row.serial.as_bytes()).ok();
    let (Some(serial), Some(reason)) = (serial, store::reason(row.reason)) else {
        return Err(OfficeError::Record { table: "certificates", key: row.serial.clone() });
    };
    Ok(RevokedEntry { serial, at: instant(row.revoked_at), reason })
}

async fn insert(
    on: &mut Transaction,
    number: i64,
    this_update: Timestamp,
    next_update: Timestamp,
    der: Vec<u8>,
) -> Result<(), OfficeError> {
    let sql = "INSERT INTO lists (authority, number, this_update, next_update, der) \
               VALUES ($1, $2, $3, $4, $5)";
    let (this_update, next_update) = (micros(this_update), micros(next_update));
    execute!(on.on(), sql, CARDS, number, this_update, next_update, der)?;
    let sql = "DELETE FROM lists WHERE authority = $1 AND number <= $2";
    execute!(on.on(), sql, CARDS, number - KEPT)?;
    Ok(())
}

fn is_collision(error: &OfficeError) -> bool {
    use warifu_service::storage::StorageError;
    matches!(error, OfficeError::Storage(StorageError::Query(error)) if is_duplicate(error))
}

fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or_default()
}
