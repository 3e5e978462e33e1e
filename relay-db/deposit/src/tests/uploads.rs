//! Files that come over HTTP: piece by piece, taken in by whoever finds the time, and told of.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use jiff::civil::date;
use ring::digest::{SHA256, digest};
use warifu_contract::eligibility::Verdict;

use super::bed::*;
use crate::*;

const HEAD: &str =
    "本人家族,保険者番号,記号,番号,氏名,カナ氏名,性別,生年月日,資格取得日,資格喪失日,負担割合\r\n";

/// A card on a line: the number, who begins on that day, and who has left by that one.
fn line(number: usize, from: &str, lost: &str) -> String {
    format!("1,330019,高,{number},名1,ナ1,1,19800101,{from},{lost},030\r\n")
}

fn upload(kind: Kind) -> Upload {
    Upload { kind, name: "11月分.csv".to_owned(), by: "member:anna".to_owned() }
}

/// Sends `text` in pieces of some bytes, and says that it is whole.
async fn send(bed: &Bed, kind: Kind, text: &str) -> i64 {
    let begun = bed.deposits.begin_upload(&insurer(), &upload(kind)).await.unwrap();
    assert_eq!((begun.state, begun.bytes), (State::Arriving, 0));
    let mut at = 0;
    for piece in text.as_bytes().chunks(100) {
        at = bed.deposits.append(&insurer(), begun.number, at, piece).await.unwrap();
    }
    let arrived = bed.deposits.arrived(&insurer(), begun.number, at).await.unwrap();
    assert_eq!(arrived.state, State::Receiving);
    begun.number
}

