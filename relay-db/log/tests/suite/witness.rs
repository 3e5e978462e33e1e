//! A witness cosigns a log that grows, and refuses one that was rewritten.

use jiff::SignedDuration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use warifu_log::witness::{Refusal, Witness, WitnessConfig};
use warifu_log::{Checkpoint, ConsistencyProof, Log, NoteKey, NoteSigner as _};
use warifu_service::Surroundings;
use warifu_service::clock::{Clock as _, SeededEntropy, SystemEntropy};
use warifu_service::http::ListenConfig;
use warifu_service::storage::DatabaseConfig;

use crate::support::{Bench, check_of};

struct Booth {
    config: WitnessConfig,
    surroundings: Surroundings,
    _folder: TempDir,
}

impl Booth {
    /// A witness of `bench`'s log, on the same engine.
    fn of(bench: &Bench) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("witness.pem");
        let name = "witness.example/w1";
        NoteKey::generate(name, &SeededEntropy::new(9)).unwrap().save(&key).unwrap();
        let database = if bench.config.url.starts_with("sqlite:") {
            DatabaseConfig::sqlite(&folder.path().join("witness.db"))
        } else {
            bench.another_schema.clone().unwrap()
        };
        let config = WitnessConfig {
            listen: ListenConfig { address: "127.0.0.1:0".parse().unwrap(), tls: None },
            database,
            name: name.to_owned(),
            key,
            logs: vec![bench.verifier().to_string()],
        };
        let surroundings = Surroundings {
            clock: bench.clock.clone(),
            entropy: std::sync::Arc::new(SystemEntropy),
        };
        Self { config, surroundings, _folder: folder }
    }

    async fn open(&self) -> Witness {
        Witness::open(&self.config, self.surroundings.clone()).await.unwrap()
    }
}

async fn request(log: &Log, old: u64) -> String {
    let head = log.checkpoint().await.unwrap();
    log.consistency_proof(&head, old).await.unwrap().to_string()
}

async fn append(log: &Log, events: usize) {
    for _ in 0..events {
        log.append(check_of(Some("taro"))).await.unwrap();
    }
}

#[tokio::test]
async fn a_log_that_grows_is_cosigned_again_and_again_also_after_a_restart() {
    for bench in Bench::all().await {
        let booth = Booth::of(&bench);
        let (log, mut old) = (bench.open().await, 0);
        for events in [3, 0, 7, 1] {
            append(&log, events).await;
            let witness = booth.open().await;
            let line = witness.cosign(&request(&log, old).await).await.unwrap();
            let head = log.checkpoint().await.unwrap();
            let seen = witness.verifier().witnessed(&(head.note + &line)).unwrap().unwrap();
            assert_eq!(seen.at, bench.clock.now());
            bench.clock.advance(SignedDuration::from_secs(60));
            old = head.size;
            witness.close().await;
        }
    }
}

#[tokio::test]
async fn a_proof_from_another_size_is_told_the_right_one() {
    for bench in Bench::all().await {
        let booth = Booth::of(&bench);
        let (log, witness) = (bench.open().await, booth.open().await);
        append(&log, 5).await;
        assert!(matches!(
            witness.cosign(&request(&log, 3).await).await,
            Err(Refusal::OtherSize(0))
        ));
        witness.cosign(&request(&log, 0).await).await.unwrap();
        append(&log, 5).await;
        assert!(matches!(
            witness.cosign(&request(&log, 0).await).await,
            Err(Refusal::OtherSize(5))
        ));
        witness.cosign(&request(&log, 5).await).await.unwrap();
    }
}

/// The log's owner shows 太郎 one version, and others another, both signed.
#[tokio::test]
async fn a_forked_log_is_refused() {
    for (bench, other) in Bench::all().await.into_iter().zip(Bench::all().await) {
        let booth = Booth::of(&bench);
        let witness = booth.open().await;
        let (log, fork) = (bench.open().await, other.open().await);
        append(&log, 6).await;
        append(&fork, 6).await;
        witness.cosign(&request(&log, 0).await).await.unwrap();
        // Of the same size.
        let shown = witness.cosign(&request(&fork, 6).await).await;
        assert!(matches!(shown, Err(Refusal::Fork(6))), "{shown:?}");
        // Grown, with its own proof and with the true log's.
        append(&log, 4).await;
        append(&fork, 4).await;
        let shown = witness.cosign(&request(&fork, 6).await).await;
        assert!(matches!(shown, Err(Refusal::Inconsistent)), "{shown:?}");
        let mut mixed: ConsistencyProof = request(&log, 6).await.parse().unwrap();
        mixed.checkpoint = fork.checkpoint().await.unwrap().note;
        let shown = witness.cosign(&mixed.to_string()).await;
        assert!(matches!(shown, Err(Refusal::Inconsistent)), "{shown:?}");
        // The true one goes on.
        witness.cosign(&request(&log, 6).await).await.unwrap();
    }
}

#[tokio::test]
async fn a_log_cut_back_is_refused() {
    let bench = Bench::all().await.remove(0);
    let booth = Booth::of(&bench);
    let (log, witness) = (bench.open().await, booth.open().await);
    append(&log, 4).await;
    let earlier = request(&log, 0).await;
    append(&log, 4).await;
    witness.cosign(&request(&log, 0).await).await.unwrap();
    assert!(matches!(witness.cosign(&earlier).await, Err(Refusal::OtherSize(8))));
    let mut back: ConsistencyProof = earlier.parse().unwrap();
    back.old = 8;
    assert!(matches!(witness.cosign(&back.to_string()).await, Err(Refusal::Malformed)));
}

#[tokio::test]
async fn only_known_logs_and_their_own_signatures_count() {
    let bench = Bench::all().await.remove(0);
    let witness = Booth::of(&bench).open().await;
    let root = tlog_tiles::record_hash(b"x");
    let key = |name: &str, seed| NoteKey::generate(name, &SeededEntropy::new(seed)).unwrap();
    let shown = |key: NoteKey| {
        let checkpoint = Checkpoint::sign(1, root, &key).unwrap().note;
        assert!(!key.verifier().name().is_empty());
        ConsistencyProof { old: 0, hashes: Vec::new(), checkpoint }.to_string()
    };
    let unknown = witness.cosign(&shown(key("other.example/log", 1))).await;
    assert!(matches!(unknown, Err(Refusal::UnknownLog)));
    let unsigned = witness.cosign(&shown(key("relay.example/log", 1))).await;
    assert!(matches!(unsigned, Err(Refusal::Unsigned)));
    for text in ["", "old 0", "old 0\n\n", "old x\n\nrelay.example/log\n"] {
        let refused = witness.cosign(text).await;
        assert!(matches!(refused, Err(Refusal::Malformed | Refusal::UnknownLog)), "{text:?}");
    }
}

/// Many at once, from the same size: each answer is about a head that was kept, and the size never
/// goes back.
#[tokio::test]
async fn requests_at_once_never_turn_it_back() {
    for bench in Bench::all().await {
        let booth = Booth::of(&bench);
        let (log, witness) = (bench.open().await, booth.open().await);
        append(&log, 2).await;
        witness.cosign(&request(&log, 0).await).await.unwrap();
        let mut requests = Vec::new();
        for _ in 0..8 {
            append(&log, 1).await;
            requests.push(request(&log, 2).await);
        }
        let mut tasks = JoinSet::new();
        for request in requests {
            let witness = witness.clone();
            tasks.spawn(async move { witness.cosign(&request).await });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        let others = results.iter().filter(|result| matches!(result, Err(Refusal::OtherSize(_))));
        assert_eq!(others.count(), 7);
    }
}
