//! `samlp:AuthnRequest`: a service provider asks for a login (SAML core 3.4.1).

mod parse;
mod write;

use jiff::Timestamp;

use crate::message::{MessageError, check_arrival};

/// A request for a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthnRequest {
    /// Its identifier, an XML name.
    pub id: String,
    /// The entity identifier of the service provider.
    pub issuer: String,
    /// When it was made.
    pub issue_instant: Timestamp,
    /// The address it was sent to.
    pub destination: Option<String>,
    /// Where the answer shall go.
    pub acs: AcsChoice,
    /// Whether the person must be authenticated anew.
    pub force_authn: bool,
    /// Whether the person must not be asked anything.
    pub is_passive: bool,
    /// The kind of `NameID` asked for.
    pub name_id_format: Option<String>,
    /// The class of authentication asked for.
    pub requested_context: Option<RequestedContext>,
}

/// Where the answer shall go. Only an address that the service provider's metadata lists counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcsChoice {
    /// To the default address in the metadata.
    Default,
    /// To this one, which must be in the metadata letter by letter.
    Url(String),
    /// To the one with this index in the metadata.
    Index(u16),
}

/// Which classes of authentication would do (SAML core 3.3.2.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedContext {
    /// How the classes are compared.
    pub comparison: Comparison,
    /// The classes, in order of preference; never empty in what is parsed.
    pub classes: Vec<String>,
}

/// How the class reached compares with the classes asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// It is one of them.
    Exact,
    /// It is at least as strong as one of them.
    Minimum,
    /// It is as strong as possible, and no stronger than one of them.
    Maximum,
    /// It is stronger than any of them.
    Better,
}

impl AuthnRequest {
    /// Checks that the request is meant for `destination` and was made just now, within three
    /// minutes of clock skew.
    pub fn check(&self, destination: &str, now: Timestamp) -> Result<(), MessageError> {
        check_arrival(self.destination.as_deref(), self.issue_instant, destination, now)
    }
}

#[cfg(test)]
mod tests;
