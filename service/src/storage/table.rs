//! One statement for many rows: a table of values that a statement reads from.
//!
//! `WITH v (id, at) AS (VALUES (…), (…), …)` in front of a statement means the same to both engines.
//! Its text depends on the number of rows, and engines keep prepared statements by their text: so the
//! table is filled up with empty rows (`NULL`) to the next power of two, and a statement has few
//! texts.

use std::fmt::Write as _;

/// Stands in a statement for the rows of its table.
const ROWS: &str = "{rows}";

/// How an engine writes a value's place in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// `?`, in the order in which values are bound. SQLite looks a place with a name up among all of
    /// them, each time that one is bound.
    InOrder,
    /// `$1`, `$2`, …, as PostgreSQL has them.
    Numbered,
}

/// `rows`, filled up with empty ones.
pub fn filled_up<T>(rows: &[T]) -> impl ExactSizeIterator<Item = Option<&T>> {
    (0..rows.len().next_power_of_two()).map(|place| rows.get(place))
}

/// `sql` with its `{rows}` written out: `($1, $2), ($3, $4)` for two of two columns.
pub fn over(sql: &str, columns: usize, rows: usize, places: Places) -> String {
    let (head, tail) = sql.split_once(ROWS).unwrap_or((sql, ""));
    let mut text = String::with_capacity(sql.len() + rows * (columns * 6 + 4));
    text.push_str(head);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            text.push_str(if column == 1 { "" } else { ", " });
            // Writing to a string cannot fail.
            let _ = match places {
                Places::InOrder => text.write_char('?'),
                Places::Numbered => write!(text, "${}", row * columns + column),
            };
        }
        text.push(')');
    }
    text.push_str(tail);
    text
}

/// Runs one statement over many rows and gives all that it returns:
/// `fetch_over!(tx.on(), Row, "WITH v (id, at) AS (VALUES {rows}) UPDATE …", &jobs, |job| id, at)`,
/// where each column is an expression over `job`, an option that is empty in the rows that only fill
/// the table up. SQLite takes 32,766 values in one statement.
#[macro_export]
macro_rules! fetch_over {
    ($on:expr, $row:ty, $sql:expr, $rows:expr, |$item:ident| $($column:expr),+ $(,)?) => {
        match $on {
            $crate::storage::Engine::Sqlite(on) => {
                let (sql, rows) = $crate::over_rows!(InOrder, $sql, $rows, $($column),+);
                let mut query = $crate::sqlx::query_as::<_, $row>(sql);
                for $item in rows {
                    query = query$(.bind($column))+;
                }
                query.fetch_all(on).await
            }
            $crate::storage::Engine::Postgres(on) => {
                let (sql, rows) = $crate::over_rows!(Numbered, $sql, $rows, $($column),+);
                let mut query = $crate::sqlx::query_as::<_, $row>(sql);
                for $item in rows {
                    query = query$(.bind($column))+;
                }
                query.fetch_all(on).await
            }
        }
    };
}

/// As [`fetch_over!`], and gives the number of rows that the statement changed.
#[macro_export]
macro_rules! execute_over {
    ($on:expr, $sql:expr, $rows:expr, |$item:ident| $($column:expr),+ $(,)?) => {
        match $on {
            $crate::storage::Engine::Sqlite(on) => {
                let (sql, rows) = $crate::over_rows!(InOrder, $sql, $rows, $($column),+);
                let mut query = $crate::sqlx::query(sql);
                for $item in rows {
                    query = query$(.bind($column))+;
                }
                query.execute(on).await.map(|done| done.rows_affected())
            }
            $crate::storage::Engine::Postgres(on) => {
                let (sql, rows) = $crate::over_rows!(Numbered, $sql, $rows, $($column),+);
                let mut query = $crate::sqlx::query(sql);
                for $item in rows {
                    query = query$(.bind($column))+;
                }
                query.execute(on).await.map(|done| done.rows_affected())
            }
        }
    };
}

/// A statement over rows, and the rows filled up: a part of [`fetch_over!`].
#[doc(hidden)]
#[macro_export]
macro_rules! over_rows {
    ($places:ident, $sql:expr, $rows:expr, $($column:expr),+) => {{
        let rows = $crate::storage::filled_up($rows);
        let columns = [$(stringify!($column)),+].len();
        let places = $crate::storage::Places::$places;
        let sql = $crate::storage::over($sql, columns, rows.len(), places);
        ($crate::sqlx::AssertSqlSafe(sql), rows)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_through() {
        let sql = "WITH v (a, b) AS (VALUES {rows}) SELECT 1";
        let numbered = over(sql, 2, 2, Places::Numbered);
        assert_eq!(numbered, "WITH v (a, b) AS (VALUES ($1, $2), ($3, $4)) SELECT 1");
        let in_order = over(sql, 2, 2, Places::InOrder);
        assert_eq!(in_order, "WITH v (a, b) AS (VALUES (?, ?), (?, ?)) SELECT 1");
    }

    #[test]
    fn a_table_is_filled_up_to_a_power_of_two() {
        let filled = |rows: &[u8]| filled_up(rows).map(|row| row.is_some()).collect::<Vec<_>>();
        assert_eq!(filled(&[1]), [true]);
        assert_eq!(filled(&[1, 2, 3]), [true, true, true, false]);
        assert_eq!(filled(&[1, 2, 3, 4]).len(), 4);
    }
}
