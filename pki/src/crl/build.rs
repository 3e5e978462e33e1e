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
use crate::{Authority, IssueError, Validity, extension, signed, validity};

/// Builds and signs the list of the authority's revoked certificates that is published at an
/// address, DER: complete for every end entity's certificate that names this address.
///
/// `number` grows with every list of that address. Until `next_update` the list may be relied upon.
pub fn build(
    authority: &Authority,
    scope_url: &str,
    entries: &[RevokedEntry],
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
) -> Result<Vec<u8>, IssueError> {
    if authority.issues_authorities() {
        return Err(IssueError::NotAllowed("revocation list of end entities"));
    }
    let scope = IssuingDistributionPoint {
        distribution_point: Some(extension::at_url(scope_url)?),
        only_contains_user_certs: true,
        ..everything()
    };
    let in_force = Validity { not_before: this_update, not_after: next_update };
    sign(authority, &scope, entries, number, in_force)
}

/// Builds and signs the list of a root, DER: complete for all authorities that it certified. It names
/// no address, so that it also covers the root's own certificate, which names none.
pub fn build_of_root(
    root: &Authority,
    entries: &[RevokedEntry],
    number: u64,
    this_update: Timestamp,
    next_update: Timestamp,
) -> Result<Vec<u8>, IssueError> {
    if !root.issues_authorities() {
        return Err(IssueError::NotAllowed("revocation list of a root"));
    }
    let scope = IssuingDistributionPoint { only_contains_ca_certs: true, ..everything() };
    let in_force = Validity { not_before: this_update, not_after: next_update };
    sign(root, &scope, entries, number, in_force)
}

fn sign(
    authority: &Authority,
    scope: &IssuingDistributionPoint,
    entries: &[RevokedEntry],
    number: u64,
    in_force: Validity,
) -> Result<Vec<u8>, IssueError> {
    if !in_force.length().is_positive() {
        return Err(IssueError::Validity);
    }
    let revoked = entries.iter().map(revoked).collect::<der::Result<Vec<_>>>()?;
    let content = TbsCertList {
        version: Version::V2,
        signature: authority.signer().algorithm().signature_identifier(),
        issuer: authority.name().clone(),
        this_update: validity::to_x509(in_force.not_before)?,
        next_update: Some(validity::to_x509(in_force.not_after)?),
        // RFC 5280 §5.1.2.6: absent rather than empty.
        revoked_certificates: (!revoked.is_empty()).then_some(revoked),
        crl_extensions: Some(extensions(authority, scope, number)?),
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

fn extensions(
    authority: &Authority,
    scope: &IssuingDistributionPoint,
    number: u64,
) -> der::Result<Extensions> {
    let issuer = extension::authority_key_identifier(authority.key_identifier())?;
    Ok(vec![
        extension::of(false, &issuer)?,
        extension::of(false, &CrlNumber(Uint::new(&number.to_be_bytes())?))?,
        // The library's own object identifier for this extension is another extension's.
        extension::raw(ID_CE_ISSUING_DISTRIBUTION_POINT, true, scope.to_der()?)?,
    ])
}

fn everything() -> IssuingDistributionPoint {
    IssuingDistributionPoint {
        distribution_point: None,
        only_contains_user_certs: false,
        only_contains_ca_certs: false,
        only_some_reasons: None,
        indirect_crl: false,
        only_contains_attribute_certs: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{CRL_URL, World, days};

    fn entry(serial: &[u8], world: &World, reason: Reason) -> RevokedEntry {
        RevokedEntry { serial: serial.to_vec(), at: world.now, reason }
    }

    #[test]
    fn openssl_believes_the_list_and_obeys_it() {
        let world = World::new();
        let [good, bad] = [world.authentication_card(), world.presence_card()];
        let entries = [entry(bad.serial(), &world, Reason::KeyCompromise)];
        let list =
            build(&world.cards, CRL_URL, &entries, 7, world.now, world.now + days(1)).unwrap();
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
        let list =
            build(&world.cards, CRL_URL, &entries, 300, world.now, world.now + days(1)).unwrap();
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
        let list = build(&world.cards, CRL_URL, &[], 1, world.now, world.now + days(1)).unwrap();
        let text = world.openssl_crl_text(&list);
        assert!(text.contains("No Revoked Certificates"), "{text}");
        world.openssl_verify_with_list(&world.authentication_card(), &list).unwrap();
    }

    #[test]
    fn a_hundred_thousand_revoked_cards_fit_into_small_lists() {
        let world = World::new();
        for lists in [1_u32, 16, 64, 256] {
            let serial = |index: u32| [[0x40; 12].as_slice(), &index.to_be_bytes()].concat();
            let some = (0..100_000 / lists).map(serial);
            let entries: Vec<_> =
                some.map(|serial| entry(&serial, &world, Reason::KeyCompromise)).collect();
            let begin = std::time::Instant::now();
            let until = world.now + days(1);
            let list = build(&world.cards, CRL_URL, &entries, 1, world.now, until).unwrap();
            let (count, size, took) = (entries.len(), list.len(), begin.elapsed());
            println!(
                "{lists} lists: {count} entries, {size} bytes, {took:?} to build and sign one"
            );
            assert!(size < 64 * entries.len() + 1024);
        }
    }

    #[test]
    fn a_list_without_time_is_not_made() {
        let world = World::new();
        let made = build(&world.cards, CRL_URL, &[], 1, world.now, world.now);
        assert!(matches!(made, Err(IssueError::Validity)));
    }

    #[test]
    fn the_list_of_the_root_holds_authorities_alone() {
        let world = World::new();
        let until = world.now + days(1);
        let list = build_of_root(&world.root, &[], 1, world.now, until).unwrap();
        let text = world.openssl_crl_text(&list);
        assert!(text.contains("verify OK") && text.contains("Only CA Certificates"), "{text}");
        for other in [
            build_of_root(&world.cards, &[], 1, world.now, until),
            build(&world.root, CRL_URL, &[], 1, world.now, until),
        ] {
            assert!(matches!(other, Err(IssueError::NotAllowed(_))));
        }
    }
}
