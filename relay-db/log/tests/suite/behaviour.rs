//! What the log promises to its owner.

use std::time::Duration;

use jiff::SignedDuration;
use sqlx::migrate::Migrator;
use tokio::task::JoinSet;
use warifu_log::verify::verify;
use warifu_log::{Action, Checkpoint, Event, Log, LogError, MIGRATIONS, Once, Pace, Series};
use warifu_service::storage::Migrations;
use warifu_service::{execute, fetch_all};

use crate::support::{Bench, check_of, entry_of};

#[tokio::test]
async fn events_are_numbered_in_the_log_and_for_each_subject() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        let mut receipts = Vec::new();
        for subject in [Some("taro"), Some("hanako"), None, Some("taro")] {
            let receipt = log.append(check_of(subject)).await.unwrap();
            receipts.push((receipt.index, receipt.subject_sequence));
        }
        assert_eq!(receipts, [(0, 1), (1, 1), (2, 0), (3, 2)]);
    }
}

#[tokio::test]
async fn the_two_series_of_a_subject_are_numbered_apart() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        let mut issued = check_of(Some("taro"));
        issued.action = Action::TokenIssued;
        assert_eq!(log.append(check_of(Some("taro"))).await.unwrap().subject_sequence, 1);
        assert_eq!(log.append(issued).await.unwrap().subject_sequence, 1);
        let seen = log.history("taro", Series::Disclosure, None, 10).await.unwrap();
        assert_eq!(seen.len(), 1);
        assert_eq!(entry_of(&seen[0]).action, Action::EligibilityChecked);
    }
}

#[tokio::test]
async fn history_is_paged_newest_first_and_links_each_entry_to_the_one_before() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        for _ in 0..5 {
            log.append(check_of(Some("taro"))).await.unwrap();
            log.append(check_of(Some("hanako"))).await.unwrap();
            bench.clock.advance(SignedDuration::from_secs(1));
        }
        let page = log.history("taro", Series::Disclosure, None, 3).await.unwrap();
        assert_eq!(page.iter().map(|entry| entry.index).collect::<Vec<_>>(), [8, 6, 4]);
        let rest = log.history("taro", Series::Disclosure, Some(4), 10).await.unwrap();
        assert_eq!(rest.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(entry_of(&rest[1]).previous, None);
        assert!(entry_of(&page[0]).at > entry_of(&rest[0]).at);
        assert_eq!(entry_of(&page[0]).previous.as_ref().map(String::len), Some(64));
    }
}

#[tokio::test]
async fn the_log_goes_on_where_it_was_closed() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        for _ in 0..300 {
            log.append(check_of(Some("taro"))).await.unwrap();
        }
        log.close().await;
        assert!(matches!(log.append(check_of(None)).await, Err(LogError::Closed)));
        let again = bench.open().await;
        let receipt = again.append(check_of(Some("taro"))).await.unwrap();
        assert_eq!((receipt.index, receipt.subject_sequence), (300, 301));
        let report = verify(again.database(), &bench.ring, bench.verifier(), None).await.unwrap();
        assert_eq!((report.events, report.series), (301, 1));
    }
}

#[tokio::test]
async fn many_at_once_get_an_index_each_and_share_commits() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        let mut tasks = JoinSet::new();
        for number in 0..700_u32 {
            let log = log.clone();
            let subject = format!("subject-{}", number % 13);
            tasks.spawn(async move { log.append(check_of(Some(&subject))).await.unwrap().index });
        }
        let mut indices = tasks.join_all().await;
        indices.sort_unstable();
        assert_eq!(indices, (0..700).collect::<Vec<_>>());
        let report = verify(log.database(), &bench.ring, bench.verifier(), None).await.unwrap();
        assert_eq!((report.events, report.series), (700, 13));
    }
}

#[tokio::test]
async fn two_servers_extend_one_log() {
    for bench in Bench::all().await {
        let (one, other) = (bench.open().await, bench.open().await);
        for _ in 0..5 {
            one.append(check_of(Some("taro"))).await.unwrap();
            other.append(check_of(Some("taro"))).await.unwrap();
        }
        let last = one.append(check_of(Some("taro"))).await.unwrap();
        assert_eq!((last.index, last.subject_sequence), (10, 11));
        verify(one.database(), &bench.ring, bench.verifier(), None).await.unwrap();
    }
}

