//! お知らせ: what a resident should do or know, from what the portal truly learns. Nothing is
//! written anywhere for a notice: each is read out of the thing that it is about, and goes when that
//! has changed.

mod gather;
mod marks;
mod sources;

use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::linking::portal::FrozenBy;
use warifu_contract::mandate::Side;
use warifu_contract::records::DisplayName;

use crate::announcements::Announcement;
use crate::view::card_ends;

pub use gather::{Gathered, History, Missing, gather, history};
pub use marks::Marks;

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Tells it from every other of the same person, for as long as it is the same: what it is about
    /// and who.
    pub mark: String,
    /// What it says.
    pub what: What,
    /// Since when it is so.
    pub at: Option<Timestamp>,
    /// The last day on which something can be done about it.
    pub due: Option<Date>,
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A holder found somebody who may be the person.
    Confirm(DisplayName),
    /// There are holders that were never asked.
    Search,
    /// A link is stopped, by whom.
    Frozen(DisplayName, FrozenBy),
    /// The person went from one insurer to another.
    Moved {
        /// The earlier insurer.
        from: DisplayName,
        /// The present one.
        to: DisplayName,
    },
    /// Somebody entered the code and waits to be confirmed as proxy.
    ProxyWaits(String),
    /// A mandate ends soon; the side that the person is on, and what the other is called.
    MandateEnds(Side, String),
    /// A mandate rests, since one of the two has no card that opens.
    MandateRests(Side, String),
    /// A mandate is over.
    MandateEnded(Side, String),
    /// A consent ends soon.
    ConsentEnds(Consented),
    /// An insurer found that an answer about the person was wrong.
    Corrected(String),
    /// An insurer looked into an answer about the person and let it stand.
    Answered(String),
    /// Somebody whom the person does not know from before looked at the records.
    Looked(String),
    /// The card that the person signed in with ends on that day.
    CardEnds(Date),
    /// The consortium tells everybody something.
    Announced(Box<Announcement>),
}

/// To whom a consent was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consented {
    /// Somebody with this name.
    Named(String),
    /// Any clinic, in an emergency.
    AnyClinic,
}

/// Who says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender<'a> {
    /// The portal itself, from what it reads.
    Portal,
    /// An organisation, in both languages.
    Organization(&'a DisplayName),
    /// Somebody, by name.
    Named(&'a str),
}

impl What {
    /// Whether the person is asked to do something.
    pub fn is_action(&self) -> bool {
        matches!(
            self,
            Self::Confirm(_)
                | Self::Search
                | Self::Frozen(_, FrozenBy::Oneself)
                | Self::ProxyWaits(_)
                | Self::MandateEnds(Side::Principal, _)
                | Self::ConsentEnds(_)
                | Self::Corrected(_)
                | Self::CardEnds(_)
        )
    }

    /// Who says it.
    pub fn sender(&self) -> Sender<'_> {
        match self {
            Self::Confirm(holder) | Self::Frozen(holder, FrozenBy::Staff) => {
                Sender::Organization(holder)
            }
            Self::Corrected(by) | Self::Answered(by) => Sender::Named(by),
            Self::Announced(one) => Sender::Organization(&one.sender),
            _ => Sender::Portal,
        }
    }

    /// Where something can be done about it, or more is said.
    pub fn page(&self) -> Option<&'static str> {
        match self {
            Self::Confirm(_) | Self::Search | Self::Frozen(..) | Self::Moved { .. } => {
                Some("/links")
            }
            Self::ProxyWaits(_)
            | Self::MandateEnds(..)
            | Self::MandateRests(..)
            | Self::MandateEnded(..) => Some("/proxies"),
            Self::ConsentEnds(_) => Some("/consents"),
            Self::Corrected(_) => Some("/insurance"),
            Self::Answered(_) | Self::Looked(_) => Some("/history"),
            Self::CardEnds(_) => Some(card_ends::HELP),
            Self::Announced(_) => None,
        }
    }
}

/// What is to be done first, by its last day; then the news, the newest first.
pub fn sort(notices: &mut [Notice]) {
    notices.sort_by_key(|notice| {
        let newest = notice.at.map_or(0, |at| -at.as_second());
        (!notice.what.is_action(), notice.due.unwrap_or(Date::MAX), newest)
    });
}
