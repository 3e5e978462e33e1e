//! XML signature wrapping: the signed original moved aside, and something forged in its place. The
//! numbers are those of SAML Raider.

use super::*;

/// An assertion signed by itself.
fn original() -> String {
    sign_assertion(&assertion_xml(), &KEYS.p256)
}

/// The assertion that the attacker would like to be read.
fn forged() -> String {
    assertion_xml().replace("\"_assertion\"", "\"_forged\"").replace("abc@idp", "admin@idp")
}

/// An unsigned response around the assertion.
fn around(content: &str) -> String {
    unsigned_response(content)
}

/// A response signed by itself, without an assertion to make things simple.
fn signed_whole() -> String {
    signed_response(&assertion_xml())
}

fn signature_of(xml: &str) -> String {
    part(xml, "<ds:Signature ", "</ds:Signature>").to_owned()
}

/// A forged response that carries the signature of the original.
fn forged_whole(signature: &str) -> String {
    let forged = around(&forged());
    edit(&forged, "</saml:Issuer>", &format!("</saml:Issuer>{signature}"))
}

#[test]
fn xsw1_the_original_response_inside_the_signature_of_the_forged_one() {
    let original = signed_whole();
    let signature = signature_of(&original);
    let inside = edit(&signature, "</ds:Signature>", &format!("{original}</ds:Signature>"));
    let error = fault(Kind::Response, &forged_whole(&inside));
    assert_eq!(error, GateError::ReferenceTarget);
    // The same with the forged response under the name of the original.
    let id = part(&original, " ID=\"", "\" ").to_owned();
    let forged = forged_whole(&inside);
    let own = part(&forged, " ID=\"", "\" ").to_owned();
    let renamed = edit(&forged, &own, &id);
    assert_eq!(fault(Kind::Response, &renamed), GateError::NestedMessage);
}

#[test]
fn xsw2_the_original_response_before_the_signature() {
    let original = signed_whole();
    let signature = signature_of(&original);
    let bare = edit(&original, &signature, "");
    let error = fault(Kind::Response, &forged_whole(&format!("{bare}{signature}")));
    assert_eq!(error, GateError::NestedMessage);
}

#[test]
fn xsw3_a_forged_assertion_before_the_original() {
    let xml = around(&format!("{}{}", forged(), original()));
    assert_eq!(fault(Kind::Response, &xml), GateError::SecondAssertion);
}

#[test]
fn xsw3b_a_forged_assertion_behind_the_original() {
    let xml = around(&format!("{}{}", original(), forged()));
    assert_eq!(fault(Kind::Response, &xml), GateError::SecondAssertion);
}

#[test]
fn xsw4_the_original_inside_a_forged_assertion() {
    let wrapped = edit(&forged(), "</saml:Assertion>", &format!("{}</saml:Assertion>", original()));
    assert_eq!(fault(Kind::Response, &around(&wrapped)), GateError::AssertionMisplaced);
}

#[test]
fn xsw5_the_forged_assertion_has_the_signature_and_the_original_follows() {
    let signature = signature_of(&original());
    let forged = edit(&forged(), "</saml:Issuer>", &format!("</saml:Issuer>{signature}"));
    let xml = around(&format!("{forged}{}", assertion_xml()));
    assert_eq!(fault(Kind::Response, &xml), GateError::ReferenceTarget);
}

#[test]
fn xsw6_the_original_inside_the_signature_of_a_forged_assertion() {
    let signature = signature_of(&original());
    let inside =
        edit(&signature, "</ds:Signature>", &format!("{}</ds:Signature>", assertion_xml()));
    let forged = edit(&forged(), "</saml:Issuer>", &format!("</saml:Issuer>{inside}"));
    assert_eq!(fault(Kind::Response, &around(&forged)), GateError::ReferenceTarget);
    // The same with the forged assertion under the name of the original.
    let renamed = edit(&forged, "\"_forged\"", "\"_assertion\"");
    assert_eq!(fault(Kind::Response, &around(&renamed)), GateError::AssertionMisplaced);
}

#[test]
fn xsw7_a_forged_assertion_in_the_extensions() {
    let xml = around(&original());
    let extensions = format!("<samlp:Extensions>{}</samlp:Extensions><samlp:Status>", forged());
    let xml = edit(&xml, "<samlp:Status>", &extensions);
    assert_eq!(fault(Kind::Response, &xml), GateError::AssertionMisplaced);
}

