//! The kinds of documents, each with one that is signed and good, and the function that takes it.

use crate::logout::{LogoutRequest, LogoutResponse};
use crate::metadata::{self, LocalizedText, MetadataPolicy, SpDescription};
use crate::request::{AcsChoice, AuthnRequest};
use crate::status::Status;
use crate::testing::*;
use crate::{NameId, SignatureAlgorithm};

/// One kind of document.
pub struct Target {
    pub name: &'static str,
    /// Signed, with the signature in the document element.
    pub good: String,
    /// A text in it that means something.
    pub text: &'static str,
    /// Takes a document; the code of the refusal.
    pub take: fn(&str) -> Result<(), &'static str>,
    /// Whether a signature in the document itself counts.
    pub verifies: bool,
}

impl Target {
    /// Everything that somebody else can send.
    pub fn all() -> [Self; 6] {
        [
            Self::new("Response", signed_response(&assertion_xml()), "_name", take_response),
            Self::new(
                "decrypted Assertion",
                sign_assertion(&assertion_xml(), &KEYS.p256),
                "_name",
                take_sealed,
            ),
            Self { verifies: false, ..Self::new("AuthnRequest", request(), SP, take_request) },
            Self::new("LogoutRequest", logout_request(), "_name", take_logout_request),
            Self::new("LogoutResponse", logout_response(), IDP, take_logout_response),
            Self::new("metadata", described(), "わりふ", take_metadata),
        ]
    }

    fn new(
        name: &'static str,
        good: String,
        text: &'static str,
        take: fn(&str) -> Result<(), &'static str>,
    ) -> Self {
        assert!(good.contains(&format!(">{text}<")), "{name}");
        Self { name, good, text, take, verifies: true }
    }

    /// The name of its document element.
    pub fn root(&self) -> &str {
        let start = self.good.strip_prefix('<').unwrap();
        start.split([' ', '>']).next().unwrap()
    }

    /// The identifier of its document element.
    pub fn id(&self) -> &str {
        self.good.split(" ID=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    /// Replaces the first occurrence, which must be there.
    pub fn with(&self, from: &str, to: &str) -> String {
        assert!(self.good.contains(from), "{}: {from} is not in {}", self.name, self.good);
        self.good.replacen(from, to, 1)
    }

    /// Puts something in as the last thing in the document element.
    pub fn holding(&self, content: &str) -> String {
        let end = format!("</{}>", self.root());
        let inside = self.good.strip_suffix(&end).unwrap();
        [inside, content, &end].concat()
    }
}

fn take_response(xml: &str) -> Result<(), &'static str> {
    consume(xml).map(drop).map_err(|refusal| refusal.code())
}

/// The assertion comes encrypted, so that what is in it is seen only after decryption.
fn take_sealed(assertion: &str) -> Result<(), &'static str> {
    let xml = unsigned_response(&sealed(assertion));
    consume_lenient(&xml).map(drop).map_err(|refusal| refusal.code())
}

fn request() -> String {
    let mut request = AuthnRequest::new("_authn".to_owned(), SP, now());
    request.destination = Some(IDP.to_owned());
    request.acs = AcsChoice::Url(ACS.to_owned());
    sign_behind_issuer(&request.to_xml().unwrap(), "_authn", &KEYS.p256)
}

fn take_request(xml: &str) -> Result<(), &'static str> {
    AuthnRequest::parse(xml.as_bytes()).map(drop).map_err(|error| error.code())
}

fn logout_request() -> String {
    let request = LogoutRequest {
        id: "_logout".to_owned(),
        issuer: IDP.to_owned(),
        issue_instant: now(),
        destination: Some(ACS.to_owned()),
        not_on_or_after: None,
        name_id: NameId::transient("_name"),
        session_indexes: vec!["_session".to_owned()],
    };
    request.to_signed_xml(&KEYS.p256).unwrap()
}

fn take_logout_request(xml: &str) -> Result<(), &'static str> {
    let read = LogoutRequest::verify(xml.as_bytes(), IDP, &KEYS.certificates());
    read.map(drop).map_err(|error| error.code())
}

fn logout_response() -> String {
    let response = LogoutResponse {
        id: "_answer".to_owned(),
        issuer: IDP.to_owned(),
        issue_instant: now(),
        destination: None,
        in_response_to: "_logout".to_owned(),
        status: Status::Success,
    };
    response.to_signed_xml(&KEYS.p256).unwrap()
}

fn take_logout_response(xml: &str) -> Result<(), &'static str> {
    let read = LogoutResponse::verify(xml.as_bytes(), IDP, &KEYS.certificates());
    read.map(drop).map_err(|error| error.code())
}

fn described() -> String {
    let name = LocalizedText { language: "ja".to_owned(), text: "わりふ".to_owned() };
    let description = SpDescription {
        entity_id: SP.to_owned(),
        valid_until: after(3600),
        display_names: vec![name],
        signing: KEYS.certificates(),
        encryption: vec![KEYS.sp.clone()],
        acs: vec![ACS.to_owned()],
        slo_redirect: None,
        slo_soap: None,
        signing_methods: vec![SignatureAlgorithm::EcdsaSha256],
        contact: None,
    };
    description.to_xml(&KEYS.p256, &mut random).unwrap()
}

fn take_metadata(xml: &str) -> Result<(), &'static str> {
    let policy = MetadataPolicy {
        trusted: &KEYS.certificates(),
        require_valid_until: true,
        longest_validity: jiff::SignedDuration::from_hours(24),
    };
    metadata::parse(xml.as_bytes(), &policy, now()).map(drop).map_err(|error| error.code())
}
