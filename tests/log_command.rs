//! `warifu log` as an operator, an auditor and a resident use it: the command itself, on files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use warifu_log::{Action, Actor, Cosigner, Event, Log, NoteKey, NoteSigner as _, Outcome, Pace};
use warifu_service::clock::SystemEntropy;
use warifu_service::seal::KeyRing;
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings, execute};

const ORIGIN: &str = "relay.example/log";

/// A relay's configuration with a log in which a clinic looked at 太郎 five times.
struct Bench {
    folder: TempDir,
    ring: Arc<KeyRing>,
    signer: Arc<NoteKey>,
}

impl Bench {
    async fn new(events: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ring = KeyRing::generate("test", &SystemEntropy).unwrap();
        ring.save(&folder.path().join("columns.toml")).unwrap();
        let signer = NoteKey::generate(ORIGIN, &SystemEntropy).unwrap();
        signer.save(&folder.path().join("log.pem")).unwrap();
        let bench = Self { folder, ring: Arc::new(ring), signer: Arc::new(signer) };
        std::fs::write(bench.path("relay.toml"), bench.config()).unwrap();
        std::fs::write(bench.path("log.vkey"), bench.signer.verifier().to_string()).unwrap();
        bench.append(events).await;
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> String {
        let at = |name: &str| self.path(name).display().to_string();
        format!(
            "clients = []\nticket_key = \"none\"\ntoken_key = \"none\"\nidentity_providers = []\n\
             connectors = []\ncolumn_keys = \"{}\"\n\
             [listen]\naddress = \"127.0.0.1:0\"\n[database]\nurl = \"sqlite:none\"\n\
             [client]\nca = \"none\"\n[log]\nkey = \"{}\"\norigin = \"{ORIGIN}\"\n\
             database = {{ url = \"sqlite:{}\" }}\n",
            at("columns.toml"),
            at("log.pem"),
            at("log.db"),
        )
    }

    async fn database(&self) -> Database {
        Database::connect(&DatabaseConfig::sqlite(&self.path("log.db"))).await.unwrap()
    }

    async fn log(&self) -> Log {
        let (ring, signer) = (Arc::clone(&self.ring), Arc::clone(&self.signer));
        let surroundings = Surroundings::system();
        Log::open(self.database().await, ring, signer, surroundings, Pace::default()).await.unwrap()
    }

    async fn append(&self, events: usize) {
        let log = self.log().await;
        for _ in 0..events {
            log.append(look()).await.unwrap();
        }
        log.close().await;
        log.database().close().await;
    }

    /// Runs `warifu log …` in the folder.
    fn run(&self, arguments: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warifu"));
        command.current_dir(self.folder.path()).arg("log");
        command.args(arguments.split_whitespace()).output().unwrap()
    }

    fn succeeds(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments}: {complained}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn fails(&self, arguments: &str, with: &str) {
        let output = self.run(arguments);
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && complained.contains(with), "{arguments}: {complained}");
    }

    fn change(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        std::fs::write(self.path(name), text.replacen(from, to, 1)).unwrap();
    }
}

fn look() -> Event {
    Event {
        action: Action::EligibilityChecked,
        actor: Actor::Staff {
            code: "3710000001".into(),
            member: "member".into(),
            name: "春日見本医院".into(),
        },
        asked: vec!["eligibility".into()],
        check_number: None,
        client: "portal".into(),
        ground: None,
        outcome: Outcome::Answered("valid".into()),
        purpose: Some("treatment".into()),
        source: Some("insurer".into()),
        subject: Some("taro".into()),
    }
}

#[tokio::test]
async fn a_proof_is_checked_offline_with_the_key_alone() {
    let bench = Bench::new(5).await;
    bench.succeeds("prove 2 --config relay.toml --out event.tlog-proof");
    // Nothing of the relay is left on the resident's computer.
    for gone in ["relay.toml", "columns.toml", "log.pem", "log.db"] {
        std::fs::remove_file(bench.path(gone)).unwrap();
    }
    let said = bench.succeeds("verify --key log.vkey event.tlog-proof");
    for part in ["genuine", "春日見本医院", "answered: valid", "3 of the subject's series", ORIGIN]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let json = bench.succeeds("verify --json --key log.vkey event.tlog-proof");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json[0]["event"]["index"], &json[0]["tree_size"]), (&2.into(), &5.into()));
    let other = NoteKey::generate(ORIGIN, &SystemEntropy).unwrap().verifier().to_string();
    bench.fails(&format!("verify --key {other} event.tlog-proof"), "log.note-unsigned");
    bench.change("event.tlog-proof", "index 2", "index 3");
    bench.fails("verify --key log.vkey event.tlog-proof", "log.proof-broken");
}

