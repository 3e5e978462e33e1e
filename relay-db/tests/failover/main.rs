//! The relay on a cluster of PostgreSQL servers whose leader is killed, falls silent, or hands the
//! lead over, while desks keep asking: no answer is lost, none is given twice, and nobody restarts
//! the relay. `make test-failover` gives it a cluster of its own.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "../suite/bed.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod bed;
mod cluster;
mod desks;
#[path = "../suite/federation.rs"]
mod federation;
#[path = "../suite/source.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod source;

use std::sync::Arc;
use std::time::{Duration, Instant};

use warifu_log::verify::verify;
use warifu_log::{Checkpoint, Series};
use warifu_service::seal::KeyRing;

use crate::bed::{Bed, Engine, TARO};
use crate::cluster::Cluster;
use crate::desks::{Answered, Desks};

/// How long the load runs before the first blow.
const CALM: Duration = Duration::from_secs(3);
/// Entries of a page of the log.
const PAGE: u32 = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a cluster: make test-failover"]
async fn no_answer_is_lost_when_the_lead_changes() {
    let cluster = Cluster::at_hand();
    let bed = Arc::new(Bed::on(Engine::Postgres).await);
    let token = bed.token(&bed.presence_ticket()).await;
    let before = bed.relay.log().checkpoint().await.unwrap();
    let desks = Desks::open(&bed, &token);
    tokio::time::sleep(CALM).await;

    let mut blows = vec![("before any blow", Instant::now())];
    for blow in ["kill", "switchover", "freeze"] {
        let started = Instant::now();
        blows.push((blow, started));
        cluster.does(blow).await;
        desks.are_answered_again().await;
        println!("{blow}: desks are answered again after {:?}", started.elapsed());
        cluster.does("repair").await;
    }
    blows.push(("the end", Instant::now()));
    let (answers, failures) = desks.close().await;

    for pair in blows.windows(2) {
        let [(blow, from), (_, until)] = [pair[0], pair[1]];
        println!("{blow}: longest gap between two answers {:?}", gap(&answers, from, until));
    }
    println!("{} checks answered; {failures} calls failed and were repeated", answers.len());
    every_answer_is_in_the_log_once(&bed, &before, &answers).await;
    desks::get_the_same_again(&bed, &token, &answers).await;
}

/// The longest time without an answer that began between two instants.
fn gap(answers: &[Answered], from: Instant, until: Instant) -> Duration {
    let mut at: Vec<_> = answers.iter().map(|answered| answered.at).collect();
    at.sort_unstable();
    let gaps = at.windows(2).filter(|pair| pair[1] > from && pair[0] < until);
    gaps.map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

/// The log is whole, and its checks are those that were answered, each once.
async fn every_answer_is_in_the_log_once(bed: &Bed, before: &Checkpoint, answers: &[Answered]) {
    let ring = KeyRing::load(&bed.config.column_keys).unwrap();
    let log = bed.relay.log();
    let report = verify(log.database(), &ring, log.verifier(), Some(before)).await.unwrap();
    let mut answered: Vec<_> =
        answers.iter().map(|answered| answered.answer.check_number.to_string()).collect();
    answered.sort_unstable();
    let mut logged = checks(bed).await;
    logged.sort_unstable();
    let lost = answered.iter().filter(|number| logged.binary_search(number).is_err()).count();
    let more = logged.len() + lost - answered.len();
    println!("acknowledged checks that are not in the log: {lost}; checks logged twice: {more}");
    assert_eq!(logged, answered);
    assert_eq!(report.events, before.size + u64::try_from(answers.len()).unwrap());
}

/// The numbers of all checks in the log.
async fn checks(bed: &Bed) -> Vec<String> {
    let (mut numbers, mut before) = (Vec::new(), None);
    loop {
        let log = bed.relay.log();
        let page = log.history(TARO, Series::Disclosure, before, PAGE).await.unwrap();
        let Some(oldest) = page.last() else { return numbers };
        before = Some(oldest.index);
        numbers.extend(page.into_iter().filter_map(|logged| logged.entry?.check_number));
    }
}
