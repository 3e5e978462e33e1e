//! Policies that end on the way, or that were never there.

use warifu_pki::PathError;
use x509_cert::der::asn1::ObjectIdentifier;

use crate::forge::*;

const MAPPINGS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.33");
const POLICY_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.36");
const INHIBIT_ANY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.54");

fn card_under(all: &[&str]) -> Chain {
    with_card(|card| card.replace(POLICIES, false, &policies(all)))
}

fn issuer_under(all: &[&str]) -> Chain {
    with_issuer(|issuer| issuer.replace(POLICIES, false, &policies(all)))
}

fn mapping(from: &str, to: &str) -> Vec<u8> {
    tlv(SEQUENCE, &tlv(SEQUENCE, &[oid(from), oid(to)].concat()))
}

/// Root, a first authority with a change, a second that permits anything, a card.
fn below_any(change: impl FnOnce(&mut Draft)) -> Chain {
    let root = Maker::root();
    let first = root.below("First", change);
    let any = |draft: &mut Draft| draft.replace(POLICIES, false, &policies(&[ANY_POLICY]));
    let second = first.below("Second", any);
    let leaf = second.card(|_| ());
    Chain::of(&[&root], &[&first, &second], leaf)
}

#[test]
fn a_policy_stands_all_along_the_path() {
    refuse_all(&[
        (
            "a card without policies",
            with_card(|card| card.remove(POLICIES)),
            PathError::WrongPolicy,
        ),
        ("a card under another", card_under(&[OTHER_POLICY]), PathError::WrongPolicy),
        ("a card under any", card_under(&[ANY_POLICY]), PathError::WrongPolicy),
        (
            "an issuer without",
            with_issuer(|issuer| issuer.remove(POLICIES)),
            PathError::WrongPolicy,
        ),
        ("an issuer under another", issuer_under(&[OTHER_POLICY]), PathError::WrongPolicy),
        (
            "one that ends in the middle",
            below_any(|draft| draft.replace(POLICIES, false, &policies(&[OTHER_POLICY]))),
            PathError::WrongPolicy,
        ),
        ("a policy twice", card_under(&[POLICY, POLICY]), PathError::Malformed),
        ("an empty list of policies", card_under(&[]), PathError::Malformed),
    ]);
    assert_eq!(card_under(&[OTHER_POLICY, POLICY]).verdict(), Ok(()));
    assert_eq!(issuer_under(&[ANY_POLICY]).verdict(), Ok(()));
}

#[test]
fn a_mapped_policy_is_no_longer_the_same() {
    let mapped = |from: &'static str, to: &'static str| {
        let root = Maker::root();
        let issuer = root.below("Cards", |draft| {
            draft.replace(MAPPINGS, true, &mapping(from, to));
            draft.replace(POLICIES, false, &policies(&[POLICY, OTHER_POLICY]));
        });
        let leaf = issuer.card(|_| ());
        Chain::of(&[&root], &[&issuer], leaf)
    };
    refuse_all(&[
        ("ours into another", mapped(POLICY, OTHER_POLICY), PathError::WrongPolicy),
        ("any into ours", mapped(ANY_POLICY, POLICY), PathError::Malformed),
        ("ours into any", mapped(POLICY, ANY_POLICY), PathError::Malformed),
    ]);
    let root = Maker::root();
    let issuer = root.below("Cards", |draft| {
        draft.replace(MAPPINGS, true, &mapping(OTHER_POLICY, POLICY));
        draft.replace(POLICIES, false, &policies(&[OTHER_POLICY]));
    });
    let chain = Chain::of(&[&root], &[&issuer], issuer.card(|_| ()));
    assert_eq!(chain.verdict(), Err(PathError::WrongPolicy), "another into ours");
}

#[test]
fn any_policy_can_be_ended() {
    let after = |certificates: u8| {
        below_any(|draft| draft.replace(INHIBIT_ANY, true, &tlv(INTEGER, &[certificates])))
    };
    assert_eq!(after(0).verdict(), Err(PathError::WrongPolicy));
    assert_eq!(after(1).verdict(), Ok(()));
    let negative = below_any(|draft| draft.replace(INHIBIT_ANY, true, &tlv(INTEGER, &[0xff])));
    assert_eq!(negative.verdict(), Err(PathError::Malformed));
}

/// Where nobody asks for a policy, an authority may: RFC 5280 §4.2.1.11.
#[test]
fn an_authority_can_ask_for_policies_itself() {
    let mut indifferent = required();
    indifferent.policies = Vec::new();
    let asking = |after: u8| {
        let root = Maker::root();
        let value = tlv(SEQUENCE, &tlv(0x80, &[after]));
        let issuer = root.below("Cards", |draft| draft.replace(POLICY_CONSTRAINTS, true, &value));
        let leaf = issuer.card(|card| card.remove(POLICIES));
        Chain::of(&[&root], &[&issuer], leaf)
    };
    assert_eq!(asking(0).verdict_on(&indifferent), Err(PathError::WrongPolicy));
    assert_eq!(asking(1).verdict_on(&indifferent), Err(PathError::WrongPolicy));
    assert_eq!(asking(2).verdict_on(&indifferent), Ok(()));
    let without = with_card(|card| card.remove(POLICIES));
    assert_eq!(without.verdict_on(&indifferent), Ok(()));
}
