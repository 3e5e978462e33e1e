//! kill -9 in the middle of 10,000 appends: every event whose receipt was given is there.
//!
//! The test starts itself again as a child that appends without pause and prints each index once
//! its receipt is there, kills it, and reads the log.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tokio::task::JoinSet;
use warifu_log::verify::verify;
use warifu_log::{Log, NoteKey, NoteSigner as _, Pace};
use warifu_service::seal::KeyRing;
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings};

use crate::support::check_of;

const FOLDER: &str = "WARIFU_LOG_CRASH_FOLDER";
/// Receipts to wait for before the kill.
const ENOUGH: usize = 5_000;

struct Keys {
    ring: Arc<KeyRing>,
    signer: Arc<NoteKey>,
}

fn keys(folder: &Path) -> Keys {
    let (ring, signer) = (folder.join("keys.toml"), folder.join("log-key.pem"));
    if !ring.exists() {
        let entropy = warifu_service::clock::SystemEntropy;
        KeyRing::generate("test", &entropy).unwrap().save(&ring).unwrap();
        NoteKey::generate("relay.example/log", &entropy).unwrap().save(&signer).unwrap();
    }
    Keys {
        ring: Arc::new(KeyRing::load(&ring).unwrap()),
        signer: Arc::new(NoteKey::load("relay.example/log", &signer).unwrap()),
    }
}

async fn open(folder: &Path) -> Log {
    let Keys { ring, signer } = keys(folder);
    let config = DatabaseConfig::sqlite(&folder.join("log.db"));
    let database = Database::connect(&config).await.unwrap();
    Log::open(database, ring, signer, Surroundings::system(), Pace::default()).await.unwrap()
}

/// The child: never ends by itself.
#[tokio::test]
#[ignore = "only the test below starts it"]
async fn child_appends_until_killed() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let log = open(&PathBuf::from(folder)).await;
    let mut writers = JoinSet::new();
    for writer in 0..64 {
        let log = log.clone();
        writers.spawn(async move {
            loop {
                let subject = format!("subject-{writer}");
                let receipt = log.append(check_of(Some(&subject))).await.unwrap();
                let mut out = std::io::stdout().lock();
                writeln!(out, "acknowledged {}", receipt.index).unwrap();
                out.flush().unwrap();
            }
        });
    }
    writers.join_all().await;
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_appends_until_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills the child after enough receipts; gives every index it acknowledged, until its very end.
fn run_and_kill(folder: &Path) -> BTreeSet<u64> {
    let mut child = start(folder);
    let mut acknowledged = BTreeSet::new();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        if let Some(index) = line.rsplit_once("acknowledged ").and_then(|(_, n)| n.parse().ok()) {
            acknowledged.insert(index);
        }
        if acknowledged.len() == ENOUGH {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    acknowledged
}

#[tokio::test]
async fn a_killed_writer_has_lost_no_event_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    for _ in 0..2 {
        let path = folder.path().to_owned();
        let more = tokio::task::spawn_blocking(move || run_and_kill(&path)).await.unwrap();
        assert!(more.len() >= ENOUGH, "the child ended early");
        assert!(acknowledged.is_disjoint(&more), "an index was given twice");
        acknowledged.extend(more);
    }
    let log = open(folder.path()).await;
    let Keys { ring, signer } = keys(folder.path());
    let report = verify(log.database(), &ring, signer.verifier(), None).await.unwrap();
    let last = acknowledged.last().copied().unwrap();
    assert!(report.events > last, "{} events, {last} acknowledged", report.events);
    for index in acknowledged.iter().step_by(97) {
        log.inclusion_proof(*index).await.unwrap();
    }
}
