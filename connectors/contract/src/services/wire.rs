//! What portal, relay and connector say to each other about declared services.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::content::{Content, Row};
use super::id::ServiceId;
use super::manifest::Declaration;
use crate::records::{Basis, DisplayName};

/// Relay → portal: what the holder of the token can open.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// By connector, then in the order of its manifest.
    pub services: Vec<Offered>,
}

/// One service that can be opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Offered {
    /// Its name.
    pub id: ServiceId,
    /// What was declared.
    pub declaration: Declaration,
    /// The person is linked to the holder.
    pub linked: bool,
}

/// Portal → relay: the records of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceRequest {
    /// Which.
    pub service: ServiceId,
    /// What lets somebody else read; none for one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

/// Relay → portal: what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceAnswer {
    /// What was declared.
    pub declaration: Declaration,
    /// The connector's organisation.
    pub source: DisplayName,
    /// What came of it.
    pub outcome: ServiceOutcome,
}

/// What came of asking for the records of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "state", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ServiceOutcome {
    /// Here they are.
    Ready {
        /// The records.
        content: Box<Content>,
        /// When the holder's data were last changed.
        #[schema(value_type = String, format = DateTime)]
        as_of: Timestamp,
    },
    /// The holder has nothing about this person (yet).
    Empty,
    /// The holder is not linked to this person's card.
    NotLinked,
    /// The level of this sign-in, or consent, does not allow it.
    Refused {
        /// Stable code, e.g. `level.low`, `consent.none`.
        code: String,
    },
    /// The connector gave no answer.
    Failed {
        /// Stable code: `source.slow`, `source.down`, `source.busy`, `source.broken`.
        code: String,
    },
}

/// Portal → relay: what a person entered. Comes with an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryRequest {
    /// Into which service's form.
    pub service: ServiceId,
    /// What.
    pub values: Row,
}

/// Connector → relay → portal: it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryReceipt {
    /// Under which number one asks for it.
    pub reference: String,
    /// When it was taken.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Where it stands: a code of the form.
    pub status: String,
}

/// Relay → connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorServiceRequest {
    /// The service's name at this connector.
    pub service: String,
}

/// Connector → relay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorContent {
    /// The records; none when the connector knows the person but has nothing.
    pub content: Option<Content>,
    /// When the data were last changed.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
}

/// Relay → connector: what a person entered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorEntry {
    /// Into the form of which service.
    pub service: String,
    /// Once under this key, however often it comes: 32 to 64 hexadecimal digits.
    pub key: String,
    /// What.
    pub values: Row,
}
