//! What every refusal must be, wherever it happens: quick, final, and without a step outside.

use std::time::{Duration, Instant};

use axum::http::{HeaderMap, StatusCode, header};

use super::trap::Trap;

/// A refusal takes less than this.
const QUICK: Duration = Duration::from_millis(50);
/// Tries of each case. The fastest counts, for a machine that runs tests is busy with others.
pub const TRIES: usize = 5;

/// What came back for a hostile message, and how long it took.
pub struct Outcome {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    pub taken: Duration,
}

/// How long `work` takes, with what it gives.
pub async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    let done = work.await;
    (done, begun.elapsed())
}

/// Holds all tries of one case against what a refusal must be.
pub fn assert_refused(case: &str, code: &str, outcomes: &[Outcome], trap: &Trap) {
    assert_eq!(outcomes.len(), TRIES, "{case}");
    for Outcome { status, headers, body, .. } in outcomes {
        assert!(status.is_client_error(), "{case}: {status} {body}");
        assert!(body.contains(code), "{case}: no {code} in {body}");
        assert!(!headers.contains_key(header::LOCATION), "{case}: sent somewhere");
        assert!(!headers.contains_key(header::SET_COOKIE), "{case}: {headers:?}");
        assert!(!body.contains("name=\"SAMLResponse\""), "{case}: answered");
    }
    let fastest = outcomes.iter().map(|outcome| outcome.taken).min().unwrap();
    assert!(fastest < QUICK, "{case}: {fastest:?}");
    assert!(trap.is_untouched(), "{case}: something was fetched");
}
