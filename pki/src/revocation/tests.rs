//! Lists of one issuer: which is asked for which card, and what happens without one.

use super::*;
use crate::crl::{RevokedEntry, build, build_of_root};
use crate::testing::{CRL_URL, World, days};
use crate::{CardPurpose, VerifiedAuthority};

const OTHER_URL: &str = "http://localhost:8446/crl/cards-01.crl";

fn list_at(world: &World, url: &str, revoked: &[&str], number: u64) -> Vec<u8> {
    let entry = |serial: &&str| RevokedEntry {
        serial: HEXLOWER.decode(serial.as_bytes()).unwrap(),
        at: world.now,
        reason: Reason::KeyCompromise,
    };
    let entries: Vec<_> = revoked.iter().map(entry).collect();
    build(&world.cards, url, &entries, number, world.now, world.now + days(1)).unwrap()
}

fn list(world: &World, revoked: &[&str], number: u64) -> Vec<u8> {
    list_at(world, CRL_URL, revoked, number)
}

fn verified(world: &World) -> VerifiedCard {
    let card = world.authentication_card();
    world.trust().verify(card.der(), CardPurpose::Authentication, world.now).unwrap()
}

fn lists(world: &World) -> RevocationLists {
    RevocationLists::new(world.cards.certificate().clone())
}

#[test]
fn a_card_is_good_until_it_is_on_the_list() {
    let world = World::new();
    let (lists, card) = (lists(&world), verified(&world));
    assert_eq!(lists.check(&card, world.now), Err(RevocationError::NoList));
    lists.accept(&list(&world, &[], 1), world.now).unwrap();
    assert_eq!(lists.check(&card, world.now), Ok(()));
    let accepted = lists.accept(&list(&world, &[&card.serial_hex], 2), world.now).unwrap();
    let newly_revoked = vec![card.serial_hex.clone()];
    assert_eq!(accepted, Accepted { url: CRL_URL.into(), number: 2, newly_revoked });
    let refused = lists.check(&card, world.now).unwrap_err();
    assert!(matches!(refused, RevocationError::Revoked { reason: Reason::KeyCompromise, .. }));
    assert_eq!(refused.code(), "card.revoked");
}

#[test]
fn only_what_the_last_list_did_not_hold_is_new() {
    let world = World::new();
    let lists = lists(&world);
    let new = |revoked: &[&str], number| {
        let mut new =
            lists.accept(&list(&world, revoked, number), world.now).unwrap().newly_revoked;
        new.sort();
        new
    };
    assert_eq!(new(&["11", "22"], 1), ["11", "22"]);
    assert_eq!(new(&["11", "22", "33"], 2), ["33"]);
    assert!(new(&["22", "33"], 3).is_empty());
    assert_eq!(new(&["11", "22", "33"], 4), ["11"]);
    assert!(new(&["11", "22", "33"], 4).is_empty());
}

#[test]
fn a_stale_list_refuses_every_card() {
    let world = World::new();
    let (lists, card) = (lists(&world), verified(&world));
    lists.accept(&list(&world, &[], 1), world.now).unwrap();
    assert_eq!(lists.check(&card, world.now + days(1)), Err(RevocationError::Stale));
    assert_eq!(RevocationError::Stale.code(), "card.revocation-unknown");
}

#[test]
fn each_address_counts_for_itself() {
    let world = World::new();
    let (lists, card) = (lists(&world), verified(&world));
    lists.accept(&list_at(&world, OTHER_URL, &[&card.serial_hex], 9), world.now).unwrap();
    assert_eq!(lists.check(&card, world.now), Err(RevocationError::NoList));
    lists.accept(&list(&world, &[], 1), world.now).unwrap();
    assert_eq!(lists.check(&card, world.now), Ok(()));
    let elsewhere = VerifiedCard { crl_urls: vec![OTHER_URL.into()], ..card };
    assert!(matches!(lists.check(&elsewhere, world.now), Err(RevocationError::Revoked { .. })));
}

#[test]
fn the_list_of_another_address_is_not_taken_for_the_one_asked_for() {
    let world = World::new();
    let lists = lists(&world);
    let other = list_at(&world, OTHER_URL, &[], 1);
    assert_eq!(lists.accept_at(CRL_URL, &other, world.now), Err(CrlError::WrongScope));
    assert!(lists.latest(OTHER_URL).is_none());
    assert!(lists.accept_at(OTHER_URL, &other, world.now).is_ok());
}

#[test]
fn an_older_list_never_replaces_a_newer_one() {
    let world = World::new();
    let lists = lists(&world);
    lists.accept(&list(&world, &[], 5), world.now).unwrap();
    assert_eq!(lists.accept(&list(&world, &[], 4), world.now), Err(CrlError::WentBack));
    assert_eq!(lists.accept(&list(&world, &[], 5), world.now).unwrap().number, 5);
}

#[test]
fn a_restart_does_not_go_back() {
    let world = World::new();
    let least = HashMap::from([(CRL_URL.to_owned(), 5)]);
    let lists = RevocationLists::starting_at(world.cards.certificate().clone(), least);
    assert_eq!(lists.accept(&list(&world, &[], 4), world.now), Err(CrlError::WentBack));
    assert!(lists.accept(&list_at(&world, OTHER_URL, &[], 1), world.now).is_ok());
    assert!(lists.accept(&list(&world, &[], 5), world.now).is_ok());
    assert_eq!(lists.accept(&list(&world, &[], 4), world.now), Err(CrlError::WentBack));
}

