//! Every rule is broken once, by a certificate that is sound but for that.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use x509_cert::certificate::Version;
use x509_cert::der::asn1::{BitString, GeneralizedTime, Ia5String, Null, OctetString};
use x509_cert::der::oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_CERTIFICATE_POLICIES,
    ID_CE_CRL_DISTRIBUTION_POINTS, ID_CE_EXT_KEY_USAGE, ID_CE_ISSUER_ALT_NAME, ID_CE_KEY_USAGE,
    ID_CE_SUBJECT_KEY_IDENTIFIER, ID_PE_AUTHORITY_INFO_ACCESS,
};
use x509_cert::der::oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use super::*;
use crate::testing::{self, World, days, key_256};
use crate::{KeyAlgorithm, Subject, Validity, extension, name, signed, validity};

/// Makes something wrong.
type Change = Box<dyn Fn(&mut TbsCertificate)>;

/// A sound card certificate, changed and sealed again with a throw-away key.
fn findings(world: &World, change: impl Fn(&mut TbsCertificate)) -> Vec<&'static str> {
    let card = world.authentication_card();
    let mut content = card.content().clone();
    change(&mut content);
    let der = signed::seal(&content.to_der().unwrap(), key_256()).unwrap();
    rules(certificate(&der, &expected(world)))
}

fn expected(world: &World) -> Expected<'_> {
    Expected {
        profile: &Profile::CARD_AUTHENTICATION,
        issuer: Some(world.cards.certificate()),
        publication: world.cards.publication(),
    }
}

fn rules(findings: Vec<Finding>) -> Vec<&'static str> {
    findings.into_iter().map(|finding| finding.rule).collect()
}

fn extensions(content: &mut TbsCertificate) -> &mut Vec<Extension> {
    content.extensions.as_mut().unwrap()
}

fn value(content: &mut TbsCertificate, id: ObjectIdentifier) -> &mut Extension {
    extensions(content).iter_mut().find(|one| one.extn_id == id).unwrap()
}

fn without(id: ObjectIdentifier) -> Change {
    Box::new(move |content| extensions(content).retain(|one| one.extn_id != id))
}

fn with(extension: Extension) -> Change {
    Box::new(move |content| extensions(content).push(extension.clone()))
}

fn serial(bytes: &'static [u8]) -> Change {
    Box::new(move |content| content.serial_number = SerialNumber::new(bytes).unwrap())
}

fn until(at: Timestamp) -> Change {
    Box::new(move |content| content.validity.not_after = validity::to_x509(at).unwrap())
}

fn alternative_name() -> Extension {
    let name = GeneralName::Rfc822Name(Ia5String::new("ueno@example.jp").unwrap());
    extension::of(false, &SubjectAltName(vec![name])).unwrap()
}

#[test]
fn every_rule_is_there_for_something() {
    let world = World::new();
    assert_eq!(findings(&world, |_| {}), [""; 0]);
    let generalized = |at: Timestamp| {
        let date = validity::to_x509(at).unwrap().to_date_time();
        Time::GeneralTime(GeneralizedTime::from_date_time(date))
    };
    let now = world.now;
    let nothing = NameConstraints { permitted_subtrees: None, excluded_subtrees: None };
    let unknown = OctetString::new(vec![0x05, 0]).unwrap();
    let unknown =
        Extension { extn_id: ID_CE_ISSUER_ALT_NAME, critical: false, extn_value: unknown };
    let no_check = extension::raw(ID_PKIX_OCSP_NOCHECK, false, Null.to_der().unwrap()).unwrap();
    let long_name = "urn:warifu:".to_owned() + &"a".repeat(4096);
    let long_name = GeneralName::UniformResourceIdentifier(Ia5String::new(&long_name).unwrap());
    let long = extension::of(false, &SubjectAltName(vec![long_name])).unwrap();
    let short_key = testing::key_rsa().public_key().der().to_vec();
    let null = Some(x509_cert::der::Any::null());
    let cases: Vec<(&str, Change)> = vec![
        ("certificate-length", with(long)),
        ("version-3", Box::new(|content| content.version = Version::V1)),
        ("serial-number", serial(&[1])),
        ("serial-number", serial(&[0x7f; 7])),
        (
            "signature-algorithm",
            Box::new(move |content| content.signature.parameters = null.clone()),
        ),
        (
            "signature-algorithm",
            Box::new(|content| {
                content.signature = KeyAlgorithm::P384.signature_identifier();
            }),
        ),
        ("issuer-name", Box::new(|it| it.issuer = name::of_common_name("else").unwrap())),
        ("time-encoding", Box::new(move |it| it.validity.not_before = generalized(now))),
        ("validity-length", until(now + days(1831))),
        ("validity-length", until(now)),
        ("validity-within-issuer", until(world.cards.certificate().not_after() + days(1))),
        ("subject-name", Box::new(|it| it.subject = name::of_common_name("上野").unwrap())),
        ("subject-name", Box::new(|content| content.subject.0.clear())),
        (
            "key-kind",
            Box::new(|content| {
                let small = openssl::rsa::Rsa::generate(1024).unwrap();
                let small = openssl::pkey::PKey::from_rsa(small).unwrap();
                let der = small.public_key_to_der().unwrap();
                content.subject_public_key_info = Decode::from_der(&der).unwrap();
            }),
        ),
        (
            "subject-key-id",
            Box::new(move |content| {
                content.subject_public_key_info = Decode::from_der(&short_key).unwrap();
            }),
        ),
        (
            "no-unique-ids",
            Box::new(|it| it.subject_unique_id = Some(BitString::from_bytes(&[1]).unwrap())),
        ),
        ("no-extension-twice", with(extension::of(true, &key_usage()).unwrap())),
        ("known-extensions", with(unknown)),
        ("critical-flags", Box::new(|it| value(it, ID_CE_KEY_USAGE).critical = false)),
        ("critical-flags", Box::new(|it| value(it, ID_CE_EXT_KEY_USAGE).critical = true)),
        ("authority-key-id", without(ID_CE_AUTHORITY_KEY_IDENTIFIER)),
        ("subject-key-id", without(ID_CE_SUBJECT_KEY_IDENTIFIER)),
        ("key-usage", without(ID_CE_KEY_USAGE)),
        ("policies", without(ID_CE_CERTIFICATE_POLICIES)),
        ("alternative-names", with(alternative_name())),
        (
            "basic-constraints",
            with(extension::raw(ID_CE_BASIC_CONSTRAINTS, true, vec![0x30, 0]).unwrap()),
        ),
        ("name-constraints", with(extension::of(true, &nothing).unwrap())),
        ("extended-key-usage", without(ID_CE_EXT_KEY_USAGE)),
        ("crl-distribution-point", without(ID_CE_CRL_DISTRIBUTION_POINTS)),
        ("authority-access", without(ID_PE_AUTHORITY_INFO_ACCESS)),
        ("ocsp-nocheck", with(no_check)),
    ];
    for (rule, change) in &cases {
        let found = findings(&world, change);
        assert!(found.contains(rule), "{rule} in {found:?}");
    }
    let shown: BTreeSet<_> = cases.iter().map(|(rule, _)| *rule).collect();
    // About the issuer, or about bytes that no certificate writer of ours can make.
    let elsewhere =
        ["canonical-der", "path-length", "policies-within-issuer", "purposes-within-issuer"];
    for rule in fields::RULES.iter().chain(super::extensions::RULES) {
        assert!(shown.contains(rule.name) || elsewhere.contains(&rule.name), "{}", rule.name);
    }
}

