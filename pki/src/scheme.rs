//! Cards that others issue, as configuration: whom to believe, for what, and whose card it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use openssl::sha::Sha256;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_cert::der::Encode;
use x509_cert::der::asn1::ObjectIdentifier;

use crate::path::{PathRequirements, PathValidator, TrustedScheme};
use crate::subject::is_holder_reference;
use crate::{CardLevel, Certificate, CertificateError, KeyAlgorithm, TrustError, name, path};

const MAX_ID: usize = 16;
/// The name of our own scheme, which is not configured.
const RESERVED: &str = "warifu";
const MAX_FILE: u64 = 256 * 1024;
/// Starts what holder keys are made of, so that they are mistaken for no other digest.
const ENROLLED: &[u8] = b"warifu enrolled holder v1";

/// A kind of card that another authority issues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardScheme {
    /// Its name: 1 to 16 lower-case letters, digits and hyphens, beginning with a letter. It is
    /// part of what enrolled cards are known by, so it is never changed.
    pub id: String,
    /// The application on the card that holds key and certificate.
    pub application: CardApplication,
    /// PEM files of the root certificates that are believed.
    pub roots: Vec<PathBuf>,
    /// PEM files of the authorities between root and card, unless the roots issue the cards.
    #[serde(default)]
    pub issuers: Vec<PathBuf>,
    /// What a certificate shows that is used with the PIN.
    pub authentication: CertificateRequirement,
    /// What a certificate shows that is used without a PIN. Absent: these cards never prove mere
    /// presence.
    #[serde(default)]
    pub presence: Option<CertificateRequirement>,
    /// The kinds of key that are taken.
    #[serde(default = "every_key")]
    pub keys: Vec<KeyAlgorithm>,
    /// Where revocation lists are fetched: for each address that certificates name as their list's,
    /// an `http://` or `https://` address or a file. Nothing else is ever fetched, and a card whose
    /// list is not named here is refused.
    pub crls: BTreeMap<String, String>,
    /// How a certificate says whose card it is.
    pub holder: HolderRule,
    /// The most that a sign-in with such a card and its PIN may count for.
    pub level: CardLevel,
}

/// What is on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CardApplication {
    /// NIST SP 800-73: keys 9A and 9E.
    Piv,
    /// The application of Japan's individual number cards: authentication key and certificate.
    Jpki,
}

/// What a certificate must show. One of the two lists is not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CertificateRequirement {
    /// Extended key usages, as dotted numbers: the certificate has all of them.
    pub purposes: Vec<DottedId>,
    /// Certificate policies, as dotted numbers: the certificate names one of them, and every
    /// authority above it permits that one.
    pub policies: Vec<DottedId>,
}

/// How a certificate says whose card it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HolderRule {
    /// Its subject is a common name and nothing else: a random reference of 32 lower-case
    /// hexadecimal digits, the same on all of a holder's cards.
    Reference,
    /// It names nobody that we know: the card itself, by its issuer and serial number, is bound to
    /// a person when it is enrolled. A renewed card is enrolled anew.
    Enrolled,
}

/// An object identifier, written as dotted numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct DottedId(ObjectIdentifier);

/// The text is no object identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an object identifier is numbers between dots, such as 1.3.6.1.5.5.7.3.2")]
pub struct NotAnId;

/// Why a scheme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemeError {
    /// The name is empty, too long, reserved, or of other characters.
    #[error(
        "a scheme's name is 1 to 16 lower-case letters, digits and hyphens, and not {RESERVED:?}"
    )]
    Id,
    /// Any certificate of the roots would do.
    #[error("the scheme {0} asks neither for a purpose nor for a policy")]
    NoRequirement(String),
    /// No kind of key is taken.
    #[error("the scheme {0} takes no kind of key")]
    NoKey(String),
    /// The application has no key that signs without a PIN.
    #[error("the scheme {0} cannot prove presence: its cards have no key without a PIN")]
    NoPresence(String),
    /// An authority's own revocation could not be asked.
    #[error("the scheme {scheme} does not say where the list {url} of its authorities is fetched")]
    NoSource {
        /// Which scheme.
        scheme: String,
        /// The address that the authority's certificate names.
        url: String,
    },
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file holds no certificates.
    #[error("{}: {source}", path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: CertificateError,
    },
    /// The certificates do not fit together.
    #[error("the scheme {scheme}: {source}")]
    Trust {
        /// Which scheme.
        scheme: String,
        /// What is wrong.
        source: TrustError,
    },
}

impl CardScheme {
    /// Reads the certificates and makes sure that everything fits.
    pub fn open(&self) -> Result<TrustedScheme, SchemeError> {
        self.with_certificates(read_all(&self.roots)?, &read_all(&self.issuers)?)
    }

