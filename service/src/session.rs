//! Browser sessions: `tower-sessions` over the party's own database, each row sealed and found
//! by a keyed hash of its id, so that neither a stolen database nor a backup opens a session.
//!
//! The party's migrations hold the table, `BLOB` being `BYTEA` on PostgreSQL:
//! `web_sessions (id BLOB PRIMARY KEY, body BLOB NOT NULL, begun_at BIGINT NOT NULL,
//! expires_at BIGINT NOT NULL)`.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, SessionManagerLayer, SessionStore};

use crate::clock::Surroundings;
use crate::seal::KeyRing;
use crate::storage::{self, Database};
use crate::{execute, fetch_optional};

/// A use is written down at most this often, so that a page that changes nothing in its session waits
/// for no commit; by so much a session may end early.
const USE_GRAIN: SignedDuration = SignedDuration::from_secs(30);

/// How long a browser session lives (OWASP ASVS 5.0, 7.3.1 and 7.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SessionLimits {
    /// Minutes without a request after which a session ends.
    pub idle_minutes: u32,
    /// Minutes after which a session ends in any case.
    pub absolute_minutes: u32,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle_minutes: 15, absolute_minutes: 12 * 60 }
    }
}

/// Sessions in the party's database.
#[derive(Clone)]
pub struct Sessions {
    database: Database,
    keys: Arc<KeyRing>,
    surroundings: Surroundings,
    limits: SessionLimits,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").field("limits", &self.limits).finish_non_exhaustive()
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    body: Vec<u8>,
    begun_at: i64,
    expires_at: i64,
}

impl Sessions {
    /// Sessions kept in `database`, sealed with `keys`.
    pub fn new(
        database: Database,
        keys: Arc<KeyRing>,
        surroundings: Surroundings,
        limits: SessionLimits,
    ) -> Self {
        Self { database, keys, surroundings, limits }
    }

    /// The layer that gives handlers `tower_sessions::Session`, under a host-only, secure,
    /// script-proof cookie of that name (which starts with `__Host-`).
    pub fn layer(self, cookie: &'static str) -> SessionManagerLayer<Self> {
        let idle = time::Duration::minutes(i64::from(self.limits.idle_minutes));
        SessionManagerLayer::new(self)
            .with_name(cookie)
            .with_secure(true)
            .with_http_only(true)
            .with_same_site(SameSite::Lax)
            .with_path("/")
            .with_always_save(true)
            .with_expiry(Expiry::OnInactivity(idle))
    }

    /// Deletes what has expired, and says how many.
    pub async fn sweep(&self) -> std::result::Result<u64, sqlx::Error> {
        let now = storage::micros(self.surroundings.now());
        execute!(self.database.write(), "DELETE FROM web_sessions WHERE expires_at <= $1", now)
    }

    fn key(&self, id: Id) -> Vec<u8> {
        self.keys.lookup("web_sessions.id", &id.0.to_be_bytes()).to_vec()
    }

    fn seal(&self, key: &[u8], record: &Record) -> Result<Vec<u8>> {
        let body = serde_json::to_vec(&record.data).map_err(encode)?;
        Ok(self.keys.seal(key, &body, self.surroundings.entropy.as_ref()))
    }

    fn open(&self, key: &[u8], sealed: &[u8]) -> Result<HashMap<String, Value>> {
        let body = self.keys.open(key, sealed).map_err(decode)?;
        serde_json::from_slice(&body).map_err(decode)
    }

    /// The earlier of the idle end and the absolute end, by our own clock.
    fn end(&self, begun: Timestamp) -> i64 {
        let minutes = |count| SignedDuration::from_mins(i64::from(count));
        let idle = self.surroundings.now() + minutes(self.limits.idle_minutes);
        let absolute = begun + minutes(self.limits.absolute_minutes);
        storage::micros(idle.min(absolute))
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // 128 random bits: a second session under the same id does not happen, and the primary
        // key would refuse it.
        record.id = Id(i128::from_be_bytes(self.surroundings.bytes()));
        let now = self.surroundings.now();
        let key = self.key(record.id);
        let sealed = self.seal(&key, record)?;
        let sql = "INSERT INTO web_sessions (id, body, begun_at, expires_at) \
                   VALUES ($1, $2, $3, $4)";
        let (begun, end) = (storage::micros(now), self.end(now));
        execute!(self.database.write(), sql, key, sealed, begun, end).map_err(backend)?;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let key = self.key(record.id);
        let sql = "SELECT body, begun_at, expires_at FROM web_sessions WHERE id = $1";
        let row = fetch_optional!(self.database.read(), Row, sql, key.clone()).map_err(backend)?;
        // Ended meanwhile (signed out elsewhere, card pulled): it does not come back.
        let Some(row) = row else { return Ok(()) };
        let end = self.end(storage::instant(row.begun_at));
        let was_used = storage::instant(end).duration_since(storage::instant(row.expires_at));
        if was_used < USE_GRAIN && self.open(&key, &row.body)? == record.data {
            return Ok(());
        }
        let sealed = self.seal(&key, record)?;
        let sql = "UPDATE web_sessions SET body = $2, expires_at = $3 WHERE id = $1";
        execute!(self.database.write(), sql, key, sealed, end).map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let key = self.key(*id);
        let sql = "SELECT body, begun_at, expires_at FROM web_sessions WHERE id = $1";
        let row = fetch_optional!(self.database.read(), Row, sql, key.clone()).map_err(backend)?;
        let now = storage::micros(self.surroundings.now());
        let Some(row) = row.filter(|row| row.expires_at > now) else {
            return Ok(None);
        };
        let data = self.open(&key, &row.body)?;
        let expiry_date =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(row.expires_at) * 1000)
                .map_err(decode)?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let sql = "DELETE FROM web_sessions WHERE id = $1";
        execute!(self.database.write(), sql, self.key(*id)).map_err(backend)?;
        Ok(())
    }
}

