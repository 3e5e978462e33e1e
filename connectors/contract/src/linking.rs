//! Linking: how a card comes to stand for a member of a holder of records, by two proofs that do
//! not depend on each other: the card that signed in, and a voucher of the card office about the
//! person.

mod comparing;
mod masking;
mod matching;
pub mod portal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::coverage::{Coverage, Relation, Validity};
use crate::eligibility::TypedCard;
use crate::era::EraYear;
use crate::identity::{FourItems, ItemLevels, MatchLevel};
use crate::records::DisplayName;

pub use comparing::{CompareRequest, ComparedItem, Comparison, Item, Piece, compared};
pub use masking::masked;
pub use matching::{Found, HeldMember, find};

/// Former names that a voucher may carry.
pub const MOST_FORMER_NAMES: usize = 5;
/// Members that are shown to whoever decides a doubt.
pub const MOST_CANDIDATES: usize = 5;
const LONGEST_NAME: usize = 100;
const LONGEST_ADDRESS: usize = 200;

/// What the card office vouches for: what it proved against the resident register.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// 基本4情報, the reading besides.
    pub items: FourItems,
    /// 旧姓・旧氏名: names that the register holds as former ones, whole; at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_names: Vec<String>,
}

/// Shows nothing of a person.
impl std::fmt::Debug for Attributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attributes(…)")
    }
}

impl Attributes {
    /// Whether every text is as short as a name or an address is.
    pub fn is_bounded(&self) -> bool {
        let fits = |text: &str, most: usize| (1..=most).contains(&text.trim().chars().count());
        let FourItems { name, kana, address, .. } = &self.items;
        fits(name, LONGEST_NAME)
            && kana.as_deref().is_none_or(|kana| fits(kana, LONGEST_NAME))
            && fits(address, LONGEST_ADDRESS)
            && self.former_names.len() <= MOST_FORMER_NAMES
            && self.former_names.iter().all(|name| fits(name, LONGEST_NAME))
    }
}

/// Relay → card office, `POST /vouchers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VouchersRequest {
    /// Who it is about: the sealed `holder` of the sign-in's ticket, or that of [`ProvedWard`].
    pub holder: String,
    /// The ceremony: 32 hexadecimal digits, random.
    pub ceremony: String,
}

/// Card office → staff, `POST /wards`: the resident register has exactly the person whom the papers
/// name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvedWard {
    /// Who it is, sealed by the office to itself for ten minutes; for [`VouchersRequest`].
    pub holder: String,
}

/// Card office → relay: one voucher for every connector of the federation, so that the office does
/// not learn where a person is linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Vouchers {
    /// Sealed vouchers by the connector's id.
    pub vouchers: BTreeMap<String, String>,
}

/// Relay → connector, `POST /v1/links/match`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchRequest {
    /// The voucher, sealed to this connector; its `sub` is that of the relay's token.
    pub voucher: String,
}

/// Relay → connector, `POST /v1/links/card`: whose insurance card is this? For somebody who has no
/// card to sign in with, on papers that staff have seen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardMatchRequest {
    /// What stands on it.
    pub card: TypedCard,
}

/// Shows no card.
impl std::fmt::Debug for CardMatchRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardMatchRequest(…)")
    }
}

/// Connector → relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "result", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CardMatchAnswer {
    /// A member of today, whom number and birth date name alone.
    Found {
        /// The member.
        member: CardMember,
    },
    /// Nobody who is a member today.
    Unknown,
}

/// The member of a card, without a word that names one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardMember {
    /// The name under which the relay may speak of the member once that is confirmed.
    pub pseudonym: String,
    /// What staff lay beside the papers.
    pub target: MaskedTarget,
    /// The pseudonym under which the relay speaks of this member already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_as: Option<String>,
    /// Since when a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Validity>,
}

impl CardMember {
    /// Whom a card of `organization` insures, by the `coverage` that holds: under a new `pseudonym`,
    /// and that under which the relay speaks of them already.
    pub fn insured(
        coverage: &Coverage,
        organization: DisplayName,
        pseudonym: String,
        held_as: Option<String>,
    ) -> Self {
        let target = MaskedTarget {
            name: masked(&coverage.name.text),
            birth_year: coverage.birth_date.year(),
            organization,
            relation: Some(coverage.relation),
        };
        Self { pseudonym, target, held_as, period: Some(coverage.validity) }
    }
}

/// Connector → relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "result", rename_all = "kebab-case", deny_unknown_fields)]
pub enum MatchAnswer {
    /// One member and no other could be meant, and every item that counts is exact.
    Matched {
        /// The member.
        candidate: Candidate,
    },
    /// A person must look; two, who agree.
    Doubtful {
        /// The best of them, at most [`MOST_CANDIDATES`].
        candidates: Vec<Candidate>,
        /// How many members could be meant.
        count: u32,
    },
    /// No member could be meant.
    Unknown,
}

/// A member who may be the person, without a word that names one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The name under which the relay may speak of the member once that is confirmed: 32
    /// hexadecimal digits, random. Until then it opens nothing.
    pub pseudonym: String,
    /// What the person may be shown in order to recognise themselves.
    pub target: MaskedTarget,
    /// How well the whole agrees.
    pub level: MatchLevel,
    /// How well each item agrees.
    pub items: ItemLevels,
    /// The name agrees only with a former one (旧姓).
    pub by_former_name: bool,
    /// The pseudonym under which the relay speaks of this member already: somebody is linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_as: Option<String>,
    /// From when until when the holder counts the person among its members, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Validity>,
}

/// A member as the person may see it before it is confirmed: enough to recognise oneself, too
/// little to learn who somebody else is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaskedTarget {
    /// Of each part of the name the first character, e.g. `上○ 太○`.
    pub name: String,
    /// The year of birth.
    pub birth_year: i16,
    /// The holder.
    pub organization: DisplayName,
    /// 本人 or 家族, where there is insurance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
}

impl MaskedTarget {
    /// In one line, e.g. `上○ 太○　昭和30年○月生まれ　見本健康保険組合　本人`.
    pub fn in_japanese(&self) -> String {
        let year = jiff::civil::Date::new(self.birth_year, 12, 31).ok().and_then(EraYear::of);
        let year = year.map_or_else(|| format!("{}年", self.birth_year), EraYear::in_japanese);
        let born = format!("{year}○月生まれ");
        let relation = self.relation.map(|relation| match relation {
            Relation::Insured => "本人",
            Relation::Dependant => "家族",
        });
        let parts = [self.name.as_str(), &born, &self.organization.ja];
        parts.into_iter().chain(relation).collect::<Vec<_>>().join("　")
    }
}

/// Relay → connector, `POST /v1/links/confirm`: this candidate is the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// The candidate's pseudonym.
    pub pseudonym: String,
}

/// Relay → connector, `POST /v1/links/end`: what was offered in the ceremony is forgotten, and the
/// pseudonym, if there is one, opens nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndRequest {
    /// The pseudonym that ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonym: Option<String>,
    /// Why.
    pub why: EndReason,
}

/// Why a ceremony or a link ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// The person says that the masked member is somebody else.
    Declined,
    /// Staff decided that no candidate is the person.
    Refused,
    /// The person no longer wants the link, or began another ceremony.
    Unlinked,
}

impl EndReason {
    /// The word in logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Refused => "refused",
            Self::Unlinked => "unlinked",
        }
    }
}

/// Connector → relay: it is so now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkDone {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}
