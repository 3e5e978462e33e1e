//! Cards that are rightly certified, and not for this.

use warifu_pki::PathError;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::KeyUsages;

use crate::forge::*;

#[test]
fn a_card_is_valid_now() {
    refuse_all(&[
        ("expired", with_card(|card| card.validity = validity(-30, -1)), PathError::Expired),
        ("of tomorrow", with_card(|card| card.validity = validity(1, 30)), PathError::NotYetValid),
        (
            "over before it begins",
            with_card(|card| card.validity = validity(30, -30)),
            PathError::NotYetValid,
        ),
    ]);
}

#[test]
fn a_card_is_for_its_purpose() {
    let with = |all: &'static [ObjectIdentifier]| {
        with_card(|card| card.replace(PURPOSES, false, &purposes(all)))
    };
    let issuer_of = |all: &'static [ObjectIdentifier]| {
        with_issuer(|issuer| issuer.replace(PURPOSES, false, &purposes(all)))
    };
    refuse_all(&[
        ("no purpose", with_card(|card| card.remove(PURPOSES)), PathError::WrongPurpose),
        ("another purpose", with(&[SERVER]), PathError::WrongPurpose),
        ("any purpose", with(&[ANY_PURPOSE]), PathError::WrongPurpose),
        ("an issuer for other purposes", issuer_of(&[SERVER]), PathError::WrongPurpose),
    ]);
    assert_eq!(with(&[SERVER, CLIENT]).verdict(), Ok(()));
    assert_eq!(issuer_of(&[ANY_PURPOSE]).verdict(), Ok(()));
    let mut exact = required();
    exact.only_these_purposes = true;
    assert_eq!(with(&[SERVER, CLIENT]).verdict_on(&exact), Err(PathError::WrongPurpose));
    assert_eq!(with(&[CLIENT]).verdict_on(&exact), Ok(()));
}

#[test]
fn a_cards_key_signs_and_certifies_nothing() {
    let used_for =
        |uses: &'static [KeyUsages]| with_card(|card| card.replace(USAGE, true, &usage(uses)));
    refuse_all(&[
        ("no key usage", with_card(|card| card.remove(USAGE)), PathError::WrongKeyUsage),
        ("only for sealing", used_for(&[KeyUsages::KeyEncipherment]), PathError::WrongKeyUsage),
        (
            "for certificates too",
            used_for(&[KeyUsages::DigitalSignature, KeyUsages::KeyCertSign]),
            PathError::WrongKeyUsage,
        ),
        (
            "for lists too",
            used_for(&[KeyUsages::DigitalSignature, KeyUsages::CRLSign]),
            PathError::WrongKeyUsage,
        ),
        (
            "an authority",
            with_card(|card| card.replace(CONSTRAINTS, true, &constraints(true, None))),
            PathError::IsAuthority,
        ),
        (
            "an unknown critical extension",
            with_card(|card| {
                let id = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.9");
                card.extensions.push(extension(id, true, &[5, 0]));
            }),
            PathError::UnknownCriticalExtension,
        ),
        (
            "constraints that only authorities have",
            with_card(|card| {
                let id = ObjectIdentifier::new_unwrap("2.5.29.30");
                card.extensions.push(extension(id, true, &[0x30, 0]));
            }),
            PathError::UnknownCriticalExtension,
        ),
    ]);
}

#[test]
fn a_key_kind_that_was_not_asked_for_is_refused() {
    let mut required = required();
    required.keys = vec![warifu_pki::KeyAlgorithm::Rsa2048];
    assert_eq!(with_card(|_| ()).verdict_on(&required), Err(PathError::UnsupportedKey));
}
