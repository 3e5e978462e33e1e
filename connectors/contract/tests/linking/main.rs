//! Ten thousand twins and near-twins: nobody is taken for somebody else, and whoever is not one
//! member beyond doubt waits for people to look.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod people;

use std::collections::BTreeMap;

use people::{Kind, cases};
use warifu_contract::identity::MatchLevel;
use warifu_contract::linking::{Found, find};

/// Linked, in doubt, nobody.
type Counts = BTreeMap<Kind, [usize; 3]>;

#[test]
fn of_ten_thousand_near_twins_nobody_is_linked_wrongly() {
    let mut counts = Counts::new();
    for case in cases(20_261_121, 10_000) {
        let (found, is_certain) = find(&case.said, &case.members);
        let row = counts.entry(case.kind).or_default();
        if is_certain {
            assert_eq!(Some(&found[0].member.person.reference), case.truth.as_ref(), "{case:?}");
            assert_eq!(found[0].level(), MatchLevel::Exact);
        }
        row[if is_certain { 0 } else { usize::from(found.is_empty()) + 1 }] += 1;
    }
    for (kind, counted) in counts {
        println!("{kind:?}: linked {}, in doubt {}, nobody {}", counted[0], counted[1], counted[2]);
        let expected = match kind {
            Kind::Plain => [500, 0, 0],
            Kind::Nobody => [0, 0, 500],
            _ => [0, 500, 0],
        };
        assert_eq!(counted, expected, "{kind:?}");
    }
}

#[test]
fn a_doubt_says_what_it_is_about() {
    let of = |kind| cases(7, 400).into_iter().filter(move |case| case.kind == kind);
    let found = |kind, check: fn(&[Found<'_>]) -> bool| {
        for case in of(kind) {
            assert!(check(&find(&case.said, &case.members).0), "{case:?}");
        }
    };
    found(Kind::FormerName, |found| found.len() == 1 && found[0].by_former_name);
    found(Kind::UnsaidFormerName, |found| found[0].level() == MatchLevel::Different);
    found(Kind::Dotted, |found| found[0].level() == MatchLevel::Folded);
    found(Kind::Variant, |found| found[0].level() == MatchLevel::Folded);
    found(Kind::OtherWidth, |found| found[0].level() == MatchLevel::Normalised);
    found(Kind::NamesakeStranger, |found| {
        found.len() == 2 && found[0].member.person.reference.ends_with("own")
    });
    found(Kind::Taken, |found| found[0].member.held_as.is_some());
}
