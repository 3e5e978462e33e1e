//! Rows of people into cards: the insured person, and who is covered through that person.

use std::sync::Arc;

use warifu_contract::card_key::InsurerKey;
use warifu_contract::coverage::Relation;
use warifu_contract::register::{EnrolledDependant, Enrolment, RegisteredInsurer};

use super::row::SourceRow;

/// The cards in `rows`. A dependant belongs to every stretch of the insured person's that the
/// own one overlaps; without any there is no card to be on.
pub(super) fn enrolments(
    rows: Vec<SourceRow>,
    insurers: &[Arc<RegisteredInsurer>],
) -> Vec<Enrolment> {
    let (heads, dependants): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.relation == Relation::Insured);
    let cards = heads.into_iter().filter_map(|row| {
        let key = InsurerKey::parse(&row.insurer_number)?;
        let insurer = insurers.iter().find(|insurer| insurer.key == key)?;
        let own = dependants.iter().filter(|dependant| is_on(dependant, &row));
        Some(Enrolment {
            insurer: insurer.clone(),
            dependants: own.map(dependant).collect(),
            symbol: row.symbol,
            number: row.number,
            key: row.key,
            workplace: row.workplace,
            insured: row.enrolled,
        })
    });
    let mut cards: Vec<Enrolment> = cards.collect();
    cards.sort_by_key(|card| card.insured.validity.from);
    cards
}

/// Whether a dependant is on the card of that insured person.
pub(super) fn is_on(dependant: &SourceRow, insured: &SourceRow) -> bool {
    dependant.insurer_number == insured.insurer_number
        && dependant.key == insured.key
        && dependant.enrolled.validity.overlap(&insured.enrolled.validity).is_some()
}

fn dependant(row: &SourceRow) -> EnrolledDependant {
    EnrolledDependant { enrolled: row.enrolled.clone(), relationship: row.relationship.clone() }
}