fn backend(cause: impl std::fmt::Display) -> Error {
    Error::Backend(cause.to_string())
}

fn encode(cause: impl std::fmt::Display) -> Error {
    Error::Encode(cause.to_string())
}

fn decode(cause: impl std::fmt::Display) -> Error {
    Error::Decode(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{FrozenClock, SystemEntropy};
    use crate::storage::DatabaseConfig;

    struct Rig {
        sessions: Sessions,
        clock: Arc<FrozenClock>,
        _dir: tempfile::TempDir,
    }

    async fn rig() -> Rig {
        let dir = tempfile::tempdir().unwrap();
        let config = DatabaseConfig::sqlite(&dir.path().join("sessions.db"));
        let database = Database::connect(&config).await.unwrap();
        execute!(
            database.write(),
            "CREATE TABLE web_sessions (id BLOB PRIMARY KEY, body BLOB NOT NULL, \
             begun_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)"
        )
        .unwrap();
        let clock = Arc::new(FrozenClock::at("2026-11-20T01:15:00Z".parse().unwrap()));
        let surroundings = Surroundings { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
        let keys = Arc::new(KeyRing::generate("k", &SystemEntropy).unwrap());
        let limits = SessionLimits { idle_minutes: 15, absolute_minutes: 60 };
        let sessions = Sessions::new(database, keys, surroundings, limits);
        Rig { sessions, clock, _dir: dir }
    }

    impl Rig {
        fn record() -> Record {
            // The store goes by its own clock and limits, whatever the record says.
            Record {
                id: Id(0),
                data: [("who".to_owned(), serde_json::json!("virtual"))].into(),
                expiry_date: OffsetDateTime::UNIX_EPOCH,
            }
        }
    }

    #[tokio::test]
    async fn a_session_reads_back_until_it_is_idle_too_long() {
        let rig = rig().await;
        let mut record = Rig::record();
        rig.sessions.create(&mut record).await.unwrap();
        let read = rig.sessions.load(&record.id).await.unwrap().unwrap();
        assert_eq!(read.data, record.data);
        rig.clock.advance(SignedDuration::from_mins(16));
        assert_eq!(rig.sessions.load(&record.id).await.unwrap(), None);
        assert_eq!(rig.sessions.sweep().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn no_session_outlives_its_absolute_limit() {
        let rig = rig().await;
        let mut record = Rig::record();
        rig.sessions.create(&mut record).await.unwrap();
        for _ in 0..5 {
            rig.clock.advance(SignedDuration::from_mins(11));
            rig.sessions.save(&record).await.unwrap();
        }
        assert!(rig.sessions.load(&record.id).await.unwrap().is_some());
        rig.clock.advance(SignedDuration::from_mins(6));
        assert_eq!(rig.sessions.load(&record.id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_use_is_written_seldom_and_a_change_at_once() {
        let rig = rig().await;
        let mut record = Rig::record();
        rig.sessions.create(&mut record).await.unwrap();
        // Who holds the database lets nobody else write.
        let saved = async |seconds| {
            rig.clock.advance(SignedDuration::from_secs(seconds));
            let hold = rig.sessions.database.begin().await.unwrap();
            let saving = rig.sessions.save(&record);
            let written = tokio::time::timeout(std::time::Duration::from_secs(1), saving).await;
            drop(hold);
            written.is_ok()
        };
        assert!(saved(29).await, "it waited for the database");
        assert!(!saved(1).await, "it did not write");
        record.data.insert("step".to_owned(), serde_json::json!(2));
        rig.sessions.save(&record).await.unwrap();
        let read = rig.sessions.load(&record.id).await.unwrap().unwrap();
        assert_eq!(read.data, record.data);
    }

    #[tokio::test]
    async fn an_ended_session_does_not_come_back_by_a_late_save() {
        let rig = rig().await;
        let mut record = Rig::record();
        rig.sessions.create(&mut record).await.unwrap();
        rig.sessions.delete(&record.id).await.unwrap();
        rig.sessions.save(&record).await.unwrap();
        assert_eq!(rig.sessions.load(&record.id).await.unwrap(), None);
    }
}
