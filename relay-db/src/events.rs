//! What the relay writes into the access log, in the contract's own words.

use serde::Serialize;
use serde::de::DeserializeOwned;
use warifu_contract::CheckNumber;
use warifu_contract::consent::{Consent, ConsentReader};
use warifu_contract::dispute::Finding;
use warifu_contract::eligibility::Verdict;
use warifu_contract::history::{Asked, Purpose};
use warifu_contract::mandate::Side;
use warifu_contract::mandate::guardian::ApplicationRequest;
use warifu_contract::services::ServiceId;
use warifu_log::{Action, Actor, Entry, Event, Outcome};
use warifu_pki::{Organization, Ticket};

use crate::caller::Caller;
use crate::grants::{Grant, Staff};
use crate::proxies::Kept;

/// What eligibility is called where a record's name stands.
pub(crate) const ELIGIBILITY: &str = "eligibility";

/// How the ground of a dispute's event begins.
const CHECK: &str = "check:";
/// What the access history is called where a record's name stands.
pub(crate) const HISTORY: &str = "history";

/// The party that this crate is.
pub(crate) const RELAY: &str = "relay";

/// The word by which a unit variant is known on the wire.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The variant that `word` stands for.
pub(crate) fn meaning<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(word.into()).ok()
}

fn staff(staff: &Staff) -> Actor {
    Actor::Staff {
        code: staff.organization.code.clone(),
        member: staff.member.clone(),
        name: staff.organization.name.clone(),
    }
}

/// Who acted: a member of staff, or the subject.
pub(crate) fn actor_of(desk: Option<&Staff>) -> Actor {
    desk.map_or(Actor::Oneself, staff)
}

/// The word for what was asked.
pub(crate) fn asked_word(asked: Asked) -> String {
    match asked {
        Asked::Eligibility | Asked::Dispute => ELIGIBILITY.to_owned(),
        Asked::Record(service) => service.as_str().to_owned(),
        Asked::Declared(service) => service.to_string(),
        Asked::History => HISTORY.to_owned(),
    }
}

/// As which the proxy of `kept` stands with the principal.
pub(crate) fn proxy_of(kept: &Kept) -> Actor {
    let accepted = kept.mandate.accepted.as_ref();
    let name = accepted.map(|accepted| accepted.name.clone()).unwrap_or_default();
    Actor::Person { mandate: kept.mandate.id.clone(), name }
}

/// A step of a mandate, once for each of its two people: by one of them, or by the party `client`
/// itself.
pub(crate) fn mandate(client: &str, action: Action, kept: &Kept, by: Option<Side>) -> Vec<Event> {
    let terms = &kept.mandate.terms;
    let services = terms.services.iter().map(|service| service.as_str().to_owned());
    let services = services.chain(terms.declared.iter().map(ToString::to_string));
    let event = |subject: &str, actor| Event {
        action,
        actor,
        asked: services.clone().chain(terms.history.then(|| HISTORY.to_owned())).collect(),
        check_number: None,
        client: client.to_owned(),
        ground: Some(format!("mandate:{}", kept.mandate.id)),
        outcome: Outcome::Done,
        purpose: Some(word(&Purpose::OnBehalf)),
        source: None,
        subject: Some(subject.to_owned()),
    };
    let principal = Actor::Person { mandate: kept.mandate.id.clone(), name: terms.name.clone() };
    let party = Actor::Party { name: client.to_owned() };
    let (first, second) = match by {
        Some(Side::Principal) => (Actor::Oneself, principal),
        Some(Side::Proxy) => (proxy_of(kept), Actor::Oneself),
        None => (party.clone(), party),
    };
    let twin = kept.proxy.as_ref().map(|proxy| event(proxy, second));
    [event(&kept.principal, first)].into_iter().chain(twin).collect()
}

/// A step that `staff` take with a mandate on papers, once for each of its two people.
pub(crate) fn mandate_by_staff(
    client: &str,
    (action, outcome): (Action, Outcome),
    kept: &Kept,
    staff: &Staff,
) -> impl Iterator<Item = Event> {
    let actor = actor_of(Some(staff));
    mandate(client, action, kept, None).into_iter().map(move |event| Event {
        actor: actor.clone(),
        outcome: outcome.clone(),
        ..event
    })
}

