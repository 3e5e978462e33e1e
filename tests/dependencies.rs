//! Arrows point down only: which of our packages may know which, held over `cargo metadata`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Every package of ours with those of ours it may know. The root package may know all.
const ALLOWED: [(&str, &[&str]); 14] = [
    ("warifu-contract", &[]),
    ("warifu-service", &[]),
    ("warifu-saml", &[]),
    ("warifu-card", &[]),
    ("warifu-pki", &["service"]),
    ("warifu-agent", &["card"]),
    ("warifu-ca", &["pki", "service"]),
    ("warifu-office", &["ca", "pki", "card", "contract", "service"]),
    ("warifu-idp", &["pki", "card", "saml", "service"]),
    ("warifu-log", &["service"]),
    ("warifu-files", &["contract"]),
    ("warifu-deposit", &["contract", "files", "pki", "service"]),
    ("warifu-connectors", &["contract", "files", "pki", "service"]),
    ("warifu-relay", &["log", "deposit", "files", "contract", "connectors", "service", "pki"]),
];
const PORTAL: (&str, &[&str]) = ("warifu-portal", &["saml", "contract", "service"]);

/// Only these may link OpenSSL themselves: they hold keys or speak to cards.
const MAY_USE_OPENSSL: [&str; 10] = [
    "warifu",
    "warifu-pki",
    "warifu-card",
    "warifu-agent",
    "warifu-ca",
    "warifu-idp",
    "warifu-saml",
    "warifu-log",
    "warifu-connectors",
    "warifu-portal",
];

type Graph = BTreeMap<String, BTreeSet<String>>;

/// The normal and build dependencies of our packages, by name; tests may reach further.
fn graph() -> Graph {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let real = dependencies.filter(|dependency| dependency["kind"] != "dev").map(name);
            (name(package), real.collect())
        })
        .collect()
}

#[test]
fn every_package_knows_only_those_below_it() {
    let graph = graph();
    let allowed: BTreeMap<_, _> = ALLOWED.into_iter().chain([PORTAL]).collect();
    let ours: BTreeSet<_> = graph.keys().map(String::as_str).filter(|p| *p != "warifu").collect();
    assert_eq!(ours, allowed.keys().copied().collect(), "each package stands in the table");
    for (package, below) in allowed {
        let below: BTreeSet<_> = below.iter().map(|name| format!("warifu-{name}")).collect();
        let known: BTreeSet<_> = graph[package]
            .iter()
            .filter(|name| *name == "warifu" || name.starts_with("warifu-"))
            .cloned()
            .collect();
        assert!(known.is_subset(&below), "{package} knows {known:?}, may know {below:?}");
    }
}

#[test]
fn only_keyholders_link_openssl() {
    for (package, dependencies) in graph() {
        if dependencies.contains("openssl") {
            assert!(MAY_USE_OPENSSL.contains(&package.as_str()), "{package} links openssl");
        }
    }
}
