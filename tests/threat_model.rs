//! The threat model names files and tests of this repository: each of them is there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod named;

use std::path::Path;

use named::{is_test, quoted, source};

const DOCUMENT: &str = include_str!("../docs/threat-model.md");

/// The cells of a row: letters, threat, counter, tests.
type Row = [&'static str; 4];

fn rows() -> Vec<Row> {
    let lines = DOCUMENT.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |"));
    lines
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            <Row>::try_from(cells).unwrap_or_else(|_| panic!("four cells: {line}"))
        })
        .collect()
}

#[test]
fn every_test_that_is_named_exists() {
    for [_, threat, _, tests] in rows() {
        let names: Vec<_> = quoted(tests).collect();
        assert!(!names.is_empty() || tests == "–", "neither a test nor a dash: {threat}");
        for name in names {
            let (path, function) = name.split_once("::").unwrap_or_else(|| panic!("{name}"));
            assert!(is_test(&source(path), function), "{name}, against: {threat}");
        }
    }
}

#[test]
fn every_module_that_counters_exists() {
    let folders = ["connectors/", "idp/", "portal/", "pki/", "relay-db/", "service/", "tests/"];
    for [_, threat, counter, _] in rows() {
        for path in quoted(counter).filter(|word| folders.iter().any(|at| word.starts_with(at))) {
            let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            assert!(place.exists(), "{path}, against: {threat}");
        }
    }
}

#[test]
fn every_joint_has_every_kind_of_threat() {
    let joints: Vec<_> = DOCUMENT.split("\n## ").skip(1).collect();
    assert_eq!(joints.len(), 9);
    for joint in joints {
        let name = joint.lines().next().unwrap();
        for letter in ["S", "T", "R", "I", "D", "E"] {
            let row = format!("\n| {letter} |");
            let lacks = LACKING.contains(&(name, letter));
            assert_ne!(joint.contains(&row), lacks, "{letter} of {name}");
        }
    }
}

/// What a joint has no row of, and need not.
const LACKING: [(&str, &str); 2] = [
    // The agent keeps no record that anybody could deny; the identity provider does.
    ("Page and agent", "R"),
    ("Agent and card", "R"),
];
