//! Whom a certificate is for, in words that cannot mislead and tell nothing about a person.

use std::net::IpAddr;

use x509_cert::der::asn1::Ia5String;
use x509_cert::ext::pkix::name::GeneralName;

/// ub-common-name of RFC 5280, appendix A.
const MAX_COMMON_NAME: usize = 64;
const MAX_NAMES: usize = 16;
const HOLDER_REFERENCE_LENGTH: usize = 32;

/// What the common name of a certificate may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// The name of an authority, or of what answers for it.
    Authority,
    /// A holder reference: 32 lower-case hexadecimal digits, random.
    Holder,
    /// A party's short name.
    Party,
    /// A host name.
    Host,
}

impl SubjectKind {
    /// In words, for tables.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Authority => "name of the authority",
            Self::Holder => "holder reference (32 hexadecimal digits)",
            Self::Party => "short name of the party",
            Self::Host => "host name",
        }
    }

    /// Whether the common name is of this kind.
    pub(crate) fn admits(self, common_name: &str) -> bool {
        match self {
            Self::Authority => is_common_name(common_name) && !is_holder_reference(common_name),
            Self::Holder => is_holder_reference(common_name),
            Self::Party => is_party_name(common_name),
            Self::Host => common_name.len() <= MAX_COMMON_NAME && is_host_name(common_name),
        }
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
    /// For an authority: the only host names and those below them that it may certify (RFC 5280
    /// §4.2.1.10). Empty for no limit.
    pub permitted_hosts: Vec<String>,
}

/// A subject cannot stand in a certificate.
#[derive(Debug, thiserror::Error)]
#[error("this name cannot stand in a certificate")]
pub struct SubjectError;

impl Subject {
    /// A subject with a common name alone.
    pub fn named(common_name: impl Into<String>) -> Self {
        Self {
            common_name: common_name.into(),
            alternative_names: Vec::new(),
            permitted_hosts: Vec::new(),
        }
    }

    /// An authority that may certify these host names and those below them, and no others.
    pub fn authority_within(name: &str, hosts: &[String]) -> Result<Self, SubjectError> {
        require(hosts.len() <= MAX_NAMES && hosts.iter().all(|host| is_host_name(host)))?;
        Ok(Self { permitted_hosts: hosts.to_vec(), ..Self::named(name) })
    }

    /// A party: its name as CN and as `urn:warifu:party:<name>`, and the host names or addresses
    /// under which others reach it.
    pub fn party(name: &str, hosts: &[&str]) -> Result<Self, SubjectError> {
        require(is_party_name(name))?;
        let hosts = hosts.iter().map(|host| host_name(host));
        let urn = AlternativeName::Uri(format!("urn:warifu:party:{name}"));
        let alternative_names = hosts.chain([Ok(urn)]).collect::<Result<_, _>>()?;
        Ok(Self { alternative_names, ..Self::named(name) })
    }

    /// A server that is no party: the host names or addresses under which it is reached, the first
    /// of them also as CN.
    pub fn server(hosts: &[&str]) -> Result<Self, SubjectError> {
        let first = hosts.first().ok_or(SubjectError)?;
        let names = hosts.iter().map(|host| host_name(host)).collect::<Result<_, _>>()?;
        Ok(Self { alternative_names: names, ..Self::named(*first) })
    }

    pub(crate) fn checked(&self) -> Result<&Self, SubjectError> {
        require(is_common_name(&self.common_name))?;
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

fn is_common_name(name: &str) -> bool {
    (1..=MAX_COMMON_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}

/// 128 random bits, written down.
pub(crate) fn is_holder_reference(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == HOLDER_REFERENCE_LENGTH && text.bytes().all(is_digit)
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
    fn a_common_name_is_of_its_kind() {
        let holder = "0123456789abcdef0123456789abcdef";
        for (kind, name, expected) in [
            (SubjectKind::Holder, holder, true),
            (SubjectKind::Holder, "0123456789ABCDEF0123456789ABCDEF", false),
            (SubjectKind::Holder, "上野太郎", false),
            (SubjectKind::Party, "portal", true),
            (SubjectKind::Party, "portal.localhost", false),
            (SubjectKind::Host, "portal.localhost", true),
            (SubjectKind::Host, "割符", false),
            (SubjectKind::Authority, "割符 cards 1", true),
            (SubjectKind::Authority, holder, false),
            (SubjectKind::Authority, "", false),
        ] {
            assert_eq!(kind.admits(name), expected, "{kind:?} {name}");
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
