//! The terms on which a service provider is served: what it is told, how, and whether people are
//! asked first.

use std::num::NonZeroU32;

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
    /// Whether it may ask who it might be whose FeliCa card's number was read.
    pub identification: bool,
    /// Minutes since the card was last asked after which it is asked again; none: as for everybody.
    pub session_absolute_minutes: Option<NonZeroU32>,
    /// Minutes without a use after which the card is asked again; none: as for everybody.
    pub session_idle_minutes: Option<NonZeroU32>,
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
            identification: false,
            session_absolute_minutes: None,
            session_idle_minutes: None,
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
            identification: config.identification,
            session_absolute_minutes: config.session_absolute_minutes,
            session_idle_minutes: config.session_idle_minutes,
        }
    }
}
