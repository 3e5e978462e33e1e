//! Believing a revocation list: bounded, signed by its issuer, in force now, complete for the
//! issuer's cards.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use x509_cert::certificate::Version;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_CRL_NUMBER, ID_CE_CRL_REASONS,
    ID_CE_ISSUING_DISTRIBUTION_POINT,
};
use x509_cert::der::{self, Decode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, CrlNumber, CrlReason, IssuingDistributionPoint, KeyUsage,
};

use super::{Reason, Revoked};
use crate::certificate::positive_serial;
use crate::signed::Signed;
use crate::{Certificate, extension, validity};

/// Room for more than half a million entries with reasons.
const MAX_LIST: usize = 32 * 1024 * 1024;
/// How far the issuer's clock may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// Which of the issuer's certificates a list is complete for (RFC 5280 §5.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    EndEntities,
    Authorities,
}

/// A revocation list that was believed when it arrived.
#[derive(Debug)]
pub struct Crl {
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
    url: Option<String>,
    scope: Scope,
    revoked: HashMap<Box<[u8]>, Revoked>,
}

/// Why a revocation list is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrlError {
    /// Longer than 32 MiB.
    #[error("the revocation list is too large")]
    TooLarge,
    /// Not a version 2 list in DER.
    #[error("the revocation list is malformed")]
    Malformed,
    /// It is another issuer's, or the issuer may not sign lists.
    #[error("the revocation list is not of this issuer")]
    WrongIssuer,
    /// The issuer did not sign it.
    #[error("the signature on the revocation list is wrong")]
    BadSignature,
    /// It is another address's than the one asked for, or does not cover all certificates of that
    /// address, for all reasons.
    #[error("the revocation list does not cover what it should")]
    WrongScope,
    /// A critical extension that we do not understand: RFC 5280 §5.2.
    #[error("the revocation list has an unknown critical extension")]
    UnknownCriticalExtension,
    /// It was made in the future.
    #[error("the revocation list is not valid yet")]
    NotYetValid,
    /// It is out of date.
    #[error("the revocation list is out of date")]
    Stale,
    /// A later one has been seen already.
    #[error("a later revocation list has been seen already")]
    WentBack,
}

impl From<der::Error> for CrlError {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

impl Crl {
    /// Reads and believes a list (DER) of this issuer, or says why not.
    pub fn verify(der: &[u8], issuer: &Certificate, now: Timestamp) -> Result<Self, CrlError> {
        let list = Self::of_issuer(der, issuer)?;
        require(list.this_update <= now + CLOCK_SKEW, CrlError::NotYetValid)?;
        require(list.is_in_force(now), CrlError::Stale)?;
        Ok(list)
    }

    /// Reads a list (DER) that this issuer did sign, in force or not. To rely on it, ask
    /// [`verify`](Self::verify).
    pub fn of_issuer(der: &[u8], issuer: &Certificate) -> Result<Self, CrlError> {
        if der.len() > MAX_LIST {
            return Err(CrlError::TooLarge);
        }
        let signed = Signed::parse(der)?;
        require_signature(&signed, issuer)?;
        let content = TbsCertList::from_der(signed.content)?;
        let sound = content.version == Version::V2 && content.signature == signed.algorithm;
        require(sound, CrlError::Malformed)?;
        require_issuer(&content, issuer)?;
        Self::read(&content)
    }

    /// What the list says about a serial number (big-endian, no leading zeros); `None` if it is
    /// not on the list.
    pub fn state_of(&self, serial: &[u8]) -> Option<Revoked> {
        self.revoked.get(serial).copied()
    }

    /// Grows with every list of the issuer.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When it was made.
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// Until when it may be relied upon.
    pub fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// The address it was made for; covers only certificates that name the same one.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// How many certificates it revokes.
    pub fn len(&self) -> usize {
        self.revoked.len()
    }

    /// Whether it revokes none.
    pub fn is_empty(&self) -> bool {
        self.revoked.is_empty()
    }

    /// The serial numbers that it revokes, in no order.
    pub(crate) fn serials(&self) -> impl Iterator<Item = &[u8]> {
        self.revoked.keys().map(AsRef::as_ref)
    }

    /// Whether it is complete for certificates of authorities, or else of end entities.
    pub(crate) fn covers(&self, authorities: bool) -> bool {
        match self.scope {
            Scope::All => true,
            Scope::EndEntities => !authorities,
            Scope::Authorities => authorities,
        }
    }

    /// Whether it may still be relied upon.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        now < self.next_update
    }

