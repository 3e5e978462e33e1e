//! The eligibility decision: is this person's insurance valid on that day, and why.
//!
//! Pure rules over an insurer's data. The steps are taken in a fixed order, the first that does
//! not hold decides, and every step taken is told. What the data given here contain beyond the
//! person asked about does not matter: a whole register and the few rows a store has looked up
//! lead to the same decision.

mod hint;

use jiff::civil::Date;

use crate::card_key::CardQuery;
use crate::coverage::Relation;
use crate::eligibility::{Decision, FieldHint, ReasonCheck, ReasonStep, Verdict};
use crate::register::{Enrolment, Place, RegisteredInsurer};

/// A decision and whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The decision.
    pub decision: Decision,
    /// The insurer's own id of the person, where one was found.
    pub person: Option<String>,
}

/// The insurer's data that a decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Register<'a> {
    /// The insurers, at least the one asked about if it is known.
    pub insurers: &'a [RegisteredInsurer],
    /// The cards, at least those with the 記号・番号 or the person asked about.
    pub enrolments: &'a [Enrolment],
}

/// Decides by what a card shows. `day` is the 対象年月日.
pub fn by_number(query: &CardQuery, day: Date, register: Register<'_>) -> Found {
    let mut trail = Trail::default();
    let insurer = register.insurers.iter().find(|insurer| insurer.key == query.insurer);
    if !trail.holds(ReasonCheck::InsurerKnown, insurer.is_some()) {
        return trail.ends(Verdict::InsurerUnknown, None);
    }
    let in_force = insurer.is_some_and(|insurer| insurer.validity.holds_on(day));
    if !trail.holds(ReasonCheck::InsurerInForce, in_force) {
        return trail.ends(Verdict::InsurerUnknown, None);
    }
    let cards: Vec<&Enrolment> =
        register.enrolments.iter().filter(|card| card.insurer.key == query.insurer).collect();
    let named: Vec<Place<'_>> =
        cards.iter().filter(|card| card.key == query.card).flat_map(|card| card.places()).collect();
    if !trail.holds(ReasonCheck::NumberKnown, !named.is_empty()) {
        return trail.ends(Verdict::NumberUnknown, hint::for_number(query, &cards));
    }
    let found = one_person(query, &named, day);
    trail.holds(ReasonCheck::PersonFound, found.is_ok());
    match found {
        Ok(place) => {
            let verdict = trail.in_time(&place, day);
            trail.answers(verdict, &place, day)
        }
        Err((verdict, hint)) => trail.ends(verdict, hint),
    }
}

/// Decides for a person the insurer knows, whichever card of theirs it may be.
pub fn by_person(person: &str, day: Date, enrolments: &[Enrolment]) -> Found {
    let mut trail = Trail::default();
    trail.holds(ReasonCheck::PersonFound, true);
    let places: Vec<Place<'_>> = enrolments
        .iter()
        .flat_map(Enrolment::places)
        .filter(|place| place.enrolled.person == person)
        .collect();
    let place = likeliest(places.iter(), day);
    trail.holds(ReasonCheck::NumberKnown, place.is_some());
    let Some(place) = place else {
        return trail.ends(Verdict::NumberUnknown, None).about(person);
    };
    if !trail.holds(ReasonCheck::OneCoverage, !on_several_cards(&places, day)) {
        return trail.ends(Verdict::SeveralHits, None).about(person);
    }
    let mut verdict = trail.in_time(place, day);
    if verdict == Verdict::Valid
        && !trail.holds(ReasonCheck::InsurerInForce, insurer_in_force(place, day))
    {
        verdict = Verdict::InsurerUnknown;
    }
    trail.answers(verdict, place, day)
}

