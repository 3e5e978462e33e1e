//! One registration among all, wherever it stands.

use std::sync::Arc;

use crate::config::ServiceProviderConfig;
use crate::provider::{ProviderError, Registration, Source};
use crate::store::Registered;

/// One registration among all.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its id in the database; of one in the configuration file, its place there.
    pub(crate) id: String,
    /// Whether it stands in the configuration file.
    pub(crate) founding: bool,
    /// The entity that it is about, where that is said beforehand.
    pub(crate) entity_id: Option<String>,
    pub(crate) revision: i64,
    /// It, or why it cannot be read.
    pub(crate) registration: Result<Registration, Arc<ProviderError>>,
}

impl Entry {
    /// One of the configuration file, counted from one.
    pub(super) fn founding(number: usize, config: &ServiceProviderConfig) -> Self {
        let registration = Registration::founding(config).map_err(Arc::new);
        let entity_id = match Source::from(&config.metadata) {
            Source::Aggregate { entity } => Some(entity),
            _ => None,
        };
        Self {
            id: format!("config-{number}"),
            founding: true,
            entity_id,
            revision: 0,
            registration,
        }
    }

    /// One that is not registered yet.
    pub(super) fn proposed(registration: Registration) -> Self {
        Self {
            id: String::new(),
            founding: false,
            entity_id: None,
            revision: 0,
            registration: Ok(registration),
        }
    }

    /// One of the database.
    pub(super) fn registered(row: Registered) -> Self {
        Self {
            id: row.id,
            founding: false,
            entity_id: Some(row.entity_id),
            revision: row.revision,
            registration: Ok(row.registration),
        }
    }
}
