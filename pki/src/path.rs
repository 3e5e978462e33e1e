//! Whether a card certificate may be believed: its chain first, everything else after.
//!
//! Revocation is asked separately, of [`RevocationList`](crate::RevocationList), and only for a
//! certificate that has passed here.

mod checks;

use jiff::Timestamp;
use x509_cert::ext::pkix::{CrlDistributionPoints, ExtendedKeyUsage};

use crate::{Certificate, CertificateError, PublicKey, extension};

/// What the card's signature is to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardPurpose {
    /// The holder is here and entered the PIN (PIV slot 9A).
    Authentication,
    /// The card is here (PIV slot 9E).
    Presence,
}

/// The root and the issuers whose card certificates are believed.
#[derive(Debug)]
pub struct CardTrust {
    root: Certificate,
    issuers: Vec<Issuer>,
}

/// A certificate that was believed, at the time it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCard {
    /// Whom the card stands for: 32 lower-case hexadecimal digits, random, and no name.
    pub holder_reference: String,
    /// The serial number in lower-case hexadecimal.
    pub serial_hex: String,
    /// The last second of validity.
    pub not_after: Timestamp,
    /// The card's key, for checking its signature.
    pub public_key: PublicKey,
    /// `x5t#S256` of the issuer; its revocation list is the one to ask.
    pub issuer_thumbprint: String,
    /// The address of the revocation list that covers this certificate. To be compared, never
    /// fetched.
    pub crl_url: Option<String>,
}

/// Why a card certificate is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// More bytes than a certificate has.
    #[error("the card certificate is too large")]
    TooLarge,
    /// Not a certificate.
    #[error("the card certificate is malformed")]
    Malformed,
    /// Its issuer is none of ours.
    #[error("the card certificate is of an unknown issuer")]
    UnknownIssuer,
    /// It names one of our issuers, which did not sign it.
    #[error("the signature on the card certificate is wrong")]
    BadSignature,
    /// The issuer's or the root's own validity has not begun or is over.
    #[error("the issuer of the card certificate is itself not valid now")]
    IssuerNotValid,
    /// Its validity has not begun.
    #[error("the card certificate is not valid yet")]
    NotYetValid,
    /// Its validity is over.
    #[error("the card certificate has expired")]
    Expired,
    /// A critical extension that we do not understand: RFC 5280 §4.2.
    #[error("the card certificate has an unknown critical extension")]
    UnknownCriticalExtension,
    /// It is one of an authority, not of a card.
    #[error("the certificate is one of an authority, not of a card")]
    IsAuthority,
    /// Its key is not for signatures, or for more than signatures.
    #[error("the key usage of the card certificate is wrong")]
    WrongKeyUsage,
    /// It is for the other slot, or for something else.
    #[error("the card certificate is for another purpose")]
    WrongPurpose,
    /// It was not issued under the policy asked for.
    #[error("the card certificate was issued under another policy")]
    WrongPolicy,
    /// Its key is of a kind or size that we do not take.
    #[error("the key of the card certificate is of a kind that is not used")]
    UnsupportedKey,
    /// Its subject is not a holder reference and nothing else.
    #[error("the subject of the card certificate is not a holder reference")]
    BadHolderReference,
}

impl PathError {
    /// A stable code for programs and help texts.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge | Self::Malformed => "card.malformed",
            Self::UnknownIssuer => "card.unknown-issuer",
            Self::BadSignature => "card.bad-signature",
            Self::IssuerNotValid => "card.issuer-not-valid",
            Self::NotYetValid => "card.not-yet-valid",
            Self::Expired => "card.expired",
            Self::UnknownCriticalExtension
            | Self::IsAuthority
            | Self::WrongKeyUsage
            | Self::WrongPurpose
            | Self::WrongPolicy
            | Self::UnsupportedKey
            | Self::BadHolderReference => "card.wrong-profile",
        }
    }
}

impl From<CertificateError> for PathError {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::TooLarge => Self::TooLarge,
            CertificateError::Malformed | CertificateError::NoPem => Self::Malformed,
        }
    }
}

