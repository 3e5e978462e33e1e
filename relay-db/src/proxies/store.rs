//! The store of mandates, the way back from proxies to those they read for, and the codes.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use warifu_contract::mandate::{InviteCode, Mandate};
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::storage::{Transaction, micros};
use warifu_service::{
    Database, Problem, Surroundings, execute, fetch_all, fetch_one, fetch_optional,
};

use crate::links::place;
use crate::sealed;

/// Bytes of an id.
const ID: usize = 16;
/// Mandates that are read of one person, on either side.
const MOST: i64 = 500;
/// For how long entered codes are counted.
const COUNTED: SignedDuration = SignedDuration::from_hours(1);

/// The mandates of the relay.
#[derive(Debug, Clone)]
pub(crate) struct Proxies {
    pub database: Database,
    pub ring: Arc<KeyRing>,
    pub surroundings: Surroundings,
}

/// A mandate as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Whose records they are.
    pub principal: String,
    /// Who reads them, from the acceptance on.
    pub proxy: Option<String>,
    pub mandate: Mandate,
    version: i64,
}

impl Kept {
    /// A mandate that was just offered by `principal`.
    pub fn new(principal: &str, mandate: Mandate) -> Self {
        Self { principal: principal.to_owned(), proxy: None, mandate, version: 0 }
    }

    /// A mandate that `proxy` holds without an offer.
    pub fn held(principal: &str, proxy: &str, mandate: Mandate) -> Self {
        Self { proxy: Some(proxy.to_owned()), ..Self::new(principal, mandate) }
    }
}

/// Why a mandate cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProxyStoreError {
    #[error("proxy.storage: {0}")]
    Storage(#[from] sqlx::Error),
    #[error("proxy.sealed: {0}")]
    Sealed(#[from] SealError),
    #[error("proxy.unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("proxy.id: not 32 hexadecimal digits")]
    Id,
}

impl From<ProxyStoreError> for Problem {
    fn from(cause: ProxyStoreError) -> Self {
        match cause {
            ProxyStoreError::Storage(cause) => cause.into(),
            cause => Self::internal(&cause),
        }
    }
}

/// What is sealed of a mandate.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    principal: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proxy: Option<String>,
    mandate: Mandate,
}

/// Where a mandate is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    principal: String,
    id: String,
}

#[derive(sqlx::FromRow)]
struct MandateRow {
    id: Vec<u8>,
    version: i64,
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    id: Vec<u8>,
    body: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct CodeRow {
    expires: i64,
    body: Vec<u8>,
}

impl Proxies {
    /// The id that a client's key stands for: the same key gives the same mandate.
    pub fn id_for(&self, principal: &str, key: &str) -> String {
        let named = format!("{principal}\n{key}");
        let mut id = HEXLOWER.encode(&self.ring.lookup("relay_mandate.id", named.as_bytes()));
        id.truncate(2 * ID);
        id
    }

    /// The code of the mandate `id`, which nobody can guess without the key and which is stored
    /// nowhere.
    pub fn code_for(&self, principal: &str, id: &str) -> InviteCode {
        let named = format!("{principal}\n{id}");
        let secret = self.ring.lookup("relay_mandate_code.secret", named.as_bytes());
        InviteCode::new(secret.first_chunk().copied().unwrap_or_default())
    }

    /// Every mandate that `principal` gave, newest first.
    pub async fn given(&self, principal: &str) -> Result<Vec<Kept>, ProxyStoreError> {
        let key = self.principal_key(principal);
        let sql = "SELECT id, version, body FROM relay_mandate WHERE subject = $1 LIMIT $2";
        let rows = fetch_all!(self.database.read(), MandateRow, sql, key.as_slice(), MOST)?;
        let kept = rows.into_iter().map(|row| self.kept(&key, &row));
        Ok(newest_first(kept.collect::<Result<_, _>>()?))
    }

