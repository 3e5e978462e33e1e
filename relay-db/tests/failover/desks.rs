//! Desks that check a tapped card over and over, each time under a key of its own, and ask again
//! under the same key until they are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use warifu_contract::eligibility::EligibilityAnswer;

use crate::bed::Bed;

const DESKS: usize = 16;
/// Between two questions of a desk, and before it repeats one.
const PAUSE: Duration = Duration::from_millis(20);
/// Answers after which the relay counts as recovered: more than could have been on their way.
const AGAIN: usize = 10 * DESKS;
/// An outage that lasts longer does not end by itself.
const LONGEST: Duration = Duration::from_mins(1);

/// An answer, and when it came.
pub struct Answered {
    pub at: Instant,
    key: String,
    pub answer: EligibilityAnswer,
}

/// Desks at work.
pub struct Desks {
    count: Arc<Count>,
    closing: CancellationToken,
    work: JoinSet<Vec<Answered>>,
}

#[derive(Default)]
struct Count {
    answered: AtomicUsize,
    failed: AtomicUsize,
}

impl Desks {
    pub fn open(bed: &Arc<Bed>, token: &str) -> Self {
        let (count, closing) = (Arc::new(Count::default()), CancellationToken::new());
        let mut work = JoinSet::new();
        for number in 0..DESKS {
            let (bed, token) = (Arc::clone(bed), token.to_owned());
            let (count, closing) = (Arc::clone(&count), closing.clone());
            work.spawn(async move {
                let mut answers = Vec::new();
                while !closing.is_cancelled() {
                    let key = format!("desk-{number:02}-check-{:08}", answers.len());
                    let answer = answered(&bed, &token, &key, &count).await;
                    answers.push(Answered { at: Instant::now(), key, answer });
                    tokio::time::sleep(PAUSE).await;
                }
                answers
            });
        }
        Self { count, closing, work }
    }

    /// Waits until the outage is over.
    pub async fn are_answered_again(&self) {
        let (from, started) = (self.count.answered.load(Ordering::SeqCst), Instant::now());
        while self.count.answered.load(Ordering::SeqCst) < from + AGAIN {
            assert!(started.elapsed() < LONGEST, "the relay does not recover");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Lets each finish its last check. All answers, and how many calls failed.
    pub async fn close(self) -> (Vec<Answered>, usize) {
        self.closing.cancel();
        let answers = self.work.join_all().await.into_iter().flatten().collect();
        (answers, self.count.failed.load(Ordering::SeqCst))
    }
}

async fn answered(bed: &Bed, token: &str, key: &str, count: &Count) -> EligibilityAnswer {
    loop {
        if let Some(answer) = ask(bed, token, key).await {
            count.answered.fetch_add(1, Ordering::SeqCst);
            return answer;
        }
        count.failed.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(PAUSE).await;
    }
}

/// None when there is no answer now, for whatever reason of the server.
async fn ask(bed: &Bed, token: &str, key: &str) -> Option<EligibilityAnswer> {
    let body = json!({
        "subject": { "by": "card" }, "target_date": null, "idempotency_key": key
    });
    let answer = bed.try_post(&bed.portal, "/eligibility", token, &body).await.ok()?;
    let status = answer.status();
    assert!(status == StatusCode::OK || status.is_server_error(), "{status}");
    if status == StatusCode::OK { answer.json().await.ok() } else { None }
}

/// Some of the keys again, after all that happened.
pub async fn get_the_same_again(bed: &Bed, token: &str, answers: &[Answered]) {
    for Answered { key, answer, .. } in answers.iter().step_by(answers.len().div_ceil(100)) {
        assert_eq!(ask(bed, token, key).await.as_ref(), Some(answer));
    }
}
