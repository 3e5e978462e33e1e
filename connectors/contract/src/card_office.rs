//! What the card office and the pages of the consortium's staff say to each other: a card from its
//! application to its destruction.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::identity::{Departure, FourItems, IdentityOutcome};

/// Where a card stands in its life.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// 受付: the application lies before us.
    Applied,
    /// 要確認: the register did not clearly say who this is.
    Doubtful,
    /// 本人確認済: the applicant is a person of the register.
    Proved,
    /// 却下: the application was refused. Final.
    Rejected,
    /// 取下げ: the applicant withdrew it. Final.
    Withdrawn,
    /// 発券指示: somebody else approved it; a card may be made.
    Ordered,
    /// 発券中: keys are being made on a card.
    Personalising,
    /// 発券済: the card is finished; its certificates are on hold.
    Personalised,
    /// 発送済: on its way by restricted mail (本人限定受取郵便).
    Sent,
    /// 返戻: it came back.
    Returned,
    /// 交付済: in the resident's hands, not yet activated.
    Delivered,
    /// 利用中: in use.
    Active,
    /// 一時停止: stopped for now.
    Suspended,
    /// 失効: never to be used again.
    Revoked,
    /// 期限切れ: its certificates have ended.
    Expired,
    /// 廃棄済: destroyed. Final.
    Destroyed,
}

impl Stage {
    /// Every stage, in the order of a card's life.
    pub const ALL: [Self; 16] = [
        Self::Applied,
        Self::Doubtful,
        Self::Proved,
        Self::Rejected,
        Self::Withdrawn,
        Self::Ordered,
        Self::Personalising,
        Self::Personalised,
        Self::Sent,
        Self::Returned,
        Self::Delivered,
        Self::Active,
        Self::Suspended,
        Self::Revoked,
        Self::Expired,
        Self::Destroyed,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Doubtful => "doubtful",
            Self::Proved => "proved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Ordered => "ordered",
            Self::Personalising => "personalising",
            Self::Personalised => "personalised",
            Self::Sent => "sent",
            Self::Returned => "returned",
            Self::Delivered => "delivered",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Destroyed => "destroyed",
        }
    }

    /// The stage of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == name)
    }
}

/// Whom a card is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CardKind {
    /// 住民カード.
    Resident,
    /// 職員カード.
    Staff,
}

/// How an application came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// 様式1 by mail or at the counter.
    Paper,
    /// By the web.
    Online,
}

/// 様式2 委任状: somebody applies for somebody else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proxy {
    /// The agent's name; at most 100 characters.
    pub name: String,
    /// 続柄 or other relation; at most 50 characters.
    pub relation: String,
    /// Whether the letter of attorney was seen.
    pub power_of_attorney_seen: bool,
}

/// Shows no name.
impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proxy(…)")
    }
}

/// For whom a member of staff works, and what for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Employment {
    /// The organisation's code, e.g. 医療機関コード; at most 32 characters.
    pub organization_code: String,
    /// Its name; at most 100 characters.
    pub organization_name: String,
    /// Role URNs, at least one, at most 8.
    pub roles: Vec<String>,
}

/// `POST /cards`: an application (様式1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApplication {
    /// How it came.
    pub channel: Channel,
    /// Who applies, or is applied for.
    pub applicant: FourItems,
    /// 電話番号, for the call centre; at most 20 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Who applies in the person's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// Whether 様式3, the consent to how insurance data is handled, is signed. Nothing goes on
    /// without it.
    pub consent: bool,
    /// For a member of staff; a resident's card without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employment: Option<Employment>,
}

/// Why a card ends or is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// 紛失.
    Lost,
    /// 盗難.
    Stolen,
    /// 破損.
    Damaged,
    /// A new card takes its place.
    Replaced,
    /// 死亡.
    Deceased,
    /// 転出.
    MovedAway,
    /// 退職・異動, for staff.
    Left,
    /// Misuse, or suspicion of it.
    Misuse,
    /// The holder no longer wants it.
    NotWanted,
    /// Not collected, or undeliverable.
    Undelivered,
}

