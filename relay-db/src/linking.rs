//! The linking ceremony: a card that signed in, and a voucher of the card office about the person,
//! lead to a member of a holder of records; people look at every doubt, and the person confirms.
//!
//! ```text
//! searching ─┬─ confirming ─┬─ linked ── (frozen) ── ended
//!            │      ▲       └─ declined ─┐
//!            ├─ doubtful ─────────────── refused
//!            ├─ not found
//!            └─ failed
//! ```
//!
//! A step stands in the log before it takes effect. What a connector has to be told besides, it is
//! told until it has heard it.

mod access;
mod compare;
mod discover;
mod doubts;
pub(crate) mod holders;
mod notices;
mod office;
mod search;
mod steps;
mod store;
mod view;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use warifu_contract::linking::Candidate;

pub(crate) use compare::{__path_compare, compare};
pub(crate) use discover::{__path_discover, __path_list, discover, list};
pub(crate) use doubts::{
    __path_approve, __path_freeze_rival, __path_queue, __path_refuse, __path_thaw_rival, approve,
    freeze_rival, queue, refuse, thaw_rival,
};
pub(crate) use notices::tell;
pub(crate) use office::{Office, OfficeError};
pub(crate) use steps::{
    __path_confirm, __path_decline, __path_end, __path_freeze, __path_thaw, confirm, decline, end,
    end_all, freeze, thaw,
};

/// After so long a search that nobody finished counts as broken off.
const LONGEST_SEARCH: SignedDuration = SignedDuration::from_mins(2);

/// A ceremony of one subject at one connector, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ceremony {
    /// Names it to the portal.
    pub id: String,
    /// What it is called at the connector.
    pub errand: String,
    /// When this state was reached.
    pub since: Timestamp,
    pub state: State,
    /// Who could be meant, best first.
    pub candidates: Vec<Candidate>,
    /// How many members could be meant in all.
    pub count: u32,
    /// Who found that a candidate is the person.
    pub approvals: Vec<Approval>,
    /// The voucher of the search, sealed to the connector, while people decide: they are shown by it
    /// where a candidate differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<String>,
}

/// How far a ceremony has come. A link that was made has none any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum State {
    Searching,
    Doubtful,
    /// The person must say whether this candidate is them.
    Confirming {
        candidate: u32,
    },
    NotFound,
    Failed {
        code: String,
    },
    Refused,
    Declined,
    Ended,
}

/// One of two people's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    /// The member of staff, in the relay's own words.
    pub member: String,
    pub candidate: u32,
}

/// A ceremony as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub connector: String,
    /// What a step is taken from.
    pub version: i64,
    pub ceremony: Ceremony,
}

impl Ceremony {
    fn begun(id: String, errand: String, now: Timestamp) -> Self {
        Self {
            id,
            errand,
            since: now,
            state: State::Searching,
            candidates: Vec::new(),
            count: 0,
            approvals: Vec::new(),
            voucher: None,
        }
    }

    fn in_state(&self, state: State, now: Timestamp) -> Self {
        let voucher = self.voucher.clone().filter(|_| state == State::Doubtful);
        Self { state, since: now, voucher, ..self.clone() }
    }

    fn candidate(&self, index: u32) -> Option<&Candidate> {
        self.candidates.get(usize::try_from(index).ok()?)
    }

    /// Whether people at the holder have to look at it.
    fn waits_for_people(&self) -> bool {
        matches!(self.state, State::Doubtful | State::Declined)
    }

    fn is_broken_off(&self, now: Timestamp) -> bool {
        self.state == State::Searching && now.duration_since(self.since) > LONGEST_SEARCH
    }
}
