//! The eligibility decision: is this person's insurance valid on that day, and why.
//!
//! Pure rules over an insurer's data. The steps are taken in a fixed order, the first that does
//! not hold decides, and every step taken is told. What the data given here contain beyond the
//! person asked about does not matter: a whole register and the few rows a store has looked up
//! lead to the same decision.

mod hint;

pub use hint::slips_of;

use jiff::civil::Date;

use crate::card_key::{CardQuery, InsurerKey};
use crate::coverage::Relation;
use crate::eligibility::{Decision, FieldHint, ReasonCheck, ReasonStep, Verdict};
use crate::numbers;
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
    let mut trail = Trail::new();
    let Some(insurer) = register.insurers.iter().find(|known| known.key == query.insurer) else {
        let known = register.insurers.iter().map(|insurer| &insurer.key);
        return Found { decision: insurer_unknown(&query.insurer, known), person: None };
    };
    trail.holds(ReasonCheck::InsurerKnown, true);
    if !trail.holds(ReasonCheck::InsurerInForce, insurer.validity.holds_on(day)) {
        return trail.ends(Verdict::InsurerUnknown, None);
    }
    let cards = || register.enrolments.iter().filter(|card| card.insurer.key == query.insurer);
    let named: Vec<Place<'_>> =
        cards().filter(|card| card.key == query.card).flat_map(Enrolment::places).collect();
    if !trail.holds(ReasonCheck::NumberKnown, !named.is_empty()) {
        return trail.ends(Verdict::NumberUnknown, hint::for_number(query, cards()));
    }
    let found = one_person(query, &named, day);
    trail.holds(ReasonCheck::PersonFound, found.is_ok());
    match found {
        Ok(place) => {
            let mut verdict = trail.in_time(&place, day, cards().flat_map(Enrolment::places));
            if verdict == Verdict::Valid {
                verdict = trail.entered(&place);
            }
            trail.answers(verdict, &place, day)
        }
        Err((verdict, hint)) => trail.ends(verdict, hint),
    }
}

/// Decides for a 保険者番号 that is none of `known`: whether it can be one at all, and whether a
/// known one is near.
pub fn insurer_unknown<'a>(
    typed: &InsurerKey,
    known: impl Iterator<Item = &'a InsurerKey>,
) -> Decision {
    let fits = numbers::insurer(typed.as_str()).is_ok();
    let number = ReasonStep::new(ReasonCheck::InsurerNumberFits, fits);
    let step = ReasonStep::new(ReasonCheck::InsurerKnown, false).with(vec![number]);
    let hint = (!fits || hint::is_near_insurer(typed, known)).then_some(FieldHint::InsurerNumber);
    Decision { hint, ..Decision::bare(Verdict::InsurerUnknown, vec![step]) }
}

/// Decides for a person the insurer knows, whichever card of theirs it may be.
pub fn by_person(person: &str, day: Date, enrolments: &[Enrolment]) -> Found {
    let mut trail = Trail::new();
    trail.holds(ReasonCheck::PersonFound, true);
    let places: Vec<Place<'_>> = enrolments
        .iter()
        .flat_map(Enrolment::places)
        .filter(|place| place.enrolled.person == person)
        .collect();
    let place = likeliest(places.iter(), day);
    trail.rests_on(ReasonCheck::NumberKnown, place.is_some(), looked_at(&places, day));
    let Some(place) = place else {
        return trail.ends(Verdict::NumberUnknown, None).about(person);
    };
    if !trail.holds(ReasonCheck::OneCoverage, !on_several_cards(&places, day)) {
        return trail.ends(Verdict::SeveralHits, None).about(person);
    }
    let mut verdict = trail.in_time(place, day, places.iter().copied());
    if verdict == Verdict::Valid {
        let in_force = trail.holds(ReasonCheck::InsurerInForce, insurer_in_force(place, day));
        verdict = if in_force { trail.entered(place) } else { Verdict::InsurerUnknown };
    }
    trail.answers(verdict, place, day)
}

/// Each coverage with its own steps, where there are several.
fn looked_at(places: &[Place<'_>], day: Date) -> Vec<ReasonStep> {
    if places.len() < 2 {
        return Vec::new();
    }
    let one = |place: &Place<'_>| {
        let mut trail = Trail::new();
        let verdict = trail.in_time(place, day, std::iter::empty());
        if verdict == Verdict::Valid
            && trail.holds(ReasonCheck::InsurerInForce, insurer_in_force(place, day))
        {
            trail.entered(place);
        }
        ReasonStep::new(ReasonCheck::CoverageInForce, is_valid(place, day)).with(trail.0)
    };
    places.iter().map(one).collect()
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
        return Err((Verdict::DependantUnknown, hint::for_birth_date(query, named)));
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
    let mut valid = places.iter().filter(|place| is_valid(place, day) && !place.is_provisional);
    let Some(first) = valid.next() else {
        return false;
    };
    valid.any(|place| {
        place.enrolment.key != first.enrolment.key
            || place.enrolment.insurer.key != first.enrolment.insurer.key
    })
}

