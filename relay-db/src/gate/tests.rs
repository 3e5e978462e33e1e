use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use warifu_service::clock::{FrozenClock, SeededEntropy};

use super::*;

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(20);

/// A gate, and the clock that it looks at.
fn gate(deadline: Duration, limits: ConnectorLimits) -> (Arc<FrozenClock>, Gate) {
    let clock = Arc::new(FrozenClock::at(Timestamp::from_second(1_800_000_000).unwrap()));
    let entropy = Arc::new(SeededEntropy::new(7));
    let surroundings = Surroundings { clock: clock.clone(), entropy };
    (clock, Gate::new("insurer", deadline, &limits, &surroundings))
}

fn usual() -> (Arc<FrozenClock>, Gate) {
    gate(LONG, ConnectorLimits::default())
}

/// Calls `times` a connector that always answers so; how often it was asked.
async fn repeat(gate: &Gate, times: usize, answer: &Result<(), SourceError>) -> usize {
    let asked = AtomicUsize::new(0);
    for _ in 0..times {
        let ask = |_| {
            asked.fetch_add(1, Ordering::SeqCst);
            ready(answer.clone())
        };
        let _ = gate.call(Deadline::after(LONG), ask).await;
    }
    asked.into_inner()
}

#[tokio::test]
async fn a_connection_that_broke_off_is_tried_once_more() {
    let (_, gate) = usual();
    let asked = AtomicUsize::new(0);
    let ask = |left: Duration| {
        assert!(left <= LONG);
        let first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        ready(if first { Err(SourceError::Cut) } else { Ok("answer") })
    };
    assert_eq!(gate.call(Deadline::after(LONG), ask).await, Ok("answer"));
    assert_eq!(asked.into_inner(), 2);
}

#[tokio::test]
async fn whatever_was_answered_is_not_asked_again() {
    let refused = SourceError::Refused { code: "subject.unknown".to_owned() };
    for error in [SourceError::Slow, SourceError::Down, SourceError::Broken, refused] {
        let (_, gate) = usual();
        assert_eq!(repeat(&gate, 3, &Err(error)).await, 3);
    }
}

#[tokio::test]
async fn second_attempts_come_out_of_a_budget() {
    let limits = ConnectorLimits { least_calls: 100_000, ..ConnectorLimits::default() };
    let (_, gate) = gate(LONG, limits);
    assert_eq!(repeat(&gate, 1_000, &Err(SourceError::Cut)).await, 1_109);
}

#[tokio::test]
async fn a_connector_that_fails_is_left_alone_and_tried_later() {
    let (clock, gate) = usual();
    assert_eq!(repeat(&gate, 20, &Err(SourceError::Broken)).await, 10);
    let rest = gate.rest().unwrap();
    let expected = SourceError::Resting { since: rest.since, again: rest.again };
    let none = gate.call(Deadline::after(LONG), |_| ready(Ok(()))).await;
    assert_eq!(none, Err(expected));
    clock.advance(SignedDuration::from_secs(7));
    assert_eq!(gate.call(Deadline::after(LONG), |_| ready(Ok(()))).await, Ok(()));
    assert_eq!(gate.rest(), None);
}

#[tokio::test]
async fn refusals_are_answers() {
    let (_, gate) = usual();
    let refused = SourceError::Refused { code: "subject.unknown".to_owned() };
    assert_eq!(repeat(&gate, 100, &Err(refused)).await, 100);
    assert_eq!(gate.rest(), None);
}

#[tokio::test]
async fn silence_counts_only_after_the_whole_deadline() {
    let (_, gate) = gate(Duration::from_millis(60), ConnectorLimits::default());
    for _ in 0..20 {
        let hurried = gate.call(Deadline::after(SHORT), |_| pending::<Result<(), _>>()).await;
        assert_eq!(hurried, Err(SourceError::Slow));
    }
    assert_eq!(gate.rest(), None, "its callers were in a hurry");
    for _ in 0..10 {
        let slow = gate.call(Deadline::after(LONG), |_| pending::<Result<(), _>>()).await;
        assert_eq!(slow, Err(SourceError::Slow));
    }
    assert!(gate.rest().is_some());
}

#[tokio::test]
async fn calls_under_way_and_calls_that_wait_are_bounded() {
    let limits = ConnectorLimits { calls: 2, wait_ms: 20, ..ConnectorLimits::default() };
    let (_, gate) = gate(Duration::from_millis(300), limits);
    let (under_way, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ask = |_| async {
        let now = under_way.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(now, Ordering::SeqCst);
        pending::<Result<(), SourceError>>().await
    };
    let calls = (0..9).map(|_| gate.call(Deadline::after(LONG), ask));
    let answers = futures::future::join_all(calls).await;
    let count = |code| {
        let is = |answer: &&Result<(), SourceError>| answer.as_ref().unwrap_err().code() == code;
        answers.iter().filter(is).count()
    };
    assert_eq!(most.into_inner(), 2);
    assert_eq!((count("source.slow"), count("source.busy")), (2, 7));
}

#[tokio::test]
async fn a_probe_that_nobody_waits_for_makes_way() {
    let (clock, gate) = usual();
    repeat(&gate, 10, &Err(SourceError::Down)).await;
    clock.advance(SignedDuration::from_secs(7));
    let given_up = timeout(SHORT, gate.call(Deadline::after(LONG), |_| pending::<Result<(), _>>()));
    assert!(given_up.await.is_err());
    assert_eq!(repeat(&gate, 1, &Ok(())).await, 1);
    assert_eq!(gate.rest(), None);
}
