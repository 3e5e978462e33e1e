//! A job: what is fixed when its file is there, and how far it has come.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use warifu_contract::batch::{BatchCounts, BatchJob, BatchState, DisclosureLevel};
use warifu_pki::Organization;
use warifu_service::storage::instant;

use super::asker::Desk;
use super::lines::Written;
use crate::grants::Staff;

/// Bytes of a job's id.
pub(crate) const ID: usize = 16;

/// What is fixed when the file is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Terms {
    /// What the sender called the file.
    pub name: Option<String>,
    /// The party that sent it.
    pub client: String,
    /// Who sent it, a person's pseudonym or a system's name.
    pub member: String,
    /// In whose name.
    pub organization: Organization,
    /// Why it is allowed, as the access log names it.
    pub ground: String,
    /// What is told.
    pub level: DisclosureLevel,
    /// 対象年月日 of lines that name none.
    pub target: Date,
    /// The day counts for every line, whatever it names.
    pub target_for_all: bool,
    /// Of the file.
    pub bytes: u64,
    /// The job under which its pieces stand, and how many they are.
    pub file: String,
    pub pieces: u64,
    /// Lines to a chunk.
    pub chunk: usize,
    /// The results are gone once they were fetched.
    pub once: bool,
    /// For how many hours after its end results are kept.
    pub hours: i64,
    /// The job that this one checks again.
    pub recheck_of: Option<String>,
}

impl Terms {
    /// Who sent it.
    pub fn staff(&self) -> Staff {
        Staff { member: self.member.clone(), organization: self.organization.clone() }
    }

    /// As one who asks.
    pub fn desk(&self) -> Desk {
        Desk { party: self.client.clone(), staff: self.staff(), level: self.level }
    }
}

/// How far it has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Progress {
    /// Chunks that are in the access log.
    pub chunks: u64,
    /// Bytes of the file that they took.
    pub bytes: u64,
    /// What came of their lines.
    pub counts: BatchCounts,
    /// How the file is written; it has begun, and `compared_with` is settled, once that is known.
    pub written: Option<Written>,
    /// The job with whose answers its own are compared.
    pub compared_with: Option<String>,
    /// Why it was refused.
    pub refusal: Option<String>,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// The results are gone because they were fetched.
    pub fetched: bool,
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    /// Keyed hash of the organisation's code.
    pub organization: Vec<u8>,
    pub id: String,
    pub state: BatchState,
    /// When the file was there.
    pub at: Timestamp,
    /// When file and results are dropped.
    pub expires: Timestamp,
    pub terms: Terms,
    pub progress: Progress,
}

impl Job {
    /// Whether results are there at `now`.
    pub fn has_results(&self, now: Timestamp) -> bool {
        self.state == BatchState::Done && !self.progress.fetched && now < self.expires
    }

    /// As whoever sent it sees it.
    pub fn shown(&self, now: Timestamp) -> BatchJob {
        let (terms, progress) = (&self.terms, &self.progress);
        BatchJob {
            id: self.id.clone(),
            state: self.state,
            name: terms.name.clone(),
            received_at: self.at,
            ended_at: progress.ended,
            target_date: terms.target,
            bytes: terms.bytes,
            percent: percent(self.state, progress.bytes, terms.bytes),
            counts: progress.counts,
            refusal: progress.refusal.clone(),
            compared_with: progress.compared_with.clone(),
            recheck_of: terms.recheck_of.clone(),
            results_until: self.has_results(now).then_some(self.expires),
            fetched_once: terms.once,
        }
    }
}

/// A hundred only for what is done.
fn percent(state: BatchState, done: u64, all: u64) -> u8 {
    if state == BatchState::Done {
        return 100;
    }
    let percent = done.saturating_mul(100).checked_div(all).unwrap_or(0).min(99);
    u8::try_from(percent).unwrap_or(99)
}

/// The instant `hours` after `now`, as stored.
pub(crate) fn hours_after(now: Timestamp, hours: i64) -> Timestamp {
    let micros = hours.saturating_mul(3_600_000_000);
    instant(now.as_microsecond().saturating_add(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_percent_is_said_of_what_is_done() {
        assert_eq!(percent(BatchState::Running, 50, 100), 50);
        assert_eq!(percent(BatchState::Running, 100, 100), 99);
        assert_eq!(percent(BatchState::Received, 0, 0), 0);
        assert_eq!(percent(BatchState::Done, 0, 0), 100);
        assert_eq!(percent(BatchState::Running, u64::MAX, 1), 99);
    }
}
