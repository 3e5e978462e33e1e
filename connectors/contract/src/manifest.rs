//! What a connector says about itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::records::{DisplayName, Service};

/// Connector → relay: who it is and what can be asked of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The connector's id within the federation, e.g. `insurer`.
    pub id: String,
    /// The organisation as people know it.
    pub name: DisplayName,
    /// The records it holds.
    pub services: Vec<Service>,
    /// 保険者番号 whose eligibility it answers for; empty unless it holds insurance.
    pub insurer_numbers: Vec<String>,
}
