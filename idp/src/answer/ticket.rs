//! The tickets inside the answer: from the identity provider to the relay and to the card office,
//! carried by a service provider that cannot read them.

use jiff::Timestamp;
use warifu_pki::{Actor, CardHolder, Confirmation, Purpose, Ticket};
use warifu_service::Problem;

use super::Reply;
use crate::assurance::Level;
use crate::pairwise::{CARD_OFFICE, RELAY};
use crate::person::PersonId;
use crate::store::Session;

/// Whom a ticket is about.
pub(super) enum Subject<'a> {
    /// Whoever signed in, about themselves.
    Oneself(&'a Session),
    /// A patient whose card was tapped, for the member of staff at the desk.
    Patient { patient: &'a PersonId, desk: &'a Session },
}

impl Reply<'_> {
    /// The ticket to the relay; none for a provider without a client certificate to bind it to.
    pub(super) fn ticket(
        &self,
        subject: &Subject<'_>,
        authenticated_at: Timestamp,
    ) -> Result<Option<String>, Problem> {
        let Some(thumbprint) = &self.provider.thumbprint else { return Ok(None) };
        let claims = self.claims(subject, authenticated_at, thumbprint);
        let claims = Ticket { holder: self.holder(subject)?, ..claims };
        let ticket = self.centre.keys.tickets.issue(&claims);
        ticket.map(Some).map_err(|cause| Problem::internal(&cause))
    }

    /// Whose card it was, for the card office alone: of a resident who signed in with the office's own
    /// card and its PIN.
    fn holder(&self, subject: &Subject<'_>) -> Result<Option<String>, Problem> {
        let Subject::Oneself(session) = subject else { return Ok(None) };
        let (keys, config) = (&self.centre.keys.office, &self.centre.config.card_office);
        let (Some(keys), Some(office), Some(reference)) = (keys, config, &session.holder) else {
            return Ok(None);
        };
        let now = self.centre.now();
        let ends = (now + CardHolder::LONGEST_LIFE).min(self.provider.terms.end_of(session));
        if session.level != Level::High || session.profile.is_staff() || ends <= now {
            return Ok(None);
        }
        let holder = CardHolder {
            iss: self.centre.config.public_url.as_str().to_owned(),
            aud: office.issuer.clone(),
            sub: reference.clone(),
            jti: self.centre.reference(),
            iat: now.as_second(),
            exp: ends.as_second(),
        };
        let sealed = keys.holders.issue(&holder);
        sealed.map(Some).map_err(|cause| Problem::internal(&cause))
    }

    /// Whether a ticket to the card office is given: to its staff alone, signed in with card and PIN.
    pub(super) fn is_for_office(&self, session: &Session) -> bool {
        let can_be_made = self.provider.thumbprint.is_some() && self.centre.keys.office.is_some();
        can_be_made && session.profile.is_of_card_office() && session.level == Level::High
    }

    /// The ticket to the card office, for no longer than the session.
    pub(super) fn office_ticket(&self, session: &Session) -> Result<Option<String>, Problem> {
        let keys = &self.centre.keys;
        let (Some(thumbprint), Some(office)) = (&self.provider.thumbprint, &keys.office) else {
            return Ok(None);
        };
        let claims = self.office_claims(session, thumbprint);
        if claims.exp <= claims.iat {
            return Ok(None);
        }
        office.tickets.issue(&claims).map(Some).map_err(|cause| Problem::internal(&cause))
    }

    fn office_claims(&self, session: &Session, thumbprint: &str) -> Ticket {
        let purpose = Purpose::CardOffice;
        let office = self.centre.config.card_office.as_ref();
        let ends =
            (self.centre.now() + purpose.lifetime()).min(self.provider.terms.end_of(session));
        Ticket {
            aud: office.map_or_else(String::new, |office| office.issuer.clone()),
            sub: self.centre.keys.pairwise.subject(CARD_OFFICE, &session.person),
            exp: ends.as_second(),
            purpose,
            ..self.claims(&Subject::Oneself(session), session.authenticated_at, thumbprint)
        }
    }

    fn claims(&self, subject: &Subject<'_>, at: Timestamp, thumbprint: &str) -> Ticket {
        let name = |person| self.centre.keys.pairwise.subject(RELAY, person);
        let (sub, person, act) = match *subject {
            Subject::Oneself(session) => (name(&session.person), &session.profile, None),
            Subject::Patient { patient, desk } => {
                let organization = desk.profile.organization.clone();
                let actor = Actor { sub: name(&desk.person), organization };
                (name(patient), &desk.profile, Some(actor))
            }
        };
        let (level, purpose) = match subject {
            Subject::Oneself(session) => (session.level, Purpose::Records),
            Subject::Patient { .. } => (Level::Presence, Purpose::Eligibility),
        };
        let now = self.centre.now();
        Ticket {
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
            holder: None,
        }
    }
}