    /// The same with certificates that are at hand, in place of the files.
    pub fn with_certificates(
        &self,
        roots: Vec<Certificate>,
        issuers: &[Certificate],
    ) -> Result<TrustedScheme, SchemeError> {
        self.require_sound()?;
        let untrusted = |source| SchemeError::Trust { scheme: self.id.clone(), source };
        for issuer in issuers {
            self.require_source(issuer)?;
        }
        let validator = PathValidator::new(roots, issuers.to_vec()).map_err(untrusted)?;
        path::require_all_below(&validator, issuers).map_err(untrusted)?;
        Ok(TrustedScheme {
            id: self.id.clone(),
            holder: self.holder,
            level: self.level,
            validator,
            authentication: self.required(&self.authentication),
            presence: self.presence.as_ref().map(|presence| self.required(presence)),
        })
    }

    fn require_sound(&self) -> Result<(), SchemeError> {
        let id = || self.id.clone();
        if !is_id(&self.id) {
            return Err(SchemeError::Id);
        }
        if self.keys.is_empty() {
            return Err(SchemeError::NoKey(id()));
        }
        if self.presence.is_some() && self.application == CardApplication::Jpki {
            return Err(SchemeError::NoPresence(id()));
        }
        let mut required =
            [Some(&self.authentication), self.presence.as_ref()].into_iter().flatten();
        if required.any(CertificateRequirement::is_empty) {
            return Err(SchemeError::NoRequirement(id()));
        }
        Ok(())
    }

    /// An authority that names lists is asked for in one of them, so one must be within reach.
    fn require_source(&self, issuer: &Certificate) -> Result<(), SchemeError> {
        let urls = path::crl_urls(issuer).unwrap_or_default();
        match urls.first() {
            Some(url) if !urls.iter().any(|url| self.crls.contains_key(url)) => {
                Err(SchemeError::NoSource { scheme: self.id.clone(), url: url.clone() })
            }
            _ => Ok(()),
        }
    }

    fn required(&self, requirement: &CertificateRequirement) -> PathRequirements {
        let ids = |all: &[DottedId]| all.iter().map(|one| one.0).collect();
        PathRequirements {
            purposes: ids(&requirement.purposes),
            only_these_purposes: false,
            policies: ids(&requirement.policies),
            keys: self.keys.clone(),
        }
    }
}

impl CertificateRequirement {
    fn is_empty(&self) -> bool {
        self.purposes.is_empty() && self.policies.is_empty()
    }
}

impl HolderRule {
    /// Whose card it is, within its scheme.
    pub(crate) fn of(self, leaf: &Certificate) -> Option<String> {
        match self {
            Self::Reference => {
                let found = name::sole_common_name(&leaf.content().subject)?;
                is_holder_reference(found).then(|| found.to_owned())
            }
            Self::Enrolled => enrolled(leaf),
        }
    }
}

/// 64 hexadecimal digits: SHA-256 of the issuer's name (DER, its length before it) and the serial
/// number, which together name a certificate (RFC 5280 §4.1.2.2).
fn enrolled(leaf: &Certificate) -> Option<String> {
    let issuer = leaf.content().issuer.to_der().ok()?;
    let length = u32::try_from(issuer.len()).ok()?;
    let mut digest = Sha256::new();
    for part in [ENROLLED, &length.to_be_bytes(), &issuer, leaf.serial()] {
        digest.update(part);
    }
    Some(HEXLOWER.encode(&digest.finish()))
}

impl TryFrom<String> for DottedId {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        ObjectIdentifier::new(&text).map(Self).map_err(|_| NotAnId)
    }
}

impl From<DottedId> for String {
    fn from(id: DottedId) -> Self {
        id.0.to_string()
    }
}

fn every_key() -> Vec<KeyAlgorithm> {
    use KeyAlgorithm::{P256, P384, Rsa2048, Rsa3072};
    vec![P256, P384, Rsa2048, Rsa3072]
}

fn is_id(id: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    id.len() <= MAX_ID
        && id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.bytes().all(fits)
        && id != RESERVED
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<Certificate>, SchemeError> {
    let read = paths.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(read.into_iter().flatten().collect())
}

fn read(path: &Path) -> Result<Vec<Certificate>, SchemeError> {
    use std::io::Read;

    let file = |source| SchemeError::File { path: path.to_owned(), source };
    let mut pem = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE).read_to_end(&mut pem))
        .map_err(file)?;
    Certificate::chain_from_pem(&pem)
        .map_err(|source| SchemeError::Certificate { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