#[tokio::test]
async fn a_full_queue_pushes_back() {
    let bench = Bench::all().await.remove(0);
    let pace = Pace { linger: Duration::from_millis(500), group: 500, queue: 2 };
    let log = bench.open_at(pace).await;
    let mut waiting = JoinSet::new();
    for _ in 0..8 {
        let log = log.clone();
        waiting.spawn(async move { log.append(check_of(None)).await });
    }
    let busy = waiting.join_next().await.unwrap().unwrap();
    assert!(matches!(busy, Err(LogError::Busy)), "{busy:?}");
    assert!(busy.unwrap_err().is_passing());
}

#[tokio::test]
async fn an_event_of_any_size_is_refused_beyond_the_bound() {
    let bench = Bench::all().await.remove(0);
    let log = bench.open().await;
    let mut large = check_of(None);
    large.client = "x".repeat(9_000);
    assert!(matches!(log.append(large).await, Err(LogError::TooLarge)));
    assert_eq!(log.checkpoint().await.unwrap().size, 0);
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_no_second_event() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        let once = |answer: &str| Once { key: [1; 32], answer: answer.as_bytes().to_vec() };
        log.append_once(check_of(Some("taro")), once("first")).await.unwrap();
        let again = log.append_once(check_of(Some("taro")), once("second")).await;
        assert!(matches!(again, Err(LogError::Repeated)));
        assert_eq!(log.answer(&[1; 32]).await.unwrap().as_deref(), Some(&b"first"[..]));
        assert_eq!(log.answer(&[2; 32]).await.unwrap(), None);
        assert_eq!(log.checkpoint().await.unwrap().size, 1);
        bench.clock.advance(SignedDuration::from_hours(25));
        assert_eq!(log.forget_answers("2026-11-21T01:15:00Z".parse().unwrap()).await.unwrap(), 1);
        assert_eq!(log.answer(&[1; 32]).await.unwrap(), None);
    }
}

/// Appends all `keys` at once; gives how many were refused as repeated.
async fn refused_of(log: &Log, keys: impl IntoIterator<Item = u8>) -> usize {
    let mut tasks = JoinSet::new();
    for key in keys {
        let log = log.clone();
        let once = Once { key: [key; 32], answer: vec![key] };
        tasks.spawn(async move { log.append_once(check_of(Some("taro")), once).await });
    }
    let results = tasks.join_all().await;
    results.iter().filter(|result| matches!(result, Err(LogError::Repeated))).count()
}

#[tokio::test]
async fn a_repeated_event_does_not_take_its_group_along() {
    for bench in Bench::all().await {
        let pace = Pace { linger: Duration::from_millis(50), ..Pace::default() };
        let log = bench.open_at(pace).await;
        assert_eq!(refused_of(&log, [0, 0, 1, 1, 1, 2]).await, 3, "within one group");
        assert_eq!(refused_of(&log, [1, 3, 4, 2]).await, 2, "of an earlier group");
        let report = verify(log.database(), &bench.ring, bench.verifier(), None).await.unwrap();
        assert_eq!(report.events, 5);
    }
}

#[tokio::test]
async fn a_check_is_found_by_its_number_and_no_number_is_used_twice() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        let mut check = check_of(Some("taro"));
        check.check_number = Some("12345678901234567890".into());
        log.append(check_of(None)).await.unwrap();
        log.append(check.clone()).await.unwrap();
        let found = log.by_check_number("12345678901234567890").await.unwrap().unwrap();
        assert_eq!((found.index, entry_of(&found).subject.as_deref()), (1, Some("taro")));
        assert!(log.by_check_number("00000000000000000000").await.unwrap().is_none());
        assert!(matches!(log.append(check).await, Err(LogError::Repeated)));
    }
}

#[tokio::test]
async fn every_event_is_proved_against_the_newest_head() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        let mut tasks = JoinSet::new();
        for _ in 0..600 {
            let log = log.clone();
            tasks.spawn(async move { log.append(check_of(Some("taro"))).await.unwrap() });
        }
        tasks.join_all().await;
        for index in [0, 1, 254, 255, 256, 511, 512, 599] {
            let text = log.proof_for("taro", index).await.unwrap().to_string();
            let proof: warifu_log::InclusionProof = text.parse().unwrap();
            let entry = proof.verify_entry(bench.verifier()).unwrap();
            assert_eq!(entry.sequence, index + 1);
            assert_eq!(log.inclusion_proof(index).await.unwrap().entry, None);
        }
        let beyond = log.inclusion_proof(600).await;
        assert!(matches!(beyond, Err(LogError::NoSuchEvent)));
    }
}

