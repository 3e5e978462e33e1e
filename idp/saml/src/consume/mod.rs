//! Consuming: a service provider takes a response, checks everything, and learns who signed in.

mod assertion;
mod policy;
mod refusal;
mod response;

pub(crate) use assertion::read_name_id;
pub use refusal::Refusal;

use jiff::{SignedDuration, Timestamp};

use crate::attribute::{Attribute, NameId};
use crate::base64;
use crate::encryption::DecryptionKey;
use crate::gate::{Kind, admit};
use crate::message::{CLOCK_SKEW, LONGEST_WAY};
use crate::metadata::IdpRole;
use crate::namespace::Namespace::Assertion;
use crate::tree;

/// The longest form field that is decoded, in bytes: what the gate takes, in base64.
const FIELD_LIMIT: usize = Kind::Response.size_limit() / 3 * 4 + 4096;

/// A service provider: who it is, where answers reach it, and what it can decrypt.
#[derive(Debug)]
pub struct ServiceProvider {
    /// Its entity identifier.
    pub entity_id: String,
    /// The address of its assertion consumer service, letter by letter as in its metadata.
    pub acs_url: String,
    /// Its keys for decryption: the current one, and those that are being phased out.
    pub decryption_keys: Vec<DecryptionKey>,
    /// How strict it is.
    pub policy: Policy,
}

/// What a service provider accepts.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How far clocks may differ, both ways. Three minutes.
    pub clock_skew: SignedDuration,
    /// How old an assertion may be, whatever it says itself. Five minutes.
    pub max_age: SignedDuration,
    /// Whether the response itself must be signed, and not only the assertion in it. Yes.
    pub require_signed_response: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { clock_skew: CLOCK_SKEW, max_age: LONGEST_WAY, require_signed_response: true }
    }
}

/// What a response must fit: the request that was made, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// The entity identifier of the identity provider that was asked.
    pub issuer: &'a str,
    /// The same identity provider as its metadata describes it.
    pub identity_provider: &'a IdpRole,
    /// The identifier of the request.
    pub request_id: &'a str,
    /// The classes of authentication that will do; empty if any will.
    pub context_classes: &'a [&'a str],
    /// If the person had to be authenticated anew: when the request was made.
    pub authenticated_after: Option<Timestamp>,
}

/// A login that was accepted, once the caller has entered it into its replay table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The entity identifier of the identity provider.
    pub issuer: String,
    /// The identifier of the assertion. Enter (`issuer`, `assertion_id`) into a durable table where
    /// it is unique, and refuse the login if it is there already.
    pub assertion_id: String,
    /// Until when that entry must be kept.
    pub replay_until: Timestamp,
    /// Whether the assertion forbids to keep it for later (it is never used twice in any case).
    pub one_time_use: bool,
    /// The name of the person in this session.
    pub name_id: Option<NameId>,
    /// The name of the session at the identity provider.
    pub session_index: Option<String>,
    /// When the person was authenticated.
    pub authenticated_at: Timestamp,
    /// When the session must end at the latest.
    pub session_not_on_or_after: Option<Timestamp>,
    /// How the person was authenticated.
    pub context_class: String,
    /// What is released about the person.
    pub attributes: Vec<Attribute>,
}

impl Login {
    /// All values of an attribute.
    pub fn values(&self, name: &str) -> &[String] {
        let found = self.attributes.iter().find(|attribute| attribute.name == name);
        found.map_or(&[], |attribute| &attribute.values)
    }

    /// The value of an attribute that has exactly one.
    pub fn value(&self, name: &str) -> Option<&str> {
        match self.values(name) {
            [value] => Some(value),
            _ => None,
        }
    }
}

/// What a response claims about itself. Nobody has verified it: it serves only to find the request
/// that it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Who claims to have written it.
    pub issuer: Option<String>,
    /// The request that it claims to answer.
    pub in_response_to: Option<String>,
}

/// Decodes the form field `SAMLResponse` (SAML bindings 3.5.4).
pub fn decode_post(field: &str) -> Result<Vec<u8>, Refusal> {
    if field.len() > FIELD_LIMIT {
        return Err(Refusal::FieldSize);
    }
    base64::decode(field).ok_or(Refusal::Field)
}

/// Reads what a response claims about itself, unverified.
pub fn claimed(xml: &[u8]) -> Result<Claimed, Refusal> {
    let root = tree::parse(&admit(Kind::Response, xml)?)?;
    let issuer = root.find(Assertion, "Issuer");
    let issuer = issuer.map(|issuer| issuer.text("Issuer")).transpose()?;
    Ok(Claimed {
        issuer: issuer.map(str::to_owned),
        in_response_to: root.attribute("InResponseTo").map(str::to_owned),
    })
}

impl ServiceProvider {
    /// Takes a response. It takes about half a millisecond of computing: keep it off threads that
    /// serve others meanwhile.
    pub fn consume(
        &self,
        xml: &[u8],
        expected: &Expectation<'_>,
        now: Timestamp,
    ) -> Result<Login, Refusal> {
        let response = response::open(xml, self, expected)?;
        policy::check_response(&response, self, expected, now)?;
        let assertion = response.assertion(self, expected)?;
        policy::check_assertion(&assertion, self, expected, now)?;
        Ok(self.login(assertion))
    }

    fn login(&self, assertion: assertion::Parsed) -> Login {
        let replay_until = policy::expiry(&assertion, &self.policy);
        Login {
            issuer: assertion.issuer,
            assertion_id: assertion.id,
            replay_until,
            one_time_use: assertion.conditions.one_time_use,
            name_id: assertion.name_id,
            session_index: assertion.authentication.session_index,
            authenticated_at: assertion.authentication.instant,
            session_not_on_or_after: assertion.authentication.session_not_on_or_after,
            context_class: assertion.authentication.context_class,
            attributes: assertion.attributes,
        }
    }
}

#[cfg(test)]
mod tests;
