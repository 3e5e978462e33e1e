//! Eligibility and records out of the insurer's own database. The store has, sealed, which pseudonym
//! stands for which of its people.

use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::decision::{self, Register};
use warifu_contract::eligibility::{TypedCard, Verdict};
use warifu_contract::records::{ConnectorRecord, Record, Service};
use warifu_contract::register::Enrolment;
use warifu_service::Problem;

use super::Inner;
use super::eligibility::{Answer, not_linked, query};
use crate::source::Source;

/// By what a card shows; as of `now`, since nothing is kept between.
pub(super) async fn by_number(
    inner: &Inner,
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
    let pseudonym = match (&found.person, inner.book()) {
        (Some(person), Ok(book)) => book.pseudonym_of(person).await?,
        _ => None,
    };
    Ok(Answer { pseudonym, found, as_of: Some(now), usual_lag_days: insurer.usual_lag_days })
}

/// For the person whom the relay calls so.
pub(super) async fn by_pseudonym(
    inner: &Inner,
    source: &Source,
    pseudonym: &str,
    day: Date,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let Some(person) = inner.key_of(pseudonym).await? else {
        let found = not_linked();
        return Ok(Answer { found, pseudonym: None, as_of: Some(now), usual_lag_days: None });
    };
    let enrolments = source.enrolments_of(&person).await?;
    let found = decision::by_person(&person, day, &enrolments);
    let shown = found.decision.coverage.as_ref().map(|coverage| &coverage.insurer.number);
    let mut cards = enrolments.iter().map(|card| &card.insurer);
    let insurer = cards.find(|insurer| shown == Some(&insurer.insurer.number));
    let usual_lag_days = insurer.and_then(|insurer| source.insurer(&insurer.key)?.usual_lag_days);
    Ok(Answer { found, pseudonym: Some(pseudonym.to_owned()), as_of: Some(now), usual_lag_days })
}

/// What the person reads of themselves; as of `now`, since nothing is kept between.
pub(super) async fn record(
    source: &Source,
    service: Service,
    person: &str,
    now: Timestamp,
) -> Result<ConnectorRecord, Problem> {
    let record = match service {
        Service::Insurance => {
            let found = source.insurance(person, today_in_japan(now)).await?;
            found.map(Record::Insurance)
        }
        Service::Expenses => source.expenses(person).await?.map(Record::Expenses),
        Service::Checkup | Service::Pension => None,
    };
    Ok(ConnectorRecord { record, as_of: now })
}
