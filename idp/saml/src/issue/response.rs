//! The response around the assertion, or around the reason why there is none.

use data_encoding::BASE64;
use jiff::Timestamp;

use crate::canonical::Writer;
use crate::encryption::EncryptionKey;
use crate::id::{Random, random_id};
use crate::instant;
use crate::issue::{Assertion, IssueError};
use crate::namespace::Namespace::{Assertion as Saml, Protocol};
use crate::sign::{XmlSigner, envelop};
use crate::status::{self, Status};

/// How a response is protected: signed always.
pub struct Protection<'a> {
    /// Signs the response.
    pub signer: &'a dyn XmlSigner,
    /// The service provider's key; without one the assertion travels readable for the browser that
    /// carries it.
    pub encrypt_to: Option<&'a EncryptionKey>,
    /// Whether the assertion is signed too, for service providers whose metadata wants that.
    pub sign_assertion: bool,
}

/// An answer without an assertion.
#[derive(Debug, Clone, Copy)]
pub struct ErrorResponse<'a> {
    /// The entity identifier of the identity provider.
    pub issuer: &'a str,
    /// Where it is sent: the exact URL of the assertion consumer service.
    pub acs_url: &'a str,
    /// The identifier of the request that it answers; none if nobody asked.
    pub in_response_to: Option<&'a str>,
    /// Now.
    pub issued_at: Timestamp,
    /// Why there is no assertion.
    pub status: Status,
    /// A sentence for the engineer at the other end.
    pub message: Option<&'a str>,
}

/// A response ready to be posted.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The document.
    pub xml: String,
    /// Its identifier.
    pub response_id: String,
    /// The identifier of the assertion in it, if there is one.
    pub assertion_id: Option<String>,
}

impl Issued {
    /// The value of the form field `SAMLResponse` (SAML bindings 3.5.4).
    pub fn post_field(&self) -> String {
        BASE64.encode(self.xml.as_bytes())
    }
}

/// Issues a response with an assertion.
pub fn response(
    assertion: &Assertion<'_>,
    protection: &Protection<'_>,
    random: Random<'_>,
) -> Result<Issued, IssueError> {
    let assertion_id = random_id(random);
    let mut written = assertion.write(&assertion_id)?;
    if protection.sign_assertion {
        let position = written.signature_position;
        envelop(&mut written.xml, position, &assertion_id, protection.signer)?;
    }
    let envelope = Envelope {
        issuer: assertion.issuer,
        acs_url: assertion.acs_url,
        in_response_to: assertion.in_response_to,
        issued_at: assertion.issued_at,
        status: Status::Success,
        message: None,
    };
    let content = match protection.encrypt_to {
        Some(key) => key.encrypt(&written.xml, assertion.issued_at, random)?,
        None => written.xml,
    };
    let mut issued = envelope.around(&content, protection.signer, random)?;
    issued.assertion_id = Some(assertion_id);
    Ok(issued)
}

/// Issues a response that says why there is no assertion.
pub fn error_response(
    error: &ErrorResponse<'_>,
    signer: &dyn XmlSigner,
    random: Random<'_>,
) -> Result<Issued, IssueError> {
    let envelope = Envelope {
        issuer: error.issuer,
        acs_url: error.acs_url,
        in_response_to: error.in_response_to,
        issued_at: error.issued_at,
        status: error.status,
        message: error.message,
    };
    envelope.around("", signer, random)
}

/// What every response says about itself.
pub(crate) struct Envelope<'a> {
    pub issuer: &'a str,
    pub acs_url: &'a str,
    pub in_response_to: Option<&'a str>,
    pub issued_at: Timestamp,
    pub status: Status,
    pub message: Option<&'a str>,
}

impl Envelope<'_> {
    /// Writes and signs a response around an assertion, or around nothing.
    pub(crate) fn around(
        &self,
        content: &str,
        signer: &dyn XmlSigner,
        random: Random<'_>,
    ) -> Result<Issued, IssueError> {
        let response_id = random_id(random);
        let mut writer = Writer::new();
        self.open(&mut writer, &response_id);
        writer.leaf(Saml, "Issuer", &[], self.issuer);
        let position = writer.position();
        status::write(&mut writer, self.status, self.message);
        writer.raw(content);
        writer.close();
        let mut xml = writer.finish()?;
        envelop(&mut xml, position, &response_id, signer)?;
        Ok(Issued { xml, response_id, assertion_id: None })
    }

    fn open(&self, writer: &mut Writer, id: &str) {
        let issued_at = instant::write(self.issued_at);
        let mut attributes = vec![
            ("Destination", self.acs_url),
            ("ID", id),
            ("IssueInstant", &*issued_at),
            ("Version", "2.0"),
        ];
        attributes.extend(self.in_response_to.map(|request| ("InResponseTo", request)));
        writer.open(Protocol, "Response", &attributes);
    }
}
