//! Payloads go, leaves stay.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use jiff::SignedDuration;
use warifu_log::verify::{Fault, VerifyError, verify};
use warifu_log::{Action, Log, LogError, Retention, Series};
use warifu_service::clock::Clock as _;
use warifu_service::{Database, execute};

use crate::support::{Bench, check_of, entry_of};

const YEAR: SignedDuration = SignedDuration::from_hours(24 * 366);

async fn filled(bench: &Bench, events: usize) -> Log {
    let log = bench.open().await;
    for number in 0..events {
        let mut check = check_of(Some(if number % 2 == 0 { "taro" } else { "hanako" }));
        check.check_number = Some(format!("{number:020}"));
        if number % 5 == 4 {
            check.action = Action::TokenIssued;
        }
        log.append(check).await.unwrap();
    }
    log
}

async fn fault(bench: &Bench, database: &Database) -> Fault {
    match verify(database, &bench.ring, bench.verifier(), None).await {
        Err(VerifyError::Fault(fault)) => fault,
        other => panic!("no fault found: {other:?}"),
    }
}

#[tokio::test]
async fn an_erased_event_leaves_its_leaf_and_the_log_in_order() {
    for bench in Bench::all().await {
        let log = filled(&bench, 10).await;
        let proof = log.proof(2).await.unwrap();
        let kept = log.checkpoint().await.unwrap();
        let receipt = log.erase(vec![2, 3], "relay", "order 2026-1").await.unwrap();
        assert_eq!(receipt.index, 10);

        let report = verify(log.database(), &bench.ring, bench.verifier(), Some(&kept)).await;
        let report = report.unwrap();
        assert_eq!((report.events, report.erased, report.series), (11, 2, 4));
        assert!(matches!(log.proof_for("taro", 2).await, Err(LogError::Erased)));
        assert!(log.by_check_number(&format!("{:020}", 2)).await.unwrap().is_none());
        let bare = log.inclusion_proof(2).await.unwrap();
        let leaf = tlog_tiles::record_hash(proof.entry.as_ref().unwrap()).0;
        bare.verify_leaf(leaf, bench.verifier()).unwrap();
        proof.verify_entry(bench.verifier()).unwrap();

        let history = log.history("taro", Series::Disclosure, None, 10).await.unwrap();
        let seen: Vec<_> = history.iter().map(|one| (one.sequence, one.entry.is_none())).collect();
        assert_eq!(seen, [(4, false), (3, false), (2, true), (1, false)]);
        let next = log.append(check_of(Some("taro"))).await.unwrap();
        assert_eq!((next.index, next.subject_sequence), (11, 5));
        verify(log.database(), &bench.ring, bench.verifier(), None).await.unwrap();
    }
}

#[tokio::test]
async fn the_last_of_a_series_may_be_erased_and_the_next_still_follows_it() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        log.append(check_of(Some("taro"))).await.unwrap();
        log.erase(vec![0], "relay", "order").await.unwrap();
        log.close().await;
        let log = bench.open().await;
        assert_eq!(log.append(check_of(Some("taro"))).await.unwrap().subject_sequence, 2);
        let all: Vec<_> = log.series("taro", Series::Disclosure).try_collect().await.unwrap();
        let leaf = data_encoding::HEXLOWER.encode(&all[0].leaf);
        assert_eq!(entry_of(&all[1]).previous.as_ref(), Some(&leaf));
        verify(log.database(), &bench.ring, bench.verifier(), None).await.unwrap();
    }
}

#[tokio::test]
async fn a_payload_taken_away_without_an_erasure_is_found() {
    for bench in Bench::all().await {
        let log = filled(&bench, 10).await;
        log.erase(vec![1], "relay", "order").await.unwrap();
        let sql = "UPDATE log_event SET body = $1, reference = NULL WHERE idx = 6";
        execute!(log.database().write(), sql, Vec::<u8>::new()).unwrap();
        assert_eq!(fault(&bench, log.database()).await, Fault::Erased(6));
    }
}

