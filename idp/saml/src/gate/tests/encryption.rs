//! Encrypted assertions in forms other than the one.

use super::*;

fn changed(from: &str, to: &str) -> GateError {
    fault(Kind::Response, &edit(&sealed_response(), from, to))
}

/// Puts something in the place of the first element of this name.
fn instead(name: &str, replacement: &str) -> GateError {
    let xml = sealed_response();
    let element = part(&xml, &format!("<{name}"), &format!("</{name}>")).to_owned();
    fault(Kind::Response, &edit(&xml, &element, replacement))
}

#[test]
fn a_cipher_reference() {
    let reference = "<xenc:CipherReference URI=\"http://127.0.0.1/\"></xenc:CipherReference>";
    assert_eq!(instead("xenc:CipherValue", reference), GateError::CipherReference);
}

#[test]
fn a_key_to_be_fetched() {
    let retrieval = "<ds:RetrievalMethod URI=\"http://127.0.0.1/\"></ds:RetrievalMethod>";
    assert_eq!(instead("xenc:EncryptedKey", retrieval), GateError::KeyMaterial);
    let own = "<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
        <ds:RetrievalMethod URI=\"#x\"></ds:RetrievalMethod></ds:KeyInfo><xenc:CipherData>";
    assert_eq!(changed("<xenc:CipherData>", own), GateError::KeyMaterial);
}

#[test]
fn algorithms_without_authentication() {
    for cipher in [
        "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
        "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
        "http://www.w3.org/2001/04/xmlenc#tripledes-cbc",
    ] {
        assert_eq!(changed(crate::names::AES256_GCM, cipher), GateError::EncryptionAlgorithm);
    }
    let pkcs1 = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";
    assert_eq!(changed(crate::names::RSA_OAEP_MGF1P, pkcs1), GateError::EncryptionAlgorithm);
    let digest = changed(crate::names::SHA1, "http://www.w3.org/2001/04/xmlenc#sha256");
    assert_eq!(digest, GateError::EncryptionAlgorithm);
}

#[test]
fn parts_missing_or_added() {
    assert_eq!(instead("xenc:EncryptedData", ""), GateError::EncryptionShape);
    assert_eq!(instead("xenc:CipherValue", ""), GateError::EncryptionShape);
    assert_eq!(instead("xenc:EncryptedKey", ""), GateError::EncryptionShape);
    let properties = "<xenc:EncryptionProperties></xenc:EncryptionProperties></xenc:EncryptedData>";
    assert_eq!(changed("</xenc:EncryptedData>", properties), GateError::EncryptionShape);
    let xml = sealed_response();
    let data = part(&xml, "<xenc:EncryptedData", "</xenc:EncryptedData>").to_owned();
    let twice = edit(&xml, &data, &format!("{data}{data}"));
    assert_eq!(fault(Kind::Response, &twice), GateError::EncryptionShape);
}

#[test]
fn identifiers_of_encrypted_data_are_identifiers() {
    let named = |data: &str, key: &str| {
        let xml =
            edit(&sealed_response(), "<xenc:EncryptedData", &format!("<xenc:EncryptedData {data}"));
        edit(&xml, "<xenc:EncryptedKey", &format!("<xenc:EncryptedKey {key}"))
    };
    let both = named("Id=\"_data\"", "Id=\"_key\"");
    assert!(admit(Kind::Response, both.as_bytes()).is_ok());
    let fault = |data, key| fault(Kind::Response, &named(data, key));
    assert_eq!(fault("Id=\"_same\"", "Id=\"_same\""), GateError::DuplicateId);
    assert_eq!(fault("ID=\"_data\"", ""), GateError::ForeignId);
    assert_eq!(fault("Id=\"_data\" ID=\"_data\"", ""), GateError::ForeignId);
    assert_eq!(fault("", "id=\"_key\""), GateError::ForeignId);
    assert_eq!(fault("Id=\"1\"", ""), GateError::MalformedId);
    // The name of the response itself, so that a reference to it would have two targets.
    let xml = sealed_response();
    let own = part(&xml, " ID=\"", "\"").replace(" ID=", " Id=");
    let same = edit(&xml, "<xenc:EncryptedData", &format!("<xenc:EncryptedData{own}"));
    assert_eq!(super::fault(Kind::Response, &same), GateError::DuplicateId);
}

#[test]
fn content_of_another_type() {
    assert_eq!(changed("xmlenc#Element", "xmlenc#Content"), GateError::EncryptionShape);
    assert_eq!(changed(" Type=", " MimeType="), GateError::Attribute);
}

#[test]
fn encryption_anywhere_else() {
    let data = part(&sealed_response(), "<xenc:EncryptedData", "</xenc:EncryptedData>").to_owned();
    let status = format!("<samlp:Status>{data}");
    assert_eq!(changed("<samlp:Status>", &status), GateError::EncryptionMisplaced);
    let id = format!("<saml:EncryptedID>{data}</saml:EncryptedID>");
    let name = part(&assertion_xml(), "<saml:NameID", "</saml:NameID>").to_owned();
    let named = edit(&assertion_xml(), &name, &id);
    assert_eq!(fault(Kind::Assertion, &named), GateError::UnexpectedElement);
    let attribute =
        format!("<saml:EncryptedAttribute>{data}</saml:EncryptedAttribute><saml:Attribute ");
    let attributes = edit(&assertion_xml(), "<saml:Attribute ", &attribute);
    assert_eq!(fault(Kind::Assertion, &attributes), GateError::UnexpectedElement);
}

#[test]
fn a_hint_at_the_recipient_is_harmless() {
    let hint = "<ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:KeyName>sp\
        </ds:KeyName></ds:KeyInfo><xenc:CipherData>";
    let xml = edit(&sealed_response(), "<xenc:CipherData>", hint);
    let xml = edit(&xml, "<xenc:EncryptedKey>", "<xenc:EncryptedKey Recipient=\"urn:x\">");
    assert!(admit(Kind::Response, xml.as_bytes()).is_ok());
}
