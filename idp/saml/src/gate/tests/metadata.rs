//! Metadata has rules of its own.

use super::*;

const MD: &str = "xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
    xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";

fn entity(content: &str) -> String {
    format!(
        "<md:EntityDescriptor {MD} ID=\"_e\" entityID=\"urn:e\">{content}</md:EntityDescriptor>"
    )
}

fn role(key_info: &str) -> String {
    entity(&format!(
        "<md:SPSSODescriptor><md:KeyDescriptor><ds:KeyInfo>{key_info}</ds:KeyInfo>\
         </md:KeyDescriptor></md:SPSSODescriptor>"
    ))
}

#[test]
fn keys_may_be_named_but_must_be_certificates() {
    let named = role(
        "<ds:KeyName>sp</ds:KeyName><ds:X509Data><ds:X509SubjectName>CN=sp</ds:X509SubjectName>\
         <ds:X509Certificate>AA==</ds:X509Certificate></ds:X509Data>",
    );
    assert!(admit(Kind::Metadata, named.as_bytes()).is_ok());
    let value = role("<ds:KeyValue></ds:KeyValue>");
    assert_eq!(fault(Kind::Metadata, &value), GateError::KeyMaterial);
    let retrieval = role("<ds:RetrievalMethod URI=\"http://127.0.0.1/\"></ds:RetrievalMethod>");
    assert_eq!(fault(Kind::Metadata, &retrieval), GateError::KeyMaterial);
}

#[test]
fn keys_and_entities_stand_only_in_their_places() {
    let key = entity("<md:Extensions><md:KeyDescriptor></md:KeyDescriptor></md:Extensions>");
    assert_eq!(fault(Kind::Metadata, &key), GateError::UnexpectedElement);
    let nested = entity(&format!("<md:Extensions>{}</md:Extensions>", entity("")));
    assert_eq!(fault(Kind::Metadata, &nested), GateError::UnexpectedElement);
}

#[test]
fn a_group_of_entities() {
    let other = entity("").replace("_e", "_f");
    let group = |content: &str| {
        format!("<md:EntitiesDescriptor {MD} ID=\"_g\">{content}</md:EntitiesDescriptor>")
    };
    let both = group(&format!("{}{other}", entity("")));
    assert!(admit(Kind::Metadata, both.as_bytes()).is_ok());
    let twice = group(&format!("{}{}", entity(""), entity("")));
    assert_eq!(fault(Kind::Metadata, &twice), GateError::DuplicateId);
}

#[test]
fn only_the_root_is_signed() {
    let signed = sign_behind_issuer(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" ID=\"_e\" \
         entityID=\"urn:e\"><x xmlns=\"urn:x\"></saml:Issuer></md:EntityDescriptor>",
        "_e",
        &KEYS.p256,
    );
    let signature = part(&signed, "<ds:Signature ", "</ds:Signature>");
    assert!(admit(Kind::Metadata, entity(signature).as_bytes()).is_ok());
    let inside =
        format!("<md:EntitiesDescriptor {MD}>{}</md:EntitiesDescriptor>", entity(signature));
    assert_eq!(fault(Kind::Metadata, &inside), GateError::SignatureMisplaced);
    let late = entity(&format!("<md:Organization></md:Organization>{signature}"));
    assert_eq!(fault(Kind::Metadata, &late), GateError::SignatureMisplaced);
    let role = entity(&format!("<md:SPSSODescriptor>{signature}</md:SPSSODescriptor>"));
    assert_eq!(fault(Kind::Metadata, &role), GateError::SignatureMisplaced);
}
