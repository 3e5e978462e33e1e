//! Responses that somebody else had a hand in. Each is named after the hole it would go through in
//! software that has one.

use super::*;
use crate::SignatureError;
use crate::sign::XmlSigner;

fn refused(xml: &str) -> Refusal {
    consume(xml).unwrap_err()
}

fn invalid() -> Refusal {
    Refusal::Signature(SignatureError::Invalid)
}

#[test]
fn altered_content() {
    let plain = signed_response(&assertion_xml());
    assert_eq!(refused(&plain.replace("abc@idp", "xyz@idp")), invalid());
    let sealed = signed_response(&sealed(&assertion_xml()));
    assert_eq!(refused(&sealed.replace(REQUEST, "_other")), invalid());
}

#[test]
fn altered_signature_value() {
    for signer in KEYS.signers() {
        let xml = envelope().around(&assertion_xml(), signer, &mut random).unwrap().xml;
        let at = xml.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
        let other = if xml[at..].starts_with('A') { "B" } else { "A" };
        assert_eq!(refused(&[&xml[..at], other, &xml[at + 1..]].concat()), invalid());
    }
}

#[test]
fn an_ecdsa_signature_of_zeros() {
    let xml = signed_response(&assertion_xml());
    let start = xml.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
    let end = xml.find("</ds:SignatureValue>").unwrap();
    let zeros = data_encoding::BASE64.encode(&[0; 64]);
    assert_eq!(refused(&[&xml[..start], &zeros, &xml[end..]].concat()), invalid());
}

#[test]
fn signed_by_a_stranger_who_brings_the_key_along() {
    for stranger in &KEYS.strangers {
        let xml = envelope().around(&assertion_xml(), stranger, &mut random).unwrap().xml;
        assert_eq!(refused(&xml), invalid());
    }
}

#[test]
fn a_key_of_the_wrong_kind_is_not_tried() {
    let mut identity_provider = identity_provider();
    identity_provider.signing = vec![KEYS.rsa.certificate().clone()];
    let xml = signed_response(&assertion_xml());
    let expected = expectation(&identity_provider);
    let refused = service_provider().consume(xml.as_bytes(), &expected, now());
    assert_eq!(refused, Err(Refusal::Signature(SignatureError::NoKey)));
}

#[test]
fn a_wrong_key_before_the_right_one_does_no_harm() {
    let mut identity_provider = identity_provider();
    let stranger = KEYS.strangers[0].certificate().clone();
    identity_provider.signing =
        vec![stranger, KEYS.p384.certificate().clone(), KEYS.p256.certificate().clone()];
    let xml = signed_response(&assertion_xml());
    let expected = expectation(&identity_provider);
    assert!(service_provider().consume(xml.as_bytes(), &expected, now()).is_ok());
}

#[test]
fn an_unsigned_response_with_an_unsigned_assertion() {
    let xml = unsigned_response(&assertion_xml());
    assert_eq!(refused(&xml), Refusal::Signature(SignatureError::Missing));
    let lenient = consume_lenient(&xml).unwrap_err();
    assert_eq!(lenient, Refusal::Signature(SignatureError::Missing));
}

#[test]
fn an_encrypted_assertion_of_a_stranger_in_a_signed_response() {
    let forged = sign_assertion(&assertion_xml(), &KEYS.strangers[0]);
    assert_eq!(refused(&signed_response(&sealed(&forged))), invalid());
}

#[test]
fn an_assertion_altered_before_it_was_encrypted_again() {
    let signed = sign_assertion(&assertion_xml(), &KEYS.p256).replace("abc@idp", "xyz@idp");
    let xml = unsigned_response(&sealed(&signed));
    assert_eq!(consume_lenient(&xml).unwrap_err(), invalid());
}

#[test]
fn a_swapped_encrypted_assertion() {
    let sealed_one = sealed(&assertion_xml());
    let sealed_two = sealed(&assertion_xml().replace("abc@idp", "xyz@idp"));
    let xml = signed_response(&sealed_one);
    assert_eq!(refused(&xml.replace(&sealed_one, &sealed_two)), invalid());
}

#[test]
fn what_is_decrypted_passes_the_gate_too() {
    let cases = [
        (assertion_xml().replace("_name<", "_na<!---->me<"), GateError::Comment),
        (format!("<!DOCTYPE a>{}", assertion_xml()), GateError::Doctype),
        (assertion_xml().replace("saml:Assertion", "saml:Assertions"), GateError::Root),
        (assertion_xml().replace("_name<", "<![CDATA[_name]]><"), GateError::Cdata),
        (format!("{}{}", assertion_xml(), assertion_xml()), GateError::Root),
    ];
    for (assertion, fault) in cases {
        assert_eq!(refused(&signed_response(&sealed(&assertion))), Refusal::Gate(fault));
    }
}

#[test]
fn a_nested_encryption_is_not_followed() {
    let twice = sealed(&sealed(&assertion_xml()));
    assert_eq!(refused(&signed_response(&twice)), Refusal::Gate(GateError::Root));
}

#[test]
fn broken_ciphertexts_all_fail_alike() {
    let good = sealed(&assertion_xml());
    let values: Vec<&str> = good
        .match_indices("<xenc:CipherValue>")
        .map(|(at, tag)| good[at + tag.len()..].split('<').next().unwrap())
        .collect();
    let [wrapped, content] = values.as_slice() else { panic!("two ciphertexts") };
    let short = data_encoding::BASE64.encode(&[0; 5]);
    let broken = [
        good.replace(content, &short),
        good.replace(content, &format!("AAAA{}", &content[4..])),
        good.replace(wrapped, &short),
        good.replace(wrapped, &format!("AAAA{}", &wrapped[4..])),
        good.replace("aes256-gcm", "aes128-gcm"),
        good.replace(content, "*"),
    ];
    for content in broken {
        let refused = refused(&signed_response(&content));
        assert!(matches!(refused, Refusal::Decryption(_)), "{refused:?}");
    }
}

#[test]
fn two_assertions_and_one_of_them_signed() {
    let signed = sign_assertion(&assertion_xml(), &KEYS.p256);
    let forged = assertion_xml().replace("_assertion", "_forged").replace("abc@idp", "xyz@idp");
    for content in [format!("{signed}{forged}"), format!("{forged}{signed}")] {
        let xml = unsigned_response(&content);
        assert_eq!(consume_lenient(&xml), Err(Refusal::Gate(GateError::SecondAssertion)));
        assert_eq!(refused(&signed_response(&content)), Refusal::Gate(GateError::SecondAssertion));
    }
}

#[test]
fn xmlsec_fetches_nothing() {
    // Behind the gate nothing external is left; this shows that xmlsec itself would not fetch.
    use samael::crypto::{CertificateDer, Crypto, CryptoProvider};
    use std::net::TcpListener;

    consume(&signed_response(&assertion_xml())).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/x", listener.local_addr().unwrap());
    let xml = signed_response(&assertion_xml());
    let at = xml.find("URI=\"#").unwrap();
    let end = at + 5 + xml[at + 5..].find('"').unwrap();
    let outside = [&xml[..at], "URI=\"", &address, &xml[end..]].concat();
    assert!(outside.contains(&format!("URI=\"{address}\"")));
    let key = CertificateDer::from(KEYS.p256.certificate().der().to_vec());
    assert!(Crypto::verify_signed_xml(&outside, &key, Some("ID")).is_err());
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(refused(&outside), Refusal::Gate(GateError::ReferenceExternal));
}
