//! Eligibility (資格): the question a clinic asks, and an answer that always says why.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::CheckNumber;
use crate::coverage::Coverage;

/// Whom the clinic asks about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Subject {
    /// The person whose card was tapped: the access token's subject.
    Card,
    /// What the insurance card shows, typed or scanned.
    Number(TypedCard),
}

/// The fields of an insurance card as typed at the desk; blanks around them do not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedCard {
    /// 保険者番号, at most 8 digits.
    pub insurer_number: String,
    /// 記号, at most 40 characters; may be empty.
    pub symbol: String,
    /// 番号, at most 40 characters.
    pub number: String,
    /// 枝番, two digits.
    pub branch: Option<String>,
    /// 生年月日 of the patient: the second factor of a check without a card.
    #[schema(value_type = String, format = Date)]
    pub birth_date: Date,
}

/// Clinic → relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EligibilityRequest {
    /// Whom the check is about.
    pub subject: Subject,
    /// 対象年月日: the day the answer is for; none means today in Japan.
    #[schema(value_type = Option<String>, format = Date)]
    pub target_date: Option<Date>,
    /// Chosen by the client, 16–64 characters `[A-Za-z0-9_-]`: the same key gives the same
    /// answer again and never a second check.
    pub idempotency_key: String,
}

/// The decision in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// 有効.
    Valid,
    /// 有効期限切れ: it was valid until a day before the target date.
    Expired,
    /// It begins after the target date.
    NotYetStarted,
    /// 記号番号なし.
    NumberUnknown,
    /// The number is there, but not this dependant (被扶養者なし).
    DependantUnknown,
    /// 保険者番号なし, or the insurer itself is not in force on that day.
    InsurerUnknown,
    /// More than one coverage fits; the desk must ask.
    SeveralHits,
    /// The card's holder is linked to no insurer.
    NotLinked,
    /// The insurer did not answer in time (確認中).
    InsurerSilent,
}

impl Verdict {
    /// The sentence the clinics of the 2005 trial knew, word for word (認証結果).
    pub fn legacy_message(self) -> &'static str {
        match self {
            Self::Valid => "有効な保険資格です",
            Self::Expired => "有効期限を過ぎています",
            Self::NotYetStarted | Self::NumberUnknown | Self::NotLinked => {
                "該当する記号・番号がありません"
            }
            Self::DependantUnknown => "被扶養者が存在しません",
            Self::InsurerUnknown => "該当する保険者がありません",
            Self::SeveralHits => "該当する記号・番号が複数あります",
            Self::InsurerSilent => "保険者の回答を待っています",
        }
    }

    /// The stable code of the result, the key of its texts (`cov.…`).
    pub fn code(self) -> &'static str {
        match self {
            Self::Valid => "cov.valid",
            Self::Expired => "cov.expired",
            Self::NotYetStarted => "cov.notstarted",
            Self::NumberUnknown => "cov.nonumber",
            Self::DependantUnknown => "cov.nodependant",
            Self::InsurerUnknown => "cov.noinsurer",
            Self::SeveralHits => "cov.several",
            Self::NotLinked => "cov.notlinked",
            Self::InsurerSilent => "cov.silent",
        }
    }
}

/// One step of the reasoning, in the order it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonStep {
    /// What was checked.
    pub check: ReasonCheck,
    /// Whether it held; the first that did not decides.
    pub holds: bool,
}

/// The checks that an answer can rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonCheck {
    /// The card is genuine and in force (checked by the identity provider).
    CardGenuine,
    /// The holder is linked to an insurer.
    Linked,
    /// The insurer answered within the deadline.
    InsurerAnswered,
    /// 保険者番号 is registered.
    InsurerKnown,
    /// The insurer itself is in force on the target date.
    InsurerInForce,
    /// 記号・番号 exist.
    NumberKnown,
    /// 生年月日 and 枝番 lead to one person.
    PersonFound,
    /// The person has no second coverage in force on the target date.
    OneCoverage,
    /// The target date is not before the first day.
    Started,
    /// The target date is not after the last day.
    NotEnded,
}

/// Which typed field to look at again, when the birth date shows that the person is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FieldHint {
    /// 記号.
    Symbol,
    /// 番号.
    Number,
    /// 枝番.
    Branch,
}

/// What an insurer's connector decides, before the relay gives it a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The decision.
    pub verdict: Verdict,
    /// The checks made, in order.
    pub reasons: Vec<ReasonStep>,
    /// Which field to check again, where that can be said without giving anything away.
    pub hint: Option<FieldHint>,
    /// The coverage, for [`Verdict::Valid`], [`Verdict::Expired`] and [`Verdict::NotYetStarted`].
    pub coverage: Option<Coverage>,
}

/// Relay → insurer's connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorEligibilityRequest {
    /// The typed card; none when the token's subject is meant.
    pub typed: Option<TypedCard>,
    /// The day the answer is for.
    #[schema(value_type = String, format = Date)]
    pub target_date: Date,
}

/// Insurer's connector → relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorEligibilityAnswer {
    /// The decision.
    pub decision: Decision,
    /// The connector's own pseudonym of the person found, so that the relay can enter the check
    /// in that person's history; the relay never passes it on.
    pub pseudonym: Option<String>,
    /// When the data behind the decision were last changed (更新日時).
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// How long a change usually takes to reach this source, in days.
    pub usual_lag_days: Option<u16>,
}

/// Relay → clinic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EligibilityAnswer {
    /// 認証番号.
    pub check_number: CheckNumber,
    /// 認証結果 in the words of 2005.
    pub message: String,
    /// The decision with its reasons.
    pub decision: Decision,
    /// 対象年月日.
    #[schema(value_type = String, format = Date)]
    pub target_date: Date,
    /// Who answered, as people know them.
    pub source: Option<String>,
    /// When the source's data were last changed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
    /// How long a change usually takes to reach the source, in days.
    pub usual_lag_days: Option<u16>,
    /// When the relay answered.
    #[schema(value_type = String, format = DateTime)]
    pub answered_at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
}
