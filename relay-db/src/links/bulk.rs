//! Many links in few statements, in each engine's own words.
//!
//! Keyed hashes come in no order, and a tree that grows in no order writes a page for every row. So
//! PostgreSQL is without its keys meanwhile, and SQLite keeps the rows apart, until the trees are
//! made, or merged, in order.

use sqlx::{PgPool, QueryBuilder, Sqlite, SqlitePool};
use warifu_service::Database;

use super::filling::Row;

type Done = Result<(), sqlx::Error>;

const POSTGRES_BEGIN: &str = "ALTER TABLE relay_link DROP CONSTRAINT relay_link_pkey; \
     ALTER TABLE relay_alias DROP CONSTRAINT relay_alias_pkey";
/// Pages as full as those of an index that grew row by row, in no order.
const POSTGRES_KEYS: &str = "SET maintenance_work_mem = '512MB'; \
     ALTER TABLE relay_link ADD PRIMARY KEY (subject, connector) WITH (fillfactor = 70); \
     ALTER TABLE relay_alias ADD PRIMARY KEY (pseudonym) WITH (fillfactor = 70); \
     RESET maintenance_work_mem";
const POSTGRES_SIZE: &str = "SELECT pg_table_size('relay_link') + pg_table_size('relay_alias') \
     AS tables, pg_indexes_size('relay_link') + pg_indexes_size('relay_alias') AS indexes";
const POSTGRES_FILES: &str = "SELECT current_setting('data_directory') || '/' || \
     pg_relation_filepath(name::regclass) AS file FROM (VALUES ('relay_link'), \
     ('relay_link_pkey'), ('relay_alias'), ('relay_alias_pkey')) AS relation (name)";

const SQLITE_BEGIN: &str = "CREATE TABLE filling_link (subject BLOB, connector TEXT, \
     pseudonym BLOB, terms BLOB); CREATE TABLE filling_alias (pseudonym BLOB, subject BLOB)";
const SQLITE_END: &str = "INSERT INTO relay_link (subject, connector, pseudonym, terms) \
     SELECT * FROM filling_link ORDER BY subject, connector; DROP TABLE filling_link; \
     INSERT INTO relay_alias (pseudonym, subject) \
     SELECT * FROM filling_alias ORDER BY pseudonym; DROP TABLE filling_alias; \
     PRAGMA wal_checkpoint(TRUNCATE)";
const SQLITE_SIZE: &str = "SELECT (page_count - freelist_count) * page_size AS tables, \
     0 AS indexes FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
const SQLITE_FILES: &str = "SELECT file FROM pragma_database_list WHERE name = 'main'";

/// What says how much they take.
pub(super) fn size(database: &Database) -> &'static str {
    match database {
        Database::Sqlite { .. } => SQLITE_SIZE,
        Database::Postgres(_) => POSTGRES_SIZE,
    }
}

/// What says where they are.
pub(super) fn files(database: &Database) -> &'static str {
    match database {
        Database::Sqlite { .. } => SQLITE_FILES,
        Database::Postgres(_) => POSTGRES_FILES,
    }
}

/// To be called before [`add`].
pub(super) async fn begin(database: &Database) -> Done {
    match database {
        Database::Sqlite { writer, .. } => {
            sqlx::raw_sql(SQLITE_BEGIN).execute(writer).await.map(drop)
        }
        Database::Postgres(pool) => sqlx::raw_sql(POSTGRES_BEGIN).execute(pool).await.map(drop),
    }
}

/// Adds rows, not yet to be found.
pub(super) async fn add(database: &Database, rows: &[Row]) -> Done {
    match database {
        Database::Sqlite { writer, .. } => add_sqlite(writer, rows).await,
        Database::Postgres(pool) => add_postgres(pool, rows).await,
    }
}

/// Makes them be found. Fails when one was there before.
pub(super) async fn end(database: &Database) -> Done {
    match database {
        Database::Sqlite { writer, .. } => {
            sqlx::raw_sql(SQLITE_END).execute(writer).await?;
        }
        Database::Postgres(pool) => {
            sqlx::raw_sql(POSTGRES_KEYS).execute(pool).await?;
            for table in ["VACUUM (ANALYZE) relay_link", "VACUUM (ANALYZE) relay_alias"] {
                sqlx::raw_sql(table).execute(pool).await?;
            }
            // Written now and not beside the lookups; whoever may not ask for it waits for it.
            let _refused = sqlx::raw_sql("CHECKPOINT").execute(pool).await;
        }
    }
    Ok(())
}

async fn add_sqlite(writer: &SqlitePool, rows: &[Row]) -> Done {
    let mut transaction = writer.begin().await?;
    let head = "INSERT INTO filling_link (subject, connector, pseudonym, terms) ";
    let mut query = QueryBuilder::<Sqlite>::new(head);
    query.push_values(rows, |mut values, row| {
        values.push_bind(row.subject.as_slice()).push_bind(row.connector);
        values.push_bind(row.pseudonym.as_slice()).push_bind(row.terms.as_slice());
    });
    query.build().execute(&mut *transaction).await?;
    let head = "INSERT INTO filling_alias (pseudonym, subject) ";
    let mut query = QueryBuilder::<Sqlite>::new(head);
    query.push_values(rows, |mut values, row| {
        values.push_bind(row.alias.as_slice()).push_bind(row.holder.as_slice());
    });
    query.build().execute(&mut *transaction).await?;
    transaction.commit().await
}

async fn add_postgres(pool: &PgPool, rows: &[Row]) -> Done {
    let links = copied(rows, |row| {
        vec![&row.subject, row.connector.as_bytes(), &row.pseudonym, &row.terms]
    });
    let sql = "COPY relay_link (subject, connector, pseudonym, terms) FROM STDIN (FORMAT binary)";
    copy(pool, sql, links).await?;
    let sql = "COPY relay_alias (pseudonym, subject) FROM STDIN (FORMAT binary)";
    copy(pool, sql, copied(rows, |row| vec![&row.alias, &row.holder])).await
}

async fn copy(pool: &PgPool, sql: &str, rows: Vec<u8>) -> Done {
    use sqlx::postgres::PgPoolCopyExt as _;
    let mut copy = pool.copy_in_raw(sql).await?;
    copy.send(rows).await?;
    copy.finish().await.map(drop)
}

/// Rows in the binary form of `COPY` (manual of PostgreSQL, COPY, "Binary Format").
fn copied<'a>(rows: &'a [Row], columns: impl Fn(&'a Row) -> Vec<&'a [u8]>) -> Vec<u8> {
    let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for row in rows {
        let columns = columns(row);
        bytes.extend(i16::try_from(columns.len()).unwrap_or_default().to_be_bytes());
        for column in columns {
            bytes.extend(i32::try_from(column.len()).unwrap_or_default().to_be_bytes());
            bytes.extend(column);
        }
    }
    bytes.extend((-1_i16).to_be_bytes());
    bytes
}
