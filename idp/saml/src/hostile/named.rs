//! Holes with a number. What an attacker wants is in the name; what happens instead, in the test.

use miniz_oxide::deflate::compress_to_vec;

use super::quickly;
use crate::consume::Refusal;
use crate::gate::GateError;
use crate::metadata::{MetadataPolicy, SpDescription};
use crate::redirect::{self, RedirectParameter};
use crate::sign::XmlSigner;
use crate::testing::*;
use crate::verify::SignatureError;

fn refused(xml: &str) -> Refusal {
    consume(xml).unwrap_err()
}

fn invalid() -> Refusal {
    Refusal::Signature(SignatureError::Invalid)
}

fn missing() -> Refusal {
    Refusal::Signature(SignatureError::Missing)
}

/// The assertion that the attacker would like to be read.
fn forged() -> String {
    assertion_xml().replace("_assertion", "_forged").replace("abc@idp", "admin@idp")
}

/// The first signature in a document.
fn signature_of(xml: &str) -> &str {
    let start = xml.find("<ds:Signature ").unwrap();
    let end = xml.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    &xml[start..end]
}

#[test]
fn keycloak_cve_2024_8698_a_signature_counts_for_the_element_it_stands_in() {
    // The assertion's signature, moved up to stand for the whole response.
    let assertion = sign_assertion(&assertion_xml(), &KEYS.p256);
    let xml = unsigned_response(&without_signature(&assertion));
    let up = format!("</saml:Issuer>{}", signature_of(&assertion));
    let moved = xml.replacen("</saml:Issuer>", &up, 1);
    assert_eq!(refused(&moved), Refusal::Gate(GateError::ReferenceTarget));
}

#[test]
fn keycloak_cve_2026_2092_an_unsigned_assertion_encrypted_by_anyone() {
    let xml = unsigned_response(&sealed(&assertion_xml()));
    assert_eq!(refused(&xml), missing());
    assert_eq!(consume_lenient(&xml).unwrap_err(), missing());
    // Beside a signed one it is one too many.
    let signed = sign_assertion(&assertion_xml(), &KEYS.p256);
    for both in [format!("{signed}{}", sealed(&forged())), format!("{}{signed}", sealed(&forged()))]
    {
        let refusal = consume_lenient(&unsigned_response(&both)).unwrap_err();
        assert_eq!(refusal, Refusal::Gate(GateError::SecondAssertion));
    }
}

#[test]
fn keycloak_cve_2026_16443_without_a_key_nothing_verifies() {
    let mut identity_provider = identity_provider();
    identity_provider.signing.clear();
    let expected = expectation(&identity_provider);
    for (xml, why) in [
        (signed_response(&assertion_xml()), SignatureError::NoKey),
        (unsigned_response(&assertion_xml()), SignatureError::Missing),
    ] {
        let refused = service_provider().consume(xml.as_bytes(), &expected, now());
        assert_eq!(refused, Err(Refusal::Signature(why)));
    }
}

#[test]
fn keycloak_cve_2026_16443_a_key_without_a_use_is_for_every_use() {
    let description = SpDescription {
        entity_id: SP.to_owned(),
        valid_until: after(3600),
        display_names: Vec::new(),
        signing: vec![KEYS.p256.certificate().clone()],
        encryption: vec![KEYS.sp.clone()],
        acs: vec![ACS.to_owned()],
        slo_redirect: None,
        slo_soap: None,
        signing_methods: Vec::new(),
        contact: None,
    };
    let xml = description.to_xml(&KEYS.p256, &mut random).unwrap();
    let policy = MetadataPolicy {
        trusted: &[],
        require_valid_until: true,
        longest_validity: jiff::SignedDuration::from_hours(24),
    };
    let useless = xml.replace(" use=\"signing\"", "");
    let role = crate::metadata::parse(useless.as_bytes(), &policy, now());
    let role = role.unwrap().remove(0).sp.unwrap();
    assert_eq!(role.signing, [KEYS.p256.certificate().clone()]);
    assert_eq!(role.encryption, [KEYS.p256.certificate().clone(), KEYS.sp.clone()]);
    // The first key that can be used for it is taken.
    assert!(role.encryption_key().is_some());
}

#[test]
fn keycloak_cve_2026_18967_one_time_use_is_told_and_every_assertion_has_a_name_to_remember() {
    let condition = "<saml:OneTimeUse/></saml:Conditions>";
    let xml = assertion_xml().replace("</saml:Conditions>", condition);
    let login = consume(&signed_response(&sealed(&xml))).unwrap();
    assert!(login.one_time_use);
    assert_eq!(login.assertion_id, "_assertion");
    assert!(login.replay_until > now());
    let twice =
        assertion_xml().replace("</saml:Conditions>", &format!("<saml:OneTimeUse/>{condition}"));
    assert_eq!(refused(&signed_response(&sealed(&twice))), Refusal::Condition);
}

#[test]
fn authentik_cve_2026_47201_the_assertion_that_is_read_is_the_one_that_was_signed() {
    let signed = sign_assertion(&assertion_xml(), &KEYS.p256);
    let bare = without_signature(&signed);
    let taken =
        forged().replacen("</saml:Issuer>", &format!("</saml:Issuer>{}", signature_of(&signed)), 1);
    let wraps = forged().replacen("</saml:Assertion>", &format!("{signed}</saml:Assertion>"), 1);
    for (content, fault) in [
        (format!("{}{signed}", forged()), GateError::SecondAssertion),
        (format!("{signed}{}", forged()), GateError::SecondAssertion),
        (format!("{taken}{bare}"), GateError::ReferenceTarget),
        (taken, GateError::ReferenceTarget),
        (wraps, GateError::AssertionMisplaced),
    ] {
        let refusal = consume_lenient(&unsigned_response(&content)).unwrap_err();
        assert_eq!(refusal, Refusal::Gate(fault));
        let refusal = consume_lenient(&unsigned_response(&sealed(&content))).unwrap_err();
        assert!(matches!(refusal, Refusal::Gate(_)), "{refusal:?}");
    }
}