fn key_usage() -> x509_cert::ext::pkix::KeyUsage {
    extension::key_usage(&Profile::CARD_AUTHENTICATION)
}

#[test]
fn an_issuer_gives_only_what_it_may() {
    let world = World::new();
    let card = world.authentication_card();
    let under = |issuer| {
        let publication = world.cards.publication();
        let profile = &Profile::CARD_AUTHENTICATION;
        rules(certificate(card.der(), &Expected { profile, issuer: Some(issuer), publication }))
    };
    let staff = under(world.staff.certificate());
    assert!(staff.contains(&"policies-within-issuer"), "{staff:?}");
    let leaf = under(&world.presence_card());
    assert!(leaf.contains(&"path-length"), "{leaf:?}");
    let party = Expected { profile: &Profile::PARTY, ..expected(&world) };
    let party = rules(certificate(card.der(), &party));
    assert!(party.contains(&"purposes-within-issuer"), "{party:?}");
}

#[test]
fn an_ocsp_signer_is_the_one_exception() {
    let world = World::new();
    let subject = Subject::named("Warifu test cards 1 OCSP");
    let validity = Validity::lasting(world.now, days(30));
    let signer =
        world.issued_by(&world.cards, &Profile::OCSP_SIGNER, &subject, key_256(), validity);
    let expected = Expected { profile: &Profile::OCSP_SIGNER, ..expected(&world) };
    assert!(certificate(signer.der(), &expected).is_empty());
}

#[test]
fn other_ways_to_write_the_same_are_noticed() {
    let world = World::new();
    let card = world.authentication_card();
    let mut long_form = card.content().to_der().unwrap();
    // A length of 0x01xx in three bytes where two would do.
    let position = long_form.windows(2).position(|two| two == [0x30, 0x82]).unwrap();
    assert_eq!(position, 0);
    long_form.splice(1..2, [0x83, 0x00]);
    let algorithm = AlgorithmIdentifierOwned::to_der(&card.content().signature).unwrap();
    let der = [long_form, algorithm, vec![0x03, 0x02, 0x00, 0x00]].concat();
    let length = u16::try_from(der.len()).unwrap().to_be_bytes();
    let der = [vec![0x30, 0x82], length.to_vec(), der].concat();
    assert_eq!(rules(certificate(&der, &expected(&world))), ["certificate-der"]);
}

proptest! {
    #[test]
    fn any_bytes_are_examined_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let world = testing::world();
        prop_assert!(!certificate(&bytes, &expected(world)).is_empty());
    }

    #[test]
    fn a_changed_certificate_never_panics(changes in testing::changes()) {
        let world = testing::world();
        let changed = testing::changed(world.authentication_card().der(), &changes);
        let _ = certificate(&changed, &expected(world));
    }
}
