//! Cards for the tests: all four keys of one kind, with certificates as an issuer makes them.

use openssl::{
    asn1::Asn1Time,
    bn::BigNum,
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
    x509::{X509, X509Extension, X509Name, extension::KeyUsage},
};
use warifu_card::{
    Pin, ReaderError, Transaction,
    apdu::{Command, Response, StatusWord, exchange},
    piv::{Guid, KeyAlgorithm},
    virtual_card::{KeySlot, Randomness, VirtualCard, VirtualPiv, VirtualPivBuilder},
};

pub const PIN: &str = "123456";
pub const PUK: &str = "12345678";

pub fn pin(digits: &str) -> Pin {
    Pin::new(digits).unwrap()
}

/// A card with its own GUID and, in every slot, a key of this kind.
pub fn card(algorithm: KeyAlgorithm, number: u8) -> VirtualPivBuilder {
    let slots = [
        KeySlot::Authentication,
        KeySlot::Signature,
        KeySlot::KeyManagement,
        KeySlot::CardAuthentication,
    ];
    slots.into_iter().fold(blank(number), |card, slot| {
        let key = key(algorithm);
        let pem = key.private_key_to_pem_pkcs8().unwrap();
        card.key(slot, &pem, &certificate(&key, usage(slot, algorithm))).unwrap()
    })
}

/// A card without keys.
pub fn blank(number: u8) -> VirtualPivBuilder {
    VirtualPiv::builder(guid(number), &pin(PIN), &pin(PUK))
}

pub fn guid(number: u8) -> Guid {
    Guid([number; 16])
}

/// A card without a reader in between.
pub struct Bare<C = VirtualPiv>(pub C);

impl<C: VirtualCard> Transaction for Bare<C> {
    fn transmit(&mut self, apdu: &[u8]) -> Result<Vec<u8>, ReaderError> {
        Ok(self.0.handle(apdu))
    }
}

impl Bare {
    /// Sends the command whole, and takes the whole answer.
    pub fn send(&mut self, command: &Command) -> Response {
        exchange(self, command).unwrap()
    }

    /// Selects PIV, as every talk begins.
    pub fn selected(card: VirtualPiv) -> Self {
        let mut bare = Self(card);
        let select = Command::new(0xA4, 0x04, 0x00).with_data(&[0xA0, 0x00, 0x00, 0x03, 0x08]);
        assert_eq!(bare.send(&select).status, StatusWord::OK);
        bare
    }
}

/// Different for every card, the same in every run.
pub fn random(number: u8) -> Randomness {
    let mut next = number;
    Box::new(move |bytes| {
        for byte in bytes {
            next = next.wrapping_mul(181).wrapping_add(97);
            *byte = next;
        }
    })
}

pub fn key(algorithm: KeyAlgorithm) -> PKey<Private> {
    let on = |curve| {
        let group = EcGroup::from_curve_name(curve).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
    };
    match algorithm {
        KeyAlgorithm::Rsa2048 => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
        KeyAlgorithm::P256 => on(Nid::X9_62_PRIME256V1),
        KeyAlgorithm::P384 => on(Nid::SECP384R1),
    }
}

pub fn usage(slot: KeySlot, algorithm: KeyAlgorithm) -> X509Extension {
    let mut usage = KeyUsage::new();
    match (slot, algorithm) {
        (KeySlot::Authentication | KeySlot::CardAuthentication, _) => usage.digital_signature(),
        (KeySlot::Signature, _) => usage.digital_signature().non_repudiation(),
        (KeySlot::KeyManagement, KeyAlgorithm::Rsa2048) => usage.key_encipherment(),
        (KeySlot::KeyManagement, _) => usage.key_agreement(),
    };
    usage.build().unwrap()
}

/// A self-signed certificate: the card does not care who signed it.
pub fn certificate(key: &PKey<Private>, usage: X509Extension) -> Vec<u8> {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, "00112233445566778899aabbccddeeff").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.append_extension(usage).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

/// Whether the signature of a [`warifu_card::piv::Piv`] is the one of the certificate's key.
pub fn signed(certificate: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = X509::from_der(certificate).unwrap().public_key().unwrap();
    let (digest, der) = match KeyAlgorithm::of_certificate(certificate).unwrap() {
        KeyAlgorithm::Rsa2048 => (MessageDigest::sha256(), signature.to_vec()),
        KeyAlgorithm::P256 => (MessageDigest::sha256(), der(signature, 32)),
        KeyAlgorithm::P384 => (MessageDigest::sha384(), der(signature, 48)),
    };
    let mut verifier = openssl::sign::Verifier::new(digest, &key).unwrap();
    verifier.verify_oneshot(&der, message).unwrap()
}

fn der(raw: &[u8], width: usize) -> Vec<u8> {
    assert_eq!(raw.len(), 2 * width);
    let [r, s] = [&raw[..width], &raw[width..]].map(|half| BigNum::from_slice(half).unwrap());
    openssl::ecdsa::EcdsaSig::from_private_components(r, s).unwrap().to_der().unwrap()
}
