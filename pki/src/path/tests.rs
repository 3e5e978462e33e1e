//! Every cause for disbelief, made on purpose.

use std::sync::Arc;

use proptest::prelude::*;
use x509_cert::TbsCertificate;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5280::{ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};

use super::*;
use crate::testing::{self, HOLDER, World, days, key_256, key_rsa};
use crate::{
    Authority, FileKey, KeyAlgorithm, PolicyArc, Profile, Publication, Subject, Validity,
    extension, signed,
};

impl World {
    /// The cards authority's next generation: the same name, another key.
    fn next_cards(&self) -> Authority {
        let validity = Validity::lasting(self.now - days(30), days(2000));
        let key = Arc::new(FileKey::generate(KeyAlgorithm::P256).unwrap());
        let publication = self.cards.publication().clone();
        let (profile, name) = (&Profile::CARDS_AUTHORITY, "Warifu test cards 1");
        self.root.issue_ca(profile, name, key, publication, validity, &self.entropy).unwrap()
    }

    fn card_by(&self, authority: &Authority) -> Certificate {
        let validity = Validity::lasting(self.now, days(365));
        let subject = Subject::named(HOLDER);
        self.issued_by(authority, &Profile::CARD_AUTHENTICATION, &subject, key_256(), validity)
    }
}

fn verify(world: &World, leaf: &[u8]) -> Result<VerifiedCard, PathError> {
    world.trust().verify(leaf, CardPurpose::Authentication, world.now)
}

/// A card certificate whose content was changed before the issuer signed it.
fn signed_after(world: &World, change: impl FnOnce(&mut TbsCertificate)) -> Vec<u8> {
    let mut content = world.authentication_card().content().clone();
    change(&mut content);
    signed::seal(&content.to_der().unwrap(), world.cards.signer()).unwrap()
}

fn without(content: &mut TbsCertificate, id: ObjectIdentifier) {
    content.extensions.as_mut().unwrap().retain(|one| one.extn_id != id);
}

fn with<T>(content: &mut TbsCertificate, critical: bool, value: &T)
where
    T: Encode + x509_cert::der::oid::AssociatedOid,
{
    without(content, T::OID);
    content.extensions.as_mut().unwrap().push(extension::of(critical, value).unwrap());
}

#[test]
fn good_cards_of_every_key_kind_are_believed() {
    let world = World::new();
    let p384 = FileKey::generate(KeyAlgorithm::P384).unwrap();
    for key in [key_256(), &p384, key_rsa()] {
        let card = world.card(&Profile::CARD_AUTHENTICATION, key);
        let verified = verify(&world, card.der()).unwrap();
        assert_eq!((verified.scheme.as_str(), verified.holder.as_str()), ("warifu", HOLDER));
        assert_eq!(verified.level, CardLevel::High);
        assert_eq!(verified.serial_hex, card.serial_hex());
        assert_eq!(&verified.public_key, key.public_key());
        assert_eq!(verified.not_after, world.now + days(365));
        assert_eq!(verified.issuer_thumbprint, world.cards.certificate().thumbprint());
        assert_eq!(verified.crl_urls, [testing::CRL_URL]);
    }
}

#[test]
fn each_slot_proves_its_own_purpose_only() {
    let world = World::new();
    let trust = world.trust();
    let presence = world.presence_card();
    assert!(trust.verify(presence.der(), CardPurpose::Presence, world.now).is_ok());
    let refused = trust.verify(presence.der(), CardPurpose::Authentication, world.now);
    assert_eq!(refused, Err(PathError::WrongPurpose));
    let authentication = world.authentication_card();
    let refused = trust.verify(authentication.der(), CardPurpose::Presence, world.now);
    assert_eq!(refused, Err(PathError::WrongPurpose));
}

#[test]
fn time_decides_before_and_after() {
    let world = World::new();
    let card = world.authentication_card();
    let at = |now| world.trust().verify(card.der(), CardPurpose::Authentication, now);
    let second = jiff::SignedDuration::from_secs(1);
    assert_eq!(at(world.now - second), Err(PathError::NotYetValid));
    assert!(at(world.now + days(365)).is_ok());
    assert_eq!(at(world.now + days(365) + second), Err(PathError::Expired));
    assert_eq!(at(world.now + days(4000)), Err(PathError::IssuerExpired));
}

#[test]
fn a_card_of_a_foreign_authority_is_unknown() {
    let world = World::new();
    let validity = Validity::lasting(world.now, days(300));
    let key = Arc::new(FileKey::generate(KeyAlgorithm::P256).unwrap());
    let root =
        Authority::self_signed_root("Foreign root", key.clone(), validity, &world.entropy).unwrap();
    let foreign = root
        .issue_ca(
            &Profile::CARDS_AUTHORITY,
            "Foreign",
            key,
            Publication::default(),
            validity,
            &world.entropy,
        )
        .unwrap();
    let subject = Subject::named(HOLDER);
    let card =
        world.issued_by(&foreign, &Profile::CARD_AUTHENTICATION, &subject, key_256(), validity);
    assert_eq!(verify(&world, card.der()), Err(PathError::UnknownIssuer));
}

