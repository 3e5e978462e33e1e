//! Access history (見られた記録): who looked at a resident's records, and why.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::CheckNumber;
use crate::dispute::Finding;
use crate::eligibility::Verdict;
use crate::records::{DisplayName, Service};
use crate::services::ServiceId;

/// One event of the access log as its subject sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryEntry {
    /// Position in the log: what `warifu log verify` proves.
    pub index: u64,
    /// Running number among this subject's events, from 1; a gap would show an entry left out.
    pub subject_sequence: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who looked.
    pub reader: Reader,
    /// What for.
    pub purpose: Purpose,
    /// What was asked for.
    pub asked: Asked,
    /// What came of it.
    pub result: AccessResult,
    /// Who was asked.
    pub source: Option<DisplayName>,
    /// 認証番号 of an eligibility check.
    pub check_number: Option<CheckNumber>,
    /// Why it was allowed: `oneself`, `law:…`, `consent:` or `emergency:` and the consent's id,
    /// `mandate:` and the mandate's, `application:` and its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// Of a declared service, its name as it is declared now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<DisplayName>,
}

/// Who looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "who", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reader {
    /// The resident, through the portal.
    Oneself,
    /// A member of an organisation's staff.
    Organization {
        /// The organisation's code, e.g. 医療機関コード.
        code: String,
        /// The organisation as people know it.
        name: String,
    },
    /// The resident's proxy.
    Proxy {
        /// What the resident calls the proxy.
        name: String,
    },
    /// The resident, as proxy of somebody else whose record it is.
    OnBehalf {
        /// What the resident calls the other.
        name: String,
    },
}

/// What a record was asked for (利用目的).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The resident's own look.
    OwnLook,
    /// Eligibility for treatment (資格確認): needs no consent.
    Treatment,
    /// To find out, or to say, which member a card stands for (紐付け).
    Linking,
    /// 診療: staff whom the person let in read records.
    Care,
    /// 保健指導 by staff whom the person let in.
    HealthGuidance,
    /// 救急: staff read what the person opened ahead for emergencies.
    Emergency,
    /// Another service, at which the person signed in, reads what the person let it.
    OwnService,
    /// 代理: a proxy reads for the person.
    OnBehalf,
    /// 手続き: a city's staff, whom the person let in, see what a procedure needs; or staff of a
    /// holder, what the person applied for there.
    Procedure,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// 保険資格.
    Eligibility,
    /// A record of a service.
    Record(Service),
    /// A service that a connector declared.
    Declared(ServiceId),
    /// Whether an earlier answer about the insurance was right.
    Dispute,
    /// 見られた記録, by a proxy.
    History,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccessResult {
    /// The record was shown.
    Shown,
    /// The eligibility check was answered.
    Answered(Verdict),
    /// A clinic questioned an earlier answer.
    Questioned,
    /// The insurer looked, and found this.
    Settled(Finding),
    /// What the person entered was taken.
    Sent,
    /// The person took the record home.
    Taken,
    /// Staff of the holder moved on what the person had sent.
    Moved,
    /// There was nothing to show.
    Empty,
    /// Refused, with the code.
    Refused(String),
    /// The source did not answer, with the code.
    Failed(String),
}

/// An event whose words were erased when their time was over. That it was there is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasedEntry {
    /// Position in the log.
    pub index: u64,
    /// Running number among this subject's events.
    pub subject_sequence: u64,
}

/// Relay → portal: a page of one's own history, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryPage {
    /// Entries, newest first.
    pub entries: Vec<HistoryEntry>,
    /// Erased ones of the same page, newest first.
    #[serde(default)]
    pub erased: Vec<ErasedEntry>,
    /// Give this as `before` to get the next page; none at the end.
    pub before: Option<u64>,
}