/// The place to answer from: one valid on `day`, entered before notified, else the one that
/// lasted longest of those begun, else the first to come.
fn likeliest<'p, 'a: 'p>(
    places: impl Iterator<Item = &'p Place<'a>> + Clone,
    day: Date,
) -> Option<&'p Place<'a>> {
    let begun = places.clone().filter(|place| place.validity.from <= day).max_by_key(|place| {
        let until = place.validity.until.unwrap_or(Date::MAX);
        (is_valid(place, day), !place.is_provisional, until, place.validity.from)
    });
    begun.or_else(|| places.min_by_key(|place| place.validity.from))
}

fn is_valid(place: &Place<'_>, day: Date) -> bool {
    place.validity.holds_on(day) && insurer_in_force(place, day)
}

fn insurer_in_force(place: &Place<'_>, day: Date) -> bool {
    place.enrolment.insurer.validity.holds_on(day)
}

/// Whether `other` is a later coverage of the person whose coverage `ended`, and not itself over.
fn is_newer(other: &Place<'_>, ended: &Place<'_>, day: Date) -> bool {
    other.enrolled.person == ended.enrolled.person
        && ended.validity.until.is_some_and(|until| until < other.validity.from)
        && other.validity.until.is_none_or(|until| day <= until)
}

/// The steps taken so far.
struct Trail(Vec<ReasonStep>);

impl Trail {
    /// Room for the steps of most decisions.
    fn new() -> Self {
        Self(Vec::with_capacity(7))
    }

    /// Notes the step and gives back whether it held.
    fn holds(&mut self, check: ReasonCheck, holds: bool) -> bool {
        self.rests_on(check, holds, Vec::new())
    }

    fn rests_on(&mut self, check: ReasonCheck, holds: bool, within: Vec<ReasonStep>) -> bool {
        self.0.push(ReasonStep::new(check, holds).with(within));
        holds
    }

    /// Has the coverage started, has it not ended. `others` may hold a newer one.
    fn in_time<'a>(
        &mut self,
        place: &Place<'_>,
        day: Date,
        mut others: impl Iterator<Item = Place<'a>>,
    ) -> Verdict {
        if !self.holds(ReasonCheck::Started, place.validity.from <= day) {
            return Verdict::NotYetStarted;
        }
        if place.validity.holds_on(day) {
            self.holds(ReasonCheck::NotEnded, true);
            return Verdict::Valid;
        }
        let is_superseded = others.any(|other| is_newer(&other, place, day));
        self.rests_on(ReasonCheck::NotEnded, false, why_ended(place, is_superseded));
        if is_superseded { Verdict::Superseded } else { Verdict::Expired }
    }

    /// Is a coverage in time entered, or only notified; the step is told where it does not hold.
    fn entered(&mut self, place: &Place<'_>) -> Verdict {
        if place.is_provisional {
            self.holds(ReasonCheck::Entered, false);
            return Verdict::Provisional;
        }
        Verdict::Valid
    }

    fn answers(self, verdict: Verdict, place: &Place<'_>, day: Date) -> Found {
        let mut found = self.ends(verdict, None).about(&place.enrolled.person);
        if verdict.shows_coverage() {
            found.decision.coverage = Some(place.coverage(day));
            found.decision.copay = place.copay(day);
        }
        found
    }

    fn ends(self, verdict: Verdict, hint: Option<FieldHint>) -> Found {
        Found { decision: Decision { hint, ..Decision::bare(verdict, self.0) }, person: None }
    }
}

/// What else is to be said of a coverage that ended.
fn why_ended(place: &Place<'_>, is_superseded: bool) -> Vec<ReasonStep> {
    let lapsed = place.is_provisional.then(|| ReasonStep::new(ReasonCheck::Entered, false));
    let newer = is_superseded.then(|| ReasonStep::new(ReasonCheck::NewerKnown, true));
    lapsed.into_iter().chain(newer).collect()
}

impl Found {
    fn about(self, person: &str) -> Self {
        Self { person: Some(person.to_owned()), ..self }
    }
}

#[cfg(test)]
mod tests;
