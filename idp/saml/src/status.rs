//! How a request ended (SAML core 3.2.2.2).

use crate::canonical::Writer;
use crate::namespace::Namespace::Protocol;
use crate::tree::{Element, ShapeError};

/// How a request ended: the outcomes that this federation tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It went well.
    Success,
    /// The person could not be authenticated.
    AuthnFailed,
    /// The class of authentication asked for cannot be reached.
    NoAuthnContext,
    /// It would have needed the person, and that was forbidden.
    NoPassive,
    /// The kind of `NameID` asked for is not given.
    InvalidNameIdPolicy,
    /// The responder understood and will not.
    RequestDenied,
    /// The responder does not do such a thing.
    RequestUnsupported,
    /// The responder does not answer by the binding asked for.
    UnsupportedBinding,
    /// The requester takes the word of other identity providers only.
    NoSupportedIdp,
    /// The person is not known here.
    UnknownPrincipal,
    /// Not every session could be ended.
    PartialLogout,
    /// The request was wrong.
    Requester,
    /// The responder failed.
    Responder,
    /// The SAML version is not 2.0.
    VersionMismatch,
}

const PREFIX: &str = "urn:oasis:names:tc:SAML:2.0:status:";

/// Each outcome with its code and its second-level code.
const CODES: [(Status, &str, &str); 14] = [
    (Status::Success, "Success", ""),
    (Status::AuthnFailed, "Responder", "AuthnFailed"),
    (Status::NoAuthnContext, "Responder", "NoAuthnContext"),
    (Status::NoPassive, "Responder", "NoPassive"),
    (Status::InvalidNameIdPolicy, "Requester", "InvalidNameIDPolicy"),
    (Status::RequestDenied, "Responder", "RequestDenied"),
    (Status::RequestUnsupported, "Requester", "RequestUnsupported"),
    (Status::UnsupportedBinding, "Responder", "UnsupportedBinding"),
    (Status::NoSupportedIdp, "Responder", "NoSupportedIDP"),
    (Status::UnknownPrincipal, "Responder", "UnknownPrincipal"),
    (Status::PartialLogout, "Success", "PartialLogout"),
    (Status::Requester, "Requester", ""),
    (Status::Responder, "Responder", ""),
    (Status::VersionMismatch, "VersionMismatch", ""),
];

impl Status {
    fn codes(self) -> (&'static str, &'static str) {
        let known = CODES.iter().find(|known| known.0 == self);
        known.map_or(("Responder", ""), |known| (known.1, known.2))
    }

    /// The outcome with these codes. A second-level code that is not known is passed over; a
    /// success is one only if nothing qualifies it.
    fn from_codes(first: &str, second: Option<&str>) -> Option<Self> {
        let general = match first.strip_prefix(PREFIX)? {
            "Success" if second.is_none() => Self::Success,
            "Success" | "Responder" => Self::Responder,
            "Requester" => Self::Requester,
            "VersionMismatch" => Self::VersionMismatch,
            _ => return None,
        };
        let second = second.and_then(|code| code.strip_prefix(PREFIX)).unwrap_or_default();
        let particular = CODES.iter().find(|known| !second.is_empty() && known.2 == second);
        Some(particular.map_or(general, |known| known.0))
    }
}

/// Writes `samlp:Status`.
pub(crate) fn write(writer: &mut Writer, status: Status, message: Option<&str>) {
    let (first, second) = status.codes();
    writer.open(Protocol, "Status", &[]);
    writer.open(Protocol, "StatusCode", &[("Value", &[PREFIX, first].concat())]);
    if !second.is_empty() {
        writer.leaf(Protocol, "StatusCode", &[("Value", &[PREFIX, second].concat())], "");
    }
    writer.close();
    if let Some(message) = message {
        writer.leaf(Protocol, "StatusMessage", &[], message);
    }
    writer.close();
}

/// Reads `samlp:Status`.
pub(crate) fn read(status: &Element) -> Result<Status, ShapeError> {
    let mut cursor = status.cursor("Status");
    let code = cursor.required(Protocol, "StatusCode")?;
    let second = code.find(Protocol, "StatusCode").and_then(|second| second.attribute("Value"));
    let status = Status::from_codes(code.required("Value")?, second);
    cursor.optional(Protocol, "StatusMessage");
    cursor.optional(Protocol, "StatusDetail");
    cursor.finish()?;
    status.ok_or(ShapeError::Value("StatusCode"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back_to_their_status() {
        for (status, first, second) in CODES {
            let first = format!("{PREFIX}{first}");
            let second = (!second.is_empty()).then(|| format!("{PREFIX}{second}"));
            assert_eq!(Status::from_codes(&first, second.as_deref()), Some(status));
        }
    }

    #[test]
    fn a_qualified_success_is_none() {
        let success = format!("{PREFIX}Success");
        assert_eq!(Status::from_codes(&success, Some("urn:x")), Some(Status::Responder));
        let failed = format!("{PREFIX}AuthnFailed");
        assert_eq!(Status::from_codes(&success, Some(&failed)), Some(Status::AuthnFailed));
        assert_eq!(Status::from_codes("Success", None), None);
    }
}
