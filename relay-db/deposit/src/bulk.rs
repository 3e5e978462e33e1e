//! Many cards at once, in each engine's own words: the one place where the two differ.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, PgConnection, Sqlite, SqliteConnection};
use warifu_service::storage::{Engine, Transaction};

use crate::key::CardId;

/// Rows of one statement on SQLite. Always as many, so that its text is prepared once.
const GROUP: usize = 512;

/// A card to be written; without a body it is gone.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub card: CardId,
    pub body: Vec<u8>,
}

/// Writes `rows` as those of deposit `number`.
pub(crate) async fn insert(
    transaction: &mut Transaction,
    number: i64,
    rows: &[Row],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    match transaction.on() {
        Engine::Sqlite(connection) => insert_sqlite(connection, number, rows).await,
        Engine::Postgres(connection) => insert_postgres(connection, number, rows).await,
    }
}

async fn insert_sqlite(
    connection: &mut SqliteConnection,
    number: i64,
    rows: &[Row],
) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(GROUP) {
        let whole = rows.len() == GROUP;
        let sql = AssertSqlSafe(insert_text(rows.len()));
        let mut query = sqlx::query::<Sqlite>(sql).persistent(whole).bind(number);
        for row in rows {
            query = query.bind(row.card.0.as_slice()).bind(row.body.as_slice());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

fn insert_text(rows: usize) -> String {
    let mut text = "INSERT INTO deposit_card (deposit, card, body) VALUES ".to_owned();
    for row in 0..rows {
        let comma = if row == 0 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}($1, ${}, ${})", row * 2 + 2, row * 2 + 3);
    }
    text
}

/// In the binary form of `COPY` (manual of PostgreSQL, COPY, "Binary Format").
async fn insert_postgres(
    connection: &mut PgConnection,
    number: i64,
    rows: &[Row],
) -> Result<(), sqlx::Error> {
    let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for row in rows {
        bytes.extend(3_i16.to_be_bytes());
        for column in [row.card.0.as_slice(), &number.to_be_bytes(), &row.body] {
            bytes.extend(i32::try_from(column.len()).unwrap_or_default().to_be_bytes());
            bytes.extend(column);
        }
    }
    bytes.extend((-1_i16).to_be_bytes());
    let sql = "COPY deposit_card (card, deposit, body) FROM STDIN (FORMAT binary)";
    let mut copy = connection.copy_in_raw(sql).await?;
    copy.send(bytes).await?;
    copy.finish().await.map(drop)
}
