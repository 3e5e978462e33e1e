//! One reading of records, and on what ground each of them may be told.

use jiff::Timestamp;
use warifu_contract::consent::{Asker, Consent, Disclosure, Emergency, Ground, Refusal, decide};
use warifu_contract::history::{Asked, Purpose};
use warifu_contract::records::Basis;
use warifu_contract::services::Level;
use warifu_log::{Action, Actor, Event, Outcome};
use warifu_pki::Purpose as TokenPurpose;
use warifu_service::Problem;

use super::names::Names;
use crate::caller::Caller;
use crate::events::{actor_of, asked_word, proxy_of, word};
use crate::grants::Staff;
use crate::mint::{Behind, Errand};
use crate::proxies::Kept;
use crate::relay::Relay;

/// Who reads whose records, what for, and what the person has consented to.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Whose records they are.
    pub subject: String,
    client: String,
    reader: Reader,
    purpose: Purpose,
    emergency: Option<String>,
    consents: Vec<Consent>,
    is_taking: bool,
}

/// Who reads.
#[derive(Debug)]
enum Reader {
    Oneself,
    Staff(Staff),
    Proxy(Box<Kept>),
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
        Self::at(relay, caller, basis, Level::High).await
    }

    /// The same, of what one's own look may be had from that level on.
    pub async fn at(
        relay: &Relay,
        caller: &Caller,
        basis: Option<Basis>,
        least: Level,
    ) -> Result<Self, Unread> {
        let client = caller.party.clone();
        let is_service = relay.config().consent_clients.contains(&client);
        let (subject, reader, purpose, emergency) = match basis {
            None => {
                own(caller, least)?;
                let purpose = if is_service { Purpose::OwnService } else { Purpose::OwnLook };
                (caller.grant.subject.clone(), Reader::Oneself, purpose, None)
            }
            Some(Basis::Mandate { id }) => {
                own(caller, least)?;
                if is_service {
                    return Err(Unread::Refused("proxy.elsewhere"));
                }
                let held = relay.proxies().held_one(&caller.grant.subject, &id).await?;
                let held = held.ok_or(Unread::Refused("proxy.none"))?;
                let principal = held.principal.clone();
                (principal, Reader::Proxy(Box::new(held)), Purpose::OnBehalf, None)
            }
            Some(Basis::Consent { id, purpose }) => {
                let staff = if purpose == Purpose::Procedure {
                    caller.grant.city_clerk()
                } else {
                    caller.grant.desk()
                };
                let desk = staff.ok_or(Unread::Refused("role.none"))?;
                let found = relay.consents().subject_of(&desk.organization.code, &id).await?;
                let subject = found.ok_or(Unread::Refused(Refusal::None.code()))?;
                (subject, Reader::Staff(desk), purpose, None)
            }
            Some(Basis::Emergency { reason }) => {
                let desk = caller.grant.tapped_at_desk().map_err(Unread::Refused)?;
                let subject = caller.grant.subject.clone();
                (subject, Reader::Staff(desk), Purpose::Emergency, Some(reason))
            }
        };
        let consents = match purpose {
            Purpose::OwnLook | Purpose::OnBehalf => Vec::new(),
            _ => relay.consents().of(&subject).await?,
        };
        Ok(Self { subject, client, reader, purpose, emergency, consents, is_taking: false })
    }

    /// The same, of records that the person takes home; somebody else's look stays a look.
    pub fn taking(self) -> Self {
        let is_taking = matches!(self.reader, Reader::Oneself);
        Self { is_taking, ..self }
    }

    /// On what ground what is `asked` of `source` may be told at `now`.
    pub fn ground(
        &self,
        asked: Asked,
        source: Option<&str>,
        now: Timestamp,
    ) -> Result<Ground, Refusal> {
        let who = match (&self.reader, self.purpose) {
            (Reader::Staff(staff), _) => Asker::Staff {
                code: &staff.organization.code,
                emergency: self.emergency.as_deref().map(Emergency),
            },
            (Reader::Proxy(held), _) => Asker::Proxy { mandate: &held.mandate },
            (Reader::Oneself, Purpose::OwnService) => Asker::Through { party: &self.client },
            (Reader::Oneself, _) => Asker::Oneself,
        };
        let disclosure = Disclosure { asker: who, purpose: self.purpose, asked, source };
        decide(&disclosure, &self.consents, now)
    }

    /// What `connector` is told of the consent or mandate, and of the proxy who reads.
    pub fn names(&self, relay: &Relay, connector: &str, ground: &Ground) -> Names {
        let proxy = match &self.reader {
            Reader::Proxy(held) => held.proxy.as_deref(),
            Reader::Oneself | Reader::Staff(_) => None,
        };
        Names::of(relay.ring(), connector, ground.receipt(), proxy)
    }

    /// The errand to a holder who knows the person as `pseudonym`, and the rest by `names`.
    pub fn errand<'a>(&'a self, pseudonym: &'a str, names: &'a Names) -> Errand<'a> {
        let behind = match &self.reader {
            Reader::Oneself => None,
            Reader::Staff(staff) => Some(Behind::Staff(staff)),
            Reader::Proxy(_) => names.proxy.as_deref().map(Behind::Proxy),
        };
        Errand::reading(pseudonym, behind, self.purpose, names.receipt.as_deref())
    }

    /// What was `asked` of `source` and told, or why not: with the person, and with the proxy who
    /// read.
    pub fn events(
        &self,
        asked: Asked,
        source: Option<&str>,
        ground: Option<&Ground>,
        outcome: Outcome,
    ) -> (Event, Option<Event>) {
        let event = self.event(asked, source, ground, outcome);
        let twin = match &self.reader {
            Reader::Proxy(held) => Some(Event {
                action: Action::ProxyRead,
                actor: Actor::Oneself,
                ground: Some(format!("mandate:{} {}", held.mandate.id, held.mandate.terms.name)),
                subject: held.proxy.clone(),
                ..event.clone()
            }),
            Reader::Oneself | Reader::Staff(_) => None,
        };
        (event, twin)
    }

    fn event(
        &self,
        asked: Asked,
        source: Option<&str>,
        ground: Option<&Ground>,
        outcome: Outcome,
    ) -> Event {
        Event {
            action: if self.is_taking { Action::RecordTaken } else { Action::RecordRead },
            actor: match &self.reader {
                Reader::Oneself => Actor::Oneself,
                Reader::Staff(staff) => actor_of(Some(staff)),
                Reader::Proxy(held) => proxy_of(held),
            },
            asked: vec![asked_word(asked)],
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

/// Own records need card and PIN; declared ones of less, a PIN that the identity provider checks.
fn own(caller: &Caller, least: Level) -> Result<(), Unread> {
    match caller.grant.purpose {
        TokenPurpose::Records if caller.grant.level().is_some_and(|level| level >= least) => Ok(()),
        TokenPurpose::Records => Err(Unread::Refused("level.low")),
        TokenPurpose::Eligibility | TokenPurpose::CardOffice => {
            Err(Unread::Refused("token.purpose"))
        }
    }
}
