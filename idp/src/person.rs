//! Persons and their cards as the identity provider knows them: a reference, a name to show, roles.
//! No record, no printed number, no connector's identifier.

use serde::{Deserialize, Serialize};
use warifu_pki::Organization;
use warifu_pki::security_event::CardStatus;

/// The card office's reference of a person: 32 lowercase hexadecimal digits, 128 random bits, the
/// same for all cards that the person will ever have. It never leaves the identity provider; others
/// get a pairwise name made from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
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

impl<'de> Deserialize<'de> for PersonId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a person reference"))
    }
}

fn is_reference(text: &str) -> bool {
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
    /// Takes applications for cards, proves identity, makes and delivers cards.
    CardClerk,
    /// Approves what a clerk has prepared.
    CardApprover,
    /// Stops cards for those who call.
    CallCentre,
    /// Registers the service providers of the federation.
    FederationAdmin,
    /// Decide, with somebody else, whose record it is when a match is in doubt.
    LinkApprover,
    /// Run the consortium; decides about links at every holder.
    ConsortiumAdmin,
    /// Answers for a clinic's work: 業務責任者.
    ClinicManager,
    /// Runs an insurer's server: 運用管理責任者.
    InsurerOperations,
    /// Keeps an insurer's media: 媒体管理責任者.
    InsurerMedia,
    /// Answers for an insurer's work: 業務責任者.
    InsurerManager,
    /// Does an insurer's work: 担当者.
    InsurerStaff,
    /// Works at a city hall's counter.
    CityClerk,
}

impl Role {
    const ALL: [Self; 14] = [
        Self::Resident,
        Self::ClinicDesk,
        Self::CardClerk,
        Self::CardApprover,
        Self::CallCentre,
        Self::FederationAdmin,
        Self::LinkApprover,
        Self::ConsortiumAdmin,
        Self::ClinicManager,
        Self::InsurerOperations,
        Self::InsurerMedia,
        Self::InsurerManager,
        Self::InsurerStaff,
        Self::CityClerk,
    ];

    /// The value of eduPersonEntitlement that says so.
    pub const fn urn(self) -> &'static str {
        match self {
            Self::Resident => "urn:warifu:role:resident",
            Self::ClinicDesk => "urn:warifu:role:clinic-desk",
            Self::CardClerk => "urn:warifu:role:card-clerk",
            Self::CardApprover => "urn:warifu:role:card-approver",
            Self::CallCentre => "urn:warifu:role:call-centre",
            Self::FederationAdmin => "urn:warifu:role:federation-admin",
            Self::LinkApprover => "urn:warifu:role:link-approver",
            Self::ConsortiumAdmin => "urn:warifu:role:consortium-admin",
            Self::ClinicManager => "urn:warifu:role:clinic-manager",
            Self::InsurerOperations => "urn:warifu:role:insurer-operations",
            Self::InsurerMedia => "urn:warifu:role:insurer-media",
            Self::InsurerManager => "urn:warifu:role:insurer-manager",
            Self::InsurerStaff => "urn:warifu:role:insurer-staff",
            Self::CityClerk => "urn:warifu:role:city-clerk",
        }
    }

    /// The role that this value says.
    pub fn from_urn(urn: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.urn() == urn)
    }

    /// Whether those who have it work with a card in the reader: at a desk, for others.
    fn is_of_staff(self) -> bool {
        self != Self::Resident
    }

    /// Whether it opens the card office.
    fn is_of_card_office(self) -> bool {
        matches!(self, Self::CardClerk | Self::CardApprover | Self::CallCentre)
    }
}

/// What is kept (sealed) about a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    /// The name that service providers may show.
    pub(crate) display_name: String,
    /// What the person may do.
    pub(crate) roles: Vec<Role>,
    /// For whom a member of staff acts.
    pub(crate) organization: Option<Organization>,
}

impl Person {
    /// Whether the person has that role.
    pub(crate) fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether the person signs in to work.
    pub(crate) fn is_staff(&self) -> bool {
        self.roles.iter().any(|role| role.is_of_staff())
    }

    /// Whether the card office knows the person as one of its own.
    pub(crate) fn is_of_card_office(&self) -> bool {
        self.roles.iter().any(|role| role.is_of_card_office())
    }
}

/// Shows no name.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// Whether a card opens anything here, as the card office last said. What it revoked is in its
/// revocation lists besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CardState {
    /// Made, and not yet put into use by its holder.
    Issued,
    /// In use.
    Active,
    /// Stopped for now, e.g. reported lost.
    Suspended,
    /// Never to be used again.
    Ended,
}

impl CardState {
    const ALL: [Self; 4] = [Self::Issued, Self::Active, Self::Suspended, Self::Ended];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl From<CardStatus> for CardState {
    fn from(status: CardStatus) -> Self {
        match status {
            CardStatus::Active => Self::Active,
            CardStatus::Suspended => Self::Suspended,
            CardStatus::Ended => Self::Ended,
        }
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
            assert!(serde_json::from_value::<PersonId>(wrong.into()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_is_not_in_the_debug_text() {
        let person = Person {
            display_name: "上野太郎".into(),
            roles: vec![Role::Resident],
            organization: None,
        };
        assert!(!format!("{person:?}").contains("上野"));
    }

    #[test]
    fn roles_and_states_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::from_urn(role.urn()), Some(role));
        }
        assert_eq!(Role::from_urn("urn:warifu:role:king"), None);
        for state in CardState::ALL {
            assert_eq!(CardState::parse(state.as_str()), Some(state));
        }
    }

    #[test]
    fn those_who_work_for_the_card_office_are_staff() {
        let with = |role| Person {
            display_name: "職員".into(),
            roles: vec![Role::Resident, role],
            organization: None,
        };
        assert!(with(Role::CallCentre).is_of_card_office() && with(Role::CallCentre).is_staff());
        assert!(!with(Role::ClinicDesk).is_of_card_office() && with(Role::ClinicDesk).is_staff());
        assert!(!with(Role::FederationAdmin).is_of_card_office());
        assert!(with(Role::FederationAdmin).is_staff() && !with(Role::Resident).is_staff());
    }
}
