//! What the relay tells a portal about links, and what a portal asks of it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::MaskedTarget;
use crate::coverage::Validity;
use crate::identity::{ItemLevels, MatchLevel};
use crate::records::{DisplayName, Service};

/// Portal → relay: one step. The same key again is the same step, and is taken once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkStep {
    /// 16 to 64 characters `[A-Za-z0-9_-]`.
    pub idempotency_key: String,
}

/// Portal → relay, `POST /links/discover`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscoverRequest {
    /// 16 to 64 characters `[A-Za-z0-9_-]`.
    pub idempotency_key: String,
    /// Holders to look at again whatever came of it before. None: every holder never looked at, or
    /// where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connectors: Option<Vec<String>>,
}

/// Relay → portal: one entry for every holder of the federation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkList {
    /// In the order of the connectors' ids.
    pub links: Vec<LinkEntry>,
}

/// How one holder stands to the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkEntry {
    /// For the steps (`/links/{id}/…`); none where nothing was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The connector.
    pub connector: String,
    /// The holder.
    pub name: DisplayName,
    /// What it holds.
    pub services: Vec<Service>,
    /// How it stands.
    pub standing: Standing,
    /// Links to this holder that are over, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EarlierLink>,
}

/// Where a link is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "state", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Standing {
    /// Nothing was begun.
    Unlinked,
    /// The holder is being asked.
    Searching,
    /// Two people at the holder look at it.
    Doubtful,
    /// The person must say whether this is them.
    Confirming {
        /// Who was found.
        target: MaskedTarget,
    },
    /// The holder knows nobody like the person.
    NotFound,
    /// The holder, or the card office, gave no answer.
    Failed {
        /// Stable code, e.g. `source.slow`.
        code: String,
    },
    /// The people at the holder found that nobody there is the person.
    Refused,
    /// The person said that the one found is somebody else; the holder looks at it.
    Declined,
    /// Linked.
    Linked {
        /// Who is linked, where the ceremony told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<MaskedTarget>,
        /// Since when.
        #[schema(value_type = String, format = DateTime)]
        since: Timestamp,
        /// From when until when the person was, or is, with this holder.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        period: Option<Validity>,
        /// Who stopped it; while it is stopped, the holder is not asked anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        frozen_by: Option<FrozenBy>,
    },
    /// The person ended it.
    Ended,
}

/// Who froze a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FrozenBy {
    /// The person.
    Oneself,
    /// Staff, who alone can thaw it.
    Staff,
}

/// A link that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlierLink {
    /// From when until when the person was with the holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Validity>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When it ended.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

/// Relay → portal, for staff: what waits for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoubtList {
    /// In no order that tells anything.
    pub doubts: Vec<Doubt>,
    /// There are more than were listed.
    pub more: bool,
}

/// A ceremony that people must decide. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Doubt {
    /// For the steps (`/links/doubts/{id}/…`).
    pub id: String,
    /// The connector.
    pub connector: String,
    /// The holder.
    pub name: DisplayName,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The person declined the candidate: a wrong match, to be looked into and closed.
    pub declined: bool,
    /// Who could be meant, best first.
    pub candidates: Vec<DoubtCandidate>,
    /// How many members could be meant in all.
    pub count: u32,
    /// The candidate that one member of staff has approved; another must approve the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<u32>,
    /// Whether that was whoever asks.
    pub approved_by_you: bool,
}

/// One who could be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoubtCandidate {
    /// The member, masked.
    pub target: MaskedTarget,
    /// How well the whole agrees.
    pub level: MatchLevel,
    /// How well each item agrees.
    pub items: ItemLevels,
    /// Only a former name agrees.
    pub by_former_name: bool,
    /// Somebody else is linked to this member; that link must end before this one is made.
    pub is_taken: bool,
}

/// Characters of what staff write about a doubt that they close.
const LONGEST_NOTE: usize = 200;

/// Staff → relay, `POST /links/doubts/{id}/refuse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefuseRequest {
    /// 16 to 64 characters `[A-Za-z0-9_-]`.
    pub idempotency_key: String,
    /// What was found.
    pub reason: RefusalReason,
    /// In words, at most 200 characters on one line; they go into the access log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Why staff close a doubt without a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalReason {
    /// The candidates are other people.
    OtherPerson,
    /// The person is no member here.
    NotAMember,
    /// The holder's own data are wrong, and are put right first.
    WrongData,
    /// It could not be found out.
    Unclear,
}

impl RefusalReason {
    /// Every reason.
    pub const ALL: [Self; 4] =
        [Self::OtherPerson, Self::NotAMember, Self::WrongData, Self::Unclear];

    /// As JSON and the access log have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OtherPerson => "other-person",
            Self::NotAMember => "not-a-member",
            Self::WrongData => "wrong-data",
            Self::Unclear => "unclear",
        }
    }
}

impl RefuseRequest {
    /// Whether the note is short and on one line.
    pub fn is_sound(&self) -> bool {
        self.note.as_ref().is_none_or(|note| {
            note.chars().count() <= LONGEST_NOTE && !note.chars().any(char::is_control)
        })
    }
}

/// Staff → relay, `POST /links/doubts/{id}/approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveRequest {
    /// 16 to 64 characters `[A-Za-z0-9_-]`.
    pub idempotency_key: String,
    /// Which candidate is the person, from 0.
    pub candidate: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_called_the_same_everywhere_and_its_note_is_short() {
        for reason in RefusalReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        let request = |note: &str| RefuseRequest {
            idempotency_key: "k".repeat(16),
            reason: RefusalReason::Unclear,
            note: Some(note.to_owned()),
        };
        assert!(request(&"字".repeat(200)).is_sound());
        assert!(!request(&"字".repeat(201)).is_sound());
        assert!(!request("one\ntwo").is_sound());
    }
}
