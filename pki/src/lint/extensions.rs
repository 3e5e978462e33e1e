//! Rules about the extensions (RFC 5280 §4.2).

use x509_cert::der::oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_CERTIFICATE_POLICIES,
    ID_CE_CRL_DISTRIBUTION_POINTS, ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE, ID_CE_NAME_CONSTRAINTS,
    ID_CE_SUBJECT_ALT_NAME, ID_CE_SUBJECT_KEY_IDENTIFIER, ID_KP_OCSP_SIGNING,
    ID_PE_AUTHORITY_INFO_ACCESS,
};
use x509_cert::der::oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use x509_cert::der::oid::{AssociatedOid, ObjectIdentifier};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, ExtendedKeyUsage,
    NameConstraints, SubjectAltName, SubjectKeyIdentifier,
};

use super::{Case, Rule};
use crate::{SubjectKind, extension, name};

pub(super) const RULES: &[Rule] = &[
    Rule { name: "no-extension-twice", section: "RFC 5280 §4.2", holds: none_is_repeated },
    Rule { name: "known-extensions", section: "profile", holds: all_are_known },
    Rule { name: "critical-flags", section: "RFC 5280 §4.2.1", holds: critical_flags_fit },
    Rule { name: "authority-key-id", section: "RFC 5280 §4.2.1.1", holds: points_to_issuer_key },
    Rule { name: "subject-key-id", section: "RFC 5280 §4.2.1.2", holds: identifies_its_key },
    Rule { name: "key-usage", section: "RFC 5280 §4.2.1.3", holds: key_usage_fits },
    Rule { name: "policies", section: "RFC 5280 §4.2.1.4", holds: policies_fit },
    Rule { name: "policies-within-issuer", section: "RFC 5280 §6.1.3", holds: policies_are_given },
    Rule { name: "alternative-names", section: "profile", holds: alternative_names_fit },
    Rule { name: "basic-constraints", section: "RFC 5280 §4.2.1.9", holds: constraints_fit },
    Rule { name: "path-length", section: "RFC 5280 §4.2.1.9", holds: issuer_may_issue },
    Rule { name: "name-constraints", section: "RFC 5280 §4.2.1.10", holds: name_constraints_fit },
    Rule { name: "extended-key-usage", section: "RFC 5280 §4.2.1.12", holds: purposes_fit },
    Rule { name: "purposes-within-issuer", section: "profile", holds: purposes_are_given },
    Rule { name: "crl-distribution-point", section: "RFC 5280 §4.2.1.13", holds: list_is_named },
    Rule { name: "authority-access", section: "RFC 5280 §4.2.2.1", holds: access_fits },
    Rule { name: "ocsp-nocheck", section: "RFC 6960 §4.2.2.2.1", holds: no_check_fits },
];

/// What our certificates may carry, and whether it is critical there.
const KNOWN: [(ObjectIdentifier, bool); 11] = [
    (ID_CE_KEY_USAGE, true),
    (ID_CE_BASIC_CONSTRAINTS, true),
    (ID_CE_NAME_CONSTRAINTS, true),
    (ID_CE_EXT_KEY_USAGE, false),
    (ID_CE_CERTIFICATE_POLICIES, false),
    (ID_CE_SUBJECT_KEY_IDENTIFIER, false),
    (ID_CE_AUTHORITY_KEY_IDENTIFIER, false),
    (ID_CE_SUBJECT_ALT_NAME, false),
    (ID_CE_CRL_DISTRIBUTION_POINTS, false),
    (ID_PE_AUTHORITY_INFO_ACCESS, false),
    (ID_PKIX_OCSP_NOCHECK, false),
];

fn none_is_repeated(case: &Case<'_>) -> bool {
    let all = case.extensions();
    let times = |id| all.iter().filter(|other| other.extn_id == id).count();
    all.iter().all(|one| times(one.extn_id) == 1)
}

fn all_are_known(case: &Case<'_>) -> bool {
    case.extensions().iter().all(|one| KNOWN.iter().any(|(id, _)| *id == one.extn_id))
}

fn critical_flags_fit(case: &Case<'_>) -> bool {
    let wanted = |id| KNOWN.iter().find(|(known, _)| *known == id).map(|(_, critical)| *critical);
    case.extensions().iter().all(|one| wanted(one.extn_id).is_none_or(|it| it == one.critical))
}

/// The issuer's subject key identifier, byte for byte. A root may leave it out.
fn points_to_issuer_key(case: &Case<'_>) -> bool {
    let Some(issuer) = case.expected.issuer else {
        return !case.has(AuthorityKeyIdentifier::OID);
    };
    let wanted = issuer.key_identifier();
    let wanted = wanted.and_then(|id| extension::authority_key_identifier(&id).ok());
    wanted.is_some() && case.is_exactly(wanted.as_ref())
}

