//! Logout messages, there and back, signed or not.

use proptest::prelude::*;

use super::*;
use crate::attribute::NameId;
use crate::gate::GateError;
use crate::soap;
use crate::status::Status;
use crate::testing::*;

const SLO: &str = "https://portal.example/saml/slo";

fn request() -> LogoutRequest {
    LogoutRequest {
        id: "_logout".to_owned(),
        issuer: IDP.to_owned(),
        issue_instant: now(),
        destination: Some(SLO.to_owned()),
        not_on_or_after: Some(after(300)),
        name_id: NameId {
            name_qualifier: Some(IDP.to_owned()),
            sp_name_qualifier: Some(SP.to_owned()),
            ..NameId::transient("_name")
        },
        session_indexes: vec!["_one".to_owned(), "_two".to_owned()],
    }
}

fn response() -> LogoutResponse {
    LogoutResponse {
        id: "_answer".to_owned(),
        issuer: SP.to_owned(),
        issue_instant: now(),
        destination: None,
        in_response_to: "_logout".to_owned(),
        status: Status::PartialLogout,
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, MessageError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn requests_come_back() {
    let bare = LogoutRequest {
        destination: None,
        not_on_or_after: None,
        name_id: NameId { format: None, ..NameId::transient("_name") },
        session_indexes: Vec::new(),
        ..request()
    };
    for request in [request(), bare] {
        let xml = request.to_xml().unwrap();
        assert_eq!(LogoutRequest::parse(xml.as_bytes()).unwrap(), request);
        for signer in KEYS.signers() {
            let signed = request.to_signed_xml(signer).unwrap();
            let read = LogoutRequest::verify(signed.as_bytes(), IDP, &KEYS.certificates());
            assert_eq!(read.unwrap(), request);
        }
    }
}

#[test]
fn what_is_signed_around_is_not_signed_inside() {
    let signed = request().to_signed_xml(&KEYS.p256).unwrap();
    assert_eq!(code(LogoutRequest::parse(signed.as_bytes())), "saml.message.shape");
    let signed = response().to_signed_xml(&KEYS.p256).unwrap();
    assert_eq!(code(LogoutResponse::parse(signed.as_bytes())), "saml.message.shape");
}

#[test]
fn responses_come_back() {
    for status in [Status::Success, Status::PartialLogout, Status::Responder, Status::RequestDenied]
    {
        let response = LogoutResponse { status, ..response() };
        let xml = response.to_xml().unwrap();
        assert_eq!(LogoutResponse::parse(xml.as_bytes()).unwrap(), response);
        let signed = response.to_signed_xml(&KEYS.rsa).unwrap();
        let read = LogoutResponse::verify(signed.as_bytes(), SP, &KEYS.certificates());
        assert_eq!(read.unwrap(), response);
    }
}

#[test]
fn the_back_channel() {
    let envelope = soap::wrap(&request().to_signed_xml(&KEYS.p256).unwrap());
    let message = soap::unwrap(envelope.as_bytes()).unwrap();
    assert_eq!(LogoutRequest::verify(message, IDP, &KEYS.certificates()).unwrap(), request());
}

#[test]
fn an_unsigned_message_does_not_verify() {
    let xml = request().to_xml().unwrap();
    let verdict = LogoutRequest::verify(xml.as_bytes(), IDP, &KEYS.certificates());
    assert_eq!(code(verdict), "saml.signature.missing");
    let xml = response().to_xml().unwrap();
    let verdict = LogoutResponse::verify(xml.as_bytes(), SP, &KEYS.certificates());
    assert_eq!(code(verdict), "saml.signature.missing");
}

#[test]
fn an_altered_message_does_not_verify() {
    let xml = request().to_signed_xml(&KEYS.p256).unwrap().replace(">_one<", ">_six<");
    let verdict = LogoutRequest::verify(xml.as_bytes(), IDP, &KEYS.certificates());
    assert_eq!(code(verdict), "saml.signature.invalid");
}

#[test]
fn a_message_by_somebody_else_does_not_verify() {
    let xml = request().to_signed_xml(&KEYS.strangers[0]).unwrap();
    let verdict = LogoutRequest::verify(xml.as_bytes(), IDP, &KEYS.certificates());
    assert_eq!(code(verdict), "saml.signature.invalid");
    let xml = request().to_signed_xml(&KEYS.p256).unwrap();
    let verdict = LogoutRequest::verify(xml.as_bytes(), SP, &KEYS.certificates());
    assert_eq!(code(verdict), "saml.message.issuer");
    let verdict = LogoutRequest::verify(xml.as_bytes(), IDP, &[]);
    assert_eq!(code(verdict), "saml.signature.no-key");
}

#[test]
fn samlify_634_the_verified_message_is_the_one_that_is_read() {
    let original = request().to_signed_xml(&KEYS.p256).unwrap();
    let mut forged = request();
    forged.id = "_forged".to_owned();
    forged.name_id.value = "_victim".to_owned();
    let extensions = format!("</saml:Issuer><samlp:Extensions>{original}</samlp:Extensions>");
    let xml = forged.to_xml().unwrap().replacen("</saml:Issuer>", &extensions, 1);
    let verdict = LogoutRequest::verify(xml.as_bytes(), IDP, &KEYS.certificates());
    assert!(matches!(verdict, Err(MessageError::Gate(GateError::NestedMessage))));
}

#[test]
fn a_request_holds_here_and_now() {
    let request = request();
    assert!(request.check(SLO, now()).is_ok());
    assert_eq!(code(request.check("https://elsewhere.example", now())), "saml.message.destination");
    assert_eq!(code(request.check(SLO, after(-181))), "saml.message.future");
    assert!(request.check(SLO, after(479)).is_ok());
    assert_eq!(code(request.check(SLO, after(480))), "saml.message.stale");
    let short = LogoutRequest { not_on_or_after: Some(after(10)), ..request };
    assert!(short.check(SLO, after(189)).is_ok());
    assert_eq!(code(short.check(SLO, after(190))), "saml.message.stale");
}

#[test]
fn a_response_answers_the_request() {
    let response = response();
    assert!(response.check("_logout", IDP, now()).is_ok());
    assert_eq!(code(response.check("_other", IDP, now())), "saml.message.in-response-to");
    let aimed = LogoutResponse { destination: Some(SLO.to_owned()), ..response };
    assert_eq!(code(aimed.check("_logout", IDP, now())), "saml.message.destination");
}

#[test]
fn what_is_not_understood_is_refused() {
    let xml = request().to_xml().unwrap();
    let encrypted = xml.replace("saml:NameID", "saml:BaseID");
    assert_eq!(code(LogoutRequest::parse(encrypted.as_bytes())), "saml.message.shape");
    let added = xml.replace("</samlp:LogoutRequest>", "<samlp:NewID/></samlp:LogoutRequest>");
    assert_eq!(code(LogoutRequest::parse(added.as_bytes())), "saml.message.shape");
    let mut many = request();
    many.session_indexes = vec!["_x".to_owned(); 65];
    let many = many.to_xml().unwrap();
    assert_eq!(code(LogoutRequest::parse(many.as_bytes())), "saml.message.shape");
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(LogoutRequest::parse(&bytes).is_err());
        prop_assert!(LogoutResponse::parse(&bytes).is_err());
        prop_assert!(soap::unwrap(&bytes).is_err());
    }
}
