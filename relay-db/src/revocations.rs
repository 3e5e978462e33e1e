//! Sign-ins that were ended before their time, by the subject they were about.
//!
//! A subject has one row: the last sign-in that counts no more. All earlier ones went with it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use warifu_service::seal::KeyRing;
use warifu_service::storage::micros;
use warifu_service::{Database, execute, fetch_optional};

/// For longer than an identity provider's session, a ticket and a grant together.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A sign-in of somebody, as an identity provider tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignIn<'a> {
    /// The identity provider.
    pub issuer: &'a str,
    /// Its name for the person at this relay.
    pub subject: &'a str,
    /// When, in seconds since 1970.
    pub at: i64,
}

impl SignIn<'_> {
    /// Whether the end of this sign-in is the end of that one, too.
    pub fn covers(self, other: SignIn<'_>) -> bool {
        self.issuer == other.issuer && self.subject == other.subject && other.at <= self.at
    }
}

/// The store of ended sign-ins.
#[derive(Debug)]
pub(crate) struct Revocations {
    database: Database,
    ring: Arc<KeyRing>,
}

#[derive(sqlx::FromRow)]
struct Row {
    last: i64,
}

impl Revocations {
    pub fn new(database: Database, ring: Arc<KeyRing>) -> Self {
        Self { database, ring }
    }

    /// Whether that sign-in was ended.
    pub async fn covers(&self, sign_in: SignIn<'_>) -> Result<bool, sqlx::Error> {
        let sql = "SELECT last FROM relay_revocation WHERE subject = $1";
        let id = self.id_of(sign_in);
        let row = fetch_optional!(self.database.read(), Row, sql, id.as_slice())?;
        Ok(row.is_some_and(|row| sign_in.at <= row.last))
    }

    /// Ends that sign-in and all before it.
    pub async fn save(&self, sign_in: SignIn<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
        let sql = "INSERT INTO relay_revocation (subject, last, expires) VALUES ($1, $2, $3) \
                   ON CONFLICT (subject) DO UPDATE SET last = excluded.last, \
                   expires = excluded.expires WHERE excluded.last > relay_revocation.last";
        let id = self.id_of(sign_in);
        let expires = micros(now.checked_add(KEPT).unwrap_or(Timestamp::MAX));
        execute!(self.database.write(), sql, id.as_slice(), sign_in.at, expires)?;
        Ok(())
    }

    /// Drops what nothing can stand on any more. `now` in microseconds.
    pub async fn sweep(&self, now: i64) -> Result<u64, sqlx::Error> {
        let sql = "DELETE FROM relay_revocation WHERE expires < $1";
        execute!(self.database.write(), sql, now)
    }

    fn id_of(&self, sign_in: SignIn<'_>) -> [u8; 32] {
        let name = format!("{}\n{}", sign_in.issuer, sign_in.subject);
        self.ring.lookup("relay_revocation.subject", name.as_bytes())
    }
}