#[tokio::test]
async fn a_cosigned_head_is_asked_for_and_seen() {
    let bench = Bench::new(3).await;
    let witness = bench.succeeds("key witness.example/w1 witness.pem --witness");
    let log = bench.log().await;
    let key = NoteKey::load("witness.example/w1", &bench.path("witness.pem")).unwrap();
    let cosigner = Cosigner::new(key).unwrap();
    assert_eq!(cosigner.verifier().to_string(), witness.trim_end());
    let (mut head, now) = (log.checkpoint().await.unwrap(), jiff::Timestamp::UNIX_EPOCH);
    head.note += &cosigner.cosign(&head.note, now).unwrap();
    log.keep_cosigned(&head, now).await.unwrap();
    log.close().await;
    bench.succeeds("prove 0 --config relay.toml --out seen");
    bench.append(1).await;
    bench.succeeds("prove 3 --config relay.toml --out unseen");
    let witness = witness.trim_end();
    let said = bench.succeeds(&format!("verify --key log.vkey --witness {witness} seen"));
    assert!(said.contains("witness.example/w1 at 1970-01-01T00:00:00Z"), "{said}");
    bench.fails(&format!("verify --key log.vkey --witness {witness} unseen"), "log.not-witnessed");
    bench.succeeds(&format!("verify --key log.vkey --witness {witness} --need 0 unseen"));
}

#[tokio::test]
async fn a_history_with_an_event_removed_altered_or_moved_is_found() {
    let bench = Bench::new(5).await;
    bench.succeeds("export --config relay.toml --subject taro --out own");
    let said = bench.succeeds("verify --key log.vkey own");
    assert!(said.contains("5 events of one subject's series (disclosure)"), "{said}");
    let text = std::fs::read_to_string(bench.path("own")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let write = |lines: &[&str]| std::fs::write(bench.path("own"), lines.join("\n")).unwrap();
    write(&[&lines[..2], &lines[3..]].concat());
    bench.fails("verify --key log.vkey own", "log.export-gap");
    write(&[lines[0], lines[2], lines[1], lines[3], lines[4], lines[5]]);
    bench.fails("verify --key log.vkey own", "log.export-gap");
    write(&lines);
    bench.change("own", "春日見本医院", "さぬき見本薬局");
    bench.fails("verify --key log.vkey own", "log.export-altered");

    bench.succeeds("export --config relay.toml --out whole");
    assert!(bench.succeeds("verify --key log.vkey whole").contains("The whole log: 5 events"));
}

#[tokio::test]
async fn a_fork_shows_between_files_and_against_a_kept_head() {
    let bench = Bench::new(2).await;
    bench.succeeds("prove 1 --config relay.toml --out before");
    let log = bench.log().await;
    let kept = log.checkpoint().await.unwrap();
    std::fs::write(bench.path("kept"), &kept.note).unwrap();
    log.append(look()).await.unwrap();
    let newest = log.checkpoint().await.unwrap();
    let grown = log.consistency_proof(&newest, kept.size).await.unwrap().to_string();
    std::fs::write(bench.path("grown"), grown).unwrap();
    log.close().await;
    bench.succeeds("prove 2 --config relay.toml --out after");
    bench.succeeds("verify --key log.vkey --kept kept --grown grown before after");
    bench.succeeds("verify --config relay.toml --kept kept");

    // The same keys write another log.
    std::fs::remove_file(bench.path("log.db")).unwrap();
    let _ = std::fs::remove_file(bench.path("log.db-wal"));
    let _ = std::fs::remove_file(bench.path("log.db-shm"));
    bench.append(3).await;
    bench.succeeds("prove 2 --config relay.toml --out forked");
    bench.succeeds("verify --key log.vkey forked");
    bench.fails("verify --key log.vkey after forked", "log.forked");
    bench.fails("verify --key log.vkey --kept kept --grown grown forked", "log.forked");
    bench.fails("verify --config relay.toml --kept kept", "log.fault-rewritten");
}

#[tokio::test]
async fn the_whole_log_is_walked_and_tampering_and_erasures_are_told_apart() {
    let bench = Bench::new(6).await;
    bench.fails("erase 1 --ground order-7 --config relay.toml", "say --yes");
    bench.succeeds("erase 1 2 --ground order-7 --config relay.toml --yes");
    let json = bench.succeeds("verify --config relay.toml --json");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["events"], &json["erased"]), (&7.into(), &2.into()));
    bench.fails("prove 1 --config relay.toml", "log.erased");
    bench.succeeds("export --config relay.toml --subject taro --out own");
    assert!(bench.succeeds("verify --key log.vkey own").contains("2 of them erased"));

    let database = bench.database().await;
    for (sql, fault) in [
        ("UPDATE log_event SET body = X'' WHERE idx = 4", "log.fault-erased"),
        ("UPDATE log_event SET sequence = 9 WHERE idx = 3", "log.fault-altered"),
        ("DELETE FROM log_event WHERE idx = 0", "log.fault-missing"),
    ] {
        execute!(database.write(), sql).unwrap();
        bench.fails("verify --config relay.toml", fault);
    }
}

#[test]
fn the_table_of_events_is_that_of_the_manual() {
    let output = Command::new(env!("CARGO_BIN_EXE_warifu")).args(["log", "events"]).output();
    let manual = include_str!("../docs/access-log.md");
    assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), manual);
}
