//! The terms on which a service provider is served: what it is told, how, and whether people are
//! asked first.

use serde::{Deserialize, Serialize};

use crate::config::{
    AttributeName, EncryptionChoice, NameIdChoice, ServiceProviderConfig, SigningChoice,
};

/// What the operator of this identity provider has decided about a service provider. What a kept
/// registration does not name yet stands as by default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// What it is told about a person.
    pub attributes: Vec<AttributeName>,
    /// Which key signs for it, when its metadata does not say which algorithms it takes.
    pub signing: SigningChoice,
    /// Whether what it is told is encrypted to it.
    pub encryption: EncryptionChoice,
    /// Whether people are asked before it is told something about them.
    pub consent: bool,
    /// Whether it takes answers that it did not ask for.
    pub idp_initiated: bool,
    /// By what kind of name it may know a person.
    pub name_id: NameIdChoice,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            attributes: Vec::new(),
            signing: SigningChoice::default(),
            encryption: EncryptionChoice::default(),
            consent: true,
            idp_initiated: false,
            name_id: NameIdChoice::default(),
        }
    }
}

impl From<&ServiceProviderConfig> for Terms {
    fn from(config: &ServiceProviderConfig) -> Self {
        Self {
            attributes: config.attributes.clone(),
            signing: config.signing,
            encryption: config.encryption,
            consent: config.consent,
            idp_initiated: config.idp_initiated,
            name_id: config.name_id,
        }
    }
}
