//! Many rows in one statement, in each engine's own words: the one place where the two differ.

use sqlx::{PgConnection, Postgres, QueryBuilder, Sqlite, SqliteConnection};
use warifu_service::Database;
use warifu_service::storage::{Engine, Transaction};

use crate::store::{EventRow, OnceRow};

/// SQLite takes 32,766 values in one statement; an event has six.
const SQLITE_EVENTS: usize = 5_000;

pub(crate) async fn insert_events(
    transaction: &mut Transaction,
    rows: &[EventRow],
) -> Result<(), sqlx::Error> {
    match transaction.on() {
        Engine::Sqlite(connection) => sqlite_events(connection, rows).await,
        Engine::Postgres(connection) => postgres_events(connection, rows).await,
    }
}

pub(crate) async fn insert_once(
    transaction: &mut Transaction,
    rows: &[OnceRow],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    match transaction.on() {
        Engine::Sqlite(connection) => sqlite_once(connection, rows).await,
        Engine::Postgres(connection) => postgres_once(connection, rows).await,
    }
}

/// SQLite's writer then overwrites what it deletes or moves, instead of only leaving it unused: rows
/// are moved when the table's first page is full. PostgreSQL does so when it vacuums.
pub(crate) async fn forget_for_good(transaction: &mut Transaction) -> Result<(), sqlx::Error> {
    if let Engine::Sqlite(connection) = transaction.on() {
        sqlx::query::<Sqlite>("PRAGMA secure_delete = ON").execute(connection).await?;
    }
    Ok(())
}

async fn sqlite_events(
    connection: &mut SqliteConnection,
    rows: &[EventRow],
) -> Result<(), sqlx::Error> {
    let head = "INSERT INTO log_event (idx, subject, sequence, leaf, reference, body) ";
    for rows in rows.chunks(SQLITE_EVENTS) {
        let mut query = QueryBuilder::<Sqlite>::new(head);
        query.push_values(rows, |mut values, row| {
            values.push_bind(row.idx).push_bind(row.subject.as_slice()).push_bind(row.sequence);
            values.push_bind(row.leaf.as_slice()).push_bind(row.reference.as_deref());
            values.push_bind(row.body.as_slice());
        });
        query.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn sqlite_once(
    connection: &mut SqliteConnection,
    rows: &[OnceRow],
) -> Result<(), sqlx::Error> {
    let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO log_once (id, at, answer) ");
    query.push_values(rows, |mut values, row| {
        values.push_bind(row.id.as_slice()).push_bind(row.at).push_bind(row.answer.as_slice());
    });
    query.build().persistent(false).execute(connection).await.map(drop)
}

async fn postgres_events(
    connection: &mut PgConnection,
    rows: &[EventRow],
) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO log_event (idx, subject, sequence, leaf, reference, body) \
               SELECT * FROM UNNEST($1::BIGINT[], $2::BYTEA[], $3::BIGINT[], $4::BYTEA[], \
               $5::BYTEA[], $6::BYTEA[])";
    sqlx::query::<Postgres>(sql)
        .bind(rows.iter().map(|row| row.idx).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.subject.as_slice()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.sequence).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.leaf.as_slice()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.reference.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.body.as_slice()).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(drop)
}

async fn postgres_once(connection: &mut PgConnection, rows: &[OnceRow]) -> Result<(), sqlx::Error> {
    let sql = "INSERT INTO log_once (id, at, answer) \
               SELECT * FROM UNNEST($1::BYTEA[], $2::BIGINT[], $3::BYTEA[])";
    sqlx::query::<Postgres>(sql)
        .bind(rows.iter().map(|row| row.id.as_slice()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.answer.as_slice()).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(drop)
}

/// Takes away what finds a subject's events, before a log is filled at once.
pub(crate) async fn drop_subject_index(database: &Database) -> Result<(), sqlx::Error> {
    match database.write() {
        Engine::Sqlite(pool) => {
            sqlx::query("DROP INDEX log_event_subject").execute(pool).await.map(drop)
        }
        Engine::Postgres(pool) => {
            let sql = "ALTER TABLE log_event DROP CONSTRAINT log_event_pkey";
            sqlx::query(sql).execute(pool).await.map(drop)
        }
    }
}

/// Makes it again, as the migrations do.
pub(crate) async fn make_subject_index(database: &Database) -> Result<(), sqlx::Error> {
    match database.write() {
        Engine::Sqlite(pool) => {
            let sql = "CREATE UNIQUE INDEX log_event_subject ON log_event (subject, idx)";
            sqlx::query(sql).execute(pool).await.map(drop)
        }
        Engine::Postgres(pool) => {
            let sql = "ALTER TABLE log_event ADD PRIMARY KEY (subject, idx)";
            sqlx::query(sql).execute(pool).await.map(drop)
        }
    }
}