#[tokio::test]
async fn nobody_gets_the_proof_of_somebody_elses_event() {
    let bench = Bench::all().await.remove(0);
    let log = bench.open().await;
    log.append(check_of(Some("taro"))).await.unwrap();
    assert!(matches!(log.proof_for("hanako", 0).await, Err(LogError::NoSuchEvent)));
    assert!(matches!(log.proof_for("taro", 1).await, Err(LogError::NoSuchEvent)));
}

#[tokio::test]
async fn the_head_is_signed_and_grows_with_every_commit() {
    let bench = Bench::all().await.remove(0);
    let log = bench.open().await;
    let empty = log.checkpoint().await.unwrap();
    log.append(check_of(None)).await.unwrap();
    let one = log.checkpoint().await.unwrap();
    assert_eq!((empty.size, one.size), (0, 1));
    assert_eq!(Checkpoint::open(&one.note, bench.verifier()).unwrap(), one);
}

#[tokio::test]
async fn nothing_that_an_event_names_stands_open_in_the_database() {
    let bench = Bench::all().await.remove(0);
    let log = bench.open().await;
    let mut check = check_of(Some("subject-pseudonym"));
    check.check_number = Some("12345678901234567890".into());
    let once = Once { key: [3; 32], answer: b"kept-answer".to_vec() };
    log.append_once(check, once).await.unwrap();
    log.close().await;
    log.database().close().await;
    let path = bench.config.url.trim_start_matches("sqlite:");
    let stored = std::fs::read(path).unwrap();
    for word in
        ["subject-pseudonym", "12345678901234567890", "kept-answer", "第一診療所", "insurer"]
    {
        let found = stored.windows(word.len()).any(|window| window == word.as_bytes());
        assert!(!found, "{word} can be read");
    }
}

#[tokio::test]
async fn a_check_whose_number_was_put_beside_others_more_coarsely_is_found_and_sound() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        let number = "12345678901234567890";
        log.append(Event { check_number: Some(number.into()), ..check_of(None) }).await.unwrap();
        let mut coarse = bench.ring.lookup("log_event.reference", number.as_bytes());
        let together = bench.ring.lookup("log_event.reference.together", &number.as_bytes()[..8]);
        coarse[..8].copy_from_slice(&together[..8]);
        let sql = "UPDATE log_event SET reference = $1";
        execute!(log.database().write(), sql, coarse.as_slice()).unwrap();
        assert_eq!(log.by_check_number(number).await.unwrap().unwrap().index, 0);
        let report = verify(log.database(), &bench.ring, bench.verifier(), None).await.unwrap();
        assert_eq!(report.events, 1);
        execute!(log.database().write(), sql, [7_u8; 32].as_slice()).unwrap();
        assert!(log.by_check_number(number).await.unwrap().is_none());
        assert!(verify(log.database(), &bench.ring, bench.verifier(), None).await.is_err());
    }
}

#[tokio::test]
async fn answers_that_lay_by_their_keys_are_kept_on() {
    let bench = Bench::all().await.remove(0);
    let before = MIGRATIONS.sqlite.iter().filter(|one| one.version < 3).cloned().collect();
    let before: &'static Migrator = Box::leak(Box::new(Migrator::with_migrations(before)));
    let database = bench.database().await;
    database.migrate(Migrations { sqlite: before, ..MIGRATIONS }).await.unwrap();
    let insert = "INSERT INTO log_once (id, at, answer) VALUES ($1, $2, $3)";
    for id in 0..50_u8 {
        let (id, answer) = ([id.wrapping_mul(89); 32], [id; 1_500]);
        execute!(database.write(), insert, id.as_slice(), 7_i64, answer.as_slice()).unwrap();
    }
    database.migrate(MIGRATIONS).await.unwrap();
    let kept: Vec<(Vec<u8>, Vec<u8>)> =
        fetch_all!(database.read(), (Vec<u8>, Vec<u8>), "SELECT id, answer FROM log_once").unwrap();
    assert_eq!(kept.len(), 50);
    assert!(kept.iter().all(|(id, answer)| id[0] == answer[0].wrapping_mul(89)));
    let again = execute!(database.write(), insert, kept[0].0.as_slice(), 8_i64, [1].as_slice());
    assert!(again.is_err(), "a key counts once");
}
