//! The extensions our certificates carry (RFC 5280 §4.2), written from profile and publication.

use openssl::sha::sha256;
use x509_cert::der::asn1::{Ia5String, OctetString};
use x509_cert::der::flagset::FlagSet;
use x509_cert::der::oid::db::rfc5280::ID_CE_CERTIFICATE_POLICIES;
use x509_cert::der::oid::db::rfc5912::ID_AD_CA_ISSUERS;
use x509_cert::der::oid::{AssociatedOid, ObjectIdentifier};
use x509_cert::der::{self, Decode, Encode};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, Extensions};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use crate::policy;
use crate::profile::{Profile, Subject, SubjectError};
use crate::{PublicKey, Publication};

const CRITICAL: bool = true;

/// The extensions could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExtensionError {
    #[error(transparent)]
    Encoding(#[from] der::Error),
    #[error(transparent)]
    Subject(#[from] SubjectError),
}

/// What of the issuer is written into the certificates it issues.
pub(crate) struct IssuerMarks<'a> {
    pub(crate) key_identifier: &'a [u8],
    pub(crate) publication: &'a Publication,
}

/// All extensions of a certificate. A root has no issuer but itself and passes `None`.
pub(crate) fn all(
    profile: &Profile,
    subject: &Subject,
    key: &PublicKey,
    issuer: Option<&IssuerMarks<'_>>,
) -> Result<Extensions, ExtensionError> {
    let mut extensions = of_profile(profile)?;
    extensions.push(of(!CRITICAL, &subject_key_identifier(key)?)?);
    if let Some(issuer) = issuer {
        extensions.extend(of_issuer(issuer)?);
    }
    if !subject.alternative_names.is_empty() {
        extensions.push(alternative_names(subject)?);
    }
    Ok(extensions)
}

/// One extension around its value.
pub(crate) fn of<T: AssociatedOid + Encode>(critical: bool, value: &T) -> der::Result<Extension> {
    raw(T::OID, critical, value.to_der()?)
}

pub(crate) fn raw(
    extn_id: ObjectIdentifier,
    critical: bool,
    value: Vec<u8>,
) -> der::Result<Extension> {
    Ok(Extension { extn_id, critical, extn_value: OctetString::new(value)? })
}

/// The authority key identifier that points to a subject key identifier, byte for byte.
pub(crate) fn authority_key_identifier(issuer: &[u8]) -> der::Result<AuthorityKeyIdentifier> {
    let key_identifier = Some(OctetString::new(issuer)?);
    Ok(AuthorityKeyIdentifier { key_identifier, ..AuthorityKeyIdentifier::default() })
}

/// A distribution point that is one URL.
pub(crate) fn at_url(url: &str) -> der::Result<DistributionPointName> {
    let url = GeneralName::UniformResourceIdentifier(Ia5String::new(url)?);
    Ok(DistributionPointName::FullName(vec![url]))
}

/// The first URL of a distribution point.
pub(crate) fn url_of(point: &DistributionPointName) -> Option<&str> {
    let DistributionPointName::FullName(names) = point else {
        return None;
    };
    names.iter().find_map(|name| match name {
        GeneralName::UniformResourceIdentifier(url) => Some(url.as_str()),
        _ => None,
    })
}

fn of_profile(profile: &Profile) -> der::Result<Extensions> {
    let mut extensions = vec![of(CRITICAL, &key_usage(profile))?];
    if let Some(below) = profile.authorities_below {
        let constraints = BasicConstraints { ca: true, path_len_constraint: Some(below) };
        extensions.push(of(CRITICAL, &constraints)?);
    }
    if !profile.purposes.is_empty() {
        extensions.push(of(!CRITICAL, &ExtendedKeyUsage(profile.purposes.to_vec()))?);
    }
    if !profile.policies.is_empty() {
        let value = policy::encode(profile.policies)?;
        extensions.push(raw(ID_CE_CERTIFICATE_POLICIES, !CRITICAL, value)?);
    }
    Ok(extensions)
}

fn key_usage(profile: &Profile) -> KeyUsage {
    let uses = profile.key_usage.iter();
    KeyUsage(uses.fold(FlagSet::default(), |all, one| all | *one))
}

/// The leftmost 160 bits of the SHA-256 of the key bits: RFC 7093 §2, method 1.
fn subject_key_identifier(key: &PublicKey) -> der::Result<SubjectKeyIdentifier> {
    let info = SubjectPublicKeyInfoRef::from_der(key.der())?;
    let digest = sha256(info.subject_public_key.raw_bytes());
    let leftmost = digest.first_chunk::<20>().map(<[u8; 20]>::as_slice).unwrap_or_default();
    Ok(SubjectKeyIdentifier(OctetString::new(leftmost)?))
}

fn of_issuer(issuer: &IssuerMarks<'_>) -> der::Result<Extensions> {
    let mut extensions = vec![of(!CRITICAL, &authority_key_identifier(issuer.key_identifier)?)?];
    if let Some(url) = &issuer.publication.crl_url {
        extensions.push(of(!CRITICAL, &distribution_points(url)?)?);
    }
    if let Some(url) = &issuer.publication.certificate_url {
        extensions.push(of(!CRITICAL, &issuer_certificate(url)?)?);
    }
    Ok(extensions)
}

fn distribution_points(url: &str) -> der::Result<CrlDistributionPoints> {
    let distribution_point = Some(at_url(url)?);
    let point = DistributionPoint { distribution_point, reasons: None, crl_issuer: None };
    Ok(CrlDistributionPoints(vec![point]))
}

fn issuer_certificate(url: &str) -> der::Result<AuthorityInfoAccessSyntax> {
    let access_location = GeneralName::UniformResourceIdentifier(Ia5String::new(url)?);
    let access = AccessDescription { access_method: ID_AD_CA_ISSUERS, access_location };
    Ok(AuthorityInfoAccessSyntax(vec![access]))
}

fn alternative_names(subject: &Subject) -> Result<Extension, ExtensionError> {
    let names = subject.alternative_names.iter().map(crate::AlternativeName::to_x509);
    let names = names.collect::<Result<Vec<_>, _>>()?;
    Ok(of(!CRITICAL, &SubjectAltName(names))?)
}
