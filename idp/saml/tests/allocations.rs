//! How often the path of a login asks for memory: few enough that none of it shows beside the
//! signature.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509NameBuilder};
use warifu_saml::bench::Issuing;
use warifu_saml::{Certificate, EncryptionKey, KeySigner};

/// What one response may take, its identifiers included.
const MOST: u64 = 48;

fn certificate(key: &PKey<Private>) -> Certificate {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "test").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    Certificate::from_der(&builder.build().to_der().unwrap()).unwrap()
}

fn issuing() -> Issuing {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let signing = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let signer = KeySigner::new(signing.clone(), certificate(&signing)).unwrap();
    let recipient = certificate(&PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap());
    Issuing::new(Box::new(signer), EncryptionKey::from_certificate(&recipient).unwrap())
}

#[test]
fn a_response_signed_and_encrypted_takes_few() {
    let issuing = issuing();
    let now = "2026-04-01T09:30:00Z".parse().unwrap();
    let mut random = |bytes: &mut [u8]| openssl::rand::rand_bytes(bytes).unwrap();
    issuing.respond(now, &mut random).unwrap();
    let counted = allocation_counter::measure(|| {
        issuing.respond(now, &mut random).unwrap();
    });
    println!("a SAML Response signed and encrypted: {} allocations", counted.count_total);
    assert!(counted.count_total <= MOST, "{} allocations", counted.count_total);
    assert_eq!(counted.count_current, 0, "all of it is given back");
}
