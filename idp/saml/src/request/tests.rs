//! `AuthnRequest` there and back, and those that are not taken.

use proptest::prelude::*;

use super::*;
use crate::attribute::NameId;
use crate::gate::GateError;
use crate::names::{AC_PRESENCE, AC_SMARTCARD_PKI, NAMEID_TRANSIENT};
use crate::testing::{ACS, IDP, SP, after, now};
use crate::tree::ShapeError;

const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

fn request() -> AuthnRequest {
    AuthnRequest {
        destination: Some(IDP.to_owned()),
        acs: AcsChoice::Url(ACS.to_owned()),
        force_authn: true,
        requested_context: Some(RequestedContext {
            comparison: Comparison::Exact,
            classes: vec![AC_PRESENCE.to_owned(), AC_SMARTCARD_PKI.to_owned()],
        }),
        ..AuthnRequest::new("_request".to_owned(), SP, now())
    }
}

fn parse(xml: &str) -> Result<AuthnRequest, MessageError> {
    AuthnRequest::parse(xml.as_bytes())
}

fn changed(from: &str, to: &str) -> Result<AuthnRequest, MessageError> {
    let xml = request().to_xml().unwrap();
    assert!(xml.contains(from), "{from} is not in {xml}");
    parse(&xml.replacen(from, to, 1))
}

/// With one more element, behind the issuer.
fn inserted(element: &str) -> Result<AuthnRequest, MessageError> {
    changed("</saml:Issuer>", &format!("</saml:Issuer>{element}"))
}

