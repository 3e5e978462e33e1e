//! Documents as other software writes them, signed by `xmlsec1`, and read by us.

use super::*;
use crate::consume::{Login, Refusal};
use crate::logout::LogoutResponse;
use crate::message::MessageError;
use crate::metadata::{self, MetadataPolicy};
use crate::soap;
use crate::status::Status;

/// Has `xmlsec1` fill in the signature of a document, with the service provider's key.
fn signed(template: &str, root: &str) -> String {
    let folder = folder_with(&[("key.pem", &KEYS.sp_pem), ("template.xml", template.as_bytes())]);
    let arguments = ["--sign", "--id-attr:ID", root, "--privkey-pem", "key.pem", "template.xml"];
    let output = xmlsec1(folder.path(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// An empty signature as the Shibboleth software lays it out.
fn signature(id: &str, prefixes: &str) -> String {
    let transform = match prefixes {
        "" => "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>".to_owned(),
        list => format!(
            "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">\
             <ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" \
             PrefixList=\"{list}\"/></ds:Transform>"
        ),
    };
    format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n<ds:SignedInfo>\n\
         <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\n\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/>\n\
         <ds:Reference URI=\"#{id}\">\n<ds:Transforms>\n<ds:Transform \
         Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\n{transform}\n\
         </ds:Transforms>\n<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\n\
         <ds:DigestValue/>\n</ds:Reference>\n</ds:SignedInfo>\n<ds:SignatureValue/>\n<ds:KeyInfo>\
         <ds:KeyName>sp.example</ds:KeyName><ds:X509Data><ds:X509SubjectName>CN=sp.example\
         </ds:X509SubjectName><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>\
         </ds:KeyInfo></ds:Signature>",
        KEYS.sp.base64(),
    )
}

fn behind_issuer(xml: &str, signature: &str) -> String {
    xml.replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1)
}

const TYPED: &str = "<saml:AttributeValue xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xsi:type=\"xs:string\">";

/// A response as `OpenSAML` writes it: the schema's prefix declared on top, used in values only, and
/// kept by canonicalization because a list says so.
fn response_with_typed_values(prefixes: &str) -> String {
    let xml = unsigned_response(&assertion_xml().replace("<saml:AttributeValue>", TYPED));
    let xml = xml.replacen(
        "<samlp:Response ",
        "<samlp:Response xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" ",
        1,
    );
    let id = xml.split(" ID=\"").nth(1).unwrap().split('"').next().unwrap();
    signed(&behind_issuer(&xml, &signature(id, prefixes)), &format!("{PROTOCOL}:Response"))
}

fn consumed(xml: &str) -> Result<Login, Refusal> {
    let mut identity_provider = identity_provider();
    identity_provider.signing = vec![KEYS.sp.clone()];
    service_provider().consume(xml.as_bytes(), &expectation(&identity_provider), now())
}

#[test]
fn prefixes_that_are_kept_are_read_as_they_were_signed() {
    let xml = response_with_typed_values("xs xsi");
    let login = consumed(&xml).unwrap();
    assert_eq!(login.value(ATTRIBUTE_DISPLAY_NAME), Some("上野 <太郎> & \"家族\""));
    // The declarations belong to what was digested: to change one is to change what was signed.
    let other = xml.replace("\"http://www.w3.org/2001/XMLSchema\"", "\"urn:x\"");
    assert_eq!(consumed(&other), Err(Refusal::Signature(crate::SignatureError::Invalid)));
    // So does the list itself.
    for list in ["xs", "xs xsi saml", "#default xs xsi"] {
        let other = xml.replace("PrefixList=\"xs xsi\"", &format!("PrefixList=\"{list}\""));
        assert_eq!(consumed(&other), Err(Refusal::Signature(crate::SignatureError::Invalid)));
    }
    assert!(consumed(&response_with_typed_values("#default samlp saml xs")).is_ok());
    assert!(consumed(&response_with_typed_values("")).is_ok());
}

#[test]
fn what_is_read_is_what_was_digested() {
    let xml = response_with_typed_values("xs");
    let document = crate::gate::admit(crate::gate::Kind::Response, xml.as_bytes()).unwrap();
    let digested = crate::verify::digested(
        &document,
        crate::SignatureAlgorithm::RsaSha256,
        std::slice::from_ref(&KEYS.sp),
    )
    .unwrap();
    let digest = openssl::sha::sha256(digested.as_bytes());
    let stated = xml.split("<ds:DigestValue>").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(stated, data_encoding::BASE64.encode(&digest));
    assert!(!digested.contains("Signature"));
}

fn policy(trusted: &[Certificate]) -> MetadataPolicy<'_> {
    MetadataPolicy {
        trusted,
        require_valid_until: false,
        longest_validity: jiff::SignedDuration::from_hours(24),
    }
}

