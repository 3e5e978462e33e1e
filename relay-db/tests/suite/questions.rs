//! What the relay and its log ask PostgreSQL: each statement finds its rows by a key that leads an
//! index, so that none costs more as tables grow, and none needs more than one shard.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::bed::{Bed, Engine};

/// Rows in each table: enough that reading all of them is never the cheapest way.
const ROWS: u32 = 10_000;
/// Tables of a handful of rows, whatever happens.
const SMALL: [&str; 2] = ["log_head", "_sqlx_migrations"];
/// Fewer would mean that the sources are not read as they are written.
const STATEMENTS: usize = 15;

#[tokio::test]
async fn no_statement_reads_a_whole_table() {
    if std::env::var_os("WARIFU_TEST_POSTGRES").is_none() {
        return;
    }
    let bed = Bed::on(Engine::Postgres).await;
    let mut asked = 0;
    let parts = [("src", &bed.config.database), ("log/src", &bed.config.log.database)];
    for (sources, database) in parts {
        let mut connection = PgConnection::connect(&database.url).await.unwrap();
        let tables = filled_tables(&mut connection).await;
        for sql in statements(sources) {
            if tables.iter().any(|table| sql.contains(table.as_str())) {
                let plan = plan(&mut connection, &sql).await;
                let whole = plan.contains("Seq Scan");
                let led = plan.contains("Index Cond") || !sql.contains("WHERE");
                assert!(led && !whole, "{sql}\n{plan}");
                asked += 1;
            }
        }
    }
    assert!(asked >= STATEMENTS, "only {asked} statements were found");
}

#[tokio::test]
async fn every_table_stands_in_the_manual_with_its_leading_key() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/storage.md");
    let manual = std::fs::read_to_string(file).unwrap();
    for migrations in
        ["migrations/postgres", "log/migrations/postgres", "deposit/migrations/postgres"]
    {
        for file in files(migrations, "sql") {
            let sql = std::fs::read_to_string(file).unwrap();
            for table in sql.split("CREATE TABLE ").skip(1) {
                let name = table.split_whitespace().next().unwrap();
                assert!(manual.contains(&format!("| `{name}` |")), "{name} is not in the manual");
            }
        }
    }
}

/// Fills every table but the small ones, and gives their names.
async fn filled_tables(connection: &mut PgConnection) -> Vec<String> {
    let sql = "SELECT table_name, string_agg(CASE data_type \
               WHEN 'bytea' THEN 'sha256((column_name || i)::BYTEA)' \
               WHEN 'text' THEN '(column_name || i)' ELSE 'i' END, ', ' ORDER BY ordinal_position) \
               FROM (SELECT table_name, ordinal_position, data_type::TEXT \
               FROM information_schema.columns WHERE table_schema = current_schema()) AS columns \
               GROUP BY table_name";
    let tables: Vec<(String, String)> =
        sqlx::query_as(sql).fetch_all(&mut *connection).await.unwrap();
    let mut names = Vec::new();
    for (table, values) in tables {
        if SMALL.contains(&table.as_str()) {
            continue;
        }
        let values = values.replace("column_name", "'c'");
        let sql = format!(
            "TRUNCATE {table}; INSERT INTO {table} SELECT {values} \
             FROM generate_series(1, {ROWS}) AS i; ANALYZE {table}"
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
        names.push(table);
    }
    names
}

/// How PostgreSQL would go about it.
async fn plan(connection: &mut PgConnection, sql: &str) -> String {
    let prepare = format!("PREPARE question {} AS {sql}", parameters(sql));
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.unwrap();
    let types = "SELECT unnest(parameter_types)::TEXT FROM pg_prepared_statements \
                 WHERE name = 'question'";
    let types: Vec<String> = sqlx::query_scalar(types).fetch_all(&mut *connection).await.unwrap();
    let values = types.iter().map(|kind| match kind.as_str() {
        "bytea" => r"'\x00'",
        "text" => "'c5'",
        _ => "1",
    });
    let values: Vec<_> = values.collect();
    let explain = match values.as_slice() {
        [] => "EXPLAIN EXECUTE question".to_owned(),
        values => format!("EXPLAIN EXECUTE question ({})", values.join(", ")),
    };
    let lines = sqlx::query_scalar(AssertSqlSafe(explain)).persistent(false);
    let lines: Vec<String> = lines.fetch_all(&mut *connection).await.unwrap();
    sqlx::raw_sql("DEALLOCATE question").execute(connection).await.unwrap();
    lines.join("\n")
}

/// The types of the parameters: those that the statement does not use have none of their own.
fn parameters(sql: &str) -> String {
    let used = |number: &u8| sql.contains(&format!("${number}"));
    let Some(last) = (1..=9).rev().find(used) else { return String::new() };
    let types = (1..=last).map(|number| if used(&number) { "unknown" } else { "BIGINT" });
    format!("({})", types.collect::<Vec<_>>().join(", "))
}

/// The statements that look for rows, out of the sources under that folder, but for those in each
/// engine's own words.
fn statements(folder: &str) -> Vec<String> {
    let sources = files(folder, "rs").into_iter().filter(|path| !path.ends_with("bulk.rs"));
    let texts = sources.map(|path| std::fs::read_to_string(path).unwrap());
    texts.flat_map(|text| found_in(&text)).collect()
}

fn found_in(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap();
    let starts = ["\"SELECT ", "\"UPDATE ", "\"DELETE ", "\"WITH v "];
    let places = starts.iter().flat_map(|start| code.match_indices(start));
    let literal = |(place, _): (usize, &str)| {
        let text = code[place + 1..].split('"').next().unwrap();
        let lines = text.split("\\\n").map(str::trim_start);
        lines.collect::<String>()
    };
    places
        .map(literal)
        .filter(|sql| !sql.contains("INSERT INTO"))
        .map(|sql| spelled(&sql))
        .collect()
}

/// A statement over many rows as it stands for one: indices are numbers, all else keyed hashes.
fn spelled(sql: &str) -> String {
    let columns = sql.strip_prefix("WITH v (").and_then(|rest| rest.split(')').next());
    let value = |column: &str| match column {
        "idx" => "1::BIGINT",
        _ => r"'\x00'::BYTEA",
    };
    let row: Vec<_> = columns.into_iter().flat_map(|all| all.split(", ")).map(value).collect();
    sql.replace("{rows}", &format!("({})", row.join(", ")))
}

fn files(folder: &str, kind: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == kind) {
                found.push(path);
            }
        }
    }
    found
}