/// `staff` look who reads on papers for `subject`, whom the holder `source` found for a card.
pub(crate) fn guardian_sought(client: &str, staff: &Staff, subject: &str, source: &str) -> Event {
    Event {
        action: Action::GuardianSought,
        actor: actor_of(Some(staff)),
        asked: Vec::new(),
        check_number: None,
        client: client.to_owned(),
        ground: None,
        outcome: Outcome::Done,
        purpose: Some(word(&Purpose::OnBehalf)),
        source: Some(source.to_owned()),
        subject: Some(subject.to_owned()),
    }
}

/// A step of a guardian's application: by a member of staff, or by the guardian; through which client
/// and about whom; what was asked for; the ground, and what came of it.
pub(crate) fn guardian(
    action: Action,
    by: Option<&Staff>,
    (client, subject): (&str, &str),
    request: &ApplicationRequest,
    (ground, outcome): (String, Outcome),
) -> Event {
    let services = request.services.iter().map(|service| service.as_str().to_owned());
    let services = services.chain(request.declared.iter().map(ToString::to_string));
    Event {
        action,
        actor: actor_of(by),
        asked: services.chain(request.history.then(|| HISTORY.to_owned())).collect(),
        check_number: None,
        client: client.to_owned(),
        ground: Some(ground),
        outcome,
        purpose: Some(word(&Purpose::OnBehalf)),
        source: None,
        subject: Some(subject.to_owned()),
    }
}

/// The caller entered a code that offers nothing.
pub(crate) fn code_refused(caller: &Caller, code: &str) -> Event {
    Event {
        action: Action::MandateAccepted,
        actor: Actor::Oneself,
        asked: Vec::new(),
        check_number: None,
        client: caller.party.clone(),
        ground: None,
        outcome: Outcome::Refused(code.to_owned()),
        purpose: Some(word(&Purpose::OnBehalf)),
        source: None,
        subject: Some(caller.grant.subject.clone()),
    }
}

/// A record was refused, without anybody being asked, to the holder of the caller's token.
pub(crate) fn record_refused(caller: &Caller, asked: &str, code: &str) -> Event {
    Event {
        action: Action::RecordRead,
        actor: actor_of(caller.grant.tapped_by().as_ref()),
        asked: vec![asked.to_owned()],
        check_number: None,
        client: caller.party.clone(),
        ground: None,
        outcome: Outcome::Refused(code.to_owned()),
        purpose: Some(word(&Purpose::OwnLook)),
        source: None,
        subject: Some(caller.grant.subject.clone()),
    }
}

/// The caller entered something into the form of `service`; `ground` names what was taken.
pub(crate) fn form_sent(
    caller: &Caller,
    service: ServiceId,
    ground: Option<String>,
    outcome: Outcome,
) -> Event {
    Event {
        action: Action::FormSent,
        actor: Actor::Oneself,
        asked: vec![service.to_string()],
        check_number: None,
        client: caller.party.clone(),
        ground,
        outcome,
        purpose: Some(word(&Purpose::OwnLook)),
        source: Some(service.connector().to_owned()),
        subject: Some(caller.grant.subject.clone()),
    }
}

/// Which application, and whose; nobody's who is still linked, perhaps.
pub(crate) struct AboutApplication<'a> {
    pub service: ServiceId,
    pub reference: &'a str,
    pub subject: Option<&'a str>,
}

/// Staff of the holder saw an application.
pub(crate) fn application_read(
    caller: &Caller,
    staff: &Staff,
    about: &AboutApplication<'_>,
) -> Event {
    Event {
        action: Action::RecordRead,
        actor: actor_of(Some(staff)),
        asked: vec![about.service.to_string()],
        check_number: None,
        client: caller.party.clone(),
        ground: Some(format!("application:{}", about.reference)),
        outcome: Outcome::Shown,
        purpose: Some(word(&Purpose::Procedure)),
        source: Some(about.service.connector().to_owned()),
        subject: about.subject.map(str::to_owned),
    }
}

