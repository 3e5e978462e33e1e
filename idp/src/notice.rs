//! Telling others: service providers of logouts, relay and card office by security events. Tried
//! again and again while it can still matter, and the log says truly how it went.

mod event;
mod logout;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use crate::centre::Centre;
use crate::store::{Message, Notice, Party, StoreError};

pub(crate) use event::Listener;

/// A call that takes longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How often to look for what other nodes left over.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Attempts under way at the same time.
const AT_ONCE: usize = 100;
/// Attempts to log a service provider out; the last one comes a minute and a half after the first.
const LOGOUT_ATTEMPTS: i64 = 6;
/// The longest pause between two attempts, in seconds.
const LONGEST_PAUSE: i64 = 300;
/// An event is taken for seven days, and then nobody believes it any more.
const EVENT_LASTS: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Why somebody was not told.
#[derive(Debug, thiserror::Error)]
enum NoticeError {
    #[error(transparent)]
    Logout(#[from] logout::LogoutError),
    #[error(transparent)]
    Event(#[from] event::EventError),
}

impl NoticeError {
    /// Whether trying again could help.
    fn is_final(&self) -> bool {
        match self {
            Self::Logout(error) => error.is_final(),
            Self::Event(error) => error.is_final(),
        }
    }
}

/// Delivers what is due, for ever: at once when the bell rings, and every few seconds. Who is slow
/// keeps nobody else waiting: each attempt is a task of its own, because one that nobody drives while
/// the next are looked for keeps its place in the line for the database, and all who write behind it.
pub(crate) async fn deliver(centre: &Arc<Centre>) {
    let mut running = JoinSet::new();
    loop {
        match begin_due(centre, AT_ONCE - running.len()).await {
            Ok(begun) => begun.into_iter().for_each(|notice| {
                let centre = centre.clone();
                running.spawn(async move { attempt(&centre, notice).await });
            }),
            Err(error) => tracing::error!(%error, "what has to be told could not be read"),
        }
        let look = tokio::time::timeout(LOOK_EVERY, centre.bell.notified());
        tokio::select! {
            _ = look => {}
            Some(_) = running.join_next() => {}
        }
    }
}

/// Delivers these at once, and waits for it at most so long: what takes longer goes on by itself.
pub(crate) async fn deliver_now(centre: &Arc<Centre>, notices: Vec<Notice>, patience: Duration) {
    let centre = centre.clone();
    let attempts = tokio::spawn(async move {
        let attempt = |notice| first_attempt(&centre, notice);
        futures::stream::iter(notices).for_each_concurrent(AT_ONCE, attempt).await;
    });
    let _ = tokio::time::timeout(patience, attempts).await;
}

async fn first_attempt(centre: &Centre, notice: Notice) {
    match centre.store.claim_notice(&notice, next_due(centre.now(), &notice)).await {
        Ok(true) => attempt(centre, notice).await,
        Ok(false) => {}
        Err(error) => tracing::error!(%error, "a notice is left to its next turn"),
    }
}

/// Delivers what is due now, once.
#[cfg(test)]
pub(crate) async fn deliver_due(centre: &Centre) {
    let begun = begin_due(centre, AT_ONCE).await.unwrap();
    futures::future::join_all(begun.into_iter().map(|notice| attempt(centre, notice))).await;
}

/// Claims at most so many of the notices that are due.
async fn begin_due(centre: &Centre, most: usize) -> Result<Vec<Notice>, StoreError> {
    let most = i64::try_from(most).unwrap_or(0);
    let mut begun = Vec::new();
    for notice in centre.store.due_notices(centre.now(), most).await? {
        if centre.store.claim_notice(&notice, next_due(centre.now(), &notice)).await? {
            begun.push(notice);
        }
    }
    Ok(begun)
}

/// 2, 4, 8 … seconds after this attempt, and never while it may still be under way.
fn next_due(now: Timestamp, notice: &Notice) -> Timestamp {
    let doublings = u32::try_from(notice.attempts.clamp(0, 16)).unwrap_or(0);
    let pause = 2_i64.pow(doublings + 1).min(LONGEST_PAUSE);
    now + SignedDuration::from_secs(pause + 5)
}

async fn attempt(centre: &Centre, notice: Notice) {
    let (receiver, attempt) = (&notice.receiver, notice.attempts + 1);
    let told = match tell(centre, &notice).await {
        Ok(()) => {
            tracing::info!(receiver, attempt, "told");
            true
        }
        Err(error) if error.is_final() || is_last(centre.now(), &notice) => {
            tracing::error!(receiver, attempt, %error, "given up: what was to end there may go on");
            false
        }
        // Who is just starting anew is told a moment later.
        Err(error) if attempt == 1 => {
            tracing::info!(receiver, attempt, %error, "not told yet");
            return;
        }
        Err(error) => {
            tracing::warn!(receiver, attempt, %error, "not told yet");
            return;
        }
    };
    if let Err(error) = centre.store.settle_notice(&notice, told).await {
        tracing::error!(%error, "what was told will be told again");
    }
}

fn is_last(now: Timestamp, notice: &Notice) -> bool {
    match notice.message {
        Message::Logout { .. } => notice.attempts + 1 >= LOGOUT_ATTEMPTS,
        _ => now.duration_since(notice.made_at) >= EVENT_LASTS,
    }
}

async fn tell(centre: &Centre, notice: &Notice) -> Result<(), NoticeError> {
    match &notice.message {
        Message::Logout { name_id, session_index } => {
            let (name_id, session_index) = (name_id.clone(), session_index.clone());
            let party = Party { provider: notice.receiver.clone(), name_id, session_index };
            Ok(logout::tell(centre, &party).await?)
        }
        _ => Ok(event::tell(centre, notice).await?),
    }
}

#[cfg(test)]
mod tests;
