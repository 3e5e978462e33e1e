//! The page on the trials names every numbered item of their test sheet, and a test for each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod named;

use named::{is_test, quoted, source};

const DOCUMENT: &str = include_str!("../docs/trials.md");

/// The items of each group of the sheet that can still be read.
const GROUPS: [(&str, usize); 4] =
    [("3-02-01", 18), ("3-02-02", 2), ("3-02-03", 4), ("3-03-01", 2)];

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let lines = DOCUMENT.lines().filter(|line| line.starts_with("| "));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

fn items() -> Vec<Vec<&'static str>> {
    rows().filter(|row| row[0].starts_with("3-")).collect()
}

#[test]
fn every_item_of_the_sheet_stands_here_once() {
    let numbers: Vec<_> = items().iter().map(|row| row[0]).collect();
    let all = GROUPS
        .iter()
        .flat_map(|(group, items)| (1..=*items).map(move |item| format!("{group}-{item:02}")));
    assert_eq!(numbers, all.collect::<Vec<_>>());
}

#[test]
fn every_item_has_a_test_of_its_number_with_its_sentence() {
    for row in items() {
        let [number, _, _, sentence, tests] = row[..] else { panic!("five cells: {row:?}") };
        let name = format!("item_{}", number.replace('-', "_"));
        let (path, function) = quoted(tests).next().and_then(|test| test.split_once("::")).unwrap();
        assert_eq!(function, name);
        let source = source(path);
        assert!(is_test(&source, function), "{tests}");
        assert!(sentence.is_ascii() || source.contains(sentence), "{sentence}: {path}");
    }
}

#[test]
fn every_other_test_that_is_named_exists() {
    for row in rows().filter(|row| row.len() == 2 && row[0] != "what") {
        for test in quoted(row[1]) {
            let (path, function) = test.split_once("::").unwrap();
            assert!(is_test(&source(path), function), "{test}");
        }
    }
}
