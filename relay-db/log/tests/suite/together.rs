//! Many events in one commit: all of them, or none.

use std::time::Duration;

use warifu_log::verify::verify;
use warifu_log::{Event, Log, LogError, MOST_TOGETHER, Pace, Series};

use crate::support::{Bench, check_of, entry_of};

/// Checks with the numbers from `first` on, of three people and nobody in turn.
fn checks(first: u64, count: u64) -> Vec<Event> {
    let check = |number: u64| {
        let subject = ["taro", "hanako", "jiro"].get(usize::try_from(number % 4).unwrap());
        Event { check_number: Some(format!("{number:020}")), ..check_of(subject.copied()) }
    };
    (first..first + count).map(check).collect()
}

async fn size(log: &Log) -> u64 {
    log.checkpoint().await.unwrap().size
}

#[tokio::test]
async fn each_event_is_its_own_and_all_are_one_commit() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        log.append(check_of(Some("taro"))).await.unwrap();
        let receipts = log.append_all(checks(1, 8)).await.unwrap();
        let places: Vec<_> =
            receipts.iter().map(|receipt| (receipt.index, receipt.subject_sequence)).collect();
        // Numbers 1 to 8: 花子, 次郎, nobody, 太郎, …
        let expected = [(1, 1), (2, 1), (3, 0), (4, 2), (5, 2), (6, 2), (7, 0), (8, 3)];
        assert_eq!(places, expected);
        let found = log.by_check_number(&format!("{:020}", 6)).await.unwrap().unwrap();
        assert_eq!((found.index, entry_of(&found).subject.as_deref()), (6, Some("jiro")));
        log.close().await;
        let log = bench.open().await;
        log.append_all(checks(9, 4)).await.unwrap();
        let history = log.history("jiro", Series::Disclosure, None, 9).await.unwrap();
        assert_eq!(history.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [3, 2, 1]);
        let ring = &bench.ring;
        let report = verify(log.database(), ring, bench.verifier(), None).await.unwrap();
        assert_eq!((report.events, report.series), (13, 3));
    }
}

#[tokio::test]
async fn what_is_there_already_is_refused_as_a_whole_and_costs_the_others_nothing() {
    for bench in Bench::all().await {
        let log =
            bench.open_at(Pace { linger: Duration::from_millis(50), ..Pace::default() }).await;
        log.append_all(checks(1, 4)).await.unwrap();
        // One of these is there; what is appended at the same time shares its commit.
        let (again, other) = tokio::join!(
            log.append_all(checks(4, 3)),
            log.append(Event { check_number: None, ..check_of(Some("taro")) })
        );
        assert!(matches!(again, Err(LogError::Repeated)), "{again:?}");
        assert!(other.is_ok(), "{other:?}");
        assert_eq!(size(&log).await, 5);
        assert!(log.by_check_number(&format!("{:020}", 5)).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn nothing_and_too_much_are_not_written() {
    for bench in Bench::all().await {
        let log = bench.open().await;
        assert!(log.append_all(Vec::new()).await.unwrap().is_empty());
        let most = u64::try_from(MOST_TOGETHER).unwrap();
        let refused = log.append_all(checks(0, most + 1)).await;
        assert!(matches!(refused, Err(LogError::TooLarge)), "{refused:?}");
        assert_eq!(log.append_all(checks(0, most)).await.unwrap().len(), MOST_TOGETHER);
        assert_eq!(size(&log).await, most);
    }
}