    /// Every mandate that `proxy` took up, newest first.
    pub async fn held(&self, proxy: &str) -> Result<Vec<Kept>, ProxyStoreError> {
        let key = self.proxy_key(proxy);
        let sql = "SELECT id, body FROM relay_mandate_held WHERE subject = $1 LIMIT $2";
        let rows = fetch_all!(self.database.read(), HeldRow, sql, key.as_slice(), MOST)?;
        let mut held = Vec::with_capacity(rows.len());
        for row in rows {
            let way: Way = self.open(&held_place(&key, &row.id), &row.body)?;
            held.extend(self.one(&way.principal, &way.id).await?);
        }
        Ok(newest_first(held))
    }

    /// The mandate `id` of `principal`.
    pub async fn one(&self, principal: &str, id: &str) -> Result<Option<Kept>, ProxyStoreError> {
        let Ok(id) = bytes_of(id) else { return Ok(None) };
        let key = self.principal_key(principal);
        let sql = "SELECT id, version, body FROM relay_mandate WHERE subject = $1 AND id = $2";
        let read = self.database.read();
        let row = fetch_optional!(read, MandateRow, sql, key.as_slice(), id.as_slice())?;
        row.map(|row| self.kept(&key, &row)).transpose()
    }

    /// The mandate `id` that `proxy` took up, whether or not it holds.
    pub async fn held_one(&self, proxy: &str, id: &str) -> Result<Option<Kept>, ProxyStoreError> {
        let (key, named) = (self.proxy_key(proxy), self.held_id(id));
        let sql = "SELECT id, body FROM relay_mandate_held WHERE subject = $1 AND id = $2";
        let read = self.database.read();
        let row = fetch_optional!(read, HeldRow, sql, key.as_slice(), named.as_slice())?;
        let Some(row) = row else { return Ok(None) };
        let way: Way = self.open(&held_place(&key, &row.id), &row.body)?;
        let kept = self.one(&way.principal, &way.id).await?;
        Ok(kept.filter(|kept| kept.proxy.as_deref() == Some(proxy)))
    }

    /// The mandate that waits for `code`.
    pub async fn by_code(
        &self,
        code: &InviteCode,
        now: Timestamp,
    ) -> Result<Option<Kept>, ProxyStoreError> {
        let key = self.code_key(code);
        let sql = "SELECT expires, body FROM relay_mandate_code WHERE code = $1";
        let row = fetch_optional!(self.database.read(), CodeRow, sql, key.as_slice())?;
        let Some(row) = row.filter(|row| micros(now) < row.expires) else { return Ok(None) };
        let way: Way = self.open(&place("relay_mandate_code.body", &[&key]), &row.body)?;
        self.one(&way.principal, &way.id).await
    }

    /// Counts that `subject` enters a code; how often that was within the hour.
    pub async fn count_try(&self, subject: &str, now: Timestamp) -> Result<i64, sqlx::Error> {
        let key = self.ring.lookup("relay_mandate_try.subject", subject.as_bytes());
        let end = micros(now.checked_add(COUNTED).unwrap_or(Timestamp::MAX));
        let sql = "INSERT INTO relay_mandate_try (subject, tries, expires) VALUES ($1, 1, $2) \
                   ON CONFLICT (subject) DO UPDATE SET \
                   tries = CASE WHEN relay_mandate_try.expires <= $3 THEN 1 \
                   ELSE relay_mandate_try.tries + 1 END, \
                   expires = CASE WHEN relay_mandate_try.expires <= $3 THEN excluded.expires \
                   ELSE relay_mandate_try.expires END RETURNING tries";
        let write = self.database.write();
        let (tries,) = fetch_one!(write, (i64,), sql, key.as_slice(), end, micros(now))?;
        Ok(tries)
    }

