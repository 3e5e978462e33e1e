//! Records that a resident reads: insurance, expenses, check-ups, pension.

mod expenses;
mod insurance;
mod pension;

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::history::Purpose;
use crate::person::Sex;

pub use expenses::{CareKind, Expense, ExpensesRecord, LONGEST_EXPENSES, Meals};
pub use insurance::{CostLimit, InsuranceRecord, PublicAid};
pub use pension::{PensionMonth, PensionPeriod, PensionRecord, PensionScheme, SchemeMonths};

/// A service that a connector offers.
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
pub enum Service {
    /// 保険証加入情報.
    Insurance,
    /// 医療費記録情報.
    Expenses,
    /// 健診結果情報.
    Checkup,
    /// 年金情報.
    Pension,
}

impl Service {
    /// Every service, in the order of the portal's menu.
    pub const ALL: [Self; 4] = [Self::Insurance, Self::Expenses, Self::Checkup, Self::Pension];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insurance => "insurance",
            Self::Expenses => "expenses",
            Self::Checkup => "checkup",
            Self::Pension => "pension",
        }
    }
}

/// An organisation's name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisplayName {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// Portal → relay: which records to fetch for the token's subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordsRequest {
    /// At least one, each once.
    pub services: Vec<Service>,
    /// What lets somebody else read the records: staff, or a proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// 本人による取得: the person takes the records home, as a file or on paper, and the access
    /// history says so. Of one's own alone; on a `basis` it is a look.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken: bool,
}

/// On what another person's records are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Basis {
    /// Staff: a consent to their organisation, whose id says whose records they are.
    Consent {
        /// As on the receipt.
        id: String,
        /// What for: `care` or `health-guidance`.
        purpose: Purpose,
    },
    /// Staff: the card of the person was tapped, and life is in danger.
    Emergency {
        /// Why, 5 to 200 characters; the person reads it in the access history.
        reason: String,
    },
    /// A proxy: the mandate, which says whose records they are.
    Mandate {
        /// Its id.
        id: String,
    },
}

/// Relay → portal: the answer of one connector, one line of NDJSON, in order of arrival.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Which service this is.
    pub service: Service,
    /// Who holds the records; none when nobody is linked.
    pub source: Option<DisplayName>,
    /// What came of it.
    pub outcome: PanelOutcome,
    /// How long the connector took, in milliseconds.
    pub took_ms: u32,
}

/// What came of asking one connector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "state", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PanelOutcome {
    /// Here it is.
    Ready {
        /// The record.
        record: Box<Record>,
        /// When the source's data were last changed.
        #[schema(value_type = String, format = DateTime)]
        as_of: Timestamp,
    },
    /// The holder has nothing about this person (yet).
    Empty,
    /// The holder is not linked to this person's card.
    NotLinked,
    /// The level of this sign-in, or consent, does not allow it.
    Refused {
        /// Stable code, e.g. `consent.none`.
        code: String,
    },
    /// The connector did not answer, or not within its deadline.
    Failed {
        /// Stable code: `source.slow`, `source.down`, `source.busy`, `source.broken`.
        code: String,
    },
    /// The connector was not asked, because it had not answered others before.
    Resting {
        /// Since when it is not asked.
        #[schema(value_type = String, format = DateTime)]
        since: Timestamp,
        /// When it is tried again.
        #[schema(value_type = String, format = DateTime)]
        again: Timestamp,
    },
}

/// Relay → connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorRecordRequest {
    /// Which record of the token's subject.
    pub service: Service,
}

/// Connector → relay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorRecord {
    /// The record; none when the connector knows the person but has nothing.
    pub record: Option<Record>,
    /// When the data were last changed.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Record {
    /// 保険証加入情報.
    Insurance(InsuranceRecord),
    /// 医療費記録情報.
    Expenses(ExpensesRecord),
    /// 健診結果情報.
    Checkup(CheckupRecord),
    /// 年金情報.
    Pension(PensionRecord),
}

/// Check-ups (特定健診), newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckupRecord {
    /// Sex, which some limits depend on.
    pub sex: Sex,
    /// Date of birth.
    #[schema(value_type = String, format = Date)]
    pub birth_date: Date,
    /// Check-ups, newest first.
    pub checkups: Vec<Checkup>,
}

/// One check-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkup {
    /// 受診日.
    #[schema(value_type = String, format = Date)]
    pub taken_on: Date,
    /// Where it was taken.
    pub place: String,
    /// Results, in the order of the official table.
    pub items: Vec<CheckupItem>,
}

/// One result, by its 17-digit JLAC10 code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckupItem {
    /// JLAC10 code, 17 characters.
    pub code: String,
    /// Name in Japanese.
    pub name: String,
    /// The value.
    pub value: CheckupValue,
}

/// A result's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CheckupValue {
    /// A measured quantity.
    Quantity {
        /// The number, as reported.
        value: f64,
        /// Its unit as the official table prints it, e.g. `mg/dL`, `mmHg`.
        unit: String,
    },
    /// A coded or free answer.
    Text {
        /// The words.
        text: String,
    },
    /// 受けていません.
    NotTaken,
}
