//! `samlp:AuthnRequest`: a service provider asks for a login (SAML core 3.4.1).

mod parse;
mod write;

use jiff::Timestamp;

use crate::attribute::NameId;
use crate::message::{MessageError, check_arrival};
use crate::names::BINDING_POST;

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
    /// By which binding the answer shall go; absent when the metadata decides.
    pub protocol_binding: Option<String>,
    /// About whom it asks; absent when whoever is there will do.
    pub subject: Option<RequestedSubject>,
    /// By which name of the person.
    pub name_id_policy: NameIdPolicy,
    /// The class of authentication asked for.
    pub requested_context: Option<RequestedContext>,
    /// The identity providers whose word would do; empty when it does not say.
    pub idp_list: Vec<String>,
}

/// About whom a request asks (SAML core 3.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedSubject {
    /// The person's name; none where it is encrypted or of a kind of its own.
    pub name_id: Option<NameId>,
    /// Whether it says how the assertion is to be confirmed, which it must not (SAML profiles
    /// 4.1.4.1).
    pub is_confirmed: bool,
}

/// By which name a person is to be called (SAML core 3.4.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameIdPolicy {
    /// The kind of `NameID`.
    pub format: Option<String>,
    /// In whose namespace; absent: the asker's own.
    pub sp_name_qualifier: Option<String>,
    /// Whether state about such a name may be made for the sake of this request.
    pub allow_create: bool,
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
    /// The classes, in order of preference; empty where declarations were asked for instead, none
    /// of which is known here.
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
    /// It is stronger than any one of them.
    Better,
}

impl AuthnRequest {
    /// A request for whoever is there, to be answered by HTTP-POST at the default address.
    pub fn new(id: String, issuer: impl Into<String>, issue_instant: Timestamp) -> Self {
        Self {
            id,
            issuer: issuer.into(),
            issue_instant,
            destination: None,
            acs: AcsChoice::Default,
            force_authn: false,
            is_passive: false,
            protocol_binding: Some(BINDING_POST.to_owned()),
            subject: None,
            name_id_policy: NameIdPolicy::default(),
            requested_context: None,
            idp_list: Vec::new(),
        }
    }

    /// Checks that the request is meant for `destination` and was made just now, within three
    /// minutes of clock skew.
    pub fn check(&self, destination: &str, now: Timestamp) -> Result<(), MessageError> {
        check_arrival(self.destination.as_deref(), self.issue_instant, destination, now)
    }
}

#[cfg(test)]
mod tests;
