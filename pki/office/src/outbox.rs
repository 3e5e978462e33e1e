//! Telling the identity provider of cards: signed security events, pushed to it (RFC 8935).
//!
//! What must be told was written with the change it tells of, so a crash loses none; it is dropped
//! when the receiver has taken it. What a crash between the two repeats, the receiver knows by its
//! `jti`. Events of one subject go in their order: a later one waits for an earlier one. One office
//! tells at a time; the others take over when its lease is over.

mod post;

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use warifu_pki::KeyError;
use warifu_pki::jose::JoseError;
use warifu_pki::security_event::LONGEST_DELAY;
use warifu_service::tls::TlsError;

use crate::config::{NotifyConfig, OfficeConfigError};
use crate::store::Notice;
use crate::{CardOffice, OfficeError};
use post::{Failure, Post};

/// How often to look for what other processes wrote.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the right to tell lasts: as long as the others wait for one who was killed …
const LEASE: SignedDuration = SignedDuration::from_secs(4);
/// … and how much of it a call needs, which takes three seconds at most.
const NEEDED: SignedDuration = SignedDuration::from_millis(3_500);
/// After a receiver's silence the next call comes soon, for cards must work within seconds.
const LONGEST_SILENCE: SignedDuration = SignedDuration::from_secs(4);
/// After a refusal there is no haste: somebody has to mend something.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The address is none.
    #[error(transparent)]
    Config(#[from] OfficeConfigError),
    /// The key that signs events cannot be used.
    #[error("office.events-key: {0}")]
    Key(#[from] KeyError),
    /// … or is not P-256.
    #[error("office.events-key: {0}")]
    Jose(#[from] JoseError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Tells the identity provider what the office has written down for it.
#[derive(Debug)]
pub struct Outbox {
    office: CardOffice,
    post: Post,
    audience: String,
    /// This process, among those that share the database.
    holder: String,
}

/// One round through what waits.
struct Round<'a> {
    outbox: &'a Outbox,
    /// Subjects of whom something earlier waits.
    waiting: HashSet<String>,
    leased_until: Timestamp,
    told: u32,
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing that was due is left.
    Done {
        /// How many events were told.
        told: u32,
    },
    /// The receiver does not answer.
    Silent,
    /// Another process tells.
    NotOurs,
}

impl Outbox {
    /// Reads the key.
    pub fn open(config: &NotifyConfig, office: CardOffice) -> Result<Self, OutboxError> {
        let audience = office.settings().names.idp.clone();
        let holder = office.surroundings().hex(16);
        Ok(Self { post: Post::open(config)?, office, audience, holder })
    }

    /// Tells for ever, until `stop`: at once when something was written here, and within a second
    /// when another process wrote it.
    pub async fn run(&self, stop: CancellationToken) {
        let mut silences = 0;
        loop {
            // Listening begins before looking, so that nothing falls between the two.
            let bell = self.office.told();
            let pause = match self.deliver().await {
                Ok(Outcome::Silent) => {
                    silences += 1;
                    silence(silences)
                }
                Ok(Outcome::Done { .. } | Outcome::NotOurs) => {
                    silences = 0;
                    LOOK_EVERY
                }
                Err(error) => {
                    tracing::error!(%error, "what must be told could not be read");
                    LOOK_EVERY
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                // Something new is no reason to call one who is silent.
                () = bell, if silences == 0 => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Tells what is due now.
    pub async fn deliver(&self) -> Result<Outcome, OfficeError> {
        let store = self.office.store();
        let waiting = store.backlog(&self.audience).await?;
        metrics::gauge!("warifu_office_events_waiting").set(count(waiting));
        if waiting == 0 {
            return Ok(Outcome::Done { told: 0 });
        }
        let epoch = Timestamp::UNIX_EPOCH;
        let mut round =
            Round { outbox: self, waiting: HashSet::new(), leased_until: epoch, told: 0 };
        let outcome = round.go().await;
        store.end_lease(&self.audience, &self.holder).await?;
        outcome
    }
}

impl Round<'_> {
    async fn go(&mut self) -> Result<Outcome, OfficeError> {
        let mut after = String::new();
        loop {
            let (store, audience) = (self.outbox.office.store(), &self.outbox.audience);
            let (notices, last) = store.notices(audience, &after).await?;
            for notice in notices {
                if let Some(ended) = self.take(&notice).await? {
                    return Ok(ended);
                }
            }
            match last {
                Some(last) => after = last,
                None => return Ok(Outcome::Done { told: self.told }),
            }
        }
    }

    /// Tells one, if it is its turn. Gives how the round ends, if it does.
    async fn take(&mut self, notice: &Notice) -> Result<Option<Outcome>, OfficeError> {
        let now = self.outbox.office.now();
        if self.waiting.contains(&notice.event.subject) {
            return Ok(None);
        }
        if is_too_old(notice, now) {
            return self.give_up(notice).await.map(|()| None);
        }
        if notice.due_at > now {
            self.waiting.insert(notice.event.subject.clone());
            return Ok(None);
        }
        if !self.is_ours(now).await? {
            return Ok(Some(Outcome::NotOurs));
        }
        self.tell(notice, now).await
    }

    async fn tell(
        &mut self,
        notice: &Notice,
        now: Timestamp,
    ) -> Result<Option<Outcome>, OfficeError> {
        let (store, event) = (self.outbox.office.store(), notice.event.event.name());
        let sent = self.outbox.post.send(&notice.event).await;
        count_attempt(event, &sent);
        match sent {
            Ok(()) => {
                store.forget_notice(notice).await?;
                self.told += 1;
                tracing::info!(event, jti = notice.id, "the identity provider was told");
                Ok(None)
            }
            Err(Failure::Silent(cause)) => {
                tracing::warn!(event, jti = notice.id, cause, "the identity provider is silent");
                Ok(Some(Outcome::Silent))
            }
            Err(Failure::Refused(cause)) => {
                tracing::error!(event, jti = notice.id, cause, "an event was refused");
                self.waiting.insert(notice.event.subject.clone());
                store.postpone_notice(notice, next_due(now, notice.attempts)).await.map(|()| None)
            }
        }
    }

    /// Takes the right to tell, or makes sure that it lasts for one more call.
    async fn is_ours(&mut self, now: Timestamp) -> Result<bool, OfficeError> {
        if self.leased_until.duration_since(now) >= NEEDED {
            return Ok(true);
        }
        let until = now.checked_add(LEASE).unwrap_or(now);
        let (outbox, store) = (self.outbox, self.outbox.office.store());
        let who = (outbox.audience.as_str(), outbox.holder.as_str());
        self.leased_until = until;
        store.lease(who, now, until).await
    }

    /// After seven days no receiver believes the event any more (RFC 8417 gives it no end of its
    /// own). The revocation list has said all along what matters.
    async fn give_up(&self, notice: &Notice) -> Result<(), OfficeError> {
        let event = notice.event.event.name();
        tracing::error!(event, jti = notice.id, "an event was given up after seven days");
        metrics::counter!("warifu_office_events_total", "result" => "given-up").increment(1);
        self.outbox.office.store().forget_notice(notice).await
    }
}

fn is_too_old(notice: &Notice, now: Timestamp) -> bool {
    let issued = Timestamp::from_second(notice.event.iat).unwrap_or(Timestamp::MIN);
    now.duration_since(issued) > LONGEST_DELAY
}

/// 1, 2, 4 … seconds.
fn silence(times: u32) -> Duration {
    doubled(times.saturating_sub(1), LONGEST_SILENCE).unsigned_abs()
}

/// 1, 2, 4 … seconds after this attempt.
fn next_due(now: Timestamp, attempts: i64) -> Timestamp {
    let pause = doubled(u32::try_from(attempts).unwrap_or(u32::MAX), LONGEST_PAUSE);
    now.checked_add(pause).unwrap_or(now)
}

fn doubled(times: u32, most: SignedDuration) -> SignedDuration {
    let seconds = 1_i64.checked_shl(times).filter(|seconds| *seconds > 0);
    SignedDuration::from_secs(seconds.unwrap_or(i64::MAX)).min(most)
}

fn count_attempt(event: &'static str, sent: &Result<(), Failure>) {
    let result = match sent {
        Ok(()) => "told",
        Err(Failure::Silent(_)) => "silent",
        Err(Failure::Refused(_)) => "refused",
    };
    metrics::counter!("warifu_office_events_total", "event" => event, "result" => result)
        .increment(1);
}

fn count(waiting: i64) -> f64 {
    u32::try_from(waiting).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_bounded() {
        assert_eq!(silence(1), Duration::from_secs(1));
        assert_eq!(silence(3), Duration::from_secs(4));
        assert_eq!(silence(u32::MAX), Duration::from_secs(4));
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(next_due(now, 0), now + SignedDuration::from_secs(1));
        assert_eq!(next_due(now, 3), now + SignedDuration::from_secs(8));
        assert_eq!(next_due(now, i64::MAX), now + LONGEST_PAUSE);
        assert_eq!(next_due(now, 63), now + LONGEST_PAUSE);
    }
}