#[test]
fn a_list_says_nothing_about_cards_it_does_not_cover() {
    let world = World::new();
    let (lists, good) = (lists(&world), verified(&world));
    lists.accept(&list(&world, &[], 1), world.now).unwrap();
    let foreign = VerifiedCard { issuer_thumbprint: "x".into(), ..good.clone() };
    assert_eq!(lists.check(&foreign, world.now), Err(RevocationError::NotCovered));
    let elsewhere = VerifiedCard { crl_urls: vec!["http://other/".into()], ..good.clone() };
    assert_eq!(lists.check(&elsewhere, world.now), Err(RevocationError::NoList));
    let nowhere = VerifiedCard { crl_urls: Vec::new(), ..good };
    assert_eq!(lists.check(&nowhere, world.now), Err(RevocationError::NotCovered));
}

#[test]
fn a_foreign_list_is_refused() {
    let (world, other) = (World::new(), World::new());
    let refused = lists(&world).accept(&list(&other, &[], 9), world.now);
    assert_eq!(refused, Err(CrlError::BadSignature));
}

#[test]
fn authorities_above_are_asked_for_in_the_roots_list() {
    let world = World::new();
    let cards = Arc::new(lists(&world));
    cards.accept(&list(&world, &[], 1), world.now).unwrap();
    let root = Arc::new(RevocationLists::new(world.root.certificate().clone()));
    let url = "http://localhost:8446/crl/root.crl";
    let serial = world.cards.certificate().serial().to_vec();
    let authority = VerifiedAuthority {
        serial_hex: HEXLOWER.encode(&serial),
        issuer_thumbprint: world.root.certificate().thumbprint(),
        crl_urls: vec![url.into()],
    };
    let card = VerifiedCard { authorities: vec![authority], ..verified(&world) };
    let check = |known: &[&Arc<RevocationLists>]| {
        let lists_of = |thumbprint: &str| {
            known.iter().find(|lists| lists.thumbprint == thumbprint).map(|lists| Arc::clone(lists))
        };
        card.require_unrevoked(lists_of, world.now)
    };
    let root_list = |entries: &[RevokedEntry], number| {
        build_of_root(&world.root, entries, number, world.now, world.now + days(1)).unwrap()
    };
    assert_eq!(check(&[&cards]), Err(RevocationError::NotCovered));
    assert_eq!(check(&[&cards, &root]), Err(RevocationError::NoList));
    root.accept_at(url, &root_list(&[], 1), world.now).unwrap();
    assert_eq!(check(&[&cards, &root]), Ok(()));
    let entry = RevokedEntry { serial, at: world.now, reason: Reason::CaCompromise };
    root.accept_at(url, &root_list(&[entry], 2), world.now).unwrap();
    let refused = check(&[&cards, &root]).unwrap_err();
    assert!(matches!(refused, RevocationError::IssuerRevoked { .. }));
    assert_eq!(refused.code(), "card.issuer-not-valid");
}

#[test]
fn a_list_that_names_no_address_is_found_for_every_address() {
    let world = World::new();
    let lists = RevocationLists::new(world.root.certificate().clone());
    assert!(lists.latest("http://localhost:8446/crl/root.crl").is_none());
    let der = build_of_root(&world.root, &[], 5, world.now, world.now + days(1)).unwrap();
    assert_eq!(lists.accept(&der, world.now).unwrap().url, "");
    for url in ["http://localhost:8446/crl/root.crl", ""] {
        assert_eq!(lists.latest(url).map(|list| list.number()), Some(5), "{url}");
    }
}

/// The root's list says nothing about cards, though it names no address.
#[test]
fn a_list_of_authorities_covers_no_card() {
    let world = World::new();
    let lists = RevocationLists::new(world.root.certificate().clone());
    let list = build_of_root(&world.root, &[], 1, world.now, world.now + days(1)).unwrap();
    lists.accept(&list, world.now).unwrap();
    let root = world.root.certificate().thumbprint();
    let card =
        VerifiedCard { issuer_thumbprint: root, authorities: Vec::new(), ..verified(&world) };
    assert_eq!(lists.check(&card, world.now), Err(RevocationError::NotCovered));
}

#[test]
fn a_hundred_thousand_entries_in_64_lists_are_asked_quickly() {
    let world = World::new();
    let (lists, card) = (lists(&world), verified(&world));
    for shard in 0_u32..64 {
        let entry = |number: u32| RevokedEntry {
            serial: [&[0x40], &(shard * 1600 + number).to_be_bytes()[..]].concat(),
            at: world.now,
            reason: Reason::Superseded,
        };
        let entries: Vec<_> = (0..1600).map(entry).collect();
        let url = format!("http://localhost:8446/crl/cards-1-{shard:02x}.crl");
        let der = build(&world.cards, &url, &entries, 1, world.now, world.now + days(1)).unwrap();
        assert_eq!(lists.accept_at(&url, &der, world.now).unwrap().newly_revoked.len(), 1600);
    }
    let url = "http://localhost:8446/crl/cards-1-3f.crl".to_owned();
    let good = VerifiedCard { crl_urls: vec![url], ..card };
    let bad = VerifiedCard { serial_hex: "4000018fff".into(), ..good.clone() };
    let started = std::time::Instant::now();
    for _ in 0..10_000 {
        assert_eq!(lists.check(&good, world.now), Ok(()));
        assert!(matches!(lists.check(&bad, world.now), Err(RevocationError::Revoked { .. })));
    }
    let each = started.elapsed() / 20_000;
    println!("102,400 entries in 64 lists: {each:?} per check");
    assert!(each < std::time::Duration::from_micros(100), "{each:?}");
}
