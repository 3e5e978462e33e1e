//! What the auditor's pass and the log itself notice.

use warifu_log::verify::{Fault, VerifyError, verify};
use warifu_log::{Checkpoint, Log, LogError, NoteSigner as _, OpenError};
use warifu_service::{Database, Surroundings, execute, fetch_all};

use crate::support::{Bench, check_of};

const EVENTS: u64 = 20;

/// A closed log of twenty events of two subjects, and its head.
async fn filled(bench: &Bench) -> (Database, Checkpoint) {
    let log = bench.open().await;
    for number in 0..EVENTS {
        let subject = if number % 2 == 0 { "taro" } else { "hanako" };
        log.append(check_of(Some(subject))).await.unwrap();
    }
    log.close().await;
    let head = log.checkpoint().await.unwrap();
    (log.database().clone(), head)
}

async fn fault(bench: &Bench, database: &Database, kept: Option<&Checkpoint>) -> Fault {
    match verify(database, &bench.ring, bench.verifier(), kept).await {
        Err(VerifyError::Fault(fault)) => fault,
        other => panic!("no fault found: {other:?}"),
    }
}

#[tokio::test]
async fn an_untouched_log_is_in_order() {
    for bench in Bench::all().await {
        let (database, head) = filled(&bench).await;
        let report = verify(&database, &bench.ring, bench.verifier(), Some(&head)).await.unwrap();
        assert_eq!((report.events, report.series, report.root), (EVENTS, 2, head.root));
    }
}

#[tokio::test]
async fn an_altered_body_is_found() {
    for bench in Bench::all().await {
        let (database, _) = filled(&bench).await;
        let sql = "UPDATE log_event SET body = (SELECT body FROM log_event WHERE idx = 6) \
                   WHERE idx = 4";
        assert_eq!(execute!(database.write(), sql).unwrap(), 1);
        assert_eq!(fault(&bench, &database, None).await, Fault::Altered(4));
    }
}

#[tokio::test]
async fn a_removed_event_is_found_in_the_middle_and_at_the_end() {
    for bench in Bench::all().await {
        for index in [EVENTS - 1, 7] {
            let (database, _) = filled_once(&bench).await;
            let sql = "DELETE FROM log_event WHERE idx = $1";
            execute!(database.write(), sql, i64::try_from(index).unwrap()).unwrap();
            assert_eq!(fault(&bench, &database, None).await, Fault::Missing(index));
        }
    }
}

/// As [`filled`], for a bench that may have been filled already.
async fn filled_once(bench: &Bench) -> (Database, Checkpoint) {
    let log = bench.open().await;
    let head = log.checkpoint().await.unwrap();
    log.close().await;
    if head.size == 0 { filled(bench).await } else { (log.database().clone(), head) }
}

#[tokio::test]
async fn two_events_in_each_others_place_are_found() {
    for bench in Bench::all().await {
        let (database, _) = filled(&bench).await;
        for (from, to) in [(4, 100), (6, 4), (100, 6)] {
            let sql = "UPDATE log_event SET idx = $1 WHERE idx = $2";
            execute!(database.write(), sql, i64::from(to), i64::from(from)).unwrap();
        }
        assert_eq!(fault(&bench, &database, None).await, Fault::Moved(4));
    }
}

#[tokio::test]
async fn an_event_slipped_in_beyond_the_head_is_found() {
    for bench in Bench::all().await {
        let (database, _) = filled(&bench).await;
        let sql = "INSERT INTO log_event (idx, subject, sequence, leaf, body) \
                   SELECT 20, subject, 99, leaf, body FROM log_event WHERE idx = 3";
        execute!(database.write(), sql).unwrap();
        assert_eq!(fault(&bench, &database, None).await, Fault::Surplus(20));
    }
}

#[tokio::test]
async fn an_event_filed_under_another_subject_is_found() {
    for bench in Bench::all().await {
        let (database, _) = filled(&bench).await;
        let sql = "UPDATE log_event SET subject = (SELECT subject FROM log_event WHERE idx = 1) \
                   WHERE idx = 2";
        execute!(database.write(), sql).unwrap();
        assert_eq!(fault(&bench, &database, None).await, Fault::Altered(2));
    }
}

#[tokio::test]
async fn an_altered_tile_is_found_and_the_log_does_not_open_on_it() {
    for bench in Bench::all().await {
        let (database, _) = filled(&bench).await;
        let rows = fetch_all!(database.read(), TileRow, "SELECT hashes FROM log_tile").unwrap();
        let mut hashes = rows.into_iter().next().unwrap().hashes;
        hashes[5 * 32] ^= 1;
        execute!(database.write(), "UPDATE log_tile SET hashes = $1", hashes).unwrap();
        assert_eq!(fault(&bench, &database, None).await, Fault::Moved(5));
        let opened = Log::open(
            database,
            bench.ring.clone(),
            bench.signer.clone(),
            Surroundings::system(),
            warifu_log::Pace::default(),
        );
        assert!(matches!(opened.await, Err(OpenError::Log(LogError::Altered(_)))));
    }
}

