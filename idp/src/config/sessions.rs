//! How long a login lasts, by who it is.

use std::num::NonZeroU32;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::person::{Person, Role};

/// How long a session lasts. A service provider may have shorter limits in its registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SessionsConfig {
    /// Minutes without a use after which a session ends.
    pub idle_minutes: NonZeroU32,
    /// Minutes after which a session ends in any case.
    pub absolute_minutes: NonZeroU32,
    /// Other limits for who works at a clinic's desk, where besides the card's removal ends the
    /// session.
    pub desk: GroupLimits,
    /// Other limits for the rest of the staff: the card office, the federation.
    pub staff: GroupLimits,
}

/// Limits for some; what is absent is as for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GroupLimits {
    /// Minutes without a use after which a session ends.
    pub idle_minutes: Option<NonZeroU32>,
    /// Minutes after which a session ends in any case.
    pub absolute_minutes: Option<NonZeroU32>,
}

/// OWASP ASVS 5.0, 7.3.1 and 7.3.2.
impl Default for SessionsConfig {
    fn default() -> Self {
        Self {
            idle_minutes: minutes(15),
            absolute_minutes: minutes(12 * 60),
            desk: GroupLimits::default(),
            staff: GroupLimits::default(),
        }
    }
}

/// No less than one.
const fn minutes(count: u32) -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(count.saturating_sub(1))
}

/// How long one session may be unused, and last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionEnds {
    pub(crate) idle: SignedDuration,
    pub(crate) absolute: SignedDuration,
}

impl SessionsConfig {
    /// The limits for that person; who has several roles of staff gets the shortest of them.
    pub(crate) fn of(&self, person: &Person) -> SessionEnds {
        let groups = person.roles.iter().filter_map(|role| self.of_role(*role));
        let groups: Vec<_> = groups.collect();
        let shortest = |of: fn(&GroupLimits) -> Option<NonZeroU32>, usual: NonZeroU32| {
            let chosen = groups.iter().map(|group| of(group).unwrap_or(usual)).min();
            SignedDuration::from_mins(chosen.unwrap_or(usual).get().into())
        };
        SessionEnds {
            idle: shortest(|group| group.idle_minutes, self.idle_minutes),
            absolute: shortest(|group| group.absolute_minutes, self.absolute_minutes),
        }
    }

    fn of_role(&self, role: Role) -> Option<&GroupLimits> {
        match role {
            Role::Resident => None,
            Role::ClinicDesk | Role::ClinicManager => Some(&self.desk),
            Role::CardClerk
            | Role::CardApprover
            | Role::CallCentre
            | Role::FederationAdmin
            | Role::LinkApprover
            | Role::ConsortiumAdmin
            | Role::CityClerk
            | Role::InsurerOperations
            | Role::InsurerMedia
            | Role::InsurerManager
            | Role::InsurerStaff => Some(&self.staff),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(config: &SessionsConfig, roles: &[Role]) -> (i64, i64) {
        let roles = roles.to_vec();
        let person = Person { display_name: "某".into(), roles, organization: None };
        let ends = config.of(&person);
        (ends.idle.as_mins(), ends.absolute.as_mins())
    }

    #[test]
    fn everybody_has_the_usual_limits_until_somebody_has_others() {
        let usual = SessionsConfig::default();
        for role in [Role::Resident, Role::ClinicDesk, Role::CardClerk, Role::FederationAdmin] {
            assert_eq!(of(&usual, &[role]), (15, 720), "{role:?}");
        }
        assert_eq!(of(&usual, &[]), (15, 720));
    }

    #[test]
    fn each_group_has_its_own_and_who_is_of_several_the_shortest() {
        let text = "idle_minutes = 20\n[desk]\nidle_minutes = 240\nabsolute_minutes = 600\n\
                    [staff]\nidle_minutes = 10";
        let config: SessionsConfig = toml::from_str(text).unwrap();
        assert_eq!(of(&config, &[Role::Resident]), (20, 720));
        assert_eq!(of(&config, &[Role::Resident, Role::ClinicDesk]), (240, 600));
        assert_eq!(of(&config, &[Role::CallCentre]), (10, 720));
        assert_eq!(of(&config, &[Role::ClinicDesk, Role::FederationAdmin]), (10, 600));
    }

    #[test]
    fn a_session_of_no_minutes_is_none() {
        for text in ["idle_minutes = 0", "[staff]\nabsolute_minutes = 0", "[resident]"] {
            assert!(toml::from_str::<SessionsConfig>(text).is_err(), "{text}");
        }
    }
}