#[test]
fn a_card_under_our_name_by_a_foreign_key_is_forged() {
    let (world, twin) = (World::new(), World::new());
    let forged = twin.authentication_card();
    assert_eq!(verify(&world, forged.der()), Err(PathError::BadSignature));
}

#[test]
fn a_renewed_issuer_of_the_same_name_is_tried_too() {
    let world = World::new();
    let issuers = vec![world.next_cards().certificate().clone(), world.cards.certificate().clone()];
    let trust = CardTrust::new(world.root.certificate().clone(), issuers).unwrap();
    let card = world.authentication_card();
    assert!(trust.verify(card.der(), CardPurpose::Authentication, world.now).is_ok());
}

#[test]
fn every_other_flaw_has_its_own_cause() {
    let world = World::new();
    let cases: [(&str, Vec<u8>, PathError); 9] = [
        (
            "an authority",
            signed_after(&world, |content| {
                with(content, true, &BasicConstraints { ca: true, path_len_constraint: None });
            }),
            PathError::IsAuthority,
        ),
        (
            "no key usage",
            signed_after(&world, |content| without(content, ID_CE_KEY_USAGE)),
            PathError::WrongKeyUsage,
        ),
        (
            "signs certificates",
            signed_after(&world, |content| {
                let usage = KeyUsages::DigitalSignature | KeyUsages::KeyCertSign;
                with(content, true, &KeyUsage(usage));
            }),
            PathError::WrongKeyUsage,
        ),
        (
            "no purpose",
            signed_after(&world, |content| without(content, ID_CE_EXT_KEY_USAGE)),
            PathError::WrongPurpose,
        ),
        (
            "both purposes",
            signed_after(&world, |content| {
                let both = Profile::CARDS_AUTHORITY.purposes(&PolicyArc::default());
                with(content, false, &ExtendedKeyUsage(both));
            }),
            PathError::WrongPurpose,
        ),
        (
            "the policy of the other slot",
            signed_after(&world, |content| {
                let presence = world.presence_card().content().clone();
                let theirs = presence.extensions.unwrap();
                let id = x509_cert::der::oid::db::rfc5280::ID_CE_CERTIFICATE_POLICIES;
                without(content, id);
                let policies = theirs.into_iter().find(|one| one.extn_id == id).unwrap();
                content.extensions.as_mut().unwrap().push(policies);
            }),
            PathError::WrongPolicy,
        ),
        (
            "an unknown critical extension",
            signed_after(&world, |content| {
                let id = ObjectIdentifier::new_unwrap("1.2.3.4");
                let unknown = extension::raw(id, true, vec![5, 0]).unwrap();
                content.extensions.as_mut().unwrap().push(unknown);
            }),
            PathError::UnknownCriticalExtension,
        ),
        (
            "a person's name",
            signed_after(&world, |content| {
                content.subject = crate::name::of_common_name("上野太郎").unwrap();
            }),
            PathError::BadHolderReference,
        ),
        (
            "upper case",
            signed_after(&world, |content| {
                let upper = HOLDER.to_uppercase();
                content.subject = crate::name::of_common_name(&upper).unwrap();
            }),
            PathError::BadHolderReference,
        ),
    ];
    for (what, leaf, cause) in cases {
        assert_eq!(verify(&world, &leaf), Err(cause), "{what}");
    }
}

#[test]
fn a_weak_key_is_refused() {
    let world = World::new();
    let small = openssl::rsa::Rsa::generate(1024).unwrap();
    let small = openssl::pkey::PKey::from_rsa(small).unwrap().public_key_to_der().unwrap();
    let leaf = signed_after(&world, |content| {
        content.subject_public_key_info =
            x509_cert::spki::SubjectPublicKeyInfoOwned::from_der(&small).unwrap();
    });
    assert_eq!(verify(&world, &leaf), Err(PathError::UnsupportedKey));
}

#[test]
fn a_repeated_extension_is_refused() {
    let world = World::new();
    let leaf = signed_after(&world, |content| {
        let extensions = content.extensions.as_mut().unwrap();
        extensions.push(extensions[0].clone());
    });
    assert_eq!(verify(&world, &leaf), Err(PathError::RepeatedExtension));
}

#[test]
fn trust_is_in_a_chain_and_in_nothing_else() {
    let world = World::new();
    let root = world.root.certificate().clone();
    let cards = world.cards.certificate().clone();
    let leaf = world.authentication_card();
    assert_eq!(CardTrust::new(root.clone(), vec![]).err(), Some(TrustError::NoIssuer));
    let with_leaf = CardTrust::new(root.clone(), vec![leaf.clone()]);
    assert_eq!(with_leaf.err(), Some(TrustError::NotSignedByRoot));
    let mut content = leaf.content().clone();
    content.issuer = root.content().subject.clone();
    content.signature = world.root.signer().algorithm().signature_identifier();
    let under_root = signed::seal(&content.to_der().unwrap(), world.root.signer()).unwrap();
    let under_root = Certificate::from_der(&under_root).unwrap();
    let with_leaf = CardTrust::new(root.clone(), vec![under_root]);
    assert_eq!(with_leaf.err(), Some(TrustError::NotAnAuthority));
    let not_root = CardTrust::new(cards.clone(), vec![cards]);
    assert_eq!(not_root.err(), Some(TrustError::NotSignedByRoot));
    let other = World::new().cards.certificate().clone();
    assert_eq!(CardTrust::new(root, vec![other]).err(), Some(TrustError::NotSignedByRoot));
}

