//! What others have still to be told. A notice is written with the change it tells of, and stays
//! until it was told.

use jiff::Timestamp;
use warifu_pki::security_event::SecurityEvent;
use warifu_service::storage::{Transaction, instant, micros};
use warifu_service::{execute, fetch_all, fetch_one};

use super::Store;
use crate::OfficeError;

const BODY: &str = "outbox.body";
const PAGE: i64 = 100;

/// Something to tell.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    /// Begins with the time, so that notices sort by age.
    pub(crate) id: String,
    /// What to say.
    pub(crate) event: SecurityEvent,
    /// Attempts that failed.
    pub(crate) attempts: i64,
    /// When to try (again).
    pub(crate) due_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Raw {
    id: String,
    body: Vec<u8>,
    attempts: i64,
    due_at: i64,
}

impl Store {
    /// Puts a notice in, under the event's `jti`, due at once.
    pub(crate) async fn tell(
        &self,
        on: &mut Transaction,
        event: &SecurityEvent,
        now: Timestamp,
    ) -> Result<(), OfficeError> {
        let sql = "INSERT INTO outbox (id, audience, body, attempts, due_at) \
                   VALUES ($1, $2, $3, 0, $4)";
        let body = self.seal_json(BODY, &event.jti, event)?;
        execute!(on.on(), sql, event.jti.as_str(), event.aud.as_str(), body, micros(now))?;
        Ok(())
    }

    /// Some of the notices for an audience, due or not, oldest first, from after that id on. One
    /// that does not open stays where it is: the others must not wait for it.
    pub(crate) async fn notices(
        &self,
        audience: &str,
        after: &str,
    ) -> Result<(Vec<Notice>, Option<String>), OfficeError> {
        let sql = "SELECT id, body, attempts, due_at FROM outbox \
                   WHERE audience = $1 AND id > $2 ORDER BY id LIMIT $3";
        let raws = fetch_all!(self.database.read(), Raw, sql, audience, after, PAGE)?;
        let last = raws.last().map(|raw| raw.id.clone());
        Ok((raws.into_iter().filter_map(|raw| self.notice(raw)).collect(), last))
    }

    fn notice(&self, raw: Raw) -> Option<Notice> {
        match self.open_json(BODY, &raw.id, &raw.body) {
            Ok(event) => {
                let due_at = instant(raw.due_at);
                Some(Notice { id: raw.id, event, attempts: raw.attempts, due_at })
            }
            Err(error) => {
                tracing::error!(id = raw.id, %error, "a notice cannot be opened, and is not told");
                None
            }
        }
    }

    /// How many notices wait for an audience.
    pub(crate) async fn backlog(&self, audience: &str) -> Result<i64, OfficeError> {
        let sql = "SELECT count(*) FROM outbox WHERE audience = $1";
        let (waiting,) = fetch_one!(self.database.read(), (i64,), sql, audience)?;
        Ok(waiting)
    }

    /// It could not be told, and is tried again at `next`.
    pub(crate) async fn postpone_notice(
        &self,
        notice: &Notice,
        next: Timestamp,
    ) -> Result<(), OfficeError> {
        let sql = "UPDATE outbox SET attempts = attempts + 1, due_at = $2 WHERE id = $1";
        execute!(self.database.write(), sql, notice.id.as_str(), micros(next))?;
        Ok(())
    }

    /// It was told, or nobody would believe it any more.
    pub(crate) async fn forget_notice(&self, notice: &Notice) -> Result<(), OfficeError> {
        execute!(self.database.write(), "DELETE FROM outbox WHERE id = $1", notice.id.as_str())?;
        Ok(())
    }

    /// Whether `holder` alone may tell the audience until then. Nobody else may, until that is over
    /// or given back.
    pub(crate) async fn lease(
        &self,
        (audience, holder): (&str, &str),
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, OfficeError> {
        let sql = "INSERT INTO office_leases (audience, holder, until) VALUES ($1, $2, $3) \
                   ON CONFLICT (audience) DO UPDATE \
                   SET holder = excluded.holder, until = excluded.until \
                   WHERE office_leases.holder = excluded.holder OR office_leases.until <= $4";
        let on = self.database.write();
        Ok(execute!(on, sql, audience, holder, micros(until), micros(now))? == 1)
    }

    /// Gives the lease back.
    pub(crate) async fn end_lease(&self, audience: &str, holder: &str) -> Result<(), OfficeError> {
        let sql = "UPDATE office_leases SET until = 0 WHERE audience = $1 AND holder = $2";
        execute!(self.database.write(), sql, audience, holder)?;
        Ok(())
    }
}