#[test]
fn ruby_saml_cve_2025_25291_no_document_type_makes_two_parsers_disagree() {
    for doctype in [
        "<!DOCTYPE a [<!ENTITY b \"'\"><!--'--><!ENTITY c \"-->\">]>",
        "<!DOCTYPE samlp:Response [<!NOTATION a SYSTEM '--><b'>]>",
        "<!DOCTYPE a []>",
    ] {
        let xml = format!("{doctype}{}", signed_response(&assertion_xml()));
        assert_eq!(refused(&xml), Refusal::Gate(GateError::Doctype));
    }
}

#[test]
fn ruby_saml_cve_2025_25291_the_certificate_in_the_message_is_not_asked() {
    let xml = envelope().around(&assertion_xml(), &KEYS.strangers[0], &mut random).unwrap().xml;
    let trusted = KEYS.p256.certificate().base64();
    let swapped = xml.replace(KEYS.strangers[0].certificate().base64(), trusted);
    assert_eq!(refused(&swapped), invalid());
}

#[test]
fn ruby_saml_cve_2025_25292_no_namespace_makes_two_parsers_disagree() {
    let xml = signed_response(&assertion_xml());
    // A signature in no namespace, or in one that only looks like the right one, hides no other.
    for decoy in [
        "<Signature xmlns=\"urn:x\"></Signature>",
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig\"></ds:Signature>",
        "<ds:Signature xmlns:ds=\"HTTP://www.w3.org/2000/09/xmldsig#\"></ds:Signature>",
    ] {
        let before = xml.replacen("<ds:Signature ", &format!("{decoy}<ds:Signature "), 1);
        assert_eq!(refused(&before), Refusal::Gate(GateError::UnexpectedElement), "{decoy}");
    }
    // Nor does a namespace that is written by reference, taken back, or declared twice.
    for (declaration, fault) in [
        ("xmlns:ds=\"http://www.w3.org/2000/09/xmldsig&#35;\"", GateError::Namespace),
        ("xmlns:ds=\"\"", GateError::Namespace),
        (
            "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:ds=\"urn:x\"",
            GateError::DuplicateAttribute,
        ),
    ] {
        let own = "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
        let other = xml.replacen(own, declaration, 1);
        assert_eq!(refused(&other), Refusal::Gate(fault), "{declaration}");
    }
}

#[test]
fn ruby_saml_cve_2025_25293_a_deflated_bomb() {
    let query = |bomb: &[u8]| {
        let text: String =
            url::form_urlencoded::byte_serialize(data_encoding::BASE64.encode(bomb).as_bytes())
                .collect();
        format!("SAMLRequest={text}")
    };
    let bomb = compress_to_vec(&vec![b' '; 32 * 1024 * 1024], 6);
    assert!(bomb.len() < 40_000);
    let refusal = quickly("bomb", || redirect::receive(&query(&bomb), RedirectParameter::Request));
    assert_eq!(refusal.unwrap_err().code(), "saml.redirect.inflate");
    // In the POST binding nothing is deflated, so nothing is inflated.
    let posted = crate::decode_post(&data_encoding::BASE64.encode(&bomb)).unwrap();
    assert!(matches!(crate::claimed(&posted), Err(Refusal::Gate(_))));
}

#[test]
fn passport_wsfed_cve_2025_46572_a_signature_over_something_else_in_the_document() {
    let signed = sign_assertion(&assertion_xml(), &KEYS.p256);
    for (place, replacement) in [
        ("Extensions", format!("<samlp:Extensions>{signed}</samlp:Extensions><samlp:Status>")),
        ("Status", format!("<samlp:Status>{signed}")),
    ] {
        let xml = unsigned_response(&forged()).replace("<samlp:Status>", &replacement);
        let refusal = consume_lenient(&xml).unwrap_err();
        assert_eq!(refusal, Refusal::Gate(GateError::AssertionMisplaced), "{place}");
    }
}

#[test]
fn passport_wsfed_cve_2025_46573_the_name_is_read_from_what_was_signed() {
    // A valid signature somewhere in the document, and attributes outside of what it covers.
    let statement = "<saml:AttributeStatement \
        xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"><saml:Attribute \
        Name=\"urn:oasis:names:tc:SAML:attribute:pairwise-id\"><saml:AttributeValue>\
        admin@idp.example</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>";
    let signed = sign_assertion(&assertion_xml(), &KEYS.p256);
    let added = signed.replacen("</saml:Assertion>", &format!("{statement}</saml:Assertion>"), 1);
    assert_eq!(consume_lenient(&unsigned_response(&added)).unwrap_err(), invalid());
    let beside = unsigned_response(&format!("{signed}{statement}"));
    let refusal = consume_lenient(&beside).unwrap_err();
    assert_eq!(refusal, Refusal::Gate(GateError::UnexpectedElement));
    let xml = signed_response(&assertion_xml());
    let moved = xml.replacen("</samlp:Response>", &format!("{statement}</samlp:Response>"), 1);
    assert_eq!(refused(&moved), Refusal::Gate(GateError::UnexpectedElement));
}
