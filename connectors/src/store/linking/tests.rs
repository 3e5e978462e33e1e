//! Ten thousand near-twins through a store; and what two connectors learn that lay their tables
//! side by side.

use std::collections::{BTreeMap, BTreeSet};

use warifu_contract::linking::find;
use warifu_service::{Database, execute, fetch_all};

use super::*;
use crate::store::Member;
use crate::store::tests::{Rig, both};

#[path = "../../../contract/tests/linking/people.rs"]
mod people;

use people::{Case, Dice, Kind, cases};

const CASES: usize = 10_000;
/// People whom two connectors both know.
const SHARED: usize = 400;

fn now() -> Timestamp {
    "2026-11-20T00:00:00Z".parse().unwrap()
}

fn as_member(held: &HeldMember) -> Member {
    let person = &held.person;
    Member {
        reference: person.reference.clone(),
        name: person.name.clone(),
        sex: person.sex,
        birth_date: person.birth_date,
        address: Some(person.address.clone()).filter(|address| !address.is_empty()),
        former_names: held.former_names.clone(),
        changed_at: now(),
    }
}

/// Enters everybody, and gives the members' ids by the holder's own reference.
async fn enter(store: &Store, cases: &[Case]) -> BTreeMap<String, MemberId> {
    let mut ids = BTreeMap::new();
    let mut update = store.update().await.unwrap();
    for held in cases.iter().flat_map(|case| &case.members) {
        let id = format!("{:032x}", ids.len());
        let id = update.put_member(id, &as_member(held)).await.unwrap();
        ids.insert(held.person.reference.clone(), id);
    }
    update.commit().await.unwrap();
    if matches!(store.database(), Database::Postgres(_)) {
        // As PostgreSQL does by itself after a while.
        execute!(store.database().write(), "ANALYZE").unwrap();
    }
    for held in cases.iter().flat_map(|case| &case.members) {
        if let Some(pseudonym) = &held.held_as {
            store.bind_pseudonym(&ids[&held.person.reference], pseudonym).await.unwrap();
        }
    }
    ids
}

#[tokio::test]
async fn of_ten_thousand_near_twins_in_one_store_nobody_is_linked_wrongly() {
    let cases = cases(42, CASES);
    for Rig { store, _place } in both().await {
        let ids = enter(&store, &cases).await;
        let mut counts: BTreeMap<Kind, [usize; 3]> = BTreeMap::new();
        for case in &cases {
            let near = store.near(&case.said).await.unwrap();
            assert!(near.is_complete);
            let (found, is_certain) = find(&case.said, &near.members);
            if is_certain {
                let truth = case.truth.as_ref().map(|reference| ids[reference].as_str());
                assert_eq!(Some(found[0].member.person.reference.as_str()), truth, "{case:?}");
            } else if case.truth.is_some() {
                assert!(!found.is_empty(), "a member who is there is at least in doubt: {case:?}");
            }
            let row = counts.entry(case.kind).or_default();
            row[if is_certain { 0 } else { usize::from(found.is_empty()) + 1 }] += 1;
        }
        for (kind, [linked, doubt, nobody]) in counts {
            println!("{kind:?}: linked {linked}, in doubt {doubt}, nobody {nobody}");
            match kind {
                Kind::Plain => assert!(linked >= 495, "{linked}"),
                Kind::Nobody => assert_eq!(linked, 0),
                _ => assert_eq!((linked, doubt, nobody), (0, 500, 0), "{kind:?}"),
            }
        }
    }
}

#[tokio::test]
async fn too_many_of_one_birthday_are_never_beyond_doubt() {
    let case = cases(1, 1).remove(0);
    let mut crowd = case.clone();
    crowd.members = (0..MOST_NEAR)
        .map(|number| {
            let mut member = case.members[0].clone();
            member.person.reference = format!("{number}");
            member.person.name.text = format!("群衆 {number}");
            member
        })
        .collect();
    let Rig { store, _place } = both().await.remove(0);
    enter(&store, &[crowd]).await;
    assert!(!store.near(&case.said).await.unwrap().is_complete);
}

