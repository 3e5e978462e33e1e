//! Name constraints (RFC 5280 §4.2.1.10): which names the authorities of a path may certify.
//!
//! What cannot be compared with certainty counts as outside of what is permitted.

mod directory;

use std::net::Ipv4Addr;

use x509_cert::der::asn1::{Ia5String, Ia5StringRef};
use x509_cert::der::oid::db::rfc3280::EMAIL_ADDRESS;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{NameConstraints, SubjectAltName};

use super::{PathError, require};
use crate::Certificate;
use directory::Directory;

/// More subtrees or names than this in one certificate are not looked at.
const MOST: usize = 256;

/// A name, or the base of a subtree of names.
enum Form {
    Directory(Directory),
    Dns(String),
    Uri(String),
    Mail(String),
    Ip(Vec<u8>),
    /// A kind of name that is not compared, by its number in `GeneralName`.
    Other(u8),
}

/// What the authorities so far allow.
#[derive(Default)]
pub(super) struct NameLimits {
    /// For each authority that permits subtrees.
    permitted: Vec<Vec<Form>>,
    excluded: Vec<Form>,
}

impl NameLimits {
    /// Whether every name of the certificate is allowed: §6.1.3 (b) and (c).
    pub(super) fn require(&self, certificate: &Certificate) -> Result<(), PathError> {
        if self.permitted.is_empty() && self.excluded.is_empty() {
            return Ok(());
        }
        names_of(certificate)?.iter().try_for_each(|name| self.require_one(name))
    }

    /// Takes over the constraints of an authority: §6.1.4 (g).
    pub(super) fn descend(&mut self, issuer: &Certificate) -> Result<(), PathError> {
        let found = issuer.extension::<NameConstraints>().map_err(|_| PathError::Malformed)?;
        let Some(found) = found else { return Ok(()) };
        if let Some(permitted) = found.permitted_subtrees {
            self.permitted.push(bases(permitted)?);
        }
        self.excluded.extend(bases(found.excluded_subtrees.unwrap_or_default())?);
        Ok(())
    }

    fn require_one(&self, name: &Form) -> Result<(), PathError> {
        for subtrees in &self.permitted {
            let mut alike = subtrees.iter().filter(|base| base.is_like(name)).peekable();
            let fits = alike.peek().is_none() || alike.any(|base| base.certainly_holds(name));
            require(fits, PathError::NameNotPermitted)?;
        }
        let is_excluded = |base: &Form| base.is_like(name) && base.perhaps_holds(name);
        require(!self.excluded.iter().any(is_excluded), PathError::NameExcluded)
    }
}

/// No name holds a control character: a NUL would end it for other readers, §7 of RFC 5280 has none.
pub(super) fn require_printable(certificate: &Certificate) -> Result<(), PathError> {
    require(directory::is_printable(&certificate.content().subject), PathError::BadName)?;
    let printable = alternative_names(certificate)?.iter().all(|name| match name {
        GeneralName::DnsName(text)
        | GeneralName::Rfc822Name(text)
        | GeneralName::UniformResourceIdentifier(text) => {
            text.as_str().bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
        }
        GeneralName::DirectoryName(name) => directory::is_printable(name),
        _ => true,
    });
    require(printable, PathError::BadName)
}

fn alternative_names(certificate: &Certificate) -> Result<Vec<GeneralName>, PathError> {
    let found = certificate.extension::<SubjectAltName>().map_err(|_| PathError::Malformed)?;
    let names = found.map(|found| found.0).unwrap_or_default();
    if names.len() > MOST { Err(PathError::TooLarge) } else { Ok(names) }
}

/// The subject (if not empty), the alternative names, and mail addresses in the subject.
fn names_of(certificate: &Certificate) -> Result<Vec<Form>, PathError> {
    let subject = &certificate.content().subject;
    let mut names: Vec<_> = alternative_names(certificate)?.iter().map(Form::of).collect();
    let attributes = subject.0.iter().flat_map(|part| part.0.iter());
    for mail in attributes.filter(|one| one.oid == EMAIL_ADDRESS) {
        let text = mail.value.decode_as::<Ia5StringRef<'_>>().map_err(|_| PathError::Malformed)?;
        names.push(Form::Mail(text.as_str().to_owned()));
    }
    if !subject.is_empty() {
        names.push(Form::Directory(Directory::of(subject)));
    }
    Ok(names)
}

/// RFC 5280: `minimum` is 0 and `maximum` absent.
fn bases(subtrees: Vec<GeneralSubtree>) -> Result<Vec<Form>, PathError> {
    require(subtrees.len() <= MOST, PathError::TooLarge)?;
    let base = |subtree: GeneralSubtree| {
        require(subtree.minimum == 0 && subtree.maximum.is_none(), PathError::Malformed)?;
        Ok(Form::of(&subtree.base))
    };
    subtrees.into_iter().map(base).collect()
}