/// Staff of the holder moved an application on.
pub(crate) fn application_settled(
    caller: &Caller,
    staff: &Staff,
    about: &AboutApplication<'_>,
) -> Event {
    Event {
        action: Action::ApplicationSettled,
        outcome: Outcome::Done,
        ..application_read(caller, staff, about)
    }
}

/// The caller gave `consent`, or withdrew it.
pub(crate) fn consent(caller: &Caller, action: Action, consent: &Consent) -> Event {
    let terms = &consent.terms;
    let services = terms.scope.services.iter().map(|service| service.as_str().to_owned());
    let declared = terms.scope.declared.iter().map(ToString::to_string);
    let reader = match &terms.reader {
        ConsentReader::Organization { code, .. } => format!("organization {code}"),
        ConsentReader::AnyClinicInEmergency => "any clinic in an emergency".to_owned(),
        ConsentReader::Service { party } => format!("service {party}"),
    };
    Event {
        action,
        actor: Actor::Oneself,
        asked: services.chain(declared).collect(),
        check_number: None,
        client: caller.party.clone(),
        ground: Some(format!("consent:{} to {reader}", consent.id)),
        outcome: Outcome::Done,
        purpose: Some(word(&terms.purpose)),
        source: terms.scope.source.clone(),
        subject: Some(caller.grant.subject.clone()),
    }
}

/// An eligibility check was answered: to `desk` through `client`, about whom and by which holder,
/// with which verdict under which number.
pub(crate) fn check_answered(
    client: &str,
    desk: &Staff,
    (subject, source): (Option<String>, Option<String>),
    (verdict, number): (Verdict, &str),
    ground: &str,
) -> Event {
    Event {
        check_number: Some(number.to_owned()),
        ground: Some(ground.to_owned()),
        source,
        ..check(client, staff(desk), subject, Outcome::Answered(word(&verdict)))
    }
}

/// Something was done, by `desk` through `client`, with the job that `ground` names.
pub(crate) fn batch(
    action: Action,
    (client, desk): (&str, &Staff),
    asked: &str,
    ground: String,
) -> Event {
    Event {
        action,
        actor: staff(desk),
        asked: vec![asked.to_owned()],
        check_number: None,
        client: client.to_owned(),
        ground: Some(ground),
        outcome: Outcome::Done,
        purpose: Some(word(&Purpose::Treatment)),
        source: None,
        subject: None,
    }
}

/// An eligibility check was refused to the holder of `grant`; it stands in the history of the
/// person whose sign-in or card the token was given for.
pub(crate) fn check_refused(client: &str, grant: &Grant, code: &str) -> Event {
    let refused = Outcome::Refused(code.to_owned());
    check(client, actor_of(grant.tapped_by().as_ref()), Some(grant.subject.clone()), refused)
}

/// An eligibility check was refused to a system that asks for `desk`.
pub(crate) fn system_refused(client: &str, desk: &Staff, code: &str) -> Event {
    check(client, staff(desk), None, Outcome::Refused(code.to_owned()))
}

fn check(client: &str, actor: Actor, subject: Option<String>, outcome: Outcome) -> Event {
    Event {
        action: Action::EligibilityChecked,
        actor,
        asked: vec![ELIGIBILITY.to_owned()],
        check_number: None,
        client: client.to_owned(),
        ground: None,
        outcome,
        purpose: Some(word(&Purpose::Treatment)),
        source: None,
        subject,
    }
}

/// A member of a clinic's staff questioned the answer to the check that `entry` is.
pub(crate) fn dispute_opened(
    client: &str,
    desk: &Staff,
    entry: &Entry,
    number: &CheckNumber,
) -> Event {
    let about = (entry.subject.clone(), entry.source.clone().unwrap_or_default(), number);
    dispute((client, desk), Action::DisputeOpened, about, Outcome::Done)
}

/// An insurer's member of staff answered: about whom and by which holder, and the check's number.
pub(crate) fn dispute_answered(
    client: &str,
    staff: &Staff,
    about: (Option<String>, String, &CheckNumber),
    finding: Finding,
) -> Event {
    let found = Outcome::Answered(word(&finding));
    dispute((client, staff), Action::DisputeAnswered, about, found)
}

