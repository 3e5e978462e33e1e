//! `warifu connector check-source`, as an operator runs it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::{Command, Output};

const CONFIG: &str = r#"
id = "insurer"
kind = "insurer"
name = { ja = "仮想保険者", en = "Sample insurer" }
[listen]
address = "127.0.0.1:8448"
tls = { certificate = "a.pem", key = "a.key", client_ca = "ca.pem" }
[database]
url = "sqlite:own.db"
[relay_jwks]
url = "https://relay.example/jwks.json"
tls = { ca = "ca.pem", certificate = "a.pem", key = "a.key" }
[source]
url = "sqlite:URL"
coverages = "SELECT 1 AS person"
[[source.insurers]]
number = "00000001"
name = "仮想健康保険組合"
address = "東京都"
kind = "society"
virtual = true
valid_from = "1990-04-01"
"#;

fn check(folder: &Path, json: bool) -> Output {
    let path = folder.join("connector.toml");
    let database = folder.join("insurer.db");
    std::fs::write(&database, b"").unwrap();
    std::fs::write(&path, CONFIG.replace("URL", &database.display().to_string())).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_warifu"));
    command.args(["connector", "check-source", "--config"]).arg(path);
    if json {
        command.arg("--json");
    }
    command.output().unwrap()
}

#[test]
fn a_source_that_must_not_go_live_is_told_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let output = check(folder.path(), false);
    assert!(!output.status.success());
    let told = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    let is_told = |mark: &str, check: &str, seen: &str| {
        let of_query = format!("{mark} coverages");
        lines
            .iter()
            .any(|line| line.starts_with(&of_query) && line.contains(check) && line.contains(seen))
    };
    assert!(is_told("ok  ", " connected", ""), "{told}");
    assert!(is_told("FAIL", " columns", "insurer_number"), "{told}");
    let output = check(folder.path(), true);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"][1]["check"], "columns");
    assert_eq!(report["findings"][1]["query"], "coverages");
}