/// RFC 7093 §2, method 1.
fn identifies_its_key(case: &Case<'_>) -> bool {
    let wanted = case.key().and_then(|key| extension::subject_key_identifier(&key).ok());
    case.extension::<SubjectKeyIdentifier>().is_some_and(|found| Some(found) == wanted)
}

fn key_usage_fits(case: &Case<'_>) -> bool {
    case.is_exactly(Some(&extension::key_usage(case.profile())))
}

fn policies_fit(case: &Case<'_>) -> bool {
    let wanted = extension::policies(case.profile(), &case.publication().policies);
    case.is_exactly(Some(&wanted).filter(|wanted| !wanted.0.is_empty()))
}

/// An issuer that names policies gives no other.
fn policies_are_given(case: &Case<'_>) -> bool {
    let Some(issuer) = case.expected.issuer else { return true };
    let Ok(given) = issuer.extension::<CertificatePolicies>() else { return false };
    let wanted = case.profile().policies(&case.publication().policies);
    let given = given.map(|given| given.0);
    let is_given = |wanted| {
        given.as_ref().is_none_or(|given| given.iter().any(|one| one.policy_identifier == wanted))
    };
    wanted.into_iter().all(is_given)
}

/// Parties and servers are reached under names; nobody else has any.
fn alternative_names_fit(case: &Case<'_>) -> bool {
    let names = case.extension::<SubjectAltName>().map(|names| names.0).unwrap_or_default();
    let own = name::sole_common_name(&case.content.subject).unwrap_or_default();
    match case.profile().subject {
        SubjectKind::Authority | SubjectKind::Holder => !case.has(SubjectAltName::OID),
        SubjectKind::Party => names.iter().any(|name| is_party(name, own)),
        SubjectKind::Host => {
            !names.is_empty() && names.iter().all(is_host) && names.iter().any(|n| is_dns(n, own))
        }
    }
}

fn is_party(found: &GeneralName, name: &str) -> bool {
    let GeneralName::UniformResourceIdentifier(uri) = found else { return false };
    uri.as_str().strip_prefix("urn:warifu:party:") == Some(name)
}

fn is_host(found: &GeneralName) -> bool {
    matches!(found, GeneralName::DnsName(_) | GeneralName::IpAddress(_))
}

fn is_dns(found: &GeneralName, name: &str) -> bool {
    matches!(found, GeneralName::DnsName(host) if host.as_str() == name)
}

fn constraints_fit(case: &Case<'_>) -> bool {
    case.is_exactly(extension::basic_constraints(case.profile()).as_ref())
}

fn issuer_may_issue(case: &Case<'_>) -> bool {
    let Some(issuer) = case.expected.issuer else { return true };
    let constraints = issuer.extension::<BasicConstraints>().ok().flatten();
    let Some(constraints) = constraints.filter(|constraints| constraints.ca) else { return false };
    let room = constraints.path_len_constraint.unwrap_or(u8::MAX);
    case.profile().authorities_below.is_none_or(|below| below < room)
}

/// An authority alone may have them, and then they name something.
fn name_constraints_fit(case: &Case<'_>) -> bool {
    if !case.has(NameConstraints::OID) {
        return true;
    }
    let found = case.extension::<NameConstraints>();
    let permitted = found.and_then(|found| found.permitted_subtrees).unwrap_or_default();
    case.profile().is_authority() && !permitted.is_empty()
}

fn purposes_fit(case: &Case<'_>) -> bool {
    let wanted = ExtendedKeyUsage(case.profile().purposes(&case.publication().policies));
    case.is_exactly(Some(&wanted).filter(|wanted| !wanted.0.is_empty()))
}

/// An issuer that names purposes gives no other, but for its own OCSP signer: with that purpose in
/// its certificate it could answer for the authority above.
fn purposes_are_given(case: &Case<'_>) -> bool {
    let Some(issuer) = case.expected.issuer else { return true };
    let Ok(given) = issuer.extension::<ExtendedKeyUsage>() else { return false };
    let wanted = case.profile().purposes(&case.publication().policies);
    let is_given = |wanted| given.as_ref().is_none_or(|given| given.0.contains(wanted));
    wanted.iter().all(|wanted| *wanted == ID_KP_OCSP_SIGNING || is_given(wanted))
}

fn list_is_named(case: &Case<'_>) -> bool {
    let serial = case.content.serial_number.as_bytes();
    extension::distribution_points(case.profile(), case.publication(), serial)
        .is_ok_and(|wanted| case.is_exactly(wanted.as_ref()))
}

fn access_fits(case: &Case<'_>) -> bool {
    extension::authority_access(case.profile(), case.publication())
        .is_ok_and(|wanted| case.is_exactly(wanted.as_ref()))
}

fn no_check_fits(case: &Case<'_>) -> bool {
    case.has(ID_PKIX_OCSP_NOCHECK) == case.profile().no_check
}
