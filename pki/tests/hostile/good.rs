//! Chains that are unusual and right: they are believed here, and OpenSSL agrees.

use std::process::Command;

use warifu_pki::Certificate;
use x509_cert::der::Encode;
use x509_cert::der::asn1::ObjectIdentifier;

use crate::forge::*;

const KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const ISSUER_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");

fn same(_: &mut Draft) {}

fn openssl_believes(chain: &Chain) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let pem = |ders: &[Vec<u8>]| {
        let all = ders.iter().map(|der| Certificate::from_der(der).unwrap().pem());
        all.collect::<String>()
    };
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    write("roots.pem", pem(&chain.roots));
    write("others.pem", pem(&chain.others));
    write("leaf.pem", pem(std::slice::from_ref(&chain.leaf)));
    let fixed = "verify -policy_check -explicit_policy -CAfile roots.pem";
    let mut command = Command::new("openssl");
    command.current_dir(folder.path()).args(fixed.split(' ')).args(["-policy", POLICY]);
    command.args(["-attime", &now().as_second().to_string()]);
    if !chain.others.is_empty() {
        command.args(["-untrusted", "others.pem"]);
    }
    let output = command.arg("leaf.pem").output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn believed(what: &str, chain: &Chain) {
    assert_eq!(chain.verdict(), Ok(()), "{what}");
    openssl_believes(chain).unwrap_or_else(|refused| panic!("{what}: {refused}"));
}

#[test]
fn the_plain_chain() {
    believed("root, issuer, card", &with_card(same));
    let root = Maker::root();
    believed("root, card", &Chain::of(&[&root], &[], root.card(same)));
}

#[test]
fn an_authority_that_certified_its_next_key() {
    let root = Maker::root();
    let limited = |number: u8| {
        move |draft: &mut Draft| {
            draft.replace(CONSTRAINTS, true, &constraints(true, Some(0)));
            draft.replace(KEY_ID, false, &tlv(0x04, &[number; 20]));
        }
    };
    // OpenSSL finds its way between two keys of one name by this alone.
    let by = |number: u8| {
        move |draft: &mut Draft| {
            let issuer = tlv(SEQUENCE, &tlv(0x80, &[number; 20]));
            draft.replace(ISSUER_KEY_ID, false, &issuer);
        }
    };
    let cards = root.below("Cards", limited(1));
    let next = cards.certify(&fresh_key(), &cards.name, |draft| {
        limited(2)(draft);
        by(1)(draft);
    });
    believed("rollover", &Chain::of(&[&root], &[&cards, &next], next.card(by(2))));
    believed("the old key", &Chain::of(&[&root], &[&cards, &next], cards.card(by(1))));
}

#[test]
fn a_circle_with_a_way_out() {
    let root = Maker::root();
    let (one, two) = (fresh_key(), fresh_key());
    let (first, second) = (name("CN=One,O=Tally,C=JP"), name("CN=Two,O=Tally,C=JP"));
    let (first, second) = (first.to_der().unwrap(), second.to_der().unwrap());
    let founder = Maker { key: one.clone(), name: first.clone(), der: Vec::new() };
    let b = founder.certify(&two, &second, same);
    let a = b.certify(&one, &first, same);
    let rooted = root.certify(&one, &first, same);
    let chain = Chain::of(&[&root], &[&a, &b, &rooted], b.card(same));
    assert_eq!(chain.verdict(), Ok(()), "a circle with a way out");
}

#[test]
fn two_generations_of_one_name_and_two_roots() {
    let (old, new) = (Maker::root(), Maker::root());
    let first = old.below("Cards", same);
    let second = new.below("Cards", |draft| draft.serial = tlv(INTEGER, &[9]));
    for issuer in [&first, &second] {
        let chain = Chain::of(&[&old, &new], &[&first, &second], issuer.card(same));
        assert_eq!(chain.verdict(), Ok(()));
    }
}

#[test]
fn an_expired_twin_is_passed_over() {
    let root = Maker::root();
    let late = |draft: &mut Draft| draft.validity = validity(-30, -1);
    let cards = root.below("Cards", same);
    let expired = root.certify(&cards.key, &cards.name, late);
    let chain = Chain::of(&[&root], &[&expired, &cards], cards.card(same));
    believed("an expired certificate of the same key", &chain);
}
