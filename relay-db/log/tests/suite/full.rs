//! The disk under the log is full: nothing is acknowledged that is not kept, and it goes on when
//! there is room again, without a restart.
//!
//! The test starts itself again as a child in a mount namespace of its own, on a file system of a
//! few megabytes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tokio::task::JoinSet;
use warifu_log::verify::verify;
use warifu_log::{Log, LogError, NoteKey, NoteSigner as _, Pace, Series};
use warifu_service::clock::SeededEntropy;
use warifu_service::seal::KeyRing;
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings};

use crate::support::check_of;

const FOLDER: &str = "WARIFU_LOG_FULL_FOLDER";

#[test]
fn a_full_disk_refuses_loses_nothing_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=6m tmpfs \"$WARIFU_LOG_FULL_FOLDER\" && exec \"$@\"";
    let child = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "full::child_fills_its_disk", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    let complained = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && said.contains("1 passed"), "{said}{complained}");
}

#[tokio::test]
#[ignore = "only the test above starts it"]
async fn child_fills_its_disk() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let folder = PathBuf::from(folder);
    let entropy = SeededEntropy::new(1);
    let ring = Arc::new(KeyRing::generate("test", &entropy).unwrap());
    let signer = Arc::new(NoteKey::generate("relay.example/log", &entropy).unwrap());
    // What takes up the room, and is taken away later.
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0; 3 << 20]).unwrap();
    let log = open(&folder, &ring, &signer).await;

    let before = fill(&log).await;
    for _ in 0..3 {
        let refused = log.append(check_of(Some("late"))).await;
        assert!(matches!(refused, Err(LogError::Full)), "{refused:?}");
        assert!(refused.unwrap_err().is_passing());
    }
    let history = log.history("subject-0", Series::Disclosure, None, 10).await.unwrap();
    assert!(!history.is_empty(), "what is there can still be read");
    log.proof(before - 1).await.unwrap();

    std::fs::remove_file(&ballast).unwrap();
    let receipt = log.append(check_of(Some("late"))).await.unwrap();
    assert_eq!((receipt.index, receipt.subject_sequence), (before, 1));
    let verifier = signer.verifier();
    let report = verify(log.database(), &ring, verifier, None).await.unwrap();
    assert_eq!(report.events, before + 1, "every acknowledged event, and no other");
    log.close().await;
    log.database().close().await;
    let again = open(&folder, &ring, &signer).await;
    assert_eq!(again.checkpoint().await.unwrap().size, before + 1);
}

async fn open(folder: &Path, ring: &Arc<KeyRing>, signer: &Arc<NoteKey>) -> Log {
    let config = DatabaseConfig::sqlite(&folder.join("log.db"));
    let database = Database::connect(&config).await.unwrap();
    let (ring, signer) = (Arc::clone(ring), Arc::clone(signer));
    Log::open(database, ring, signer, Surroundings::system(), Pace::default()).await.unwrap()
}

/// Appends until the disk is full; gives how many events were acknowledged.
async fn fill(log: &Log) -> u64 {
    let mut acknowledged = 0;
    for round in 0..1_000 {
        let mut tasks = JoinSet::new();
        for number in 0..50 {
            let log = log.clone();
            let event = check_of(Some(&format!("subject-{number}")));
            tasks.spawn(async move { log.append(event).await });
        }
        let results = tasks.join_all().await;
        acknowledged += results.iter().filter(|result| result.is_ok()).count() as u64;
        let refusals: Vec<_> = results.into_iter().filter_map(Result::err).collect();
        assert!(refusals.iter().all(|refusal| matches!(refusal, LogError::Full)), "{refusals:?}");
        if !refusals.is_empty() && round > 0 {
            return settle(log, acknowledged).await;
        }
    }
    panic!("the disk is never full");
}

/// Single events may still fit where a group did not.
async fn settle(log: &Log, mut acknowledged: u64) -> u64 {
    while log.append(check_of(Some("subject-0"))).await.is_ok() {
        acknowledged += 1;
    }
    acknowledged
}
