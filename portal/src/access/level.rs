//! How sure a sign-in was.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use warifu_saml::names::{AC_SMARTCARD, AC_SMARTCARD_PKI};

/// How sure the sign-in was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A PKI card, opened with its PIN.
    High,
    /// A card, and a PIN that the identity provider checked.
    Substantial,
    /// Anything else an identity provider may do.
    Other,
}

impl Level {
    /// The level of an `AuthnContextClassRef`.
    pub fn of_class(class: &str) -> Self {
        match class {
            AC_SMARTCARD_PKI => Self::High,
            AC_SMARTCARD => Self::Substantial,
            _ => Self::Other,
        }
    }

    /// The key of its sentence.
    pub fn key(self) -> &'static str {
        match self {
            Self::High => "level-high",
            Self::Substantial => "level-substantial",
            Self::Other => "level-other",
        }
    }
}