fn dispute(
    (client, by): (&str, &Staff),
    action: Action,
    (subject, source, number): (Option<String>, String, &CheckNumber),
    outcome: Outcome,
) -> Event {
    Event {
        action,
        actor: staff(by),
        asked: vec![ELIGIBILITY.to_owned()],
        // The number names the check's own event alone.
        check_number: None,
        client: client.to_owned(),
        ground: Some(format!("{CHECK}{number}")),
        outcome,
        purpose: Some(word(&Purpose::Treatment)),
        source: Some(source),
        subject,
    }
}

/// The number of the check that the `ground` of a dispute's event names.
pub(crate) fn disputed(ground: Option<&str>) -> Option<CheckNumber> {
    ground?.strip_prefix(CHECK)?.parse().ok()
}

/// An access token was given for `ticket`.
pub(crate) fn token_issued(client: &str, ticket: &Ticket) -> Event {
    token(client, Some(ticket), Outcome::Done)
}

/// No access token was given. `ticket` is there when it could be read.
pub(crate) fn token_refused(client: &str, ticket: Option<&Ticket>, code: &str) -> Event {
    token(client, ticket, Outcome::Refused(code.to_owned()))
}

fn token(client: &str, ticket: Option<&Ticket>, outcome: Outcome) -> Event {
    let party = || Actor::Party { name: client.to_owned() };
    Event {
        action: match outcome {
            Outcome::Done => Action::TokenIssued,
            _ => Action::TokenRefused,
        },
        actor: ticket.map_or_else(party, signed_in),
        asked: Vec::new(),
        check_number: None,
        client: client.to_owned(),
        ground: ticket.map(|ticket| format!("ticket {} of {}", ticket.jti, ticket.iss)),
        outcome,
        purpose: ticket.map(|ticket| word(&ticket.purpose)),
        source: None,
        subject: ticket.map(|ticket| ticket.sub.clone()),
    }
}

/// Who stands behind a ticket: the member of staff who tapped the card, or the subject.
fn signed_in(ticket: &Ticket) -> Actor {
    let tapped = ticket.act.as_ref().map(|act| {
        let organization = act
            .organization
            .clone()
            .unwrap_or(Organization { code: String::new(), name: String::new() });
        Staff { member: act.sub.clone(), organization }
    });
    tapped.map_or(Actor::Oneself, |desk| staff(&desk))
}

/// The identity provider `party` ended every sign-in of `subject` before an instant; `ground` names
/// its event.
pub(crate) fn session_revoked(party: &str, subject: &str, ground: String) -> Event {
    Event {
        action: Action::SessionRevoked,
        actor: Actor::Party { name: party.to_owned() },
        asked: Vec::new(),
        check_number: None,
        client: party.to_owned(),
        ground: Some(ground),
        outcome: Outcome::Done,
        purpose: None,
        source: None,
        subject: Some(subject.to_owned()),
    }
}

/// Who took a step of a linking ceremony.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LinkActor<'a> {
    Oneself,
    Staff(&'a Staff),
    Relay,
}

/// A step of a linking ceremony: what and by whom; through which client, about which subject, at
/// which holder; and what came of it.
pub(crate) fn link(
    (action, actor): (Action, LinkActor<'_>),
    (client, subject, connector): (&str, &str, &str),
    outcome: Outcome,
) -> Event {
    let actor = match actor {
        LinkActor::Oneself => Actor::Oneself,
        LinkActor::Staff(one) => staff(one),
        LinkActor::Relay => Actor::Party { name: RELAY.to_owned() },
    };
    Event {
        action,
        actor,
        asked: Vec::new(),
        check_number: None,
        client: client.to_owned(),
        ground: None,
        outcome,
        purpose: Some(word(&Purpose::Linking)),
        source: Some(connector.to_owned()),
        subject: Some(subject.to_owned()),
    }
}

/// A subject was linked to the holder `connector` without a ceremony.
pub(crate) fn link_made(subject: &str, connector: &str) -> Event {
    link((Action::LinkMade, LinkActor::Relay), (RELAY, subject, connector), Outcome::Done)
}
