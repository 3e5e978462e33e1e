//! Who asks for checks: a member of staff with a token, or an organisation's own system.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use warifu_contract::batch::DisclosureLevel;
use warifu_pki::Organization;
use warifu_service::Problem;
use warifu_service::tls::PeerCertificate;

use crate::batch::config::SystemConfig;
use crate::caller::{Caller, Client};
use crate::grants::Staff;
use crate::relay::Relay;

/// Who asks.
#[derive(Debug)]
pub(crate) enum Asker {
    /// Somebody at a party, as the token says.
    Person(Caller),
    /// A system, in nobody's name but its organisation's.
    System {
        /// Its party.
        party: String,
        /// In whose name.
        staff: Staff,
        /// What it is told.
        level: DisclosureLevel,
    },
}

/// A desk that sends files, and what it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Desk {
    pub party: String,
    pub staff: Staff,
    pub level: DisclosureLevel,
}

impl Asker {
    /// The party that calls.
    pub fn party(&self) -> &str {
        match self {
            Self::Person(caller) => &caller.party,
            Self::System { party, .. } => party,
        }
    }

    /// What it is told.
    pub fn level(&self) -> DisclosureLevel {
        match self {
            Self::Person(_) => DisclosureLevel::Full,
            Self::System { level, .. } => *level,
        }
    }

    /// The member of staff who tapped the card of the token's subject.
    pub fn tapped_at_desk(&self) -> Result<Staff, &'static str> {
        match self {
            Self::Person(caller) => caller.grant.tapped_at_desk(),
            Self::System { .. } => Err("token.purpose"),
        }
    }

    /// Whom the token is about; nobody for a system.
    pub fn subject(&self) -> &str {
        match self {
            Self::Person(caller) => &caller.grant.subject,
            Self::System { .. } => "",
        }
    }

    /// As one who may ask about cards that are typed, or written in files.
    pub fn desk(&self) -> Result<Desk, &'static str> {
        let staff = match self {
            Self::Person(caller) => caller.grant.desk().ok_or("role.none")?,
            Self::System { staff, .. } => staff.clone(),
        };
        Ok(Desk { party: self.party().to_owned(), staff, level: self.level() })
    }
}

impl FromRequestParts<Relay> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, relay: &Relay) -> Result<Self, Problem> {
        let client = Client::from_request_parts(parts, relay).await?;
        match relay.config().systems.iter().find(|system| system.party == client.party) {
            Some(system) => Ok(Self::of(system)),
            None => Caller::from_request_parts(parts, relay).await.map(Self::Person),
        }
    }
}

impl Asker {
    fn of(system: &SystemConfig) -> Self {
        let organization =
            Organization { code: system.organization.clone(), name: system.name.clone() };
        Self::System {
            party: system.party.clone(),
            staff: Staff { member: system.party.clone(), organization },
            level: system.disclosure,
        }
    }
}

/// The system that `peer` is, when its certificate is the agreed one.
pub(crate) fn system<'a>(
    systems: &'a [SystemConfig],
    peer: &PeerCertificate,
) -> Option<&'a SystemConfig> {
    systems.iter().find(|system| {
        let agreed = system.certificate.as_ref().is_none_or(|one| *one == peer.thumbprint);
        peer.party.as_deref() == Some(system.party.as_str()) && agreed
    })
}

impl FromRequestParts<Relay> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, relay: &Relay) -> Result<Self, Problem> {
        let asker = Asker::from_request_parts(parts, relay).await?;
        asker.desk().map_err(|code| Problem::new(StatusCode::FORBIDDEN, code))
    }
}
