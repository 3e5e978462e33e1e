//! How far a deposit is.

use jiff::Timestamp;
use serde::Serialize;

use super::lag::Lag;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// 全件: every card that the insurer has; those that are missing are gone.
    Full,
    /// 差分: what changed.
    Changes,
}

/// What became of a deposit so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The file is coming in.
    Arriving,
    /// The file is being read and sorted.
    Receiving,
    /// What it holds is being compared with what is there, and written.
    Checking,
    /// It can go live.
    Ready,
    /// Questions see it, or a later one.
    Live,
    /// It is being given up.
    Leaving,
    /// Too much was wrong with it.
    Refused,
    /// Somebody gave it up.
    Cancelled,
}

/// A deposit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its number among the insurer's.
    pub number: i64,
    /// What became of it.
    pub state: State,
    /// What it holds.
    pub kind: Kind,
    /// Who deposited it.
    pub by: String,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// Since when questions see it.
    pub live_at: Option<Timestamp>,
    /// Records read.
    pub lines: i64,
    /// Of them refused.
    pub wrong: i64,
    /// Cards in the file.
    pub cards: i64,
    /// Of them new or changed.
    pub written: i64,
    /// Cards that are gone with it.
    pub removed: i64,
    /// Cards that were there before, as far as they were compared.
    pub held: i64,
    /// Of `written` those that were not there before.
    pub added: i64,
    /// Cards with an open end that have it no more; those that are gone are among them.
    pub ended: i64,
    /// What the sender calls the file; empty where nobody said.
    pub name: String,
    /// How the file is written, e.g. `csv cp932`; empty until that is known.
    pub written_as: String,
    /// Bytes of the file that are here; 0 where it did not come over HTTP.
    pub bytes: i64,
    /// When something last happened to it.
    pub changed_at: Timestamp,
    /// Who let it go live, where somebody had to.
    pub approved_by: Option<String>,
    /// The usual lag as of this deposit, once it is live and its insurer's deposits tell.
    pub lag: Option<Lag>,
    #[serde(skip)]
    pub(crate) taken: i64,
    #[serde(skip)]
    pub(crate) runs: i64,
    #[serde(skip)]
    pub(crate) merged: Vec<u8>,
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Fault {
    /// The line on which it begins, from 1.
    pub line: i64,
    /// Which field; empty for the record as a whole.
    pub field: String,
    /// What is wrong.
    pub code: String,
}

impl Kind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Changes => "changes",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        [Self::Full, Self::Changes].into_iter().find(|kind| kind.word() == word)
    }
}

impl State {
    const ALL: [Self; 8] = [
        Self::Arriving,
        Self::Receiving,
        Self::Checking,
        Self::Ready,
        Self::Live,
        Self::Leaving,
        Self::Refused,
        Self::Cancelled,
    ];

    /// The word for it in tables, commands and logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Arriving => "arriving",
            Self::Receiving => "receiving",
            Self::Checking => "checking",
            Self::Ready => "ready",
            Self::Live => "live",
            Self::Leaving => "leaving",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it is neither live nor given up, so that another has to wait.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::Arriving | Self::Receiving | Self::Checking | Self::Ready | Self::Leaving
        )
    }
}

impl Status {
    /// Whether more than so many percent of the records are wrong.
    pub(crate) fn is_wrong_beyond(&self, percent: u8) -> bool {
        beyond(self.wrong, self.lines, percent)
    }

    /// Whether more than so many percent of the cards would end.
    pub fn ends_more_than(&self, percent: u8) -> bool {
        self.kind == Kind::Full && beyond(self.ended, self.held, percent)
    }
}

fn beyond(part: i64, whole: i64, percent: u8) -> bool {
    part.saturating_mul(100) > whole.saturating_mul(i64::from(percent))
}