/// The place of the one person on the card whom birth date and 枝番 fit.
fn one_person<'a>(
    query: &CardQuery,
    named: &[Place<'a>],
    day: Date,
) -> Result<Place<'a>, (Verdict, Option<FieldHint>)> {
    let born: Vec<&Place<'a>> =
        named.iter().filter(|place| place.enrolled.birth_date == query.birth_date).collect();
    if born.is_empty() {
        return Err((Verdict::DependantUnknown, None));
    }
    let fitting: Vec<&Place<'a>> =
        born.iter().copied().filter(|place| branch_fits(query, place)).collect();
    let Some(place) = likeliest(fitting.iter().copied(), day) else {
        let insured = born.iter().any(|place| place.relation() == Relation::Insured);
        let verdict = if insured { Verdict::NumberUnknown } else { Verdict::DependantUnknown };
        return Err((verdict, Some(FieldHint::Branch)));
    };
    if fitting.iter().any(|other| other.enrolled.person != place.enrolled.person) {
        return Err((Verdict::SeveralHits, hint::for_several(query, &fitting)));
    }
    Ok(*place)
}

/// A 枝番 parts people only when both the desk and the insurer give one: old cards have none.
fn branch_fits(query: &CardQuery, place: &Place<'_>) -> bool {
    match (&query.branch, &place.enrolled.branch) {
        (Some(typed), Some(held)) => typed == held,
        _ => true,
    }
}

fn on_several_cards(places: &[Place<'_>], day: Date) -> bool {
    let mut valid = places.iter().filter(|place| is_valid(place, day));
    let Some(first) = valid.next() else {
        return false;
    };
    valid.any(|place| {
        place.enrolment.key != first.enrolment.key
            || place.enrolment.insurer.key != first.enrolment.insurer.key
    })
}

/// The place to answer from: one valid on `day`, else the one that lasted longest of those
/// begun, else the first to come.
fn likeliest<'p, 'a: 'p>(
    places: impl Iterator<Item = &'p Place<'a>> + Clone,
    day: Date,
) -> Option<&'p Place<'a>> {
    let begun = places.clone().filter(|place| place.validity.from <= day).max_by_key(|place| {
        (is_valid(place, day), place.validity.until.unwrap_or(Date::MAX), place.validity.from)
    });
    begun.or_else(|| places.min_by_key(|place| place.validity.from))
}

fn is_valid(place: &Place<'_>, day: Date) -> bool {
    place.validity.holds_on(day) && insurer_in_force(place, day)
}

fn insurer_in_force(place: &Place<'_>, day: Date) -> bool {
    place.enrolment.insurer.validity.holds_on(day)
}

/// The steps taken so far.
#[derive(Default)]
struct Trail(Vec<ReasonStep>);

impl Trail {
    /// Notes the step and gives back whether it held.
    fn holds(&mut self, check: ReasonCheck, holds: bool) -> bool {
        self.0.push(ReasonStep { check, holds });
        holds
    }

    /// Has the coverage started, has it not ended.
    fn in_time(&mut self, place: &Place<'_>, day: Date) -> Verdict {
        if !self.holds(ReasonCheck::Started, place.validity.from <= day) {
            Verdict::NotYetStarted
        } else if self.holds(ReasonCheck::NotEnded, place.validity.holds_on(day)) {
            Verdict::Valid
        } else {
            Verdict::Expired
        }
    }

    fn answers(self, verdict: Verdict, place: &Place<'_>, day: Date) -> Found {
        let mut found = self.ends(verdict, None).about(&place.enrolled.person);
        if verdict != Verdict::InsurerUnknown {
            found.decision.coverage = Some(place.coverage(day));
        }
        found
    }

    fn ends(self, verdict: Verdict, hint: Option<FieldHint>) -> Found {
        let decision = Decision { verdict, reasons: self.0, hint, coverage: None };
        Found { decision, person: None }
    }
}

impl Found {
    fn about(self, person: &str) -> Self {
        Self { person: Some(person.to_owned()), ..self }
    }
}

#[cfg(test)]
mod tests;