#[tokio::test]
async fn an_altered_hash_above_the_leaves_is_found() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..300 {
            let log = log.clone();
            tasks.spawn(async move { log.append(check_of(None)).await.unwrap() });
        }
        tasks.join_all().await;
        let sql = "UPDATE log_tile SET hashes = $1 WHERE level = 1";
        execute!(log.database().write(), sql, vec![0_u8; 32]).unwrap();
        assert_eq!(fault(&bench, log.database(), None).await, Fault::Tile(1, 0));
        assert!(matches!(log.inclusion_proof(3).await, Err(LogError::Altered(_))));
    }
}

#[tokio::test]
async fn a_head_that_is_not_signed_by_the_log_is_found() {
    for bench in Bench::all().await {
        let (database, head) = filled(&bench).await;
        let note = head.note.replacen("20", "19", 1);
        let sql = "UPDATE log_head SET size = 19, checkpoint = $1";
        execute!(database.write(), sql, note).unwrap();
        assert!(matches!(fault(&bench, &database, None).await, Fault::Head(_)));
    }
}

#[derive(sqlx::FromRow)]
struct TileRow {
    hashes: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct BodyRow {
    subject: Vec<u8>,
    sequence: i64,
    leaf: Vec<u8>,
    body: Vec<u8>,
}

/// The keeper of the log, with all its keys, writes the whole log anew without event `left_out`:
/// every entry keeps its words, and so its leaf and its seal, and a good tree stands over them.
async fn rewrite_without(bench: &Bench, database: &Database, left_out: usize) {
    let sql = "SELECT subject, sequence, leaf, body FROM log_event ORDER BY idx";
    let mut rows = fetch_all!(database.read(), BodyRow, sql).unwrap();
    rows.remove(left_out);
    let mut leaves = Vec::new();
    execute!(database.write(), "DELETE FROM log_event").unwrap();
    for (index, row) in rows.iter().enumerate() {
        leaves.extend_from_slice(&row.leaf);
        let (leaf, body) = (row.leaf.as_slice(), row.body.as_slice());
        let sql = "INSERT INTO log_event (idx, subject, sequence, leaf, body) \
                   VALUES ($1, $2, $3, $4, $5)";
        let (index, subject) = (i64::try_from(index).unwrap(), row.subject.as_slice());
        execute!(database.write(), sql, index, subject, row.sequence, leaf, body).unwrap();
    }
    let head = Checkpoint::sign(EVENTS - 1, root(&leaves), bench.signer.as_ref()).unwrap();
    let sql = "UPDATE log_head SET size = size - 1, checkpoint = $1";
    execute!(database.write(), sql, head.note).unwrap();
    execute!(database.write(), "UPDATE log_tile SET hashes = $1", leaves).unwrap();
}

/// The root over leaf hashes, by the definition of RFC 6962 §2.1.
fn root(leaves: &[u8]) -> tlog_tiles::Hash {
    if leaves.len() == 32 {
        return tlog_tiles::Hash(leaves.try_into().unwrap());
    }
    let split = (leaves.len() / 32).next_power_of_two() / 2 * 32;
    tlog_tiles::node_hash(root(&leaves[..split]), root(&leaves[split..]))
}

#[tokio::test]
async fn a_log_rewritten_with_all_its_keys_still_shows_the_gap_of_a_subject() {
    for bench in Bench::all().await {
        let (database, _) = filled(&bench).await;
        rewrite_without(&bench, &database, 6).await;
        // The next event of the same subject stood at 8 and stands at 7 now.
        assert_eq!(fault(&bench, &database, None).await, Fault::Gap(7));
    }
}

#[tokio::test]
async fn a_head_kept_elsewhere_shows_a_log_rewritten_or_cut_back() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        for _ in 0..10 {
            log.append(check_of(None)).await.unwrap();
        }
        let kept = log.checkpoint().await.unwrap();
        log.close().await;
        let (database, newest) = filled(&bench).await;
        verify(&database, &bench.ring, bench.verifier(), Some(&kept)).await.unwrap();

        let forged = Checkpoint { root: newest.root, ..kept.clone() };
        assert_eq!(fault(&bench, &database, Some(&forged)).await, Fault::Rewritten(10));
        let longer = Checkpoint::sign(99, newest.root, bench.signer.as_ref()).unwrap();
        assert_eq!(fault(&bench, &database, Some(&longer)).await, Fault::Rewritten(99));
        assert_eq!(bench.verifier().name(), bench.signer.verifier().name());
    }
}
