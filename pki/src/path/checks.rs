//! The checks that the last certificate of a path passes, one cause each.

use jiff::Timestamp;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5280::{
    ID_CE_BASIC_CONSTRAINTS, ID_CE_CERTIFICATE_POLICIES, ID_CE_CRL_DISTRIBUTION_POINTS,
    ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE, ID_CE_POLICY_CONSTRAINTS, ID_CE_SUBJECT_ALT_NAME,
};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

use super::authority::{Authority, has_unknown_critical, is_after, is_before};
use super::{PathError, PathRequirements, names, require};
use crate::{Certificate, PublicKey};

/// The last certificate of a path, and what is asked of it.
pub(super) struct End<'a> {
    pub(super) leaf: &'a Certificate,
    /// Its key, read once: that takes longer than checking a signature.
    pub(super) key: &'a Result<PublicKey, PathError>,
    pub(super) required: &'a PathRequirements,
    pub(super) now: Timestamp,
}

/// Gets the authorities above too: the issuer first, the root last.
type Check = fn(&End<'_>, &[&Authority]) -> Result<(), PathError>;

/// In the order in which the first cause is reported.
pub(super) const ALL: [Check; 8] = [
    is_valid_now,
    every_critical_extension_is_known,
    is_no_authority,
    names_are_printable,
    key_is_for_signatures_only,
    key_is_of_a_kind_asked_for,
    purpose_is_the_one_asked_for,
    every_issuer_may_give_the_purpose,
];

/// The extensions that are processed in the certificates of end entities.
const UNDERSTOOD: [ObjectIdentifier; 7] = [
    ID_CE_KEY_USAGE,
    ID_CE_BASIC_CONSTRAINTS,
    ID_CE_EXT_KEY_USAGE,
    ID_CE_CERTIFICATE_POLICIES,
    ID_CE_CRL_DISTRIBUTION_POINTS,
    ID_CE_SUBJECT_ALT_NAME,
    ID_CE_POLICY_CONSTRAINTS,
];

fn is_valid_now(end: &End<'_>, _: &[&Authority]) -> Result<(), PathError> {
    require(!is_before(end.leaf, end.now), PathError::NotYetValid)?;
    require(!is_after(end.leaf, end.now), PathError::Expired)
}

fn every_critical_extension_is_known(end: &End<'_>, _: &[&Authority]) -> Result<(), PathError> {
    require(!has_unknown_critical(end.leaf, &UNDERSTOOD), PathError::UnknownCriticalExtension)
}

fn is_no_authority(end: &End<'_>, _: &[&Authority]) -> Result<(), PathError> {
    let constraints = end.leaf.extension::<BasicConstraints>().map_err(|_| PathError::Malformed)?;
    require(constraints.is_none_or(|constraints| !constraints.ca), PathError::IsAuthority)
}

fn names_are_printable(end: &End<'_>, _: &[&Authority]) -> Result<(), PathError> {
    names::require_printable(end.leaf)
}

fn key_is_for_signatures_only(end: &End<'_>, _: &[&Authority]) -> Result<(), PathError> {
    let usage = end.leaf.extension::<KeyUsage>().map_err(|_| PathError::Malformed)?;
    let fits = usage.is_some_and(|usage| {
        usage.digital_signature() && !usage.key_cert_sign() && !usage.crl_sign()
    });
    require(fits, PathError::WrongKeyUsage)
}

fn key_is_of_a_kind_asked_for(end: &End<'_>, _: &[&Authority]) -> Result<(), PathError> {
    let key = end.key.as_ref().map_err(|cause| *cause)?;
    require(end.required.keys.contains(&key.algorithm()), PathError::UnsupportedKey)
}

/// All purposes asked for and, where that is asked, no other: so that no certificate of ours serves
/// for both slots of a card.
fn purpose_is_the_one_asked_for(end: &End<'_>, _: &[&Authority]) -> Result<(), PathError> {
    let found = end.leaf.extension::<ExtendedKeyUsage>().map_err(|_| PathError::Malformed)?;
    let found = found.map(|found| found.0).unwrap_or_default();
    let wanted = &end.required.purposes;
    let has_all = wanted.iter().all(|purpose| found.contains(purpose));
    let is_exact = !end.required.only_these_purposes || found.len() == wanted.len();
    require(has_all && is_exact, PathError::WrongPurpose)
}

fn every_issuer_may_give_the_purpose(end: &End<'_>, above: &[&Authority]) -> Result<(), PathError> {
    let mut purposes = end.required.purposes.iter();
    let may = purposes.all(|purpose| above.iter().all(|issuer| issuer.may_give(purpose)));
    require(may, PathError::WrongPurpose)
}
