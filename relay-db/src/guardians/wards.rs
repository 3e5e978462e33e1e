//! Wards: people whom the relay knows only because a guardian speaks for them, found by their
//! insurance cards at connectors and in deposits alike.
//!
//! What the search is called at each of them is known to the relay and the card office alone.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use warifu_connectors::SourceError;
use warifu_contract::card_key::CardQuery;
use warifu_contract::eligibility::TypedCard;
use warifu_contract::linking::CardMatchAnswer;
use warifu_log::{Action, Outcome};
use warifu_pki::voucher::errand;
use warifu_service::Problem;
use warifu_service::http::Deadline;

use super::staff::{conflict, invalid, silent};
use super::store::{Found, Proposed};
use crate::events::{self, LinkActor, RELAY};
use crate::linking::{self, holders};
use crate::links::{Link, Terms};
use crate::relay::Relay;
use crate::token::log_problem;

/// How a ward's name begins; no identity provider gives such a name.
const WARD: &str = "ward:";

/// Whom the insurers find for all cards of one person: for the first, and for the others.
pub(super) async fn look_everywhere(
    relay: &Relay,
    ceremony: &str,
    (card, others): (TypedCard, Vec<TypedCard>),
    until: Deadline,
) -> Result<(Found, Vec<Found>), Problem> {
    let first = look(relay, ceremony, card, until).await?;
    let mut more: Vec<Found> = Vec::with_capacity(others.len());
    for card in others {
        let found = look(relay, ceremony, card, until).await?;
        if std::iter::once(&first).chain(&more).any(|one| one.connector == found.connector) {
            return Err(invalid("guardian.cards"));
        }
        more.push(found);
    }
    require_one(relay, &first, &more).await?;
    Ok((first, more))
}

/// Refuses cards that may be of several people: those whom the relay knows as different ones, or
/// as one who has another member at the same insurer. Whoever has a card to sign in with links the
/// other insurers with it.
async fn require_one(relay: &Relay, first: &Found, more: &[Found]) -> Result<(), Problem> {
    let (mut known, mut new) = (Vec::new(), Vec::new());
    for found in std::iter::once(first).chain(more) {
        match &found.subject {
            Some(subject) => known.push(subject.as_str()),
            None => new.push(found.connector.as_str()),
        }
    }
    let Some(subject) = known.first() else { return Ok(()) };
    if known.iter().any(|other| other != subject) {
        return Err(conflict("guardian.several"));
    }
    if !new.is_empty() && !is_ward(subject) {
        return Err(conflict("guardian.own-card"));
    }
    let linked = relay.links().of(subject).await?;
    let is_taken = linked.iter().any(|link| new.contains(&link.connector.as_str()));
    if is_taken { Err(conflict("guardian.several")) } else { Ok(()) }
}

/// Whom the insurer of the card finds.
pub(super) async fn look(
    relay: &Relay,
    ceremony: &str,
    card: TypedCard,
    until: Deadline,
) -> Result<Found, Problem> {
    let query = CardQuery::try_from(&card).map_err(|error| invalid(error.code()))?;
    let holder = relay.directory().by_insurer(&query.insurer).filter(|one| one.is_linked());
    let holder = holder.ok_or_else(|| invalid("guardian.no-insurer"))?;
    let errand = errand(ceremony, holder.id());
    let asked = holders::match_card(relay, holder, &errand, card, until).await;
    let CardMatchAnswer::Found { member } = asked.map_err(|error| silent().caused_by(&error))?
    else {
        return Err(invalid("guardian.no-member"));
    };
    let subject = match &member.held_as {
        Some(pseudonym) => relay.links().subject_of(holder.id(), pseudonym).await?,
        None => None,
    };
    let (pseudonym, target, period) = (member.pseudonym, member.target, member.period);
    Ok(Found { connector: holder.id().to_owned(), errand, pseudonym, target, period, subject })
}

/// Whom the case `id` is about: the person whom the relay knows, or the ward that it makes, for whom
/// somebody speaks until `expires`. Where they are not known yet, they are linked. The same again
/// makes the same one.
pub(super) async fn subject_of(
    relay: &Relay,
    id: &str,
    proposed: &Proposed,
    expires: Timestamp,
) -> Result<String, Problem> {
    let made = || {
        let named = relay.ring().lookup("relay_ward.name", id.as_bytes());
        format!("{WARD}{}", HEXLOWER.encode(&named))
    };
    let subject = proposed.subject().cloned().unwrap_or_else(made);
    for found in proposed.found().filter(|found| found.subject.is_none()) {
        bind(relay, found).await?;
        let about = (RELAY, subject.as_str(), found.connector.as_str());
        let made = events::link((Action::LinkMade, LinkActor::Relay), about, Outcome::Done);
        relay.log().append(made).await.map_err(|error| log_problem(&error))?;
        relay.guardians().keep_ward(&subject, expires).await?;
        relay.links().save(&subject, &link(relay, found)).await?;
    }
    Ok(subject)
}

pub(super) fn is_ward(subject: &str) -> bool {
    subject.starts_with(WARD)
}

fn link(relay: &Relay, found: &Found) -> Link {
    let terms = Terms {
        errand: found.errand.clone(),
        period: found.period,
        target: Some(found.target.clone()),
        ..Terms::plain(relay.surroundings().hex(16), relay.surroundings().now())
    };
    Link { connector: found.connector.clone(), pseudonym: found.pseudonym.clone(), terms }
}

/// The insurer takes the same word again.
async fn bind(relay: &Relay, found: &Found) -> Result<(), Problem> {
    let gone = || conflict("guardian.changed");
    let holder = relay.directory().holder(&found.connector).ok_or_else(gone)?;
    let bound = holders::confirm_link(relay, holder, &found.errand, &found.pseudonym).await;
    bound.map_err(|error| match error {
        SourceError::Refused { .. } => gone().caused_by(&error),
        _ => silent().caused_by(&error),
    })
}

/// Ends the links of `subject`, if that is a ward for whom nobody speaks any more.
pub(crate) async fn close_left(relay: &Relay, subject: &str) -> Result<(), Problem> {
    if !is_ward(subject) {
        return Ok(());
    }
    let now = relay.surroundings().now();
    let given = relay.proxies().given(subject).await?;
    let open = given.iter().filter(|kept| kept.mandate.is_open(now));
    if let Some(last) = open.map(|kept| kept.mandate.expiry()).max() {
        return Ok(relay.guardians().keep_ward(subject, last).await?);
    }
    linking::end_all(relay, subject).await?;
    Ok(relay.guardians().drop_ward(subject).await?)
}

/// Drops what has ended, and the links of wards with it; what fails, the next time.
pub(crate) async fn sweep(relay: &Relay, now: Timestamp) {
    if let Err(error) = relay.guardians().sweep(now).await {
        tracing::warn!(%error, "ended applications of guardians could not be dropped");
    }
    match relay.guardians().ended_wards(now).await {
        Ok(ended) => {
            for subject in ended {
                if let Err(problem) = close_left(relay, &subject).await {
                    tracing::warn!(code = problem.code(), "a ward's links could not be ended");
                }
            }
        }
        Err(error) => tracing::warn!(%error, "ended wards cannot be read"),
    }
}
