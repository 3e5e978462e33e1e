//! Documents that must not pass, each for its own reason, and those that must.

mod bounds;
mod encryption;
mod lexical;
mod metadata;
mod signature;
mod wrapping;

use super::*;
use crate::testing::*;

/// The error of a document that does not pass.
fn fault(kind: Kind, document: &str) -> GateError {
    match admit(kind, document.as_bytes()) {
        Ok(_) => panic!("passed as {kind:?}: {document}"),
        Err(error) => error,
    }
}

/// A signed response with a signed assertion in the clear.
fn response() -> String {
    signed_response(&sign_assertion(&assertion_xml(), &KEYS.p256))
}

/// A signed response with an encrypted assertion.
fn sealed_response() -> String {
    signed_response(&sealed(&assertion_xml()))
}

/// Replaces the first occurrence, which must be there.
fn edit(document: &str, from: &str, to: &str) -> String {
    assert!(document.contains(from), "{from} is not in {document}");
    document.replacen(from, to, 1)
}

/// The part of a document from `from` up to and including `to`.
fn part<'a>(document: &'a str, from: &str, to: &str) -> &'a str {
    let start = document.find(from).unwrap();
    let inside = start + from.len();
    let end = inside + document[inside..].find(to).unwrap() + to.len();
    &document[start..end]
}

#[test]
fn what_we_write_passes() {
    for signer in KEYS.signers() {
        let xml = envelope().around(&sealed(&assertion_xml()), signer, &mut random).unwrap().xml;
        let admitted = admit(Kind::Response, xml.as_bytes()).unwrap();
        assert!(admitted.is_signed());
        assert_eq!(admitted.facts().assertion, Some(AssertionForm::Encrypted));
    }
    let xml = response();
    let admitted = admit(Kind::Response, xml.as_bytes()).unwrap();
    assert_eq!(admitted.facts().assertion, Some(AssertionForm::Plain));
    assert_eq!(admitted.facts().assertion_signature, Some(SignatureAlgorithm::EcdsaSha256));
    assert!(admit(Kind::Assertion, assertion_xml().as_bytes()).is_ok());
}

#[test]
fn a_document_of_another_kind_does_not_pass() {
    use Kind::{Assertion, AuthnRequest, Envelope, LogoutRequest, LogoutResponse, Metadata};
    for kind in [Assertion, AuthnRequest, LogoutRequest, LogoutResponse, Envelope, Metadata] {
        assert_eq!(fault(kind, &response()), GateError::Root);
    }
    assert_eq!(fault(Kind::Response, &assertion_xml()), GateError::Root);
    let other_namespace = edit(&response(), "SAML:2.0:protocol", "SAML:1.0:protocol");
    assert_eq!(fault(Kind::Response, &other_namespace), GateError::Root);
}

#[test]
fn the_issuer_comes_first() {
    let issuer = part(&response(), "<saml:Issuer", "</saml:Issuer>").to_owned();
    let without = edit(&response(), &issuer, "");
    assert_eq!(fault(Kind::Response, &without), GateError::SignatureMisplaced);
    let unsigned = without_signature(&without);
    assert_eq!(fault(Kind::Response, &unsigned), GateError::IssuerNotFirst);
}
