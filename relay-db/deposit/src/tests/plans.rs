//! Every look at cards begins at a place in the table's key, however many cards there are.

use sqlx::AssertSqlSafe;
use warifu_service::storage::{Engine, Places, over};

use super::bed::*;
use crate::store::{AFTER, AT, BETWEEN, NOW};

/// The statements, and on which columns of the key they go down the tree.
fn statements() -> [(String, &'static str); 4] {
    [
        (over(NOW, 3, 1, Places::Numbered), "card=? AND deposit=?"),
        (AT.to_owned(), "card=? AND deposit<?"),
        (BETWEEN.to_owned(), "card>? AND card<?"),
        (AFTER.to_owned(), "card>? AND card<?"),
    ]
}

/// With its arguments written out, for engines that want to know their types.
fn spelled(sql: &str, blob: &str) -> String {
    let now = sql.contains("VALUES ($1, $2, $3)");
    let arguments = if now { ["1", "2", blob, ""] } else { [blob, blob, "3", "4"] };
    let at = sql.contains("deposit <= $2");
    let arguments = if at { [blob, "2", "", ""] } else { arguments };
    let mut sql = sql.to_owned();
    for (place, argument) in arguments.iter().enumerate() {
        sql = sql.replace(&format!("${}", place + 1), argument);
    }
    sql
}

#[tokio::test]
async fn cards_are_found_by_their_key() {
    for bed in beds("plans").await {
        let mut transaction = bed.deposits.database().begin().await.unwrap();
        for (sql, on) in statements() {
            match transaction.on() {
                Engine::Sqlite(connection) => {
                    let sql = format!("EXPLAIN QUERY PLAN {}", spelled(&sql, "x'00'"));
                    let steps: Vec<(i64, i64, i64, String)> =
                        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
                    let told: Vec<_> = steps.into_iter().map(|step| step.3).collect();
                    let plan = told.join("\n");
                    assert!(plan.contains(&format!("USING PRIMARY KEY ({on})")), "{plan}");
                    assert!(!plan.contains("SCAN deposit_card"), "{plan}");
                    // Only the few rows of one card are put in order.
                    assert!(!plan.contains("B-TREE FOR ORDER BY"), "{plan}");
                }
                Engine::Postgres(connection) => {
                    for aside in ["seqscan", "bitmapscan"] {
                        let sql = format!("SET LOCAL enable_{aside} = off");
                        sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
                    }
                    let sql = format!("EXPLAIN {}", spelled(&sql, "'\\x00'::bytea"));
                    let steps: Vec<(String,)> =
                        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
                    let told: Vec<_> = steps.into_iter().map(|step| step.0).collect();
                    let plan = told.join("\n");
                    assert!(plan.contains("deposit_card_pkey"), "{plan}");
                    assert!(plan.contains("Index Cond: ((card "), "{plan}");
                    assert!(!plan.contains("Seq Scan on deposit_card"), "{plan}");
                }
            }
        }
    }
}
