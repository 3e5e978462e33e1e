//! Slips of the hand in a number: one character wrong, missing, too many, or two neighbours
//! swapped; or other leading zeros.

/// Digits of the longest number whose slips are listed.
const LONGEST: usize = 16;
/// Digits up to which leading zeros are added.
const PADDED: usize = 10;

/// The comparable numbers that may be meant where `typed` was typed, likeliest first: other
/// leading zeros (up to 10 digits in all), neighbours swapped, one digit too many, one wrong, one
/// missing. Lists digits only, some twice, never `typed` itself; at most 362 for 16 characters,
/// and none for a longer or an empty number. Whoever holds keyed hashes of numbers only looks up
/// each of these.
pub fn slips_of(typed: &str) -> impl Iterator<Item = String> {
    let is_listed = (1..=LONGEST).contains(&typed.chars().count());
    let typed: Vec<char> = if is_listed { typed.chars().collect() } else { Vec::new() };
    let own: String = typed.iter().collect();
    let zeros = other_zeros(&own);
    let places = typed.len();
    let swapped = (1..places).map({
        let typed = typed.clone();
        move |place| {
            let mut other = typed.clone();
            other.swap(place - 1, place);
            text(&other)
        }
    });
    let dropped = (0..places).map({
        let typed = typed.clone();
        move |place| spliced(&typed, place..place + 1, None)
    });
    let wrong = digits_at(0..places).map({
        let typed = typed.clone();
        move |(place, digit)| spliced(&typed, place..place + 1, Some(digit))
    });
    let missing = digits_at(0..if is_listed { places + 1 } else { 0 })
        .map(move |(place, digit)| spliced(&typed, place..place, Some(digit)));
    zeros
        .chain(swapped)
        .chain(dropped)
        .chain(wrong)
        .chain(missing)
        .filter(move |other| *other != own && !other.is_empty())
}

fn other_zeros(typed: &str) -> impl Iterator<Item = String> + use<> {
    let bare = without_zeros(typed).to_owned();
    let shortest = bare.len().max(1);
    let longest = if typed.is_empty() { 0 } else { PADDED.max(shortest) };
    (shortest..=longest).map(move |length| format!("{bare:0>length$}"))
}

fn digits_at(places: std::ops::Range<usize>) -> impl Iterator<Item = (usize, char)> {
    places.flat_map(|place| ('0'..='9').map(move |digit| (place, digit)))
}

fn spliced(typed: &[char], place: std::ops::Range<usize>, digit: Option<char>) -> String {
    let mut other = typed.to_vec();
    other.splice(place, digit);
    text(&other)
}

fn text(chars: &[char]) -> String {
    chars.iter().collect()
}

/// Whether one is the other with a slip.
pub(super) fn is_slip(typed: &str, held: &str) -> bool {
    without_zeros(typed) == without_zeros(held) || is_one_edit(typed, held)
}

/// A slip that neither adds nor drops a character.
pub(super) fn is_same_length_slip(one: &str, two: &str) -> bool {
    one.len() == two.len() && is_one_edit(one, two)
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

        #[test]
        fn what_is_listed_is_a_slip_and_bounded(number in "[0-9]{0,20}") {
            let all: Vec<String> = slips_of(&number).collect();
            prop_assert!(all.len() <= 362);
            prop_assert_eq!(all.is_empty(), number.is_empty() || number.len() > LONGEST);
            for slip in all {
                prop_assert!(slip != number && is_slip(&number, &slip), "{}", slip);
            }
        }

        #[test]
        fn every_slip_is_listed(number in "[0-9]{1,9}", other in "[0-9]{1,10}") {
            let listed = slips_of(&number).any(|slip| slip == other);
            prop_assert_eq!(listed, number != other && is_slip(&number, &other));
        }

        #[test]
        fn any_text_is_read(typed in "\\PC{0,30}") {
            prop_assert!(slips_of(&typed).count() <= 362);
        }
    }
}
