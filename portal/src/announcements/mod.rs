//! What the consortium tells everybody: outages, maintenance and news, from when until when, in both
//! languages. Written by its administrators, shown at the entrance and among the notices.

mod form;
mod store;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use warifu_contract::calendar::today_in_japan;
use warifu_contract::records::DisplayName;

use crate::notices::{Notice, What};

pub use form::{FIELDS, read};
pub use store::{all, current, find, publish, withdraw};

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Something does not work.
    Outage,
    /// Something will not work for a while, as planned.
    Maintenance,
    /// Anything else.
    News,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Outage, Self::Maintenance, Self::News];

    /// Its name in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::Maintenance => "maintenance",
            Self::News => "news",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Names it: 32 hexadecimal digits.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// In one line.
    pub title: DisplayName,
    /// What still works, and what to do.
    pub text: DisplayName,
    /// Who says it.
    pub sender: DisplayName,
    /// From when it is so; it is shown as soon as it is published.
    pub from: Timestamp,
    /// Until when it is so, and is shown.
    pub until: Timestamp,
    /// When it was published, and by whom.
    pub published: Deed,
    /// When it was taken back, and by whom.
    #[serde(default)]
    pub withdrawn: Option<Deed>,
}

/// Who did something, and when; for the administrators alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// The name that the sign-in brought.
    pub by: String,
}

impl Announcement {
    /// Whether it is told at `now`.
    pub fn is_told(&self, now: Timestamp) -> bool {
        self.withdrawn.is_none() && now < self.until
    }

    /// Whether what it says is so at `now`, rather than later.
    pub fn has_begun(&self, now: Timestamp) -> bool {
        self.from <= now
    }
}

/// The announcement among the notices of everybody.
pub fn notice(one: Announcement) -> Notice {
    let mark = format!("announcement/{}", one.id);
    let (at, due) = (Some(one.published.at), Some(today_in_japan(one.until)));
    Notice { mark, at, due, what: What::Announced(Box::new(one)) }
}
