//! Which notices a person has seen: keyed digests, sealed, under a keyed hash of the person, as the
//! last visit is kept.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::{Gathered, Notice};
use crate::access::SignedIn;
use crate::seen;
use crate::shared::Shared;

/// Marks that are kept at most.
const MOST: usize = 256;
/// Bytes of a mark.
const SHORT: usize = 16;

/// What was seen of the notices.
#[derive(Debug, Default)]
pub struct Marks {
    holder: Vec<u8>,
    read: Read,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Read {
    marks: BTreeSet<String>,
}

impl Marks {
    /// What `me` has seen; nothing where the database does not answer.
    pub async fn by(app: &Shared, me: &SignedIn) -> Self {
        let holder = seen::holder(app, "notices.holder", me);
        let read = seen::kept(app, &holder).await.unwrap_or_else(|cause| {
            tracing::warn!(%cause, "what was read of the notices is not known");
            Read::default()
        });
        Self { holder, read }
    }

    /// Whether the person has not seen it.
    pub fn is_unread(&self, app: &Shared, notice: &Notice) -> bool {
        !self.read.marks.contains(&self.digest(app, notice))
    }

    /// With `shown` as seen, and without what there is no more: unless something is missing, which
    /// may come back. None where nothing is new.
    pub fn with(mut self, app: &Shared, all: &Gathered, shown: &[&Notice]) -> Option<Self> {
        let new: Vec<String> = shown.iter().map(|notice| self.digest(app, notice)).collect();
        if new.iter().all(|mark| self.read.marks.contains(mark)) {
            return None;
        }
        if all.is_whole {
            let there: BTreeSet<_> =
                all.notices.iter().map(|notice| self.digest(app, notice)).collect();
            self.read.marks.retain(|mark| there.contains(mark));
        }
        self.read.marks.extend(new);
        while self.read.marks.len() > MOST && self.read.marks.pop_first().is_some() {}
        Some(self)
    }

    /// Remembers them.
    pub async fn keep(self, app: &Shared) {
        if let Err(cause) = seen::keep(app, &self.holder, &self.read).await {
            tracing::warn!(%cause, "what was read of the notices was not remembered");
        }
    }

    fn digest(&self, app: &Shared, notice: &Notice) -> String {
        let value = [self.holder.as_slice(), notice.mark.as_bytes()].concat();
        let whole = app.keys.lookup("notices.mark", &value);
        BASE64URL_NOPAD.encode(whole.get(..SHORT).unwrap_or_default())
    }
}
