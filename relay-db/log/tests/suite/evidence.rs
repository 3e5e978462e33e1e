//! Proofs between heads, published tiles, cosigned heads.

use proptest::prelude::*;
use warifu_log::{Checkpoint, Cosigner, Log, LogError, NoteKey, TilePath};
use warifu_service::clock::{Clock as _, SeededEntropy};

use crate::support::{Bench, check_of};

/// Appends until the log has `size` events, and gives each head on the way.
async fn grow(log: &Log, size: u64) -> Vec<Checkpoint> {
    let mut heads = vec![log.checkpoint().await.unwrap()];
    while heads.last().unwrap().size < size {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..(size - heads.last().unwrap().size).min(97) {
            let log = log.clone();
            tasks.spawn(async move { log.append(check_of(Some("taro"))).await.unwrap() });
        }
        tasks.join_all().await;
        heads.push(log.checkpoint().await.unwrap());
    }
    heads
}

#[tokio::test]
async fn each_head_is_proved_to_have_grown_from_each_before() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        let heads = grow(&log, 600).await;
        for newer in &heads {
            for older in heads.iter().filter(|older| older.size <= newer.size) {
                let proof = log.consistency_proof(newer, older.size).await.unwrap();
                let read: warifu_log::ConsistencyProof = proof.to_string().parse().unwrap();
                assert_eq!(&read.verify(older.root, bench.verifier()).unwrap(), newer);
                let other = tlog_tiles::record_hash(b"another log");
                assert_eq!(read.verify(other, bench.verifier()).is_ok(), older.size == 0);
            }
        }
        let beyond = log.consistency_proof(&heads[1], 601).await;
        assert!(matches!(beyond, Err(LogError::NoSuchEvent)));
    }
}

#[tokio::test]
async fn an_older_head_proves_the_events_it_covers() {
    let bench = Bench::all().await.remove(0);
    let log = bench.open().await;
    let heads = grow(&log, 600).await;
    for head in heads.iter().skip(1) {
        let proof = log.inclusion_in(head, head.size - 1).await.unwrap();
        let leaf = log.history("taro", warifu_log::Series::Disclosure, Some(head.size), 1).await;
        proof.verify_leaf(leaf.unwrap()[0].leaf, bench.verifier()).unwrap();
        let beyond = log.inclusion_in(head, head.size).await;
        assert!(matches!(beyond, Err(LogError::NoSuchEvent)));
    }
}

#[tokio::test]
async fn tiles_are_published_in_the_width_asked_for() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        grow(&log, 300).await;
        let length = async |path: &str| {
            let path = TilePath::parse(path).unwrap();
            log.tile(&path).await.unwrap().map(|tile| tile.len() / 32)
        };
        assert_eq!(length("0/000").await, Some(256));
        assert_eq!(length("0/001.p/44").await, Some(44));
        assert_eq!(length("0/001.p/10").await, Some(10));
        assert_eq!(length("0/001.p/45").await, None);
        assert_eq!(length("0/001").await, None);
        assert_eq!(length("1/000.p/1").await, Some(1));
        assert_eq!(length("2/000.p/1").await, None);
        assert_eq!(length("63/x018/x446/x744/x073/x709/x551/615").await, None);
    }
}

#[tokio::test]
async fn a_cosigned_head_stands_in_the_proofs_of_what_it_covers() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        grow(&log, 5).await;
        assert_eq!(log.cosigned().await.unwrap(), None);
        let witness = NoteKey::generate("witness.example/w1", &SeededEntropy::new(3)).unwrap();
        let witness = Cosigner::new(witness).unwrap();
        let mut head = log.checkpoint().await.unwrap();
        let now = bench.clock.now();
        head.note += &witness.cosign(&head.note, now).unwrap();
        log.keep_cosigned(&head, now).await.unwrap();
        grow(&log, 8).await;

        let proof = log.proof_for("taro", 4).await.unwrap();
        proof.verify_entry(bench.verifier()).unwrap();
        let seen = witness.verifier().witnessed(&proof.checkpoint).unwrap().unwrap();
        assert_eq!((seen.at, proof.checkpoint.as_str()), (now, head.note.as_str()));
        let newer = log.proof_for("taro", 5).await.unwrap();
        newer.verify_entry(bench.verifier()).unwrap();
        assert_eq!(witness.verifier().witnessed(&newer.checkpoint).unwrap(), None);

        let smaller = Checkpoint { size: 2, ..head.clone() };
        log.keep_cosigned(&smaller, now).await.unwrap();
        assert_eq!(log.cosigned().await.unwrap(), Some((head, now)), "never an older one");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn every_event_of_any_tree_is_proved_under_any_head(size in 1u64..700, part in 0u64..700) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bench = Bench::all().await.remove(0);
            let log = bench.open().await;
            let heads = grow(&log, size).await;
            let index = part % size;
            for head in heads.iter().filter(|head| index < head.size) {
                let proof = log.inclusion_in(head, index).await.unwrap();
                let mut carrying = log.proof(index).await.unwrap();
                carrying.hashes = proof.hashes;
                carrying.checkpoint = proof.checkpoint;
                let entry = carrying.verify_entry(bench.verifier()).unwrap();
                assert_eq!(entry.sequence, index + 1);
                let mut elsewhere = carrying.clone();
                elsewhere.index = (index + 1) % head.size.max(2);
                assert!(elsewhere.verify_entry(bench.verifier()).is_err());
            }
        });
    }
}
