//! Certificate revocation lists (RFC 5280 §5): making them, and believing them.

mod build;
mod list;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

pub use build::{build, build_of_root};
pub use list::{Crl, CrlError};

/// Why a certificate no longer counts (RFC 5280 §5.3.1). A list without a reason, or with one we do
/// not know, says [`Reason::Unspecified`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Not said.
    Unspecified,
    /// The key, or the card with it, is lost or in wrong hands.
    KeyCompromise,
    /// The issuer's key is in wrong hands.
    CaCompromise,
    /// The holder has left.
    AffiliationChanged,
    /// Replaced by a new one.
    Superseded,
    /// No longer needed.
    CessationOfOperation,
    /// Suspended for the time being.
    CertificateHold,
    /// A right was withdrawn.
    PrivilegeWithdrawn,
}

const REASONS: [(Reason, u8, &str); 8] = [
    (Reason::Unspecified, 0, "unspecified"),
    (Reason::KeyCompromise, 1, "key-compromise"),
    (Reason::CaCompromise, 2, "ca-compromise"),
    (Reason::AffiliationChanged, 3, "affiliation-changed"),
    (Reason::Superseded, 4, "superseded"),
    (Reason::CessationOfOperation, 5, "cessation-of-operation"),
    (Reason::CertificateHold, 6, "certificate-hold"),
    (Reason::PrivilegeWithdrawn, 9, "privilege-withdrawn"),
];

impl Reason {
    /// The number in `CRLReason`.
    pub fn code(self) -> u8 {
        REASONS.iter().find(|row| row.0 == self).map_or(0, |row| row.1)
    }

    /// The reason with this number in `CRLReason`.
    pub fn from_code(code: u8) -> Option<Self> {
        REASONS.iter().find(|row| row.1 == code).map(|row| row.0)
    }

    /// The name in words and hyphens.
    pub fn name(self) -> &'static str {
        REASONS.iter().find(|row| row.0 == self).map_or("unspecified", |row| row.2)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no such reason.
#[derive(Debug, thiserror::Error)]
#[error("this is no reason for revocation; the reasons are: {}", names())]
pub struct UnknownReason;

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(name: &str) -> Result<Self, UnknownReason> {
        REASONS.iter().find(|row| row.2 == name).map(|row| row.0).ok_or(UnknownReason)
    }
}

fn names() -> String {
    REASONS.map(|row| row.2).join(", ")
}

/// A revoked certificate, as the issuer knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedEntry {
    /// The serial number: big-endian, no leading zeros.
    pub serial: Vec<u8>,
    /// When it was revoked.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// What a list says about a certificate that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// When it was revoked.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_code_and_name() {
        for (reason, code, name) in REASONS {
            assert_eq!(reason.code(), code);
            assert_eq!(Reason::from_code(code), Some(reason));
            assert_eq!(name.parse::<Reason>().unwrap(), reason);
            assert_eq!(reason.to_string(), name);
        }
        assert_eq!(Reason::from_code(7), None);
        assert!("lost".parse::<Reason>().unwrap_err().to_string().contains("key-compromise"));
    }
}