#[test]
fn metadata_of_the_shibboleth_service_provider_signed() {
    let xml = include_str!("../metadata/tests/shibboleth-sp.xml");
    let id = xml.split(" ID=\"").nth(1).unwrap().split('"').next().unwrap();
    let start = xml.find("<md:Extensions").unwrap();
    let template = [&xml[..start], &signature(id, ""), &xml[start..]].concat();
    let xml = signed(&template, &format!("{METADATA}:EntityDescriptor"));
    assert!(xml.contains("<!--"), "what xmlsec1 writes keeps its comment");
    let trusted = [KEYS.sp.clone()];
    let read = |xml: &str| metadata::parse(xml.as_bytes(), &policy(&trusted), now());
    assert_eq!(read(&xml).unwrap()[0].entity_id, "https://sp.example/shibboleth");
    // A comment is not signed, and says nothing.
    let other = xml.replace("This is example metadata only", "Anybody may write this");
    assert_eq!(read(&other).unwrap(), read(&xml).unwrap());
    let changed = xml.replace("/SAML2/POST\"", "/SAML2/EVIL\"");
    assert_eq!(read(&changed).unwrap_err().code(), "saml.signature.invalid");
}

/// A logout message as the Shibboleth service provider sends it by SOAP.
fn logout(name: &str, attributes: &str, content: &str) -> String {
    let message = format!(
        "<samlp:{name} xmlns:samlp=\"{PROTOCOL}\" \
         Destination=\"https://idp.example/saml/slo\" ID=\"_1f65\" {attributes} \
         IssueInstant=\"2026-04-01T09:30:00Z\" Version=\"2.0\"><saml:Issuer \
         xmlns:saml=\"{ASSERTION}\">{SP}</saml:Issuer>{content}</samlp:{name}>"
    );
    let signed =
        signed(&behind_issuer(&message, &signature("_1f65", "")), &format!("{PROTOCOL}:{name}"));
    let body = signed.trim_start_matches("<?xml version=\"1.0\"?>").trim();
    format!(
        "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>{body}</S:Body>\
         </S:Envelope>"
    )
}

#[test]
fn a_logout_request_of_the_shibboleth_service_provider() {
    let envelope = logout(
        "LogoutRequest",
        "NotOnOrAfter=\"2026-04-01T09:35:00Z\" Reason=\"urn:oasis:names:tc:SAML:2.0:logout:user\"",
        &format!(
            "<saml:NameID xmlns:saml=\"{ASSERTION}\" \
             Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\" NameQualifier=\"{IDP}\" \
             SPNameQualifier=\"{SP}\">_name</saml:NameID><samlp:SessionIndex>_session\
             </samlp:SessionIndex>"
        ),
    );
    let message = soap::unwrap(envelope.as_bytes()).unwrap();
    let request = LogoutRequest::verify(message, SP, std::slice::from_ref(&KEYS.sp)).unwrap();
    assert_eq!(request.name_id.value, "_name");
    assert_eq!(request.session_indexes, ["_session"]);
    assert!(request.check("https://idp.example/saml/slo", now()).is_ok());
    let forged = envelope.replace("_name<", "_other<");
    let message = soap::unwrap(forged.as_bytes()).unwrap();
    let verdict = LogoutRequest::verify(message, SP, std::slice::from_ref(&KEYS.sp));
    assert!(matches!(verdict, Err(MessageError::Signature(_))));
}

#[test]
fn a_logout_response_of_the_shibboleth_service_provider() {
    let envelope = logout(
        "LogoutResponse",
        "InResponseTo=\"_logout\"",
        "<samlp:Status><samlp:StatusCode \
         Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode \
         Value=\"urn:oasis:names:tc:SAML:2.0:status:PartialLogout\"/></samlp:StatusCode>\
         <samlp:StatusMessage>Partial logout</samlp:StatusMessage></samlp:Status>",
    );
    let message = soap::unwrap(envelope.as_bytes()).unwrap();
    let response = LogoutResponse::verify(message, SP, std::slice::from_ref(&KEYS.sp)).unwrap();
    assert_eq!(response.status, Status::PartialLogout);
    assert!(response.check("_logout", "https://idp.example/saml/slo", now()).is_ok());
}