fn shape(result: Result<AuthnRequest, MessageError>) -> ShapeError {
    match result {
        Err(MessageError::Shape(shape)) => shape,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_written_is_read() {
    let mut requests = vec![request()];
    for comparison in [Comparison::Minimum, Comparison::Maximum, Comparison::Better] {
        let mut other = request();
        other.requested_context.as_mut().unwrap().comparison = comparison;
        requests.push(other);
    }
    requests.push(AuthnRequest {
        destination: None,
        acs: AcsChoice::Default,
        force_authn: false,
        is_passive: true,
        protocol_binding: None,
        name_id_policy: NameIdPolicy {
            format: Some(NAMEID_TRANSIENT.to_owned()),
            ..NameIdPolicy::default()
        },
        requested_context: None,
        ..request()
    });
    requests.push(AuthnRequest {
        acs: AcsChoice::Index(7),
        protocol_binding: None,
        subject: Some(RequestedSubject {
            name_id: Some(NameId::persistent("somebody", IDP, SP)),
            is_confirmed: false,
        }),
        name_id_policy: NameIdPolicy {
            format: None,
            sp_name_qualifier: Some(SP.to_owned()),
            allow_create: true,
        },
        idp_list: vec![IDP.to_owned(), "https://other.example".to_owned()],
        ..request()
    });
    for request in requests {
        assert_eq!(parse(&request.to_xml().unwrap()).unwrap(), request);
    }
}

#[test]
fn a_request_of_mod_auth_mellon_is_read() {
    let xml = "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
        xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_6D3B\" Version=\"2.0\" \
        IssueInstant=\"2026-04-01T09:30:00Z\" Destination=\"https://idp.example/saml/sso\" \
        Consent=\"urn:oasis:names:tc:SAML:2.0:consent:current-implicit\" ForceAuthn=\"false\" \
        IsPassive=\"false\" AssertionConsumerServiceURL=\"http://127.0.0.1/mellon/postResponse\">\
        <saml:Issuer>http://127.0.0.1/mellon/metadata</saml:Issuer>\
        <samlp:NameIDPolicy Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\" \
        AllowCreate=\"true\"/></samlp:AuthnRequest>";
    let request = parse(xml).unwrap();
    assert!(!request.force_authn);
    assert_eq!(request.acs, AcsChoice::Url("http://127.0.0.1/mellon/postResponse".to_owned()));
    assert_eq!(request.name_id_policy.format.as_deref(), Some(NAMEID_TRANSIENT));
}

#[test]
fn flags_are_booleans() {
    assert!(changed("ForceAuthn=\"true\"", "ForceAuthn=\"1\"").unwrap().force_authn);
    assert!(!changed("ForceAuthn=\"true\"", "ForceAuthn=\"0\"").unwrap().force_authn);
    let odd = changed("ForceAuthn=\"true\"", "ForceAuthn=\"yes\"");
    assert_eq!(shape(odd), ShapeError::Value("ForceAuthn"));
}

#[test]
fn what_would_change_the_answer_is_not_passed_over() {
    let result =
        inserted("<saml:Conditions xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>");
    assert_eq!(shape(result), ShapeError::Unexpected("AuthnRequest"));
    let declared = changed("saml:AuthnContextClassRef", "saml:AuthnContextDeclRef");
    assert!(matches!(declared, Err(MessageError::Gate(GateError::Syntax))));
}

#[test]
fn a_subject_is_read_as_far_as_it_names_somebody() {
    let subject = |inside: &str| {
        let xml = format!("<saml:Subject xmlns:saml=\"{SAML}\">{inside}</saml:Subject>");
        inserted(&xml).unwrap().subject.unwrap()
    };
    let name = "<saml:NameID>somebody</saml:NameID>";
    let seen = subject(name);
    assert_eq!((seen.name_id.unwrap().value.as_str(), seen.is_confirmed), ("somebody", false));
    let confirmed = subject(&format!("{name}<saml:SubjectConfirmation Method=\"urn:x\"/>"));
    assert!(confirmed.is_confirmed);
    assert_eq!(subject("<saml:BaseID/>").name_id, None);
    let empty =
        format!("<saml:Subject xmlns:saml=\"{SAML}\"><saml:NameID></saml:NameID></saml:Subject>");
    assert_eq!(shape(inserted(&empty)), ShapeError::Missing("NameID"));
}

#[test]
fn declarations_are_read_as_classes_that_nobody_knows() {
    let xml = request().to_xml().unwrap().replace("AuthnContextClassRef", "AuthnContextDeclRef");
    assert_eq!(parse(&xml).unwrap().requested_context.unwrap().classes, Vec::<String>::new());
}

#[test]
fn scoping_names_whose_word_would_do() {
    let with = |inside: &str| {
        let end = "</samlp:RequestedAuthnContext>";
        changed(end, &format!("{end}<samlp:Scoping ProxyCount=\"0\">{inside}</samlp:Scoping>"))
    };
    assert_eq!(with("").unwrap().idp_list, Vec::<String>::new());
    let entry = "<samlp:IDPEntry ProviderID=\"https://one.example\"/>";
    let list = |entries: &str| format!("<samlp:IDPList>{entries}</samlp:IDPList>");
    assert_eq!(with(&list(entry)).unwrap().idp_list, ["https://one.example"]);
    assert_eq!(shape(with(&list(""))), ShapeError::Value("IDPList"));
    assert_eq!(shape(with(&list(&entry.repeat(257)))), ShapeError::Value("IDPList"));
}

#[test]
fn what_an_asker_would_like_to_be_told_is_a_number() {
    let with = |index: &str| {
        let attribute = format!("AttributeConsumingServiceIndex=\"{index}\" Destination=");
        changed("Destination=", &attribute)
    };
    assert_eq!(with("3").unwrap(), request());
    assert_eq!(shape(with("x")), ShapeError::Value("AttributeConsumingServiceIndex"));
}

#[test]
fn other_bindings_versions_and_issuers() {
    let artifact = changed("bindings:HTTP-POST", "bindings:HTTP-Artifact").unwrap();
    assert!(artifact.protocol_binding.unwrap().ends_with("HTTP-Artifact"));
    let old = changed("Version=\"2.0\"", "Version=\"1.1\"");
    assert_eq!(shape(old), ShapeError::Value("Version"));
    let empty = changed(&format!(">{SP}<"), "><");
    assert_eq!(shape(empty), ShapeError::Missing("Issuer"));
    let long = changed(&format!(">{SP}<"), &format!(">{}<", "x".repeat(257)));
    assert_eq!(shape(long), ShapeError::Value("Issuer"));
    let instant = changed("2026-04-01T09:30:00Z", "yesterday");
    assert_eq!(shape(instant), ShapeError::Value("IssueInstant"));
}

#[test]
fn one_way_to_choose_the_address() {
    let index = "AssertionConsumerServiceIndex=\"1\" AssertionConsumerServiceURL=";
    let both = changed("AssertionConsumerServiceURL=", index);
    assert_eq!(shape(both), ShapeError::Value("AssertionConsumerServiceIndex"));
}

#[test]
fn classes_are_bounded() {
    let mut many = request();
    let context = many.requested_context.as_mut().unwrap();
    context.classes = vec!["urn:x".to_owned(); 17];
    assert_eq!(shape(parse(&many.to_xml().unwrap())), ShapeError::Value("RequestedAuthnContext"));
    many.requested_context.as_mut().unwrap().classes.clear();
    assert_eq!(shape(parse(&many.to_xml().unwrap())), ShapeError::Value("RequestedAuthnContext"));
}

#[test]
fn a_request_is_for_here_and_for_now() {
    let request = request();
    assert!(request.check(IDP, now()).is_ok());
    assert!(request.check(IDP, after(480)).is_ok());
    assert!(request.check(IDP, after(-180)).is_ok());
    let elsewhere = request.check("https://other.example", now());
    assert!(matches!(elsewhere, Err(MessageError::Destination)));
    assert!(matches!(request.check(IDP, after(481)), Err(MessageError::Stale)));
    assert!(matches!(request.check(IDP, after(-181)), Err(MessageError::Future)));
}

proptest! {
    #[test]
    fn any_texts_come_back(issuer in "[!-~]{1,64}", class in "[^\u{0}-\u{1f}\u{fffe}\u{ffff}]{1,64}") {
        prop_assume!(class.trim() == class && !class.is_empty());
        let mut request = request();
        request.issuer = issuer;
        request.requested_context.as_mut().unwrap().classes = vec![class];
        prop_assert_eq!(parse(&request.to_xml().unwrap()).unwrap(), request);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(AuthnRequest::parse(&bytes).is_err());
    }
}
