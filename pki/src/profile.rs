//! What kinds of certificates there are, as data, and whom a certificate can name.

use std::net::IpAddr;

use jiff::SignedDuration;
use x509_cert::der::asn1::Ia5String;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use x509_cert::ext::pkix::KeyUsages;
use x509_cert::ext::pkix::name::GeneralName;

use crate::policy::{CARD_AUTHENTICATION_POLICY, CARD_PRESENCE_POLICY, PolicyId};

/// id-PIV-cardAuth: a card says that it is there (NIST SP 800-73-4, FIPS 201).
pub(crate) const PIV_CARD_AUTHENTICATION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.16.840.1.101.3.6.8");

const CA_USES: &[KeyUsages] = &[KeyUsages::KeyCertSign, KeyUsages::CRLSign];
const SIGNING: &[KeyUsages] = &[KeyUsages::DigitalSignature];
/// ub-common-name of RFC 5280, appendix A.
const MAX_COMMON_NAME: usize = 64;
const MAX_NAMES: usize = 16;

/// Everything that is the same in all certificates of one kind.
#[derive(Debug)]
pub struct Profile {
    pub(crate) name: &'static str,
    /// `None` for an end entity, else how many authorities may stand below.
    pub(crate) authorities_below: Option<u8>,
    pub(crate) key_usage: &'static [KeyUsages],
    pub(crate) purposes: &'static [ObjectIdentifier],
    pub(crate) policies: &'static [PolicyId],
    pub(crate) longest_days: i64,
    /// Only for cards that can do no better: 112 bits of strength.
    pub(crate) takes_rsa_2048: bool,
}

impl Profile {
    /// The root of trust; signs issuing authorities only.
    pub const ROOT: Self = Self {
        name: "root",
        authorities_below: Some(1),
        key_usage: CA_USES,
        purposes: &[],
        policies: &[],
        longest_days: 366 * 20,
        takes_rsa_2048: false,
    };

    /// The authority that issues card certificates and nothing else.
    pub const CARDS_AUTHORITY: Self = Self {
        name: "cards-authority",
        authorities_below: Some(0),
        key_usage: CA_USES,
        purposes: &[ID_KP_CLIENT_AUTH, PIV_CARD_AUTHENTICATION],
        policies: &[CARD_AUTHENTICATION_POLICY, CARD_PRESENCE_POLICY],
        longest_days: 366 * 10,
        takes_rsa_2048: false,
    };

    /// The authority that issues the certificates of the parties' servers and nothing else.
    pub const SERVICES_AUTHORITY: Self = Self {
        name: "services-authority",
        authorities_below: Some(0),
        key_usage: CA_USES,
        purposes: &[ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH],
        policies: &[],
        longest_days: 366 * 10,
        takes_rsa_2048: false,
    };

    /// One party towards the others, as server and as client of mutual TLS.
    pub const PARTY: Self = Self {
        name: "party",
        authorities_below: None,
        key_usage: SIGNING,
        purposes: &[ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH],
        policies: &[],
        longest_days: 398,
        takes_rsa_2048: false,
    };

    /// PIV slot 9A: signs after the PIN.
    pub const CARD_AUTHENTICATION: Self = Self {
        name: "card-authentication",
        authorities_below: None,
        key_usage: SIGNING,
        purposes: &[ID_KP_CLIENT_AUTH],
        policies: &[CARD_AUTHENTICATION_POLICY],
        longest_days: 366 * 5,
        takes_rsa_2048: true,
    };

    /// PIV slot 9E: signs without a PIN.
    pub const CARD_PRESENCE: Self = Self {
        name: "card-presence",
        authorities_below: None,
        key_usage: SIGNING,
        purposes: &[PIV_CARD_AUTHENTICATION],
        policies: &[CARD_PRESENCE_POLICY],
        longest_days: 366 * 5,
        takes_rsa_2048: true,
    };

    /// A short, stable name, for records.
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn longest(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * self.longest_days)
    }
}

/// Another name of a subject (RFC 5280 §4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlternativeName {
    /// A host name, ASCII.
    Dns(String),
    /// An address.
    Ip(IpAddr),
    /// A URI, ASCII.
    Uri(String),
}

/// Whom a certificate is for: a common name, and nothing about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// A party's name or a random reference, at most 64 characters.
    pub common_name: String,
    /// Host names, addresses, URIs.
    pub alternative_names: Vec<AlternativeName>,
}

