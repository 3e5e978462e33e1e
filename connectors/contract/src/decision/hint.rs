//! Which field to look at again. A hint is given only when the birth date fits somebody on a
//! card that differs in that one field, so that it tells nothing to those who guess; for the birth
//! date itself only when 記号・番号 and 枝番 fit exactly. Insurers are no secret.

mod birth_date;
mod slips;

use std::collections::BTreeSet;

use crate::card_key::{CardQuery, InsurerKey};
use crate::eligibility::FieldHint;
use crate::identity::kana_folded;
use crate::register::{Enrolment, Place};

pub use slips::slips_of;

/// The field by which the typed card misses somebody born that day; none when nobody is near,
/// or when different fields lead to different people.
pub(super) fn for_number<'a>(
    query: &CardQuery,
    cards: impl Iterator<Item = &'a Enrolment>,
) -> Option<FieldHint> {
    let mut near = cards
        .filter(|card| has_birth_date(query, card))
        .filter_map(|card| differing_field(query, card));
    let first = near.next()?;
    near.all(|hint| hint == first).then_some(first)
}

/// The 枝番 would part several people who share birth date and number.
pub(super) fn for_several(query: &CardQuery, places: &[&Place<'_>]) -> Option<FieldHint> {
    let branches: BTreeSet<&str> =
        places.iter().filter_map(|place| place.enrolled.branch.as_deref()).collect();
    let people: BTreeSet<&str> =
        places.iter().map(|place| place.enrolled.person.as_str()).collect();
    (query.branch.is_none() && branches.len() >= people.len()).then_some(FieldHint::Branch)
}

/// The birth date misses by a slip the one whom the typed 枝番 names; who typed none is told
/// nothing.
pub(super) fn for_birth_date(query: &CardQuery, named: &[Place<'_>]) -> Option<FieldHint> {
    let typed = query.branch.as_deref()?;
    let mut meant =
        named.iter().filter(|place| place.enrolled.branch.as_deref() == Some(typed)).peekable();
    meant.peek()?;
    let is_slip =
        |place: &Place<'_>| birth_date::is_slip(query.birth_date, place.enrolled.birth_date);
    meant.all(is_slip).then_some(FieldHint::BirthDate)
}

/// Whether a known insurer's number differs by a slip of the hand.
pub(super) fn is_near_insurer<'a>(
    typed: &InsurerKey,
    mut known: impl Iterator<Item = &'a InsurerKey>,
) -> bool {
    known.any(|known| slips::is_slip(typed.as_str(), known.as_str()))
}

fn has_birth_date(query: &CardQuery, card: &Enrolment) -> bool {
    card.places().any(|place| place.enrolled.birth_date == query.birth_date)
}

fn differing_field(query: &CardQuery, card: &Enrolment) -> Option<FieldHint> {
    let (typed, held) = (&query.card, &card.key);
    match (typed.symbol() == held.symbol(), typed.number() == held.number()) {
        (true, false) => {
            let is_near = slips::is_slip(typed.number(), held.number())
                || kana_folded(typed.number()) == kana_folded(held.number());
            is_near.then_some(FieldHint::Number)
        }
        (false, true) => Some(FieldHint::Symbol),
        _ => None,
    }
}
