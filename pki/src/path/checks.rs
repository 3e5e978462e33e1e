//! The checks that a card certificate passes after its signature, one cause each.

use jiff::Timestamp;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5280::{
    ID_CE_BASIC_CONSTRAINTS, ID_CE_CERTIFICATE_POLICIES, ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE,
};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

use super::{CardPurpose, Case, PathError, TrustError};
use crate::{Certificate, PolicyId, Profile, PublicKey, name, policy};

type Check = fn(&Case<'_>) -> Result<(), PathError>;

/// In the order in which the first cause is reported.
pub(super) const ALL: [Check; 8] = [
    issuer_is_valid_now,
    leaf_is_valid_now,
    every_critical_extension_is_known,
    leaf_is_no_authority,
    key_is_for_signatures_only,
    purpose_is_the_one_asked_for,
    policy_is_the_one_asked_for,
    subject_is_a_holder_reference,
];

/// The extensions that the checks below read.
const UNDERSTOOD: [ObjectIdentifier; 4] =
    [ID_CE_KEY_USAGE, ID_CE_BASIC_CONSTRAINTS, ID_CE_EXT_KEY_USAGE, ID_CE_CERTIFICATE_POLICIES];

const HOLDER_REFERENCE_LENGTH: usize = 32;

/// The key of a certificate that may sign certificates and revocation lists.
pub(super) fn authority_key(certificate: &Certificate) -> Result<PublicKey, TrustError> {
    let usage = certificate.extension::<KeyUsage>().ok().flatten();
    let signs = usage.is_some_and(|usage| usage.key_cert_sign() && usage.crl_sign());
    if !certificate.is_authority() || !signs || has_unknown_critical(certificate) {
        return Err(TrustError::NotAnAuthority);
    }
    certificate.public_key().map_err(|_| TrustError::NotAnAuthority)
}

pub(super) fn require_signed_by(
    certificate: &Certificate,
    issuer: &Certificate,
    key: &PublicKey,
) -> Result<(), TrustError> {
    let names_issuer = certificate.content().issuer == issuer.content().subject;
    if names_issuer && certificate.is_signed_by(key) {
        return Ok(());
    }
    Err(TrustError::NotSignedByRoot)
}

pub(super) fn holder_reference(leaf: &Certificate) -> Result<&str, PathError> {
    name::sole_common_name(&leaf.content().subject)
        .filter(|reference| is_holder_reference(reference))
        .ok_or(PathError::BadHolderReference)
}

fn is_holder_reference(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == HOLDER_REFERENCE_LENGTH && text.bytes().all(is_digit)
}

fn issuer_is_valid_now(case: &Case<'_>) -> Result<(), PathError> {
    let chain = [case.root, &case.issuer.certificate];
    let all_valid = chain.iter().all(|one| !is_before(one, case.now) && !is_after(one, case.now));
    require(all_valid, PathError::IssuerNotValid)
}

fn leaf_is_valid_now(case: &Case<'_>) -> Result<(), PathError> {
    require(!is_before(case.leaf, case.now), PathError::NotYetValid)?;
    require(!is_after(case.leaf, case.now), PathError::Expired)
}

fn every_critical_extension_is_known(case: &Case<'_>) -> Result<(), PathError> {
    require(!has_unknown_critical(case.leaf), PathError::UnknownCriticalExtension)
}

fn leaf_is_no_authority(case: &Case<'_>) -> Result<(), PathError> {
    let constraints =
        case.leaf.extension::<BasicConstraints>().map_err(|_| PathError::Malformed)?;
    require(constraints.is_none_or(|constraints| !constraints.ca), PathError::IsAuthority)
}

fn key_is_for_signatures_only(case: &Case<'_>) -> Result<(), PathError> {
    let usage = case.leaf.extension::<KeyUsage>().map_err(|_| PathError::Malformed)?;
    let fits = usage.is_some_and(|usage| {
        usage.digital_signature() && !usage.key_cert_sign() && !usage.crl_sign()
    });
    require(fits, PathError::WrongKeyUsage)
}

/// Exactly the purposes of the profile, so that no certificate serves for both slots, and none that
/// its issuer may not give.
fn purpose_is_the_one_asked_for(case: &Case<'_>) -> Result<(), PathError> {
    let found = case.leaf.extension::<ExtendedKeyUsage>().map_err(|_| PathError::Malformed)?;
    let purposes = found.ok_or(PathError::WrongPurpose)?.0;
    let may_give =
        |purpose| case.issuer.purposes.as_ref().is_none_or(|allowed| allowed.0.contains(purpose));
    let fits = purposes == profile(case.purpose).purposes && purposes.iter().all(may_give);
    require(fits, PathError::WrongPurpose)
}

fn policy_is_the_one_asked_for(case: &Case<'_>) -> Result<(), PathError> {
    let extensions = case.leaf.content().extensions.iter().flatten();
    let value = extensions.clone().find(|one| one.extn_id == ID_CE_CERTIFICATE_POLICIES);
    let value = value.ok_or(PathError::WrongPolicy)?.extn_value.as_bytes();
    let names = |policy: &PolicyId| policy::names(value, *policy).unwrap_or(false);
    require(profile(case.purpose).policies.iter().all(names), PathError::WrongPolicy)
}

fn subject_is_a_holder_reference(case: &Case<'_>) -> Result<(), PathError> {
    holder_reference(case.leaf).map(drop)
}

fn profile(purpose: CardPurpose) -> &'static Profile {
    match purpose {
        CardPurpose::Authentication => &Profile::CARD_AUTHENTICATION,
        CardPurpose::Presence => &Profile::CARD_PRESENCE,
    }
}

fn has_unknown_critical(certificate: &Certificate) -> bool {
    let extensions = certificate.content().extensions.iter().flatten();
    extensions.filter(|one| one.critical).any(|one| !UNDERSTOOD.contains(&one.extn_id))
}

fn is_before(certificate: &Certificate, now: Timestamp) -> bool {
    now < certificate.not_before()
}

fn is_after(certificate: &Certificate, now: Timestamp) -> bool {
    now.as_second() > certificate.not_after().as_second()
}

fn require(holds: bool, cause: PathError) -> Result<(), PathError> {
    if holds { Ok(()) } else { Err(cause) }
}
