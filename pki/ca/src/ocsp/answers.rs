//! Answers that were signed, and states that were read, kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use jiff::Timestamp;
use warifu_pki::ocsp::CertStatus;

/// How many states are kept, twice: the young ones and the old ones. An answer takes about 1 KiB.
const MOST: usize = 32 * 1024;

/// An OCSP response without a nonce.
#[derive(Clone, Debug)]
pub struct LastingAnswer {
    /// `OCSPResponse`, DER.
    pub response: Bytes,
    /// When this was known.
    pub this_update: Timestamp,
    /// Until when it may be relied upon.
    pub next_update: Timestamp,
    /// A digest of the response, for its entity tag.
    pub(crate) digest: String,
}

impl LastingAnswer {
    pub(super) fn new(response: Bytes, this_update: Timestamp, next_update: Timestamp) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, &response);
        let digest = data_encoding::BASE64URL_NOPAD.encode(digest.as_ref());
        Self { response, this_update, next_update, digest }
    }

    /// Whether less than half of its life is over.
    pub(super) fn is_young(&self, now: Timestamp) -> bool {
        now < self.this_update + self.next_update.duration_since(self.this_update) / 2
    }
}

/// What is known about a certificate.
pub(super) struct Known {
    /// The number of the list that was out when it was read; `None` if that list was silent about
    /// something.
    pub(super) list: Option<i64>,
    pub(super) status: CertStatus,
    pub(super) answer: Option<Arc<LastingAnswer>>,
}

impl Known {
    pub(super) fn answer_that(
        &self,
        fits: impl Fn(&LastingAnswer) -> bool,
    ) -> Option<Arc<LastingAnswer>> {
        self.answer.as_ref().filter(|answer| fits(answer)).cloned()
    }
}

/// What is known, by the certificate as clients name it. When there is no more room for young ones,
/// they become the old ones and the old ones are forgotten.
#[derive(Default)]
pub(crate) struct Answers(RwLock<Kept>);

type Named = HashMap<Box<[u8]>, Arc<Known>>;

#[derive(Default)]
struct Kept {
    young: Named,
    old: Named,
}

impl Answers {
    pub(super) fn of(&self, name: &[u8]) -> Option<Arc<Known>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.young.get(name).or_else(|| kept.old.get(name)).cloned()
    }

    pub(super) fn keep(&self, name: &[u8], known: Arc<Known>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.young.len() >= MOST {
            kept.old = std::mem::take(&mut kept.young);
        }
        kept.young.insert(name.into(), known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_kept_and_no_more_than_there_is_room_for() {
        let answers = Answers::default();
        let name = |number: usize| number.to_be_bytes();
        for number in 0..3 * MOST {
            let status = CertStatus::Good;
            answers.keep(&name(number), Arc::new(Known { list: Some(1), status, answer: None }));
        }
        assert!(answers.of(&name(3 * MOST - 1)).is_some());
        assert!(answers.of(&name(2 * MOST)).is_some());
        assert!(answers.of(&name(0)).is_none());
        let kept = answers.0.read().unwrap();
        assert!(kept.young.len() + kept.old.len() <= 2 * MOST);
    }
}
