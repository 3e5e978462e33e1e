//! Security events that were obeyed, each once.

use jiff::{SignedDuration, Timestamp};
use warifu_pki::security_event::LONGEST_DELAY;
use warifu_service::storage::micros;
use warifu_service::{execute, fetch_optional};

use super::OfficeApi;

/// Whether the event was obeyed before.
pub(super) async fn is_known(api: &OfficeApi, jti: &str) -> Result<bool, sqlx::Error> {
    let sql = "SELECT jti FROM office_received WHERE jti = $1";
    let database = api.office().database();
    Ok(fetch_optional!(database.read(), (String,), sql, jti)?.is_some())
}

/// Notes that the event was obeyed.
pub(super) async fn note(api: &OfficeApi, jti: &str, now: Timestamp) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO office_received (jti, received_at) VALUES ($1, $2) \
               ON CONFLICT (jti) DO NOTHING";
    execute!(api.office().database().write(), sql, jti, micros(now)).map(drop)
}

/// Drops what could not come again: it would be too old.
pub(super) async fn sweep(api: &OfficeApi, now: Timestamp) -> Result<(), sqlx::Error> {
    // An event may have been issued a little ahead of our clock.
    let kept = LONGEST_DELAY + SignedDuration::from_mins(10);
    let before = now.checked_sub(kept).unwrap_or(Timestamp::MIN);
    let sql = "DELETE FROM office_received WHERE received_at < $1";
    execute!(api.office().database().write(), sql, micros(before)).map(drop)
}
