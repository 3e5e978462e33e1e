//! Chains whose authorities are none, are over, are in a circle, or are too many.

use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use warifu_pki::{Certificate, PathError, PathValidator, TrustError};
use x509_cert::der::Encode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::KeyUsages;

use crate::forge::*;

/// Root, authorities below each other, a card: each authority changed by its own hand.
fn tower(changes: Vec<fn(&mut Draft)>) -> Chain {
    let root = Maker::root();
    let mut makers = vec![root.clone()];
    for (number, change) in changes.into_iter().enumerate() {
        let next = makers.last().unwrap().below(&format!("Authority {number}"), change);
        makers.push(next);
    }
    let leaf = makers.last().unwrap().card(|_| ());
    Chain::of(&[&root], &makers[1..].iter().collect::<Vec<_>>(), leaf)
}

fn same(_: &mut Draft) {}

fn limited_to(below: u8) -> impl FnOnce(&mut Draft) {
    move |draft| draft.replace(CONSTRAINTS, true, &constraints(true, Some(below)))
}

#[test]
fn a_path_leads_to_a_root_and_not_in_a_circle() {
    let root = Maker::root();
    let stranger = Maker::root();
    let outside = stranger.below("Cards", same);
    let leaf = outside.card(same);

    // Two authorities certify each other, and nobody else does.
    let (one, two) = (fresh_key(), fresh_key());
    let (first, second) = (name("CN=One"), name("CN=Two"));
    let (first, second) = (first.to_der().unwrap(), second.to_der().unwrap());
    let founder = Maker { key: one.clone(), name: first.clone(), der: Vec::new() };
    let b = founder.certify(&two, &second, same);
    let a = b.certify(&one, &first, same);
    let circling = b.card(same);

    // An authority that certified itself, and that nobody named a root.
    let itself = Maker { key: one.clone(), name: first.clone(), der: Vec::new() };
    let itself = itself.certify(&one, &first, same);
    let self_made = itself.card(same);

    refuse_all(&[
        ("a stranger's", Chain::of(&[&root], &[], leaf.clone()), PathError::UnknownIssuer),
        (
            "a stranger's, with its authority",
            Chain::of(&[&root], &[&outside], leaf),
            PathError::BadSignature,
        ),
        ("two in a circle", Chain::of(&[&root], &[&a, &b], circling), PathError::Loop),
        ("one in a circle", Chain::of(&[&root], &[&itself], self_made), PathError::Loop),
    ]);
}

#[test]
fn a_card_that_signed_itself_is_nobodys() {
    let root = Maker::root();
    let issuer = root.below("Cards", same);
    let key = fresh_key();
    let alone =
        Maker { key: key.clone(), name: name("CN=alone").to_der().unwrap(), der: Vec::new() };
    let posing = Maker { key, name: issuer.name.clone(), der: Vec::new() };
    refuse_all(&[
        (
            "under its own name",
            Chain::of(&[&root], &[&issuer], alone.card(|card| card.subject = card.issuer.clone())),
            PathError::UnknownIssuer,
        ),
        (
            "under the issuer's name",
            Chain::of(&[&root], &[&issuer], posing.card(|card| card.subject = card.issuer.clone())),
            PathError::BadSignature,
        ),
        (
            "the authority itself in place of a card",
            Chain::of(&[&root], &[&issuer], issuer.der.clone()),
            PathError::IsAuthority,
        ),
        (
            "the root itself in place of a card",
            Chain::of(&[&root], &[&issuer], root.der.clone()),
            PathError::IsAuthority,
        ),
    ]);
}

#[test]
fn a_path_has_an_end() {
    refuse_all(&[
        ("ten authorities", tower(vec![same; 10]), PathError::TooLong),
        ("one too many", tower(vec![same; 6]), PathError::TooLong),
    ]);
    assert_eq!(tower(vec![same; 5]).verdict(), Ok(()));
}

#[test]
fn so_many_authorities_are_not_even_looked_at() {
    let root = Maker::root();
    let read = |maker: &Maker| Certificate::from_der(&maker.der).unwrap();
    let many: Vec<_> = (0..64).map(|_| read(&root)).collect();
    let refused = PathValidator::new(vec![read(&root)], many).err();
    assert_eq!(refused, Some(TrustError::TooMany));

    // Fewer, but all of one name, so that each might have signed each.
    let key = fresh_key();
    let subject = name("CN=Same").to_der().unwrap();
    let crowd = (0..40_u8).map(|number| {
        let maker = Maker { key: key.clone(), name: subject.clone(), der: Vec::new() };
        let change = |draft: &mut Draft| draft.serial = tlv(INTEGER, &[number + 1]);
        read(&maker.certify(&fresh_key(), &subject, change))
    });
    let refused = PathValidator::new(vec![read(&root)], crowd.collect()).err();
    assert_eq!(refused, Some(TrustError::TooMany));
    assert_eq!(PathValidator::new(Vec::new(), Vec::new()).err(), Some(TrustError::NoRoot));
}

#[test]
fn every_authority_is_valid_now() {
    let late = |draft: &mut Draft| draft.validity = validity(-30, -1);
    let early = |draft: &mut Draft| draft.validity = validity(1, 30);
    let backwards = |draft: &mut Draft| draft.validity = validity(30, -30);
    let old_root = Maker::root_after(late);
    let leaf = old_root.card(same);
    refuse_all(&[
        ("an expired issuer", with_issuer(late), PathError::IssuerExpired),
        ("an issuer of tomorrow", with_issuer(early), PathError::IssuerNotYetValid),
        ("an expired one in the middle", tower(vec![same, late, same]), PathError::IssuerExpired),
        (
            "one of tomorrow in the middle",
            tower(vec![same, early, same]),
            PathError::IssuerNotYetValid,
        ),
        ("an expired root", Chain::of(&[&old_root], &[], leaf), PathError::IssuerExpired),
        (
            "an issuer that ends before it begins",
            with_issuer(backwards),
            PathError::IssuerNotYetValid,
        ),
    ]);
}

