//! Certificates that are not quite DER, or not quite certificates.

use openssl::hash::MessageDigest;
use warifu_pki::PathError;
use x509_cert::der::asn1::ObjectIdentifier;

use crate::forge::*;

/// A good card, changed after it was signed.
fn bent(change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Chain {
    let mut chain = with_card(|_| ());
    chain.leaf = change(chain.leaf);
    chain
}

fn indefinite(der: &[u8]) -> Vec<u8> {
    [&[0x30, 0x80], &der[4..], &[0, 0]].concat()
}

fn overlong(der: &[u8]) -> Vec<u8> {
    [&[0x30, 0x83, 0x00], &der[2..]].concat()
}

fn serial(content: &[u8]) -> Chain {
    with_card(|card| card.serial = tlv(INTEGER, content))
}

/// The card's key usage with `critical` spelt in bytes.
fn critical_as(spelt: &[u8]) -> Chain {
    with_card(|card| {
        let value = [0x04, 0x04, 0x03, 0x02, 0x07, 0x80];
        let id = [0x06, 0x03, 0x55, 0x1d, 0x0f];
        card.remove(USAGE);
        card.extensions.push(tlv(SEQUENCE, &[&id, spelt, &value].concat()));
    })
}

fn signed_with(algorithm: &[u8], digest: MessageDigest) -> Chain {
    let root = Maker::root();
    let strong = Key::rsa(2048);
    let name = name("CN=Cards,O=Tally,C=JP");
    let name = x509_cert::der::Encode::to_der(&name).unwrap();
    let mut issuer = root.certify(&strong, &name, |_| ());
    issuer.key = Key::around(strong.private().clone(), algorithm, digest);
    let leaf = issuer.card(|_| ());
    Chain::of(&[&root], &[&issuer], leaf)
}

#[test]
fn what_is_not_der_is_refused() {
    let utc_without_seconds =
        tlv(SEQUENCE, &[tlv(0x17, b"2601010000Z"), tlv(0x17, b"2801010000Z")].concat());
    refuse_all(&[
        ("nothing at all", bent(|_| Vec::new()), PathError::Malformed),
        ("half a certificate", bent(|der| der[..der.len() / 2].to_vec()), PathError::Malformed),
        ("an indefinite length", bent(|der| indefinite(&der)), PathError::NotDer),
        ("a length with leading zeros", bent(|der| overlong(&der)), PathError::NotDer),
        ("a byte behind the end", bent(|der| [der, vec![0]].concat()), PathError::TrailingBytes),
        ("a certificate behind the end", bent(|der| der.repeat(2)), PathError::TrailingBytes),
        (
            "something behind the extensions",
            with_card(|card| card.rest = tlv(INTEGER, &[1])),
            PathError::TrailingBytes,
        ),
        ("TRUE as 1", critical_as(&[0x01, 0x01, 0x01]), PathError::NotDer),
        ("FALSE spelt out", critical_as(&[0x01, 0x01, 0x00]), PathError::NotDer),
        ("a serial number with leading zeros", serial(&[0, 0, 1]), PathError::NotDer),
        ("a negative one with leading ones", serial(&[0xff, 0xfe]), PathError::NotDer),
        (
            "a time without seconds",
            with_card(|card| card.validity = utc_without_seconds),
            PathError::Malformed,
        ),
        (
            "a version 1 certificate",
            with_card(|card| card.version = Vec::new()),
            PathError::Malformed,
        ),
        (
            "a huge certificate",
            with_card(|card| {
                card.extensions.push(extension(
                    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.9"),
                    false,
                    &vec![0; 9000],
                ));
            }),
            PathError::TooLarge,
        ),
    ]);
}

#[test]
fn serial_numbers_are_small_and_positive() {
    refuse_all(&[
        ("zero", serial(&[0]), PathError::BadSerial),
        ("negative", serial(&[0x80]), PathError::BadSerial),
        ("negative and long", serial(&[0xfe; 20]), PathError::BadSerial),
        ("21 octets", serial(&[0x7f; 21]), PathError::BadSerial),
        ("40 octets", serial(&[0x7f; 40]), PathError::BadSerial),
    ]);
    assert_eq!(serial(&[0x7f; 20]).verdict(), Ok(()));
}

#[test]
fn no_extension_stands_there_twice() {
    refuse_all(&[
        (
            "key usage twice, the same",
            with_card(|card| card.extensions.push(card.extensions[0].clone())),
            PathError::RepeatedExtension,
        ),
        (
            "purposes twice, of which one is right",
            with_card(|card| {
                card.extensions.insert(0, extension(PURPOSES, false, &purposes(&[SERVER])));
            }),
            PathError::RepeatedExtension,
        ),
        (
            "an unknown one twice",
            with_card(|card| {
                let id = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.9");
                card.extensions.push(extension(id, false, &[5, 0]));
                card.extensions.push(extension(id, false, &[5, 0]));
            }),
            PathError::RepeatedExtension,
        ),
        (
            "in an authority",
            with_issuer(|issuer| issuer.extensions.push(issuer.extensions[1].clone())),
            PathError::RepeatedExtension,
        ),
    ]);
}

#[test]
fn signatures_are_of_the_algorithms_that_are_used() {
    let pss = tlv(SEQUENCE, &oid("1.2.840.113549.1.1.10"));
    refuse_all(&[
        (
            "another algorithm inside than outside",
            with_card(|card| card.outer = Some(rsa_with("1.2.840.113549.1.1.11"))),
            PathError::TwoAlgorithms,
        ),
        (
            "parameters outside that are not inside",
            with_card(|card| {
                card.outer =
                    Some(tlv(SEQUENCE, &[oid("1.2.840.10045.4.3.2"), vec![5, 0]].concat()));
            }),
            PathError::TwoAlgorithms,
        ),
        (
            "SHA-1",
            signed_with(&rsa_with("1.2.840.113549.1.1.5"), MessageDigest::sha1()),
            PathError::UnsupportedSignature,
        ),
        (
            "MD5",
            signed_with(&rsa_with("1.2.840.113549.1.1.4"), MessageDigest::md5()),
            PathError::UnsupportedSignature,
        ),
        ("RSA-PSS", signed_with(&pss, MessageDigest::sha256()), PathError::UnsupportedSignature),
        (
            "SHA-256 by name, SHA-1 in truth",
            signed_with(&rsa_with("1.2.840.113549.1.1.11"), MessageDigest::sha1()),
            PathError::BadSignature,
        ),
        (
            "an ECDSA name for an RSA signature",
            signed_with(&ecdsa_with_sha256(), MessageDigest::sha256()),
            PathError::BadSignature,
        ),
        ("a changed signature", bent(changed_at_the_end), PathError::BadSignature),
    ]);
}

fn changed_at_the_end(mut der: Vec<u8>) -> Vec<u8> {
    *der.last_mut().unwrap() ^= 1;
    der
}

#[test]
fn extensions_that_are_no_such_thing_are_refused() {
    let garbage = [0x04, 0x01, 0x00];
    for id in [USAGE, PURPOSES, POLICIES, CONSTRAINTS, ALTERNATIVES] {
        let chain = with_card(|card| card.replace(id, false, &garbage));
        assert_eq!(chain.verdict(), Err(PathError::Malformed), "{id}");
    }
    let of_authorities = [
        "2.5.29.15",
        "2.5.29.19",
        "2.5.29.30",
        "2.5.29.32",
        "2.5.29.33",
        "2.5.29.36",
        "2.5.29.37",
        "2.5.29.54",
    ];
    for id in of_authorities {
        let id = ObjectIdentifier::new_unwrap(id);
        let chain = with_issuer(|issuer| issuer.replace(id, false, &garbage));
        assert_eq!(chain.verdict(), Err(PathError::Malformed), "{id}");
    }
}