#[tokio::test]
async fn an_erasure_must_name_what_is_there_and_cannot_be_erased() {
    let bench = Bench::all().await.remove(0);
    let log = filled(&bench, 3).await;
    log.erase(vec![1], "relay", "order").await.unwrap();
    assert!(matches!(log.erase(vec![1], "relay", "order").await, Err(LogError::NotErasable(1))));
    assert!(matches!(log.erase(vec![3], "relay", "order").await, Err(LogError::NotErasable(3))));
    assert!(matches!(log.erase(vec![9], "relay", "order").await, Err(LogError::NoSuchEvent)));
    assert!(matches!(log.erase(vec![], "relay", "order").await, Err(LogError::TooLarge)));
    assert_eq!(log.checkpoint().await.unwrap().size, 4, "nothing was written for these");
}

#[tokio::test]
async fn what_has_had_its_time_goes_in_batches_and_the_rest_stays() {
    for bench in Bench::all().await {
        let log = filled(&bench, 1_000).await;
        bench.clock.advance(YEAR);
        log.append(check_of(Some("taro"))).await.unwrap();
        let years = BTreeMap::from([("eligibility-checked".to_owned(), 1)]);
        let retention = Retention::new(&years).unwrap();
        let mut batches = Vec::new();
        loop {
            let now = bench.clock.now();
            let (erased, more) = log.retire(&retention, "relay", now).await.unwrap();
            batches.push(erased);
            if !more {
                break;
            }
        }
        assert_eq!(batches, [320, 320, 160]);
        let report = verify(log.database(), &bench.ring, bench.verifier(), None).await.unwrap();
        assert_eq!((report.events, report.erased), (1_001 + 3, 800));
        let again = log.retire(&retention, "relay", bench.clock.now()).await.unwrap();
        assert_eq!(again, (0, false), "and nothing is looked through twice");
        let rest = log.history("taro", Series::Disclosure, None, 2).await.unwrap();
        assert_eq!((rest[0].entry.is_some(), rest[1].entry.is_none()), (true, true));
        let issued = log.history("taro", Series::Administration, None, 500).await.unwrap();
        assert!(issued.iter().all(|one| one.entry.is_some()));
    }
}

#[tokio::test]
async fn two_servers_say_one_erasure_once() {
    for bench in Bench::all().await {
        let one = filled(&bench, 1_000).await;
        let two = bench.open().await;
        bench.clock.advance(YEAR);
        let years = BTreeMap::from([("eligibility-checked".to_owned(), 1)]);
        let (retention, now) = (Retention::new(&years).unwrap(), bench.clock.now());
        let work = async |log: &Log| {
            let mut sum = 0;
            loop {
                match log.retire(&retention, "relay", now).await {
                    Ok((erased, more)) => {
                        sum += erased;
                        if !more {
                            return sum;
                        }
                    }
                    // Another one writes at this moment: the next round comes to it.
                    Err(error) => assert!(error.is_passing(), "{error}"),
                }
            }
        };
        let (first, second) = tokio::join!(work(&one), work(&two));
        assert_eq!(first + second, 800, "each once");
        let report = verify(one.database(), &bench.ring, bench.verifier(), None).await.unwrap();
        assert_eq!((report.events, report.erased), (1_000 + 3, 800));
    }
}

#[tokio::test]
async fn nothing_of_an_erased_payload_is_left_in_the_file() {
    let bench = Bench::all().await.remove(0);
    let log = filled(&bench, 50).await;
    let sealed = body_of(log.database(), 7).await;
    log.erase(vec![7], "relay", "order").await.unwrap();
    log.close().await;
    execute!(log.database().write(), "PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    log.database().close().await;
    let stored = std::fs::read(bench.config.url.trim_start_matches("sqlite:")).unwrap();
    let piece = &sealed[sealed.len() - 64..];
    assert!(!stored.windows(piece.len()).any(|window| window == piece));
}

async fn body_of(database: &Database, index: i64) -> Vec<u8> {
    #[derive(sqlx::FromRow)]
    struct Row {
        body: Vec<u8>,
    }
    let sql = "SELECT body FROM log_event WHERE idx = $1";
    warifu_service::fetch_one!(database.read(), Row, sql, index).unwrap().body
}
