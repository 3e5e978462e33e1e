//! Our own cards: which authorities may issue them, and what they look like.

use x509_cert::ext::pkix::{BasicConstraints, CertificatePolicies, ExtendedKeyUsage, KeyUsage};

use super::authority::Authority;
use super::{PathRequirements, PathValidator, TrustError};
use crate::{Certificate, PolicyArc, Profile, extension};

/// Who issues cards, and for whom.
const ISSUERS: [&Profile; 2] = [&Profile::CARDS_AUTHORITY, &Profile::STAFF_AUTHORITY];

/// What residents' and staff's cards show after the PIN.
pub(super) fn authentication(arc: &PolicyArc) -> PathRequirements {
    let resident = of(&Profile::CARD_AUTHENTICATION, arc);
    let staff = of(&Profile::STAFF_AUTHENTICATION, arc);
    PathRequirements { policies: [resident.policies, staff.policies].concat(), ..resident }
}

/// What cards show without a PIN.
pub(super) fn presence(arc: &PolicyArc) -> PathRequirements {
    of(&Profile::CARD_PRESENCE, arc)
}

fn of(profile: &Profile, arc: &PolicyArc) -> PathRequirements {
    PathRequirements {
        purposes: profile.purposes(arc),
        only_these_purposes: true,
        policies: profile.policies(arc),
        keys: profile.keys.to_vec(),
    }
}

/// Whether an authority was made for issuing cards.
pub(super) fn is_issuer(certificate: &Certificate, arc: &PolicyArc) -> bool {
    ISSUERS.iter().any(|profile| is_of(certificate, profile, arc))
}

fn is_of(certificate: &Certificate, profile: &Profile, arc: &PolicyArc) -> bool {
    let constraints = certificate.extension::<BasicConstraints>();
    let usage = certificate.extension::<KeyUsage>();
    let purposes = certificate.extension::<ExtendedKeyUsage>();
    let policies = certificate.extension::<CertificatePolicies>();
    constraints == Ok(extension::basic_constraints(profile))
        && usage == Ok(Some(extension::key_usage(profile)))
        && purposes == Ok(Some(ExtendedKeyUsage(profile.purposes(arc))))
        && policies == Ok(Some(extension::policies(profile, arc)))
}

/// Whether the root certified itself and each of these authorities, whatever they issue.
pub fn require_certified(
    root: &Certificate,
    authorities: &[Certificate],
) -> Result<(), TrustError> {
    let validator = PathValidator::new(vec![root.clone()], authorities.to_vec())?;
    require_all_below(&validator, authorities)
}

pub(crate) fn require_all_below(
    validator: &PathValidator,
    authorities: &[Certificate],
) -> Result<(), TrustError> {
    authorities.iter().try_for_each(|one| require_below(validator, one))
}

/// Whether an authority is one, signs lists too, and leads to a root.
pub(super) fn require_below(
    validator: &PathValidator,
    certificate: &Certificate,
) -> Result<(), TrustError> {
    if !validator.is_linked(certificate) {
        return Err(TrustError::NotSignedByRoot);
    }
    let form = Authority::new(certificate.clone(), false).require_form();
    let usage = certificate.extension::<KeyUsage>().ok().flatten();
    let signs_lists = usage.is_some_and(|usage| usage.crl_sign());
    if form.is_ok() && signs_lists { Ok(()) } else { Err(TrustError::NotAnAuthority) }
}