#[test]
fn only_authorities_stand_above_others() {
    let signing = usage(&[KeyUsages::DigitalSignature]);
    let lists_only = usage(&[KeyUsages::CRLSign]);
    let root = Maker::root();
    let cards = root.below("Cards", same);
    let card_key = fresh_key();
    let card_name = name("CN=0123456789abcdef0123456789abcdef").to_der().unwrap();
    let card_as_issuer = cards.certify(&card_key, &card_name, |draft| {
        draft.extensions = cards.card_draft().extensions;
    });
    let below_card = card_as_issuer.card(same);
    refuse_all(&[
        (
            "no basic constraints",
            with_issuer(|draft| draft.remove(CONSTRAINTS)),
            PathError::NotAnAuthority,
        ),
        (
            "not an authority, it says",
            with_issuer(|draft| draft.replace(CONSTRAINTS, true, &constraints(false, None))),
            PathError::NotAnAuthority,
        ),
        (
            "a card as issuer",
            Chain::of(&[&root], &[&cards, &card_as_issuer], below_card),
            PathError::NotAnAuthority,
        ),
        ("no key usage", with_issuer(|draft| draft.remove(USAGE)), PathError::MayNotSign),
        (
            "a key for signing other things",
            with_issuer(|draft| draft.replace(USAGE, true, &signing)),
            PathError::MayNotSign,
        ),
        (
            "a key for lists alone",
            with_issuer(|draft| draft.replace(USAGE, true, &lists_only)),
            PathError::MayNotSign,
        ),
        (
            "an unknown critical extension",
            with_issuer(|draft| {
                let id = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.9");
                draft.extensions.push(extension(id, true, &[5, 0]));
            }),
            PathError::UnknownCriticalExtension,
        ),
        (
            "an unknown critical extension in the middle",
            tower(vec![
                |draft| {
                    let id = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.9");
                    draft.extensions.push(extension(id, true, &[5, 0]));
                },
                same,
            ]),
            PathError::UnknownCriticalExtension,
        ),
    ]);
}

#[test]
fn authorities_below_are_counted() {
    let none = |draft: &mut Draft| draft.replace(CONSTRAINTS, true, &constraints(true, Some(0)));
    let one = |draft: &mut Draft| draft.replace(CONSTRAINTS, true, &constraints(true, Some(1)));
    let many = |draft: &mut Draft| draft.replace(CONSTRAINTS, true, &constraints(true, Some(9)));
    let root = Maker::root_after(limited_to(0));
    let below = root.below("Cards", same);
    let leaf = below.card(same);
    refuse_all(&[
        ("one below none", tower(vec![none, same]), PathError::PathLengthExceeded),
        ("two below one", tower(vec![one, same, same]), PathError::PathLengthExceeded),
        ("one that widens it", tower(vec![none, many]), PathError::PathLengthExceeded),
        ("one that widens it below", tower(vec![one, many, same]), PathError::PathLengthExceeded),
        ("a limited root", Chain::of(&[&root], &[&below], leaf), PathError::PathLengthExceeded),
    ]);
    assert_eq!(tower(vec![one, none]).verdict(), Ok(()));
}

/// Certifying oneself anew does not count, but opens nothing either.
#[test]
fn certifying_oneself_widens_nothing() {
    let root = Maker::root();
    let cards = root.below("Cards", limited_to(0));
    let again = cards.certify(&fresh_key(), &cards.name, limited_to(9));
    let below = again.below("Below", same);
    let chain = Chain::of(&[&root], &[&cards, &again, &below], below.card(same));
    assert_eq!(chain.verdict(), Err(PathError::PathLengthExceeded));

    let mut line = vec![cards];
    for _ in 0..6 {
        let last = line.last().unwrap();
        line.push(last.certify(&fresh_key(), &last.name, limited_to(9)));
    }
    let leaf = line.last().unwrap().card(same);
    let chain = Chain::of(&[&root], &line.iter().collect::<Vec<_>>(), leaf);
    assert_eq!(chain.verdict(), Err(PathError::TooLong));
}

fn with_issuer_key(key: &Key) -> Chain {
    let root = Maker::root();
    let subject = name("CN=Cards,O=Tally,C=JP").to_der().unwrap();
    let issuer = root.certify(key, &subject, same);
    let leaf = issuer.card(same);
    Chain::of(&[&root], &[&issuer], leaf)
}

fn on_curve(group: &EcGroup) -> Key {
    let key = PKey::from_ec_key(EcKey::generate(group).unwrap()).unwrap();
    Key::around(key, &ecdsa_with_sha256(), MessageDigest::sha256())
}

#[test]
fn keys_are_of_the_kinds_that_are_used() {
    let curve = |nid| on_curve(&EcGroup::from_curve_name(nid).unwrap());
    let mut spelt = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    spelt.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
    let keys = [
        ("RSA with 1024 bits", Key::rsa(1024)),
        ("RSA with 2047 bits", Key::rsa(2047)),
        ("the curve of coins", curve(Nid::SECP256K1)),
        ("a short curve", curve(Nid::X9_62_PRIME192V1)),
        ("a curve spelt out", on_curve(&spelt)),
    ];
    for (what, key) in keys {
        let as_issuer = with_issuer_key(&key).verdict();
        assert_eq!(as_issuer, Err(PathError::UnsupportedKey), "{what} as issuer");
        let as_card = with_card(|card| card.key = key.public.clone()).verdict();
        assert_eq!(as_card, Err(PathError::UnsupportedKey), "{what} on the card");
    }
}
