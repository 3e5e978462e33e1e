//! Announcements in the portal's own database: an outage of the others must not silence them.

use jiff::SignedDuration;
use warifu_service::{execute, fetch_all, storage};

use super::{Announcement, Deed};
use crate::shared::Shared;

/// How long one is kept after its end, for the administrators to look at.
const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Shown at the same time, at most.
const MOST_CURRENT: i64 = 20;
/// Listed for the administrators, at most.
const MOST: i64 = 200;

/// What is told just now, what has begun first.
pub async fn current(app: &Shared) -> Result<Vec<Announcement>, sqlx::Error> {
    let now = app.surroundings.now();
    let mut all = read(app, storage::micros(now), MOST_CURRENT).await?;
    all.retain(|one| one.is_told(now));
    all.sort_by_key(|one| one.from);
    Ok(all)
}

/// Those that are kept, the newest first.
pub async fn all(app: &Shared) -> Result<Vec<Announcement>, sqlx::Error> {
    let mut all = read(app, i64::MIN, MOST).await?;
    all.sort_by_key(|one| std::cmp::Reverse(one.published.at));
    Ok(all)
}

/// The one with that id.
pub async fn find(app: &Shared, id: &str) -> Result<Option<Announcement>, sqlx::Error> {
    Ok(all(app).await?.into_iter().find(|one| one.id == id))
}

/// Publishes it, once however often it is sent.
pub async fn publish(app: &Shared, one: &Announcement) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO announcements (id, body, ends_at, expires_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (id) DO NOTHING";
    let (end, kept) = (storage::micros(one.until), storage::micros(one.until + KEPT));
    execute!(app.database.write(), sql, one.id.as_str(), sealed(app, one), end, kept)?;
    Ok(())
}

/// Takes it back: it is told no more. One that was taken back before stays as it is.
pub async fn withdraw(app: &Shared, id: &str, deed: Deed) -> Result<bool, sqlx::Error> {
    let found = find(app, id).await?.filter(|one| one.is_told(deed.at));
    let Some(mut one) = found else { return Ok(false) };
    one.withdrawn = Some(deed);
    let sql = "UPDATE announcements SET body = $2 WHERE id = $1";
    execute!(app.database.write(), sql, id, sealed(app, &one))?;
    Ok(true)
}

async fn read(app: &Shared, ends_after: i64, most: i64) -> Result<Vec<Announcement>, sqlx::Error> {
    let sql = "SELECT id, body FROM announcements WHERE ends_at > $1 \
               ORDER BY ends_at DESC LIMIT $2";
    let rows = fetch_all!(app.database.read(), (String, Vec<u8>), sql, ends_after, most)?;
    Ok(rows.into_iter().filter_map(|(id, sealed)| opened(app, &id, &sealed)).collect())
}

fn sealed(app: &Shared, one: &Announcement) -> Vec<u8> {
    let body = serde_json::to_vec(one).unwrap_or_default();
    app.keys.seal(&context(&one.id), &body, app.surroundings.entropy.as_ref())
}

/// What was sealed under that id; a row that was not written by us is left out.
fn opened(app: &Shared, id: &str, sealed: &[u8]) -> Option<Announcement> {
    let body = app.keys.open(&context(id), sealed).ok();
    let one = body.and_then(|body| serde_json::from_slice(&body).ok());
    if one.is_none() {
        tracing::error!("an announcement cannot be opened, and is left out");
    }
    one
}

fn context(id: &str) -> Vec<u8> {
    [b"announcement/", id.as_bytes()].concat()
}