    /// Writes an offered mandate and its code down, unless it is there already.
    pub async fn save(&self, kept: &Kept) -> Result<(), ProxyStoreError> {
        let (key, id) = (self.principal_key(&kept.principal), bytes_of(&kept.mandate.id)?);
        let body = self.seal(&body_place(&key, &id), &body(kept))?;
        let mut transaction = self.database.begin().await?;
        let sql = "INSERT INTO relay_mandate (subject, id, version, body) VALUES ($1, $2, 1, $3) \
                   ON CONFLICT (subject, id) DO NOTHING";
        if execute!(transaction.on(), sql, key.as_slice(), id.as_slice(), body)? == 0 {
            return Ok(());
        }
        let code = self.code_key(&self.code_for(&kept.principal, &kept.mandate.id));
        let way = self.seal(&place("relay_mandate_code.body", &[&code]), &way(kept))?;
        // Two people who are told the same code: neither gets the other's, the later one none.
        let sql = "INSERT INTO relay_mandate_code (code, expires, body) VALUES ($1, $2, $3) \
                   ON CONFLICT (code) DO NOTHING";
        let until = micros(kept.mandate.code_until);
        execute!(transaction.on(), sql, code.as_slice(), until, way)?;
        Ok(transaction.commit().await?)
    }

    /// Writes a mandate that is held from the beginning, with the way from its proxy.
    pub async fn register_in(
        &self,
        transaction: &mut Transaction,
        kept: &Kept,
    ) -> Result<(), ProxyStoreError> {
        let (key, id) = (self.principal_key(&kept.principal), bytes_of(&kept.mandate.id)?);
        let body = self.seal(&body_place(&key, &id), &body(kept))?;
        let sql = "INSERT INTO relay_mandate (subject, id, version, body) VALUES ($1, $2, 1, $3)";
        execute!(transaction.on(), sql, key.as_slice(), id.as_slice(), body)?;
        self.hold_in(transaction, kept).await
    }

    /// Begins to take `kept` on from the version it was read at; none when somebody else took a
    /// step meanwhile. To be committed.
    pub async fn step(&self, kept: &Kept) -> Result<Option<Transaction>, ProxyStoreError> {
        let (key, id) = (self.principal_key(&kept.principal), bytes_of(&kept.mandate.id)?);
        let body = self.seal(&body_place(&key, &id), &body(kept))?;
        let mut transaction = self.database.begin().await?;
        let sql = "UPDATE relay_mandate SET version = version + 1, body = $4 \
                   WHERE subject = $1 AND id = $2 AND version = $3";
        let (key, id) = (key.as_slice(), id.as_slice());
        let is_mine = execute!(transaction.on(), sql, key, id, kept.version, body)? == 1;
        Ok(is_mine.then_some(transaction))
    }

    /// The code of `kept` can be entered no more. False when that was so already.
    pub async fn use_up_in(
        &self,
        transaction: &mut Transaction,
        kept: &Kept,
    ) -> Result<bool, ProxyStoreError> {
        let code = self.code_key(&self.code_for(&kept.principal, &kept.mandate.id));
        let sql = "DELETE FROM relay_mandate_code WHERE code = $1";
        Ok(execute!(transaction.on(), sql, code.as_slice())? == 1)
    }

    /// Writes the way from the proxy of `kept` to it.
    pub async fn hold_in(
        &self,
        transaction: &mut Transaction,
        kept: &Kept,
    ) -> Result<(), ProxyStoreError> {
        let key = self.proxy_key(kept.proxy.as_deref().unwrap_or_default());
        let id = self.held_id(&kept.mandate.id);
        let body = self.seal(&held_place(&key, &id), &way(kept))?;
        let sql = "INSERT INTO relay_mandate_held (subject, id, body) VALUES ($1, $2, $3)";
        execute!(transaction.on(), sql, key.as_slice(), id.as_slice(), body)?;
        Ok(())
    }

