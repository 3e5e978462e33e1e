//! Eligibility and records out of the insurer's own database. The store has the pseudonyms, and
//! under which key the database knows a member.

use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::decision::{self, Found, Register};
use warifu_contract::eligibility::{TypedCard, Verdict};
use warifu_contract::records::{ConnectorRecord, Record, Service};
use warifu_contract::register::Enrolment;
use warifu_service::Problem;

use super::eligibility::{Answer, not_linked, pseudonym_of, query};
use crate::source::Source;
use crate::store::{MemberId, Store, StoreError};

/// By what a card shows; as of `now`, since nothing is kept between.
pub(super) async fn by_number(
    store: &Store,
    source: &Source,
    typed: &TypedCard,
    day: Date,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let query = query(typed)?;
    let Some(insurer) = source.insurer(&query.insurer) else {
        let found = decision::by_number(&query, day, Register { insurers: &[], enrolments: &[] });
        return Ok(Answer { found, pseudonym: None, as_of: Some(now), usual_lag_days: None });
    };
    let mut enrolments = source.enrolments_near(&insurer.registered, &query).await?;
    let insurers = [insurer.registered.as_ref().clone()];
    let decide = |enrolments: &[Enrolment]| {
        decision::by_number(&query, day, Register { insurers: &insurers, enrolments })
    };
    let mut found = decide(&enrolments);
    if let (Verdict::Expired, Some(person)) = (found.decision.verdict, &found.person) {
        let others = source.enrolments_of(person).await?;
        enrolments.retain(|card| !others.contains(card));
        enrolments.extend(others);
        found = decide(&enrolments);
    }
    let found = by_member(store, found).await?;
    Ok(Answer {
        pseudonym: pseudonym_of(store, &found).await?,
        found,
        as_of: Some(now),
        usual_lag_days: insurer.usual_lag_days,
    })
}

/// For the member whom the relay calls so.
pub(super) async fn by_pseudonym(
    store: &Store,
    source: &Source,
    pseudonym: &str,
    day: Date,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let member = match store.member_of(pseudonym).await? {
        Some(id) => store.member(&id).await?,
        None => None,
    };
    let Some(member) = member else {
        let found = not_linked();
        return Ok(Answer { found, pseudonym: None, as_of: Some(now), usual_lag_days: None });
    };
    let enrolments = source.enrolments_of(&member.reference).await?;
    let found = decision::by_person(&member.reference, day, &enrolments);
    let shown = found.decision.coverage.as_ref().map(|coverage| &coverage.insurer.number);
    let mut cards = enrolments.iter().map(|card| &card.insurer);
    let insurer = cards.find(|insurer| shown == Some(&insurer.insurer.number));
    let usual_lag_days = insurer.and_then(|insurer| source.insurer(&insurer.key)?.usual_lag_days);
    Ok(Answer {
        found: by_member(store, found).await?,
        pseudonym: Some(pseudonym.to_owned()),
        as_of: Some(now),
        usual_lag_days,
    })
}

/// What the member reads of themselves; as of `now`, since nothing is kept between.
pub(super) async fn record(
    store: &Store,
    source: &Source,
    service: Service,
    member: &MemberId,
    now: Timestamp,
) -> Result<ConnectorRecord, Problem> {
    let person = store.member(member).await?.map(|known| known.reference);
    let record = match (service, person) {
        (Service::Insurance, Some(person)) => {
            let found = source.insurance(&person, today_in_japan(now)).await?;
            found.map(Record::Insurance)
        }
        (Service::Expenses, Some(person)) => source.expenses(&person).await?.map(Record::Expenses),
        _ => None,
    };
    Ok(ConnectorRecord { record, as_of: now })
}

/// The database's key of the person does not leave this module: the store's own id does, if it
/// knows the person.
async fn by_member(store: &Store, found: Found) -> Result<Found, StoreError> {
    let member = match &found.person {
        Some(reference) => store.member_called(reference).await?,
        None => None,
    };
    Ok(Found { person: member.map(|id| id.as_str().to_owned()), ..found })
}
