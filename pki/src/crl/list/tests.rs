//! Every cause for refusing a list, made on purpose.

use proptest::prelude::*;
use x509_cert::der::Encode;
use x509_cert::der::asn1::Uint;
use x509_cert::ext::Extensions;

use super::*;
use crate::crl::{RevokedEntry, build};
use crate::signed;
use crate::testing::{self, World, days};

fn entries(world: &World) -> Vec<RevokedEntry> {
    let entry =
        |serial: &[u8], reason| RevokedEntry { serial: serial.to_vec(), at: world.now, reason };
    vec![entry(&[0x80, 1], Reason::KeyCompromise), entry(&[2], Reason::Unspecified)]
}

fn list(world: &World) -> Vec<u8> {
    build(&world.cards, testing::CRL_URL, &entries(world), 258, world.now, world.now + days(1))
        .unwrap()
}

fn verify(world: &World, der: &[u8], now: Timestamp) -> Result<Crl, CrlError> {
    Crl::verify(der, world.cards.certificate(), now)
}

/// A list whose content was changed before the issuer signed it.
fn signed_after(world: &World, change: impl FnOnce(&mut TbsCertList)) -> Vec<u8> {
    let der = list(world);
    let mut content = TbsCertList::from_der(Signed::parse(&der).unwrap().content).unwrap();
    change(&mut content);
    signed::seal(&content.to_der().unwrap(), world.cards.signer()).unwrap()
}

fn extensions(content: &mut TbsCertList) -> &mut Extensions {
    content.crl_extensions.as_mut().unwrap()
}

#[test]
fn what_was_written_is_read() {
    let world = World::new();
    let crl = verify(&world, &list(&world), world.now).unwrap();
    assert_eq!((crl.number(), crl.len(), crl.is_empty()), (258, 2, false));
    assert_eq!(crl.this_update(), world.now);
    assert_eq!(crl.next_update(), world.now + days(1));
    assert_eq!(crl.url(), Some(testing::CRL_URL));
    let revoked = crl.state_of(&[0x80, 1]).unwrap();
    assert_eq!(revoked, Revoked { at: world.now, reason: Reason::KeyCompromise });
    assert_eq!(crl.state_of(&[2]).unwrap().reason, Reason::Unspecified);
    assert_eq!(crl.state_of(&[3]), None);
}

#[test]
fn a_list_is_believed_while_it_is_in_force() {
    let world = World::new();
    let list = list(&world);
    let second = SignedDuration::from_secs(1);
    let at = |now| verify(&world, &list, now).err();
    assert_eq!(at(world.now - CLOCK_SKEW), None);
    assert_eq!(at(world.now - CLOCK_SKEW - second), Some(CrlError::NotYetValid));
    assert_eq!(at(world.now + days(1) - second), None);
    assert_eq!(at(world.now + days(1)), Some(CrlError::Stale));
}

#[test]
fn only_the_issuer_signs_its_list() {
    let world = World::new();
    let mut altered = list(&world);
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    assert!(verify(&world, &altered, world.now).is_err());
    let by_other = World::new();
    let refused = verify(&world, &list(&by_other), world.now).err();
    assert_eq!(refused, Some(CrlError::BadSignature));
    let leaf = world.authentication_card();
    let refused = Crl::verify(&list(&world), &leaf, world.now).err();
    assert_eq!(refused, Some(CrlError::WrongIssuer));
}

