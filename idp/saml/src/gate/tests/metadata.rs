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
    let bare = role(
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AA==</ds:Modulus><ds:Exponent>AQAB</ds:Exponent>\
         </ds:RSAKeyValue></ds:KeyValue>",
    );
    assert!(admit(Kind::Metadata, bare.as_bytes()).is_ok(), "passed over, never used");
    let value = role("<ds:KeyValue><ds:PGPData></ds:PGPData></ds:KeyValue>");
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

fn commented(before: &str) -> String {
    format!("<!-- a --><!-- b -->\n{before}\n<!-- c -->")
}

#[test]
fn comments_stand_between_elements() {
    let inside = format!(
        "<!-- d --><md:Organization> <!-- e --> <md:OrganizationName>f</md:OrganizationName>\
         </md:Organization>{}",
        part(&role("<!-- g -->"), "<md:SPSSO", "</md:SPSSODescriptor>")
            .replace("<md:KeyDescriptor>", "<!-- h --><md:KeyDescriptor><!-- i -->")
    );
    let xml = commented(&entity(&inside));
    assert!(admit(Kind::Metadata, xml.as_bytes()).is_ok());
    let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}");
    assert!(admit(Kind::Metadata, declared.as_bytes()).is_ok());
    let late = commented("<?xml version=\"1.0\"?>");
    assert_eq!(fault(Kind::Metadata, &late), GateError::Declaration);
}

#[test]
fn no_comment_cuts_a_text_in_two() {
    for name in ["<!---->urn:x", "urn:<!---->x", "urn:x<!---->", "urn<!---->&#58;x", "&lt;<!-- -->"]
    {
        let role = format!(
            "<md:SPSSODescriptor><md:NameIDFormat>{name}</md:NameIDFormat></md:SPSSODescriptor>"
        );
        assert_eq!(fault(Kind::Metadata, &entity(&role)), GateError::Comment, "{name}");
    }
    let certificate =
        role("<ds:X509Data><ds:X509Certificate>AA<!---->==</ds:X509Certificate></ds:X509Data>");
    assert_eq!(fault(Kind::Metadata, &certificate), GateError::Comment);
    let name = role("<ds:KeyName><!-- --></ds:KeyName>");
    assert_eq!(fault(Kind::Metadata, &name), GateError::Comment);
}

#[test]
fn no_comment_stands_in_a_signature_or_in_another_kind() {
    let xml = sp_metadata();
    for place in [
        "<ds:SignedInfo>",
        "<ds:SignatureValue>",
        "<ds:Reference ",
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>",
    ] {
        let inside = edit(&xml, place, &format!("<!-- -->{place}"));
        assert_eq!(fault(Kind::Metadata, &inside), GateError::Comment, "{place}");
    }
    assert!(
        admit(Kind::Metadata, edit(&xml, "<ds:Signature ", "<!-- --><ds:Signature ").as_bytes())
            .is_ok()
    );
    for (kind, document) in [
        (Kind::Response, response()),
        (Kind::Assertion, assertion_xml()),
        (Kind::LogoutRequest, message("LogoutRequest")),
        (Kind::LogoutResponse, message("LogoutResponse")),
        (Kind::AuthnRequest, message("AuthnRequest")),
        (Kind::Envelope, crate::soap::wrap(&message("LogoutRequest"))),
    ] {
        assert!(admit(kind, document.as_bytes()).is_ok());
        assert_eq!(fault(kind, &commented(&document)), GateError::Comment);
        let inside = document.replacen("<saml:Issuer", "<!-- --><saml:Issuer", 1);
        assert_eq!(fault(kind, &inside), GateError::Comment);
    }
}

#[test]
fn a_comment_is_well_formed() {
    for comment in ["<!-- a -- b -->", "<!-- a --->", "<!->", "<!--"] {
        assert_eq!(fault(Kind::Metadata, &entity(comment)), GateError::Syntax, "{comment}");
    }
}

fn message(name: &str) -> String {
    format!(
        "<samlp:{name} xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_a\">\
         <saml:Issuer>x</saml:Issuer></samlp:{name}>"
    )
}

/// Our own metadata, signed.
fn sp_metadata() -> String {
    let description = crate::metadata::SpDescription {
        entity_id: SP.to_owned(),
        valid_until: after(3600),
        display_names: Vec::new(),
        signing: KEYS.certificates(),
        encryption: vec![KEYS.sp.clone()],
        acs: vec![ACS.to_owned()],
        slo_redirect: None,
        slo_soap: None,
        signing_methods: Vec::new(),
        contact: None,
    };
    description.to_xml(&KEYS.p256, &mut random).unwrap()
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
