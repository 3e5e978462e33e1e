//! The ticket inside the answer: from the identity provider to the relay, carried by a service
//! provider that cannot read it.

use jiff::Timestamp;
use warifu_pki::{Actor, Confirmation, Purpose, RelayTicket};
use warifu_saml::Attribute;
use warifu_saml::names::ATTRIBUTE_RELAY_TICKET;
use warifu_service::Problem;

use super::Reply;
use crate::assurance::Level;
use crate::pairwise::RELAY;
use crate::person::{NewPerson, PersonId};

/// Whom a ticket is about.
pub(super) enum Subject<'a> {
    /// Whoever signed in, about themselves.
    Oneself { id: &'a PersonId, person: &'a NewPerson },
    /// A patient whose card was tapped, for the member of staff.
    Patient { patient: &'a PersonId, staff: &'a PersonId, at_desk: &'a NewPerson },
}

impl Reply<'_> {
    /// The ticket as an attribute; none for a provider without a client certificate to bind it to.
    pub(super) fn ticket(
        &self,
        subject: &Subject<'_>,
        authenticated_at: Timestamp,
    ) -> Result<Option<Attribute>, Problem> {
        let Some(thumbprint) = &self.provider.thumbprint else { return Ok(None) };
        let claims = self.claims(subject, authenticated_at, thumbprint);
        let ticket = self.centre.keys.tickets.issue(&claims);
        let ticket = ticket.map_err(|cause| Problem::internal(&cause))?;
        Ok(Some(Attribute::new(ATTRIBUTE_RELAY_TICKET, [ticket])))
    }

    fn claims(&self, subject: &Subject<'_>, at: Timestamp, thumbprint: &str) -> RelayTicket {
        let name = |person| self.centre.keys.pairwise.subject(RELAY, person);
        let (sub, person, act) = match *subject {
            Subject::Oneself { id, person } => (name(id), person, None),
            Subject::Patient { patient, staff, at_desk } => {
                let organization = at_desk.organization.clone();
                (name(patient), at_desk, Some(Actor { sub: name(staff), organization }))
            }
        };
        let (level, purpose) = match subject {
            Subject::Oneself { .. } => (Level::High, Purpose::Records),
            Subject::Patient { .. } => (Level::Presence, Purpose::Eligibility),
        };
        let now = self.centre.now();
        RelayTicket {
            iss: self.centre.config.public_url.as_str().to_owned(),
            aud: self.centre.config.relay.audience.clone(),
            sub,
            jti: self.centre.reference(),
            iat: now.as_second(),
            exp: (now + purpose.lifetime()).as_second(),
            acr: level.class().to_owned(),
            auth_time: at.as_second(),
            cnf: Confirmation { x5t_s256: thumbprint.to_owned() },
            purpose,
            roles: person.roles.iter().map(|role| role.urn().to_owned()).collect(),
            organization: person.organization.clone(),
            act,
        }
    }
}
