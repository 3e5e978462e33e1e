//! One reading of records, and on what ground each of them may be told.

use jiff::Timestamp;
use warifu_contract::consent::{Asker, Consent, Disclosure, Emergency, Ground, Refusal, decide};
use warifu_contract::history::{Asked, Purpose};
use warifu_contract::records::{Basis, Service};
use warifu_log::{Action, Event, Outcome};
use warifu_pki::Purpose as TokenPurpose;
use warifu_service::Problem;

use crate::caller::Caller;
use crate::events::{actor_of, word};
use crate::grants::Staff;
use crate::mint::Errand;
use crate::relay::Relay;

/// Who reads whose records, what for, and what the person has consented to.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Whose records they are.
    pub subject: String,
    client: String,
    staff: Option<Staff>,
    purpose: Purpose,
    emergency: Option<String>,
    consents: Vec<Consent>,
}

/// Why there is no reading.
pub(crate) enum Unread {
    /// The token does not allow it, with the code.
    Refused(&'static str),
    /// Ours.
    Failed(Problem),
}

impl<E: Into<Problem>> From<E> for Unread {
    fn from(cause: E) -> Self {
        Self::Failed(cause.into())
    }
}

/// The ground on which an eligibility check for `desk` is answered.
pub(crate) fn treatment(desk: &Staff, now: Timestamp) -> Result<Ground, Refusal> {
    let disclosure = Disclosure {
        asker: Asker::Staff { code: &desk.organization.code, emergency: None },
        purpose: Purpose::Treatment,
        asked: Asked::Eligibility,
        source: None,
    };
    decide(&disclosure, &[], now)
}

impl Reading {
    /// What the caller's token makes of a request on this basis.
    pub async fn of(relay: &Relay, caller: &Caller, basis: Option<Basis>) -> Result<Self, Unread> {
        let client = caller.party.clone();
        let is_service = relay.config().consent_clients.contains(&client);
        let (subject, staff, purpose, emergency) = match basis {
            None => {
                own(caller)?;
                let purpose = if is_service { Purpose::OwnService } else { Purpose::OwnLook };
                (caller.grant.subject.clone(), None, purpose, None)
            }
            Some(Basis::Consent { id, purpose }) => {
                let desk = caller.grant.desk().ok_or(Unread::Refused("role.none"))?;
                let found = relay.consents().subject_of(&desk.organization.code, &id).await?;
                let subject = found.ok_or(Unread::Refused(Refusal::None.code()))?;
                (subject, Some(desk), purpose, None)
            }
            Some(Basis::Emergency { reason }) => {
                let desk = caller.grant.tapped_by().ok_or(Unread::Refused("token.purpose"))?;
                (caller.grant.subject.clone(), Some(desk), Purpose::Emergency, Some(reason))
            }
        };
        let consents = match purpose {
            Purpose::OwnLook => Vec::new(),
            _ => relay.consents().of(&subject).await?,
        };
        Ok(Self { subject, client, staff, purpose, emergency, consents })
    }

    /// On what ground the `service` of `source` may be told at `now`.
    pub fn ground(
        &self,
        service: Service,
        source: Option<&str>,
        now: Timestamp,
    ) -> Result<Ground, Refusal> {
        let asker = match (&self.staff, self.purpose) {
            (Some(staff), _) => Asker::Staff {
                code: &staff.organization.code,
                emergency: self.emergency.as_deref().map(Emergency),
            },
            (None, Purpose::OwnService) => Asker::Through { party: &self.client },
            (None, _) => Asker::Oneself,
        };
        let disclosure =
            Disclosure { asker, purpose: self.purpose, asked: Asked::Record(service), source };
        decide(&disclosure, &self.consents, now)
    }

    /// The errand to a holder who knows the person as `pseudonym`.
    pub fn errand<'a>(&'a self, pseudonym: &'a str, ground: &'a Ground) -> Errand<'a> {
        Errand::reading(pseudonym, self.staff.as_ref(), self.purpose, ground.receipt())
    }

    /// What of `service` at `source` was told, or why not.
    pub fn event(
        &self,
        service: Service,
        source: Option<&str>,
        ground: Option<&Ground>,
        outcome: Outcome,
    ) -> Event {
        Event {
            action: Action::RecordRead,
            actor: actor_of(self.staff.as_ref()),
            asked: vec![service.as_str().to_owned()],
            check_number: None,
            client: self.client.clone(),
            ground: ground.map(Ground::text),
            outcome,
            purpose: Some(word(&self.purpose)),
            source: source.map(str::to_owned),
            subject: Some(self.subject.clone()),
        }
    }
}

/// Own records need card and PIN.
fn own(caller: &Caller) -> Result<(), Unread> {
    match caller.grant.purpose {
        TokenPurpose::Records if caller.grant.is_high() => Ok(()),
        TokenPurpose::Records => Err(Unread::Refused("level.low")),
        TokenPurpose::Eligibility | TokenPurpose::CardOffice => {
            Err(Unread::Refused("token.purpose"))
        }
    }
}