/// Why a root and issuers cannot be trusted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// There is nobody to believe.
    #[error("no issuer of cards is given")]
    NoIssuer,
    /// The root or an issuer is not an authority that may sign certificates and lists.
    #[error("a certificate that should be of an authority is not")]
    NotAnAuthority,
    /// The root did not sign itself, or an issuer was not signed by the root.
    #[error("an authority is not signed by the root")]
    NotSignedByRoot,
}

impl CardTrust {
    /// Trusts the cards of these issuers, each signed by the root. The chain is checked here, once.
    pub fn new(root: Certificate, issuers: Vec<Certificate>) -> Result<Self, TrustError> {
        let root_key = checks::authority_key(&root)?;
        if issuers.is_empty() {
            return Err(TrustError::NoIssuer);
        }
        checks::require_signed_by(&root, &root, &root_key)?;
        let issuers = issuers.into_iter().map(|issuer| {
            checks::require_signed_by(&issuer, &root, &root_key)?;
            Issuer::new(issuer)
        });
        let issuers = issuers.collect::<Result<_, _>>()?;
        Ok(Self { root, issuers })
    }

    /// Believes a card certificate (DER) for a purpose at a time, or says why not.
    pub fn verify(
        &self,
        leaf_der: &[u8],
        purpose: CardPurpose,
        now: Timestamp,
    ) -> Result<VerifiedCard, PathError> {
        let leaf = Certificate::from_der(leaf_der)?;
        let issuer = self.issuer_of(&leaf)?;
        let case = Case { leaf: &leaf, issuer, root: &self.root, purpose, now };
        checks::ALL.iter().try_for_each(|check| check(&case))?;
        case.accepted()
    }

    /// The issuers, for their revocation lists.
    pub fn issuers(&self) -> impl Iterator<Item = &Certificate> {
        self.issuers.iter().map(|issuer| &issuer.certificate)
    }

    /// Names may repeat (a new key under the old name), so every issuer of the name is tried.
    fn issuer_of(&self, leaf: &Certificate) -> Result<&Issuer, PathError> {
        let mut named = self.issuers.iter().filter(|issuer| issuer.is_named_by(leaf)).peekable();
        if named.peek().is_none() {
            return Err(PathError::UnknownIssuer);
        }
        named.find(|issuer| leaf.is_signed_by(&issuer.key)).ok_or(PathError::BadSignature)
    }
}

#[derive(Debug)]
struct Issuer {
    certificate: Certificate,
    key: PublicKey,
    thumbprint: String,
    purposes: Option<ExtendedKeyUsage>,
}

impl Issuer {
    fn new(certificate: Certificate) -> Result<Self, TrustError> {
        let key = checks::authority_key(&certificate)?;
        let purposes = certificate.extension().map_err(|_| TrustError::NotAnAuthority)?;
        let thumbprint = certificate.thumbprint();
        Ok(Self { certificate, key, thumbprint, purposes })
    }

    fn is_named_by(&self, leaf: &Certificate) -> bool {
        leaf.content().issuer == self.certificate.content().subject
    }
}

/// One certificate to be judged, its signature already checked.
struct Case<'a> {
    leaf: &'a Certificate,
    issuer: &'a Issuer,
    root: &'a Certificate,
    purpose: CardPurpose,
    now: Timestamp,
}

impl Case<'_> {
    fn accepted(&self) -> Result<VerifiedCard, PathError> {
        Ok(VerifiedCard {
            holder_reference: checks::holder_reference(self.leaf)?.to_owned(),
            serial_hex: self.leaf.serial_hex(),
            not_after: self.leaf.not_after(),
            public_key: self.leaf.public_key().map_err(|_| PathError::UnsupportedKey)?,
            issuer_thumbprint: self.issuer.thumbprint.clone(),
            crl_url: crl_url(self.leaf)?,
        })
    }
}

fn crl_url(leaf: &Certificate) -> Result<Option<String>, PathError> {
    let points = leaf.extension::<CrlDistributionPoints>().map_err(|_| PathError::Malformed)?;
    let points = points.map(|points| points.0).unwrap_or_default();
    let point = points.first().and_then(|point| point.distribution_point.as_ref());
    Ok(point.and_then(extension::url_of).map(str::to_owned))
}

#[cfg(test)]
mod tests;
