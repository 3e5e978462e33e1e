//! The relay's keys as it last said them, for the time after a restart.

use jiff::Timestamp;
use warifu_service::storage::{instant, micros};
use warifu_service::{execute, fetch_optional};

use super::{Store, StoreError};

impl Store {
    /// The JWK set that was kept, and when the relay last confirmed it.
    pub async fn relay_keys(&self) -> Result<Option<(String, Timestamp)>, StoreError> {
        let sql = "SELECT jwks, confirmed FROM relay_keys WHERE id = 1";
        let row = fetch_optional!(self.database.read(), (String, i64), sql)?;
        Ok(row.map(|(jwks, confirmed)| (jwks, instant(confirmed))))
    }

    /// Keeps `jwks` in the place of what was kept before.
    pub async fn keep_relay_keys(
        &self,
        jwks: &str,
        confirmed: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO relay_keys (id, jwks, confirmed) VALUES (1, $1, $2) \
                   ON CONFLICT (id) DO UPDATE SET jwks = excluded.jwks, \
                   confirmed = excluded.confirmed";
        execute!(self.database.write(), sql, jwks, micros(confirmed))?;
        Ok(())
    }
}
