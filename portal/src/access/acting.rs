//! Looking at records for somebody else.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use warifu_contract::mandate::Mandate;
use warifu_contract::records::Service;
use warifu_contract::services::ServiceId;

/// For whom a proxy looks. What it says is for the pages; the relay decides at each look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acting {
    /// The mandate's id.
    pub mandate: String,
    /// What the proxy calls the other.
    pub name: String,
    /// What may be seen.
    pub services: Vec<Service>,
    /// What may be seen of what connectors declared.
    #[serde(default)]
    pub declared: Vec<ServiceId>,
    /// Whether the access history may be seen.
    pub history: bool,
    /// The last day.
    pub until: Date,
    /// As a guardian, on papers.
    #[serde(default)]
    pub guardian: bool,
}

impl Acting {
    /// By that mandate.
    pub fn by(mandate: Mandate) -> Self {
        let terms = mandate.terms;
        Self {
            mandate: mandate.id,
            name: terms.name,
            services: terms.services,
            declared: terms.declared,
            history: terms.history,
            until: terms.until,
            guardian: mandate.papers.is_some(),
        }
    }
}
