//! The branches below the root: one authority for each purpose, in generations.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_pki::Profile;

/// What an issuing authority is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Branch {
    /// Residents' cards.
    Cards,
    /// The parties' servers and clients.
    Services,
    /// The cards of those who work for a party.
    Staff,
}

impl Branch {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cards, Self::Services, Self::Staff];

    /// A short, stable name, for records and addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cards => "cards",
            Self::Services => "services",
            Self::Staff => "staff",
        }
    }

    /// The profile of its authorities.
    pub const fn profile(self) -> &'static Profile {
        match self {
            Self::Cards => &Profile::CARDS_AUTHORITY,
            Self::Services => &Profile::SERVICES_AUTHORITY,
            Self::Staff => &Profile::STAFF_AUTHORITY,
        }
    }

    /// The branch that issues certificates of a profile; `None` for those of authorities and of
    /// OCSP signers.
    pub fn issuing(profile: &Profile) -> Option<Self> {
        let wanted = profile.issued_by()?;
        Self::ALL.into_iter().find(|branch| branch.profile() == wanted)
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no such branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ca.branch: the branches are cards, services and staff")]
pub struct NoBranch;

impl FromStr for Branch {
    type Err = NoBranch;

    fn from_str(name: &str) -> Result<Self, NoBranch> {
        Self::ALL.into_iter().find(|branch| branch.name() == name).ok_or(NoBranch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_of_an_end_entity_has_its_branch() {
        for profile in Profile::all() {
            let expected = !profile.is_authority() && *profile != &Profile::OCSP_SIGNER;
            assert_eq!(Branch::issuing(profile).is_some(), expected, "{profile:?}");
        }
        assert_eq!(Branch::issuing(&Profile::STAFF_AUTHENTICATION), Some(Branch::Staff));
        assert_eq!(Branch::issuing(&Profile::SAML_SIGNER), Some(Branch::Services));
    }

    #[test]
    fn names_go_round() {
        for branch in Branch::ALL {
            assert_eq!(branch.to_string().parse(), Ok(branch));
        }
        assert_eq!("Cards".parse::<Branch>(), Err(NoBranch));
    }
}
