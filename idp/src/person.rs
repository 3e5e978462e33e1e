//! Persons as the identity provider knows them: a random id, a name to show, roles. No record, no
//! printed number, no connector's identifier.

use serde::{Deserialize, Serialize};
use warifu_pki::Organization;

/// The identity provider's own name for a person: 32 lowercase hexadecimal digits, 128 random bits.
/// It never leaves the identity provider; others get a pairwise name made from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PersonId(String);

impl PersonId {
    /// Takes 32 lowercase hexadecimal digits and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        is_reference(text).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `text` has the form of a person id or a card's holder reference.
pub(crate) fn is_reference(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What a person may do at the service providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees own records.
    Resident,
    /// Checks patients' insurance at a clinic's desk.
    ClinicDesk,
}

impl Role {
    /// The value of eduPersonEntitlement that says so.
    pub fn urn(self) -> &'static str {
        match self {
            Self::Resident => "urn:warifu:role:resident",
            Self::ClinicDesk => "urn:warifu:role:clinic-desk",
        }
    }
}

/// A person to enrol, and what is kept (sealed) about one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The name that service providers may show, at most 256 characters.
    pub display_name: String,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// For whom a member of staff acts.
    pub organization: Option<Organization>,
}

impl NewPerson {
    /// Whether the person has that role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// Shows no name.
impl std::fmt::Debug for NewPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPerson").field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// Whether a card opens anything here. What the card office revokes is in its revocation list;
/// this is the identity provider's own switch beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardState {
    /// In use.
    Active,
    /// Stopped for now, e.g. reported lost.
    Suspended,
    /// Never to be used again.
    Ended,
}

impl CardState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Ended].into_iter().find(|s| s.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_references_are_person_ids() {
        assert!(PersonId::parse("0123456789abcdef0123456789abcdef").is_some());
        for wrong in ["", "0123456789ABCDEF0123456789ABCDEF", "g123456789abcdef0123456789abcdef"] {
            assert_eq!(PersonId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_is_not_in_the_debug_text() {
        let person = NewPerson {
            display_name: "上野太郎".into(),
            roles: vec![Role::Resident],
            organization: None,
        };
        assert!(!format!("{person:?}").contains("上野"));
    }
}
