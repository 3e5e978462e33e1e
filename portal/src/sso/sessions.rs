//! Which browser session belongs to which session at the identity provider, so that the latter's
//! end is the former's.

use jiff::SignedDuration;
use tower_sessions::session::Id;
use tower_sessions::{Session, SessionStore as _};
use warifu_service::{Problem, execute, fetch_all, storage};

use super::arrivals::Person;
use crate::shared::Shared;

/// Longer than any session lives.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

#[derive(sqlx::FromRow)]
struct Row {
    session_index: Vec<u8>,
    session: Vec<u8>,
}

/// Enters the session under the person's session index, where there is one.
pub async fn index(app: &Shared, person: &Person, session: &Session) -> Result<(), Problem> {
    let Some((names, id)) = person.names.as_ref().zip(session.id()) else { return Ok(()) };
    let Some(index) = names.session_index() else { return Ok(()) };
    let key = index_key(app, &person.issuer, index);
    let name_key = name_key(app, &person.issuer, names.value());
    let sealed = app.keys.seal(&key, &id.0.to_be_bytes(), app.surroundings.entropy.as_ref());
    let end = storage::micros(app.surroundings.now() + KEPT);
    let sql = "INSERT INTO session_indexes (session_index, name_id, session, expires_at) \
               VALUES ($1, $2, $3, $4) ON CONFLICT (session_index) DO UPDATE \
               SET session = excluded.session, name_id = excluded.name_id";
    execute!(app.database.write(), sql, key, name_key, sealed, end)?;
    Ok(())
}

/// Ends the sessions of `issuer` under those indexes, or all under the name when there are none;
/// says how many.
pub async fn end(
    app: &Shared,
    issuer: &str,
    name_id: &str,
    indexes: &[String],
) -> Result<usize, Problem> {
    let mut ended = 0;
    if indexes.is_empty() {
        let sql = "DELETE FROM session_indexes WHERE name_id = $1 RETURNING session_index, session";
        ended += delete(app, sql, name_key(app, issuer, name_id)).await?;
    }
    for index in indexes {
        let sql =
            "DELETE FROM session_indexes WHERE session_index = $1 RETURNING session_index, session";
        ended += delete(app, sql, index_key(app, issuer, index)).await?;
    }
    app.ended.notify_waiters();
    Ok(ended)
}

async fn delete(app: &Shared, sql: &'static str, key: Vec<u8>) -> Result<usize, Problem> {
    let rows = fetch_all!(app.database.write(), Row, sql, key)?;
    for row in &rows {
        let bytes = app.keys.open(&row.session_index, &row.session);
        let bytes = bytes.map_err(|cause| Problem::internal(&cause))?;
        let Ok(bytes) = <[u8; 16]>::try_from(bytes.as_slice()) else { continue };
        let id = Id(i128::from_be_bytes(bytes));
        app.sessions.delete(&id).await.map_err(|cause| Problem::internal(&cause))?;
    }
    Ok(rows.len())
}

fn index_key(app: &Shared, issuer: &str, index: &str) -> Vec<u8> {
    keyed(app, "session_indexes.index", issuer, index)
}

fn name_key(app: &Shared, issuer: &str, name_id: &str) -> Vec<u8> {
    keyed(app, "session_indexes.name", issuer, name_id)
}

fn keyed(app: &Shared, context: &str, issuer: &str, value: &str) -> Vec<u8> {
    let value = [issuer.as_bytes(), &[0], value.as_bytes()].concat();
    app.keys.lookup(context, &value).to_vec()
}
