//! A process that dies in the middle: the same file, put again, leads to the same deposit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::date;
use warifu_contract::card_key::CardKey;
use warifu_contract::eligibility::Verdict;

use super::bed::*;
use super::linked::Linked;
use crate::key::InsurerId;
use crate::*;

const CARDS: usize = 120;

fn rows() -> Vec<Row> {
    (0..CARDS).flat_map(|n| [1, 2].map(|day| joined("高", &n.to_string(), day))).collect()
}

/// Dies at record `at`.
async fn die_reading(bed: &Bed, at: usize) {
    let rows = rows().into_iter().enumerate().map(move |(place, row)| {
        assert!(place < at, "the power fails");
        Ok(row)
    });
    let died = bed.deposits.put(order(Kind::Full, 1), rows, Arc::new(|_: &Status| ())).await;
    assert!(matches!(died, Err(IntakeError::Stopped)), "{died:?}");
}

/// Dies when the batch `at` of the comparison has been written.
async fn die_writing(bed: &Bed, at: usize) {
    let batches = AtomicUsize::new(0);
    let tell = move |status: &Status| {
        let checking = status.state == State::Checking;
        assert!(!checking || batches.fetch_add(1, Ordering::SeqCst) < at, "the power fails");
    };
    let deposits = bed.deposits.clone();
    let rows = rows().into_iter().map(Ok);
    let put = async move { deposits.put(order(Kind::Full, 1), rows, Arc::new(tell)).await };
    assert!(tokio::spawn(put).await.is_err(), "it did not get so far");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deposit_goes_on_where_it_was() {
    for bed in beds("crashes").await {
        let stands = || async { bed.deposits.status(&insurer(), 1).await.unwrap() };
        die_reading(&bed, 60).await;
        let first = stands().await;
        assert!(first.state == State::Receiving && first.runs > 0 && first.lines < 60);
        die_reading(&bed, 150).await;
        assert!(stands().await.runs > first.runs);
        die_writing(&bed, 2).await;
        let third = stands().await;
        assert!(third.state == State::Checking && third.cards > 0);
        die_writing(&bed, 3).await;
        assert!(stands().await.cards > third.cards);
        let whole = bed.put(Kind::Full, 1, rows().into_iter().map(Ok).collect()).await;
        assert_eq!(whole.state, State::Ready);
        let count = i64::try_from(CARDS).unwrap();
        assert_eq!((whole.lines, whole.cards, whole.written), (2 * count, count, count));
        assert_eq!((whole.wrong, whole.number), (0, 1));
        bed.deposits.go_live(&insurer(), 1, false).await.unwrap();
        for n in 0..CARDS {
            let asked = question("高", &n.to_string(), 2, date(2026, 11, 20));
            assert_eq!(bed.ask(&asked).await.found.decision.verdict, Verdict::Valid, "{n}");
        }
        let again = bed.put(Kind::Full, 1, rows().into_iter().map(Ok).collect()).await;
        assert_eq!((again.state, again.number), (State::Live, 1), "the same file does nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_listed_once_wherever_the_power_fails() {
    for bed in beds("crashes_lists").await {
        let bed = Linked::of(bed).await.bed;
        die_reading(&bed, 60).await;
        die_reading(&bed, 150).await;
        die_writing(&bed, 2).await;
        let whole = bed.put(Kind::Full, 1, rows().into_iter().map(Ok).collect()).await;
        assert_eq!(whole.cards, i64::try_from(CARDS).unwrap());
        bed.deposits.go_live(&insurer(), 1, false).await.unwrap();
        let (id, keys) = (InsurerId::of(&insurer()).unwrap(), &bed.deposits.0.keys);
        let of = |n: usize| keys.card(id, &CardKey::parse("高", &n.to_string()).unwrap());
        for day in [1, 2] {
            let list = keys.born(id, date(1980, 1, day));
            let list = bed.deposits.births(id, list).await.unwrap().unwrap();
            assert_eq!(list.cards(id, None), (0..CARDS).map(of).collect());
            let born = person(day, date(2020, 4, 1));
            let who = keys.person(id, &born.name, born.birth_date, born.sex);
            assert_eq!(list.cards(id, Some(&who)).len(), CARDS, "each with the person's tag");
        }
    }
}
