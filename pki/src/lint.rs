//! Examines a certificate before the real signature: small rules, each with its name and the section
//! it is from. What our own profiles promise is a rule like any other.
//!
//! The writer and the examiner share the tables of the profiles and nothing else of what they do: the
//! examiner reads the bytes.

mod extensions;
mod fields;

use x509_cert::TbsCertificate;
use x509_cert::der::oid::{AssociatedOid, ObjectIdentifier};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::signed::Signed;
use crate::{Certificate, Profile, PublicKey, Publication};

/// A certificate on a card has to fit there, and one with sixteen host names is below 3 KiB.
const LONGEST: usize = 4 * 1024;

/// What the certificate is supposed to be.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Its kind.
    pub profile: &'a Profile,
    /// Its issuer; `None` for a root.
    pub issuer: Option<&'a Certificate>,
    /// Where the issuer publishes.
    pub publication: &'a Publication,
}

/// A rule that the certificate breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name, stable.
    pub rule: &'static str,
    /// Where it is from: an RFC and its section, or `profile`.
    pub section: &'static str,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.rule, self.section)
    }
}

/// Findings in one line.
pub(crate) fn join(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Every rule that the certificate (DER) breaks; none for a sound one. Its signature is not asked
/// for.
pub fn certificate(der: &[u8], expected: &Expected<'_>) -> Vec<Finding> {
    let Some(case) = Case::read(der, expected) else {
        return vec![Finding { rule: "certificate-der", section: "RFC 5280 §4.1" }];
    };
    let rules = fields::RULES.iter().chain(extensions::RULES);
    rules.filter(|rule| !(rule.holds)(&case)).map(Rule::broken).collect()
}

/// Something that must hold.
struct Rule {
    name: &'static str,
    section: &'static str,
    holds: fn(&Case<'_>) -> bool,
}

impl Rule {
    fn broken(&self) -> Finding {
        Finding { rule: self.name, section: self.section }
    }
}

/// A certificate under examination.
struct Case<'a> {
    der: &'a [u8],
    content_der: &'a [u8],
    content: TbsCertificate,
    /// As it stands outside what is signed.
    algorithm: AlgorithmIdentifierOwned,
    expected: &'a Expected<'a>,
}

impl<'a> Case<'a> {
    fn read(der: &'a [u8], expected: &'a Expected<'a>) -> Option<Self> {
        let signed = Signed::parse(der).ok()?;
        let content = TbsCertificate::from_der(signed.content).ok()?;
        Some(Self {
            der,
            content_der: signed.content,
            content,
            algorithm: signed.algorithm,
            expected,
        })
    }

    fn profile(&self) -> &Profile {
        self.expected.profile
    }

    fn publication(&self) -> &Publication {
        self.expected.publication
    }

    fn key(&self) -> Option<PublicKey> {
        PublicKey::from_der(&self.content.subject_public_key_info.to_der().ok()?).ok()
    }

    /// The key that is to sign: the issuer's, or a root's own.
    fn signing_key(&self) -> Option<PublicKey> {
        match self.expected.issuer {
            Some(issuer) => issuer.public_key().ok(),
            None => self.key(),
        }
    }

    fn extensions(&self) -> &[Extension] {
        self.content.extensions.as_deref().unwrap_or_default()
    }

    fn has(&self, id: ObjectIdentifier) -> bool {
        self.extensions().iter().any(|one| one.extn_id == id)
    }

    /// An extension, unless it is absent, there twice or malformed.
    fn extension<T: for<'b> Decode<'b> + AssociatedOid>(&self) -> Option<T> {
        Some(self.content.get::<T>().ok()??.1)
    }

    /// Whether the extension is there and exactly this, or absent where nothing is wanted.
    fn is_exactly<T>(&self, wanted: Option<&T>) -> bool
    where
        T: for<'b> Decode<'b> + AssociatedOid + PartialEq,
    {
        match wanted {
            Some(wanted) => self.extension::<T>().is_some_and(|found| found == *wanted),
            None => !self.has(T::OID),
        }
    }
}

#[cfg(test)]
mod tests;
