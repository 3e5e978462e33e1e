//! A series, or the whole log, as a file that is checked offline.

use futures::{Stream, TryStreamExt as _};
use warifu_log::export::{ExportFault, Reader, Shown};
use warifu_log::{Action, LogError, NoteVerifier, Series};

use crate::support::{Bench, check_of};

async fn collected(lines: impl Stream<Item = Result<String, LogError>>) -> Vec<String> {
    lines.try_collect().await.unwrap()
}

/// The lines of 太郎's series and of the whole log, of which one event of his is erased.
async fn exported(bench: &Bench) -> (Vec<String>, Vec<String>) {
    let log = bench.open().await;
    for number in 0..30 {
        let subject = ["taro", "hanako", "jiro"][number % 3];
        let mut check = check_of(Some(subject));
        if number == 6 {
            check.action = Action::TokenIssued;
        }
        log.append(check).await.unwrap();
    }
    log.erase(vec![9], "relay", "order").await.unwrap();
    let own = log.export_series("taro", Series::Disclosure).await.unwrap();
    (collected(own).await, collected(log.export().await.unwrap()).await)
}

fn checked(lines: &[String], log: &NoteVerifier) -> Result<Shown, ExportFault> {
    let mut reader = Reader::begin(&lines[0], log)?;
    for line in &lines[1..] {
        reader.next(line)?;
    }
    reader.finish()
}

#[tokio::test]
async fn a_file_holds_by_itself() {
    for bench in Bench::all().await {
        let (own, whole) = exported(&bench).await;
        let shown = checked(&own, bench.verifier()).unwrap();
        assert_eq!((shown.events, shown.erased, shown.head.size), (9, 1, 31));
        assert_eq!(shown.series, Some(Series::Disclosure));
        let shown = checked(&whole, bench.verifier()).unwrap();
        assert_eq!((shown.events, shown.erased, shown.series), (31, 1, None));
    }
}

#[tokio::test]
async fn an_event_altered_removed_moved_or_of_others_is_found() {
    let bench = Bench::all().await.remove(0);
    let (own, whole) = exported(&bench).await;
    let verifier = bench.verifier();
    for lines in [&own, &whole] {
        let altered: Vec<_> =
            lines.iter().map(|line| line.replacen("第一診療所", "第二診療所", 1)).collect();
        assert!(matches!(checked(&altered, verifier), Err(ExportFault::Altered(0))));
        for removed in 1..lines.len() - 1 {
            let mut lines = lines.clone();
            lines.remove(removed);
            assert!(matches!(checked(&lines, verifier), Err(ExportFault::Gap(_))), "{removed}");
        }
        let mut moved = lines.clone();
        moved.swap(2, 3);
        assert!(matches!(checked(&moved, verifier), Err(ExportFault::Gap(_))));
    }
    let mut mixed = own.clone();
    mixed.truncate(1);
    mixed.extend(own_lines_of_another(&bench).await);
    assert!(checked(&mixed, verifier).is_err());
    let short = &whole[..whole.len() - 1];
    assert!(matches!(checked(short, verifier), Err(ExportFault::Root)));
}

async fn own_lines_of_another(bench: &Bench) -> Vec<String> {
    let log = bench.open().await;
    let taro = collected(log.export_series("taro", Series::Disclosure).await.unwrap()).await;
    let hanako = collected(log.export_series("hanako", Series::Disclosure).await.unwrap()).await;
    taro[1..3].iter().chain(&hanako[3..]).cloned().collect()
}

#[tokio::test]
async fn a_file_of_a_forked_log_does_not_hold() {
    let benches = [Bench::all().await.remove(0), Bench::all().await.remove(0)];
    let (own, _) = exported(&benches[0]).await;
    let (other, _) = exported(&benches[1]).await;
    let mut forked = own.clone();
    forked[0].clone_from(&other[0]);
    assert!(matches!(checked(&forked, benches[0].verifier()), Err(ExportFault::Altered(0))));
}

#[tokio::test]
async fn nothing_is_exported_of_who_has_no_events() {
    let bench = Bench::all().await.remove(0);
    let log = bench.open().await;
    let lines = collected(log.export_series("nobody", Series::Disclosure).await.unwrap()).await;
    assert_eq!(checked(&lines, bench.verifier()).unwrap().events, 0);
}