/// `POST /cards/{id}/actions`: what somebody does to a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// Ask the resident register (again).
    Prove,
    /// Say, after looking at the papers, that a doubtful applicant is the person of the register.
    /// Never when the items were only folded and nothing else speaks for it: the note says what does.
    ResolveDoubt {
        /// What was seen; 10 to 500 characters.
        note: String,
    },
    /// Refuse the application.
    Reject {
        /// Why, in a sentence to the applicant; at most 500 characters.
        note: String,
    },
    /// The applicant no longer wants it.
    Withdraw,
    /// 発券指示: by somebody else than who took the application, proved identity or resolved doubt.
    Approve,
    /// Give up a card that could not be personalised: back to the order.
    Spoil {
        /// What was wrong; at most 500 characters.
        note: String,
    },
    /// 発送.
    Send {
        /// The mail's tracking number (お問い合わせ番号): 8 to 20 letters, digits, hyphens.
        tracking: String,
    },
    /// It came back.
    Return,
    /// 交付: handed over, identity seen.
    Deliver,
    /// Stop for now, at once.
    Suspend {
        /// Why.
        reason: StopReason,
    },
    /// Let a suspended card in again: by somebody else than who suspended it.
    Release,
    /// Never again.
    Revoke {
        /// Why.
        reason: StopReason,
    },
    /// Order a new card for the same person after loss or damage; the old one is revoked at once.
    Reissue {
        /// Why.
        reason: StopReason,
    },
    /// Order the next card before this one ends; this one works until the next is activated.
    Renew,
    /// The card itself is destroyed.
    Destroy,
}

/// Something that may be done now by whoever asks, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Possibility {
    /// The action's name, as in [`Action`].
    pub action: String,
    /// Absent when it may be done; else the code of the refusal, e.g. `office.same-person`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A certificate on a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardCertificate {
    /// The profile's name.
    pub profile: String,
    /// Lower-case hexadecimal.
    pub serial: String,
    /// From when.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// `valid`, `held` or `revoked`.
    pub state: String,
}

/// A card, from its application on, as whoever asks may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// 受付番号: names the application and all that follows, e.g. `A7K2-9QXM`.
    pub id: String,
    /// Grows with every event; `If-Match` wants it.
    pub version: u32,
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    pub since: Timestamp,
    /// For whom.
    pub kind: CardKind,
    /// How the application came.
    pub channel: Channel,
    /// The number printed on the card, in fours; once it is ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Who it is for. The call centre sees it only after the identity questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applicant: Option<FourItems>,
    /// 電話番号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Who applied in the person's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// For whom a member of staff works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employment: Option<Employment>,
    /// What the register said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<IdentityOutcome>,
    /// The mail's tracking number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
    /// Why it was stopped or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<StopReason>,
    /// The last day of its certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Date>,
    /// Its certificates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<CardCertificate>,
    /// The card it takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// The card that takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
    /// What may be done now, by whoever asks.
    pub possible: Vec<Possibility>,
}

/// One line of a list of cards.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardLine {
    /// 受付番号.
    pub id: String,
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    pub since: Timestamp,
    /// For whom.
    pub kind: CardKind,
    /// The number printed on the card, but for the last four digits masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The applicant's name; not for the call centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The last day of its certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Date>,
}

/// Shows no name.
impl std::fmt::Debug for CardLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardLine").field("id", &self.id).finish_non_exhaustive()
    }
}

/// `GET /cards?stage=&cursor=` and `POST /cards/search`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardList {
    /// Newest first, at most 50.
    pub cards: Vec<CardLine>,
    /// To go on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many cards stand at each stage, for the tabs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<StageCount>,
}

/// How many cards stand at a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StageCount {
    /// The stage.
    pub stage: Stage,
    /// How many.
    pub count: u64,
}

/// `POST /cards/search`. One of the first two, or name and birth date together. In the body, so
/// that no number or name stands in an address.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CardSearch {
    /// 受付番号.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Card number, or serial number of a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// 氏名 or カナ氏名; compared after normalisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 生年月日.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
}

/// Shows no name and no number.
impl std::fmt::Debug for CardSearch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardSearch(…)")
    }
}

/// `POST /calls/identify`: the call centre's identity questions. All are asked; the answer never
/// says which was wrong. Tries are counted per name and per member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallerAnswers {
    /// What the caller says.
    pub items: FourItems,
    /// 電話番号 or the last four digits of the card number.
    pub second: String,
}

/// `GET /cards/{id}/history`: one event of a card's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardEvent {
    /// Its place in this card's history: 1, 2, 3 …
    pub sequence: u32,
    /// When.
    pub at: Timestamp,
    /// What happened, e.g. `card.approved`; the table of events is in the documentation.
    pub kind: String,
    /// Who did it: a reference, or `system`.
    pub actor: String,
    /// In which role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// From where it went …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Stage>,
    /// … to where.
    pub to: Stage,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<StopReason>,
    /// What was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// `POST /cards/{id}/person-ended`: the holder died or moved away; every card ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonEnded {
    /// Which of both.
    pub why: Departure,
}

/// `POST /batches` makes one of every card that is ordered now; `GET /batches/{id}` says how far
/// it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Names it.
    pub id: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// How many cards are in it.
    pub total: u32,
    /// How many are finished.
    pub done: u32,
    /// How many were spoiled or taken out.
    pub failed: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_has_one_name_everywhere() {
        for stage in Stage::ALL {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
            assert_eq!(Stage::named(stage.as_str()), Some(stage));
        }
    }
}
