//! Whether a card certificate may be believed: its chain first, everything else after.
//!
//! Revocation is asked separately, of [`RevocationLists`](crate::RevocationLists), and only for a
//! certificate that has passed here. Nothing is fetched here: what a certificate names as its
//! issuer's address or its list's is compared or ignored.

mod authority;
mod card;
mod checks;
mod error;
mod names;
mod own;
mod policies;
mod trust;
mod validator;

use x509_cert::der::oid::ObjectIdentifier;

use crate::Certificate;

pub use card::{CardLevel, Listed, VerifiedAuthority, VerifiedCard};
pub use error::{PathError, TrustError};
pub use own::require_certified;
pub use trust::{CardPurpose, CardTrust, TrustedScheme};
pub use validator::{PathRequirements, PathValidator, ValidPath};

pub(crate) use card::crl_urls;
pub(crate) use own::require_all_below;

/// RFC 5280 §3.2: issuer and subject have one name.
fn is_self_issued(certificate: &Certificate) -> bool {
    certificate.content().issuer == certificate.content().subject
}

fn extension_value(certificate: &Certificate, id: ObjectIdentifier) -> Option<&[u8]> {
    let mut extensions = certificate.content().extensions.iter().flatten();
    extensions.find(|one| one.extn_id == id).map(|one| one.extn_value.as_bytes())
}

fn require(holds: bool, cause: PathError) -> Result<(), PathError> {
    if holds { Ok(()) } else { Err(cause) }
}

#[cfg(test)]
mod tests;