/// Links the same people in the same order, at the same time, each under a random name.
async fn link(store: &Store, seed: u64) -> Vec<String> {
    let people: Vec<Case> = cases(7, SHARED * Kind::ALL.len())
        .into_iter()
        .filter(|case| case.kind == Kind::Plain)
        .collect();
    let ids = enter(store, &people).await;
    let mut dice = Dice::of(seed);
    let mut names = Vec::new();
    for case in &people {
        let member = ids[case.truth.as_ref().unwrap()].clone();
        let [errand, left, right] = [(); 3].map(|()| format!("{:016x}", dice.below(usize::MAX)));
        let name = left + &right;
        store.offer(&errand, &[(name.clone(), member)], now(), now()).await.unwrap();
        assert!(matches!(store.bind_offer(&errand, &name, now()).await, Ok(Bound::Done(_))));
        names.push(name);
    }
    names
}

/// The names as the table gives them to somebody who has stolen it.
async fn as_stolen(store: &Store) -> Vec<String> {
    if matches!(store.database(), Database::Postgres(_)) {
        // What the manual has the operator do: PostgreSQL keeps rows in the order of writing.
        execute!(
            store.database().write(),
            "CLUSTER pseudonyms USING pseudonyms_by_themselves_pkey"
        )
        .unwrap();
    }
    let sql = "SELECT pseudonym FROM pseudonyms";
    let rows = fetch_all!(store.database().read(), (String,), sql).unwrap();
    rows.into_iter().map(|(name,)| name).collect()
}

#[tokio::test]
async fn two_colluding_connectors_cannot_match_pseudonyms() {
    for (Rig { store: one, _place: here }, Rig { store: other, _place: there }) in
        both().await.into_iter().zip(both().await)
    {
        let _kept = (here, there);
        let linked = [link(&one, 11).await, link(&other, 22).await];
        let stolen = [as_stolen(&one).await, as_stolen(&other).await];

        // Structure: a name and a member, and nothing that has an order or a time.
        let columns = "SELECT * FROM pseudonyms LIMIT 1";
        for store in [&one, &other] {
            let row = match store.database().read() {
                warifu_service::storage::Engine::Sqlite(on) => {
                    sqlx::Row::columns(&sqlx::query(columns).fetch_one(on).await.unwrap()).len()
                }
                warifu_service::storage::Engine::Postgres(on) => {
                    sqlx::Row::columns(&sqlx::query(columns).fetch_one(on).await.unwrap()).len()
                }
            };
            assert_eq!(row, 2);
        }

        // Values: no part of a name at one is a part of a name at the other.
        let parts = |names: &[String]| -> BTreeSet<String> {
            names.iter().flat_map(|name| (0..=16).map(move |at| name[at..at + 16].into())).collect()
        };
        assert!(parts(&linked[0]).is_disjoint(&parts(&linked[1])));
        let same: u32 = linked[0].iter().zip(&linked[1]).map(|(a, b)| same_bits(a, b)).sum();
        let share = f64::from(same) / (128.0 * f64::from(u32::try_from(SHARED).unwrap()));
        assert!((share - 0.5).abs() < 0.01, "{share}");

        // Order: neither the order of linking shows, nor does one order tell the other.
        let places = [places(&linked[0], &stolen[0]), places(&linked[1], &stolen[1])];
        let order: Vec<f64> = (0_u32..).take(SHARED).map(f64::from).collect();
        // Four standard deviations of the correlation of random orders.
        let limit = 4.0 / f64::from(u32::try_from(SHARED).unwrap()).sqrt();
        for (a, b) in [(&order, &places[0]), (&order, &places[1]), (&places[0], &places[1])] {
            let found = correlation(a, b);
            println!("correlation {found:.3}, chance allows {limit:.3}");
            assert!(found.abs() < limit, "{found}");
        }
    }
}

fn same_bits(a: &str, b: &str) -> u32 {
    let number = |text: &str| u128::from_str_radix(text, 16).unwrap();
    (number(a) ^ number(b)).count_zeros()
}

/// Where each name stands in the stolen table.
fn places(names: &[String], stolen: &[String]) -> Vec<f64> {
    let place = |name| stolen.iter().position(|one| one == name).unwrap();
    names.iter().map(|name| f64::from(u32::try_from(place(name)).unwrap())).collect()
}

/// Spearman's: the values are ranks.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = f64::from(u32::try_from(a.len()).unwrap());
    let squares: f64 = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum();
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}
