//! Who does something to a card.

use std::collections::BTreeSet;
use std::fmt;

/// What a member of staff may do in the card office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StaffRole {
    /// 受付担当: takes applications, asks the register, makes, sends and hands over cards.
    Clerk,
    /// 承認者: approves what somebody else did.
    Approver,
    /// コールセンター: stops a card when its holder calls; never starts one again.
    CallCentre,
}

impl StaffRole {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clerk, Self::Approver, Self::CallCentre];

    /// The role's name in tickets and assertions.
    pub const fn urn(self) -> &'static str {
        match self {
            Self::Clerk => "urn:warifu:role:card-clerk",
            Self::Approver => "urn:warifu:role:card-approver",
            Self::CallCentre => "urn:warifu:role:call-centre",
        }
    }

    /// The role of that name, if it is one of the office's.
    pub fn from_urn(urn: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.urn() == urn)
    }

    /// A word for records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Approver => "approver",
            Self::CallCentre => "call-centre",
        }
    }
}

/// Who does something: a person of the staff, the office's own machine, or the office itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Actor {
    /// The pairwise subject of a member of staff, `machine:NAME` for whoever works at the office's
    /// own machine, or `system`. Two persons are two different ids.
    pub id: String,
    /// What the actor may do.
    pub roles: BTreeSet<StaffRole>,
}

const SYSTEM: &str = "system";

impl Actor {
    /// A member of staff.
    pub fn staff(id: impl Into<String>, roles: impl IntoIterator<Item = StaffRole>) -> Self {
        Self { id: id.into(), roles: roles.into_iter().collect() }
    }

    /// Whoever works at the office's own machine under that name, as clerk and approver. The rule
    /// of two persons holds there too: two names.
    pub fn machine(name: &str) -> Self {
        Self::staff(format!("machine:{name}"), [StaffRole::Clerk, StaffRole::Approver])
    }

    /// The office itself: what happens by the clock, or because another party said so.
    pub(crate) fn system() -> Self {
        Self::staff(SYSTEM, [])
    }

    pub(crate) fn is_system(&self) -> bool {
        self.id == SYSTEM && self.roles.is_empty()
    }

    /// Whether the actor has any of the roles.
    pub fn is_any(&self, roles: &[StaffRole]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Actor({}, {:?})", self.id, self.roles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_known_by_its_urn() {
        for role in StaffRole::ALL {
            assert_eq!(StaffRole::from_urn(role.urn()), Some(role));
        }
        assert_eq!(StaffRole::from_urn("urn:warifu:role:resident"), None);
    }

    #[test]
    fn nobody_with_a_role_is_the_system() {
        assert!(Actor::system().is_system());
        assert!(!Actor::staff("system", [StaffRole::Clerk]).is_system());
        assert!(!Actor::machine("a").is_system());
    }
}