#[test]
fn every_flaw_has_its_cause() {
    let world = World::new();
    let scope = |change: fn(&mut IssuingDistributionPoint)| {
        signed_after(&world, |content| {
            let extension = extensions(content).last_mut().unwrap();
            let mut scope =
                IssuingDistributionPoint::from_der(extension.extn_value.as_bytes()).unwrap();
            change(&mut scope);
            let value = scope.to_der().unwrap();
            *extension = extension::raw(ID_CE_ISSUING_DISTRIBUTION_POINT, true, value).unwrap();
        })
    };
    let cases = [
        (signed_after(&world, |c| c.next_update = None), CrlError::Malformed),
        (signed_after(&world, |c| c.version = Version::V1), CrlError::Malformed),
        (
            signed_after(&world, |c| {
                c.issuer = crate::name::of_common_name("other").unwrap();
            }),
            CrlError::WrongIssuer,
        ),
        (
            signed_after(&world, |c| {
                extensions(c).remove(0);
            }),
            CrlError::WrongIssuer,
        ),
        (
            signed_after(&world, |c| {
                extensions(c).remove(1);
            }),
            CrlError::Malformed,
        ),
        (
            signed_after(&world, |c| {
                let wide = CrlNumber(Uint::new(&[1; 9]).unwrap());
                extensions(c)[1] = extension::of(false, &wide).unwrap();
            }),
            CrlError::Malformed,
        ),
        (
            signed_after(&world, |c| {
                let delta = x509_cert::ext::pkix::BaseCrlNumber(Uint::new(&[1]).unwrap());
                extensions(c).push(extension::of(true, &delta).unwrap());
            }),
            CrlError::UnknownCriticalExtension,
        ),
        (
            signed_after(&world, |c| {
                let entries = c.revoked_certificates.as_mut().unwrap();
                let issuer = x509_cert::der::oid::db::rfc5280::ID_CE_CERTIFICATE_ISSUER;
                let foreign = extension::raw(issuer, true, vec![0x30, 0]).unwrap();
                entries[0].crl_entry_extensions = Some(vec![foreign]);
            }),
            CrlError::UnknownCriticalExtension,
        ),
        // Of end entities alone, and of authorities alone.
        (scope(|scope| scope.only_contains_ca_certs = true), CrlError::WrongScope),
        (scope(|scope| scope.indirect_crl = true), CrlError::WrongScope),
    ];
    for (index, (der, cause)) in cases.into_iter().enumerate() {
        assert_eq!(verify(&world, &der, world.now).err(), Some(cause), "case {index}");
    }
}

#[test]
fn a_hundred_thousand_entries_are_found_again() {
    let world = World::new();
    let serial = |index: u32| [&[0x40], index.to_be_bytes().as_slice()].concat();
    let entry =
        |index| RevokedEntry { serial: serial(index), at: world.now, reason: Reason::Superseded };
    let entries: Vec<_> = (0..100_000).map(entry).collect();
    let der =
        build(&world.cards, testing::CRL_URL, &entries, 1, world.now, world.now + days(1)).unwrap();
    let crl = verify(&world, &der, world.now).unwrap();
    assert_eq!(crl.len(), 100_000);
    assert!(crl.state_of(&serial(99_999)).is_some());
    assert!(crl.state_of(&serial(100_000)).is_none());
}

#[test]
fn size_is_bounded_before_anything_is_parsed() {
    let world = World::new();
    let huge = vec![0x30; MAX_LIST + 1];
    assert_eq!(verify(&world, &huge, world.now).err(), Some(CrlError::TooLarge));
}

proptest! {
    #[test]
    fn any_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1024)) {
        let world = testing::world();
        prop_assert!(verify(world, &bytes, world.now).is_err());
    }

    #[test]
    fn a_changed_list_is_refused_without_panic(changes in testing::changes()) {
        let world = testing::world();
        let list = list(world);
        let changed = testing::changed(&list, &changes);
        prop_assert!(verify(world, &changed, world.now).is_err() || changed == list);
    }

    /// The issuer signs whatever it is given: the reader sees every malformed part there is.
    #[test]
    fn a_rightly_signed_but_odd_list_never_panics(changes in testing::changes()) {
        let world = testing::world();
        let list = list(world);
        let odd = testing::changed(Signed::parse(&list).unwrap().content, &changes);
        if let Ok(der) = signed::seal(&odd, world.cards.signer()) {
            let _ = verify(world, &der, world.now);
        }
    }
}
