//! `samlp:LogoutRequest` (SAML core 3.7.1).

use jiff::Timestamp;

use crate::attribute::NameId;
use crate::canonical::{WriteError, Writer};
use crate::certificate::Certificate;
use crate::consume::read_name_id;
use crate::gate::Kind;
use crate::instant;
use crate::issue::IssueError;
use crate::logout::{Written, unverified, verified};
use crate::message::{CLOCK_SKEW, Header, MessageError, check_arrival, read_optional_instant};
use crate::namespace::Namespace::{Assertion, Protocol};
use crate::sign::{XmlSigner, envelop};
use crate::tree::{Element, ShapeError};

/// The most sessions that one message may end.
const SESSION_LIMIT: usize = 64;

/// A request to end sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// Its identifier, an XML name.
    pub id: String,
    /// The entity identifier of who asks.
    pub issuer: String,
    /// When it was made.
    pub issue_instant: Timestamp,
    /// The address it was sent to.
    pub destination: Option<String>,
    /// From when on it must no longer be acted upon.
    pub not_on_or_after: Option<Timestamp>,
    /// Whose sessions are to end, named as in the assertion.
    pub name_id: NameId,
    /// Which of them; none means all.
    pub session_indexes: Vec<String>,
}

impl LogoutRequest {
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
        self.name_id.write(&mut writer);
        for index in &self.session_indexes {
            writer.leaf(Protocol, "SessionIndex", &[], index);
        }
        writer.close();
        Ok(Written { xml: writer.finish()?, signature_position })
    }

    fn open(&self, writer: &mut Writer) {
        let issue_instant = instant::write(self.issue_instant);
        let end = self.not_on_or_after.map(instant::write);
        let mut attributes =
            vec![("ID", &*self.id), ("IssueInstant", &*issue_instant), ("Version", "2.0")];
        attributes.extend(self.destination.as_deref().map(|to| ("Destination", to)));
        attributes.extend(end.as_deref().map(|end| ("NotOnOrAfter", end)));
        writer.open(Protocol, "LogoutRequest", &attributes);
    }

    /// Reads a message without verifying anything: use it only behind a verified signature over
    /// the query that brought it.
    pub fn parse(xml: &[u8]) -> Result<Self, MessageError> {
        unverified(xml, Kind::LogoutRequest, read)
    }

    /// Verifies the signature over the message, and reads what was signed. It must be by `issuer`,
    /// whose keys these are.
    pub fn verify(xml: &[u8], issuer: &str, keys: &[Certificate]) -> Result<Self, MessageError> {
        let request = verified(xml, Kind::LogoutRequest, keys, read)?;
        if request.issuer == issuer { Ok(request) } else { Err(MessageError::Issuer) }
    }

    /// Checks that the message is meant for `destination`, was made just now, and still holds.
    pub fn check(&self, destination: &str, now: Timestamp) -> Result<(), MessageError> {
        check_arrival(self.destination.as_deref(), self.issue_instant, destination, now)?;
        let over = |end: Timestamp| now.duration_since(end) >= CLOCK_SKEW;
        if self.not_on_or_after.is_some_and(over) { Err(MessageError::Stale) } else { Ok(()) }
    }
}

fn read(root: &Element) -> Result<LogoutRequest, ShapeError> {
    let mut cursor = root.cursor("LogoutRequest");
    let header = Header::read(root, &mut cursor)?;
    cursor.optional(Protocol, "Extensions");
    let name_id = read_name_id(cursor.required(Assertion, "NameID")?)?;
    let indexes = cursor.repeated(Protocol, "SessionIndex");
    cursor.finish()?;
    if indexes.len() > SESSION_LIMIT {
        return Err(ShapeError::Value("SessionIndex"));
    }
    let text = |index: &Element| index.some_text("SessionIndex").map(str::to_owned);
    Ok(LogoutRequest {
        id: header.id,
        issuer: header.issuer,
        issue_instant: header.issue_instant,
        destination: header.destination,
        not_on_or_after: read_optional_instant(root, "NotOnOrAfter")?,
        name_id,
        session_indexes: indexes.into_iter().map(text).collect::<Result<_, _>>()?,
    })
}
