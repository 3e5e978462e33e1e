//! Messages in queries, there and back, and what happens to them on the way.

use proptest::prelude::*;

use super::*;
use crate::testing::KEYS;

const XML: &str = "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>";
const ENDPOINT: &str = "https://idp.example/saml/sso";

fn query(relay_state: Option<&str>, signer: &dyn XmlSigner) -> String {
    let url = url(ENDPOINT, RedirectParameter::Request, XML, relay_state, Some(signer)).unwrap();
    url.split_once('?').unwrap().1.to_owned()
}

fn take(query: &str) -> Result<Received, RedirectError> {
    receive(query, RedirectParameter::Request)
}

fn code(result: Result<Received, RedirectError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn what_is_sent_arrives_and_verifies_with_every_kind_of_key() {
    for signer in KEYS.signers() {
        let received = take(&query(Some("x y/&=あ"), signer)).unwrap();
        assert_eq!(received.xml, XML.as_bytes());
        assert_eq!(received.relay_state.as_deref(), Some("x y/&=あ"));
        assert!(received.is_signed());
        assert!(received.verify(&KEYS.certificates()).is_ok());
    }
}

#[test]
fn an_unsigned_query_arrives_but_does_not_verify() {
    let url = url(ENDPOINT, RedirectParameter::Response, XML, None, None).unwrap();
    let query = url.split_once('?').unwrap().1;
    let received = receive(query, RedirectParameter::Response).unwrap();
    assert!(!received.is_signed());
    assert!(matches!(received.verify(&KEYS.certificates()), Err(RedirectError::Unsigned)));
    assert_eq!(code(take(query)), "saml.redirect.missing");
}

#[test]
fn an_endpoint_with_a_query_keeps_it() {
    let url = url("https://x/?a=b", RedirectParameter::Request, XML, None, None).unwrap();
    assert!(url.starts_with("https://x/?a=b&SAMLRequest="));
    assert!(take(url.split_once('?').unwrap().1).is_ok());
}

#[test]
fn the_signature_is_over_the_bytes_as_they_were_written() {
    // A peer that writes a space as %20, and hexadecimal in small letters.
    let signer = &KEYS.p256;
    let message = escape(&encode(XML)).replace("%2B", "%2b").replace("%2F", "%2f");
    let algorithm = escape(signer.algorithm().uri());
    let covered = format!("SAMLRequest={message}&RelayState=x%20y&SigAlg={algorithm}");
    let value = crate::sign::sign_for_xml(signer, covered.as_bytes()).unwrap();
    let signature = escape(&BASE64.encode(&value));
    for query in [
        format!("{covered}&Signature={signature}"),
        format!("Signature={signature}&{covered}"),
        format!(
            "SigAlg={algorithm}&RelayState=x%20y&Signature={signature}&SAMLRequest={message}&z=1"
        ),
    ] {
        let received = take(&query).unwrap();
        assert_eq!(received.relay_state.as_deref(), Some("x y"));
        assert!(received.verify(&KEYS.certificates()).is_ok(), "{query}");
    }
    let rewritten = format!("{covered}&Signature={signature}").replace("x%20y", "x+y");
    assert!(take(&rewritten).unwrap().verify(&KEYS.certificates()).is_err());
}

#[test]
fn an_ecdsa_signature_in_der_is_taken_too() {
    let signer = &KEYS.p256;
    let message = escape(&encode(XML));
    let covered = format!("SAMLRequest={message}&SigAlg={}", escape(signer.algorithm().uri()));
    let der = signer.sign(covered.as_bytes()).unwrap();
    let query = format!("{covered}&Signature={}", escape(&BASE64.encode(&der)));
    assert!(take(&query).unwrap().verify(&KEYS.certificates()).is_ok());
}

#[test]
fn changes_are_noticed() {
    for signer in KEYS.signers() {
        let good = query(Some("state"), signer);
        for (from, to) in [("=state", "=State"), ("&RelayState=state", "")] {
            let changed = good.replacen(from, to, 1);
            assert_ne!(changed, good);
            let verdict = take(&changed).unwrap().verify(&KEYS.certificates());
            assert!(matches!(verdict, Err(RedirectError::Invalid)));
        }
        let strangers: Vec<_> =
            KEYS.strangers.iter().map(|stranger| stranger.certificate().clone()).collect();
        assert!(take(&good).unwrap().verify(&strangers).is_err());
    }
}

#[test]
fn an_added_relay_state_is_noticed() {
    let added = format!("{}&RelayState=evil", query(None, &KEYS.rsa));
    let verdict = take(&added).unwrap().verify(&KEYS.certificates());
    assert!(matches!(verdict, Err(RedirectError::Invalid)));
}

#[test]
fn without_a_key_nothing_verifies() {
    let received = take(&query(None, &KEYS.p256)).unwrap();
    assert!(matches!(received.verify(&[]), Err(RedirectError::NoKey)));
    let rsa = [KEYS.rsa.certificate().clone()];
    assert!(matches!(received.verify(&rsa), Err(RedirectError::NoKey)));
}

#[test]
fn half_a_signature_is_none() {
    let good = query(None, &KEYS.p256);
    let (without_signature, _) = good.split_once("&Signature=").unwrap();
    assert_eq!(code(take(without_signature)), "saml.redirect.missing");
    let (message, tail) = good.split_once("&SigAlg=").unwrap();
    let (_, signature) = tail.split_once("&Signature=").unwrap();
    let without_algorithm = format!("{message}&Signature={signature}");
    assert_eq!(code(take(&without_algorithm)), "saml.redirect.missing");
}

#[test]
fn weak_algorithms() {
    let good = query(None, &KEYS.rsa);
    let algorithm = escape(KEYS.rsa.algorithm().uri());
    for weak in ["http://www.w3.org/2000/09/xmldsig#rsa-sha1", "none", ""] {
        let query = good.replace(&algorithm, &escape(weak));
        assert_eq!(code(take(&query)), "saml.redirect.algorithm", "{weak}");
    }
}

#[test]
fn a_parameter_twice() {
    let good = query(Some("state"), &KEYS.p256);
    for again in [
        "&SAMLRequest=x",
        "&RelayState=x",
        "&SigAlg=x",
        "&Signature=x",
        "&%53AMLRequest=x",
        "&SAMLRequest",
    ] {
        assert_eq!(code(take(&format!("{good}{again}"))), "saml.redirect.twice", "{again}");
    }
}

#[test]
fn a_value_that_is_none() {
    for query in ["", "SAMLRequest", "RelayState=x", "SAMLResponse=AAAA"] {
        assert!(matches!(take(query), Err(RedirectError::Missing | RedirectError::Encoding)));
    }
    assert_eq!(code(take("SAMLRequest=%%%")), "saml.redirect.encoding");
    assert_eq!(code(take("SAMLRequest=")), "saml.redirect.inflate");
    assert_eq!(code(take("SAMLRequest=AAAA")), "saml.redirect.inflate");
}

#[test]
fn too_long() {
    let long = format!("SAMLRequest={}", "A".repeat(64 * 1024));
    assert_eq!(code(take(&long)), "saml.redirect.size");
    let state = "x".repeat(1025);
    let sent = url(ENDPOINT, RedirectParameter::Request, XML, Some(&state), None);
    assert!(matches!(sent, Err(RedirectError::RelayState)));
    let plain = url(ENDPOINT, RedirectParameter::Request, XML, None, None).unwrap();
    let query = format!("{}&RelayState={state}", plain.split_once('?').unwrap().1);
    assert_eq!(code(take(&query)), "saml.redirect.relay-state");
}

#[test]
fn an_encoding_other_than_deflate() {
    let good = query(None, &KEYS.p256);
    let named = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";
    assert!(take(&format!("{good}&SAMLEncoding={named}")).is_ok());
    assert_eq!(code(take(&format!("{good}&SAMLEncoding=x"))), "saml.redirect.unknown-encoding");
}

proptest! {
    #[test]
    fn any_query_is_answered(query in "(SAMLRequest=|RelayState=|Signature=|SigAlg=|&|%[0-9a-fA-F]{2}|[ -~]|あ){0,40}") {
        let _ = take(&query);
    }

    #[test]
    fn any_relay_state_comes_back(state in "\\PC{0,64}") {
        let received = take(&query(Some(&state), &KEYS.p256)).unwrap();
        prop_assert_eq!(received.relay_state.as_deref(), Some(&*state));
        prop_assert!(received.verify(&KEYS.certificates()).is_ok());
    }

    #[test]
    fn any_bytes_are_inflated_within_bounds(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        if let Ok(inflated) = inflate::inflate(&bytes) {
            prop_assert!(inflated.len() <= 256 * 1024);
        }
    }
}
