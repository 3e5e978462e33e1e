//! `samlp:LogoutResponse` (SAML core 3.7.2).

use jiff::Timestamp;

use crate::canonical::{WriteError, Writer};
use crate::certificate::Certificate;
use crate::gate::Kind;
use crate::instant;
use crate::issue::IssueError;
use crate::logout::{Written, unverified, verified};
use crate::message::{Header, MessageError, check_arrival};
use crate::namespace::Namespace::{Assertion, Protocol};
use crate::sign::{XmlSigner, envelop};
use crate::status::{self, Status};
use crate::tree::{Element, ShapeError};

/// The answer to a request to end sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutResponse {
    /// Its identifier, an XML name.
    pub id: String,
    /// The entity identifier of who answers.
    pub issuer: String,
    /// When it was made.
    pub issue_instant: Timestamp,
    /// The address it was sent to.
    pub destination: Option<String>,
    /// The identifier of the request.
    pub in_response_to: String,
    /// How it went.
    pub status: Status,
}

impl LogoutResponse {
    /// The document, unsigned: the redirect binding signs the query around it.
    pub fn to_xml(&self) -> Result<String, WriteError> {
        Ok(self.write()?.xml)
    }

    /// The document, signed, for SOAP.
    pub fn to_signed_xml(&self, signer: &dyn XmlSigner) -> Result<String, IssueError> {
        let Written { mut xml, signature_position } = self.write()?;
        envelop(&mut xml, signature_position, &self.id, signer)?;
        Ok(xml)
    }

    fn write(&self) -> Result<Written, WriteError> {
        let mut writer = Writer::new();
        self.open(&mut writer);
        writer.leaf(Assertion, "Issuer", &[], &self.issuer);
        let signature_position = writer.position();
        status::write(&mut writer, self.status, None);
        writer.close();
        Ok(Written { xml: writer.finish()?, signature_position })
    }

    fn open(&self, writer: &mut Writer) {
        let issue_instant = instant::write(self.issue_instant);
        let mut attributes = vec![
            ("ID", &*self.id),
            ("InResponseTo", &*self.in_response_to),
            ("IssueInstant", &*issue_instant),
            ("Version", "2.0"),
        ];
        attributes.extend(self.destination.as_deref().map(|to| ("Destination", to)));
        writer.open(Protocol, "LogoutResponse", &attributes);
    }

    /// Reads a message without verifying anything: use it only behind a verified signature over
    /// the query that brought it.
    pub fn parse(xml: &[u8]) -> Result<Self, MessageError> {
        unverified(xml, Kind::LogoutResponse, read)
    }

    /// Verifies the signature over the message, and reads what was signed. It must be by `issuer`,
    /// whose keys these are.
    pub fn verify(xml: &[u8], issuer: &str, keys: &[Certificate]) -> Result<Self, MessageError> {
        let response = verified(xml, Kind::LogoutResponse, keys, read)?;
        if response.issuer == issuer { Ok(response) } else { Err(MessageError::Issuer) }
    }

    /// Checks that the message answers `request_id`, is meant for `destination`, and was made just
    /// now.
    pub fn check(
        &self,
        request_id: &str,
        destination: &str,
        now: Timestamp,
    ) -> Result<(), MessageError> {
        if self.in_response_to != request_id {
            return Err(MessageError::InResponseTo);
        }
        check_arrival(self.destination.as_deref(), self.issue_instant, destination, now)
    }
}

fn read(root: &Element) -> Result<LogoutResponse, ShapeError> {
    let mut cursor = root.cursor("LogoutResponse");
    let header = Header::read(root, &mut cursor)?;
    cursor.optional(Protocol, "Extensions");
    let status = status::read(cursor.required(Protocol, "Status")?)?;
    cursor.finish()?;
    Ok(LogoutResponse {
        id: header.id,
        issuer: header.issuer,
        issue_instant: header.issue_instant,
        destination: header.destination,
        in_response_to: root.required("InResponseTo")?.to_owned(),
        status,
    })
}
