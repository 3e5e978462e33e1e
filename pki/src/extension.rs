//! The extensions our certificates carry (RFC 5280 §4.2), written from profile and publication.

use openssl::sha::sha256;
use x509_cert::der::asn1::{Ia5String, Null, OctetString};
use x509_cert::der::flagset::FlagSet;
use x509_cert::der::oid::db::rfc5912::{ID_AD_CA_ISSUERS, ID_AD_OCSP};
use x509_cert::der::oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use x509_cert::der::oid::{AssociatedOid, ObjectIdentifier};
use x509_cert::der::{self, Decode, Encode};
use x509_cert::ext::pkix::certpolicy::PolicyInformation;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CertificatePolicies, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, NameConstraints,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, Extensions};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use crate::{AlternativeName, PolicyArc, Profile, PublicKey, Publication, Subject, SubjectError};

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

/// All extensions of the certificate with this serial number. A root has no issuer but itself and
/// passes `None`.
pub(crate) fn all(
    profile: &Profile,
    subject: &Subject,
    key: &PublicKey,
    serial: &[u8],
    issuer: Option<&IssuerMarks<'_>>,
) -> Result<Extensions, ExtensionError> {
    let arc = issuer.map(|issuer| issuer.publication.policies).unwrap_or_default();
    let mut extensions = of_profile(profile, &arc)?;
    extensions.push(of(!CRITICAL, &subject_key_identifier(key)?)?);
    if let Some(issuer) = issuer {
        extensions.extend(of_issuer(profile, serial, issuer)?);
    }
    extensions.extend(of_subject(subject)?);
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
    urls_of(point).next()
}

/// The URLs of a distribution point: different ways to one list.
pub(crate) fn urls_of(point: &DistributionPointName) -> impl Iterator<Item = &str> {
    let names = match point {
        DistributionPointName::FullName(names) => names.as_slice(),
        DistributionPointName::NameRelativeToCRLIssuer(_) => &[],
    };
    names.iter().filter_map(|name| match name {
        GeneralName::UniformResourceIdentifier(url) => Some(url.as_str()),
        _ => None,
    })
}

fn of_profile(profile: &Profile, arc: &PolicyArc) -> der::Result<Extensions> {
    let mut extensions = vec![of(CRITICAL, &key_usage(profile))?];
    if let Some(constraints) = basic_constraints(profile) {
        extensions.push(of(CRITICAL, &constraints)?);
    }
    if !profile.key_purposes.is_empty() {
        extensions.push(of(!CRITICAL, &ExtendedKeyUsage(profile.purposes(arc)))?);
    }
    if !profile.policy_kinds.is_empty() {
        extensions.push(of(!CRITICAL, &policies(profile, arc))?);
    }
    if profile.no_check {
        extensions.push(raw(ID_PKIX_OCSP_NOCHECK, !CRITICAL, Null.to_der()?)?);
    }
    Ok(extensions)
}

pub(crate) fn key_usage(profile: &Profile) -> KeyUsage {
    let uses = profile.key_usage.iter();
    KeyUsage(uses.fold(FlagSet::default(), |all, one| all | *one))
}

/// Absent from the certificate of an end entity: RFC 5280 §4.2.1.9.
pub(crate) fn basic_constraints(profile: &Profile) -> Option<BasicConstraints> {
    let below = profile.authorities_below?;
    Some(BasicConstraints { ca: true, path_len_constraint: Some(below) })
}

/// Without qualifiers: RFC 5280 §4.2.1.4.
pub(crate) fn policies(profile: &Profile, arc: &PolicyArc) -> CertificatePolicies {
    let information =
        |policy_identifier| PolicyInformation { policy_identifier, policy_qualifiers: None };
    CertificatePolicies(profile.policies(arc).into_iter().map(information).collect())
}

/// The leftmost 160 bits of the SHA-256 of the key bits: RFC 7093 §2, method 1.
pub(crate) fn subject_key_identifier(key: &PublicKey) -> der::Result<SubjectKeyIdentifier> {
    let info = SubjectPublicKeyInfoRef::from_der(key.der())?;
    let digest = sha256(info.subject_public_key.raw_bytes());
    let leftmost = digest.first_chunk::<20>().map(<[u8; 20]>::as_slice).unwrap_or_default();
    Ok(SubjectKeyIdentifier(OctetString::new(leftmost)?))
}

fn of_issuer(
    profile: &Profile,
    serial: &[u8],
    issuer: &IssuerMarks<'_>,
) -> der::Result<Extensions> {
    let mut extensions = vec![of(!CRITICAL, &authority_key_identifier(issuer.key_identifier)?)?];
    if let Some(points) = distribution_points(profile, issuer.publication, serial)? {
        extensions.push(of(!CRITICAL, &points)?);
    }
    if let Some(access) = authority_access(profile, issuer.publication)? {
        extensions.push(of(!CRITICAL, &access)?);
    }
    Ok(extensions)
}

/// Where the list is that would hold the certificate. What is believed without asking has none.
pub(crate) fn distribution_points(
    profile: &Profile,
    publication: &Publication,
    serial: &[u8],
) -> der::Result<Option<CrlDistributionPoints>> {
    let url = publication.lists.url_of(serial).filter(|_| !profile.no_check);
    let Some(url) = url else { return Ok(None) };
    let distribution_point = Some(at_url(&url)?);
    let point = DistributionPoint { distribution_point, reasons: None, crl_issuer: None };
    Ok(Some(CrlDistributionPoints(vec![point])))
}

/// Where the issuer's certificate is and where it answers: RFC 5280 §4.2.2.1. Authorities are
/// revoked by list alone, and what is believed without asking has nobody to ask.
pub(crate) fn authority_access(
    profile: &Profile,
    publication: &Publication,
) -> der::Result<Option<AuthorityInfoAccessSyntax>> {
    let asks = !profile.no_check && !profile.is_authority();
    let answers = publication.ocsp_url.as_deref().filter(|_| asks);
    let issuer = publication.certificate_url.as_deref();
    let access = [(ID_AD_CA_ISSUERS, issuer), (ID_AD_OCSP, answers)]
        .into_iter()
        .filter_map(|(method, url)| Some(access(method, url?)))
        .collect::<der::Result<Vec<_>>>()?;
    Ok((!access.is_empty()).then_some(AuthorityInfoAccessSyntax(access)))
}

fn access(access_method: ObjectIdentifier, url: &str) -> der::Result<AccessDescription> {
    let access_location = GeneralName::UniformResourceIdentifier(Ia5String::new(url)?);
    Ok(AccessDescription { access_method, access_location })
}

fn of_subject(subject: &Subject) -> Result<Extensions, ExtensionError> {
    let mut extensions = Extensions::new();
    if !subject.alternative_names.is_empty() {
        let names = subject.alternative_names.iter().map(AlternativeName::to_x509);
        let names = names.collect::<Result<Vec<_>, _>>()?;
        extensions.push(of(!CRITICAL, &SubjectAltName(names))?);
    }
    if !subject.permitted_hosts.is_empty() {
        extensions.push(of(CRITICAL, &name_constraints(&subject.permitted_hosts)?)?);
    }
    Ok(extensions)
}

fn name_constraints(hosts: &[String]) -> der::Result<NameConstraints> {
    let subtree = |host: &String| {
        let base = GeneralName::DnsName(Ia5String::new(host)?);
        Ok(GeneralSubtree { base, minimum: 0, maximum: None })
    };
    let permitted = hosts.iter().map(subtree).collect::<der::Result<Vec<_>>>()?;
    Ok(NameConstraints { permitted_subtrees: Some(permitted), excluded_subtrees: None })
}
