//! Which field to look at again. A hint is given only when the birth date fits somebody on a
//! card that differs in that one field, so that it tells nothing to those who guess.

use std::collections::BTreeSet;

use crate::card_key::CardQuery;
use crate::eligibility::FieldHint;
use crate::register::{Enrolment, Place};

/// The field by which the typed card misses somebody born that day; none when nobody is near,
/// or when different fields lead to different people.
pub(super) fn for_number(query: &CardQuery, cards: &[&Enrolment]) -> Option<FieldHint> {
    let near: Vec<FieldHint> = cards
        .iter()
        .filter(|card| has_birth_date(query, card))
        .filter_map(|card| differing_field(query, card))
        .collect();
    let first = *near.first()?;
    near.iter().all(|hint| *hint == first).then_some(first)
}

/// The 枝番 would part several people who share birth date and number.
pub(super) fn for_several(query: &CardQuery, places: &[&Place<'_>]) -> Option<FieldHint> {
    let branches: BTreeSet<&str> =
        places.iter().filter_map(|place| place.enrolled.branch.as_deref()).collect();
    let people: BTreeSet<&str> =
        places.iter().map(|place| place.enrolled.person.as_str()).collect();
    (query.branch.is_none() && branches.len() >= people.len()).then_some(FieldHint::Branch)
}

fn has_birth_date(query: &CardQuery, card: &Enrolment) -> bool {
    card.places().any(|place| place.enrolled.birth_date == query.birth_date)
}

fn differing_field(query: &CardQuery, card: &Enrolment) -> Option<FieldHint> {
    let (typed, held) = (&query.card, &card.key);
    match (typed.symbol() == held.symbol(), typed.number() == held.number()) {
        (true, false) => is_slip(typed.number(), held.number()).then_some(FieldHint::Number),
        (false, true) => Some(FieldHint::Symbol),
        _ => None,
    }
}

/// One character wrong, missing, too many, or two neighbours swapped; or other leading zeros.
fn is_slip(typed: &str, held: &str) -> bool {
    without_zeros(typed) == without_zeros(held) || is_one_edit(typed, held)
}

fn without_zeros(number: &str) -> &str {
    number.trim_start_matches('0')
}

fn is_one_edit(one: &str, two: &str) -> bool {
    let (one, two): (Vec<char>, Vec<char>) = (one.chars().collect(), two.chars().collect());
    let same_start = one.iter().zip(&two).take_while(|(a, b)| a == b).count();
    let (one, two) = (one.get(same_start..), two.get(same_start..));
    match (one.unwrap_or_default(), two.unwrap_or_default()) {
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([_, a @ ..], b) | (b, [_, a @ ..]) if a == b => true,
        ([a, b, rest @ ..], [c, d, others @ ..]) => a == d && b == c && rest == others,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slips_of_the_hand() {
        for (typed, held) in [
            ("1234", "1235"),
            ("124", "1234"),
            ("12344", "1234"),
            ("1243", "1234"),
            ("1", "001"),
            ("001", "1"),
            ("", "1"),
        ] {
            assert!(is_slip(typed, held), "{typed} {held}");
        }
        for (typed, held) in [("1234", "4321"), ("12", "1234"), ("5678", "1234"), ("", "12")] {
            assert!(!is_slip(typed, held), "{typed} {held}");
        }
    }

    proptest! {
        #[test]
        fn one_edit_goes_both_ways(one in "[0-9]{0,8}", two in "[0-9]{0,8}") {
            prop_assert_eq!(is_slip(&one, &two), is_slip(&two, &one));
        }

        #[test]
        fn a_dropped_digit_is_a_slip(number in "[0-9]{1,8}", place in 0usize..8) {
            let mut typed: Vec<char> = number.chars().collect();
            typed.remove(place % typed.len());
            prop_assert!(is_one_edit(&typed.iter().collect::<String>(), &number));
        }
    }
}