async fn take_in(bed: &Bed) -> Status {
    let waiting = bed.deposits.take_up().await.unwrap().expect("a file waits");
    bed.deposits.take_in(waiting, Arc::new(|_: &Status| ())).await.unwrap()
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_comes_in_pieces_and_goes_live() {
    for bed in beds("uploads_live").await {
        let lines: String = (0..40).map(|n| line(n, "20200401", "")).collect();
        let number = send(&bed, Kind::Full, &format!("{HEAD}{lines}")).await;
        let ready = take_in(&bed).await;
        assert_eq!((ready.state, ready.lines, ready.added), (State::Ready, 40, 40));
        assert_eq!((ready.written_as.as_str(), ready.name.as_str()), ("csv UTF-8", "11月分.csv"));
        assert!(bed.deposits.take_up().await.unwrap().is_none(), "nothing else waits");
        let by = Some("member:boss");
        let live = bed.deposits.approve(&insurer(), number, false, by).await.unwrap();
        assert_eq!(live.approved_by.as_deref(), by);
        let asked = question("高", "7", 1, date(2026, 11, 20));
        assert_eq!(bed.ask(&asked).await.found.decision.verdict, Verdict::Valid);
    }
}

/// SHA-256 over the SHA-256s of each MiB.
fn digest_of(file: &[u8]) -> Vec<u8> {
    let hash = |bytes: &[u8]| digest(&SHA256, bytes).as_ref().to_vec();
    hash(&file.chunks(1 << 20).flat_map(hash).collect::<Vec<u8>>())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_goes_on_can_tell_that_it_is_the_same_file() {
    for bed in beds("uploads_digest").await {
        let deposits = &bed.deposits;
        let number = deposits.begin_upload(&insurer(), &upload(Kind::Full)).await.unwrap().number;
        let (bytes, digest) = deposits.so_far(&insurer(), number).await.unwrap();
        assert_eq!((bytes, digest.to_vec()), (0, digest_of(b"")));
        let file: Vec<u8> = (0..=250).cycle().take(2_500_000).collect();
        let mut at = 0;
        // The pieces of the sender are not the blocks of the digest.
        for piece in file.chunks(900_000) {
            at = deposits.append(&insurer(), number, at, piece).await.unwrap();
            let (bytes, digest) = deposits.so_far(&insurer(), number).await.unwrap();
            let here = usize::try_from(at).unwrap();
            assert_eq!((bytes, digest.to_vec()), (at, digest_of(&file[..here])));
        }
        deposits.arrived(&insurer(), number, at).await.unwrap();
        let over = deposits.so_far(&insurer(), number).await.unwrap_err();
        assert!(matches!(over, IntakeError::State(..)), "{over}");
    }
}

#[tokio::test]
async fn a_piece_goes_where_the_file_ends_and_nowhere_else() {
    for bed in beds("uploads_offset").await {
        let deposits = &bed.deposits;
        let begun = deposits.begin_upload(&insurer(), &upload(Kind::Full)).await.unwrap();
        assert_eq!(deposits.append(&insurer(), 1, 0, b"12345").await.unwrap(), 5);
        for wrong in [0, 4, 6] {
            let refused = deposits.append(&insurer(), 1, wrong, b"x").await;
            assert!(matches!(refused, Err(IntakeError::Offset(5))), "{refused:?}");
        }
        let refused = deposits.arrived(&insurer(), 1, 4).await;
        assert!(matches!(refused, Err(IntakeError::Offset(5))), "{refused:?}");
        let second = deposits.begin_upload(&insurer(), &upload(Kind::Full)).await;
        assert!(matches!(second, Err(IntakeError::Busy(1, State::Arriving))), "{second:?}");
        let large = deposits.append(&insurer(), 1, i64::MAX - 2, b"12345").await;
        assert!(matches!(large, Err(IntakeError::TooLarge(_))), "{large:?}");
        deposits.cancel(&insurer(), begun.number).await.unwrap();
        let late = deposits.append(&insurer(), 1, 5, b"x").await;
        assert!(matches!(late, Err(IntakeError::State(1, State::Cancelled))), "{late:?}");
        deposits.begin_upload(&insurer(), &upload(Kind::Changes)).await.unwrap();
        bed.clock.advance(SignedDuration::from_hours(25));
        deposits.sweep().await.unwrap();
        let broken_off = deposits.status(&insurer(), 2).await.unwrap();
        assert_eq!(broken_off.state, State::Cancelled);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_takes_up_a_silent_deposit_shuts_the_other_out() {
    for bed in beds("uploads_fence").await {
        let lines: String = (0..60).map(|n| line(n, "20200401", "")).collect();
        send(&bed, Kind::Full, &format!("{HEAD}{lines}")).await;
        let first = bed.deposits.take_up().await.unwrap().unwrap();
        assert!(bed.deposits.take_up().await.unwrap().is_none(), "it is being worked on");
        bed.clock.advance(SignedDuration::from_mins(3));
        let ready = take_in(&bed).await;
        assert_eq!((ready.state, ready.cards, ready.lines), (State::Ready, 60, 60));
        let late = bed.deposits.take_in(first, Arc::new(|_: &Status| ())).await;
        assert!(late.is_err(), "{late:?}");
        let stands = bed.deposits.status(&insurer(), 1).await.unwrap();
        assert_eq!((stands.state, stands.cards, stands.lines), (State::Ready, 60, 60));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_another_server_made_are_made_again() {
    for bed in beds("uploads_runs").await {
        let lines: String = (0..60).map(|n| line(n, "20200401", "")).collect();
        send(&bed, Kind::Full, &format!("{HEAD}{lines}")).await;
        let waiting = bed.deposits.take_up().await.unwrap().unwrap();
        let runs = bed.folder.path().join("runs");
        let seen = runs.clone();
        let dies = move |status: &Status| {
            assert!(status.state != State::Checking, "the server with {} dies", seen.display());
        };
        let deposits = bed.deposits.clone();
        let stopped = tokio::spawn(async move { deposits.take_in(waiting, Arc::new(dies)).await });
        assert!(stopped.await.is_err());
        std::fs::remove_dir_all(&runs).unwrap();
        bed.clock.advance(SignedDuration::from_mins(3));
        let ready = take_in(&bed).await;
        assert_eq!((ready.state, ready.cards, ready.lines), (State::Ready, 60, 60));
        assert_eq!((ready.written, ready.added, ready.wrong), (60, 60, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_records_come_back_and_odd_ones_are_counted() {
    for bed in beds("uploads_faults").await {
        let mut lines: String = (0..20).map(|n| line(n, "20200401", "")).collect();
        lines += "1,330019,高,90, 髙野 太郎 ,ナ1,1,昭和70年1月2日,20200401,,030\r\n";
        lines += "1,330019,高,91,名1,ナ1,1,20010231,20200401,,030\r\n";
        lines += "1,330027,高,92,名1,ナ1,1,19800101,20200401,,030\r\n";
        let number = send(&bed, Kind::Full, &format!("{HEAD}{lines}")).await;
        let ready = take_in(&bed).await;
        assert_eq!((ready.state, ready.wrong, ready.cards), (State::Ready, 2, 22));
        let warnings = bed.deposits.warnings(&insurer(), number).await.unwrap();
        let told: Vec<_> =
            warnings.iter().map(|one| (one.field.as_str(), one.code.as_str(), one.count)).collect();
        let expected = [
            ("氏名", "file.blanks", 1),
            ("生年月日", "file.era-over", 1),
            ("氏名", "file.variant", 1),
        ];
        assert_eq!(told, expected);
        assert_eq!(warnings[0].first_line, 22);
        let sink = Sink::default();
        let written = bed.deposits.write_faults(&insurer(), number, sink.clone()).await.unwrap();
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert_eq!((written, text.lines().count()), (2, 3));
        assert!(text.contains("23,生年月日,file.date,") && text.contains("20010231"), "{text}");
        assert!(text.contains("24,保険者番号,insurer,保険者番号がこの"), "{text}");
        bed.deposits.cancel(&insurer(), number).await.unwrap();
        let gone = bed.deposits.write_faults(&insurer(), number, Sink::default()).await;
        assert!(matches!(gone, Err(IntakeError::FileGone(1))), "{gone:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_none_is_refused_with_its_reason() {
    for bed in beds("uploads_none").await {
        let number = send(&bed, Kind::Full, "PK\u{3}\u{4} a workbook").await;
        let refused = take_in(&bed).await;
        assert_eq!(refused.state, State::Refused);
        let faults = bed.deposits.faults(&insurer(), number).await.unwrap();
        assert_eq!(faults[0].code, "file.compressed");
        bed.clock.advance(SignedDuration::from_hours(8 * 24));
        bed.deposits.sweep().await.unwrap();
        assert!(!bed.deposits.keeps_file(&refused));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_late_news_are_is_computed_and_told_with_every_answer() {
    for bed in beds("uploads_lag").await {
        let first: String = (0..40).map(|n| line(n, "20200401", "")).collect();
        send(&bed, Kind::Full, &format!("{HEAD}{first}")).await;
        let ready = take_in(&bed).await;
        let live = bed.deposits.approve(&insurer(), ready.number, false, None).await.unwrap();
        assert_eq!(live.lag, None, "the first deposit tells nothing");
        let asked = question("高", "1", 1, date(2026, 11, 20));
        let before = bed.ask(&asked).await;
        assert_eq!(before.usual_lag_days, Some(5), "what the insurer says of itself");
        bed.clock.advance(SignedDuration::from_hours(24));
        // On 21 November: fifteen who lost theirs on the 18th, ten who came on the 1st.
        let rest: String =
            (0..40).map(|n| line(n, "20200401", if n < 15 { "20261118" } else { "" })).collect();
        let new: String = (40..50).map(|n| line(n, "20261101", "")).collect();
        send(&bed, Kind::Full, &format!("{HEAD}{rest}{new}")).await;
        let ready = take_in(&bed).await;
        assert_eq!((ready.added, ready.written, ready.ended, ready.removed), (10, 25, 15, 0));
        assert!(!bed.deposits.is_alarming(&ready), "15 of 40 are not half");
        let live = bed.deposits.approve(&insurer(), ready.number, false, None).await.unwrap();
        let lag = live.lag.unwrap();
        assert_eq!((lag.median_days, lag.ninety_days, lag.changes), (3, 20, 25));
        assert_eq!(bed.deposits.usual_lag(&insurer()).await.unwrap(), Some(lag));
        let after = bed.ask(&asked).await;
        assert_eq!(after.usual_lag_days, Some(3));
        let then = bed.deposits.decide_as_known(&asked, before.as_of).await.unwrap();
        assert_eq!(then.usual_lag_days, Some(5), "as known then");
        let now = bed.deposits.decide_as_known(&asked, after.as_of).await.unwrap();
        assert_eq!(now.usual_lag_days, Some(3));
    }
}

#[tokio::test]
async fn a_file_of_which_half_would_end_wants_a_yes() {
    for bed in beds("uploads_alarm").await {
        let first: Vec<Row> = (0..10).map(|n| joined("高", &n.to_string(), 1)).collect();
        bed.deposit(Kind::Full, 1, first.clone()).await;
        let mut ending = first;
        for row in ending.iter_mut().take(6) {
            row.person.validity.until = Some(date(2026, 10, 31));
        }
        let status = bed.put(Kind::Full, 2, ending.into_iter().map(Ok).collect()).await;
        assert_eq!((status.ended, status.removed, status.held), (6, 0, 10));
        let refused = bed.deposits.go_live(&insurer(), status.number, false).await;
        assert!(matches!(refused, Err(IntakeError::Confirm { ended: 6, held: 10 })), "{refused:?}");
    }
}
