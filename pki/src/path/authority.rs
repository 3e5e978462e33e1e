//! What a certificate must be to stand above another.

use jiff::Timestamp;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5280::{
    ANY_EXTENDED_KEY_USAGE, ID_CE_BASIC_CONSTRAINTS, ID_CE_CERTIFICATE_POLICIES,
    ID_CE_CRL_DISTRIBUTION_POINTS, ID_CE_EXT_KEY_USAGE, ID_CE_INHIBIT_ANY_POLICY, ID_CE_KEY_USAGE,
    ID_CE_NAME_CONSTRAINTS, ID_CE_POLICY_CONSTRAINTS, ID_CE_POLICY_MAPPINGS,
    ID_CE_SUBJECT_ALT_NAME,
};
use x509_cert::der::oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, SHA_256_WITH_RSA_ENCRYPTION,
};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

use super::{PathError, names, require};
use crate::{Certificate, PublicKey};

/// The extensions that are processed in the certificates of authorities.
const UNDERSTOOD: [ObjectIdentifier; 10] = [
    ID_CE_KEY_USAGE,
    ID_CE_BASIC_CONSTRAINTS,
    ID_CE_EXT_KEY_USAGE,
    ID_CE_CERTIFICATE_POLICIES,
    ID_CE_CRL_DISTRIBUTION_POINTS,
    ID_CE_SUBJECT_ALT_NAME,
    ID_CE_NAME_CONSTRAINTS,
    ID_CE_POLICY_CONSTRAINTS,
    ID_CE_POLICY_MAPPINGS,
    ID_CE_INHIBIT_ANY_POLICY,
];

/// What signs the certificates that are believed.
const SIGNATURES: [ObjectIdentifier; 3] =
    [ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, SHA_256_WITH_RSA_ENCRYPTION];

/// A certificate that may stand above others, with what is asked of it again and again.
#[derive(Clone, Debug)]
pub(super) struct Authority {
    pub(super) certificate: Certificate,
    pub(super) thumbprint: String,
    pub(super) is_root: bool,
    key: Result<PublicKey, PathError>,
    form: Result<Form, PathError>,
}

#[derive(Clone, Debug)]
struct Form {
    below: Option<u8>,
    purposes: Option<ExtendedKeyUsage>,
}

impl Authority {
    pub(super) fn new(certificate: Certificate, is_root: bool) -> Self {
        let key = certificate.public_key().map_err(|_| PathError::UnsupportedKey);
        let thumbprint = certificate.thumbprint();
        Self { form: Form::of(&certificate), certificate, thumbprint, is_root, key }
    }

    /// How many authorities may stand below, where that is limited.
    pub(super) fn below(&self) -> Option<u8> {
        self.form.as_ref().ok().and_then(|form| form.below)
    }

    /// Whether it may be what it claims to be.
    pub(super) fn require_form(&self) -> Result<(), PathError> {
        self.form.as_ref().map(drop).map_err(|cause| *cause)
    }

    pub(super) fn require_valid(&self, now: Timestamp) -> Result<(), PathError> {
        require(!is_before(&self.certificate, now), PathError::IssuerNotYetValid)?;
        require(!is_after(&self.certificate, now), PathError::IssuerExpired)
    }

    /// Whether those below may serve this purpose.
    pub(super) fn may_give(&self, purpose: &ObjectIdentifier) -> bool {
        let purposes = self.form.as_ref().ok().and_then(|form| form.purposes.as_ref());
        purposes
            .is_none_or(|all| all.0.contains(purpose) || all.0.contains(&ANY_EXTENDED_KEY_USAGE))
    }

    pub(super) fn is_named_by(&self, certificate: &Certificate) -> bool {
        certificate.content().issuer == self.certificate.content().subject
    }

    /// Whether it signed a certificate that names it as issuer.
    pub(super) fn require_signed(&self, certificate: &Certificate) -> Result<(), PathError> {
        let algorithm = certificate.content().signature.oid;
        require(SIGNATURES.contains(&algorithm), PathError::UnsupportedSignature)?;
        let key = self.key.as_ref().map_err(|cause| *cause)?;
        require(certificate.is_signed_by(key), PathError::BadSignature)
    }

    /// The same authority under the same key, whichever certificate says so.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.certificate.public_key_der() == other.certificate.public_key_der()
            && self.certificate.content().subject == other.certificate.content().subject
    }
}

impl Form {
    /// RFC 5280 §6.1.4 (k), (n) and (o).
    fn of(certificate: &Certificate) -> Result<Self, PathError> {
        names::require_printable(certificate)?;
        require(
            !has_unknown_critical(certificate, &UNDERSTOOD),
            PathError::UnknownCriticalExtension,
        )?;
        let constraints =
            certificate.extension::<BasicConstraints>().map_err(|_| PathError::Malformed)?;
        let constraints = constraints.filter(|found| found.ca).ok_or(PathError::NotAnAuthority)?;
        let usage = certificate.extension::<KeyUsage>().map_err(|_| PathError::Malformed)?;
        require(usage.is_some_and(|usage| usage.key_cert_sign()), PathError::MayNotSign)?;
        let purposes = certificate.extension().map_err(|_| PathError::Malformed)?;
        Ok(Self { below: constraints.path_len_constraint, purposes })
    }
}

pub(super) fn has_unknown_critical(
    certificate: &Certificate,
    understood: &[ObjectIdentifier],
) -> bool {
    let extensions = certificate.content().extensions.iter().flatten();
    extensions.filter(|one| one.critical).any(|one| !understood.contains(&one.extn_id))
}

pub(super) fn is_before(certificate: &Certificate, now: Timestamp) -> bool {
    now < certificate.not_before()
}

pub(super) fn is_after(certificate: &Certificate, now: Timestamp) -> bool {
    now.as_second() > certificate.not_after().as_second()
}