#[test]
fn xsw8_the_original_in_an_object_of_the_signature() {
    let signature = signature_of(&original());
    let object = format!("<ds:Object>{}</ds:Object></ds:Signature>", assertion_xml());
    let inside = edit(&signature, "</ds:Signature>", &object);
    let forged = edit(&forged(), "</saml:Issuer>", &format!("</saml:Issuer>{inside}"));
    assert_eq!(fault(Kind::Response, &around(&forged)), GateError::ReferenceTarget);
    let renamed = edit(&forged, "\"_forged\"", "\"_assertion\"");
    assert_eq!(fault(Kind::Response, &around(&renamed)), GateError::SignatureObject);
}

#[test]
fn an_assertion_in_advice() {
    let advice = format!("<saml:Advice>{}</saml:Advice><saml:AuthnStatement", original());
    let wrapped = edit(&forged(), "<saml:AuthnStatement", &advice);
    assert_eq!(fault(Kind::Response, &around(&wrapped)), GateError::AssertionMisplaced);
}

#[test]
fn an_encrypted_assertion_beside_a_plain_one() {
    for content in [
        format!("{}{}", original(), sealed(&forged())),
        format!("{}{}", sealed(&forged()), original()),
    ] {
        assert_eq!(fault(Kind::Response, &around(&content)), GateError::SecondAssertion);
    }
}

#[test]
fn the_same_id_twice() {
    let twice = edit(
        &response(),
        "<samlp:Status>",
        "<samlp:Extensions><md:Extensions \
        xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"_assertion\"></md:Extensions>\
        </samlp:Extensions><samlp:Status>",
    );
    assert_eq!(fault(Kind::Response, &twice), GateError::ForeignId);
    let xml = response();
    let id = part(&xml, " ID=\"", "\" ").to_owned();
    let same = edit(&xml, " ID=\"_assertion\"", id.trim_end());
    let reference = edit(&same, "URI=\"#_assertion\"", &id.replace(" ID=\"", "URI=\"#"));
    assert_eq!(fault(Kind::Response, &reference), GateError::DuplicateId);
}

#[test]
fn foreign_identifiers() {
    for id in [
        "Id=\"_assertion\"",
        "id=\"_assertion\"",
        "iD=\"_assertion\"",
        "xml:id=\"_assertion\"",
        "xmlns:w=\"urn:wsu\" w:Id=\"_assertion\"",
        "xmlns:w=\"urn:wsu\" w:ID=\"_assertion\"",
        "ID=\"_assertion\"",
    ] {
        let xml = edit(&response(), "<samlp:Status>", &format!("<samlp:Status {id}>"));
        assert_eq!(fault(Kind::Response, &xml), GateError::ForeignId, "{id}");
    }
}

#[test]
fn identifiers_that_are_no_names() {
    for id in ["", "1a", "a b", "a:b", "あ", "a&#98;"] {
        let xml = edit(&unsigned_response(""), " ID=\"", &format!(" ID=\"{id}\" Old=\""));
        assert_eq!(fault(Kind::Response, &xml), GateError::MalformedId, "{id}");
    }
    let without = edit(&unsigned_response(""), " ID=\"", " Old=\"");
    assert_eq!(fault(Kind::Response, &without), GateError::MissingId);
}

#[test]
fn samlify_634_a_signed_request_inside_a_forged_one() {
    for (kind, name) in [
        (Kind::AuthnRequest, "AuthnRequest"),
        (Kind::LogoutRequest, "LogoutRequest"),
        (Kind::LogoutResponse, "LogoutResponse"),
    ] {
        let message = |id: &str, content: &str| {
            format!(
                "<samlp:{name} xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
                 xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\">\
                 <saml:Issuer>x</saml:Issuer>{content}</samlp:{name}>"
            )
        };
        let original = sign_behind_issuer(&message("_original", ""), "_original", &KEYS.p256);
        assert!(admit(kind, original.as_bytes()).is_ok());
        let hidden = format!("<samlp:Extensions>{original}</samlp:Extensions>");
        assert_eq!(fault(kind, &message("_forged", &hidden)), GateError::NestedMessage);
        let signature = signature_of(&original);
        let moved = format!("<samlp:Extensions>{signature}</samlp:Extensions>");
        assert_eq!(fault(kind, &message("_forged", &moved)), GateError::SignatureMisplaced);
        assert_eq!(fault(kind, &message("_forged", &signature)), GateError::ReferenceTarget);
    }
}
