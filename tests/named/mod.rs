//! Tests that documents name, as `file::function`.

use std::path::Path;

/// What stands between backticks.
pub fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The text of a file of this repository.
pub fn source(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether `source` has a test of that name.
pub fn is_test(source: &str, name: &str) -> bool {
    let Some((before, _)) = source.split_once(&format!("fn {name}(")) else { return false };
    let mut above = before.lines().rev().skip_while(|line| matches!(line.trim(), "" | "async"));
    above.next().is_some_and(|line| line.trim().starts_with("#["))
        && (before.contains("test]") || before.contains("::test("))
}