    fn read(content: &TbsCertList) -> Result<Self, CrlError> {
        let extensions = content.crl_extensions.as_deref().unwrap_or_default();
        require_known(extensions, &[ID_CE_ISSUING_DISTRIBUTION_POINT])?;
        let next_update = content.next_update.ok_or(CrlError::Malformed)?;
        let (url, scope) = place_and_scope(extensions)?;
        Ok(Self {
            number: number(extensions)?,
            this_update: validity::from_x509(content.this_update),
            next_update: validity::from_x509(next_update),
            url,
            scope,
            revoked: content
                .revoked_certificates
                .iter()
                .flatten()
                .map(entry)
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Before the content is parsed at all.
fn require_signature(signed: &Signed<'_>, issuer: &Certificate) -> Result<(), CrlError> {
    let usage = issuer.extension::<KeyUsage>().ok().flatten();
    require(usage.is_some_and(|usage| usage.crl_sign()), CrlError::WrongIssuer)?;
    let key = issuer.public_key().map_err(|_| CrlError::WrongIssuer)?;
    require(signed.is_by(&key), CrlError::BadSignature)
}

fn require_issuer(content: &TbsCertList, issuer: &Certificate) -> Result<(), CrlError> {
    let extensions = content.crl_extensions.as_deref().unwrap_or_default();
    let named = find(extensions, ID_CE_AUTHORITY_KEY_IDENTIFIER)
        .map(AuthorityKeyIdentifier::from_der)
        .transpose()?
        .and_then(|named| named.key_identifier)
        .map(|identifier| identifier.as_bytes().to_vec());
    let fits = content.issuer == issuer.content().subject
        && named.is_some()
        && named == issuer.key_identifier();
    require(fits, CrlError::WrongIssuer)
}

fn number(extensions: &[Extension]) -> Result<u64, CrlError> {
    let value = find(extensions, ID_CE_CRL_NUMBER).ok_or(CrlError::Malformed)?;
    let number = CrlNumber::from_der(value)?;
    let bytes = number.0.as_bytes();
    let mut wide = [0; 8];
    let start = wide.len().checked_sub(bytes.len()).ok_or(CrlError::Malformed)?;
    let low = wide.get_mut(start..).ok_or(CrlError::Malformed)?;
    low.copy_from_slice(bytes);
    Ok(u64::from_be_bytes(wide))
}

/// A list may leave out authorities, or hold nothing else.
fn place_and_scope(extensions: &[Extension]) -> Result<(Option<String>, Scope), CrlError> {
    let Some(value) = find(extensions, ID_CE_ISSUING_DISTRIBUTION_POINT) else {
        return Ok((None, Scope::All));
    };
    let point = IssuingDistributionPoint::from_der(value)?;
    let is_partial = point.only_contains_attribute_certs
        || point.indirect_crl
        || point.only_some_reasons.is_some();
    require(!is_partial, CrlError::WrongScope)?;
    let scope = match (point.only_contains_user_certs, point.only_contains_ca_certs) {
        (false, false) => Scope::All,
        (true, false) => Scope::EndEntities,
        (false, true) => Scope::Authorities,
        (true, true) => return Err(CrlError::WrongScope),
    };
    let Some(place) = point.distribution_point else { return Ok((None, scope)) };
    let url = extension::url_of(&place).ok_or(CrlError::WrongScope)?;
    Ok((Some(url.to_owned()), scope))
}

fn entry(revoked: &RevokedCert) -> Result<(Box<[u8]>, Revoked), CrlError> {
    let serial = positive_serial(revoked.serial_number.as_bytes());
    let serial = serial.map_err(|_| CrlError::Malformed)?;
    let extensions = revoked.crl_entry_extensions.as_deref().unwrap_or_default();
    require_known(extensions, &[ID_CE_CRL_REASONS])?;
    let at = validity::from_x509(revoked.revocation_date);
    Ok((serial.into(), Revoked { at, reason: reason(extensions)? }))
}

fn reason(extensions: &[Extension]) -> Result<Reason, CrlError> {
    let Some(value) = find(extensions, ID_CE_CRL_REASONS) else {
        return Ok(Reason::Unspecified);
    };
    let code = u8::try_from(CrlReason::from_der(value)? as u32).unwrap_or_default();
    Ok(Reason::from_code(code).unwrap_or(Reason::Unspecified))
}

fn find(extensions: &[Extension], id: ObjectIdentifier) -> Option<&[u8]> {
    extensions.iter().find(|one| one.extn_id == id).map(|one| one.extn_value.as_bytes())
}

fn require_known(extensions: &[Extension], known: &[ObjectIdentifier]) -> Result<(), CrlError> {
    let unknown = extensions.iter().any(|one| one.critical && !known.contains(&one.extn_id));
    require(!unknown, CrlError::UnknownCriticalExtension)
}

fn require(holds: bool, cause: CrlError) -> Result<(), CrlError> {
    if holds { Ok(()) } else { Err(cause) }
}

#[cfg(test)]
mod tests;
