//! The gate's memory: which requests were seen, whether a sign-in is under way, how many came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{CardRequest, Denied, Refusal};

/// Far more than the rate lets in while a request is still good.
const MOST_REMEMBERED: usize = 1024;
/// So many sign-ins may start at once …
const BURST: u32 = 20;
/// … and one more each time this has passed.
const REFILL: SignedDuration = SignedDuration::from_secs(2);

/// Decides over one genuine request after another.
#[derive(Default)]
pub(crate) struct Admission {
    memory: Mutex<Memory>,
    busy: Turn,
}

/// The right to use the readers. The sign-in is over when its last clone is dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn(Arc<()>);

impl Turn {
    fn is_taken(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

#[derive(Default)]
struct Memory {
    /// Until when each transaction of each origin could come again.
    seen: HashMap<(String, String), Timestamp>,
    started: Bucket,
}

impl Admission {
    /// Takes the turn for this request and remembers it. A request that finds the turn taken is
    /// not used up: it may come again.
    pub(super) fn take(&self, request: &CardRequest, now: Timestamp) -> Result<Turn, Denied> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.seen.retain(|_, expires| *expires > now);
        let name = (request.provider.origin.clone(), request.transaction.clone());
        if memory.seen.contains_key(&name) {
            return Err(Refusal::Replayed.into());
        }
        if self.busy.is_taken() {
            return Err(Denied::Busy(Arc::clone(&request.provider)));
        }
        if memory.seen.len() >= MOST_REMEMBERED || !memory.started.take(now) {
            return Err(Refusal::Rate.into());
        }
        memory.seen.insert(name, request.expires);
        Ok(self.busy.clone())
    }
}

/// A token bucket, told by timestamps.
#[derive(Default)]
struct Bucket {
    used: u32,
    since: Timestamp,
}

impl Bucket {
    fn take(&mut self, now: Timestamp) -> bool {
        self.refill(now);
        let free = self.used < BURST;
        if free {
            self.used += 1;
        }
        free
    }

    /// Gives back one start for each whole period that passed; a clock set back starts afresh.
    fn refill(&mut self, now: Timestamp) {
        let passed = now.duration_since(self.since).as_secs() / REFILL.as_secs();
        let back = u32::try_from(passed).unwrap_or(u32::MAX);
        self.used = self.used.saturating_sub(back);
        if self.used == 0 || passed < 0 {
            self.since = now;
        } else if passed > 0 {
            self.since = self.since.saturating_add(REFILL * back.cast_signed()).unwrap_or(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::{Method, Methods};
    use crate::purpose::Purpose;
    use crate::words::Language;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn request(transaction: &str, expires: i64) -> CardRequest {
        CardRequest {
            provider: Arc::new(crate::idp::tests::provider("https://idp.example")),
            transaction: transaction.into(),
            nonce: String::new(),
            relying_party: String::new(),
            purpose: Purpose::SignIn,
            methods: Methods::only(Method::PivPin),
            language: Language::Ja,
            watch: None,
            expires: at(expires),
        }
    }

    fn take(admission: &Admission, transaction: &str, now: i64) -> Result<Turn, Denied> {
        let request = request(transaction, now + 120);
        admission.take(&request, at(now))
    }

    #[test]
    fn a_request_counts_once() {
        let admission = Admission::default();
        drop(take(&admission, "a", 1000).unwrap());
        let again = take(&admission, "a", 1001);
        assert!(matches!(again, Err(Denied::Refused(Refusal::Replayed))));
        assert!(take(&admission, "b", 1001).is_ok());
    }

    #[test]
    fn one_at_a_time_and_the_one_who_waits_may_come_again() {
        let admission = Admission::default();
        let turn = take(&admission, "a", 1000).unwrap();
        let still_working = turn.clone();
        drop(turn);
        assert!(matches!(take(&admission, "b", 1000), Err(Denied::Busy(_))));
        drop(still_working);
        assert!(take(&admission, "b", 1000).is_ok());
    }

    #[test]
    fn too_many_are_refused_until_time_has_passed() {
        let admission = Admission::default();
        for n in 0..BURST {
            assert!(take(&admission, &n.to_string(), 1000).is_ok());
        }
        let refused =
            |name, now| matches!(take(&admission, name, now), Err(Denied::Refused(Refusal::Rate)));
        assert!(refused("x", 1001));
        assert!(!refused("y", 1002));
        assert!(refused("z", 1002));
    }

    #[test]
    fn memory_is_bounded() {
        let admission = Admission::default();
        for n in 0..3000 {
            let now = 1000 + i64::from(n) * 2;
            assert!(take(&admission, &n.to_string(), now).is_ok());
        }
        assert!(admission.memory.lock().unwrap().seen.len() <= 61);
    }
}