impl Form {
    fn of(name: &GeneralName) -> Self {
        let text = |text: &Ia5String| text.as_str().to_owned();
        match name {
            GeneralName::DirectoryName(name) => Self::Directory(Directory::of(name)),
            GeneralName::DnsName(name) => Self::Dns(text(name)),
            GeneralName::UniformResourceIdentifier(uri) => Self::Uri(text(uri)),
            GeneralName::Rfc822Name(mail) => Self::Mail(text(mail)),
            GeneralName::IpAddress(address) => Self::Ip(address.as_bytes().to_vec()),
            GeneralName::OtherName(_) => Self::Other(0),
            GeneralName::EdiPartyName(_) => Self::Other(5),
            GeneralName::RegisteredId(_) => Self::Other(8),
        }
    }

    fn is_like(&self, name: &Self) -> bool {
        match (self, name) {
            (Self::Other(one), Self::Other(other)) => one == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(name),
        }
    }

    /// Whether a name of the same form lies in the subtree under this base, beyond doubt.
    fn certainly_holds(&self, name: &Self) -> bool {
        match (self, name) {
            (Self::Directory(base), Self::Directory(name)) => base.holds(name).unwrap_or(false),
            (Self::Dns(base), Self::Dns(name)) => is_in_domain(name, base),
            (Self::Uri(base), Self::Uri(uri)) => {
                host_of(uri).is_some_and(|host| is_host_of(host, base))
            }
            (Self::Mail(base), Self::Mail(mail)) => is_mail_of(mail, base).unwrap_or(false),
            (Self::Ip(base), Self::Ip(address)) => is_address_of(address, base).unwrap_or(false),
            _ => false,
        }
    }

    /// The same, where doubt counts as yes.
    fn perhaps_holds(&self, name: &Self) -> bool {
        match (self, name) {
            (Self::Directory(base), Self::Directory(name)) => base.holds(name).unwrap_or(true),
            (Self::Dns(base), Self::Dns(name)) => is_in_domain(name, base) || covers(name, base),
            (Self::Uri(base), Self::Uri(uri)) => {
                host_of(uri).is_none_or(|host| is_host_of(host, base))
            }
            (Self::Mail(base), Self::Mail(mail)) => is_mail_of(mail, base).unwrap_or(true),
            (Self::Ip(base), Self::Ip(address)) => is_address_of(address, base).unwrap_or(true),
            _ => true,
        }
    }
}

/// A host and whatever stands below it. A leading dot, seen in practice, means only what is below;
/// an empty base is everything.
fn is_in_domain(name: &str, base: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    base.is_empty() || is_same(name, base) || is_below(name, base.trim_start_matches('.'))
}

/// Whether a wildcard reaches a host that the base excludes.
fn covers(wildcard: &str, base: &str) -> bool {
    wildcard.strip_prefix("*.").is_some_and(|parent| is_in_domain(base, parent))
}

/// A URI's host: the base itself or, with a leading dot, whatever is below.
fn is_host_of(host: &str, base: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => is_below(host, domain),
        None => is_same(host, base),
    }
}

/// The host name of a URI; `None` where it has none, or an address in its place.
fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.rsplit_once(':').map_or(host, |(host, _port)| host);
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_name =
        host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    (is_name && !host.is_empty() && host.parse::<Ipv4Addr>().is_err()).then_some(host)
}

/// A mailbox, all mailboxes of a host, or (leading dot) of the hosts below a domain.
fn is_mail_of(mail: &str, base: &str) -> Option<bool> {
    let (mailbox, host) = mail.rsplit_once('@')?;
    Some(match base.rsplit_once('@') {
        Some((wanted, domain)) => mailbox == wanted && is_same(host, domain),
        None => is_host_of(host, base),
    })
}

/// An address in a network: as many octets of mask as of address.
fn is_address_of(address: &[u8], base: &[u8]) -> Option<bool> {
    let (network, mask) = base.split_at_checked(base.len() / 2)?;
    if mask.len() != network.len() || !matches!(address.len(), 4 | 16) {
        return None;
    }
    let same = || address.iter().zip(network).zip(mask).all(|((a, n), m)| a & m == n & m);
    Some(address.len() == network.len() && same())
}

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn is_below(name: &str, domain: &str) -> bool {
    let start = name.len().checked_sub(domain.len() + 1);
    let end = start.and_then(|start| name.get(start..)).and_then(|end| end.strip_prefix('.'));
    end.is_some_and(|end| is_same(end, domain))
}

#[cfg(test)]
mod tests;
