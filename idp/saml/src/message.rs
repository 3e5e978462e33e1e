//! What all protocol messages share: version, identifier, instant, destination, issuer.

use jiff::{SignedDuration, Timestamp};

use crate::gate::GateError;
use crate::id::is_ncname;
use crate::instant;
use crate::names::NAMEID_ENTITY;
use crate::namespace::Namespace::{Assertion, Signature};
use crate::tree::{Cursor, Element, ShapeError};
use crate::verify::SignatureError;

/// How far clocks may differ: what the deployment profile asks for is three to five minutes.
pub(crate) const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(3);
/// The oldest message that is acted upon.
pub(crate) const LONGEST_WAY: SignedDuration = SignedDuration::from_mins(5);
/// The longest entity identifier (SAML core 8.3.6 allows 1024; the deployment profile 256).
const ISSUER_LIMIT: usize = 256;

/// Why a request or a logout message is not acted upon.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The gate stopped it.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// It is not what its kind must look like.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Its signature does not hold.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It was written by somebody else.
    #[error("the message is from another issuer")]
    Issuer,
    /// It was meant for somewhere else.
    #[error("the message is for another destination")]
    Destination,
    /// It answers another request.
    #[error("the message answers another request")]
    InResponseTo,
    /// It is too old.
    #[error("the message is too old")]
    Stale,
    /// It was made in the future.
    #[error("the message is from the future")]
    Future,
}

impl MessageError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gate(cause) => cause.code(),
            Self::Shape(_) => "saml.message.shape",
            Self::Signature(cause) => cause.code(),
            Self::Issuer => "saml.message.issuer",
            Self::Destination => "saml.message.destination",
            Self::InResponseTo => "saml.message.in-response-to",
            Self::Stale => "saml.message.stale",
            Self::Future => "saml.message.future",
        }
    }
}

/// The attributes and the issuer with which every message starts.
pub(crate) struct Header {
    pub id: String,
    pub issue_instant: Timestamp,
    pub destination: Option<String>,
    pub issuer: String,
}

impl Header {
    /// Reads them, and leaves the cursor behind the signature, if there is one.
    pub fn read(message: &Element, cursor: &mut Cursor<'_>) -> Result<Self, ShapeError> {
        if message.required("Version")? != "2.0" {
            return Err(ShapeError::Value("Version"));
        }
        let issuer = read_issuer(cursor)?;
        cursor.optional(Signature, "Signature");
        Ok(Self {
            id: read_id(message.required("ID")?, "ID")?,
            issue_instant: read_instant(message.required("IssueInstant")?, "IssueInstant")?,
            destination: message.attribute("Destination").map(str::to_owned),
            issuer,
        })
    }
}

/// A message must be meant for here, and on its way neither for too long nor for less than no time.
pub(crate) fn check_arrival(
    destination: Option<&str>,
    issued: Timestamp,
    here: &str,
    now: Timestamp,
) -> Result<(), MessageError> {
    if destination.is_some_and(|destination| destination != here) {
        return Err(MessageError::Destination);
    }
    check_age(issued, now)
}

fn check_age(issued: Timestamp, now: Timestamp) -> Result<(), MessageError> {
    let age = now.duration_since(issued);
    if age > LONGEST_WAY + CLOCK_SKEW {
        return Err(MessageError::Stale);
    }
    if age < -CLOCK_SKEW { Err(MessageError::Future) } else { Ok(()) }
}

/// Reads `saml:Issuer`: the plain identifier of an entity.
pub(crate) fn read_issuer(cursor: &mut Cursor<'_>) -> Result<String, ShapeError> {
    let issuer = cursor.required(Assertion, "Issuer")?;
    if issuer.attribute("Format").is_some_and(|format| format != NAMEID_ENTITY) {
        return Err(ShapeError::Value("Issuer"));
    }
    let text = issuer.some_text("Issuer")?;
    if text.len() > ISSUER_LIMIT { Err(ShapeError::Value("Issuer")) } else { Ok(text.to_owned()) }
}

/// Reads an identifier.
pub(crate) fn read_id(text: &str, what: &'static str) -> Result<String, ShapeError> {
    if is_ncname(text) { Ok(text.to_owned()) } else { Err(ShapeError::Value(what)) }
}

/// Reads an instant.
pub(crate) fn read_instant(text: &str, what: &'static str) -> Result<Timestamp, ShapeError> {
    instant::read(text).ok_or(ShapeError::Value(what))
}

/// Reads an instant that may be absent.
pub(crate) fn read_optional_instant(
    element: &Element,
    name: &'static str,
) -> Result<Option<Timestamp>, ShapeError> {
    element.attribute(name).map(|text| read_instant(text, name)).transpose()
}

/// Reads `xs:boolean`, absent meaning no.
pub(crate) fn read_flag(element: &Element, name: &'static str) -> Result<bool, ShapeError> {
    match element.attribute(name) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(ShapeError::Value(name)),
    }
}