#[test]
fn the_services_authority_makes_no_cards() {
    let world = World::new();
    let services = world.services.certificate().clone();
    let root = world.root.certificate().clone();
    let alone = CardTrust::new(root.clone(), vec![services.clone()]);
    assert_eq!(alone.err(), Some(TrustError::NoIssuer));
    let trust = CardTrust::new(root, vec![services, world.cards.certificate().clone()]).unwrap();
    let mut content = world.presence_card().content().clone();
    content.issuer = world.services.certificate().content().subject.clone();
    let card = signed::seal(&content.to_der().unwrap(), world.services.signer()).unwrap();
    let refused = trust.verify(&card, CardPurpose::Presence, world.now);
    assert_eq!(refused, Err(PathError::UnknownIssuer));
}

#[test]
fn staff_cards_come_from_the_staff_authority_alone() {
    let world = World::new();
    let issuers = [&world.cards, &world.staff].map(|one| one.certificate().clone()).to_vec();
    let trust = CardTrust::new(world.root.certificate().clone(), issuers).unwrap();
    let subject = Subject::named(HOLDER);
    let validity = Validity::lasting(world.now, days(365));
    let profile = &Profile::STAFF_AUTHENTICATION;
    let card = world.issued_by(&world.staff, profile, &subject, key_256(), validity);
    let verify = |der: &[u8]| trust.verify(der, CardPurpose::Authentication, world.now);
    assert_eq!(verify(card.der()).unwrap().holder, HOLDER);
    let mut content = card.content().clone();
    content.issuer = world.cards.certificate().content().subject.clone();
    let usurped = signed::seal(&content.to_der().unwrap(), world.cards.signer()).unwrap();
    assert_eq!(verify(&usurped), Err(PathError::WrongPolicy));
}

#[test]
fn the_root_makes_no_cards() {
    let world = World::new();
    let mut content = world.authentication_card().content().clone();
    content.issuer = world.root.certificate().content().subject.clone();
    content.signature = world.root.signer().algorithm().signature_identifier();
    let card = signed::seal(&content.to_der().unwrap(), world.root.signer()).unwrap();
    assert_eq!(verify(&world, &card), Err(PathError::UnknownIssuer));
}

#[test]
fn authorities_that_the_root_has_signed_join_and_no_others_do() {
    let (world, other) = (World::new(), World::new());
    let trust = world.trust();
    let next = world.next_cards();
    let card = world.card_by(&next);
    let before = trust.verify(card.der(), CardPurpose::Authentication, world.now);
    assert_eq!(before, Err(PathError::BadSignature));
    let offered =
        [&next, &world.services, &other.cards].map(|one| one.certificate().pem()).concat();
    let newer = trust.with_authorities(offered.as_bytes()).unwrap();
    assert!(newer.verify(card.der(), CardPurpose::Authentication, world.now).is_ok());
    let old = world.authentication_card();
    assert!(newer.verify(old.der(), CardPurpose::Authentication, world.now).is_ok());
    let foreign = other.authentication_card();
    assert!(newer.verify(foreign.der(), CardPurpose::Authentication, world.now).is_err());
    let names: Vec<_> = newer.authorities().map(Certificate::thumbprint).collect();
    assert!(!names.contains(&other.cards.certificate().thumbprint()));
    assert!(!names.contains(&world.services.certificate().thumbprint()));
    assert!(trust.with_authorities(b"rubbish").is_err());
}

#[test]
fn size_is_bounded_before_anything_is_parsed() {
    let world = World::new();
    assert_eq!(verify(&world, &vec![0x30; 9000]), Err(PathError::TooLarge));
    assert_eq!(verify(&world, b""), Err(PathError::Malformed));
}

proptest! {
    #[test]
    fn any_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1024)) {
        prop_assert!(verify(testing::world(), &bytes).is_err());
    }

    #[test]
    fn a_changed_certificate_is_refused_without_panic(changes in testing::changes()) {
        let world = testing::world();
        let card = world.authentication_card();
        let changed = testing::changed(card.der(), &changes);
        prop_assert!(verify(world, &changed).is_err() || changed == card.der());
    }

    /// The issuer signs whatever it is given: the checks see every malformed extension there is.
    #[test]
    fn a_rightly_signed_but_odd_certificate_never_panics(changes in testing::changes()) {
        let world = testing::world();
        let content = world.authentication_card().content().to_der().unwrap();
        let odd = testing::changed(&content, &changes);
        if let Ok(leaf) = signed::seal(&odd, world.cards.signer()) {
            let _ = verify(world, &leaf);
        }
    }
}