/// A subject cannot stand in a certificate.
#[derive(Debug, thiserror::Error)]
#[error("this name cannot stand in a certificate")]
pub struct SubjectError;

impl Subject {
    /// A subject with a common name alone.
    pub fn named(common_name: impl Into<String>) -> Self {
        Self { common_name: common_name.into(), alternative_names: Vec::new() }
    }

    /// A party: its name as CN and as `urn:warifu:party:<name>`, and the host names or addresses
    /// under which others reach it.
    pub fn party(name: &str, hosts: &[&str]) -> Result<Self, SubjectError> {
        require(is_party_name(name))?;
        let hosts = hosts.iter().map(|host| host_name(host));
        let urn = AlternativeName::Uri(format!("urn:warifu:party:{name}"));
        let alternative_names = hosts.chain([Ok(urn)]).collect::<Result<_, _>>()?;
        Ok(Self { common_name: name.to_owned(), alternative_names })
    }

    pub(crate) fn checked(&self) -> Result<&Self, SubjectError> {
        let length = self.common_name.chars().count();
        require((1..=MAX_COMMON_NAME).contains(&length))?;
        require(!self.common_name.chars().any(char::is_control))?;
        require(self.alternative_names.len() <= MAX_NAMES)?;
        Ok(self)
    }
}

impl AlternativeName {
    pub(crate) fn to_x509(&self) -> Result<GeneralName, SubjectError> {
        match self {
            Self::Dns(name) => {
                require(is_host_name(name))?;
                Ok(GeneralName::DnsName(ascii(name)?))
            }
            Self::Uri(uri) => Ok(GeneralName::UniformResourceIdentifier(ascii(uri)?)),
            Self::Ip(address) => Ok(GeneralName::from(*address)),
        }
    }
}

fn require(holds: bool) -> Result<(), SubjectError> {
    if holds { Ok(()) } else { Err(SubjectError) }
}

fn ascii(text: &str) -> Result<Ia5String, SubjectError> {
    require(!text.is_empty() && text.len() <= 255 && text.bytes().all(|b| b.is_ascii_graphic()))?;
    Ia5String::new(text).map_err(|_| SubjectError)
}

fn host_name(host: &str) -> Result<AlternativeName, SubjectError> {
    if let Ok(address) = host.parse() {
        return Ok(AlternativeName::Ip(address));
    }
    require(is_host_name(host))?;
    Ok(AlternativeName::Dns(host.to_owned()))
}

fn is_party_name(name: &str) -> bool {
    (1..=MAX_COMMON_NAME).contains(&name.len()) && is_label(name)
}

/// RFC 1123 §2.1, lower case; no wildcards.
fn is_host_name(host: &str) -> bool {
    host.len() <= 253 && host.split('.').all(|label| label.len() <= 63 && is_label(label))
}

fn is_label(label: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !label.is_empty()
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_reached_by_host_and_address() {
        let party = Subject::party("portal", &["portal.localhost", "127.0.0.1", "::1"]).unwrap();
        assert_eq!(party.alternative_names[0], AlternativeName::Dns("portal.localhost".into()));
        assert!(matches!(party.alternative_names[1], AlternativeName::Ip(IpAddr::V4(_))));
        assert!(matches!(party.alternative_names[2], AlternativeName::Ip(IpAddr::V6(_))));
        let urn = AlternativeName::Uri("urn:warifu:party:portal".into());
        assert_eq!(party.alternative_names.last(), Some(&urn));
    }

    #[test]
    fn names_that_could_mislead_are_refused() {
        for name in ["", "-a", "a-", "Portal", "a b", "a:b", "a/b", "割符"] {
            assert!(Subject::party(name, &[]).is_err(), "{name}");
        }
        for host in ["*.localhost", "a..b", ".", "a_b", "portal.localhost\0.evil", "a b"] {
            assert!(Subject::party("portal", &[host]).is_err(), "{host}");
        }
    }

    #[test]
    fn common_names_are_bounded() {
        assert!(Subject::named("割".repeat(64)).checked().is_ok());
        assert!(Subject::named("割".repeat(65)).checked().is_err());
        assert!(Subject::named("").checked().is_err());
        assert!(Subject::named("a\nb").checked().is_err());
    }
}
