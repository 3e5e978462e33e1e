//! Writing a revocation list, with reasons, and signing it through the seam.

use jiff::Timestamp;
use x509_cert::certificate::Version;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::der::asn1::Uint;
use x509_cert::der::oid::db::rfc5280::ID_CE_ISSUING_DISTRIBUTION_POINT;
use x509_cert::der::{self, Encode};
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::{CrlNumber, CrlReason, IssuingDistributionPoint};
use x509_cert::serial_number::SerialNumber;

use super::{Reason, RevokedEntry};
use crate::{Authority, IssueError, extension, signed, validity};

/// Builds and signs the full list of an authority's revoked certificates, DER.
///
/// `number` grows with every list. Until `next_update` the list may be relied upon.
pub fn build(
    authority: &Authority,
    entries: &[RevokedEntry],
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
) -> Result<Vec<u8>, IssueError> {
    if next_update <= this_update {
        return Err(IssueError::Validity);
    }
    let revoked = entries.iter().map(revoked).collect::<der::Result<Vec<_>>>()?;
    let content = TbsCertList {
        version: Version::V2,
        signature: authority.signer().algorithm().signature_identifier(),
        issuer: authority.name().clone(),
        this_update: validity::to_x509(this_update)?,
        next_update: Some(validity::to_x509(next_update)?),
        // RFC 5280 §5.1.2.6: absent rather than empty.
        revoked_certificates: (!revoked.is_empty()).then_some(revoked),
        crl_extensions: Some(extensions(authority, number)?),
    };
    Ok(signed::seal(&content.to_der()?, authority.signer())?)
}

fn revoked(entry: &RevokedEntry) -> der::Result<RevokedCert> {
    let reason = x509_reason(entry.reason).map(|reason| extension::of(false, &reason));
    Ok(RevokedCert {
        serial_number: SerialNumber::new(&entry.serial)?,
        revocation_date: validity::to_x509(entry.at)?,
        crl_entry_extensions: reason.transpose()?.map(|reason| vec![reason]),
    })
}

/// RFC 5280 §5.3.1: no extension rather than "unspecified".
fn x509_reason(reason: Reason) -> Option<CrlReason> {
    match reason {
        Reason::Unspecified => None,
        Reason::KeyCompromise => Some(CrlReason::KeyCompromise),
        Reason::CaCompromise => Some(CrlReason::CaCompromise),
        Reason::AffiliationChanged => Some(CrlReason::AffiliationChanged),
        Reason::Superseded => Some(CrlReason::Superseded),
        Reason::CessationOfOperation => Some(CrlReason::CessationOfOperation),
        Reason::CertificateHold => Some(CrlReason::CertificateHold),
        Reason::PrivilegeWithdrawn => Some(CrlReason::PrivilegeWithdrawn),
    }
}

fn extensions(authority: &Authority, number: u64) -> Result<Extensions, IssueError> {
    let url = authority.publication().crl_url.as_deref().ok_or(IssueError::NoAddress)?;
    let issuer = extension::authority_key_identifier(authority.key_identifier())?;
    Ok(vec![
        extension::of(false, &issuer)?,
        extension::of(false, &CrlNumber(Uint::new(&number.to_be_bytes())?))?,
        // The library's own object identifier for this extension is another extension's.
        extension::raw(ID_CE_ISSUING_DISTRIBUTION_POINT, true, scope(url)?.to_der()?)?,
    ])
}

fn scope(url: &str) -> der::Result<IssuingDistributionPoint> {
    Ok(IssuingDistributionPoint {
        distribution_point: Some(extension::at_url(url)?),
        only_contains_user_certs: true,
        only_contains_ca_certs: false,
        only_some_reasons: None,
        indirect_crl: false,
        only_contains_attribute_certs: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{World, days};

    fn entry(serial: &[u8], world: &World, reason: Reason) -> RevokedEntry {
        RevokedEntry { serial: serial.to_vec(), at: world.now, reason }
    }

    #[test]
    fn openssl_believes_the_list_and_obeys_it() {
        let world = World::new();
        let [good, bad] = [world.authentication_card(), world.presence_card()];
        let entries = [entry(bad.serial(), &world, Reason::KeyCompromise)];
        let list = build(&world.cards, &entries, 7, world.now, world.now + days(1)).unwrap();
        world.openssl_verify_with_list(&good, &list).unwrap();
        let refused = world.openssl_verify_with_list(&bad, &list).unwrap_err();
        assert!(refused.contains("certificate revoked"), "{refused}");
    }

    #[test]
    fn openssl_reads_what_was_written() {
        let world = World::new();
        let entries = [
            entry(&[0x7f, 1], &world, Reason::Superseded),
            entry(&[0x80, 2], &world, Reason::Unspecified),
        ];
        let list = build(&world.cards, &entries, 300, world.now, world.now + days(1)).unwrap();
        let text = world.openssl_crl_text(&list);
        for expected in [
            "verify OK",
            "Serial Number: 7F01",
            "Serial Number: 8002",
            "Superseded",
            "Only User Certificates",
            "X509v3 Issuing Distribution Point: critical",
            crate::testing::CRL_URL,
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert!(!text.contains("Unspecified"), "{text}");
    }

    #[test]
    fn an_empty_list_is_a_list() {
        let world = World::new();
        let list = build(&world.cards, &[], 1, world.now, world.now + days(1)).unwrap();
        let text = world.openssl_crl_text(&list);
        assert!(text.contains("No Revoked Certificates"), "{text}");
        world.openssl_verify_with_list(&world.authentication_card(), &list).unwrap();
    }

    #[test]
    fn a_list_without_time_or_address_is_not_made() {
        let world = World::new();
        let made = build(&world.cards, &[], 1, world.now, world.now);
        assert!(matches!(made, Err(IssueError::Validity)));
        let made = build(&world.services, &[], 1, world.now, world.now + days(1));
        assert!(matches!(made, Err(IssueError::NoAddress)));
    }
}