    /// Whether nothing later than `at` was said of whether `subject` has a card that opens.
    pub async fn is_latest_word(&self, subject: &str, at: Timestamp) -> Result<bool, sqlx::Error> {
        let key = self.ring.lookup("relay_standing.subject", subject.as_bytes());
        let sql = "SELECT at FROM relay_standing WHERE subject = $1 AND at > $2";
        let read = self.database.read();
        let later = fetch_optional!(read, (i64,), sql, key.as_slice(), at.as_second())?;
        Ok(later.is_none())
    }

    /// Notes when that was said last.
    pub async fn note_word(&self, subject: &str, at: Timestamp) -> Result<(), sqlx::Error> {
        let key = self.ring.lookup("relay_standing.subject", subject.as_bytes());
        let sql = "INSERT INTO relay_standing (subject, at) VALUES ($1, $2) \
                   ON CONFLICT (subject) DO UPDATE SET at = excluded.at \
                   WHERE excluded.at > relay_standing.at";
        execute!(self.database.write(), sql, key.as_slice(), at.as_second())?;
        Ok(())
    }

    /// Drops codes and counts that ended before `now`.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64, sqlx::Error> {
        let now = micros(now);
        let codes = "DELETE FROM relay_mandate_code WHERE expires < $1";
        let tries = "DELETE FROM relay_mandate_try WHERE expires < $1";
        Ok(execute!(self.database.write(), codes, now)?
            + execute!(self.database.write(), tries, now)?)
    }

    fn kept(&self, key: &[u8], row: &MandateRow) -> Result<Kept, ProxyStoreError> {
        let Body { principal, proxy, mandate } = self.open(&body_place(key, &row.id), &row.body)?;
        Ok(Kept { principal, proxy, mandate, version: row.version })
    }

    fn seal(&self, context: &[u8], value: &impl Serialize) -> Result<Vec<u8>, ProxyStoreError> {
        Ok(sealed::seal(&self.ring, self.surroundings.entropy.as_ref(), context, value)?)
    }

    fn open<T: DeserializeOwned>(&self, context: &[u8], body: &[u8]) -> Result<T, ProxyStoreError> {
        sealed::open(&self.ring, context, body)
    }

    fn principal_key(&self, subject: &str) -> [u8; 32] {
        self.ring.lookup("relay_mandate.subject", subject.as_bytes())
    }

    fn proxy_key(&self, subject: &str) -> [u8; 32] {
        self.ring.lookup("relay_mandate_held.subject", subject.as_bytes())
    }

    fn held_id(&self, id: &str) -> [u8; 32] {
        self.ring.lookup("relay_mandate_held.id", id.as_bytes())
    }

    fn code_key(&self, code: &InviteCode) -> [u8; 32] {
        self.ring.lookup("relay_mandate_code.code", code.digits().as_bytes())
    }
}

fn newest_first(mut kept: Vec<Kept>) -> Vec<Kept> {
    kept.sort_by(|a, b| {
        (b.mandate.given.at, &b.mandate.id).cmp(&(a.mandate.given.at, &a.mandate.id))
    });
    kept
}

fn body(kept: &Kept) -> Body {
    Body {
        principal: kept.principal.clone(),
        proxy: kept.proxy.clone(),
        mandate: kept.mandate.clone(),
    }
}

fn way(kept: &Kept) -> Way {
    Way { principal: kept.principal.clone(), id: kept.mandate.id.clone() }
}

fn bytes_of(id: &str) -> Result<Vec<u8>, ProxyStoreError> {
    let bytes = HEXLOWER.decode(id.as_bytes()).ok().filter(|bytes| bytes.len() == ID);
    bytes.ok_or(ProxyStoreError::Id)
}

fn body_place(subject: &[u8], id: &[u8]) -> Vec<u8> {
    place("relay_mandate.body", &[subject, id])
}

fn held_place(subject: &[u8], id: &[u8]) -> Vec<u8> {
    place("relay_mandate_held.body", &[subject, id])
}
