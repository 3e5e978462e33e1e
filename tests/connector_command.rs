//! `warifu connector …`, as an operator runs it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::{Command, Output};

use warifu_connectors::services::ManifestVerifier;
use warifu_pki::{FileKey, KeyAlgorithm};

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

#[test]
fn keys_for_links_are_made_once_and_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let make = || warifu(&["new-link-keys", "--out", "links.toml"], folder.path());
    assert!(make().status.success());
    let path = folder.path().join("links.toml");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let keys = std::fs::read(&path).unwrap();
    assert!(!make().status.success(), "links that were made would open no more");
    assert_eq!(std::fs::read(&path).unwrap(), keys);
}

/// What docs/services.md tells a municipality to write.
const EXAMPLE: &str = include_str!("../docs/services.md");

fn warifu(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_warifu"));
    command.current_dir(folder).args(["connector"]).args(arguments).output().unwrap()
}

#[test]
fn the_manuals_manifest_is_sound_and_can_be_signed() {
    let folder = tempfile::tempdir().unwrap();
    let (_, rest) = EXAMPLE.split_once("```toml\n").unwrap();
    let (manifest, _) = rest.split_once("```").unwrap();
    std::fs::write(folder.path().join("waste.toml"), manifest).unwrap();
    let checked = warifu(&["check-manifest", "waste.toml"], folder.path());
    let told = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success() && told.starts_with("ok   city version 1"), "{told}");
    assert!(told.contains("3 fields, 1 views, form"), "{told}");

    let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
    key.save(&folder.path().join("manifest.key")).unwrap();
    let sign = ["sign-manifest", "waste.toml", "--key", "manifest.key", "--out", "manifest.jws"];
    let signed = warifu(&sign, folder.path());
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    let text = std::fs::read_to_string(folder.path().join("manifest.jws")).unwrap();
    let verifier = ManifestVerifier::new("city", &[key.public_key().clone()]).unwrap();
    assert_eq!(verifier.verify(text.trim()).unwrap().services[0].id, "waste");

    let wrong = manifest.replace("unit = \"kg\"", "unit = \"\"");
    std::fs::write(folder.path().join("wrong.toml"), wrong).unwrap();
    let refused = warifu(&["check-manifest", "wrong.toml"], folder.path());
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && why.contains("manifest.words: waste weight"), "{why}");
}
