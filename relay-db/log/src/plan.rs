//! A person's history must be found by the index, at any size: both engines are asked for their
//! plan.

use warifu_service::storage::{DatabaseConfig, Engine};
use warifu_service::{Database, execute};

use crate::store::{OF_SUBJECT, OF_SUBJECT_SINCE};

const QUERIES: [&str; 2] = [OF_SUBJECT, OF_SUBJECT_SINCE];

#[derive(sqlx::FromRow)]
struct SqliteStep {
    detail: String,
}

#[tokio::test]
async fn sqlite_finds_a_history_by_its_index_and_does_not_sort() {
    let folder = tempfile::tempdir().unwrap();
    let config = DatabaseConfig::sqlite(&folder.path().join("log.db"));
    let database = Database::open(&config, crate::MIGRATIONS).await.unwrap();
    let Engine::Sqlite(pool) = database.read() else { panic!("not SQLite") };
    for query in QUERIES {
        let sql = format!("EXPLAIN QUERY PLAN {query}");
        let steps = sqlx::query_as::<_, SqliteStep>(sqlx::AssertSqlSafe(sql))
            .bind(vec![0_u8; 32])
            .bind(7_i64)
            .bind(7_i64)
            .fetch_all(pool)
            .await
            .unwrap();
        let steps: Vec<_> = steps.into_iter().map(|step| step.detail).collect();
        assert_eq!(steps.len(), 1, "one step, no sorting: {steps:?}");
        assert!(steps[0].contains("INDEX log_event_subject (subject=? AND idx"), "{steps:?}");
    }
}

#[derive(sqlx::FromRow)]
struct PostgresStep {
    #[sqlx(rename = "QUERY PLAN")]
    line: String,
}

#[tokio::test]
async fn postgres_finds_a_history_by_its_index_and_does_not_sort() {
    let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") else { return };
    let schema = "log_plan_of_a_history";
    let plain = Database::connect(&DatabaseConfig { url: url.clone(), connections: 1 }).await;
    let sql = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
    execute!(plain.unwrap().write(), sqlx::AssertSqlSafe(sql)).unwrap();
    let url = format!("{url}?options=-csearch_path%3D{schema}");
    let config = DatabaseConfig { url, connections: 2 };
    let database = Database::open(&config, crate::MIGRATIONS).await.unwrap();
    let mut transaction = database.begin().await.unwrap();
    let Engine::Postgres(connection) = transaction.on() else { panic!("not PostgreSQL") };
    // The table is empty: without this the planner would rather read all of nothing.
    for aside in ["seqscan", "bitmapscan"] {
        let sql = format!("SET LOCAL enable_{aside} = off");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
    }
    for query in QUERIES {
        let sql = format!("EXPLAIN {query}");
        let steps = sqlx::query_as::<_, PostgresStep>(sqlx::AssertSqlSafe(sql))
            .bind(vec![0_u8; 32])
            .bind(7_i64)
            .bind(7_i64)
            .fetch_all(&mut *connection)
            .await
            .unwrap();
        let told: String = steps.into_iter().map(|step| step.line + "\n").collect();
        assert!(told.contains("using log_event_pkey"), "{told}");
        assert!(told.contains("Index Cond: ((subject = ") && !told.contains("Sort"), "{told}");
    }
}
